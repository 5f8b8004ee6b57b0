"""Each of the gateway's faults alone, in every form: a till sells through it, the fault
ends after some calls, everything drains, and book and ledger are one."""
import concurrent.futures
import queue
import subprocess
import sys
import tempfile
import threading
import time

from shop import SYNC_EVERY, Failed, Shop, log_of, options_of, parsed, require, told, wait_for

SALES = 12
TIMES = 6      # calls that are spoilt: more than the five in a row that the till takes for a trouble of the service
LIMIT = 100    # seconds until all is sent again

# Nobody need do anything: the till goes on by itself, within half a minute.
ALONE = None
# The till waits long, by rule: a quarter of an hour after a refusal of its credentials or of its way of
# asking, half a minute without a connection. A person who was told presses "sync now".
PRESSES = SYNC_EVERY


class Case:
    def __init__(self, name, *rules, person=ALONE, settings=None, play=None, lies=0, warned=False, last=False, seconds=5,
                 **audit):
        """`play` goes another way than just selling; `lies` is how many documents the authority falsely said
        to have; `warned` that it tells of warnings which it does not have; `last` leaves the gateway unfit
        for others; `seconds` is about how long it takes, so that the longest begin first."""
        self.name, self.rules, self.person, self.settings = name, rules, person, settings or {}
        self.play, self.lies, self.warned, self.last, self.seconds, self.audit = play, lies, warned, last, seconds, audit


def rule(action, times=TIMES, match=None, **more):
    return dict({"action": action, "times": times, "match": dict({"endpoint": ["reporting", "clearance"]}, **(match or {}))}, **more)


def plain(action, name=None, times=TIMES, person=ALONE, seconds=5, **more):
    return Case(name or action, rule(action, times, **more), person=person, seconds=seconds)


def again(action):
    """A duplicate must come about before it can be told in another form."""
    return Case(action, rule("accept-then-drop", match={"attempt": 1}), rule(action, match={"attempt": 2}))


def below(action, **more):
    """Before the first byte of a new connection: so the open ones are broken off first."""
    return Case(action, rule("drop", 2), dict({"action": action, "times": 2, "match": {}}, **more), person=PRESSES, seconds=25)


def answer(status, name, body, content_type="application/json", person=ALONE, **headers):
    return Case("status %d, %s" % (status, name), rule("status", status=status, body=body, content_type=content_type,
                                                       headers={k.replace("_", "-"): v for k, v in headers.items()}), person=person)


REPORTED = {"validationResults": {"infoMessages": [], "warningMessages": [], "errorMessages": [], "status": "PASS"},
            "reportingStatus": "REPORTED"}
GENERAL = {"validationResults": {"infoMessages": [], "warningMessages": [], "status": "ERROR", "errorMessages": [
    {"type": "ERROR", "code": "GENERAL", "category": "GENERAL", "status": "ERROR",
     "message": "Unable to execute Business Rules validation"}]}, "reportingStatus": "NOT_REPORTED"}
ODD = [
    answer(418, "a teapot", "<html>teapot</html>", "text/html"),
    answer(200, "an array", [REPORTED]),
    answer(200, "no success in it", dict(REPORTED, reportingStatus="NOT_REPORTED")),
    answer(200, "success that contradicts itself", dict(REPORTED, validationResults=dict(REPORTED["validationResults"], status="ERROR"))),
    answer(204, "nothing", ""),
    answer(226, "success under a strange number", REPORTED),
    answer(299, "rubbish", "\x00\x01"),
    answer(302, "elsewhere", "", Location="https://example.invalid/e-invoicing/core/invoices/reporting/single"),
    answer(307, "elsewhere", "", Location="/e-invoicing/simulation/invoices/reporting/single"),
    answer(308, "elsewhere", "", Location="https://example.invalid/"),
    answer(400, "no findings", {"message": "no"}),
    answer(400, "a page", "<html>bad</html>", "text/html"),
    answer(402, "pay first", {"message": "no"}),
    answer(408, "too slow", {"message": "no"}),
    answer(409, "another conflict", {"message": "conflict"}),
    answer(410, "gone", ""),
    answer(421, "misdirected", ""),
    answer(422, "no findings", {"errors": []}),
    answer(425, "too early", ""),
    answer(428, "a precondition", {"requestID": 1}),
    answer(451, "by law", "<html>no</html>", "text/html"),
    answer(500, "GENERAL", {"category": "BUSINESS_RULES", "code": "GENERAL", "message": "x"}),
    answer(500, "nothing", ""),
    answer(501, "not implemented", ""),
    answer(505, "another HTTP", ""),
    answer(520, "a proxy's own", "<html>cloud</html>", "text/html"),
    answer(599, "an unknown one", "x" * 100000, "text/plain"),
]


def revoked_for_a_while(shop, case):
    """The certificate is withdrawn, and the authority takes that back."""
    sell_through(shop, case)
    wait_for("the revocation", 20, lambda: True if shop.hits().get("revoke") else None)
    alive = [c["id"] for c in shop.gateway.ask("/csids")["csids"] if c["kind"] == "pcsid"]
    shop.gateway.ask("/revoke", {"csid": alive[-1], "undo": True})


def revoked_for_good(shop, case):
    """The certificate is withdrawn: the till gets another one, and what the former stamped
    goes under the new credentials."""
    sell_through(shop, case)
    wait_for("the revocation", 20, lambda: True if shop.hits().get("revoke") else None)
    wait_for("the pause", 20, lambda: True if shop.waiting() and shop.paused() else None)
    shop.onboard("--replace", "T01")
    shop.sell(4)


def lied_to(shop, case):
    """409 for the last documents of all, which the authority never saw. Before them all is well."""
    shop.sell(SALES)
    shop.drain(LIMIT)
    shop.gateway.ask("/faults", {"rules": list(case.rules)})
    shop.standard = False  # a 409 is no answer to clearance
    shop.sell(case.lies)


def sell_through(shop, case):
    shop.gateway.ask("/faults", {"rules": list(case.rules)})
    shop.sell(SALES)


def held_and_released(shop, case):
    """One document is refused while the others are fine, until it is held for a person, who lets it go again."""
    shop.gateway.ask("/faults", {"rules": [dict(rule, match={"icv": len(shop.sold) + 3}) for rule in case.rules]})
    shop.sell(SALES)
    for _ in range(20):
        if shop.states().get("Held"):
            break
        time.sleep(1.5)
        shop.sell(1)
        shop.till.ask("POST", "/v1/sync", wanted=(202,))
    held = shop.till.ask("GET", "/v1/status")["queue"]["held"]
    require(len(held) == 1, "held: %s" % held)
    shop.gateway.ask("/faults", {"rules": []})
    shop.till.run("release", held[0])


# What leaves a mark, and why; all others leave none.
MARKED = [
    # The authority's word that it has the document is taken (fatoora-api.md section 4, 409), so the till
    # says "Reported" of what the authority never got. Nothing in the answer tells the lie from the truth.
    # The two are the last of all, so that nothing else in the audit is excused: not even a gap.
    Case("forged-409", rule("forged-409", 2, match={"endpoint": "reporting"}), play=lied_to, lies=2, last=True),
    # The authority's word counts: what it says to have taken with warnings is kept as that.
    Case("with-warnings-status", rule("with-warnings-status"), warned=True),
    # A 303 while clearance is on: reporting rejects the document, so it goes to clearance after all.
    Case("303, though clearance is on", rule("303", match={"endpoint": "clearance", "attempt": 1}), rejected="warn"),
    # Each document that the withdrawn certificate stamped is shown under that one first (fatoora-api.md
    # section 6), which draws a 401 each before it is accepted under the new one: the audit warns of it.
    Case("revoke, then a new certificate", rule("revoke", 1), play=revoked_for_good, manners="warn", last=True, seconds=12),
]

SPOILT = ["accept-then-drop", "accept-then-reset", "accept-then-504", "accept-then-rubbish", "accept-then-html", "truncate",
          "truncate-valid", "empty-202", "no-status", "shape2", "errors-as-strings", "info-object",
          "unknown-fields", "null-fields"]
REFUSED = ["reset", "drop", "html-500", "html-502", "html-503", "html-504", "json-500", "413", "rubbish-200", "empty-200", "html-200"]
CASES = [plain(action) for action in SPOILT + REFUSED]
CASES += [plain(action, person=PRESSES, times=3, seconds=20) for action in ("403", "404", "405", "406", "415")]
CASES += [plain("401", "401, " + form, times=3, person=PRESSES, seconds=20, form=form) for form in ("json", "empty", "text", "html")]
CASES += [
    plain("accept-then-stall", times=2, seconds=40),
    plain("stall", times=2, seconds=40),
    plain("slow", bytes_per_second=2000),
    plain("slow", "slow, a few bytes at a time", times=2, bytes_per_second=40, seconds=40),
    plain("429", "429, 2 seconds", retry_after=2),
    plain("429", "429, 0 seconds", retry_after=0),
    plain("429", "429, a date", times=3, retry_after="date"),
    plain("429", "429, no word", times=1, seconds=40),
    Case("429, rubbish", rule("status", 1, status=429, body="x", headers={"Retry-After": "soon"}), seconds=40),
    plain("303", "303, for a document that is no matter of clearance", match={"endpoint": "reporting"}),
    plain("delay", match={"every": 1}),
    plain("date-skew", "date-skew, an hour behind"),
    again("dup-old-wording"), again("dup-earlier-shape"),
    Case("duplicates in the old wording", rule("accept-then-reset"), settings={"duplicate_form": "old-wording"}),
    Case("duplicates in the earlier shape", rule("accept-then-504"), settings={"duplicate_form": "earlier-shape"}),
    below("tls-stall"), below("connect-stall"), below("connect-reset"),
    Case("413, for one document alone", rule("413", None), play=held_and_released, seconds=15),
    Case("400 without findings, for one document alone", rule("status", None, status=400, body={"message": "no"}),
         play=held_and_released, seconds=15),
    Case("GENERAL, for one document alone", rule("status", None, status=400, body=GENERAL), play=held_and_released, seconds=10),
    Case("revoke, taken back", rule("revoke", 1), play=revoked_for_a_while, person=PRESSES, seconds=15),
]


CASES += ODD + MARKED


class Stage:
    """Runs cases one after the other on the same shop; a fresh one where the last case spoilt it."""

    def __init__(self, args, cases, lock):
        self.args, self.cases, self.shop, self.folder, self.lock = args, cases, None, None, lock
        self.failed = self.documents = 0

    def run(self):
        try:
            while True:
                try:
                    case = self.cases.get_nowait()
                except queue.Empty:
                    return self
                self.one(case)
        finally:
            self.clear()

    def clear(self):
        if self.shop:
            self.shop.close()
        if self.folder:
            self.folder.cleanup()
        self.shop = self.folder = None

    def one(self, case):
        began = time.monotonic()
        try:
            if self.shop is None:
                self.folder = tempfile.TemporaryDirectory(prefix="tilld-")
                self.shop = Shop(self.args, self.folder.name)
            before = len(self.shop.sold)
            words = self.play(case)
            self.documents += len(self.shop.sold) - before
            line = "ok      %s: %s, %.0f s" % (case.name, words, time.monotonic() - began)
            if case.last:
                self.clear()
        except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            self.failed += 1
            line = "FAILED  %s: %s\n%s" % (case.name, told(error), log_of(self.folder.name))
            self.clear()
        with self.lock:
            print(line, flush=True)

    def play(self, case):
        shop = self.shop
        usual = {name: shop.gateway.ask("/settings")[name] for name in case.settings}
        shop.gateway.ask("/settings", case.settings)
        action, hits, sold = case.rules[-1]["action"], shop.hits(), len(shop.sold)
        try:
            (case.play or sell_through)(shop, case)
            struck = lambda: shop.hits().get(action, 0) > hits.get(action, 0)  # noqa: E731
            shop.drain(LIMIT, case.person, struck)
        finally:
            shop.gateway.ask("/faults", {"rules": []})
            shop.gateway.ask("/settings", usual)
        lies = {sale["hash"] for sale in shop.sold[len(shop.sold) - case.lies:]} if case.lies else ()
        shop.everything_agrees(lies, case.warned, **case.audit)
        times = shop.hits()[action] - hits.get(action, 0)
        return "%d times, %d documents" % (times, len(shop.sold) - sold)


def main():
    options = options_of(__doc__)
    options.add_argument("--only", default="", help="a part of the names of the cases to run")
    options.add_argument("--short", action="store_true", help="without those that are known to take long")
    args = parsed(options)
    chosen = [case for case in CASES if args.only in case.name and not (args.short and case.seconds > 30)]
    cases, began, lock = queue.Queue(), time.monotonic(), threading.Lock()
    for case in sorted(chosen, key=lambda case: -case.seconds):
        cases.put(case)
    with concurrent.futures.ThreadPoolExecutor(args.workers) as workers:
        stages = list(workers.map(Stage.run, [Stage(args, cases, lock) for _ in range(args.workers)]))
    failed = sum(stage.failed for stage in stages)
    print("%d faults, %d failed, %d documents, %.0f s"
          % (len(chosen), failed, sum(stage.documents for stage in stages), time.monotonic() - began))
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
