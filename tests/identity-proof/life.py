"""A till's whole life in each environment: onboarded, selling, renewed while it
sells, replaced while it sells. What was stamped under the earlier certificate and
lay unsent at the switch arrives; the gateway's audit has nothing to say."""
import json
import sys
import threading

from bench import ENVIRONMENTS, Failed, active, one_identity, prove, require, says, wait_for

# A renewal gives unsent documents a minute to go out. Where somebody has to act first, it does not wait.
LINE_CUT = {"action": "drop", "match": {"endpoint": ["reporting", "clearance"]}}
LINE_BARRED = {"action": "403", "match": {"endpoint": ["reporting", "clearance"]}}
# Long enough that something is sold before the authority answers.
SLOW_ANSWER = {"action": "delay", "seconds": 2, "match": {"endpoint": ["renewal", "compliance"]}, "times": 1}
TTL = 20  # seconds that a certificate lives which is to end
ANSWER_LOST = {"action": "accept-then-drop", "match": {"endpoint": "reporting"}, "times": 1}


class Selling:
    """A cashier who goes on selling while something else happens."""

    def __init__(self, unit):
        self.unit, self.ended, self.error = unit, threading.Event(), None
        self.thread = threading.Thread(target=self.sell)

    def sell(self):
        try:
            while not self.ended.wait(0.1):
                self.unit.sell()
        except Exception as error:  # told by the thread that waits
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        if self.error:
            raise self.error


def selling_till(bench, name, environment, **more):
    unit = bench.unit(name, environment, **more)
    active(unit.onboard())
    unit.open()
    unit.sell(5)
    unit.drained()
    return unit, one_identity(unit)


def switched(bench, unit, change, trouble=LINE_BARRED):
    """Sells into a dead line, changes the identity while the cashier sells on, and lets the line come back."""
    bench.faults(ANSWER_LOST, trouble, SLOW_ANSWER)
    unit.sell(4)
    if trouble is LINE_BARRED:
        wait_for("the queue to wait", 60, lambda: unit.status()["queue"]["paused"])
    before = len(unit.sold)
    with Selling(unit):
        done = change()
    active(done)
    during = len(unit.sold) - before
    require(during > 0, "nothing was sold meanwhile")
    unit.sell(3)
    require(unit.status()["queue"]["unsent"] >= 4, "the line was not cut")
    bench.faults()
    unit.drained()
    unit.everything_is_there()
    return done


def stamped_under(bench, unit, csid):
    """The documents of the unit in that CSID's chain, by ICV."""
    hashes = {s["hash"] for s in unit.sold}
    rows = [r for r in bench.calls(chain=csid) if r["hash"] in hashes and r["verdict"].startswith("accepted")]
    return sorted(int(r["icv"]) for r in rows)


def chains_are_whole(bench, unit, *csids):
    """Each certificate has a chain of its own from 1 on, and no document is in two."""
    chains = [stamped_under(bench, unit, csid) for csid in csids]
    for csid, icvs in zip(csids, chains):
        require(icvs == list(range(1, len(icvs) + 1)) and icvs, "the chain of %s: %s" % (csid, icvs))
    require(sum(map(len, chains)) == len(unit.sold), "%s in chains, %d sold" % (list(map(len, chains)), len(unit.sold)))


def renewal(environment, mode, grace):
    """`grace`: seconds that the authority still takes the old credentials after the switch."""
    def case(bench):
        bench.gateway.ask("/settings", {"renewal_mode": mode, "renewal_grace": grace})
        unit, first = selling_till(bench, "renewed-%s-%s-%d" % (environment, mode, grace), environment)
        switched(bench, unit, unit.renew)
        if grace:
            second = next(c["id"] for c in unit.csids() if c["id"] != first)
        else:
            second = one_identity(unit)
        require(second != first, "the identity is the old one")
        chains_are_whole(bench, unit, first, second)
        # And it lasts: another start, another sale, another renewal.
        require(unit.end() == 0, "the daemon did not end well")
        unit.open()
        unit.sell(2)
        active(unit.renew())
        unit.sell(2)
        unit.drained()
        unit.everything_is_there()
    return "renewal, %s, %s, %s" % (environment, mode, "old credentials live on" if grace else "old credentials end at once"), case


def replacement(environment):
    def case(bench):
        bench.gateway.ask("/settings", {"renewal_grace": 0})
        unit, first = selling_till(bench, "replaced-" + environment, environment)
        seen = len(bench.calls())
        # Without the explicit word an active till stays what it is, and nobody is asked.
        active(unit.onboard("000000"))
        says(unit.onboard("000000", "--replace", "T99"), ("T01", "nothing was changed"), (), 2)
        require(len([r for r in bench.calls()[seen:] if r["endpoint"] == "compliance"]) == 0, "the authority was asked")
        require([c["id"] for c in unit.csids()] == [first], "the identity changed")
        done = switched(bench, unit, lambda: unit.onboard(None, "--replace", "T01"))
        second = next(c["id"] for c in unit.csids() if c["id"] != first)
        chains_are_whole(bench, unit, first, second)
        # Only the taxpayer can withdraw the first one, on the portal: it is told.
        require("portal" in done.stdout + done.stderr, "nothing about the old certificate: " + done.stdout)
    return "re-onboarding, " + environment, case


def line_dead(bench):
    """The same with a line that breaks every report: the renewal waits its minute, and goes on."""
    bench.gateway.ask("/settings", {"renewal_mode": "428", "renewal_grace": 0})
    unit, first = selling_till(bench, "dead-line", "production")
    switched(bench, unit, unit.renew, LINE_CUT)
    chains_are_whole(bench, unit, first, one_identity(unit))


def without_daemon(bench):
    """Renewed and replaced while the till is closed: the next start sells under the new one."""
    bench.gateway.ask("/settings", {"renewal_mode": "428", "renewal_grace": 0})
    unit, first = selling_till(bench, "closed", "simulation")
    bench.faults(LINE_BARRED)
    unit.sell(3)
    require(unit.end() == 0, "the daemon did not end well")
    active(unit.renew())
    second = one_identity(unit)
    unit.open()
    unit.sell(3)
    require(unit.end() == 0, "the daemon did not end well")
    active(unit.onboard(None, "--replace", "T01"))
    third = next(c["id"] for c in unit.csids() if c["id"] != second)
    unit.open()
    unit.sell(3)
    bench.faults()
    unit.drained()
    unit.everything_is_there()
    chains_are_whole(bench, unit, first, second, third)


def killed_at_the_switch(bench):
    """The daemon is killed while a renewal is under way: selling goes on, and running it again ends it."""
    bench.gateway.ask("/settings", {"renewal_mode": "428", "renewal_grace": 0})
    unit, _ = selling_till(bench, "killed", "simulation")
    for endpoint in ("renewal", "check", "production"):
        bench.faults({"action": "accept-then-stall", "seconds": 20, "match": {"endpoint": endpoint}, "times": 1})
        seen = len(bench.calls())
        runs = threading.Thread(target=unit.renew)
        runs.start()
        wait_for("the call to " + endpoint, 60, lambda: any(r["endpoint"] == endpoint for r in bench.calls()[seen:]) or None)
        unit.sell(1)
        unit.put_down()
        runs.join()
        bench.faults()
        unit.open()
        unit.sell(1)
        active(unit.renew())
        one_identity(unit)
        unit.sell(1)
        unit.drained()
    # A till killed between an answer and its note of it rightly sends again.
    unit.everything_is_there(resend="warn")


def other_facts(bench):
    """Changed facts, or another environment, are no reason to lose an identity by accident."""
    unit, first = selling_till(bench, "moved", "simulation")
    bench.faults(LINE_CUT)
    unit.sell(2)
    require(unit.end() == 0, "the daemon did not end well")
    bench.faults()
    seen = len(bench.calls())
    unit.configure("zz-moved", {"fatoora": {"environment": "production", "base_url": bench.bases["production"]}})
    unit.environment = "production"
    says(unit.onboard(), ("already", "simulation", "--replace"), ("simulation", "--replace"))
    # A daemon does not sell under a certificate of another environment.
    done = unit.attempt("serve")
    require(done.returncode != 0 and "simulation" in done.stderr and "production" in done.stderr, "serve: %s" % json.dumps(done.stderr))
    require(len(bench.calls()) == seen, "the authority was asked")
    require([c["id"] for c in unit.csids()] == [first], "the identity changed")


MODES = (("428", 0), ("428", 3600), ("200", 0), ("wrapped", 0))
CASES = [renewal(environment, mode, grace) for environment in ENVIRONMENTS for mode, grace in MODES]
CASES += [replacement(environment) for environment in ENVIRONMENTS]
def expired(bench):
    """A certificate that ends while the till sells: no document after its end, words what to do, and a way on
    that loses nothing of what was stamped in time."""
    bench.gateway.ask("/settings", {"pcsid_ttl": TTL, "renewal_mode": "428", "renewal_grace": 0})
    unit = bench.unit("expired")
    active(unit.onboard())
    bench.gateway.ask("/settings", {"pcsid_ttl": 5 * 365 * 86400})
    first = one_identity(unit)
    unit.open()
    bench.faults(LINE_BARRED)
    unit.sell(3)

    def refusal():
        """The first sale that is refused."""
        try:
            unit.sell(1)
        except Failed as refused:
            return str(refused)
        return None
    told = wait_for("the certificate to end", 4 * TTL, refusal)
    for word in ("expired", "tilld renew", "--replace", "انتهت صلاحية"):
        require(word in told, "%s is not said: %s" % (word, told))
    stamped = len(unit.sold)
    says(unit.renew(), ("expired", "--replace"), ("انتهت", "--replace"))
    active(unit.onboard(None, "--replace", "T01"))
    bench.faults()
    unit.sell(3)
    unit.drained()
    unit.everything_is_there()
    second = next(c["id"] for c in unit.csids() if c["id"] != first)
    chains_are_whole(bench, unit, first, second)
    require(len(stamped_under(bench, unit, first)) == stamped, "documents of the first certificate")


CASES += [
    ("the certificate ends", expired),
    ("renewal over a dead line", line_dead),
    ("renewed and replaced while closed", without_daemon),
    ("killed while a renewal is under way", killed_at_the_switch),
    ("another environment in the settings", other_facts),
]

if __name__ == "__main__":
    sys.exit(prove(CASES, __doc__))
