//! Documents that a former certificate signed.

use super::*;

/// A machine with one document in flight.
fn flying() -> Machine<u64> {
    let mut machine = Machine::new(Settings { in_flight: 1, ..Settings::default() }, Box::new(|| 0));
    assert!(matches!(machine.next(Moment(0)), Command::Fetch(_)));
    let waiting = |id| Waiting { id, attempts: 0, issued: WALL, standard: false };
    machine.offered(vec![waiting(1), waiting(2)]);
    assert_eq!(machine.next(Moment(0)), Command::Begin(1));
    machine
}

fn answer(machine: &mut Machine<u64>, id: u64, verdict: &Verdict, shown: Shown) -> Outcome {
    let outcome = machine.answered(Moment(0), id, &ended(verdict, shown)).expect("in flight");
    machine.settled(id);
    outcome
}

fn at(machine: &mut Machine<u64>) -> Command<u64> {
    machine.next(Moment(10 * SECOND))
}

const UNAUTHORIZED: Verdict = Verdict::Setup(SetupFault::Credentials);

#[test]
fn refused_former_credentials_are_followed_by_the_present_ones_without_a_pause() {
    let mut machine = flying();
    assert!(!machine.own_refused(1));
    let outcome = answer(&mut machine, 1, &UNAUTHORIZED, Shown::Former);
    assert_eq!((outcome.state, outcome.due_at), (ReportState::Queued, WALL), "an attempt of its own");
    assert_eq!(machine.pause(), None);
    assert_eq!(at(&mut machine), Command::Begin(1), "at once, before those behind it");
    assert!(machine.own_refused(1));
    // What has nothing to do with credentials leaves it so.
    answer(&mut machine, 1, &Verdict::Unavailable, Shown::InPlace);
    machine.wake(Moment(10 * SECOND), Wake::SyncNow);
    assert!(matches!(at(&mut machine), Command::Fetch(_)) || machine.own_refused(1));
}

#[test]
fn refused_present_credentials_pause_and_both_are_asked_again_after_it() {
    let mut machine = flying();
    answer(&mut machine, 1, &UNAUTHORIZED, Shown::Former);
    assert_eq!(at(&mut machine), Command::Begin(1));
    answer(&mut machine, 1, &UNAUTHORIZED, Shown::InPlace);
    let (reason, until) = machine.pause().expect("a pause");
    assert_eq!(reason, PauseReason::Setup(SetupFault::Credentials));
    machine.wake(Moment(11 * SECOND), Wake::Credentials);
    let mut begun = Vec::new();
    for _ in 0..3 {
        if let Command::Begin(id) = machine.next(until) {
            begun.push((id, machine.own_refused(id)));
            answer(&mut machine, id, &accepted(false), Shown::Current);
        }
    }
    assert!(begun.contains(&(1, false)), "its own credentials go first again: {begun:?}");
}

#[test]
fn what_a_former_certificate_may_not_do_is_for_a_person_and_pauses_nothing() {
    for code in ["certificate-permissions", "invalid-signing-certificate"] {
        let Verdict::Rejected { mut messages } = rejected() else { unreachable!() };
        messages[0].code = code.to_owned();
        let verdict = Verdict::Rejected { messages };
        for shown in [Shown::Former, Shown::InPlace] {
            let mut machine = flying();
            let outcome = answer(&mut machine, 1, &verdict, shown);
            assert_eq!(
                (outcome.state, outcome.hold),
                (ReportState::Held, Some(HoldReason::FormerCertificate))
            );
            assert_eq!(machine.pause(), None);
            assert_eq!(at(&mut machine), Command::Begin(2));
        }
        let mut machine = flying();
        let outcome = answer(&mut machine, 1, &verdict, Shown::Current);
        assert_eq!(outcome.state, ReportState::Rejected, "{code}");
    }
    let mut machine = flying();
    let outcome = answer(&mut machine, 1, &rejected(), Shown::InPlace);
    assert_eq!(outcome.state, ReportState::Rejected, "another fault is the document's own");
}

#[test]
fn a_document_that_is_never_sent_makes_way_for_the_next() {
    let mut machine = flying();
    machine.held(1);
    machine.settled(1);
    assert_eq!(at(&mut machine), Command::Begin(2));
    machine.no_credentials(Moment(10 * SECOND), 2);
    assert_eq!(machine.pause().map(|(reason, _)| reason), Some(PauseReason::NoCredentials));
    machine.wake(Moment(20 * SECOND), Wake::Credentials);
    assert_eq!(machine.next(Moment(20 * SECOND)), Command::Begin(2));
}
