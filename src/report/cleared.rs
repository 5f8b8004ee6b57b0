//! Holds what the authority sends back against what was sent: a cleared
//! document is handed to a buyer only if ours is inside it unchanged.

use crate::chain::InvoiceHash;
use crate::check::{self, Judgement, Options};
use crate::fatoora::{Answer, Verdict};
use crate::rules::{Finding, Layer, Severity};

/// Most of an answer's faults that its attempt keeps.
const MOST_FAULTS: usize = 3;

/// The answer as it counts: one with a cleared document that is not ours, or
/// not readable, is an answer that was not understood. The same bytes are sent
/// again, slowly, and draw the cleared document once more.
pub(super) fn guard(mut answer: Answer, sent: &InvoiceHash, now: i64) -> Answer {
    let Verdict::Accepted(acceptance) = &answer.verdict else { return answer };
    let Some(cleared) = &acceptance.cleared else { return answer };
    let faults = faults(cleared, sent, now);
    if !faults.is_empty() {
        answer.verdict = Verdict::Unknown;
        answer.error = Some(format!("the cleared document cannot be used: {}", faults.join("; ")));
    }
    answer
}

/// What of a cleared document cannot be used, in English words; none if it holds the
/// document of that hash. `now` in seconds UTC.
pub fn faults(cleared: &[u8], sent: &InvoiceHash, now: i64) -> Vec<String> {
    let options = Options { now, pih: None, certificate: None, require_signature: false };
    let Judgement { findings, facts, .. } = check::judge(cleared, &options);
    let hash = facts.and_then(|facts| facts.hash);
    let differs = hash.as_deref() != Some(sent.to_base64().as_str());
    let mut faults: Vec<String> = findings.iter().filter(|one| matters(one)).map(told).collect();
    if differs {
        faults.insert(0, "its content is not the one that was sent".to_owned());
    }
    faults.truncate(MOST_FAULTS);
    faults
}

/// What the platform's stamp says is the platform's; what must be right here is
/// that the document can be read, hashed, and shown with its QR code.
fn matters(finding: &Finding) -> bool {
    let unreadable = matches!(finding.layer, Layer::Xsd | Layer::Hash) || finding.rule == "QR-MISSING";
    unreadable && finding.severity == Severity::Error
}

fn told(finding: &Finding) -> String {
    format!("{} ({})", finding.message.en.trim_end_matches('.'), finding.rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fatoora::{Acceptance, Accepted, Headers};
    use crate::stamp;

    const SIGNED: &str = include_str!("../../tests/vectors/simplified-388.signed.xml");

    fn answer(cleared: &str) -> Answer {
        let acceptance = Acceptance {
            accepted: Accepted::Cleared,
            repeated: false,
            with_warnings: false,
            messages: Vec::new(),
            cleared: Some(cleared.as_bytes().to_vec()),
        };
        Answer {
            verdict: Verdict::Accepted(acceptance),
            http: Some(200),
            headers: Headers::default(),
            body: Vec::new(),
            duration_ms: 1,
            error: None,
        }
    }

    fn guarded(cleared: &str) -> Answer {
        let sent = stamp::verify(SIGNED.as_bytes()).unwrap().hash;
        guard(answer(cleared), &sent, 1_773_511_509)
    }

    #[test]
    fn our_document_in_the_authoritys_frame_is_taken() {
        assert_eq!(guarded(SIGNED), answer(SIGNED));
    }

    #[test]
    fn another_content_a_torn_document_and_a_bomb_are_not() {
        let bomb = SIGNED.replacen("<Invoice", "<!DOCTYPE a [<!ENTITY b \"c\">]><Invoice", 1);
        for (cleared, why) in [
            (SIGNED.replace("47.25", "47.26"), "not the one that was sent"),
            (SIGNED[..SIGNED.len() / 2].to_owned(), "XML-WELLFORMED"),
            (bomb, "XML-DOCTYPE"),
            ("<html/>".to_owned(), "not the one that was sent"),
        ] {
            let answer = guarded(&cleared);
            assert_eq!(answer.verdict, Verdict::Unknown);
            let error = answer.error.unwrap();
            assert!(error.contains(why), "{error}");
        }
    }
}
