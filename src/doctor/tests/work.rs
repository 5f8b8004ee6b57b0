//! What waits: documents and receipts.

use super::*;

#[test]
fn the_age_of_the_queue() {
    let aged = |age: i64| {
        till(|till| {
            till.queue = Ok(Queue { unsent: 3, oldest: Some(NOW - age), ..Queue::default() });
        })
    };
    assert_eq!(aged(limits::QUEUE_WARNING - 1).level(), Level::Ok);
    only(&aged(limits::QUEUE_WARNING), Subject::Queue, Level::Warning);
    only(&aged(limits::QUEUE_CRITICAL - 1), Subject::Queue, Level::Warning);
    only(&aged(limits::QUEUE_CRITICAL), Subject::Queue, Level::Critical);
    let says = |age: i64, words: &str| {
        let report = aged(age);
        only(&report, Subject::Queue, Level::Critical);
        assert!(check(&report, Subject::Queue).finding.en.contains(words), "{age}");
    };
    says(limits::QUEUE_LAST_HOUR - 1, "before the legal 24 hours");
    says(limits::QUEUE_LAST_HOUR, "the last hour");
    says(limits::QUEUE_BREACH - 1, "the last hour");
    says(limits::QUEUE_BREACH, "BR-KSA-98");
    assert_eq!(aged(-5).level(), Level::Ok, "a clock that was set back is another check's");
    only(&till(|till| till.queue = Err(because())), Subject::Queue, Level::Unknown);
}

#[test]
fn what_waits_for_a_person() {
    let queue = |queue| till(|till| till.queue = Ok(queue));
    let paused = Queue { paused: Some(because()), ..Queue::default() };
    only(&queue(paused), Subject::Reporting, Level::Warning);
    let rejected = Queue {
        rejected: 5,
        rejected_numbers: vec!["T07-1".to_owned(), "T07-2".to_owned()],
        ..Queue::default()
    };
    let report = queue(rejected);
    only(&report, Subject::Rejected, Level::Warning);
    assert!(check(&report, Subject::Rejected).finding.en.ends_with("(T07-1, T07-2, +3)"));
    only(&queue(Queue { held: 1, ..Queue::default() }), Subject::Held, Level::Warning);
}

#[test]
fn printer_and_receipts() {
    let printer = |printer| till(|till| till.printer = printer);
    assert_eq!(printer(Paper::None).level(), Level::Ok);
    let target = || "tcp:printer".to_owned();
    for fault in [NetworkFault::Refused, NetworkFault::Slow(3), NetworkFault::NoAddress("x".to_owned())] {
        only(
            &printer(Paper::Tcp { target: target(), reached: Err(fault) }),
            Subject::Printer,
            Level::Warning,
        );
    }
    for (spool, level) in [
        (Ok(Spool::Writable), Level::Ok),
        (Ok(Spool::ReadOnly), Level::Warning),
        (Ok(Spool::Denied), Level::Warning),
        (Ok(Spool::NotAFolder), Level::Warning),
        (Err(because()), Level::Unknown),
    ] {
        only(&printer(Paper::Folder { target: "file:/x".to_owned(), spool }), Subject::Printer, level);
    }
    let receipts = |receipts| till(|till| till.receipts = Ok(receipts));
    assert_eq!(receipts(Receipts { pending: 4, ..Receipts::default() }).level(), Level::Ok);
    only(&receipts(Receipts { unconfirmed: 1, ..Receipts::default() }), Subject::Receipts, Level::Warning);
    only(&receipts(Receipts { failed: 1, ..Receipts::default() }), Subject::Receipts, Level::Warning);
    only(
        &receipts(Receipts { fault: Some(because()), ..Receipts::default() }),
        Subject::Receipts,
        Level::Warning,
    );
}
