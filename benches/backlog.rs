//! Fifty thousand documents that wait: what status, the queue's list and the next
//! document cost beside none, the memory they take (P11), and what a drain costs
//! the sales meanwhile (P13) and how fast it goes (P12).

mod common;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::till::Till;
use common::{Task, Times, argument, interleave, micros, ratio, remark, sales, verdict};
use tilld::fatoora::{
    Acceptance, Accepted, Answer, Authority, Credentials, Headers, Pending, Submission, Verdict,
};
use tilld::invoice::{Kind, Terms, price};
use tilld::ledger::{Clock, Ledger, Order, ReportState, Store, TestClock};
use tilld::report::{self, Access, Parts, Status, Wakes};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The line's round trip in the drain.
const TRIP: Duration = Duration::from_millis(100);
/// Sales while nothing and while much is sent.
const SALES: usize = 300;

fn many() -> usize {
    let given = argument("--documents").and_then(|count| count.parse().ok());
    given.unwrap_or_else(|| common::rounds(50_000))
}

fn main() -> Outcome<()> {
    let till = Till::new()?;
    let empty = Till::new()?;
    let (mut few, mut full) = (empty.open()?, till.open()?);
    sell(&mut few, 0)?;
    let before = resident();
    for number in 0..many() {
        sell(&mut full, number as u64)?;
        full.tidy();
    }
    full.close()?;
    let mut full = till.open()?;
    memory(before, resident(), &mut full);
    looks(&mut few, &mut full)?;
    drain(full, till.clock.clone())
}

fn order(number: u64) -> Order {
    Order {
        kind: Kind::SIMPLIFIED_INVOICE,
        // One line: the queue is measured here and not the sale.
        priced: price(&sales::draft(number, 1)).expect("tenders that pay"),
        terms: Terms::default(),
        reference: None,
        idempotency: None,
        print: false,
        returns: None,
        corrects: None,
    }
}

fn sell(store: &mut Store, number: u64) -> Outcome<()> {
    store.append(order(number))?;
    Ok(())
}

/// Resident bytes of this process, if the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}

fn memory(before: Option<u64>, after: Option<u64>, store: &mut Store) {
    let waiting = store.queue_summary().open();
    match before.zip(after) {
        Some((before, after)) => {
            let grown = after.saturating_sub(before) as f64 / 1_048_576.0;
            let what = format!("memory of {waiting} waiting documents");
            verdict("P9", &what, "-", &format!("{grown:.1} MiB"), grown, 12.0, "MiB");
        }
        None => remark("P9", "memory of the waiting documents", "-", "the system does not tell", "-"),
    }
}

/// Each look at a long queue beside the same look at one document.
fn looks(few: &mut Store, full: &mut Store) -> Outcome<()> {
    let (few, full) = (std::cell::RefCell::new(few), std::cell::RefCell::new(full));
    let rounds = common::rounds(2_000);
    let compare = |what: &str, look: &dyn Fn(&mut Store)| {
        let mut short = Task::new(|| look(&mut few.borrow_mut()));
        let mut long = Task::new(|| look(&mut full.borrow_mut()));
        interleave(rounds, &mut [&mut short, &mut long]);
        ratio("P11", what, long.least(), ("with one waiting", short.least()), 2.0);
        verdict(
            "P11",
            &format!("{what}, by itself"),
            "a millisecond",
            &micros(long.least()),
            long.least().as_secs_f64() * 1e3,
            1.0,
            "",
        );
    };
    compare("status of a long queue", &|store| {
        std::hint::black_box(store.queue_summary());
    });
    compare("the next due document", &|store| {
        std::hint::black_box(store.due(i64::MAX, 1).expect("readable"));
    });
    let last = {
        let full = full.borrow();
        let newest = full.newest(1)?;
        newest.first().map(|stored| stored.id)
    };
    compare("one line of the queue's list", &|store| {
        std::hint::black_box(store.open_documents(None, None, 1).expect("readable"));
    });
    let mut page = Task::new(|| full.borrow_mut().open_documents(None, None, 100).expect("readable"));
    let mut end = Task::new(|| full.borrow_mut().open_documents(None, last, 100).expect("readable"));
    let mut held =
        Task::new(|| full.borrow_mut().open_documents(Some(ReportState::Held), None, 100).expect("readable"));
    interleave(common::rounds(200), &mut [&mut page, &mut end, &mut held]);
    for (what, task) in [
        ("a page of 100", &page),
        ("the page behind the last", &end),
        ("held ones, of which there are none", &held),
    ] {
        let millis = task.least().as_secs_f64() * 1e3;
        let what = format!("{what} of the long queue");
        verdict("P11", &what, "5 ms", &micros(task.least()), millis, 5.0, "");
    }
    Ok(())
}

/// Takes everything, one round trip later.
struct Willing(Arc<AtomicU64>);

impl Willing {
    fn take(&self) -> Pending<'_> {
        Box::pin(async {
            tokio::time::sleep(TRIP).await;
            self.0.fetch_add(1, Ordering::Relaxed);
            let acceptance = Acceptance {
                accepted: Accepted::Reported,
                repeated: false,
                with_warnings: false,
                messages: Vec::new(),
                cleared: None,
            };
            Answer {
                verdict: Verdict::Accepted(acceptance),
                http: Some(200),
                headers: Headers::default(),
                body: br#"{"reportingStatus":"REPORTED"}"#.to_vec(),
                duration_ms: 100,
                error: None,
            }
        })
    }
}

impl Authority for Willing {
    fn report<'a>(&'a self, _: &'a Credentials, _: &'a Submission) -> Pending<'a> {
        self.take()
    }

    fn clear<'a>(&'a self, _: &'a Credentials, _: &'a Submission) -> Pending<'a> {
        self.take()
    }
}

/// Sales through the ledger's thread, quietly and beside a drain with four in flight.
fn drain(store: Store, clock: Arc<TestClock>) -> Outcome<()> {
    let (ledger, thread) = Ledger::start(store)?;
    let quiet = through(&ledger)?;
    let taken = Arc::new(AtomicU64::new(0));
    let (stop, cancel) = tokio::sync::watch::channel(false);
    let driver = {
        let (ledger, taken, clock) = (ledger.clone(), Arc::clone(&taken), clock as Arc<dyn Clock>);
        std::thread::spawn(move || send(ledger, taken, clock, cancel))
    };
    // The first answers are on their way.
    std::thread::sleep(TRIP * 3);
    let (began, at_first) = (Instant::now(), taken.load(Ordering::Relaxed));
    let busy = through(&ledger)?;
    while began.elapsed() < TRIP * 50 {
        std::thread::sleep(TRIP);
    }
    let sent = (taken.load(Ordering::Relaxed) - at_first) as f64;
    let limit = 4.0 * began.elapsed().as_secs_f64() / TRIP.as_secs_f64();
    let resident = resident().map_or_else(|| "-".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    stop.send(true)?;
    driver.join().map_err(|_| "the driver ended by a fault")?;
    ledger.stop_blocking();
    thread.join().map_err(|_| "the ledger ended by a fault")??;
    for percent in [50, 99] {
        let what = format!("a sale beside the drain, p{percent}");
        ratio("P13", &what, busy.percentile(percent), ("without", quiet.percentile(percent)), 2.0);
    }
    let measured = format!("{sent:.0} in {:.1} s", began.elapsed().as_secs_f64());
    let share = limit / sent.max(1.0);
    verdict("P12", "4 in flight at 100 ms: 4/RTT over what went", "4/RTT", &measured, share, 1.0 / 0.9, "x");
    remark("P9", "resident while draining (bench and all)", "-", &resident, "-");
    Ok(())
}

fn through(ledger: &Ledger) -> Outcome<Times> {
    let mut times = Times::default();
    for number in 0..common::rounds(SALES * 10).min(SALES) {
        let order = order(number as u64);
        let began = Instant::now();
        ledger.run_blocking(move |store| store.append(order).map(|_| ()))??;
        times.push(began.elapsed());
        // A queue of customers, not a loop.
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(times)
}

fn send(
    ledger: Ledger,
    taken: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
    cancel: tokio::sync::watch::Receiver<bool>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let known = Arc::new(Credentials::new("token", "secret"));
    let parts = Parts {
        queue: ledger,
        authority: Arc::new(Willing(taken)),
        credentials: Arc::new(move |_| Access::Current(Arc::clone(&known))),
        clock,
        wakes: Arc::new(Wakes::new()),
        cancel,
        status: tokio::sync::watch::channel(Status::default()).0,
        tell: Arc::new(|_| {}),
        settings: report::Settings { in_flight: 4, ..report::Settings::default() },
        jitter: Box::new(|| 0),
    };
    runtime.block_on(report::run(parts));
}
