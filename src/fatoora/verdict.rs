//! From an answer to what it means for the document and for the queue: the
//! whole table of fatoora-api.md section 4 in one pure function.

use super::answer::InvoiceAnswer;
use super::message::{Level, Message};
use super::retry_after::{RetryAfter, http_date};

/// The three calls that carry a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentCall {
    /// `POST /compliance/invoices`: a test during onboarding, not recorded as a tax document.
    Check,
    /// `POST /invoices/reporting/single`.
    Reporting,
    /// `POST /invoices/clearance/single`.
    Clearance,
}

/// The headers of an answer that matter, for the verdict and for the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    pub content_type: Option<String>,
    /// The authority's clock as sent.
    pub date: Option<String>,
    pub retry_after: Option<String>,
    /// Never followed, only recorded.
    pub location: Option<String>,
}

impl Headers {
    /// The authority's clock in unix seconds UTC.
    pub fn server_time(&self) -> Option<i64> {
        http_date(self.date.as_deref()?)
    }
}

/// Which word of success an accepted document got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    Reported,
    Cleared,
}

/// An accepted document: terminal, never sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    pub accepted: Accepted,
    /// The authority said 208 or 409: an earlier submission of the same hash
    /// had succeeded. A success; a surprise if these bytes never left before.
    pub repeated: bool,
    pub with_warnings: bool,
    pub messages: Vec<Message>,
    /// The legal document of a clearance; always there when `accepted` is
    /// `Cleared` by the clearance call.
    pub cleared: Option<Vec<u8>>,
}

/// What in our own set-up makes the platform refuse every call alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetupFault {
    /// 401: token or secret wrong, expired, revoked, or of another environment.
    Credentials,
    /// 403: the gateway refuses this address or network.
    Forbidden,
    /// 404: wrong base URL or path.
    Address,
    /// 405: wrong method.
    Method,
    /// 406: `Accept-Version` missing or no longer supported.
    Version,
    /// 415: wrong content type.
    ContentType,
    /// The server's TLS certificate does not verify.
    Certificate,
    /// The server speaks no TLS that may be used: 1.1 and older, or weak ciphers.
    Tls,
    /// 407: the proxy of the network wants a name and a password, or others.
    Proxy,
}

/// The meaning of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 200, 202, 208, 409 with a body that says so.
    Accepted(Acceptance),
    /// 303: clearance is switched off; the document goes to reporting.
    ClearanceOff { messages: Vec<Message> },
    /// 400 or 422 with findings: final for these bytes. The document keeps its
    /// place in the chain; a correction is a new document.
    Rejected { messages: Vec<Message> },
    /// 400 or 422 without findings: the platform did not understand the
    /// request, and the document was not evaluated.
    Protocol { messages: Vec<Message> },
    /// 413: the request is larger than the platform takes; not received.
    TooLarge,
    /// 401, 403, 404, 405, 406, 415, TLS: no document's fault; the whole queue waits.
    Setup(SetupFault),
    /// 429: shared by all documents of the CSID.
    Throttled { retry_after: Option<RetryAfter> },
    /// 500, 502, 503 and kin: not received; the same bytes again later.
    Unavailable,
    /// 504, or the connection broke after the request began to leave: it may
    /// have been processed. The same bytes again; expect 409 or 208.
    Lost,
    /// No connection came about: nothing has left the till.
    Offline,
    /// Undocumented or unreadable, a 200 with rubbish included: not believed.
    /// The same bytes again, slowly.
    Unknown,
}

impl Verdict {
    /// The name under which an attempt is recorded.
    pub const fn word(&self) -> &'static str {
        match self {
            Verdict::Accepted(Acceptance { repeated: true, .. }) => "accepted-before",
            Verdict::Accepted(Acceptance { with_warnings: true, .. }) => "accepted-with-warnings",
            Verdict::Accepted(_) => "accepted",
            Verdict::ClearanceOff { .. } => "clearance-off",
            Verdict::Rejected { .. } => "rejected",
            Verdict::Protocol { .. } => "protocol",
            Verdict::TooLarge => "too-large",
            Verdict::Setup(SetupFault::Credentials) => "credentials",
            Verdict::Setup(SetupFault::Forbidden) => "forbidden",
            Verdict::Setup(SetupFault::Address) => "address",
            Verdict::Setup(SetupFault::Method) => "method",
            Verdict::Setup(SetupFault::Version) => "version",
            Verdict::Setup(SetupFault::ContentType) => "content-type",
            Verdict::Setup(SetupFault::Certificate) => "certificate",
            Verdict::Setup(SetupFault::Tls) => "tls",
            Verdict::Setup(SetupFault::Proxy) => "proxy",
            Verdict::Throttled { .. } => "throttled",
            Verdict::Unavailable => "unavailable",
            Verdict::Lost => "lost",
            Verdict::Offline => "offline",
            Verdict::Unknown => "unknown",
        }
    }

    /// The authority's findings; empty where the answer has none.
    pub fn messages(&self) -> &[Message] {
        match self {
            Verdict::Accepted(acceptance) => &acceptance.messages,
            Verdict::ClearanceOff { messages }
            | Verdict::Rejected { messages }
            | Verdict::Protocol { messages } => messages,
            _ => &[],
        }
    }

    /// Rejected for what the CSID may do, not for what the document says: the
    /// next documents would be rejected alike (`certificate-permissions`).
    pub fn blames_certificate(&self) -> bool {
        matches!(self, Verdict::Rejected { messages }
            if messages.iter().any(|message| message.level == Level::Error && message.code == "certificate-permissions"))
    }
}

/// The table. Total: every status and every body has a meaning, and only an
/// answer that says so in words makes a document accepted or rejected.
pub fn verdict(call: DocumentCall, http: u16, headers: &Headers, body: &[u8]) -> Verdict {
    match http {
        200 | 202 => accepted(call, http == 202, body),
        208 | 409 => duplicate(call, body),
        303 => clearance_off(call, body),
        400 | 422 => refused(body),
        401 => Verdict::Setup(SetupFault::Credentials),
        403 => Verdict::Setup(SetupFault::Forbidden),
        404 => Verdict::Setup(SetupFault::Address),
        405 => Verdict::Setup(SetupFault::Method),
        406 => Verdict::Setup(SetupFault::Version),
        413 => Verdict::TooLarge,
        415 => Verdict::Setup(SetupFault::ContentType),
        429 => Verdict::Throttled { retry_after: headers.retry_after.as_deref().and_then(RetryAfter::parse) },
        504 => Verdict::Lost,
        500..=599 => Verdict::Unavailable,
        // 428 belongs to the renewal alone and says nothing about a document.
        _ => Verdict::Unknown,
    }
}

/// 200 and 202: success only if the body says success and nothing in it says
/// the opposite; a clearance also needs the cleared invoice, without which
/// there is nothing to hand over (the same bytes again draw it with a 208).
fn accepted(call: DocumentCall, with_warnings: bool, body: &[u8]) -> Verdict {
    let Some(answer) = InvoiceAnswer::read(body) else { return Verdict::Unknown };
    let contradicts = answer.validation.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("ERROR"));
    if !answer.says_success() || contradicts {
        return Verdict::Unknown;
    }
    let with_warnings = with_warnings || answer.says_warning();
    conclude(call, answer, false, with_warnings)
}

/// 208 and 409. The body of a 409 has the shape of a rejection and yet means
/// that the document is safe, so the words of the duplicate are required.
fn duplicate(call: DocumentCall, body: &[u8]) -> Verdict {
    let Some(answer) = InvoiceAnswer::read(body) else { return Verdict::Unknown };
    if !answer.says_duplicate() && !answer.says_success() {
        return Verdict::Unknown;
    }
    let with_warnings = answer.says_warning();
    conclude(call, answer, true, with_warnings)
}

fn conclude(call: DocumentCall, answer: InvoiceAnswer, repeated: bool, with_warnings: bool) -> Verdict {
    let cleared_word = answer
        .status
        .as_deref()
        .is_some_and(|status| status.trim().to_ascii_uppercase().starts_with("CLEARED"));
    let accepted = match call {
        DocumentCall::Reporting => Accepted::Reported,
        DocumentCall::Clearance => Accepted::Cleared,
        DocumentCall::Check if cleared_word => Accepted::Cleared,
        DocumentCall::Check => Accepted::Reported,
    };
    if call == DocumentCall::Clearance && answer.cleared.is_none() {
        return Verdict::Unknown;
    }
    let InvoiceAnswer { messages, mut cleared, .. } = answer;
    if call == DocumentCall::Reporting {
        // Nobody asked for one, and nothing has held it against what was sent.
        cleared = None;
    }
    Verdict::Accepted(Acceptance { accepted, repeated, with_warnings, messages, cleared })
}

/// The 303 has meaning for a clearance only; elsewhere it is a redirect that
/// is not followed.
fn clearance_off(call: DocumentCall, body: &[u8]) -> Verdict {
    match call {
        DocumentCall::Clearance => Verdict::ClearanceOff {
            messages: InvoiceAnswer::read(body).map(|answer| answer.messages).unwrap_or_default(),
        },
        DocumentCall::Check | DocumentCall::Reporting => Verdict::Unknown,
    }
}

/// 400 and 422: final only if the platform looked at the document and says
/// what is wrong with it.
fn refused(body: &[u8]) -> Verdict {
    match InvoiceAnswer::read(body) {
        Some(answer) if answer.about_document && answer.has_errors() => {
            Verdict::Rejected { messages: answer.messages }
        }
        Some(answer) => Verdict::Protocol { messages: answer.messages },
        None => Verdict::Protocol { messages: Vec::new() },
    }
}

#[cfg(test)]
mod tests;
