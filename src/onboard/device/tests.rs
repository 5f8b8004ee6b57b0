use super::*;

fn id() -> String {
    "1234567890123".to_owned()
}

fn finding() -> Message {
    serde_json::from_str(
        r#"{"level":"error","type":"ERROR","code":"BR-KSA-08","category":"KSA","message":"x"}"#,
    )
    .unwrap()
}

fn states() -> Vec<Device> {
    vec![
        Device::Blank,
        Device::KeyMade,
        Device::CsrMade { unanswered: 0 },
        Device::CsrMade { unanswered: 2 },
        Device::OtpRefused { answer_lost: true },
        Device::Compliance { request_id: id() },
        Device::Checking { request_id: id(), done: 2, of: 6 },
        Device::Checking { request_id: id(), done: 6, of: 6 },
        Device::ChecksFailed { request_id: id(), done: 2, of: 6, findings: vec![finding()] },
        Device::SandboxCanned,
        Device::Active { until: 9 },
        Device::Expired { since: 9 },
        Device::Revoked,
    ]
}

fn events() -> Vec<DeviceEvent> {
    use DeviceEvent as E;
    vec![
        E::KeyMade,
        E::CsrMade,
        E::OtpSent,
        E::NotSent,
        E::OtpRefused,
        E::RequestRefused,
        E::ComplianceIssued { request_id: id() },
        E::ChecksBegin { of: 6 },
        E::CheckPassed,
        E::CheckRefused { findings: vec![finding()] },
        E::StepsMissing,
        E::ComplianceLapsed,
        E::ProductionIssued { until: 9 },
        E::Renewed { until: 9 },
        E::CannedIssued,
        E::ProfileChanged,
        E::EnvironmentChanged,
        E::RoadChanged,
        E::Expired { since: 9 },
        E::Revoked,
        E::Valid { until: 9 },
    ]
}

/// The whole table, a row for each state: what follows each event in the
    /// order of [`events`], `-` for what is forbidden.
#[rustfmt::skip]
    const TABLE: [&str; 13] = [
        "key -   -    -    -       -    -    -        -        -      -        -    -      -      -      -   blank blank -       -       -",
        "-   csr -    -    -       -    -    -        -        -      -        -    -      -      -      key blank blank -       -       -",
        "-   -   csr1 csr  refused csr  comp -        -        -      -        -    -      active canned key blank blank -       -       -",
        "-   -   csr3 csr1 lost    csr  comp -        -        -      -        -    -      active canned key blank blank -       -       -",
        "-   -   csr1 -    -       -    -    -        -        -      -        -    -      -      -      key blank blank -       -       -",
        "-   -   -    -    -       -    -    check0/6 -        -      -        csr  -      -      -      key blank blank -       -       -",
        "-   -   -    -    -       -    -    -        check3/6 fail2/6 -       csr  -      -      -      key blank blank -       -       -",
        "-   -   -    -    -       -    -    -        -        -      check0/6 csr  active -      canned key blank blank -       -       -",
        "-   -   -    -    -       -    -    check2/6 -        -      -        csr  -      -      -      key blank blank -       -       -",
        "-   -   -    -    -       -    -    -        -        -      -        -    -      -      -      key blank blank -       -       -",
        "-   -   -    -    -       -    -    -        -        -      -        -    -      -      -      -   -     -     expired revoked -",
        "-   -   -    -    -       -    -    -        -        -      -        -    -      -      -      -   -     -     -       revoked active",
        "-   -   -    -    -       -    -    -        -        -      -        -    -      -      -      -   -     -     -       -       active",
    ];

fn short(device: &Device) -> String {
    match device {
        Device::Blank => "blank".into(),
        Device::KeyMade => "key".into(),
        Device::CsrMade { unanswered: 0 } => "csr".into(),
        Device::CsrMade { unanswered } => format!("csr{unanswered}"),
        Device::OtpRefused { answer_lost: false } => "refused".into(),
        Device::OtpRefused { answer_lost: true } => "lost".into(),
        Device::Compliance { .. } => "comp".into(),
        Device::Checking { done, of, .. } => format!("check{done}/{of}"),
        Device::ChecksFailed { done, of, .. } => format!("fail{done}/{of}"),
        Device::SandboxCanned => "canned".into(),
        Device::Active { .. } => "active".into(),
        Device::Expired { .. } => "expired".into(),
        Device::Revoked => "revoked".into(),
    }
}

#[test]
fn every_state_and_event_has_its_place_in_the_table() {
    assert_eq!(states().len(), TABLE.len());
    for (state, row) in states().into_iter().zip(TABLE) {
        let expected: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(expected.len(), events().len());
        for (event, expected) in events().into_iter().zip(expected) {
            let found = state.clone().on(event.clone()).map_or("-".to_owned(), |next| short(&next));
            assert_eq!(found, expected, "{state:?} on {event:?}");
        }
    }
}

#[test]
fn states_are_stored_by_name_and_come_back() {
    for state in states() {
        let text = serde_json::to_string(&state).unwrap();
        assert!(text.contains(state.name()), "{text}");
        assert_eq!(serde_json::from_str::<Device>(&text).unwrap(), state);
    }
}

#[test]
fn only_an_active_one_before_its_end_good() {
    for state in states() {
        let answer = match state {
            Device::Active { .. } => Ok(()),
            Device::Expired { since } => Err(NoStamp::Expired { since }),
            Device::Revoked => Err(NoStamp::Revoked),
            Device::SandboxCanned => Err(NoStamp::SandboxCanned),
            _ => Err(NoStamp::NoIdentity),
        };
        assert_eq!(state.good(8), answer, "{state:?}");
    }
    let active = Device::Active { until: 9 };
    assert_eq!(active.good(9), Err(NoStamp::Expired { since: 9 }), "before anyone stored it");
    assert_eq!(active.good(i64::MAX), Err(NoStamp::Expired { since: 9 }));
}

#[test]
fn a_check_count_that_changed_is_noticed() {
    let failed = Device::ChecksFailed { request_id: id(), done: 2, of: 6, findings: Vec::new() };
    let refused = failed.on(DeviceEvent::ChecksBegin { of: 3 }).unwrap_err();
    assert!(refused.to_string().contains("checks_failed"));
}
