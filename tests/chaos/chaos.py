"""Random trouble on every document call, of many seeds: a till sells a mix of
documents through it, is killed at moments that the seed decides, and drains. In the
end the gateway's audit is content and its book is the till's ledger. `--seeds 1
--first SEED` repeats one seed: the same troubles and the same kills, though not the
same order of what happens at once."""
import concurrent.futures
import random
import subprocess
import sys
import tempfile
import threading
import time

from shop import SYNC_EVERY, Failed, Shop, log_of, options_of, parsed, told

LIMIT = 480  # seconds until all is sent: half a minute and more after each 429 without Retry-After


class Run:
    def __init__(self, args, seed, lock):
        self.args, self.seed, self.lock, self.sales = args, seed, lock, 0
        self.failed = False

    def run(self):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="tilld-") as folder:
            shop = None
            try:
                shop = Shop(self.args, folder, "--chaos", str(self.seed), "--chaos-rate", str(self.args.rate), printing="never")
                words = self.play(shop)
                self.sales = len(shop.sold)
                line = "ok      seed %d: %s, %.0f s" % (self.seed, words, time.monotonic() - began)
            except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
                self.failed = True
                line = "FAILED  seed %d: %s\n%s" % (self.seed, told(error), log_of(folder))
            finally:
                if shop:
                    shop.close()
        with self.lock:
            print(line, flush=True)
        return self

    def play(self, shop):
        dice = random.Random(self.seed)
        # Two kills while it sells, one while it only sends.
        kills = sorted(dice.randrange(1, self.args.sales) for _ in range(2))
        quiet = dice.uniform(0.0, 3.0)
        with concurrent.futures.ThreadPoolExecutor(1) as office:
            selling = office.submit(shop.sell, self.args.sales)
            for count in kills:
                while len(shop.sold) < count and not selling.done():
                    time.sleep(0.002)
                shop.kill()
            selling.result()
        time.sleep(quiet)
        shop.kill()
        # A cashier who was asked to hurry: what waits longest by rule is half a minute after a 429
        # without Retry-After, which nobody can shorten, and growing waits after answers that say nothing.
        shop.drain(LIMIT, SYNC_EVERY)
        # Killed between an answer and its commit the till rightly sends again; killed during a pause that
        # the authority asked for it does not know of it any more.
        audit = shop.everything_agrees(resend="warn", manners="warn")
        hits = sum(count for fault, count in shop.hits().items())
        return "%d sales, %d submissions, %d troubles, %d kills" % (len(shop.sold), audit["totals"]["submissions"], hits, len(kills) + 1)


def main():
    options = options_of(__doc__)
    options.add_argument("--seeds", type=int, default=50)
    options.add_argument("--first", type=int, default=1, help="the first seed")
    options.add_argument("--sales", type=int, default=300)
    options.add_argument("--rate", type=float, default=0.2, help="of the calls that meet trouble")
    args = parsed(options)
    lock, began = threading.Lock(), time.monotonic()
    runs = [Run(args, seed, lock) for seed in range(args.first, args.first + args.seeds)]
    with concurrent.futures.ThreadPoolExecutor(args.workers) as workers:
        done = list(workers.map(Run.run, runs))
    failed = [run.seed for run in done if run.failed]
    print("%d seeds, %d failed%s, %d documents, %.0f s"
          % (len(done), len(failed), "".join(" %d" % seed for seed in failed), sum(run.sales for run in done), time.monotonic() - began))
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
