//! A queued document whose entry was damaged on the disk: the others go, it is
//! held and shown, and everything that looks at the ledger goes on.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tilld::archive;
use tilld::fatoora::{
    Acceptance, Accepted, Answer, Authority, Credentials, Headers, Pending, Submission, Verdict,
};
use tilld::ledger::{
    Activity, Ledger, OnRenewal, ReleaseError, ReportState, Snapshot, Stored, TestClock, Unit, What, audit,
};
use tilld::report::{self, Access, HoldReason, Parts, Settings, Status, Wakes};
use tokio::sync::watch;
use uuid::Uuid;

use crate::shop::{DAYS, attempt, codes, export, record, standard};
use crate::support::{NOW, Till, sell, unit};

/// An authority that takes everything.
#[derive(Default)]
struct Willing(Mutex<Vec<Uuid>>);

impl Willing {
    fn accept(&self, submission: &Submission, accepted: Accepted) -> Answer {
        self.0.lock().unwrap().push(submission.uuid);
        let cleared = (accepted == Accepted::Cleared).then(|| submission.xml.clone());
        let acceptance =
            Acceptance { accepted, repeated: false, with_warnings: false, messages: Vec::new(), cleared };
        Answer {
            verdict: Verdict::Accepted(acceptance),
            http: Some(200),
            headers: Headers::default(),
            body: b"{}".to_vec(),
            duration_ms: 1,
            error: None,
        }
    }
}

impl Authority for Willing {
    fn report<'a>(&'a self, _: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        Box::pin(std::future::ready(self.accept(submission, Accepted::Reported)))
    }

    fn clear<'a>(&'a self, _: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        Box::pin(std::future::ready(self.accept(submission, Accepted::Cleared)))
    }
}

/// Lets the driver work on a till's ledger until nothing is queued any more.
fn drain(till: &Till) -> Vec<Uuid> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let authority = Arc::new(Willing::default());
    let (ledger, thread) = Ledger::start(till.open()).unwrap();
    let known = Arc::new(Credentials::new("TOKEN", "hush"));
    runtime.block_on(async {
        let (cancel, cancelled) = watch::channel(false);
        let parts = Parts {
            queue: ledger.clone(),
            authority: Arc::clone(&authority) as Arc<dyn Authority>,
            credentials: Arc::new(move |_| Access::Current(known.clone())),
            clock: Arc::new(TestClock::at(NOW + 100)),
            wakes: Arc::new(Wakes::new()),
            cancel: cancelled,
            status: watch::channel(Status::default()).0,
            tell: Arc::new(|_| {}),
            settings: Settings::default(),
            jitter: Box::new(|| 0),
        };
        let driver = tokio::spawn(report::run(parts));
        let drained = async {
            let busy = |store: &mut tilld::ledger::Store| {
                let queue = store.queue_summary();
                queue.queued + queue.in_flight > 0
            };
            while ledger.run(busy).await.unwrap() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), drained).await.expect("the queue is blocked");
        cancel.send(true).unwrap();
        driver.await.unwrap();
    });
    ledger.stop_blocking();
    thread.join().unwrap().unwrap();
    authority.0.lock().unwrap().clone()
}

/// Kinds of damage to the second of five documents, and whether its row can
/// still be read as a document.
const DAMAGE: &[(&str, &str)] = &[
    ("bytes cut off", "UPDATE documents SET xml = substr(xml, 1, length(xml) / 2) WHERE id & 0xFFFFFFFF = 2"),
    (
        "a flipped byte",
        "UPDATE documents SET xml = CAST(substr(xml, 1, 40) || x'00' || substr(xml, 42) AS BLOB) WHERE id & 0xFFFFFFFF = 2",
    ),
    ("no frame at all", "UPDATE documents SET xml = x'DEADBEEF' WHERE id & 0xFFFFFFFF = 2"),
    (
        "a size of gigabytes",
        "UPDATE documents SET xml = x'28B52FFDE0FFFFFFFFFFFFFF7F010000' WHERE id & 0xFFFFFFFF = 2",
    ),
    ("an impossible kind", "UPDATE documents SET kind = 3999999999 WHERE id & 0xFFFFFFFF = 2"),
    ("tenders of no kind", "UPDATE documents SET tenders = 'shells:x' WHERE id & 0xFFFFFFFF = 2"),
    ("a moment of no year", "UPDATE documents SET issued = 999999999999 WHERE id & 0xFFFFFFFF = 2"),
];

fn damage(till: &Till, sql: &str) {
    let db = till.intruder();
    let names: Vec<String> = {
        let mut statement = db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let triggers: Vec<String> = {
        let mut statement = db.prepare("SELECT sql FROM sqlite_master WHERE type = 'trigger'").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    names.iter().for_each(|name| db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    assert_eq!(db.execute(sql, []).unwrap(), 1, "{sql}");
    triggers.iter().for_each(|sql| db.execute_batch(sql).unwrap());
}

/// Five queued documents with enough behind them that the start does not look
/// at the damaged one.
fn five(till: &Till) -> Vec<Stored> {
    let mut store = till.open();
    let mut sold: Vec<Stored> = (1..=4).map(|n| sell(&mut store, n).unwrap()).collect();
    sold.push(store.append(standard(5)).unwrap());
    for n in 6..=80 {
        let stored = sell(&mut store, n).unwrap();
        attempt(&mut store, &stored, &record("accepted", Some(200), b"{}"), ReportState::Reported);
    }
    store.close().unwrap();
    sold
}

#[test]
fn a_damaged_document_is_held_and_the_others_go() {
    for (what, sql) in DAMAGE {
        let till = Till::new();
        let sold = five(&till);
        damage(&till, sql);
        let sent = drain(&till);
        let mut wanted: Vec<Uuid> = sold.iter().map(|stored| stored.uuid).collect();
        let poisoned = wanted.remove(1);
        let sent_sorted = |mut list: Vec<Uuid>| {
            list.sort_unstable();
            list
        };
        // A row whose bytes are whole and whose other columns do not matter for sending may go.
        assert!(
            sent_sorted(sent.clone()) == sent_sorted(wanted) && !sent.contains(&poisoned),
            "{what}: {} sent",
            sent.len()
        );
        let mut store = till.open();
        let summary = store.queue_summary();
        assert_eq!((summary.queued, summary.held), (0, 1), "{what}");
        assert_eq!(store.documents_in(ReportState::Held, 9).unwrap(), [sold[1].id], "{what}");
        assert_eq!(store.held_reason(sold[1].id).unwrap().as_deref(), Some(HoldReason::Unreadable.word()));
        assert_eq!(store.newest(3).unwrap().len(), 3, "{what}");
        assert_eq!(store.number(sold[1].id).unwrap().as_deref(), Some("T1-000002"), "{what}");
        let activity = Activity::by("uid 7", What::Released, []);
        let refused = store.release_for(sold[1].id, &activity);
        assert!(matches!(refused, Err(ReleaseError::Unreadable(_))), "{what}: {refused:?}");
        store.close().unwrap();
        told(&till, what, &sold[1]);
    }
}

/// The archive and the look at its attempts name it, and so does the verification.
fn told(till: &Till, what: &str, poisoned: &Stored) {
    let out = till.root.path().join("damaged.zip");
    let made = export(till, &out, DAYS[0], DAYS[0]);
    let verified = archive::verify(&out).unwrap();
    match what {
        // Neither is part of what is handed over; the chain's walk finds them.
        "tenders of no kind" => assert_eq!((made.unreadable.len(), codes(&verified)), (0, vec![]), "{what}"),
        "a moment of no year" => assert!(!codes(&verified).is_empty(), "{what}"),
        _ => {
            assert_eq!(made.unreadable.len(), 1, "{what}");
            assert!(made.unreadable[0].0.starts_with("T1-000002"), "{what}: {:?}", made.unreadable);
            assert!(codes(&verified).contains(&"AUDIT-UNREADABLE"), "{what}: {:?}", codes(&verified));
        }
    }
    assert_eq!(made.documents, 80, "{what}");
    let mut snapshot = Snapshot::open(&till.dir()).unwrap();
    let found = snapshot.find(&poisoned.uuid.to_string()).unwrap();
    assert_eq!((found.len(), found[0].held.as_deref()), (1, Some("unreadable")), "{what}");
    let walked = audit::verify_chain(&till.dir(), |_| ());
    if what != "tenders of no kind" {
        assert!(!walked.unwrap().findings.is_empty(), "{what}");
    }
}

#[test]
fn a_row_that_names_another_document_is_not_sent() {
    for sql in [
        "UPDATE documents SET hash = zeroblob(32) WHERE id & 0xFFFFFFFF = 2",
        "UPDATE documents SET uuid = zeroblob(16) WHERE id & 0xFFFFFFFF = 2",
    ] {
        let till = Till::new();
        let sold = five(&till);
        damage(&till, sql);
        let sent = drain(&till);
        let whole = sold.iter().filter(|stored| stored.id != sold[1].id);
        assert!(
            sent.len() == 4 && whole.clone().all(|stored| sent.contains(&stored.uuid)),
            "{sql}: {sent:?}"
        );
        let mut store = till.open();
        assert_eq!(store.documents_in(ReportState::Held, 9).unwrap(), [sold[1].id], "{sql}");
        assert_eq!(store.held_reason(sold[1].id).unwrap().as_deref(), Some(HoldReason::Unreadable.word()));
        let refused = store.release_for(sold[1].id, &Activity::by("uid 7", What::Released, []));
        assert!(matches!(refused, Err(ReleaseError::Unreadable(_))), "{sql}: {refused:?}");
        store.close().unwrap();
    }
}

#[test]
fn a_damaged_dictionary_costs_the_documents_of_its_chain_alone() {
    let till = Till::new();
    let mut store = till.open();
    let old: Vec<Stored> = (1..=3).map(|n| sell(&mut store, n).unwrap()).collect();
    let successor = || Unit { on_renewal: OnRenewal::Restart, ..unit(2) };
    store.activate(successor()).unwrap();
    let new = sell(&mut store, 4).unwrap();
    store.close().unwrap();
    damage(&till, "UPDATE dictionaries SET content = zeroblob(length(content)) WHERE id = 2");
    let mut store = till.try_open(tilld::ledger::Recovery::Refuse).unwrap();
    store.activate(successor()).unwrap();
    sell(&mut store, 5).unwrap();
    assert!(store.xml(new.id).is_ok() && store.xml(old[0].id).is_err());
    store.close().unwrap();
    let out = till.root.path().join("two.zip");
    let made = export(&till, &out, DAYS[0], DAYS[0]);
    assert_eq!((made.documents, made.unreadable_total), (5, 3));
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings.len(), 3);
    // Our own words for answers are known without the file.
    damage(&till, "UPDATE dictionaries SET content = x'00' WHERE id = 1");
    till.try_open(tilld::ledger::Recovery::Refuse).unwrap().close().unwrap();
}
