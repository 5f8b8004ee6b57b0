"""Drives the till against an independent gateway (see run.sh): onboarding over
TLS at the production address, sales, a network that goes away and comes back,
lost answers, and at the end the gateway's own audit of everything."""
import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

OPEN_WITHIN = 60    # seconds until a process that was started answers
DRAIN_WITHIN = 300  # seconds until the queue is empty again


class Failed(Exception):
    """A step did not hold."""


def require(holds, words):
    if not holds:
        raise Failed(words)


def wait_for(what, seconds, look):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise Failed("waited %d s in vain for %s" % (seconds, what))


class Gateway:
    """The gateway, which keeps its ports, certificates and book across restarts."""

    def __init__(self, script, folder):
        self.script, self.folder, self.process = script, folder, None
        self.listen = self.admin = "127.0.0.1:0"

    def start(self):
        folder = self.folder
        self.process = subprocess.Popen(
            [sys.executable, self.script, "--tls", "--env", "production", "--cert-dir", os.path.join(folder, "certs"),
             "--state", os.path.join(folder, "gateway.db"), "--listen", self.listen, "--admin", self.admin],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        require(line, "the gateway did not start")
        told = json.loads(line)
        self.base_url, self.ca_file, self.admin_url = told["base_url"], told["ca_file"], told["admin_url"]
        self.listen = self.base_url.split("/")[2]
        self.admin = self.admin_url.split("/")[2]

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.admin_url + path, data=data)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def end(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        if self.process:
            self.process.wait()
            self.process.stdout.close()


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("tilld", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Till:
    def __init__(self, program, settings, folder, gateway):
        self.program, self.folder, self.daemon, self.log = program, folder, None, None
        self.config = os.path.join(folder, "till.toml")
        self.socket = os.path.join(folder, "t.sock")
        shutil.copyfile(settings, self.config)
        os.mkdir(self.config + ".d")
        quoted = {name: json.dumps(os.path.join(folder, name)) for name in ("data", "high-water", "t.sock")}
        receipts = json.dumps("file:" + os.path.join(folder, "receipts"))
        with open(os.path.join(self.config + ".d", "gateway.toml"), "w", encoding="utf-8") as out:
            out.write("[till]\ndata_dir = %s\nanchor = %s\n" % (quoted["data"], quoted["high-water"]))
            out.write("[fatoora]\nenvironment = \"production\"\nbase_url = %s\nextra_ca = %s\nin_flight = 2\n"
                      % (json.dumps(gateway.base_url), json.dumps(gateway.ca_file)))
            out.write("[printer]\ntarget = %s\n[api]\nsocket = %s\n" % (receipts, quoted["t.sock"]))

    def run(self, *args, **more):
        command = [self.program, *args, "--config", self.config]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)
        require(done.returncode == 0, "tilld %s: exit %d\n%s%s" % (args[0], done.returncode, done.stdout, done.stderr))
        return done.stdout

    def open(self):
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.daemon = subprocess.Popen([self.program, "serve", "--config", self.config], stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=self.log)
        wait_for("the till to open", OPEN_WITHIN, self.status_if_open)

    def status_if_open(self):
        require(self.daemon.poll() is None, "the till ended with %s" % self.daemon.poll())
        try:
            return self.ask("GET", "/v1/status")
        except OSError:
            return None

    def ask(self, method, path, body=None, key=None, wanted=(200,)):
        connection = SocketConnection(self.socket)
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        require(answer.status in wanted, "%s %s: %d %s" % (method, path, answer.status, text))
        return json.loads(text)

    def end(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
        code = self.daemon.wait(timeout=60) if self.daemon else None
        if self.log:
            self.log.close()
        return code

    def put_down(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()


STANDARD = {"shelf": "11.50", "vat": "S", "ar": "حليب طازج", "en": "Fresh milk"}
GOODS = [
    STANDARD,
    {"shelf": "34.95", "vat": "S", "ar": "تمر سكري", "en": "Sukkari dates", "quantity": "1.235", "unit": "KGM"},
    {"shelf": "0.99", "vat": {"category": "S", "rate": "5"}, "ar": "ماء", "en": "Water <330 ml> & ice"},
    {"shelf": "18.00", "vat": {"category": "Z", "reason_code": "VATEX-SA-35"}, "ar": "دواء", "en": "Medicine"},
    {"shelf": "7.35", "vat": "S", "ar": "خبز عربي", "en": "Arabic bread", "discount": {"amount": "0.35", "reason": "Offer"}},
]


def sale(number):
    """A basket of one to five lines; the number alone decides what is in it."""
    lines = []
    for at in range(1 + number % 5):
        good = GOODS[(number + at) % len(GOODS)]
        line = {"name": {"ar": good["ar"], "en": good["en"]}, "quantity": good.get("quantity", str(1 + number % 3)),
                "unit": good.get("unit", "PCE"), "shelf_price": good["shelf"], "vat": good["vat"]}
        if "discount" in good:
            line["discount"] = good["discount"]
        lines.append(line)
    return {"reference": "POS-%04d" % number, "lines": lines}


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
