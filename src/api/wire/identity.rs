//! The JSON of the till's identity: what it is, and what came of a request to
//! change it.

use serde::{Deserialize, Serialize};

use super::Words;

/// A certificate in plain facts. Times are Riyadh time with its offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub subject: String,
    /// Decimal, as the Fatoora portal lists it.
    #[serde(default)]
    pub serial_number: String,
    #[serde(default)]
    pub issuer: String,
    #[serde(default)]
    pub valid_from: String,
    pub valid_until: String,
    /// A begun day counts; 0 once it is over.
    #[serde(default)]
    pub days_left: i64,
    /// What to do about its end; absent while that is far away.
    #[serde(default)]
    pub alarm: Option<Words>,
}

/// The till's identity and where its secrets lie. Holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the identity in use stands: `blank` ... `active`, `expired`, `revoked`.
    pub state: String,
    /// Where the one stands that is being made to follow it, if there is one.
    pub successor: Option<String>,
    /// Whether the next step of the one in the making, or else of the one in use,
    /// needs a one-time password.
    #[serde(default)]
    pub needs_otp: bool,
    /// SHA-256 in hexadecimal digits of the settings that make an identity, with which
    /// the till was started: tells whether the configuration was changed since. Empty
    /// from a till of an older version.
    #[serde(default)]
    pub settings_digest: String,
    pub certificate: Option<Certificate>,
    /// Certificates that stamped here before; their credentials still send what
    /// they stamped.
    pub former: Vec<Former>,
    /// What opens the vault with the till's secrets.
    pub vault_key: String,
    /// Where the stamping key lies.
    pub key_store: String,
    /// What is being done to it now.
    pub operation: Option<Operation>,
}

/// A certificate that stamped here before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    pub environment: String,
    pub serial_number: String,
    pub valid_until: String,
}

/// An onboarding, replacement or renewal under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// `onboarding`, `replacement` or `renewal`.
    pub kind: String,
    pub began_at: String,
    /// The last step that is done.
    pub step: String,
}

/// What came of an onboarding, a replacement or a renewal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityDone {
    /// `onboarding`, `replacement` or `renewal`; `none` if the till had what was asked for.
    pub kind: String,
    pub environment: String,
    pub certificate: Certificate,
    /// What else is worth knowing, such as documents that are still to be sent.
    pub notes: Vec<Words>,
}
