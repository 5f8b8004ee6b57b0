//! Three days without a line at 700 documents a day, then a line of 256 kbit/s
//! with 300 ms there and back, in virtual time with the real driver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tilld::chain::InvoiceHash;
use tilld::fatoora::{
    Answer, Authority, Credentials, DocumentCall, Headers, Pending, Submission, Verdict, verdict,
};
use tilld::ledger::{Clock as _, ReportState};
use tilld::report::alarms::{AlarmId, Alarms, Change, Seen, Steps, Unsent};
use tilld::report::{
    self, Access, Begun, HoldReason, Parts, Queue, QueueError, Record, Settings, Status, Waiting, Wake, Wakes,
};
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use crate::clock::{NOON, WorldClock};

const HOUR: u64 = 3_600_000;
const DAY: i64 = 86_400;
const PER_DAY: u64 = 700;
/// Without a line for so long; the shop goes on selling for a day after.
const OFFLINE: u64 = 72 * HOUR;
/// Bytes of a stored document, and of the request around its base64.
const DOCUMENT: usize = 16_000;
const AROUND: u64 = 1_200;
/// What the line takes in a second, each way, and its way there and back.
const BYTES_PER_SECOND: u64 = 256_000 / 8;
const ROUND_TRIP: u64 = 300;
const ACCEPTED: &[u8] = br#"{"validationResults":{"status":"PASS"},"reportingStatus":"REPORTED"}"#;

#[derive(Clone)]
struct Row {
    state: ReportState,
    attempts: u32,
    issued: i64,
    accepted: Option<i64>,
}

/// A queue in memory that holds to the ledger's transitions.
#[derive(Clone)]
struct Memory {
    rows: Arc<Mutex<BTreeMap<u64, Row>>>,
    /// Those without their end.
    open: Arc<Mutex<BTreeSet<u64>>>,
    clock: Arc<WorldClock>,
    /// Documents in the order in which they left once there was a line.
    order: Arc<Mutex<Vec<u64>>>,
    /// Alarms, and when they began and ended, in true time.
    alarms: Arc<Mutex<Vec<(AlarmId, bool, i64)>>>,
}

impl Memory {
    fn step(&self, id: u64, to: ReportState) -> Result<(), QueueError> {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&id).expect("known");
        row.state = row.state.step(to).map_err(|error| QueueError::Refused(error.to_string()))?;
        row.attempts += u32::from(to == ReportState::InFlight);
        if to == ReportState::Reported {
            row.accepted = Some(self.clock.truth());
            self.open.lock().unwrap().remove(&id);
        }
        Ok(())
    }
}

impl Queue for Memory {
    type Id = u64;

    async fn queued(&self, limit: usize) -> Result<Vec<Waiting<u64>>, QueueError> {
        let rows = self.rows.lock().unwrap();
        let queued = rows.iter().filter(|(_, row)| row.state == ReportState::Queued);
        let waiting = |(id, row): (&u64, &Row)| Waiting {
            id: *id,
            attempts: row.attempts,
            issued: row.issued,
            standard: false,
        };
        Ok(queued.take(limit).map(waiting).collect())
    }

    async fn begin(&self, id: u64, _: i64) -> Result<Begun, QueueError> {
        self.step(id, ReportState::InFlight)?;
        if self.clock.ms() >= OFFLINE {
            self.order.lock().unwrap().push(id);
        }
        let uuid = Uuid::from_u128(u128::from(id));
        let submission = Submission { uuid, hash: InvoiceHash::new([0; 32]), xml: vec![b'x'; DOCUMENT] };
        Ok(Begun::Document { call: DocumentCall::Reporting, submission })
    }

    async fn finish(&self, id: u64, ended: Record) -> Result<(), QueueError> {
        self.step(id, ended.outcome.state)
    }

    async fn hold(&self, id: u64, _: HoldReason) -> Result<(), QueueError> {
        self.step(id, ReportState::Held)
    }
}

/// A thin line that all requests share.
struct Line {
    clock: Arc<WorldClock>,
    /// When the line has carried what was given to it, in milliseconds.
    busy: Mutex<u64>,
}

impl Line {
    async fn send(&self, sent: &Submission) -> Answer {
        let began = self.clock.ms();
        if began < OFFLINE {
            sleep(Duration::from_millis(20)).await;
            return answer(Verdict::Offline, None, 20);
        }
        let bytes = (sent.xml.len() as u64).div_ceil(3) * 4 + AROUND;
        let carried = {
            let mut busy = self.busy.lock().unwrap();
            *busy = (*busy).max(began) + bytes * 1_000 / BYTES_PER_SECOND;
            *busy
        };
        self.clock.reach(carried + ROUND_TRIP).await;
        let headers = Headers::default();
        answer(verdict(DocumentCall::Reporting, 200, &headers, ACCEPTED), Some(200), self.clock.ms() - began)
    }
}

fn answer(verdict: Verdict, http: Option<u16>, duration_ms: u64) -> Answer {
    Answer { verdict, http, headers: Headers::default(), body: Vec::new(), duration_ms, error: None }
}

impl Authority for Line {
    fn report<'a>(&'a self, _: &'a Credentials, sent: &'a Submission) -> Pending<'a> {
        Box::pin(self.send(sent))
    }

    fn clear<'a>(&'a self, _: &'a Credentials, sent: &'a Submission) -> Pending<'a> {
        Box::pin(self.send(sent))
    }
}

/// Sells 700 documents a day for four days.
async fn sell(queue: Memory, wakes: Arc<Wakes>) {
    for number in 0..PER_DAY * 4 {
        queue.clock.reach(number * 24 * HOUR / PER_DAY).await;
        let row = Row { state: ReportState::Queued, attempts: 0, issued: queue.clock.now(), accepted: None };
        queue.rows.lock().unwrap().insert(number + 1, row);
        queue.open.lock().unwrap().insert(number + 1);
        wakes.ring(Wake::Sale);
    }
}

#[test]
fn three_days_without_a_line_drain_in_order_of_age() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
    let ((rows, order, waiting, drained), alarms) = runtime.block_on(three_days());
    the_alarms(&alarms, &rows);
    let returned = NOON + i64::try_from(OFFLINE / 1_000).unwrap();
    let took = drained - returned;
    println!("{waiting} documents waited and were accepted within {} min {} s", took / 60, took % 60);

    assert_eq!((waiting, rows.len() as u64), (3 * PER_DAY, 4 * PER_DAY));
    assert!(rows.values().all(|row| row.state == ReportState::Reported));
    assert!(order.is_sorted(), "the oldest goes first");
    assert_eq!(order.len(), rows.len(), "each left once when there was a line");
    // The line alone needs 0.7 s for each.
    let alone =
        i64::try_from(waiting * ((DOCUMENT as u64).div_ceil(3) * 4 + AROUND) / BYTES_PER_SECOND).unwrap();
    assert!(took < alone * 105 / 100 + 30, "{took} s, of which the line needs {alone}");
    // What was less than a day old when the line was free of older documents is in time.
    let late: Vec<u64> =
        rows.iter().filter(|(_, row)| row.accepted.unwrap() - row.issued > DAY).map(|(id, _)| *id).collect();
    let old = rows.values().filter(|row| row.issued < returned - DAY).count();
    println!("{} were late, {old} of them already when the line came back", late.len());
    assert!(late.is_sorted() && *late.last().unwrap() == late.len() as u64, "the oldest and no other");
    assert!(late.len() - old < 20, "{} more became late while the older ones went", late.len() - old);
    // From then on a document goes within seconds of its issue.
    let fresh = rows.values().filter(|row| row.issued > drained);
    assert!(fresh.clone().count() > 600 && fresh.clone().all(|row| row.accepted.unwrap() - row.issued <= 3));
}

/// What the watchman does each second, with what the ledger would tell him.
async fn watch_ages(queue: Memory) {
    let mut alarms = Alarms::new(Steps::default());
    for second in 0.. {
        queue.clock.reach(second * 1_000).await;
        let (oldest, count) = {
            let open = queue.open.lock().unwrap();
            (open.first().map(|id| queue.rows.lock().unwrap()[id].issued), open.len() as u64)
        };
        let unsent = Unsent { oldest, count };
        let seen = Seen { now: queue.clock.now(), unsent: Some(unsent), ..Seen::default() };
        for change in alarms.step(&seen) {
            let raised = matches!(change, Change::Raised(_));
            queue.alarms.lock().unwrap().push((change.alarm().id, raised, seen.now));
        }
    }
}

/// The first document of the three days is the oldest all along.
fn the_alarms(seen: &[(AlarmId, bool, i64)], rows: &BTreeMap<u64, Row>) {
    let hours = [12, 20, 23, 24];
    let raised: Vec<_> = seen.iter().filter(|(_, raised, _)| *raised).map(|(id, _, at)| (*id, *at)).collect();
    let due = hours.map(|hours| (AlarmId::Unsent(hours), NOON + i64::from(hours) * 3_600));
    assert_eq!(raised, due, "each once, to the second");
    for (id, _, at) in seen.iter().filter(|(_, raised, _)| !raised) {
        let AlarmId::Unsent(hours) = *id else { panic!("{id}") };
        let waits = |row: &&Row| row.accepted.unwrap() > *at && at - row.issued >= i64::from(hours) * 3_600;
        assert_eq!(rows.values().filter(waits).count(), 0, "{id} ends too early");
        println!(
            "{id} ends {} s after the line came back",
            at - NOON - i64::try_from(OFFLINE / 1_000).unwrap()
        );
    }
    assert_eq!(seen.len(), 2 * hours.len(), "each ends once");
}

type Drained = (BTreeMap<u64, Row>, Vec<u64>, u64, i64);
type Told = Vec<(AlarmId, bool, i64)>;

async fn three_days() -> (Drained, Told) {
    let clock = Arc::new(WorldClock::new(NOON));
    let (wakes, (cancel, cancelled)) = (Arc::new(Wakes::new()), watch::channel(false));
    let (rows, order) = (Arc::default(), Arc::default());
    let queue = Memory { rows, clock: clock.clone(), order, alarms: Arc::default(), open: Arc::default() };
    let known = Arc::new(Credentials::new("token", "secret"));
    let parts = Parts {
        queue: queue.clone(),
        authority: Arc::new(Line { clock: clock.clone(), busy: Mutex::new(0) }),
        credentials: Arc::new(move |_| Access::Current(known.clone())),
        clock: clock.clone(),
        wakes: wakes.clone(),
        cancel: cancelled,
        status: watch::channel(Status::default()).0,
        settings: Settings::default(),
        jitter: Box::new(|| 20),
        tell: Arc::new(|_| ()),
    };
    let driver = tokio::spawn(report::run(parts));
    let watchman = tokio::spawn(watch_ages(queue.clone()));
    let counter = tokio::spawn(sell(queue.clone(), wakes.clone()));
    clock.reach(OFFLINE - 1).await;
    let waiting = queue.rows.lock().unwrap().len() as u64;
    clock.reach(OFFLINE).await;
    wakes.ring(Wake::Network);
    while !queue.open.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(500)).await;
    }
    let drained = clock.truth();
    counter.await.expect("sold");
    sleep_until(tokio::time::Instant::now() + Duration::from_secs(30)).await;
    watchman.abort();
    cancel.send(true).expect("running");
    driver.await.expect("ended");
    let (rows, order) = (queue.rows.lock().unwrap().clone(), queue.order.lock().unwrap().clone());
    let alarms = queue.alarms.lock().unwrap().clone();
    ((rows, order, waiting, drained), alarms)
}
