//! Which call a document goes to next. A simplified one is reported. A standard
//! one is cleared; while the authority has clearance switched off (303) it is
//! reported instead, with the bytes that it has. What reporting refuses goes
//! back to clearance: it may be on again, or the 303 came from somebody else.
//! Read from the stored attempts, so that a restart changes nothing. Pure.

use crate::fatoora::DocumentCall;
use crate::invoice::Subtype;

/// One earlier attempt, in the words under which it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// `reporting`, `clearance`; empty if the program ended before the answer.
    pub endpoint: String,
    /// The word of the verdict.
    pub verdict: String,
}

/// The call for the next attempt; `past` is in order.
pub fn call(subtype: Subtype, past: &[Past]) -> DocumentCall {
    if subtype == Subtype::Simplified {
        return DocumentCall::Reporting;
    }
    past.iter().fold(DocumentCall::Clearance, |call, attempt| match attempt.verdict.as_str() {
        "clearance-off" => DocumentCall::Reporting,
        "rejected" | "protocol" if attempt.endpoint == word(DocumentCall::Reporting) => {
            DocumentCall::Clearance
        }
        _ => call,
    })
}

/// The word under which an attempt's endpoint is stored.
pub const fn word(call: DocumentCall) -> &'static str {
    match call {
        DocumentCall::Check => "check",
        DocumentCall::Reporting => "reporting",
        DocumentCall::Clearance => "clearance",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(past: &[(&str, &str)]) -> DocumentCall {
        let past: Vec<Past> = past
            .iter()
            .map(|(endpoint, verdict)| Past { endpoint: (*endpoint).into(), verdict: (*verdict).into() })
            .collect();
        assert_eq!(call(Subtype::Simplified, &past), DocumentCall::Reporting);
        call(Subtype::Standard, &past)
    }

    #[test]
    fn a_standard_document_is_cleared_until_clearance_is_off() {
        use DocumentCall::{Clearance, Reporting};
        let (off, lost) = (("clearance", "clearance-off"), ("reporting", "lost"));
        assert_eq!(next(&[]), Clearance);
        assert_eq!(next(&[("clearance", "lost"), ("", "interrupted"), ("clearance", "protocol")]), Clearance);
        assert_eq!(next(&[("clearance", "lost"), off]), Reporting);
        assert_eq!(next(&[off, lost, ("", "interrupted"), ("reporting", "unavailable")]), Reporting);
        assert_eq!(next(&[off, lost, ("reporting", "rejected")]), Clearance);
        assert_eq!(next(&[off, ("reporting", "protocol"), ("clearance", "unknown")]), Clearance);
        assert_eq!(next(&[off, ("reporting", "rejected"), off]), Reporting);
    }
}
