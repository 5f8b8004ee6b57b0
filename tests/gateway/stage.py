"""What a run against the independent gateway needs: the gateway itself, a till
with its daemon and the socket it is spoken to, and baskets to sell."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

OPEN_WITHIN = 60    # seconds until a process that was started answers


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

    def __init__(self, script, folder, environment="production", *more):
        self.script, self.folder, self.environment, self.process = script, folder, environment, None
        self.listen, self.admin, self.more = "127.0.0.1:0", "127.0.0.1:0", more

    def start(self):
        folder = self.folder
        self.process = subprocess.Popen(
            [sys.executable, self.script, "--tls", "--env", self.environment, "--cert-dir", os.path.join(folder, "certs"),
             "--state", os.path.join(folder, "gateway.db"), "--listen", self.listen, "--admin", self.admin, *self.more],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        require(line, "the gateway did not start")
        told = json.loads(line)
        self.base_url, self.ca_file, self.admin_url = told["base_url"], told["ca_file"], told["admin_url"]
        self.bases = told["bases"]
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
            out.write("[fatoora]\nenvironment = %s\nbase_url = %s\nextra_ca = %s\nin_flight = 2\n"
                      % tuple(map(json.dumps, (gateway.environment, gateway.base_url, gateway.ca_file))))
            out.write("[printer]\ntarget = %s\n[api]\nsocket = %s\n" % (receipts, quoted["t.sock"]))

    def attempt(self, *args, **more):
        command = [self.program, *args, "--config", self.config]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)

    def run(self, *args, **more):
        done = self.attempt(*args, **more)
        require(done.returncode == 0, "tilld %s: exit %d\n%s%s" % (args[0], done.returncode, done.stdout, done.stderr))
        return done.stdout

    def open(self, **more):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.daemon = subprocess.Popen([self.program, "serve", "--config", self.config], stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=self.log, **more)
        wait_for("the till to open", OPEN_WITHIN, self.status_if_open)

    def status_if_open(self):
        require(self.daemon.poll() is None, "the till ended with %s" % self.daemon.poll())
        try:
            return self.ask("GET", "/v1/status")
        except OSError:
            return None

    def ask(self, method, path, body=None, key=None, wanted=(200,)):
        return json.loads(self.fetch(path, method, body, key, wanted))

    def fetch(self, path, method="GET", body=None, key=None, wanted=(200,)):
        """The bytes of the answer."""
        connection = SocketConnection(self.socket)
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        require(answer.status in wanted, "%s %s: %d %s" % (method, path, answer.status, content.decode(errors="replace")))
        return content

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
