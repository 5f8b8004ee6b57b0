//! Answers of the three calls that hand out a CSID (fatoora-api.md sections
//! 3.1 and 6).

use std::fmt;

use serde_json::Value;
use thiserror::Error;
use zeroize::Zeroize as _;

use super::credentials::Credentials;
use super::message::{self, Level, Message};
use super::retry_after::RetryAfter;
use super::verdict::{Headers, SetupFault};

/// A CSID as it was handed out.
#[derive(Clone, PartialEq, Eq)]
pub struct CsidAnswer {
    /// A number at the platform, kept as text.
    pub request_id: String,
    /// `ISSUED`, or `NOT_COMPLIANT` in the 428 of a renewal.
    pub disposition: String,
    /// The binary security token as received, and the API secret.
    pub credentials: Credentials,
}

impl fmt::Debug for CsidAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsidAnswer")
            .field("request_id", &self.request_id)
            .field("disposition", &self.disposition)
            .field("credentials", &self.credentials)
            .finish()
    }
}

/// The two good answers of a renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenewalAnswer {
    /// 200: the new production CSID.
    Issued(CsidAnswer),
    /// 428: a new compliance CSID. The compliance checks come first, then
    /// `POST /production/csids` with this request id and these credentials.
    ChecksFirst(CsidAnswer),
}

/// Why a call that hands out a CSID did not. Never contains the answer's body,
/// which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{call}: {fault}{}", listed(messages))]
pub struct CallError {
    /// `POST /compliance`, ...
    pub call: &'static str,
    /// None when no answer came.
    pub http: Option<u16>,
    pub fault: Fault,
    /// The authority's reasons, raw: `Invalid-OTP`, `Missing-ComplianceSteps`, ...
    pub messages: Vec<Message>,
}

/// The kinds of failure, by who can mend them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    #[error("the platform refused the request; correct what it names and ask again")]
    Refused,
    #[error("{}", setup_text(*.0))]
    Setup(SetupFault),
    #[error("the platform asks for a pause; try again later")]
    Throttled { retry_after: Option<RetryAfter> },
    #[error("the platform is not available now; try again later")]
    Unavailable,
    #[error("no connection to the platform ({0}); check network and address")]
    Offline(String),
    #[error(
        "the connection broke before the answer came ({0}); the request may have been processed, ask again"
    )]
    Lost(String),
    #[error("the platform's answer could not be understood ({0}); ask again")]
    Unreadable(String),
}

impl CallError {
    /// Whether one of the authority's reasons has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.messages.iter().any(|message| message.code.eq_ignore_ascii_case(code))
    }
}

fn setup_text(fault: SetupFault) -> &'static str {
    match fault {
        SetupFault::Credentials => {
            "the platform does not accept the credentials (wrong, expired, revoked, or of another environment)"
        }
        SetupFault::Forbidden => "the platform's gateway refuses this network address",
        SetupFault::Address => "nothing answers under this path; check the platform address",
        SetupFault::Method | SetupFault::Version | SetupFault::ContentType => {
            "the platform no longer takes this form of request; update tilld"
        }
        SetupFault::Certificate => {
            "the server's TLS certificate does not verify; check the clock, the network and the extra CA file"
        }
        SetupFault::Tls => {
            "the server speaks no TLS that may be used (1.2 or newer); something stands between, nothing was sent"
        }
        SetupFault::Proxy => {
            "the network's proxy wants a name and a password, or others (407); see [fatoora] proxy_credentials_file"
        }
    }
}

fn listed(messages: &[Message]) -> String {
    let texts: Vec<String> = messages
        .iter()
        .take(5)
        .map(|message| match (message.code.as_str(), message.message.as_str()) {
            ("", text) => text.to_owned(),
            (code, "") => code.to_owned(),
            (code, text) => format!("{code}: {text}"),
        })
        .collect();
    if texts.is_empty() { String::new() } else { format!(" [{}]", texts.join("; ")) }
}

/// Reads the answer to `POST /compliance` or `POST /production/csids`.
pub(super) fn issued(
    call: &'static str,
    http: u16,
    headers: &Headers,
    body: &[u8],
) -> Result<CsidAnswer, CallError> {
    let mut answer = message::object(body);
    let csid = read(answer.as_ref()).filter(|csid| is_issued(&csid.disposition));
    answer.iter_mut().for_each(wipe);
    csid.filter(|_| matches!(http, 200..=202)).ok_or_else(|| failed(call, http, headers, answer.as_ref()))
}

/// Overwrites what only the till may know: a value that is dropped stays in memory.
fn wipe(answer: &mut Value) {
    for name in ["secret", "binarySecurityToken"] {
        if let Some(Value::String(text)) = answer.get_mut(name) {
            text.zeroize();
        }
    }
}

/// Reads the answer to `PATCH /production/csids`.
pub(super) fn renewed(http: u16, headers: &Headers, body: &[u8]) -> Result<RenewalAnswer, CallError> {
    const CALL: &str = "PATCH /production/csids";
    if http == 428 {
        let mut answer = message::object(body);
        let csid = read(answer.as_ref()).map(RenewalAnswer::ChecksFirst);
        answer.iter_mut().for_each(wipe);
        return csid.ok_or_else(|| failed(CALL, http, headers, answer.as_ref()));
    }
    issued(CALL, http, headers, body).map(RenewalAnswer::Issued)
}

/// Older answers leave the disposition out.
fn is_issued(disposition: &str) -> bool {
    disposition.is_empty() || disposition.eq_ignore_ascii_case("ISSUED")
}

fn read(answer: Option<&Value>) -> Option<CsidAnswer> {
    let answer = answer?;
    let filled = |name: &str| message::text(answer.get(name)).filter(|text| !text.trim().is_empty());
    Some(CsidAnswer {
        request_id: filled("requestID")?,
        disposition: message::field(answer, "dispositionMessage"),
        credentials: Credentials::new(filled("binarySecurityToken")?, filled("secret")?),
    })
}

fn failed(call: &'static str, http: u16, headers: &Headers, answer: Option<&Value>) -> CallError {
    let messages = answer.map(reasons).unwrap_or_default();
    let disposition = answer.map(|answer| message::field(answer, "dispositionMessage")).unwrap_or_default();
    let fault = match http {
        200..=202 | 428 if !messages.is_empty() || !is_issued(&disposition) => Fault::Refused,
        400 | 409 | 422 => Fault::Refused,
        401 => Fault::Setup(SetupFault::Credentials),
        403 => Fault::Setup(SetupFault::Forbidden),
        404 => Fault::Setup(SetupFault::Address),
        405 => Fault::Setup(SetupFault::Method),
        406 => Fault::Setup(SetupFault::Version),
        415 => Fault::Setup(SetupFault::ContentType),
        429 => Fault::Throttled { retry_after: headers.retry_after.as_deref().and_then(RetryAfter::parse) },
        500..=599 => Fault::Unavailable,
        _ => Fault::Unreadable(format!("HTTP {http} without a CSID")),
    };
    CallError { call, http: Some(http), fault, messages }
}

/// `errors` in its forms, or a lone `{"code":..,"message":..}`.
fn reasons(answer: &Value) -> Vec<Message> {
    let mut messages = Vec::new();
    message::collect(Level::Error, answer.get("errors"), &mut messages);
    message::collect(Level::Error, answer.get("error").filter(|error| error.is_object()), &mut messages);
    let lone = answer.get("code").is_some() || answer.get("message").is_some_and(Value::is_string);
    if messages.is_empty() && lone {
        message::collect(Level::Error, Some(answer), &mut messages);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"requestID":1234567890123,"tokenType":"x","dispositionMessage":"ISSUED",
        "binarySecurityToken":"VE9LRU4=","secret":"hush","errors":null}"#;

    fn compliance(http: u16, body: &str) -> Result<CsidAnswer, CallError> {
        issued("POST /compliance", http, &Headers::default(), body.as_bytes())
    }

    #[test]
    fn a_csid_is_read_in_every_form() {
        for body in [
            GOOD.to_owned(),
            GOOD.replace("1234567890123", "\"1234567890123\""),
            format!("{{\"value\":{GOOD}}}"),
            GOOD.replace(",\"errors\":null", ""),
            GOOD.replace("\"dispositionMessage\":\"ISSUED\",", ""),
        ] {
            let csid = compliance(200, &body).expect(&body);
            assert_eq!(csid.request_id, "1234567890123");
            assert_eq!(csid.credentials.token, "VE9LRU4=");
            assert!(!format!("{csid:?}").contains("hush"));
        }
    }

    #[test]
    fn no_csid_without_token_secret_and_issue() {
        for (body, fault) in [
            (GOOD.replace("ISSUED", "NOT_COMPLIANT"), Fault::Refused),
            (GOOD.replace("\"hush\"", "null"), Fault::Unreadable("HTTP 200 without a CSID".to_owned())),
            (GOOD[..GOOD.len() / 2].to_owned(), Fault::Unreadable("HTTP 200 without a CSID".to_owned())),
            ("<html>".to_owned(), Fault::Unreadable("HTTP 200 without a CSID".to_owned())),
        ] {
            let error = compliance(200, &body).expect_err(&body);
            assert_eq!(error.fault, fault, "{body}");
            assert!(!format!("{error:?} {error}").contains("hush"));
        }
    }

    #[test]
    fn reasons_are_kept_raw() {
        let otp = compliance(400, r#"{"errors":[{"code":"Invalid-OTP","message":"The OTP is wrong"}]}"#)
            .expect_err("refused");
        assert!(otp.has_code("invalid-otp") && otp.fault == Fault::Refused);
        assert!(otp.to_string().contains("Invalid-OTP: The OTP is wrong"));
        let steps = compliance(400, r#"{"code":"Missing-ComplianceSteps","message":"not done [x]"}"#)
            .expect_err("refused");
        assert!(steps.has_code("Missing-ComplianceSteps"));
        let policy = compliance(
            400,
            r#"{"requestID":-2,"tokenType":null,"dispositionMessage":"NOT_COMPLIANT","binarySecurityToken":null,
               "errors":["... Denied by Policy Module 0x80094800 ..."]}"#,
        )
        .expect_err("refused");
        assert!(policy.messages[0].message.contains("0x80094800"));
    }

    #[test]
    fn faults_by_status() {
        let headers = Headers { retry_after: Some("7".to_owned()), ..Headers::default() };
        for (http, fault) in [
            (400, Fault::Refused),
            (401, Fault::Setup(SetupFault::Credentials)),
            (403, Fault::Setup(SetupFault::Forbidden)),
            (404, Fault::Setup(SetupFault::Address)),
            (405, Fault::Setup(SetupFault::Method)),
            (406, Fault::Setup(SetupFault::Version)),
            (415, Fault::Setup(SetupFault::ContentType)),
            (429, Fault::Throttled { retry_after: Some(RetryAfter::Seconds(7)) }),
            (500, Fault::Unavailable),
            (503, Fault::Unavailable),
            (504, Fault::Unavailable),
            (302, Fault::Unreadable("HTTP 302 without a CSID".to_owned())),
        ] {
            let error = issued("POST /compliance", http, &headers, b"<html>").expect_err("no CSID");
            assert_eq!((error.fault, error.http), (fault, Some(http)));
        }
    }

    #[test]
    fn the_three_answers_of_a_renewal() {
        let read = |http, body: &str| renewed(http, &Headers::default(), body.as_bytes());
        assert!(matches!(read(200, GOOD), Ok(RenewalAnswer::Issued(_))));
        let first = GOOD.replace("ISSUED", "NOT_COMPLIANT");
        assert!(matches!(read(428, &first), Ok(RenewalAnswer::ChecksFirst(_))));
        assert_eq!(
            read(428, "{}").expect_err("no token").fault,
            Fault::Unreadable("HTTP 428 without a CSID".to_owned())
        );
        assert!(read(400, &first).is_err());
        assert!(compliance(428, &first).is_err());
    }
}
