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

    /// Whether the certificate is good at `now` (seconds since 1970, UTC).
    /// Looks at the clock as well, so that it is right before anyone stored
    /// that the certificate has expired.
    ///
    /// # Errors
    /// Why not, in words that say what to do.
    pub const fn good(&self, now: i64) -> Result<(), NoStamp> {
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
mod tests;
