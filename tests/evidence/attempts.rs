//! Every attempt is on record, however it ended.

use std::sync::Arc;
use std::time::Duration;

use tilld::fatoora::{Answer, Authority, Credentials, Headers, Pending, Submission, Verdict};
use tilld::ledger::{Activity, Attempt, Ledger, ReleaseError, ReportState, Snapshot, Store, TestClock, What};
use tilld::report::{self, Access, Parts, Settings, Status, Wake, Wakes};
use tokio::sync::watch;

use crate::shop::{attempt, record};
use crate::support::{NOW, Till, sell};

/// An authority that cannot be reached, breaks the program, or never answers.
#[derive(Clone, Copy)]
enum Away {
    Offline,
    Panics,
    Hangs,
}

impl Authority for Away {
    fn report<'a>(&'a self, _: &'a Credentials, _: &'a Submission) -> Pending<'a> {
        match self {
            Away::Offline => Box::pin(std::future::ready(Answer {
                verdict: Verdict::Offline,
                http: None,
                headers: Headers::default(),
                body: Vec::new(),
                duration_ms: 12,
                error: Some("no route to host".to_owned()),
            })),
            Away::Panics => panic!("asked to"),
            Away::Hangs => Box::pin(std::future::pending()),
        }
    }

    fn clear<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        self.report(credentials, submission)
    }
}

/// The first attempt of a new till's only document at such an authority. With
/// `cut` the network changes during it.
fn first_attempt(authority: Away, cut: bool) -> Attempt {
    let till = Till::new();
    let mut store = till.open();
    let id = sell(&mut store, 1).unwrap().id;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (ledger, thread) = Ledger::start(store).unwrap();
    let known = Arc::new(Credentials::new("TOKEN", "hush"));
    let found = runtime.block_on(async {
        let (cancel, cancelled) = watch::channel(false);
        let wakes = Arc::new(Wakes::new());
        let parts = Parts {
            queue: ledger.clone(),
            authority: Arc::new(authority),
            credentials: Arc::new(move |_| Access::Current(known.clone())),
            clock: Arc::new(TestClock::at(NOW + 100)),
            wakes: wakes.clone(),
            cancel: cancelled,
            status: watch::channel(Status::default()).0,
            tell: Arc::new(|_| {}),
            settings: Settings::default(),
            jitter: Box::new(|| 0),
        };
        let driver = tokio::spawn(report::run(parts));
        let recorded = async {
            let mut whole = !cut;
            loop {
                let (state, attempts) = ledger
                    .run(move |store| (store.report_state(id).unwrap(), store.attempts(id).unwrap()))
                    .await
                    .unwrap();
                if let Some(first) = attempts.into_iter().next() {
                    return first;
                }
                if !whole && state == ReportState::InFlight {
                    wakes.ring(Wake::Network);
                    whole = true;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(120), recorded).await.expect("no attempt");
        cancel.send(true).unwrap();
        driver.await.unwrap();
        found
    });
    ledger.stop_blocking();
    thread.join().unwrap().unwrap();
    found
}

#[test]
fn attempts_without_an_answer_are_on_record() {
    let offline = first_attempt(Away::Offline, false);
    assert_eq!((offline.verdict.as_str(), offline.http, offline.duration_ms), ("offline", None, 12));
    assert_eq!((offline.endpoint.as_str(), offline.state), ("reporting", ReportState::Queued));
    assert_eq!(offline.error.as_deref(), Some("no route to host"));
    let broken = first_attempt(Away::Panics, false);
    assert_eq!((broken.verdict.as_str(), broken.state), ("unknown", ReportState::Queued));
    assert!(broken.error.unwrap().contains("fault of the program"));
}

#[test]
fn an_attempt_that_the_program_did_not_survive_is_on_record() {
    let till = Till::new();
    let mut store = till.open();
    let sold = sell(&mut store, 1).unwrap();
    store.begin_attempt(sold.id, NOW + 7).unwrap();
    drop(store);
    let mut store = till.open();
    let attempts = store.attempts(sold.id).unwrap();
    assert_eq!((attempts.len(), attempts[0].verdict.as_str()), (1, "interrupted"));
    assert_eq!((attempts[0].started_at, attempts[0].state), (NOW + 7, ReportState::Queued));
    assert_eq!(attempts[0].hash, sold.hash);
}

#[test]
fn the_end_of_a_document_that_was_tried_for_half_a_year_is_on_record() {
    let till = Till::new();
    let sold = till.sell(1).remove(0);
    let db = till.intruder();
    let row = sold.id.row();
    db.execute_batch(&format!(
        "BEGIN;
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 65534)
         INSERT INTO attempts (id, started_at, duration_ms, endpoint, body_length, verdict, state)
         SELECT ({row} << 16) | n, n, 1, 'reporting', 0, 'lost', 'Queued' FROM n;
         UPDATE work SET tries = 70000 WHERE id = {row} << 16;
         COMMIT;"
    ))
    .unwrap();
    drop(db);
    let mut store = till.open();
    attempt(&mut store, &sold, &record("lost", None, b""), ReportState::Queued);
    assert_eq!(store.attempts(sold.id).unwrap().len(), 65_534, "from here on they are only counted");
    attempt(&mut store, &sold, &record("accepted", Some(200), b"{}"), ReportState::Reported);
    store.close().unwrap();
    let store = till.open();
    assert_eq!(store.report_state(sold.id).unwrap(), ReportState::Reported);
    let mut snapshot = Snapshot::open(&till.dir()).unwrap();
    let (newest, last) = snapshot.newest_attempts(sold.id, 3).unwrap();
    let numbers: Vec<u32> = newest.iter().map(|attempt| attempt.number).collect();
    assert_eq!((numbers, last), (vec![65_533, 65_534, 65_535], 65_535));
}

fn held(store: &mut Store) -> tilld::ledger::Stored {
    let sold = sell(store, 1).unwrap();
    attempt(store, &sold, &record("protocol", Some(400), b""), ReportState::Held);
    sold
}

#[test]
fn a_release_is_in_the_log_or_did_not_happen() {
    let till = Till::new();
    let mut store = till.open();
    let sold = held(&mut store);
    let release = Activity::by("uid 1000", What::Released, [("number", sold.number.clone().into())]);
    till.clock.set(NOW + 500);
    store.release_for(sold.id, &release).unwrap();
    assert_eq!(store.report_state(sold.id).unwrap(), ReportState::Queued);
    assert_eq!(store.due(NOW + 500, 9).unwrap()[0].id, sold.id, "due at once");
    let newest = store.activities(1).unwrap().remove(0);
    assert_eq!((newest.what.as_str(), newest.actor.as_str(), newest.at), ("released", "uid 1000", NOW + 500));
    assert!(newest.detail.contains("T1-000001"));
    let entries = store.activities(99).unwrap().len();
    let again = store.release_for(sold.id, &release);
    assert!(matches!(again, Err(ReleaseError::NotHeld(ReportState::Queued))), "{again:?}");
    assert_eq!(store.activities(99).unwrap().len(), entries);
    store.close().unwrap();
    let store = till.open();
    assert_eq!((store.queue_summary().queued, store.queue_summary().held), (1, 0));
    assert!(tilld::ledger::audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
}

#[test]
fn the_network_that_changes_during_an_attempt_leaves_a_record() {
    let cut = first_attempt(Away::Hangs, true);
    assert_eq!((cut.verdict.as_str(), cut.http, cut.state), ("lost", None, ReportState::Queued));
    assert!(cut.error.unwrap().contains("network changed"));
}
