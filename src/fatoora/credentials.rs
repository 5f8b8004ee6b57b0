//! What proves who is calling: the CSID's token and secret, and the one-time
//! password of the portal. None of it shows in Debug, and memory is wiped.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

/// Basic credentials of one CSID: the binary security token exactly as it was
/// received (not decoded) and its API secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub token: String,
    pub secret: Zeroizing<String>,
}

impl Credentials {
    pub fn new(token: impl Into<String>, secret: impl Into<String>) -> Credentials {
        Credentials { token: token.into(), secret: Zeroizing::new(secret.into()) }
    }

    /// Value of the `Authorization` header (fatoora-api.md section 2).
    pub(super) fn basic(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new(format!("{}:{}", self.token, self.secret.as_str()));
        let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        Zeroizing::new(format!("Basic {}", encoded.as_str()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

/// One-time password from the Fatoora portal: six digits, valid one hour,
/// bound to VAT number and environment.
#[derive(Clone)]
pub struct Otp(Zeroizing<String>);

/// A text that cannot be an OTP. Does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an OTP has exactly six digits, as the Fatoora portal shows them")]
pub struct OtpError;

impl Otp {
    pub fn new(text: &str) -> Result<Otp, OtpError> {
        let text = text.trim();
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Otp(Zeroizing::new(text.to_owned())))
        } else {
            Err(OtpError)
        }
    }

    pub(super) fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Otp(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_keeps_secrets() {
        let credentials = Credentials::new("token-text", "hush-hush");
        let otp = Otp::new("123345").expect("digits");
        let shown = format!("{credentials:?} {otp:?} {:?}", Some(&credentials));
        for secret in ["token-text", "hush", "123345"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn basic_is_the_pair_in_base64() {
        assert_eq!(
            Credentials::new("Aladdin", "open sesame").basic().as_str(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
    }

    #[test]
    fn an_otp_is_six_digits() {
        for bad in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "12 345"] {
            assert!(Otp::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Otp::new(" 123345\n").expect("trimmed").digits(), "123345");
    }
}
