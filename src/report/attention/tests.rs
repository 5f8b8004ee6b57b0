use super::*;
use crate::fatoora::SetupFault;
use crate::report::alarms::{Alarms, Seen, Steps, Unsent};

const NOW: i64 = 1_800_000_000;

fn paper(n: usize) -> Paper {
    Paper { number: format!("T07-{n:06}"), uuid: format!("uuid-{n}"), since: NOW - 60 }
}

fn rejected(n: usize) -> Rejected {
    let words = Bilingual::new("The address is wrong.", "العنوان غير صحيح.");
    Rejected { paper: paper(n), finding: Some(("BR-KSA-09".to_owned(), words)) }
}

fn ids(facts: &Facts) -> Vec<String> {
    list(facts).into_iter().map(|entry| entry.id).collect()
}

fn facts() -> Facts {
    Facts { now: NOW, till: "T07".to_owned(), ..Facts::default() }
}

fn pause(reason: PauseReason, since: i64) -> Option<Pause> {
    Some(Pause { reason, since, until: since + 900 })
}

/// Every cause at once.
fn everything() -> Facts {
    let words = || Bilingual::new("what", "ماذا");
    let mut alarms = Alarms::new(Steps::default());
    let unsent = Some(Unsent { oldest: Some(NOW - 25 * 3_600), count: 9 });
    alarms.step(&Seen { now: NOW, unsent, driver_silent: 99, ledger_silent: 99, runtime_silent: 99 });
    let held = |(n, reason): (usize, &str)| Held { paper: paper(n), reason: reason.to_owned() };
    let reasons = HoldReason::ALL.map(HoldReason::word).into_iter().chain(["unreadable"]);
    Facts {
        not_selling: Some((words(), true)),
        pause: pause(PauseReason::Setup(SetupFault::Credentials), NOW),
        alarms: alarms.raised(),
        certificate: Some(CertificateAlarm { words: words(), days_left: 7 }),
        clock_ahead: Some(-61),
        odd: Some(Odd { since: NOW - ODD_AFTER, http: Some(302), detail: "elsewhere".to_owned() }),
        rejected: Listed { first: vec![rejected(1)], total: 2 },
        held: Listed { first: reasons.enumerate().map(held).collect(), total: 9 },
        elsewhere: 1,
        parked: Listed { first: vec![Paper { since: NOW - PARKED_AFTER, ..paper(3) }], total: 1 },
        copy: Some(("T07-000004".to_owned(), NOW)),
        printer_fault: Some(words()),
        unconfirmed: Listed { first: vec![paper(5)], total: 2 },
        witnesses: vec![("stick".to_owned(), "gone".to_owned())],
        hook_fault: Some("no such program".to_owned()),
        ..facts()
    }
}

#[test]
fn every_entry_says_what_and_what_to_do_in_both_languages() {
    let mut all = list(&everything());
    all.extend(list(&Facts { not_selling: None, ..everything() }));
    for reason in [
        PauseReason::Offline,
        PauseReason::Trouble,
        PauseReason::CertificatePermissions,
        PauseReason::NoCredentials,
    ]
    .into_iter()
    .chain(
        [
            SetupFault::Forbidden,
            SetupFault::Address,
            SetupFault::Method,
            SetupFault::Version,
            SetupFault::ContentType,
            SetupFault::Certificate,
            SetupFault::Tls,
            SetupFault::Proxy,
        ]
        .map(PauseReason::Setup),
    ) {
        let entries = list(&Facts { pause: pause(reason, NOW - PATIENCE), ..facts() });
        assert_eq!(entries.len(), 1, "{reason:?}");
        assert_eq!(entries[0].id, format!("paused:{}", reason.word()));
        all.extend(entries);
    }
    let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
    for entry in &all {
        assert!(!entry.what.en.is_empty() && arabic(&entry.what.ar), "{entry:?}");
        assert!(!entry.todo.en.is_empty() && arabic(&entry.todo.ar), "{entry:?}");
        let points = entry.command.is_some() || entry.call.is_some();
        assert!(points || entry.urgency == Urgency::Notice, "{entry:?}");
    }
    for kind in [
        Kind::Selling,
        Kind::Clock,
        Kind::Certificate,
        Kind::Paused,
        Kind::Age,
        Kind::Stuck,
        Kind::Rejected,
        Kind::Held,
        Kind::Parked,
        Kind::Copy,
        Kind::Printer,
        Kind::Receipt,
        Kind::Witness,
        Kind::Hook,
    ] {
        assert!(kind == Kind::Selling || all.iter().any(|entry| entry.kind == kind), "{}", kind.word());
    }
    let urgencies: Vec<Urgency> = list(&everything()).iter().map(|entry| entry.urgency).collect();
    assert!(urgencies.is_sorted_by(|a, b| a >= b), "the most urgent first");
}

#[test]
fn ids_are_different_and_gone_with_their_cause() {
    let mut all = ids(&everything());
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(list(&facts()).is_empty());
    assert_eq!(
        ids(&Facts { rejected: Listed { first: vec![rejected(1)], total: 1 }, ..facts() }),
        ["rejected:uuid-1"]
    );
}

#[test]
fn many_rejected_documents_share_an_entry() {
    let many = |total: usize| Facts {
        rejected: Listed {
            first: (1..=total.min(MOST_EACH + 1)).map(rejected).collect(),
            total: total as u64,
        },
        ..facts()
    };
    assert_eq!(list(&many(20)).len(), 20);
    let entries = list(&many(21));
    assert_eq!(entries.len(), 21);
    assert_eq!(entries.last().unwrap().id, "rejected:more");
    let last = list(&many(5_000)).pop().unwrap();
    assert!(last.what.en.contains("4980"), "{last:?}");
    let first = &list(&many(1))[0];
    assert!(first.what.en.contains("T07-000001") && first.what.en.contains("BR-KSA-09"));
    assert_eq!(first.command.as_deref(), Some("tilld correct --number T07-000001"));
    assert_eq!(first.call.as_deref(), Some(r#"POST /v1/corrections {"rejected":{"uuid":"uuid-1"}}"#));
}

#[test]
fn a_line_that_is_down_is_for_a_person_after_an_hour() {
    let offline = |since| ids(&Facts { pause: pause(PauseReason::Offline, since), ..facts() });
    assert!(offline(NOW - PATIENCE + 1).is_empty());
    assert_eq!(offline(NOW - PATIENCE), ["paused:offline"]);
    let throttled = Facts { pause: pause(PauseReason::Throttled, 0), ..facts() };
    assert!(list(&throttled).is_empty(), "nothing to do");
    let asked = Pause { reason: PauseReason::Throttled, since: NOW, until: NOW + PATIENCE };
    assert_eq!(ids(&Facts { pause: Some(asked), ..facts() }), ["paused:throttled"], "an hour of silence");
    let credentials = PauseReason::Setup(SetupFault::Credentials);
    assert_eq!(ids(&Facts { pause: pause(credentials, NOW), ..facts() }), ["paused:credentials"]);
}

#[test]
fn a_standard_document_may_wait_a_little() {
    let parked = |since, total| {
        let parked = Listed { first: vec![Paper { since, ..paper(1) }], total };
        ids(&Facts { parked, ..facts() })
    };
    assert!(parked(NOW - PARKED_AFTER + 1, 9).is_empty());
    assert_eq!(parked(NOW - PARKED_AFTER, 1), ["parked:uuid-1"]);
    assert_eq!(parked(NOW - PARKED_AFTER, 9), ["parked:uuid-1", "parked:more"]);
}

#[test]
fn only_what_can_be_sent_again_is_released() {
    let command = |reason: &str| {
        let held = Listed { first: vec![Held { paper: paper(1), reason: reason.to_owned() }], total: 1 };
        list(&Facts { held, ..facts() }).pop().unwrap().command.unwrap()
    };
    for reason in ["protocol", "not-evaluated", "clearance-off"] {
        assert_eq!(command(reason), "tilld release T07-000001");
    }
    for reason in ["too-large", "former-certificate"] {
        assert_eq!(command(reason), "tilld show T07-000001");
    }
    assert_eq!(command("unreadable"), "tilld verify");
}

#[test]
fn an_answer_that_nobody_understands_is_told_when_it_lasts() {
    let odd = |since| {
        let odd = Odd { since, http: Some(302), detail: "HTTP 302 points elsewhere".to_owned() };
        list(&Facts { odd: Some(odd), ..facts() })
    };
    assert!(odd(NOW - ODD_AFTER + 1).is_empty());
    let told = odd(NOW - ODD_AFTER);
    assert_eq!((told[0].id.as_str(), told[0].since), ("answer", Some(NOW - ODD_AFTER)));
    assert!(told[0].what.en.contains("points elsewhere"));
}

#[test]
fn a_notice_alone_needs_nobody() {
    let notice = list(&Facts { elsewhere: 4, ..facts() });
    assert_eq!(notice.len(), 1);
    assert!(!needs_a_person(&notice));
    assert!(needs_a_person(&list(&Facts { hook_fault: Some("x".to_owned()), ..facts() })));
}
