//! Standard documents in the queue: first, and printed with the outcome that
//! makes them invoices.

use tilld::ledger::{AttemptRecord, Order, PrintState, ReportState, Store, Stored};

use crate::corrections::standard;
use crate::support::{NOW, Till, sell};

fn sold(store: &mut Store, seed: u64) -> Stored {
    store.append(Order { print: true, ..standard(seed) }).unwrap()
}

fn finish(store: &mut Store, of: &Stored, state: ReportState, verdict: &str) {
    let cleared = (state == ReportState::Cleared).then(|| store.xml(of.id).unwrap());
    let attempt = AttemptRecord {
        started_at: NOW,
        duration_ms: 5,
        endpoint: "clearance".to_owned(),
        http: Some(200),
        headers: Vec::new(),
        body: Vec::new(),
        verdict: verdict.to_owned(),
        error: None,
        cleared,
    };
    store.begin_attempt(of.id, NOW).unwrap();
    store.finish_attempt(of.id, &attempt, state, NOW).unwrap();
}

#[test]
fn they_are_offered_before_any_other_also_after_a_restart() {
    let till = Till::new();
    let mut store = till.open();
    for seed in 1..=40 {
        sell(&mut store, seed).unwrap();
    }
    let (first, second) = (sold(&mut store, 41), sold(&mut store, 42));
    let offered = |store: &Store, limit| {
        store.unsent(limit).iter().map(|one| (one.id, one.standard)).collect::<Vec<_>>()
    };
    let wanted = [(first.id, true), (second.id, true)];
    assert_eq!(offered(&store, 2), wanted);
    finish(&mut store, &first, ReportState::Queued, "clearance-off");
    store.close().unwrap();
    let store = till.open();
    assert_eq!(offered(&store, 2), wanted);
    let all = offered(&store, 99);
    assert_eq!((all.len(), all.iter().filter(|(_, standard)| *standard).count()), (42, 2));
    assert_eq!(store.queue_summary().awaiting_clearance, 2);
    assert_eq!(store.course(first.id).unwrap(), [("clearance".to_owned(), "clearance-off".to_owned())]);
}

#[test]
fn the_receipt_comes_with_the_outcome_and_stays_across_a_restart() {
    use ReportState::{Cleared, Rejected, Reported, ReportedWithWarnings};
    let till = Till::new();
    let mut store = till.open();
    for (seed, state) in (1..).zip([Cleared, Reported, ReportedWithWarnings, Rejected]) {
        let document = sold(&mut store, seed);
        assert_eq!((store.next_print_job(), store.print_state(document.id).unwrap()), (None, None));
        finish(&mut store, &document, ReportState::Queued, "lost");
        assert_eq!(store.next_print_job(), None, "no invoice yet");
        finish(&mut store, &document, state, "accepted");
        store.close().unwrap();
        store = till.open();
        let job = store.next_print_job();
        let wanted = (state != Rejected).then_some(PrintState::Pending);
        assert_eq!(
            (job.map(|job| job.document), store.print_state(document.id).unwrap()),
            (wanted.map(|_| document.id), wanted),
            "{state}"
        );
        let Some(job) = job else { continue };
        assert!(!job.is_copy());
        store.set_print_state(job, PrintState::Printing, None).unwrap();
        store.set_print_state(job, PrintState::Printed, None).unwrap();
        assert_eq!(store.print_state(document.id).unwrap(), Some(PrintState::Printed));
    }
}

#[test]
fn what_is_rehearsed_takes_nothing() {
    let till = Till::new();
    let mut store = till.open();
    store.rehearse(standard(1)).unwrap();
    assert_eq!(store.queue_summary().documents, 0);
    assert_eq!(sold(&mut store, 1).icv.get(), 1);
}
