"""No secret outside the sealed vault: everything that a till leaves behind in its
life - data, anchor, run directory, log, receipts, settings, what its commands
said - is searched for its keys, API secrets and OTPs in every form they could
take. And its memory is its own: no core, no reader of the same user."""
import base64
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

import vault
from bench import active, prove, require, wait_for
from wire import Wire

ANOTHER_USER = 12345  # the till runs as this user if these tests run as root


def forms(secret):
    """Name and bytes of each form in which these bytes could stand somewhere; PEM, SEC1 and
    PKCS#8 hold the raw bytes or their base64 at one of the three alignments."""
    yield "raw", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for skip in range(3):
        text = base64.b64encode(bytes(skip) + secret)
        # The first and last characters mix in neighbouring bytes.
        whole = text[-(-skip * 8 // 6):(skip + len(secret)) * 8 // 6]
        yield "base64/%d" % skip, whole
        yield "base64url/%d" % skip, whole.translate(bytes.maketrans(b"+/", b"-_"))
    yield "list", ", ".join(map(str, secret)).encode()
    if len(secret) == 32:
        yield "decimal", str(int.from_bytes(secret, "big")).encode()


def files(*folders):
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as data:
                        yield path, data.read()


def search(secrets, otps, places):
    """Where a secret shows: [(path, which, form)]. Lines may be broken anywhere, as PEM does."""
    found = []
    for path, data in places:
        for text in {data, data.replace(b"\\n", b"").translate(None, b"\r\n ")}:
            for which, secret in secrets.items():
                found += [(path, which, form) for form, needle in forms(secret) if needle in text]
        for otp in otps:
            # Six digits of their own: not the end of a number, not a fraction of a second.
            if re.search(rb"(?<![\d.])%s(?!\d)" % otp.encode(), data):
                found.append((path, "OTP " + otp, "text"))
        if re.search(rb"BEGIN (EC |ENCRYPTED )?PRIVATE KEY", data):
            found.append((path, "a private key", "PEM"))
    return found


class Watched:
    """Runs the till's commands as that user; keeps what they say, their command lines and environments."""

    def __init__(self, unit, user):
        self.unit, self.user, self.kept = unit, user, []
        self.more = {"user": user, "group": user, "extra_groups": []} if user is not None else {}

    def run(self, *args, otp=None, wanted=(0,), **more):
        command = [self.unit.program, *args]
        if args[0] not in ("status", "show", "sell", "check"):
            command += ["--config", self.unit.config]
        else:
            command += ["--socket", self.unit.socket]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 cwd=self.unit.folder, **self.more, **more)
        watching = threading.Thread(target=self.watch, args=(child.pid,))
        watching.start()
        out, err = child.communicate((otp + "\n").encode() if otp else b"", timeout=300)
        watching.join()
        self.kept += [("%s, output" % args[0], out), ("%s, errors" % args[0], err)]
        require(child.returncode in wanted, "%s: exit %d: %s%s" % (args[0], child.returncode, out.decode(), err.decode()))
        return out.decode()

    def watch(self, pid):
        """Looks at the process as `ps` does, until it is gone."""
        seen = set()
        while True:
            try:
                for name in ("cmdline", "environ"):
                    with open("/proc/%d/%s" % (pid, name), "rb") as proc:
                        seen.add((name, proc.read()))
                with open("/proc/%d/stat" % pid, encoding="utf-8") as proc:
                    if proc.read().rpartition(")")[2].split()[0] == "Z":
                        break
            except OSError:
                break
            time.sleep(0.02)
        self.kept += [("%s of process %d" % (name, pid), data) for name, data in seen]


def given_to(unit, user):
    """Gives the till's files to that user, and the ways to them to everybody."""
    os.chmod(unit.bench.folder, 0o755)
    if user is not None:
        for where, folders, names in os.walk(unit.folder):
            for path in (where, *(os.path.join(where, one) for one in folders + names)):
                os.chown(path, user, user)


def lived(bench, name):
    """A till that was onboarded, sold, printed, was renewed, shown, and aborted; (watched, secrets of the wire, OTPs, end)."""
    bench.wire = bench.wire or Wire(bench.gateway)
    bench.wire.forget()
    unit = bench.unit(name, "simulation", bench.wire.bases["simulation"])
    unit.configure("zz-log", {"log": {"level": "trace"}, "printer": {"print": "always"}})
    user = ANOTHER_USER if os.geteuid() == 0 else None
    given_to(unit, user)
    watched = Watched(unit, user)
    # Numbers that stand nowhere else by chance.
    otps = [bench.otp("simulation", otp=otp) for otp in ("970181", "970282", "970383")]
    require(watched.run("onboard", "--otp-file", "-", otp=otps[0]).count("active"), "not active")
    unit.open(cwd=unit.folder, preexec_fn=cores_allowed, **watched.more)
    unit.sell(6)
    for _ in range(3):
        watched.run("status", wanted=(0, 1))
    watched.run("show", unit.ask("GET", "/v1/status")["last"]["number"])
    bench.gateway.ask("/settings", {"renewal_mode": "428"})
    watched.run("renew", "--otp-file", "-", otp=otps[1])
    unit.sell(4)
    unit.drained()
    watched.run("renew", "--otp-file", "-", otp=otps[0], wanted=(1,))  # used up: a refusal's words
    watched.run("verify")
    watched.run("doctor", wanted=(0, 1, 2))
    watched.run("doctor", "--json", wanted=(0, 1, 2))
    private(unit)
    return watched, otps, aborted(unit.daemon)


def cores_allowed():
    """As `ulimit -c unlimited` does, as far as this user may."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def private(unit):
    """While it runs: what belongs to it alone is for nobody else."""
    pid = unit.daemon.pid
    with open("/proc/%d/limits" % pid, encoding="utf-8") as limits:
        line = next(line for line in limits if line.startswith("Max core file size"))
    require(line.split()[4:6] == ["0", "0"], line)
    for where, _, names in os.walk(os.path.join(unit.folder, "data", "vault")):
        for path, right in [(where, 0o700)] + [(os.path.join(where, name), 0o600) for name in names]:
            mode = os.stat(path).st_mode & 0o7777
            require(mode == right, "%s has mode %o" % (path, mode))


def readable(pid, user):
    """What a process of the same user gets out of that one: names of the ways that were open."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        if user is not None:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        ways = []
        for name in ("environ", "mem", "maps"):
            try:
                with open("/proc/%d/%s" % (pid, name), "rb", buffering=0) as proc:
                    ways += [name] if name == "mem" or proc.read(1) else []
            except OSError:
                pass
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, pid, None, None) == 0:  # PTRACE_ATTACH
            ways.append("ptrace")
            os.waitpid(pid, 0x40000000)  # __WALL
            libc.ptrace(17, pid, None, None)
        os.write(write, " ".join(ways).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        ways = pipe.read().decode().split()
    os.waitpid(child, 0)
    return ways


def aborted(process):
    """Ends it as a fault of its own would; whether the kernel wrote a core."""
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)
    require(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT, "it ended with %d" % status)
    return os.WCOREDUMP(status)


def no_secret_shows(bench):
    watched, otps, core = lived(bench, "searched")
    unit = watched.unit
    require(not core, "the kernel wrote a core")
    snapshot = os.path.join(bench.folder, "snapshot")
    shutil.copytree(unit.folder, snapshot, ignore=shutil.ignore_patterns("*.sock"))
    # Sealed anew under a credential that these tests know, the vault can be opened from outside.
    credential = os.urandom(48)
    folder = os.path.join(bench.folder, "credentials")
    os.mkdir(folder)
    with open(os.path.join(folder, "tilld.vault-key"), "wb") as out:
        out.write(credential)
    watched.run("onboard", "--otp-file", "-", otp=otps[2], env=dict(os.environ, CREDENTIALS_DIRECTORY=folder))
    opened = vault.records(os.path.join(unit.folder, "data", "vault"), credential)
    keys = set().union(*map(vault.scalars, opened.values()))
    require(len(keys) >= 2, "the vault holds %d keys: %s" % (len(keys), sorted(opened)))
    secrets = {"key %d" % at: key for at, key in enumerate(sorted(keys))}
    said = bench.wire.secrets()
    secrets.update(("API secret %d" % at, text.encode()) for at, text in enumerate(sorted(said)))
    require(len(said) >= 8, "%d API secrets on the wire" % len(said))
    for text in said:
        # A secret is the base64 of something; that something must not show, either.
        try:
            raw = base64.b64decode(text, validate=True)
            if 16 <= len(raw) <= 64:
                secrets["decoded %d" % len(secrets)] = raw
        except ValueError:
            pass
    secrets["wrapping credential"] = credential
    searched = [*files(snapshot, unit.folder), *watched.kept]
    require(len(searched) > 40, "only %d files were searched" % len(searched))
    found = search(secrets, otps, searched)
    require(not found, "\n".join("%s shows %s in the form %s" % one for one in found))
    print("        %d keys, %d other secrets, %d OTPs; %d files and outputs, %d kB" % (
        len(keys), len(secrets) - len(keys), len(otps), len(searched), sum(len(data) for _, data in searched) // 1024))


def the_search_finds(_):
    """A search that cannot find anything would prove nothing: each form, planted, is found."""
    secret = bytes(range(40, 72))
    for form, needle in forms(secret):
        found = search({"key": secret}, [], [("planted", b"\x00x" + needle + b"y\x00")])
        require(("planted", "key", form) in found, "%s is not found" % form)
    der = bytes.fromhex("302e0201010420") + secret + bytes.fromhex("a00706052b8104000a")
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + der).decode()
        pem = "-----BEGIN X-----\n" + "\n".join(text[at:at + 64] for at in range(0, len(text), 64)) + "\n-----END X-----\n"
        require(search({"key": secret}, [], [("pem", pem.encode())]), "SEC1 shifted by %d is not found" % shift)
    require(search({}, ["970181"], [("log", b"otp=970181 sent")]), "an OTP is not found")
    require(not search({}, ["970181"], [("log", b"at 10:00:00.970181Z")]), "a moment is taken for an OTP")


def memory_is_private(bench):
    """No process of the same user reads the daemon's memory, nor that of an onboarding under way;
    the same ways work with a process that does not mind."""
    user = ANOTHER_USER if os.geteuid() == 0 else None
    who = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
    other = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, **who)
    try:
        open_ways = readable(other.pid, user)
    finally:
        other.kill()
        other.wait()
    require("environ" in open_ways, "the ways are closed to everything here: nothing can be shown")
    unit = bench.unit("guarded")
    given_to(unit, user)
    bench.faults({"action": "stall", "seconds": 20, "match": {"endpoint": "compliance"}, "times": 1})
    otp, seen = bench.otp("simulation"), len(bench.calls())
    command = [unit.program, "onboard", "--config", unit.config, "--otp-file", "-"]
    onboarding = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  preexec_fn=cores_allowed, cwd=unit.folder, **who)
    onboarding.stdin.write(otp.encode())
    onboarding.stdin.close()
    wait_for("the OTP to be on its way", 30, lambda: bench.calls()[seen:] or None)
    ways = readable(onboarding.pid, user)
    require(not ways, "a process of the same user gets at an onboarding by %s" % ", ".join(ways))
    require(not aborted(onboarding), "the kernel wrote a core of an onboarding")
    bench.faults()
    active(unit.onboard(otp, **who))
    unit.open(**who)
    ways = readable(unit.daemon.pid, user)
    require(not ways, "a process of the same user gets at the daemon by %s" % ", ".join(ways))
    print("        closed: %s" % ", ".join(open_ways))


def abort_leaves_no_core(bench):
    """With the limit lifted; the same abort of another program shows whether this machine writes cores at all."""
    control = os.fork()
    if control == 0:
        os.chdir(bench.folder)
        cores_allowed()
        os.execvp("sh", ["sh", "-c", "kill -ABRT $$"])
    _, status = os.waitpid(control, 0)
    watched, _, core = lived(bench, "aborted")
    left = [path for path, data in files(watched.unit.folder) if data.startswith(b"\x7fELF")]
    require(not core and not left, "a core: %s" % left)
    print("        another program %s a core here" % ("leaves" if os.WCOREDUMP(status) else "leaves no"))


CASES = [
    ("the search finds what is planted", the_search_finds),
    ("no secret shows anywhere after a till's life", no_secret_shows),
    ("no process of the same user reads its memory", memory_is_private),
    ("an abort leaves no core", abort_leaves_no_core),
]

if __name__ == "__main__":
    sys.exit(prove(CASES, __doc__))
