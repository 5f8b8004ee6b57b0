"""A till in a network namespace of its own, joined to the gateway by a cable that is
cut and mended: everything that was sold meanwhile is in the gateway's book within
five seconds of the network's return. To be run in namespaces of its own (see run.sh),
so that nothing of the machine's network is touched. The till knows the gateway by the
authority's own name and port."""
import os
import signal
import subprocess
import sys
import tempfile
import time

from shop import Failed, Shop, log_of, options_of, parsed, require, told, wait_for

SALES = 10
NAME = "gw-fatoora.zatca.gov.sa"
NEAR, BEHIND, NEAR6 = "10.213.7.1", "10.213.9.1", "fd00:213:7::1"
TILL, OTHER, TILL6 = "10.213.7.2/24", "10.213.7.3/24", "fd00:213:7::2/64"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    require(done.returncode == 0, "%s: %s" % (" ".join(command), done.stderr.strip()))


class Cable:
    """Two ends: `gate` here, `till` in the other namespace."""

    def __init__(self, folder):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        here = os.readlink("/proc/self/ns/net")
        wait_for("the namespace", 10, lambda: True if os.readlink("/proc/%d/ns/net" % self.holder.pid) != here else None)
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "gate", "type", "veth", "peer", "name", "till", "netns", str(self.holder.pid))
        run("ip", "address", "add", NEAR + "/24", "dev", "gate")
        run("ip", "address", "add", BEHIND + "/32", "dev", "gate")
        run("ip", "link", "set", "gate", "up")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "address", "add", TILL, "dev", "till")
        self.inside("ip", "link", "set", "till", "up")
        self.hosts = os.path.join(folder, "hosts")
        self.named(NEAR)
        run("mount", "--bind", self.hosts, "/etc/hosts")

    def inside(self, *command):
        run("nsenter", "--target", str(self.holder.pid), "--net", *command)

    def named(self, address):
        """What the authority's name leads to; the file is written in place, since it is mounted."""
        with open(self.hosts, "w", encoding="ascii") as out:
            out.write("127.0.0.1 localhost\n%s %s\n" % (address, NAME))

    def program(self, tilld, folder):
        """The till, run in the namespace."""
        path = os.path.join(folder, "tilld-inside")
        with open(path, "w", encoding="utf-8") as out:
            out.write('#!/bin/sh\nexec nsenter --target %d --net "%s" "$@"\n' % (self.holder.pid, tilld))
        os.chmod(path, 0o755)
        return path

    def cut(self):
        self.holder.kill()
        self.holder.wait()


class Bench:
    def __init__(self, args, folder):
        self.cable = Cable(folder)
        args.tilld = self.cable.program(os.path.abspath(args.tilld), folder)
        # The official address itself: the till takes no other beyond its own machine.
        self.within = args.within
        self.shop = Shop(args, folder, listen="[::]:443", address="https://%s/e-invoicing/core" % NAME)

    def ip(self, *command):
        self.cable.inside("ip", *command)

    def without(self, cut, mend, seconds, sell=True, silent=True, patience=1):
        """Cuts, sells, waits, mends; the seconds until the first and the last of it stood in the book.
        `silent`: nothing can have come through before."""
        shop = self.shop
        before = len(shop.sold)
        cut()
        if sell:
            shop.sell(SALES)
        time.sleep(seconds)
        waiting = {sale["hash"] for sale in shop.sold[before:]} or self.unsettled()
        mended = mend() or time.time()
        shop.drain(60)
        done = [row["done"] for row in shop.gateway.ask("/book")["rows"]
                if row["hash"] in waiting and row["verdict"] in ("accepted", "duplicate")]
        late = [moment - mended for moment in done if moment > mended]
        require(len(late) >= len(waiting) or not silent, "%d of %d came after the return" % (len(late), len(waiting)))
        words = "%d documents, the first after %.1f s, the last after %.1f s" % (len(late), min(late, default=0), max(late, default=0))
        require(max(late, default=0) <= self.within * patience, words)
        return words

    def unsettled(self):
        settled = {row["hash"] for row in self.shop.gateway.ask("/book")["rows"] if row["verdict"] == "accepted"}
        return {sale["hash"] for sale in self.shop.sold} - settled


def moment_of(command):
    """Runs it; the moment right before."""
    def act():
        began = time.time()
        command()
        return began
    return act


def link(bench, seconds):
    down = lambda: bench.ip("link", "set", "till", "down")  # noqa: E731
    return bench.without(down, moment_of(lambda: bench.ip("link", "set", "till", "up")), seconds)


def carrier(bench, seconds):
    down = lambda: run("ip", "link", "set", "gate", "down")  # noqa: E731
    return bench.without(down, moment_of(lambda: run("ip", "link", "set", "gate", "up")), seconds)


def address(bench, seconds):
    down = lambda: bench.ip("address", "del", TILL, "dev", "till")  # noqa: E731
    return bench.without(down, moment_of(lambda: bench.ip("address", "add", TILL, "dev", "till")), seconds)


def other_address(bench, seconds):
    """Another network's lease: what was connected under the former address is dead without a word."""
    down = lambda: bench.ip("address", "del", TILL, "dev", "till")  # noqa: E731
    try:
        return bench.without(down, moment_of(lambda: bench.ip("address", "add", OTHER, "dev", "till")), seconds)
    finally:
        bench.ip("address", "del", OTHER, "dev", "till")
        bench.ip("address", "add", TILL, "dev", "till")


def route(bench, seconds):
    """The gateway lies behind another one."""
    way = ("default", "via", NEAR)
    bench.ip("route", "add", *way)
    bench.cable.named(BEHIND)
    try:
        # The open connections lead to the old address.
        bench.shop.gateway.ask("/faults", {"rules": [{"action": "drop", "times": 2, "match": {}}]})
        bench.shop.sell(4)
        bench.shop.drain(60)
        down = lambda: bench.ip("route", "del", *way)  # noqa: E731
        return bench.without(down, moment_of(lambda: bench.ip("route", "add", *way)), seconds)
    finally:
        bench.cable.named(NEAR)
        bench.ip("route", "del", "default")


def lease(bench, seconds):
    """As a lease comes: the link, two seconds later the address, one later the route. Counted from there."""
    def mend():
        bench.ip("link", "set", "till", "up")
        time.sleep(2)
        bench.ip("address", "add", TILL, "dev", "till")
        time.sleep(1)
        began = time.time()
        bench.ip("route", "add", "default", "via", NEAR)
        return began

    def down():
        bench.ip("address", "del", TILL, "dev", "till")
        bench.ip("link", "set", "till", "down")
    bench.cable.named(BEHIND)
    try:
        return bench.without(down, mend, seconds)
    finally:
        bench.cable.named(NEAR)
        bench.ip("route", "del", "default")


def flapping(bench, seconds):
    """A bad contact: up and down again five times, then up. The kernel tells of a link that flaps only
    once a second, and what was begun in between is given two seconds: twice the time."""
    def mend():
        for _ in range(5):
            bench.ip("link", "set", "till", "up")
            time.sleep(0.3)
            bench.ip("link", "set", "till", "down")
            time.sleep(0.3)
        began = time.time()
        bench.ip("link", "set", "till", "up")
        return began
    return bench.without(lambda: bench.ip("link", "set", "till", "down"), mend, seconds, silent=False, patience=2)


def midway(cut, mend):
    """Cut while the gateway thinks about a request."""
    def play(bench, seconds):
        gateway = bench.shop.gateway
        gateway.ask("/faults", {"rules": [{"action": "delay", "seconds": 1.5, "match": {"endpoint": "reporting"}}]})
        bench.shop.sell(SALES)
        calls = lambda: [row for row in gateway.ask("/book")["rows"] if row["verdict"] == "open"]  # noqa: E731
        wait_for("a request on its way", 10, lambda: calls() or None)

        def down():
            cut(bench)
            gateway.ask("/faults", {"rules": []})
        return bench.without(down, moment_of(lambda: mend(bench)), seconds, sell=False)
    return play


def sixth(bench, seconds):
    """IPv6 alone; a new address may not be used for a second or two."""
    # Only now: an end that is set down loses its addresses of this kind.
    run("ip", "-6", "address", "add", NEAR6 + "/64", "dev", "gate", "nodad")
    bench.ip("-6", "address", "add", TILL6, "dev", "till", "nodad")
    bench.cable.named(NEAR6)
    bench.shop.gateway.ask("/faults", {"rules": [{"action": "drop", "times": 2, "match": {}}]})
    bench.shop.sell(4)
    bench.shop.drain(60)

    def down():
        bench.ip("link", "set", "till", "down")

    def mend():
        began = time.time()
        bench.ip("link", "set", "till", "up")
        bench.ip("-6", "address", "add", TILL6, "dev", "till")
        return began
    try:
        return bench.without(down, mend, seconds)
    finally:
        bench.cable.named(NEAR)


CASES = [("link down and up", link, 3), ("link down for longer than an attempt's wait", link, 40),
         ("carrier lost at the other end", carrier, 3), ("carrier lost for long", carrier, 40),
         ("address taken away and given back", address, 3), ("another address than before", other_address, 3),
         ("route taken away and given back", route, 3), ("a lease that comes step by step", lease, 3),
         ("a bad contact", flapping, 2), ("IPv6", sixth, 3),
         ("link cut in the middle of a request", midway(lambda b: b.ip("link", "set", "till", "down"),
                                                       lambda b: b.ip("link", "set", "till", "up")), 3),
         ("carrier lost in the middle of a request", midway(lambda b: run("ip", "link", "set", "gate", "down"),
                                                           lambda b: run("ip", "link", "set", "gate", "up")), 3),
         ("carrier lost in the middle of a request, for long", midway(lambda b: run("ip", "link", "set", "gate", "down"),
                                                                     lambda b: run("ip", "link", "set", "gate", "up")), 45)]


def main():
    options = options_of(__doc__)
    options.add_argument("--only", default="", help="a part of the names of the cases to run")
    options.add_argument("--short", action="store_true", help="without the long cuts")
    options.add_argument("--within", type=float, default=5.0, help="seconds from the network's return to the last entry in the book")
    args = parsed(options)
    chosen = [case for case in CASES if args.only in case[0] and not (args.short and case[2] > 10)]
    failed, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tilld-") as folder:
        bench = None
        try:
            bench = Bench(args, folder)
            bench.shop.sell(4)
            bench.shop.drain(60)
            for name, case, seconds in chosen:
                try:
                    print("ok      %s: %s" % (name, case(bench, seconds)), flush=True)
                except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
                    failed += 1
                    print("FAILED  %s: %s\n%s" % (name, told(error), log_of(folder)), flush=True)
                    bench.shop.drain(120, 5)
            # What was on its way when the line was cut goes again: the gateway took the answer for delivered.
            bench.shop.everything_agrees(resend="warn")
        finally:
            if bench:
                bench.shop.close()
                bench.cable.cut()
            run("umount", "/etc/hosts")
    print("%d cuts, %d failed, %d documents, %.0f s" % (len(chosen), failed, len(bench.shop.sold), time.monotonic() - began))
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
