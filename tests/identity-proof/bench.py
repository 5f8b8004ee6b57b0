"""The bench on which an identity is proved: the independent gateway, a wire that
listens in between, and tills of any environment, language and title."""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gateway"))
from stage import Failed, Gateway, Till, require, sale, wait_for  # noqa: E402,F401

ENVIRONMENTS = ("sandbox", "simulation", "production")
VAT, GROUP_VAT, GROUP_TIN = "310122393500003", "310122393510003", "3101223935"
DRAIN_WITHIN = 300  # seconds until the queue is empty again


class Unit(Till):
    """A till with facts of its own, and with the gateway's word on it."""

    def __init__(self, bench, name, environment="simulation", base_url=None, unit=None, vat=None):
        folder = os.path.join(bench.folder, name)
        os.mkdir(folder)
        self.bench, self.name, self.environment = bench, name, environment
        self.serial = "1-tilld|2-0.1|3-" + name
        place = SimpleNamespace(environment=environment, base_url=base_url or bench.bases[environment],
                                ca_file=bench.gateway.ca_file)
        super().__init__(bench.program, bench.settings, folder, place)
        self.configure("unit", {"unit": dict({"serial_number": self.serial}, **(unit or {})),
                                "seller": {"vat_number": vat} if vat else {}})
        self.sold = []

    def configure(self, name, sections):
        """Writes a file that stands above the settings so far."""
        with open(os.path.join(self.config + ".d", name + ".toml"), "w", encoding="utf-8") as out:
            for section, values in sections.items():
                out.write("[%s]\n" % section)
                out.writelines("%s = %s\n" % (key, json.dumps(value, ensure_ascii=False)) for key, value in values.items())

    def onboard(self, otp=None, *args, **more):
        """What `tilld onboard` says to that OTP, or to a fresh one."""
        return self.attempt("onboard", "--otp-file", "-", *args, input=(otp or self.bench.otp(self.environment)) + "\n", **more)

    def renew(self, otp=None):
        return self.attempt("renew", "--otp-file", "-", input=(otp or self.bench.otp(self.environment)) + "\n")

    def csids(self, kind="pcsid"):
        """The production CSIDs of this unit that are alive, oldest first."""
        return [c for c in self.bench.gateway.ask("/csids")["csids"]
                if c["unit"] == self.serial and c["kind"] == kind and c["revoked"] is None]

    def status(self):
        return self.ask("GET", "/v1/status")

    def sell(self, count=1):
        for _ in range(count):
            number = len(self.sold) + 1
            told = self.ask("POST", "/v1/sales", sale(number), "%s-%d" % (self.name, number), (201,))
            self.sold.append({"uuid": told["uuid"], "hash": told["hash"]})

    def drained(self):
        self.ask("POST", "/v1/sync", wanted=(202,))
        wait_for("the queue to drain", DRAIN_WITHIN, lambda: True if self.status()["queue"]["unsent"] == 0 else None)

    def everything_is_there(self, **options):
        """The gateway's audit and the till's own of all that was sold."""
        hashes = {s["hash"] for s in self.sold}
        rows = [r for r in self.bench.gateway.ask("/book")["rows"] if r.get("hash") in hashes]
        accepted = [r["hash"] for r in rows if r["verdict"] in ("accepted", "accepted-with-warnings")]
        require(sorted(accepted) == sorted(hashes), "%d sold, %d accepted" % (len(hashes), len(accepted)))
        others = {c["id"] for c in self.bench.gateway.ask("/csids")["csids"] if c["unit"] != self.serial}
        errors = [e for e in self.bench.gateway.ask("/audit", options)["errors"]
                  if e.get("csid") not in others and e.get("hash", "none") in hashes | {"none"}]
        require(errors == [], "the audit: %s" % json.dumps(errors, ensure_ascii=False))
        self.run("verify")


class Bench:
    def __init__(self, args, folder):
        self.args, self.program, self.settings, self.folder = args, args.tilld, args.settings, folder
        self.gateway = Gateway(args.gateway, folder, "simulation")
        self.gateway.start()
        self.bases, self.units, self.wire = self.gateway.bases, [], None
        self.gateway.ask("/settings", {"sandbox_fixed_pcsid": False})

    def unit(self, name, *args, **more):
        unit = Unit(self, name, *args, **more)
        self.units.append(unit)
        return unit

    def otp(self, environment, **more):
        return self.gateway.ask("/otp", dict(more, env=environment))["otp"]

    def faults(self, *rules):
        self.gateway.ask("/faults", {"rules": list(rules)})

    def calls(self, **match):
        """The gateway's book."""
        return [r for r in self.gateway.ask("/book")["rows"] if all(r.get(k) == v for k, v in match.items())]

    def judge(self, script, *args):
        """A judge of the conformance folder; it must be content."""
        done = subprocess.run([sys.executable, os.path.join(self.args.judges, script), *args],
                              capture_output=True, text=True, check=False)
        require(done.returncode == 0, "%s: %s%s" % (script, done.stdout[-3000:], done.stderr[-1000:]))

    def close(self):
        for unit in self.units:
            unit.put_down()
        if self.wire:
            self.wire.close()
        self.gateway.end(signal.SIGKILL)


def says(done, english, arabic, code=1):
    """The command failed in words: each English and each Arabic key word is there, and nothing that is no word."""
    told = done.stdout + done.stderr
    require(done.returncode == code, "exit %d instead of %d: %s" % (done.returncode, code, told))
    missing = [word for word in (*english, *arabic) if word not in told]
    require(not missing, "the words do not say %s: %s" % (", ".join(missing), told))
    strange = [word for word in ("panicked", "Err(", "Some(", "0x80094800", "stack backtrace") if word in told]
    require(not strange, "not in words: %s" % told)


def active(done):
    require(done.returncode == 0 and "active" in done.stdout, "exit %d: %s%s" % (done.returncode, done.stdout, done.stderr))


def one_identity(unit):
    """Exactly one production CSID is alive, and the till has it."""
    alive = unit.csids()
    require(len(alive) == 1, "%d production CSIDs are alive: %s" % (len(alive), [c["id"] for c in alive]))
    return alive[0]["id"]


def prove(cases, description):
    """Runs `cases`, a list of (name, function of the bench), or those whose names hold a given word."""
    options = argparse.ArgumentParser(description=description)
    for name in ("--gateway", "--settings", "--tilld", "--judges"):
        options.add_argument(name, required=True)
    options.add_argument("--only", default="", help="a part of the names of the cases to run")
    options.add_argument("--sample", nargs=2, type=int, metavar=("N", "SEED"), help="run only N of them, those that SEED decides")
    args = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = [case for case in cases if args.only in case[0]]
    if args.sample and args.sample[0] < len(chosen):
        count, seed = args.sample
        # The last one closes the part and is always among them.
        drawn = sorted(random.Random(seed).sample(range(len(chosen) - 1), count - 1))
        chosen = [chosen[at] for at in drawn] + chosen[-1:]
        print("seed %d: %d cases" % (seed, count), flush=True)
    failed, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tilld-") as folder:
        bench = Bench(args, folder)
        try:
            for name, case in chosen:
                try:
                    bench.faults()
                    case(bench)
                    print("ok      %s" % name, flush=True)
                except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
                    failed += 1
                    words = str(error) if isinstance(error, Failed) else traceback.format_exc()
                    print("FAILED  %s: %s" % (name, words), flush=True)
                for unit in bench.units:
                    unit.put_down()
        finally:
            bench.close()
    print("%d cases, %d failed, %.0f s" % (len(chosen), failed, time.monotonic() - began))
    return 1 if failed or not chosen else 0
