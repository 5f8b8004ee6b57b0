//! The report queue and the print jobs through every step, and after a restart.

use tilld::ledger::{AttemptRecord, BODY_BOUND, Notice, PrintState, QueueSummary, ReportState, StorageError};

use crate::support::{NOW, Till, order, sell};

fn record(verdict: &str) -> AttemptRecord {
    AttemptRecord {
        started_at: NOW + 1,
        duration_ms: 87,
        endpoint: "reporting".to_owned(),
        http: Some(503),
        headers: vec![("retry-after".to_owned(), "30".to_owned()), ("x".to_owned(), "a\r\nb: c".to_owned())],
        body: b"<html>busy</html>".to_vec(),
        verdict: verdict.to_owned(),
        error: Some("the service is busy".to_owned()),
        cleared: None,
    }
}

#[test]
fn a_document_goes_its_way_and_every_attempt_stays_on_record() {
    let till = Till::new();
    let mut store = till.open();
    let sold = sell(&mut store, 1).unwrap();
    let due = store.due(NOW, 10).unwrap();
    assert_eq!((due.len(), due[0].id, due[0].uuid, due[0].hash), (1, sold.id, sold.uuid, sold.hash));
    store.begin_attempt(sold.id, NOW + 1).unwrap();
    assert!(store.due(NOW + 99, 10).unwrap().is_empty());
    store.finish_attempt(sold.id, &record("try later"), ReportState::Queued, NOW + 60).unwrap();
    assert_eq!((store.next_due_at(), store.due(NOW + 59, 10).unwrap().len()), (Some(NOW + 60), 0));
    let due = store.due(NOW + 60, 10).unwrap();
    assert_eq!(due[0].attempts, 1);
    store.begin_attempt(sold.id, NOW + 60).unwrap();
    let long = AttemptRecord { http: Some(202), body: vec![b'x'; BODY_BOUND + 9], ..record("accepted") };
    store.finish_attempt(sold.id, &long, ReportState::ReportedWithWarnings, 0).unwrap();
    assert_eq!(store.report_state(sold.id).unwrap(), ReportState::ReportedWithWarnings);
    assert_eq!(store.documents_in(ReportState::ReportedWithWarnings, 5).unwrap(), [sold.id]);
    let attempts = store.attempts(sold.id).unwrap();
    assert_eq!(attempts.iter().map(|a| a.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(attempts[0].body, b"<html>busy</html>");
    assert_eq!(attempts[0].headers, [("retry-after".into(), "30".into()), ("x".into(), "a  b: c".into())]);
    assert_eq!((attempts[0].state, attempts[0].hash), (ReportState::Queued, sold.hash));
    assert_eq!((attempts[1].body.len(), attempts[1].body_length), (BODY_BOUND, BODY_BOUND as u64 + 9));
    assert!(matches!(store.begin_attempt(sold.id, NOW), Err(StorageError::Transition(_))));
    assert!(matches!(store.hold(sold.id, "x"), Err(StorageError::Transition(_))));
}

#[test]
fn steps_that_do_not_exist_change_nothing() {
    let till = Till::new();
    let mut store = till.open();
    let sold = sell(&mut store, 1).unwrap();
    let before = store.queue_summary();
    for to in ReportState::ALL {
        assert!(store.finish_attempt(sold.id, &record("?"), to, 0).is_err(), "without an attempt: {to}");
    }
    assert!(store.release(sold.id, NOW).is_err());
    assert_eq!(store.queue_summary(), before);
    store.begin_attempt(sold.id, NOW).unwrap();
    assert!(store.begin_attempt(sold.id, NOW).is_err());
    assert!(store.hold(sold.id, "while in flight").is_err());
    assert!(store.attempts(sold.id).unwrap().is_empty());
}

#[test]
fn the_summary_is_the_same_after_a_restart() {
    let till = Till::new();
    let mut store = till.open();
    let ends = [
        ReportState::Reported,
        ReportState::Reported,
        ReportState::ReportedWithWarnings,
        ReportState::Cleared,
        ReportState::Rejected,
        ReportState::Held,
        ReportState::Queued,
    ];
    for (n, end) in (0..).zip(ends) {
        till.clock.advance(1);
        let sold = store.append(order(n)).unwrap();
        store.begin_attempt(sold.id, NOW).unwrap();
        let cleared = (end == ReportState::Cleared).then(|| b"<Invoice>cleared</Invoice>".to_vec());
        let record = AttemptRecord { cleared: cleared.clone(), ..record("wrong unit") };
        store.finish_attempt(sold.id, &record, end, NOW + 500).unwrap();
        assert_eq!(store.cleared_xml(sold.id).unwrap(), cleared);
    }
    sell(&mut store, 9).unwrap();
    let summary = store.queue_summary();
    let expected = QueueSummary {
        documents: 8,
        queued: 2,
        in_flight: 0,
        held: 1,
        reported: 2,
        reported_with_warnings: 1,
        cleared: 1,
        rejected: 1,
        corrected: 0,
        awaiting_clearance: 0,
        oldest_unsent: Some(NOW + 6),
        next_due_at: Some(NOW + 7),
    };
    assert_eq!((summary, summary.open()), (expected, 3));
    store.close().unwrap();
    let mut store = till.open();
    assert_eq!(store.queue_summary(), expected);
    assert_eq!(store.notices(), []);
    let held = store.documents_in(ReportState::Held, 9).unwrap();
    assert_eq!(store.held_reason(held[0]).unwrap().as_deref(), Some("the service is busy"));
    store.release(held[0], NOW).unwrap();
    assert_eq!(store.report_state(held[0]).unwrap(), ReportState::Queued);
    store.all_due(NOW + 8);
    assert_eq!(store.due(NOW + 8, 10).unwrap().len(), 3);
}

#[test]
fn what_was_under_way_at_the_end_is_put_right() {
    let till = Till::new();
    let mut store = till.open();
    let sold = sell(&mut store, 1).unwrap();
    store.begin_attempt(sold.id, NOW + 3).unwrap();
    let job = store.next_print_job().unwrap();
    store.set_print_state(job, PrintState::Printing, None).unwrap();
    drop(store);
    let mut store = till.open();
    assert_eq!(store.notices(), [Notice::Interrupted { attempts: 1 }, Notice::Unconfirmed { prints: 1 }]);
    assert_eq!(store.report_state(sold.id).unwrap(), ReportState::Queued);
    let attempts = store.attempts(sold.id).unwrap();
    assert_eq!((attempts.len(), attempts[0].verdict.as_str()), (1, "interrupted"));
    assert_eq!(attempts[0].started_at, NOW + 3);
    assert_eq!(store.next_print_job(), None, "nothing is printed twice unasked");
    assert_eq!(store.print_state(sold.id).unwrap(), Some(PrintState::Unconfirmed));
}

#[test]
fn receipts_go_their_way_and_a_copy_is_a_copy() {
    let till = Till::new();
    let mut store = till.open();
    let first = sell(&mut store, 1).unwrap();
    let silent = store.append(tilld::ledger::Order { print: false, ..order(2) }).unwrap();
    assert_eq!(store.print_state(silent.id).unwrap(), None);
    let job = store.next_print_job().unwrap();
    assert_eq!((job.document, job.is_copy()), (first.id, false));
    assert!(store.set_print_state(job, PrintState::Printed, None).is_err());
    store.set_print_state(job, PrintState::Printing, None).unwrap();
    store.set_print_state(job, PrintState::Failed, Some("paper out")).unwrap();
    assert_eq!(store.next_print_job(), None);
    assert_eq!(store.print_job(job).unwrap().unwrap().fault.as_deref(), Some("paper out"));
    store.set_print_state(job, PrintState::Pending, None).unwrap();
    store.set_print_state(job, PrintState::Printing, None).unwrap();
    store.set_print_state(job, PrintState::Printed, None).unwrap();
    assert_eq!(store.print_state(first.id).unwrap(), Some(PrintState::Printed));
    assert!(store.set_print_state(job, PrintState::Printing, None).is_err());
    let copy = store.add_copy(first.id).unwrap();
    assert!(copy.is_copy());
    store.close().unwrap();
    let mut store = till.open();
    assert_eq!(store.next_print_job(), Some(copy));
    assert_eq!(store.print_jobs(9).unwrap().len(), 1);
    store.set_print_state(copy, PrintState::Printing, None).unwrap();
    store.set_print_state(copy, PrintState::Printed, None).unwrap();
    assert!(store.print_jobs(9).unwrap().is_empty());
}
