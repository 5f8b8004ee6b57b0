//! The states of a bundle (the identity that stamps, or the successor in the
//! making beside it) and every way from one to another. Pure: what happened
//! comes in as an event.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::words::NoStamp;
use crate::fatoora::Message;

/// Where a bundle stands on its way to an identity and beyond. Persisted by
/// name; holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// Nothing yet.
    Blank,
    /// The key is made and sealed.
    KeyMade,
    /// The certificate request is made; it can be sent with an OTP.
    CsrMade {
        /// Requests that left with an OTP and were never answered: each may
        /// have used its OTP up.
        unanswered: u32,
    },
    /// The authority did not take the OTP; another one is needed.
    OtpRefused {
        /// An earlier request with an OTP was never answered, and may be the
        /// one that used it up.
        answer_lost: bool,
    },
    /// The compliance CSID is there; the checks can begin.
    Compliance { request_id: String },
    /// `done` of `of` compliance checks are passed.
    Checking { request_id: String, done: u8, of: u8 },
    /// The authority found something in a compliance document.
    ChecksFailed { request_id: String, done: u8, of: u8, findings: Vec<Message> },
    /// The sandbox handed out its canned certificate, which belongs to another
    /// key (fatoora-api.md section 3.1). There is nothing more to ask it for.
    SandboxCanned,
    /// The production CSID is there and fits.
    Active {
        /// Seconds since 1970, UTC: end of the certificate's validity.
        until: i64,
    },
    /// The certificate's validity is over; nothing may be stamped with it.
    Expired {
        /// Seconds since 1970, UTC.
        since: i64,
    },
    /// The authority withdrew the certificate.
    Revoked,
}

/// What can happen to a till's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceEvent {
    KeyMade,
    CsrMade,
    /// The request is about to leave with an OTP.
    OtpSent,
    /// It did not leave after all: there was no connection.
    NotSent,
    /// The authority refused the OTP.
    OtpRefused,
    /// The authority answered and refused something else than the OTP.
    RequestRefused,
    ComplianceIssued {
        request_id: String,
    },
    /// The checks begin, or begin again after one failed.
    ChecksBegin {
        of: u8,
    },
    CheckPassed,
    CheckRefused {
        findings: Vec<Message>,
    },
    /// The authority does not know of all the checks that it accepted.
    StepsMissing,
    /// The compliance CSID is no longer accepted, or leads nowhere: a new OTP
    /// is needed.
    ComplianceLapsed,
    ProductionIssued {
        until: i64,
    },
    /// A renewal was answered by a production CSID at once.
    Renewed {
        until: i64,
    },
    /// What came instead of a production CSID is the sandbox's canned one.
    CannedIssued,
    /// The shop corrected its facts; the request must be made anew.
    ProfileChanged,
    /// The till goes to another environment, for which it needs another key.
    EnvironmentChanged,
    /// A successor is wanted on the other road: by onboarding instead of by
    /// renewal, or the reverse. It gets another key.
    RoadChanged,
    /// The clock has passed the end of the certificate.
    Expired {
        since: i64,
    },
    /// The authority does not take the credentials of a certificate that has
    /// not expired.
    Revoked,
    /// The certificate is good after all: the clock that said otherwise was
    /// wrong, or the authority takes its credentials again.
    Valid {
        until: i64,
    },
}

/// An event that cannot happen in that state: a fault of this program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a till in the state `{state}` cannot have `{event:?}`; report this to the maker of tilld")]
pub struct Forbidden {
    pub state: &'static str,
    pub event: Box<DeviceEvent>,
}

impl Device {
    /// The state after `event`. All transitions are here.
    pub fn on(self, event: DeviceEvent) -> Result<Device, Forbidden> {
        use DeviceEvent as E;
        Ok(match (self, event) {
            (Device::Blank, E::KeyMade) => Device::KeyMade,
            (Device::KeyMade, E::CsrMade) => Device::CsrMade { unanswered: 0 },

            (Device::CsrMade { unanswered }, E::OtpSent) => {
                Device::CsrMade { unanswered: unanswered.saturating_add(1) }
            }
            (Device::OtpRefused { .. }, E::OtpSent) => Device::CsrMade { unanswered: 1 },
            (Device::CsrMade { unanswered }, E::NotSent) => {
                Device::CsrMade { unanswered: unanswered.saturating_sub(1) }
            }
            (Device::CsrMade { unanswered }, E::OtpRefused) => {
                // The refused request itself is one of the unanswered ones.
                Device::OtpRefused { answer_lost: unanswered > 1 }
            }
            (Device::CsrMade { .. }, E::RequestRefused) => Device::CsrMade { unanswered: 0 },
            (Device::CsrMade { .. }, E::ComplianceIssued { request_id }) => Device::Compliance { request_id },

            (
                Device::Compliance { request_id } | Device::ChecksFailed { request_id, done: 0, .. },
                E::ChecksBegin { of },
            ) => Device::Checking { request_id, done: 0, of },
            (Device::ChecksFailed { request_id, done, of, .. }, E::ChecksBegin { of: again })
                if of == again =>
            {
                Device::Checking { request_id, done, of }
            }
            (Device::Checking { request_id, done, of }, E::CheckPassed) if done < of => {
                Device::Checking { request_id, done: done + 1, of }
            }
            (Device::Checking { request_id, done, of }, E::CheckRefused { findings }) if done < of => {
                Device::ChecksFailed { request_id, done, of, findings }
            }
            (Device::Checking { request_id, done, of }, E::StepsMissing) if done == of => {
                Device::Checking { request_id, done: 0, of }
            }
            (Device::Checking { done, of, .. }, E::ProductionIssued { until }) if done == of => {
                Device::Active { until }
            }
            (Device::CsrMade { .. }, E::Renewed { until }) => Device::Active { until },
            (Device::CsrMade { .. }, E::CannedIssued) => Device::SandboxCanned,
            (Device::Checking { done, of, .. }, E::CannedIssued) if done == of => Device::SandboxCanned,
            (
                Device::Compliance { .. } | Device::Checking { .. } | Device::ChecksFailed { .. },
                E::ComplianceLapsed,
            ) => Device::CsrMade { unanswered: 0 },

            (
                Device::KeyMade
                | Device::CsrMade { .. }
                | Device::OtpRefused { .. }
                | Device::Compliance { .. }
                | Device::Checking { .. }
                | Device::ChecksFailed { .. }
                | Device::SandboxCanned,
                E::ProfileChanged,
            ) => Device::KeyMade,
            (
                Device::Blank
                | Device::KeyMade
                | Device::CsrMade { .. }
                | Device::OtpRefused { .. }
                | Device::Compliance { .. }
                | Device::Checking { .. }
                | Device::ChecksFailed { .. }
                | Device::SandboxCanned,
                E::EnvironmentChanged | E::RoadChanged,
            ) => Device::Blank,

            (Device::Active { .. }, E::Expired { since }) => Device::Expired { since },
            (Device::Active { .. } | Device::Expired { .. }, E::Revoked) => Device::Revoked,
            (Device::Expired { .. } | Device::Revoked, E::Valid { until }) => Device::Active { until },

            (state, event) => return Err(Forbidden { state: state.name(), event: Box::new(event) }),
        })
    }

    /// The name of the state, as `status` shows it.
    pub const fn name(&self) -> &'static str {
        match self {
            Device::Blank => "blank",
            Device::KeyMade => "key_made",
            Device::CsrMade { .. } => "csr_made",
            Device::OtpRefused { .. } => "otp_refused",
            Device::Compliance { .. } => "compliance",
            Device::Checking { .. } => "checking",
            Device::ChecksFailed { .. } => "checks_failed",
            Device::SandboxCanned => "sandbox_canned",
            Device::Active { .. } => "active",
            Device::Expired { .. } => "expired",
            Device::Revoked => "revoked",
        }
    }

    /// Whether the next step needs a one-time password from the portal.
    pub const fn needs_otp(&self) -> bool {
        matches!(self, Device::Blank | Device::KeyMade | Device::CsrMade { .. } | Device::OtpRefused { .. })
    }

    /// Whether this is an identity: good now, or one that was good once.
    pub const fn is_identity(&self) -> bool {
        matches!(self, Device::Active { .. } | Device::Expired { .. } | Device::Revoked)
    }

    /// What the clock makes of this state at `now` (seconds since 1970, UTC).
    pub const fn by_clock(&self, now: i64) -> Option<DeviceEvent> {
        match self {
            Device::Active { until } if *until <= now => Some(DeviceEvent::Expired { since: *until }),
            Device::Expired { since } if now < *since => Some(DeviceEvent::Valid { until: *since }),
            _ => None,
        }
    }

    /// Whether documents may be stamped at `now` (seconds since 1970, UTC).
    /// Looks at the clock as well, so that it is right before anyone stored
    /// that the certificate has expired.
    ///
    /// # Errors
    /// Why not, in words that say what to do.
    pub const fn may_stamp(&self, now: i64) -> Result<(), NoStamp> {
        match self {
            Device::Active { until } if now < *until => Ok(()),
            Device::Active { until: since } | Device::Expired { since } => {
                Err(NoStamp::Expired { since: *since })
            }
            Device::Revoked => Err(NoStamp::Revoked),
            Device::SandboxCanned => Err(NoStamp::SandboxCanned),
            _ => Err(NoStamp::NoIdentity),
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn only_an_active_one_before_its_end_may_stamp() {
        for state in states() {
            let answer = match state {
                Device::Active { .. } => Ok(()),
                Device::Expired { since } => Err(NoStamp::Expired { since }),
                Device::Revoked => Err(NoStamp::Revoked),
                Device::SandboxCanned => Err(NoStamp::SandboxCanned),
                _ => Err(NoStamp::NoIdentity),
            };
            assert_eq!(state.may_stamp(8), answer, "{state:?}");
        }
        let active = Device::Active { until: 9 };
        assert_eq!(active.may_stamp(9), Err(NoStamp::Expired { since: 9 }), "before anyone stored it");
        assert_eq!(active.may_stamp(i64::MAX), Err(NoStamp::Expired { since: 9 }));
    }

    #[test]
    fn a_check_count_that_changed_is_noticed() {
        let failed = Device::ChecksFailed { request_id: id(), done: 2, of: 6, findings: Vec::new() };
        let refused = failed.on(DeviceEvent::ChecksBegin { of: 3 }).unwrap_err();
        assert!(refused.to_string().contains("checks_failed"));
    }
}
