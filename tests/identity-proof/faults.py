"""Trouble at every step of onboarding and of renewal: whatever the line and the
gateway do, every failure is told in words, and running the command again ends in
one identity. `--only WORD` picks cases; each case is `STEP: FAULT`."""
import sys

from bench import active, prove, require

# Evaluated and then spoilt, not evaluated, and trouble below HTTP.
SPOILT = ["accept-then-drop", "accept-then-reset", "accept-then-504", "accept-then-stall", "accept-then-rubbish", "accept-then-html",
          "truncate", "truncate-valid", "empty-202", "slow", "unknown-fields", "null-fields"]
REFUSED = ["reset", "drop", "stall", "html-500", "html-502", "html-503", "html-504", "json-500", "401", "403", "404", "405", "406",
           "413", "415", "429", "303", "rubbish-200", "empty-200", "html-200", "forged-409"]
BELOW = ["tls-stall", "connect-stall", "connect-reset"]
MORE = {"stall": {"seconds": 1}, "accept-then-stall": {"seconds": 1}, "slow": {"bytes_per_second": 3000},
        "429": {"retry_after": 1}, "tls-stall": {"seconds": 1}, "connect-stall": {"seconds": 1}}
ATTEMPTS = 6
ONBOARDING = ("compliance", "check", "production")


def fault(action, endpoint):
    match = {} if action in BELOW else {"endpoint": endpoint, "env": "simulation"}
    return dict({"action": action, "match": match, "times": 1}, **MORE.get(action, {}))


def in_words(done):
    """What the operator reads after a failure: two languages, and what to do."""
    told = done.stdout + done.stderr
    require(done.returncode == 1, "exit %d: %s" % (done.returncode, told))
    arabic = any("\u0600" <= letter <= "\u06ff" for letter in done.stderr)
    advice = any(word in told for word in ("un again", "onboard", "OTP", "Check ", "Correct ", "Update tilld", "Use another network"))
    require(arabic and advice, "no advice in two languages: %s" % told)


def until_active(run):
    """Runs it with a fresh OTP each time, as a person would; the number of failures."""
    for failures in range(ATTEMPTS):
        done = run()
        if done.returncode == 0:
            active(done)
            return failures
        in_words(done)
    require(False, "not active after %d runs: %s%s" % (ATTEMPTS, done.stdout, done.stderr))
    return None


def onboarding(endpoint, action):
    def case(bench):
        unit = bench.unit("%s-%s" % (endpoint, action), unit={"title": "0100"})
        bench.faults(fault(action, endpoint))
        until_active(unit.onboard)
        alive = unit.csids()
        require(len(alive) == 1, "%d identities are alive" % len(alive))
    return "onboarding, %s: %s" % (endpoint, action), case


class Renewed:
    """One till that is renewed again and again, so that each case costs one renewal."""

    def __init__(self):
        self.unit, self.known = None, []

    def case(self, mode, endpoint, action):
        def case(bench):
            self.onboarded(bench)
            bench.gateway.ask("/settings", {"renewal_mode": mode})
            bench.faults(fault(action, endpoint))
            try:
                until_active(self.renew)
                alive = [c["id"] for c in self.unit.csids()]
                new = [c for c in alive if c not in self.known]
                # One that was issued and never arrived stays at the authority, where the portal shows it;
                # the till holds the last one, and the one it held before is withdrawn.
                lost = 1 if endpoint == "renewal" and mode != "428" and action in SPOILT else 0
                require(1 <= len(new) <= 1 + lost, "identities alive: %s" % new)
            finally:
                self.known = [c["id"] for c in self.unit.csids()]
        return "renewal %s, %s: %s" % (mode, endpoint, action), case

    def onboarded(self, bench):
        if self.unit is None:
            self.unit = bench.unit("renewed", unit={"title": "0100"})
            active(self.unit.onboard())
            self.known = [c["id"] for c in self.unit.csids()]

    def sells(self, bench):
        """After all of that: what it sells now is stamped with the identity that came last, and arrives."""
        self.onboarded(bench)
        unit = self.unit
        unit.open()
        unit.sell(3)
        unit.drained()
        unit.everything_is_there()
        last = {s["hash"] for s in unit.sold[-3:]}
        under = {row["chain"] for row in bench.calls() if row.get("hash") in last}
        require(under == {unit.csids()[-1]["id"]}, "stamped under %s, alive are %s" % (under, [c["id"] for c in unit.csids()]))

    def while_selling(self, action):
        """The same with the daemon running: it sells after each attempt, whatever became of that."""
        def case(bench):
            self.onboarded(bench)
            bench.gateway.ask("/settings", {"renewal_mode": "428"})
            self.unit.open()

            def run():
                done = self.renew()
                self.unit.sell(1)
                return done
            for endpoint in ("renewal", "check", "production"):
                bench.faults(fault(action, endpoint))
                until_active(run)
            bench.faults()
            self.unit.drained()
            self.unit.everything_is_there()
            self.known = [c["id"] for c in self.unit.csids()]
        return "renewal of a selling till: " + action, case

    def renew(self):
        """Renews; where the words say that only a new onboarding helps, that."""
        done = self.unit.renew()
        if done.returncode != 0 and "--replace" in done.stdout + done.stderr:
            in_words(done)
            done = self.unit.onboard(None, "--replace", "T01")
        return done


RENEWED = Renewed()
CASES = [onboarding(endpoint, action) for endpoint in ONBOARDING for action in SPOILT + REFUSED + BELOW]
CASES += [RENEWED.case(mode, endpoint, action)
          for mode, endpoints in (("428", ("renewal", "check", "production")), ("200", ("renewal",)), ("wrapped", ("renewal",)))
          for endpoint in endpoints for action in SPOILT + REFUSED]
CASES += [RENEWED.while_selling(action) for action in
          ("accept-then-drop", "accept-then-504", "truncate", "reset", "stall", "html-503", "429", "rubbish-200")]
CASES += [("after every renewal: it sells", RENEWED.sells)]

if __name__ == "__main__":
    sys.exit(prove(CASES, __doc__))
