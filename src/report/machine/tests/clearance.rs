//! Standard documents: before the others, and between the two calls.

use super::*;

fn waiting(id: u64, standard: bool) -> Waiting<u64> {
    Waiting { id, attempts: 0, issued: WALL, standard }
}

fn machine(in_flight: usize) -> Machine<u64> {
    Machine::new(Settings { in_flight, ..Settings::default() }, Box::new(|| 0))
}

/// Carries out commands until the machine rests: what it began, and what it
/// wanted of the ledger.
fn obey(machine: &mut Machine<u64>, now: u64) -> (Vec<u64>, Option<usize>) {
    let (mut begun, mut fetched) = (Vec::new(), None);
    loop {
        match machine.next(Moment(now)) {
            Command::Begin(id) => begun.push(id),
            Command::Fetch(limit) => fetched = Some(limit),
            Command::Abandon(id) => panic!("{id} was abandoned"),
            Command::Rest(_) => return (begun, fetched),
        }
    }
}

fn answer(machine: &mut Machine<u64>, now: u64, id: u64, call: DocumentCall, verdict: &Verdict) -> Outcome {
    let ended = Ended { call, ..ended(verdict, Shown::Current) };
    let outcome = machine.answered(Moment(now), id, &ended).expect("in flight");
    machine.settled(id);
    outcome
}

fn off() -> Verdict {
    Verdict::ClearanceOff { messages: Vec::new() }
}

fn refused(code: &str) -> Verdict {
    let Verdict::Rejected { mut messages } = rejected() else { unreachable!() };
    messages[0].code = code.to_owned();
    Verdict::Rejected { messages }
}

#[test]
fn a_standard_document_overtakes_a_backlog() {
    let mut machine = machine(1);
    let (_, fetched) = obey(&mut machine, 0);
    machine.offered((1..=fetched.unwrap() as u64).map(|id| waiting(id, false)).collect());
    assert_eq!(obey(&mut machine, 0), (vec![1], None));
    machine.wake(Moment(5), Wake::Sale);
    assert_eq!(obey(&mut machine, 5), (vec![], None), "nobody waits for a simplified one");
    machine.wake(Moment(10), Wake::Urgent);
    assert_eq!(obey(&mut machine, 10), (vec![], Some(8)), "a few, however many are known");
    machine.offered([5_000, 5_001].map(|id| waiting(id, true)).into());
    assert_eq!(obey(&mut machine, 10), (vec![], None), "asked once");
    answer(&mut machine, 20, 1, DocumentCall::Reporting, &accepted(false));
    assert_eq!(obey(&mut machine, 5_000).0, [5_000]);
    answer(&mut machine, 5_010, 5_000, DocumentCall::Clearance, &accepted(false));
    assert_eq!(obey(&mut machine, 10_000).0, [5_001]);
    answer(&mut machine, 10_010, 5_001, DocumentCall::Clearance, &accepted(false));
    assert_eq!(obey(&mut machine, 15_000).0, [2]);
}

#[test]
fn it_asks_first_when_the_queue_is_paused_but_not_for_ever() {
    let mut machine = machine(1);
    obey(&mut machine, 0);
    machine.offered(vec![waiting(1, false), waiting(2, false)]);
    obey(&mut machine, 0);
    answer(&mut machine, 0, 1, DocumentCall::Reporting, &Verdict::Offline);
    machine.wake(Moment(3 * SECOND), Wake::Urgent);
    assert_eq!(obey(&mut machine, 3 * SECOND), (vec![], Some(8)), "the ledger's answer first");
    machine.offered(vec![waiting(9, true)]);
    assert_eq!(obey(&mut machine, 3 * SECOND).0, [9], "at once, for somebody waits");
    // Trouble of its own lets another one ask in its turn.
    answer(&mut machine, 4 * SECOND, 9, DocumentCall::Clearance, &Verdict::Unavailable);
    assert!(machine.pause().is_some());
    assert_eq!(obey(&mut machine, HOUR).0, [9]);
    answer(&mut machine, HOUR, 9, DocumentCall::Clearance, &Verdict::Unavailable);
    assert_eq!(obey(&mut machine, 2 * HOUR).0, [1]);
    answer(&mut machine, 2 * HOUR, 1, DocumentCall::Reporting, &accepted(false));
    assert_eq!(obey(&mut machine, 2 * HOUR + MINUTE).0, [9], "first again when documents flow");
}

#[test]
fn clearance_off_is_followed_by_reporting_at_once() {
    let mut machine = machine(1);
    obey(&mut machine, 0);
    machine.offered(vec![waiting(1, true)]);
    for (now, call, verdict, state) in [
        (0, DocumentCall::Clearance, off(), ReportState::Queued),
        (5 * SECOND, DocumentCall::Reporting, Verdict::Lost, ReportState::Queued),
        (MINUTE, DocumentCall::Reporting, accepted(true), ReportState::Reported),
    ] {
        assert_eq!(obey(&mut machine, now).0, [1], "{call:?}");
        let outcome = answer(&mut machine, now, 1, call, &verdict);
        assert_eq!((outcome.state, outcome.hold, outcome.surprise), (state, None, false));
    }
}

#[test]
fn a_303_of_somebody_else_costs_two_calls() {
    let mut machine = machine(1);
    obey(&mut machine, 0);
    machine.offered(vec![waiting(1, true)]);
    let cleared = Verdict::Accepted(Acceptance {
        accepted: Accepted::Cleared,
        repeated: false,
        with_warnings: false,
        messages: Vec::new(),
        cleared: None,
    });
    let states = [
        (DocumentCall::Clearance, off(), ReportState::Queued),
        (DocumentCall::Reporting, refused("Invoice-Errors"), ReportState::Queued),
        (DocumentCall::Clearance, cleared, ReportState::Cleared),
    ];
    for (step, (call, verdict, state)) in states.into_iter().enumerate() {
        let now = step as u64 * 2 * SECOND;
        assert_eq!(obey(&mut machine, now).0, [1]);
        assert_eq!(answer(&mut machine, now, 1, call, &verdict).state, state);
    }
}

/// So many rounds of 303 and a refusal by reporting with this code; gives the
/// state after each.
fn turned_back(code: &str, rounds: u64) -> Vec<ReportState> {
    let mut machine = machine(1);
    obey(&mut machine, 0);
    machine.offered(vec![waiting(1, true)]);
    let round = |round: u64| {
        let now = round * 3 * HOUR;
        assert_eq!(obey(&mut machine, now).0, [1], "{code} {round}");
        let off = answer(&mut machine, now, 1, DocumentCall::Clearance, &off());
        assert_eq!(off.state, ReportState::Queued);
        assert_eq!(obey(&mut machine, now + MINUTE).0, [1], "{code} {round}");
        answer(&mut machine, now + MINUTE, 1, DocumentCall::Reporting, &refused(code)).state
    };
    (1..=rounds).map(round).collect()
}

#[test]
fn a_document_that_reporting_refuses_twice_is_rejected_if_a_rule_is_named() {
    assert_eq!(turned_back("BR-KSA-15", 2), [ReportState::Queued, ReportState::Rejected]);
    // For ever, should the 303s never end: the same bytes are cleared after them.
    assert_eq!(turned_back("Invoice-Errors", 30), [ReportState::Queued; 30]);
}

#[test]
fn what_clearance_refuses_is_rejected_at_once() {
    let mut machine = machine(1);
    obey(&mut machine, 0);
    machine.offered(vec![waiting(1, true)]);
    obey(&mut machine, 0);
    let outcome = answer(&mut machine, 0, 1, DocumentCall::Clearance, &refused("Invoice-Errors"));
    assert_eq!(outcome.state, ReportState::Rejected);
}
