//! The rule of the clock, to the second.

use super::*;

const NOON: i64 = 1_773_511_200;
const DAY: i64 = 86_400;

fn at(wall: i64, uptime: i64) -> Reading {
    Reading { wall, uptime: Some(uptime) }
}

/// A till that was opened at noon, an hour after its machine started.
fn till(now: Reading, authority: Heard) -> Evidence {
    Evidence {
        now,
        trusted: Some(at(NOON, 3_600)),
        earliest: EARLIEST,
        last_document: None,
        tolerance: TOLERANCE,
        authority,
    }
}

fn heard(words: &[(i64, Reading)]) -> Heard {
    let mut heard = Heard::default();
    words.iter().for_each(|(theirs, at)| heard.hear(*theirs, *at));
    heard
}

/// So many seconds after noon by both clocks.
fn after(seconds: i64) -> Reading {
    at(NOON + seconds, 3_600 + seconds)
}

#[test]
fn a_clock_before_the_program_is_not_set() {
    let says =
        |wall, earliest| judge(&Evidence { earliest, trusted: None, ..till(at(wall, 5), Heard::default()) });
    assert_eq!(says(EARLIEST - 1, EARLIEST), ClockState::Unset { earliest: EARLIEST });
    assert_eq!(says(EARLIEST, EARLIEST), ClockState::Trusted);
    assert_eq!(says(NOON - 1, NOON), ClockState::Unset { earliest: NOON });
    assert_eq!(says(NOON, NOON), ClockState::Trusted);
    for extreme in [0, -1, i64::MIN] {
        assert!(says(extreme, EARLIEST).refuses());
    }
    assert_eq!(says(i64::MAX, EARLIEST), ClockState::Trusted, "nothing contradicts it yet");
}

#[test]
fn a_clock_behind_the_last_document_refuses() {
    let behind = |seconds: i64| {
        let evidence = till(after(10), Heard::default());
        judge(&Evidence { last_document: Some(NOON + 10 + seconds), ..evidence })
    };
    assert_eq!(behind(-1), ClockState::Trusted);
    assert_eq!(behind(TOLERANCE), ClockState::Trusted);
    assert_eq!(behind(TOLERANCE + 1), ClockState::WentBack { seconds: TOLERANCE + 1 });
    assert!(behind(i64::MAX - NOON - 10).refuses());
}

#[test]
fn a_jump_refuses_both_ways() {
    let set = |seconds: i64| judge(&till(at(NOON + 500 + seconds, 3_600 + 500), Heard::default()));
    assert_eq!(set(JUMP), ClockState::Trusted);
    assert_eq!(set(-JUMP), ClockState::Trusted);
    assert_eq!(set(JUMP + 1), ClockState::Jumped { seconds: JUMP + 1 });
    assert_eq!(set(-JUMP - 1), ClockState::Jumped { seconds: -JUMP - 1 });
    assert_eq!(judge(&till(after(30 * DAY), Heard::default())), ClockState::Trusted, "the time has passed");
}

#[test]
fn what_cannot_be_measured_is_not_a_jump() {
    let no_uptime = |wall| Reading { wall, uptime: None };
    let evidence = till(no_uptime(NOON + DAY), Heard::default());
    assert_eq!(judge(&evidence), ClockState::Trusted);
    let opened = Evidence { trusted: Some(no_uptime(NOON)), ..till(at(NOON + DAY, 1), Heard::default()) };
    assert_eq!(judge(&opened), ClockState::Trusted);
    // What the authority said stays as far away as it was.
    let far = heard(&[(NOON + 2_000, no_uptime(NOON)), (NOON + 2_120, no_uptime(NOON + 120))]);
    let now = no_uptime(NOON + 130);
    assert_eq!(judge(&till(now, far)), ClockState::FarFromAuthority { ahead: 2_000, refuses: true });
}

#[test]
fn the_authority_ends_a_jump_within_a_minute_of_its_time() {
    let now = at(NOON + DAY, 3_700);
    let said = |ahead: i64| judge(&till(now, heard(&[(NOON + DAY + ahead, now)])));
    assert_eq!(said(NEAR), ClockState::Trusted);
    assert_eq!(said(-NEAR), ClockState::Trusted);
    assert_eq!(said(NEAR + 1), ClockState::Jumped { seconds: DAY - 100 });
    // From then on jumps are measured from there, without another answer.
    let agreed = heard(&[(NOON + DAY, now)]);
    let later = |seconds: i64| judge(&till(at(NOON + DAY + 90_000 + seconds, 93_700), agreed));
    assert_eq!(later(0), ClockState::Trusted);
    assert_eq!(later(JUMP + 1), ClockState::Jumped { seconds: JUMP + 1 });
}

#[test]
fn a_clock_that_was_wrong_at_the_opening_and_is_set_right_is_trusted_at_once() {
    // Opened eight hours behind; the authority has said so before the clock was set.
    let eight = 8 * 3_600;
    let said = heard(&[(NOON + eight + 20, after(20))]);
    assert_eq!(judge(&till(at(NOON + eight + 50, 3_650), said)), ClockState::Trusted);
    assert_eq!(
        judge(&till(at(NOON + eight + 50 + NEAR + 1, 3_650), said)),
        ClockState::Jumped { seconds: eight + NEAR + 1 }
    );
    // Its word is too old to vouch for the clock after an hour, to the second.
    let much_later = |age: i64| judge(&till(at(NOON + eight + 20 + age, 3_620 + age), said));
    assert_eq!(much_later(RECENT), ClockState::Trusted);
    assert_eq!(much_later(RECENT + 1), ClockState::Jumped { seconds: eight });
}

#[test]
fn a_clock_that_was_never_right_since_the_opening_has_not_jumped() {
    let evidence = Evidence { trusted: None, ..till(at(NOON, 30), Heard::default()) };
    assert_eq!(judge(&evidence), ClockState::Trusted);
}

#[test]
fn the_distance_from_the_authority_warns_and_then_refuses() {
    let said = |ahead: i64| {
        let words = heard(&[(NOON + ahead, after(0)), (NOON + APART + ahead, after(APART))]);
        judge(&till(after(APART), words))
    };
    for sign in [1, -1] {
        assert_eq!(said(sign * NEAR), ClockState::Trusted);
        for (off, refuses) in [(NEAR + 1, false), (FAR, false), (FAR + 1, true)] {
            assert_eq!(said(sign * off), ClockState::FarFromAuthority { ahead: sign * off, refuses });
        }
    }
}

#[test]
fn one_odd_answer_stops_nobody() {
    let warns = ClockState::FarFromAuthority { ahead: DAY, refuses: false };
    let once = heard(&[(NOON + DAY, after(0))]);
    assert_eq!(judge(&till(after(0), once)), warns);
    assert_eq!(judge(&till(after(APART), once)), warns, "an answer does not insist by growing old");
    // Several at once come over one odd road, and count as one.
    let burst = heard(&[(NOON + DAY, after(0)), (NOON + DAY + APART - 1, after(APART - 1))]);
    assert_eq!(judge(&till(after(APART - 1), burst)), warns);
    // Two that differ by more than a minute contradict each other.
    let torn = heard(&[(NOON + DAY - NEAR - 1, after(0)), (NOON + DAY + APART, after(APART))]);
    assert_eq!(judge(&till(after(APART), torn)), warns);
    // The same page again and again from a cache.
    let mut cached = Heard::default();
    for seconds in (0..3_600).step_by(20) {
        cached.hear(NOON - DAY, after(seconds));
        assert!(!judge(&till(after(seconds), cached)).refuses(), "{seconds}");
    }
}

#[test]
fn the_next_right_answer_is_believed_at_once() {
    let mut words = heard(&[(NOON + DAY, after(0)), (NOON + DAY + APART, after(APART))]);
    assert!(judge(&till(after(APART), words)).refuses());
    words.hear(NOON + APART + 1, after(APART + 1));
    assert_eq!(judge(&till(after(APART + 1), words)), ClockState::Trusted);
    // And one odd answer after it does not stop the till again.
    words.hear(NOON + DAY + APART + 2, after(APART + 2));
    assert!(!judge(&till(after(APART + 2), words)).refuses());
}

#[test]
fn a_far_clock_that_is_set_right_sells_at_once() {
    let words = heard(&[(NOON + DAY, after(0)), (NOON + DAY + APART, after(APART))]);
    assert_eq!(judge(&till(at(NOON + DAY + APART, 3_600 + APART), words)), ClockState::Trusted);
}

#[test]
fn an_old_word_refuses_nothing() {
    let words = heard(&[(NOON + DAY, after(0)), (NOON + DAY + APART, after(APART))]);
    assert!(judge(&till(after(APART + RECENT), words)).refuses());
    let warns = ClockState::FarFromAuthority { ahead: DAY, refuses: false };
    assert_eq!(judge(&till(after(APART + RECENT + 1), words)), warns);
    assert_eq!(judge(&till(after(90 * DAY), words)), warns);
}

#[test]
fn nothing_overflows() {
    let extremes = [i64::MIN, -1, 0, 1, NOON, i64::MAX];
    for wall in extremes {
        for uptime in extremes {
            for theirs in extremes {
                let words = heard(&[(theirs, at(wall, uptime)), (theirs, at(uptime, wall))]);
                for last in extremes {
                    let evidence = till(at(theirs, last), words);
                    judge(&Evidence { last_document: Some(last), trusted: Some(at(last, wall)), ..evidence });
                }
            }
        }
    }
}

#[test]
fn what_is_heard_is_shared() {
    let cell = AuthorityTime::default();
    cell.clone().hear(NOON + 7, after(0));
    assert_eq!(cell.heard().ahead(after(5)), Some((7, 5)));
    assert!(warning(61).en.contains("61 s behind") && warning(-61).en.contains("61 s ahead of"));
}
