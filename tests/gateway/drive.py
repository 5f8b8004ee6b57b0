"""Drives the till against an independent gateway (see run.sh): onboarding over
TLS at the production address, sales, a network that goes away and comes back,
lost answers, and at the end the gateway's own audit of everything."""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile

from stage import Failed, Gateway, Till, require, sale, wait_for

DRAIN_WITHIN = 300  # seconds until the queue is empty again


class Run:
    def __init__(self, gateway, till, total):
        self.gateway, self.till, self.total, self.sold = gateway, till, total, []

    def sell(self, count):
        for _ in range(count):
            number = len(self.sold) + 1
            told = self.till.ask("POST", "/v1/sales", sale(number), "key-%d" % number, (201,))
            require(told["icv"] == number, "sale %d got ICV %s" % (number, told["icv"]))
            self.sold.append({"uuid": told["uuid"], "hash": told["hash"]})

    def unsent(self):
        return self.till.ask("GET", "/v1/status")["queue"]["unsent"]

    def drained(self):
        self.till.ask("POST", "/v1/sync", wanted=(202,))
        wait_for("the queue to drain", DRAIN_WITHIN, lambda: 0 if self.unsent() == 0 else None)

    def sales(self):
        """In four parts: a line that works, none, one that hangs, one that loses answers."""
        part = self.total // 4
        self.sell(part)
        self.gateway.end(signal.SIGKILL)
        self.sell(part)
        offline = self.unsent()
        require(offline >= part, "%d sales were made without a network, only %d wait" % (part, offline))
        self.gateway.start()
        wait_for("the first report after the cut", DRAIN_WITHIN, lambda: True if self.unsent() < offline else None)
        self.gateway.process.send_signal(signal.SIGSTOP)
        self.sell(part)
        self.gateway.process.send_signal(signal.SIGCONT)
        self.gateway.ask("/faults", {"rules": [
            {"action": "accept-then-drop", "match": {"endpoint": "reporting", "every": 7}, "times": 4},
            {"action": "html-503", "match": {"endpoint": "reporting", "every": 11}, "times": 3}]})
        self.sell(self.total - len(self.sold))
        self.drained()
        return offline

    def audit(self):
        audit = self.gateway.ask("/audit", {"documents": self.sold, "expect_total": len(self.sold)})
        require(audit["ok"], "the audit is not content:\n%s" % json.dumps(audit, ensure_ascii=False, indent=1))
        return audit


def drive(args, folder, clean_up):
    gateway = Gateway(args.gateway, folder)
    clean_up.append(lambda: gateway.end(signal.SIGKILL))
    gateway.start()
    till = Till(args.tilld, args.settings, folder, gateway)
    otp = os.path.join(folder, "otp")
    with open(otp, "w", encoding="ascii") as out:
        out.write(gateway.ask("/otp", {})["otp"])
    till.run("onboard", "--otp-file", otp)
    clean_up.append(till.put_down)
    till.open()
    run = Run(gateway, till, args.sales)
    offline = run.sales()
    audit = run.audit()
    till.run("verify")
    states = till.ask("GET", "/v1/status")["queue"]["states"]
    require(till.end() == 0, "the till did not stop well")
    checked = till.run("verify")
    shown = {name: audit.get(name) for name in ("ok", "errors", "warnings", "totals")}
    print("audit   %s" % json.dumps(shown, ensure_ascii=False))
    print("till    %s" % json.dumps({name: count for name, count in states.items() if count}))
    print("verify  %s" % checked.strip())
    print("ok      %d sales, %d of them waited for the network" % (len(run.sold), offline))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("--gateway", "--settings", "--tilld"):
        options.add_argument(name, required=True)
    options.add_argument("--sales", type=int, default=200)
    args = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    clean_up = []
    with tempfile.TemporaryDirectory(prefix="tilld-") as folder:
        try:
            drive(args, folder, clean_up)
            return 0
        except (Failed, OSError, subprocess.SubprocessError) as error:
            print("FAILED  %s" % error, file=sys.stderr)
            log = os.path.join(folder, "log")
            if os.path.exists(log):
                with open(log, encoding="utf-8", errors="replace") as lines:
                    sys.stderr.writelines(lines.readlines()[-30:])
            return 1
        finally:
            for undo in reversed(clean_up):
                undo()


if __name__ == "__main__":
    sys.exit(main())
