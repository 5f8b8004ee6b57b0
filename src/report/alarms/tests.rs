use super::*;

const ISSUED: i64 = 1_800_000_000;

fn at(now: i64, oldest: Option<i64>) -> Seen {
    let count = u64::from(oldest.is_some()) * 3;
    Seen { now, unsent: Some(Unsent { oldest, count }), ..Seen::default() }
}

/// `+unsent-12h` for one that was raised, `-unsent-12h` for one that ended.
fn told(changes: &[Change]) -> Vec<String> {
    let one = |change: &Change| match change {
        Change::Raised(alarm) => format!("+{}", alarm.id),
        Change::Ended(alarm) => format!("-{}", alarm.id),
    };
    changes.iter().map(one).collect()
}

fn arabic(text: &str) -> bool {
    text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c))
}

#[test]
fn each_step_is_raised_in_its_second_and_once() {
    let mut alarms = Alarms::new(Steps::default());
    let mut log = Vec::new();
    for second in 0..=(25 * HOUR) {
        let changes = alarms.step(&at(ISSUED + second, Some(ISSUED)));
        for change in &changes {
            let alarm = change.alarm();
            assert_eq!(alarm.since, ISSUED + second, "{alarm:?}");
            assert!(arabic(&alarm.words.ar), "{alarm:?}");
        }
        log.extend(told(&changes).into_iter().map(|word| (second, word)));
    }
    let wanted = [12, 20, 23, 24].map(|hours| (hours * HOUR, format!("+unsent-{hours}h")));
    assert_eq!(log, wanted);
    let levels: Vec<&str> = alarms.raised().iter().map(|alarm| alarm.level.word()).collect();
    assert_eq!(levels, ["warning", "critical", "critical", "breach"]);
    let breach = alarms.raised().pop().unwrap().words;
    assert!(breach.en.contains("failure notification form") && breach.en.contains("25 h"), "{breach:?}");

    let ended = told(&alarms.step(&at(ISSUED + 26 * HOUR, None)));
    assert_eq!(ended, ["-unsent-12h", "-unsent-20h", "-unsent-23h", "-unsent-24h"]);
    assert!(alarms.step(&at(ISSUED + 27 * HOUR, None)).is_empty());
}

#[test]
fn an_alarm_ends_with_the_last_document_that_is_so_old() {
    let mut alarms = Alarms::new(Steps::default());
    let now = ISSUED + 13 * HOUR;
    assert_eq!(told(&alarms.step(&at(now, Some(ISSUED)))), ["+unsent-12h"]);
    assert!(alarms.step(&at(now, Some(ISSUED + HOUR))).is_empty(), "the next one is 12 hours old too");
    assert_eq!(told(&alarms.step(&at(now, Some(ISSUED + HOUR + 1)))), ["-unsent-12h"]);
    assert_eq!(told(&alarms.step(&at(now + 1, Some(ISSUED + HOUR + 1)))), ["+unsent-12h"]);
}

#[test]
fn a_restart_tells_nothing_twice_and_ends_what_is_over() {
    let now = ISSUED + 21 * HOUR;
    // Nothing was told before: what holds now is raised.
    let mut fresh = Alarms::new(Steps::default());
    assert_eq!(told(&fresh.step(&at(now, Some(ISSUED)))), ["+unsent-12h", "+unsent-20h"]);
    let known = |alarms: &Alarms| -> Vec<(AlarmId, i64)> {
        alarms.raised().into_iter().map(|alarm| (alarm.id, alarm.since)).collect()
    };
    let before = known(&fresh);
    let mut again = Alarms::resumed(Steps::default(), before.clone());
    assert!(again.step(&at(now + 60, Some(ISSUED))).is_empty());
    assert_eq!(known(&again), before, "it began when it began");
    assert!(again.raised().iter().all(|alarm| !alarm.words.en.is_empty()));
    // Sent while nobody looked, and other steps in the settings now.
    let mut drained = Alarms::resumed(Steps::new(&[10, 20]), before);
    assert_eq!(told(&drained.step(&at(now + 60, None))), ["-unsent-12h", "-unsent-20h"]);
    // A part that hung before the restart.
    let mut alive = Alarms::resumed(Steps::default(), [(AlarmId::DriverStuck, now)]);
    assert_eq!(told(&alive.step(&at(now, None))), ["-driver-stuck"]);
}

#[test]
fn a_clock_that_is_set_back_ends_nothing() {
    let mut alarms = Alarms::new(Steps::default());
    alarms.step(&at(ISSUED + 21 * HOUR, Some(ISSUED)));
    assert!(alarms.step(&at(ISSUED + HOUR, Some(ISSUED))).is_empty());
    assert!(alarms.step(&at(ISSUED - 9 * HOUR, Some(ISSUED))).is_empty());
    assert_eq!(alarms.raised().len(), 2);
    // The next one was more than 12, but less than 20 hours old at the time.
    let next = Some(ISSUED + 8 * HOUR);
    assert_eq!(told(&alarms.step(&at(ISSUED + 10 * HOUR, next))), ["-unsent-20h"]);
    assert_eq!(told(&alarms.step(&at(ISSUED + 10 * HOUR, None))), ["-unsent-12h"]);
}

#[test]
fn the_legal_limit_is_always_watched() {
    for hours in [&[][..], &[6], &[24], &[6, 48, 0]] {
        let mut alarms = Alarms::new(Steps::new(hours));
        let late = told(&alarms.step(&at(ISSUED + 24 * HOUR, Some(ISSUED))));
        assert_eq!(late.last().unwrap(), "+unsent-24h", "{hours:?}");
        assert_eq!(late.contains(&"+unsent-6h".to_owned()), hours.contains(&6));
        assert_eq!(late.len(), 1 + usize::from(hours.contains(&6)));
    }
}

#[test]
fn a_part_without_life_is_told_while_the_others_are_watched_on() {
    let mut alarms = Alarms::new(Steps::default());
    // The ledger never answered: of the queue nothing is known.
    let silent = |driver_silent, ledger_silent, runtime_silent| Seen {
        now: ISSUED,
        unsent: None,
        driver_silent,
        ledger_silent,
        runtime_silent,
    };
    assert!(alarms.step(&silent(30, 30, 30)).is_empty());
    let changes = alarms.step(&silent(31, 30, 90));
    assert_eq!(told(&changes), ["+driver-stuck", "+runtime-stuck"]);
    assert_eq!(
        changes.iter().map(|change| change.alarm().since).collect::<Vec<_>>(),
        [ISSUED - 31, ISSUED - 90]
    );
    assert_eq!(told(&alarms.step(&silent(3, 31, 100))), ["-driver-stuck", "+ledger-stuck"]);
    // While the ledger hangs, the age grows by what it said last.
    let late = Seen { ledger_silent: 99, ..at(ISSUED + 12 * HOUR, Some(ISSUED)) };
    assert_eq!(told(&alarms.step(&late)), ["+unsent-12h", "-runtime-stuck"]);
}

#[test]
fn words_lead_back_and_no_clock_is_too_wrong() {
    for id in [AlarmId::Unsent(12), AlarmId::Unsent(24)].into_iter().chain(AlarmId::PARTS) {
        assert_eq!(AlarmId::from_word(&id.word()), Some(id));
    }
    for rubbish in ["", "unsent-h", "unsent-12", "unsent--3h", "driver"] {
        assert_eq!(AlarmId::from_word(rubbish), None);
    }
    for now in [i64::MIN, 0, i64::MAX] {
        for oldest in [i64::MIN, 0, i64::MAX] {
            let mut alarms = Alarms::new(Steps::default());
            alarms.step(&Seen { driver_silent: u64::MAX, ..at(now, Some(oldest)) });
            alarms.step(&at(oldest, Some(now)));
        }
    }
    assert_eq!(deadline(ISSUED), ISSUED + 86_400);
}
