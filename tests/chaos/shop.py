"""A shop on the bench: the independent gateway, a till that sells every kind of
document through several cashiers, and the comparison of the gateway's book with the
till's ledger."""
import argparse
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
import uuid
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "gateway"))
from stage import Failed, Gateway, Till, require, sale, wait_for  # noqa: E402,F401

CASHIERS = 3
PATIENCE = 60      # seconds that a cashier tries one sale while the till is away
ONBOARDINGS = 12   # times that a person runs `tilld onboard` while the line is bad
SYNC_EVERY = 5     # seconds between two presses of "sync now", as a person in a hurry would
# What the till says of a document that the book has so.
SETTLED = {"accepted": ("Reported", "Cleared"), "accepted-with-warnings": ("ReportedWithWarnings", "Cleared"),
           "rejected": ("Rejected",)}
BUYER = {"name": "شركة المثال", "vat_number": "300000000000003",
         "address": {"street": "King Fahd Road", "building": "8012", "district": "Olaya", "city": "Riyadh",
                     "postal_code": "12211", "country": "SA"}}


class Shop:
    """One gateway and one till that reports to it."""

    def __init__(self, args, folder, *gateway_options, printing="on_request", listen=None, address=None, **sections):
        """`address` is the base URL under which the till finds the gateway that listens on `listen`."""
        self.args, self.folder, self.standard = args, folder, args.standard
        self.gateway = Gateway(args.gateway, folder, "production", *gateway_options)
        self.till, self.sold, self.lock, self.number = None, [], threading.Lock(), 0
        self.dice, self.unreturned = random.Random(0), []
        try:
            self.gateway.listen = listen or self.gateway.listen
            self.gateway.start()
            place = SimpleNamespace(environment="production", base_url=address or self.gateway.base_url, ca_file=self.gateway.ca_file)
            self.till = Till(args.tilld, args.settings, folder, place)
            sections = dict({"printer": {"print": printing}}, **sections)
            sections["fatoora"] = dict({"clearance_offline": "park", "clearance_wait_seconds": 1}, **sections.get("fatoora", {}))
            with open(os.path.join(self.till.config + ".d", "shop.toml"), "w", encoding="utf-8") as out:
                for name, values in sections.items():
                    out.write("[%s]\n" % name)
                    out.writelines("%s = %s\n" % (key, json.dumps(value)) for key, value in values.items())
            self.onboard()
            self.till.open()
        except BaseException:
            self.close()
            raise

    def onboard(self, *more):
        for _ in range(ONBOARDINGS):
            otp = self.gateway.ask("/otp", {})["otp"]
            done = self.till.attempt("onboard", "--otp-file", "-", *more, input=otp + "\n")
            if done.returncode == 0:
                return
        raise Failed("not onboarded after %d runs: %s%s" % (ONBOARDINGS, done.stdout, done.stderr))

    def close(self):
        if self.till:
            self.till.put_down()
        self.gateway.end(signal.SIGKILL)

    # -- selling

    def basket(self, number):
        """What is sold as number so and so: (path, body). Decided by the number alone,
        but for which document is taken back: one that was sold before."""
        dice = random.Random(number)
        kind = dice.choices(("simplified", "standard", "credit", "debit"), (64, 20 if self.standard else 0, 12, 4))[0]
        with self.lock:
            original = self.unreturned.pop(dice.randrange(len(self.unreturned))) if kind == "credit" and self.unreturned else None
        if original:
            return "/v1/credits", {"original": {"uuid": original}, "whole": True, "reason": "goods_returned",
                                   "reference": "RET-%04d" % number}
        body = sale(number)
        if kind == "standard":
            body.update(subtype="standard", buyer=BUYER)
        if kind == "debit" and self.sold:
            body.update(document="debit_note", originals=[{"number": self.sold[0]["number"]}], reason="Price was too low")
        return "/v1/sales", body

    def sell_one(self, _=None):
        with self.lock:
            self.number += 1
            number = self.number
        path, body = self.basket(number)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                told = self.till.ask("POST", path, body, "%s-%d" % (self.folder, number), (201,))
                break
            except (OSError, http.client.HTTPException) as error:  # the till is away: the same again under the same key
                require(time.monotonic() < end, "sale %d: %s" % (number, error))
                time.sleep(0.05)
        with self.lock:
            self.sold.append(told)
            # What is not cleared yet is no invoice, and the till takes nothing of it back.
            cleared = told.get("clearance", {}).get("state", "cleared") == "cleared"
            if told["kind"]["code"] == "388" and cleared:
                self.unreturned.append(told["uuid"])
        return told

    def sell(self, count):
        with concurrent.futures.ThreadPoolExecutor(CASHIERS) as cashiers:
            list(cashiers.map(self.sell_one, range(count)))

    def kill(self):
        """kill -9, and the service manager starts it again."""
        self.till.put_down()
        self.till.log.close()
        self.till.open()

    # -- draining

    def states(self):
        return self.till.ask("GET", "/v1/status")["queue"]["states"]

    def paused(self):
        return self.till.ask("GET", "/v1/status")["queue"]["paused"]

    def waiting(self):
        states = self.states()
        return states.get("Queued", 0) + states.get("InFlight", 0)

    def drain(self, within, sync_every=None, ready=lambda: True):
        """Until nothing waits to be sent. With `sync_every` a person presses "sync now"."""
        end, pressed = time.monotonic() + within, time.monotonic()
        while self.waiting() or not ready():
            if time.monotonic() > end:
                status = self.till.ask("GET", "/v1/status")
                raise Failed("not drained after %d s: %s" % (within, json.dumps(status["queue"], ensure_ascii=False)))
            if sync_every and time.monotonic() - pressed >= sync_every:
                self.till.ask("POST", "/v1/sync", wanted=(202,))
                pressed = time.monotonic()
            time.sleep(0.1)

    # -- the law

    def ledger(self):
        """(chain, ICV, UUID, hash) of every document, read beside the till."""
        path = "file:%s?mode=ro" % os.path.join(self.folder, "data", "ledger.sqlite")
        ledger = sqlite3.connect(path, uri=True)
        try:
            rows = ledger.execute("SELECT id, uuid, hash FROM documents ORDER BY id").fetchall()
        finally:
            ledger.close()
        return [(number >> 32, number & 0xFFFFFFFF, str(uuid.UUID(bytes=name)), base64.b64encode(digest).decode())
                for number, name, digest in rows]

    def hits(self):
        return self.gateway.ask("/faults")["hits"]

    def audit(self, documents, **options):
        options = dict({"documents": documents, "expect_total": len(documents), "resend": "error", "unsettled": "error",
                        "rejected": "error", "manners": "error"}, **options)
        return self.gateway.ask("/audit", options)

    def everything_agrees(self, excused=(), warned=False, **options):
        """The audit is content, and book and ledger are one. `excused` are hashes that the authority
        never had though it said so, `warned` says that it told of warnings that it does not have."""
        audit = self.audit(self.held_as_accepted(excused), **options)
        require(audit["ok"], "the audit: %s" % json.dumps(audit["errors"], ensure_ascii=False))
        self.same_documents()
        self.same_fate(excused, warned)
        self.till.run("verify")
        return audit

    def held_as_accepted(self, excused):
        """What the till believes to be accepted: all but what was rejected, and that is said with the findings."""
        documents = []
        for told in self.sold:
            report = self.till.ask("GET", "/v1/sales/" + told["uuid"])["report"]
            require(report["state"] != "Rejected" or report["findings"], "%s was rejected without a word" % told["uuid"])
            if report["state"] != "Rejected" and told["hash"] not in excused:
                documents.append({"uuid": told["uuid"], "hash": told["hash"]})
        return documents

    def same_documents(self):
        ledger = self.ledger()
        require({(name, digest) for _, _, name, digest in ledger} == {(told["uuid"], told["hash"]) for told in self.sold},
                "%d documents in the ledger, %d were answered for" % (len(ledger), len(self.sold)))
        require(len(ledger) == len(self.sold), "a document stands twice")
        chains = {}
        for chain, icv, _, _ in ledger:
            chains.setdefault(chain, []).append(icv)
        require(all(icvs == list(range(1, len(icvs) + 1)) for icvs in chains.values()), "the ICVs have gaps")

    def same_fate(self, excused, warned):
        """Each document: accepted exactly once or rejected, the same bytes, and our state says what the book says."""
        book = {}
        for row in self.gateway.ask("/book")["rows"]:
            if row["endpoint"] in ("reporting", "clearance") and row["verdict"] in SETTLED:
                # Rejected once more where the first answer was lost, or by reporting while clearance is not off after all.
                before = book.get(row["hash"], {}).get("verdict")
                require(before in (None, "rejected"), "accepted twice: %s" % row["hash"])
                book[row["hash"]] = row
        for told in self.sold:
            name, digest = told["uuid"], told["hash"]
            state = self.till.ask("GET", "/v1/sales/" + name)["report"]["state"]
            row = book.pop(digest, None)
            if digest in excused:
                require(row is None and state in ("Reported", "ReportedWithWarnings"), "%s is %s" % (name, state))
                continue
            require(row is not None, "%s is %s here and unknown there" % (name, state))
            # An answer that was lost may have had warnings; the answer to a duplicate has none.
            lost = state == "Reported" and row["verdict"] == "accepted-with-warnings"
            require(state in SETTLED[row["verdict"]] or lost or (warned and state == "ReportedWithWarnings"),
                    "%s is %s here and %s there" % (name, state, row["verdict"]))
            require((row["uuid"], row["icv"]) == (name, str(told["icv"])), "UUID or ICV of %s differ" % name)
            xml = self.till.fetch("/v1/sales/%s.xml" % name)
            if state == "Cleared":
                theirs = self.gateway.ask("/accepted?" + "hash=" + digest.replace("+", "%2B"))["accepted"][digest]["cleared"]
                require(base64.b64decode(theirs) == xml, "the cleared bytes of %s differ" % name)
            else:
                require(hashlib.sha256(xml).hexdigest() == row["bytes"], "the bytes of %s differ" % name)
        require(not book, "the authority knows %d documents more" % len(book))


def options_of(description):
    options = argparse.ArgumentParser(description=description)
    for name in ("--gateway", "--settings", "--tilld"):
        options.add_argument(name, required=True)
    options.add_argument("--workers", type=int, default=4, help="gateways and tills at the same time")
    options.add_argument("--no-standard", dest="standard", action="store_false", help="simplified documents only")
    options.add_argument("--keep", metavar="DIR", help="leave the folders of what failed here")
    return options


def parsed(options):
    args = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return args


def told(error):
    return str(error) if isinstance(error, Failed) else traceback.format_exc()


def log_of(folder):
    path = os.path.join(folder, "log")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as lines:
        return "".join(lines.readlines()[-20:])
