//! What a server's certificate says of itself, for people.

use der::Decode as _;
use x509_cert::Certificate;

/// Facts of a certificate that a server showed; whether they are true is
/// another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub subject: String,
    pub issuer: String,
    /// Seconds since 1970, UTC.
    pub not_after: i64,
}

impl Shown {
    /// `None` if it cannot be read.
    pub(super) fn read(der: &[u8]) -> Option<Shown> {
        let certificate = Certificate::from_der(der).ok()?;
        let facts = certificate.tbs_certificate();
        let until = facts.validity().not_after.to_unix_duration().as_secs();
        // A stranger's names, cut to what fits on a line.
        let short = |name: String| name.chars().take(120).collect::<String>();
        Some(Shown {
            subject: short(facts.subject().to_string()),
            issuer: short(facts.issuer().to_string()),
            not_after: i64::try_from(until).unwrap_or(i64::MAX),
        })
    }
}
