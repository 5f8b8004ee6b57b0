"""Scripts of many troubles, as no single fault shows them: limits, storms, slow lines,
refused credentials, moved clocks, a gateway that is killed and comes back. A shop of
its own for each; in the end book and ledger are one."""
import concurrent.futures
import signal
import subprocess
import sys
import tempfile
import threading
import time

from shop import SYNC_EVERY, Failed, Shop, log_of, options_of, parsed, told

LIMIT = 200  # seconds until all is sent
DAY = 86_400


def fault(action, endpoint=("reporting", "clearance"), times=None, more=None, **match):
    return dict({"action": action, "times": times, "match": dict({"endpoint": list(endpoint)}, **match)}, **(more or {}))


def faulty(shop, *rules):
    shop.gateway.ask("/faults", {"rules": list(rules)})


def settings(shop, **values):
    shop.gateway.ask("/settings", values)


def limited(shop):
    """20 a second, with Retry-After: kept without quarrel."""
    settings(shop, rate_limit=20)
    shop.sell(200)
    shop.drain(LIMIT)
    return shop.everything_agrees()


def limited_silently(shop):
    """The same without Retry-After: half a minute after each refusal."""
    settings(shop, rate_limit=20, rate_retry_after=0)
    shop.sell(80)
    shop.drain(LIMIT)
    return shop.everything_agrees()


def short_memory(shop):
    """An authority that knows a hash for ten seconds only: what was lost must come again soon."""
    settings(shop, duplicate_window=10)
    faulty(shop, fault("accept-then-drop", times=8, every=3), fault("accept-then-rubbish", times=4, every=5),
           fault("accept-then-504", times=8, every=4))
    shop.sell(60)
    shop.drain(LIMIT)
    return shop.everything_agrees()


def small_bodies(shop):
    """A proxy that lets only small requests through, until somebody mends it."""
    shop.sell(10)
    shop.drain(LIMIT)
    sizes = sorted(row["size"] for row in shop.gateway.ask("/book")["rows"] if row["endpoint"] == "reporting")
    settings(shop, max_body=sizes[len(sizes) // 2])
    shop.sell(30)
    time.sleep(8)
    settings(shop, max_body=10 << 20)
    shop.drain(LIMIT, SYNC_EVERY)
    return shop.everything_agrees()


def storms(shop):
    """Waves of trouble while it sells."""
    faulty(shop, fault("html-503", window=[0.5, 2.5]), fault("accept-then-reset", window=[3.0, 4.0]), fault("html-500", window=[4.5, 5.5]),
           fault("reset", probability=0.5, window=[6.0, 8.0]), fault("429", more={"retry_after": 1}, times=3, window=[8.0, 9.0]))
    for _ in range(40):
        shop.sell(3)
        time.sleep(0.25)
    shop.drain(LIMIT)
    return shop.everything_agrees()


def slow_and_broken(shop):
    """A bad line: each answer late, some slow, some cut."""
    faulty(shop, fault("delay", more={"seconds": 0.1}), fault("slow", more={"bytes_per_second": 1500}, every=6, times=6),
           fault("truncate", every=5), fault("accept-then-drop", every=4))
    shop.sell(60)
    shop.drain(LIMIT)
    return shop.everything_agrees()


def refused_in_between(shop):
    """Credentials that are refused now and then, in all the forms that is said in."""
    for form in ("json", "html", "empty"):
        settings(shop, unauthorized_form=form)
        faulty(shop, fault("401", times=2, after=4))
        shop.sell(20)
        shop.drain(LIMIT, SYNC_EVERY)
    return shop.everything_agrees()


def a_day_behind(shop):
    """The authority's clock is set back by a day: it rejects what seems to come from the future, and both
    sides say so. What is sold when the clock is right again is accepted."""
    shop.sell(10)
    shop.drain(LIMIT)
    shop.gateway.ask("/time", {"offset": -DAY})
    faulty(shop, fault("accept-then-drop", times=2))
    shop.sell(6)
    shop.drain(LIMIT)
    shop.gateway.ask("/time", {"offset": 0})
    shop.unreturned.clear()  # what was rejected cannot be credited
    shop.sell(10)
    shop.drain(LIMIT)
    return shop.everything_agrees(rejected="warn")


def ahead(shop):
    """The authority's clock is 30 hours ahead: all seems late, is accepted with a warning, and both say so."""
    faulty(shop, fault("stall", times=2, more={"seconds": 5}))
    shop.sell(20)
    shop.gateway.ask("/time", {"offset": 30 * 3600})
    shop.drain(LIMIT)
    shop.gateway.ask("/time", {"offset": 0})
    return shop.everything_agrees()


def restarts(shop):
    """The gateway is killed with requests on their way, and comes back with what it had."""
    for _ in range(3):
        faulty(shop, fault("delay", more={"seconds": 0.3}))
        shop.sell(20)
        time.sleep(0.7)
        shop.gateway.end(signal.SIGKILL)
        shop.sell(5)
        time.sleep(2)
        shop.gateway.start()
    # Without a connection the till asks every half minute; a person asks sooner.
    shop.drain(LIMIT, SYNC_EVERY)
    return shop.everything_agrees()


def hangs(shop):
    """The gateway stops in the middle of everything for longer than a request waits."""
    shop.sell(40)
    shop.gateway.process.send_signal(signal.SIGSTOP)
    shop.sell(20)
    time.sleep(35)
    shop.gateway.process.send_signal(signal.SIGCONT)
    shop.sell(20)
    shop.drain(LIMIT, SYNC_EVERY)
    # A request that waited in the stopped gateway is evaluated when nobody waits for it any more.
    return shop.everything_agrees()


def first_answer_lost(shop):
    """No document gets its first answer, ever."""
    faulty(shop, fault("accept-then-504", attempt=1))
    shop.sell(60)
    shop.drain(LIMIT)
    return shop.everything_agrees()


def half_of_it(shop):
    """Half of all calls end in nothing, and the till is killed twice."""
    faulty(shop, fault("reset", probability=0.25), fault("accept-then-reset", probability=0.35))
    shop.sell(50)
    shop.kill()
    shop.sell(50)
    shop.kill()
    shop.drain(LIMIT, SYNC_EVERY)
    return shop.everything_agrees(resend="warn", manners="warn")


def another_dialect(shop):
    """A release of the platform that says everything another way."""
    settings(shop, duplicate_form="earlier-shape", stamp_severity="warning", date_skew=40)
    faulty(shop, fault("unknown-fields", every=3), fault("shape2", every=4), fault("info-object", every=6), fault("accept-then-drop", every=5),
           fault("with-warnings-status", every=7))
    shop.sell(60)
    shop.drain(LIMIT)
    return shop.everything_agrees(warned=True)


def clearance_comes_and_goes(shop):
    """Clearance is switched off and on again while standard documents are sold: those in between are
    reported instead. The gateway then rejects what comes to reporting just as clearance is on again."""
    for enabled in (False, True, False, True):
        settings(shop, clearance_enabled=enabled)
        shop.sell(25)
    shop.drain(LIMIT)
    return shop.everything_agrees(rejected="warn")


def connections(shop):
    """Trouble before the first byte: connections that stall or break, again and again."""
    faulty(shop, fault("drop", every=4), {"action": "tls-stall", "seconds": 2, "times": 3, "match": {"every": 2}},
           {"action": "connect-reset", "times": 3, "match": {"every": 3}})
    shop.sell(60)
    shop.drain(LIMIT, SYNC_EVERY)
    return shop.everything_agrees()


def everything(shop):
    """All at once: random trouble for a third of the calls, a limit, storms, kills."""
    settings(shop, rate_limit=40, duplicate_form="old-wording")
    faulty(shop, {"action": "tls-stall", "seconds": 3, "times": 2, "match": {"every": 3}}, fault("html-503", window=[2, 4]),
           fault("chaos", more={"p": 0.33}))
    shop.sell(40)
    shop.kill()
    shop.sell(40)
    shop.drain(LIMIT, SYNC_EVERY)
    return shop.everything_agrees(resend="warn", manners="warn")


SCRIPTS = [limited_silently, hangs, everything, half_of_it, restarts, limited, refused_in_between, connections, small_bodies, storms,
           slow_and_broken, first_answer_lost, short_memory, a_day_behind, ahead, another_dialect,
           clearance_comes_and_goes]


def one(args, script, lock):
    name, began = script.__name__.replace("_", " "), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tilld-") as folder:
        shop, sold = None, 0
        try:
            shop = Shop(args, folder)
            totals = script(shop)["totals"]
            sold = len(shop.sold)
            line = "ok      %s: %d documents, %d submissions, %.0f s" % (name, sold, totals["submissions"], time.monotonic() - began)
        except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            line = "FAILED  %s: %s\n%s" % (name, told(error), log_of(folder))
        finally:
            if shop:
                shop.close()
    with lock:
        print(line, flush=True)
    return line.startswith("ok"), sold


def main():
    options = options_of(__doc__)
    options.add_argument("--only", default="", help="a part of the names of the scripts to run")
    args = parsed(options)
    chosen = [script for script in SCRIPTS if args.only.replace(" ", "_") in script.__name__]
    lock, began = threading.Lock(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(args.workers) as workers:
        done = list(workers.map(lambda script: one(args, script, lock), chosen))
    failed = sum(not good for good, _ in done)
    print("%d scripts, %d failed, %d documents, %.0f s" % (len(done), failed, sum(sold for _, sold in done), time.monotonic() - began))
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
