//! Problem documents (RFC 9457), in English and Arabic: the one form in which
//! the API says no.

mod words;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::service::Refusal;
use crate::invoice::Finding;
use crate::text::Bilingual;

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    KeyMissing,
    KeyMalformed,
    KeyConflict,
    MediaType,
    BodyTooLarge,
    BodyTimeout,
    BodyBroken,
    MalformedJson,
    InvalidSale,
    InvalidCredit,
    InvalidCorrection,
    BadRequest,
    NoSuchRoute,
    NoSuchDocument,
    MethodNotAllowed,
    VerifyRunning,
    NotReleased,
    NotOnboarded,
    Clock,
    Expired,
    ClearanceAway,
    AwaitingClearance,
    NotAllowed,
    InvalidIdentity,
    IdentityBusy,
    IdentityRefused,
    IdentityLater,
    Unavailable,
    Busy,
    Stopping,
    Timeout,
    Internal,
}

/// One answer that says no.
#[derive(Clone, Debug)]
pub struct Problem {
    pub code: ProblemCode,
    /// Instead of the code's own explanation.
    pub detail: Option<Bilingual>,
    pub findings: Vec<Finding>,
}

impl ProblemCode {
    pub const ALL: [ProblemCode; 32] = [
        ProblemCode::KeyMissing,
        ProblemCode::KeyMalformed,
        ProblemCode::KeyConflict,
        ProblemCode::MediaType,
        ProblemCode::BodyTooLarge,
        ProblemCode::BodyTimeout,
        ProblemCode::BodyBroken,
        ProblemCode::MalformedJson,
        ProblemCode::InvalidSale,
        ProblemCode::InvalidCredit,
        ProblemCode::InvalidCorrection,
        ProblemCode::BadRequest,
        ProblemCode::NoSuchRoute,
        ProblemCode::NoSuchDocument,
        ProblemCode::MethodNotAllowed,
        ProblemCode::VerifyRunning,
        ProblemCode::NotReleased,
        ProblemCode::NotOnboarded,
        ProblemCode::Clock,
        ProblemCode::Expired,
        ProblemCode::ClearanceAway,
        ProblemCode::AwaitingClearance,
        ProblemCode::NotAllowed,
        ProblemCode::InvalidIdentity,
        ProblemCode::IdentityBusy,
        ProblemCode::IdentityRefused,
        ProblemCode::IdentityLater,
        ProblemCode::Unavailable,
        ProblemCode::Busy,
        ProblemCode::Stopping,
        ProblemCode::Timeout,
        ProblemCode::Internal,
    ];

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            ProblemCode::KeyMissing
            | ProblemCode::KeyMalformed
            | ProblemCode::BodyBroken
            | ProblemCode::MalformedJson
            | ProblemCode::BadRequest => StatusCode::BAD_REQUEST,
            ProblemCode::NoSuchRoute | ProblemCode::NoSuchDocument => StatusCode::NOT_FOUND,
            ProblemCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ProblemCode::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            ProblemCode::NotAllowed => StatusCode::FORBIDDEN,
            ProblemCode::KeyConflict
            | ProblemCode::AwaitingClearance
            | ProblemCode::IdentityBusy
            | ProblemCode::NotReleased => StatusCode::CONFLICT,
            ProblemCode::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ProblemCode::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ProblemCode::InvalidSale
            | ProblemCode::InvalidCredit
            | ProblemCode::InvalidCorrection
            | ProblemCode::InvalidIdentity
            | ProblemCode::IdentityRefused => StatusCode::UNPROCESSABLE_ENTITY,
            ProblemCode::VerifyRunning => StatusCode::TOO_MANY_REQUESTS,
            ProblemCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ProblemCode::NotOnboarded
            | ProblemCode::Clock
            | ProblemCode::Expired
            | ProblemCode::ClearanceAway
            | ProblemCode::IdentityLater
            | ProblemCode::Unavailable
            | ProblemCode::Busy
            | ProblemCode::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            ProblemCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The member `code`.
    pub const fn word(self) -> &'static str {
        match self {
            ProblemCode::KeyMissing => "idempotency-key-missing",
            ProblemCode::KeyMalformed => "idempotency-key-malformed",
            ProblemCode::KeyConflict => "idempotency-key-conflict",
            ProblemCode::MediaType => "unsupported-media-type",
            ProblemCode::BodyTooLarge => "body-too-large",
            ProblemCode::BodyTimeout => "body-timeout",
            ProblemCode::BodyBroken => "body-broken",
            ProblemCode::MalformedJson => "malformed-json",
            ProblemCode::InvalidSale => "invalid-sale",
            ProblemCode::InvalidCredit => "invalid-credit",
            ProblemCode::InvalidCorrection => "invalid-correction",
            ProblemCode::BadRequest => "bad-request",
            ProblemCode::NoSuchRoute => "no-such-route",
            ProblemCode::NoSuchDocument => "no-such-document",
            ProblemCode::MethodNotAllowed => "method-not-allowed",
            ProblemCode::VerifyRunning => "verify-running",
            ProblemCode::NotReleased => "not-released",
            ProblemCode::NotOnboarded => "not-onboarded",
            ProblemCode::Clock => "clock-not-trusted",
            ProblemCode::Expired => "certificate-expired",
            ProblemCode::ClearanceAway => "clearance-away",
            ProblemCode::AwaitingClearance => "awaiting-clearance",
            ProblemCode::NotAllowed => "not-allowed",
            ProblemCode::InvalidIdentity => "invalid-identity-request",
            ProblemCode::IdentityBusy => "identity-busy",
            ProblemCode::IdentityRefused => "identity-refused",
            ProblemCode::IdentityLater => "identity-later",
            ProblemCode::Unavailable => "unavailable",
            ProblemCode::Busy => "busy",
            ProblemCode::Stopping => "stopping",
            ProblemCode::Timeout => "timeout",
            ProblemCode::Internal => "internal",
        }
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Problem {
        Problem { code, detail: None, findings: Vec::new() }
    }
}

impl Problem {
    /// A problem with an explanation of its own.
    pub fn explained(code: ProblemCode, detail: Bilingual) -> Problem {
        Problem { detail: Some(detail), ..Problem::from(code) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Findings(findings) => Problem { findings, ..Problem::from(ProblemCode::InvalidSale) },
            Refusal::KeyConflict { number } => conflict(&number),
            Refusal::NotOnboarded => ProblemCode::NotOnboarded.into(),
            Refusal::NoStamp(detail) => Problem::explained(ProblemCode::NotOnboarded, detail),
            Refusal::Clock(detail) => Problem::explained(ProblemCode::Clock, detail),
            Refusal::Expired(detail) => Problem::explained(ProblemCode::Expired, detail),
            Refusal::ClearanceAway(detail) => Problem::explained(ProblemCode::ClearanceAway, detail),
            Refusal::AwaitingClearance(detail) => Problem::explained(ProblemCode::AwaitingClearance, detail),
            Refusal::Unavailable(detail) => Problem::explained(ProblemCode::Unavailable, detail),
            Refusal::IdentityBusy(detail) => Problem::explained(ProblemCode::IdentityBusy, detail),
            Refusal::IdentityInvalid(detail) => Problem::explained(ProblemCode::InvalidIdentity, detail),
            Refusal::Identity { words, passing: true } => {
                Problem::explained(ProblemCode::IdentityLater, words)
            }
            Refusal::Identity { words, passing: false } => {
                Problem::explained(ProblemCode::IdentityRefused, words)
            }
            Refusal::NotReleased(detail) => Problem::explained(ProblemCode::NotReleased, detail),
            Refusal::Busy => ProblemCode::Busy.into(),
            Refusal::Stopping => ProblemCode::Stopping.into(),
            Refusal::Fault(text) => {
                tracing::error!(fault = %text, "a request met a fault");
                ProblemCode::Internal.into()
            }
        }
    }
}

/// Names the sale that holds the key.
fn conflict(number: &str) -> Problem {
    let detail = Bilingual::new(
        format!(
            "Invoice {number} was already issued under this key, for a sale with other content. Nothing was \
             issued now. Use a new key for a new sale; to see the earlier one, look up that invoice."
        ),
        format!(
            "سبق إصدار الفاتورة {number} بهذا المفتاح لعملية بيع بمحتوى مختلف، ولم يصدر شيء الآن. \
             استخدم مفتاحاً جديداً لعملية بيع جديدة، وابحث عن تلك الفاتورة إن أردت الاطلاع عليها."
        ),
    );
    Problem::explained(ProblemCode::KeyConflict, detail)
}

/// The members, in the order in which they are written.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    title_ar: &'a str,
    status: u16,
    detail: &'a str,
    detail_ar: &'a str,
    code: &'a str,
    findings: &'a [Finding],
    findings_total: usize,
}

/// Findings that one answer tells; a request that breaks more rules than a sale
/// can have lines was not written by a person.
const MOST_FINDINGS: usize = 500;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let [title, detail] = self.code.words();
        let own = self.detail.as_ref().map(|detail| (detail.en.as_str(), detail.ar.as_str()));
        let detail = own.unwrap_or(detail);
        let status = self.code.status();
        let body = Body {
            r#type: format!("urn:problem-type:tilld:{}", self.code.word()),
            title: title.0,
            title_ar: title.1,
            status: status.as_u16(),
            detail: detail.0,
            detail_ar: detail.1,
            code: self.code.word(),
            findings: self.findings.get(..MOST_FINDINGS).unwrap_or(&self.findings),
            findings_total: self.findings.len(),
        };
        // Texts and numbers only: writing them as JSON cannot fail.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if self.code == ProblemCode::Busy || self.code == ProblemCode::VerifyRunning {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_word_and_both_languages() {
        let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
        for (at, code) in ProblemCode::ALL.iter().enumerate() {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            for (english, translated) in code.words() {
                assert!(!english.is_empty() && !arabic(english), "{english}");
                assert!(arabic(translated), "{translated}");
            }
            assert!(ProblemCode::ALL[..at].iter().all(|other| other.word() != code.word()));
        }
    }
}
