use std::sync::mpsc::Sender;

use tempfile::TempDir;
use tokio::sync::watch;

use super::*;
use crate::daemon::identity::{Entry, Register};
use crate::daemon::serve::lives;
use crate::fatoora::{Answer, Authority, Credentials, DocumentCall, Submission};
use crate::ledger::{Store, TestClock};
use crate::report::alarms::AlarmId;
use crate::report::{
    self, Access, Begun, HoldReason, Parts, Queue, QueueError, Record, Settings, Waiting, Wake, Wakes,
};

const NOW: i64 = 1_800_000_000;
const LONG: Duration = Duration::from_secs(60);

struct Bench {
    round: Round,
    report: watch::Sender<report::Status>,
    ledger: Ledger,
    dir: TempDir,
}

fn bench(ask_for: Duration) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOW));
    let store = Store::open(&dir.path().join("data"), &dir.path().join("mark"), clock.clone()).unwrap();
    let (ledger, _) = Ledger::start(store).unwrap();
    let (status, report) = watch::channel(report::Status::default());
    let lookout = Lookout {
        till: "T07".to_owned(),
        clock,
        register: Arc::new(Register::new(String::new(), String::new(), String::new())),
        report,
        print_fault: Arc::default(),
        board: Arc::default(),
    };
    let told = Told::read(dir.path());
    let watchman = Watchman {
        period: PERIOD,
        ask_for,
        steps: Steps::default(),
        ledger: ledger.clone(),
        lookout: Arc::new(lookout),
        heart: Arc::default(),
        events: Arc::default(),
        herald: Herald::start("T07".to_owned(), None, told.clone()).unwrap(),
    };
    Bench { round: Round::new(watchman, told), report: status, ledger, dir }
}

impl Bench {
    fn events(&self) -> Vec<(&'static str, serde_json::Value)> {
        let (events, _) = self.round.parts.events.after(0);
        events.into_iter().map(|event| (event.kind.word(), event.data)).collect()
    }
}

/// A ledger whose thread does nothing until told.
fn hang(ledger: &Ledger) -> Sender<()> {
    let (go_on, told) = mpsc::channel::<()>();
    assert!(ledger.try_run(move |_| {
        let _ = told.recv();
    }));
    go_on
}

#[test]
fn a_ledger_that_hangs_is_asked_once_and_never_waited_for() {
    let mut bench = bench(Duration::from_millis(20));
    let go_on = hang(&bench.ledger);
    for _ in 0..200 {
        // Far more looks than the ledger has room for questions.
        bench.round.look();
    }
    assert_eq!(bench.round.answers, 0);
    assert!(bench.round.parts.lookout.board.age().is_some(), "it looked all the same");
    drop(go_on);
    bench.round.parts.ask_for = LONG;
    bench.round.look();
    assert_eq!(bench.round.answers, 1, "the first question is answered");
    assert_eq!(bench.round.counted.as_ref().unwrap().queue.documents, 0);
}

#[test]
fn a_look_publishes_what_came_and_what_went() {
    let mut bench = bench(LONG);
    bench.round.look();
    let added = |events: &[(&'static str, serde_json::Value)], id: &str| {
        events.iter().filter(|(kind, data)| *kind == "attention.added" && data["id"] == id).count()
    };
    assert_eq!(added(&bench.events(), "selling"), 1, "it has no identity");
    bench.report.send_modify(|status| {
        let reason = report::PauseReason::NoCredentials;
        status.pause = Some(report::Pause { reason, since: NOW, until: NOW + 900 });
        status.longest_flight = 1_000;
    });
    bench.round.look();
    bench.round.look();
    let events = bench.events();
    assert_eq!(added(&events, "paused:no-credentials"), 1);
    assert_eq!(added(&events, "driver-stuck"), 1);
    let raised: Vec<_> = events.iter().filter(|(kind, _)| *kind == "alarm.raised").collect();
    assert_eq!(raised.len(), 1);
    assert_eq!((&raised[0].1["alarm"], &raised[0].1["level"]), (&"driver-stuck".into(), &"critical".into()));
    assert_eq!(bench.round.parts.lookout.board.stuck(), [AlarmId::DriverStuck]);
    bench.report.send_modify(|status| *status = report::Status { beats: 9, ..Default::default() });
    bench.round.look();
    let gone: Vec<_> = bench.events().into_iter().filter(|(kind, _)| kind.ends_with(".gone")).collect();
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(
        bench.events().iter().any(|(kind, data)| *kind == "alarm.ended" && data["alarm"] == "driver-stuck")
    );
    bench.round.parts.herald.stop();
    assert!(Told::read(bench.dir.path()).alarms().is_empty(), "it ended");
}

#[test]
fn a_document_that_the_authority_knew_is_remembered_for_a_week() {
    let mut bench = bench(LONG);
    let document = crate::daemon::events::EventDocument {
        uuid: uuid::Uuid::from_u128(1),
        number: "T07-000009".to_owned(),
        icv: 9,
    };
    let data = json!({"state": "Reported", "surprise": true});
    bench.round.parts.events.publish(EventKind::DocumentReported, NOW, Some(document), data);
    bench.round.look();
    let lookout = &bench.round.parts.lookout;
    let entries = lookout.attention(bench.round.counted.as_ref().unwrap());
    assert!(entries.iter().any(|entry| entry.id == "copy" && entry.what.en.contains("T07-000009")));
    assert_eq!(lookout.board.copy(NOW + 7 * 86_400 - 1).unwrap().1, NOW);
    assert_eq!(lookout.board.copy(NOW + 7 * 86_400), None);
}

#[test]
fn another_certificate_is_told_once() {
    let mut bench = bench(LONG);
    bench.round.look();
    let text = include_str!("../../../tests/vectors/test-cert-b64.txt");
    let certificate = crate::stamp::StampCertificate::from_base64(text.trim()).unwrap();
    bench.round.parts.lookout.register.enter(Entry::active(certificate, None));
    bench.round.look();
    bench.round.look();
    let told = bench.events().into_iter().filter(|(kind, _)| *kind == "identity.changed").count();
    assert_eq!(told, 1);
}

#[test]
fn a_thread_that_is_told_to_stop_stops() {
    let Bench { round, dir, .. } = bench(LONG);
    let watching = round.parts.start(Told::read(dir.path())).unwrap();
    watching.stop();
}

#[test]
fn the_service_manager_is_told_only_while_everything_moves() {
    assert!(lives(true, &[], None), "before the first look");
    assert!(lives(true, &[], Some(60)));
    assert!(!lives(false, &[], Some(0)));
    assert!(!lives(true, &[], Some(61)), "the watchman himself hangs");
    for id in [AlarmId::DriverStuck, AlarmId::LedgerStuck, AlarmId::RuntimeStuck] {
        assert!(!lives(true, &[id], Some(0)));
    }
}

/// A queue with one document that may hang in the ledger, and an authority that
/// never answers.
#[derive(Clone, Copy)]
struct Hanging {
    in_ledger: bool,
}

impl Queue for Hanging {
    type Id = u64;

    async fn queued(&self, _: usize) -> Result<Vec<Waiting<u64>>, QueueError> {
        Ok(vec![Waiting { id: 1, attempts: 0, issued: NOW, standard: false }])
    }

    async fn begin(&self, _: u64, _: i64) -> Result<Begun, QueueError> {
        if self.in_ledger {
            std::future::pending::<()>().await;
        }
        let hash = crate::chain::InvoiceHash::new([7; 32]);
        let submission = Submission { uuid: uuid::Uuid::from_u128(1), hash, xml: b"<x/>".to_vec() };
        Ok(Begun::Document { call: DocumentCall::Reporting, submission })
    }

    async fn finish(&self, _: u64, _: Record) -> Result<(), QueueError> {
        Ok(())
    }

    async fn hold(&self, _: u64, _: HoldReason) -> Result<(), QueueError> {
        Ok(())
    }
}

struct Silence;

impl Authority for Silence {
    fn report<'a>(&'a self, _: &'a Credentials, _: &'a Submission) -> crate::fatoora::Pending<'a> {
        Box::pin(std::future::pending::<Answer>())
    }

    fn clear<'a>(&'a self, _: &'a Credentials, _: &'a Submission) -> crate::fatoora::Pending<'a> {
        Box::pin(std::future::pending::<Answer>())
    }
}

/// The driver's own picture once an attempt has been under way for a second.
async fn stuck(queue: Hanging) -> report::Status {
    let wakes = Arc::new(Wakes::new());
    let (_cancel, cancelled) = watch::channel(false);
    let (status, watched) = watch::channel(report::Status::default());
    let known = Arc::new(Credentials::new("token", "secret"));
    let parts = Parts {
        queue,
        authority: Arc::new(Silence),
        credentials: Arc::new(move |_| Access::Current(known.clone())),
        clock: Arc::new(TestClock::at(NOW)),
        wakes: wakes.clone(),
        cancel: cancelled,
        status,
        tell: Arc::new(|_| {}),
        settings: Settings::default(),
        jitter: Box::new(|| 0),
    };
    let driver = tokio::spawn(report::run(parts));
    let seen = tokio::time::timeout(LONG, async {
        loop {
            let seen = watched.borrow().clone();
            if seen.longest_flight >= 1 {
                return seen;
            }
            wakes.ring(Wake::Sale);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let seen = seen.await.expect("the driver tells how long its attempts take");
    driver.abort();
    seen
}

/// Looks at that driver for as long as it takes, in virtual time, while it goes
/// on beating and its attempt gets no younger.
fn watched_until_raised(mut report: report::Status) -> (u64, Vec<AlarmId>) {
    let mut mind = Mind::new(PERIOD, Steps::default(), []);
    let mut turn = 0;
    loop {
        turn += 1;
        report.beats += 1;
        report.longest_flight += PERIOD.as_secs();
        let seconds = turn * PERIOD.as_secs();
        let look = Look {
            now: NOW + seconds as i64,
            passed: PERIOD,
            report: report.clone(),
            heart: turn,
            answers: turn,
            unsent: Some(Unsent { oldest: Some(NOW), count: 1 }),
            waiting: 1,
        };
        let raised: Vec<AlarmId> = mind.step(&look).iter().map(|change| change.alarm().id).collect();
        if !raised.is_empty() {
            return (seconds, raised);
        }
    }
}

#[tokio::test]
async fn a_driver_whose_attempts_never_end_is_noticed_and_not_left_alone() {
    for in_ledger in [false, true] {
        let report = stuck(Hanging { in_ledger }).await;
        assert_eq!((report.in_flight, report.attempts, report.accepted), (1, 1, 0));
        let (seconds, raised) = watched_until_raised(report);
        assert_eq!(raised, [AlarmId::DriverStuck]);
        assert!(seconds <= 150, "noticed after {seconds} s");
        assert!(!lives(true, &raised, Some(0)));
    }
}

#[test]
fn a_driver_that_does_not_turn_is_noticed() {
    let report = report::Status { beats: 3, ..Default::default() };
    let mut mind = Mind::new(PERIOD, Steps::default(), []);
    let look = |turn: u64| Look {
        now: NOW + turn as i64 * 10,
        passed: PERIOD,
        report: report.clone(),
        heart: turn,
        answers: turn,
        unsent: None,
        waiting: 0,
    };
    let raised = (0..10).find_map(|turn| {
        let changes = mind.step(&look(turn));
        (!changes.is_empty()).then(|| (turn, changes[0].alarm().id))
    });
    assert_eq!(raised, Some((4, AlarmId::DriverStuck)), "after more than 30 s");
}
