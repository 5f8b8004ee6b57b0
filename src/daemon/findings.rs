//! What the authority found in a document, read from the stored answer, and the
//! documents that an operator should look at.

use crate::api::wire;
use crate::fatoora::{InvoiceAnswer, Level, Message};
use crate::ledger::{ReportState, StorageError, Store};
use crate::rules;
use crate::text::Bilingual;

/// Documents of one state that status names at most.
const MOST_NAMED: usize = 5;

/// The findings in the body of the last attempt's answer, for a document that
/// is not plainly accepted or waiting. Warnings and errors only, unless the
/// answer has nothing but words of no stated gravity. Empty if the body cannot
/// be read.
pub fn findings(state: ReportState, body: &[u8]) -> Vec<wire::AuthorityFinding> {
    let notable = matches!(
        state,
        ReportState::Rejected | ReportState::ReportedWithWarnings | ReportState::Cleared | ReportState::Held
    );
    let messages = match InvoiceAnswer::read(body) {
        Some(answer) if notable => answer.messages,
        _ => return Vec::new(),
    };
    // Cleared has no state of its own for "with warnings".
    let plain = state == ReportState::Cleared;
    let grave = plain || messages.iter().any(|message| message.level != Level::Info);
    messages.into_iter().filter(|message| !grave || message.level != Level::Info).map(finding).collect()
}

fn finding(message: Message) -> wire::AuthorityFinding {
    let Message { code, category, message, .. } = message;
    let (words, remedy) = rules::about(&code).unwrap_or_else(|| unlisted(&code));
    wire::AuthorityFinding {
        code,
        category: Some(category).filter(|text| !text.is_empty()),
        message,
        words: Some(words.into()),
        remedy: Some(remedy.into()),
    }
}

/// What the authority warned of or objected to in one answer, whatever came of it.
pub fn in_answer(body: &[u8]) -> Vec<wire::AuthorityFinding> {
    let messages = InvoiceAnswer::read(body).map(|answer| answer.messages).unwrap_or_default();
    messages.into_iter().filter(|message| message.level != Level::Info).map(finding).collect()
}

/// A code that is no rule on what a document says: one of its form, its stamp
/// or of the exchange, or one that this version does not know.
fn unlisted(code: &str) -> (Bilingual, Bilingual) {
    let words = if code.starts_with("XSD_") || code.starts_with("invalid-") {
        Bilingual::new(
            "The authority objects to the form, the stamp or the certificate of this document.",
            "للهيئة ملاحظة على بنية المستند أو ختمه أو شهادته.",
        )
    } else {
        Bilingual::new(
            "The authority objects to this document for a reason that this till does not know.",
            "للهيئة ملاحظة على هذا المستند لا يعرف هذا الجهاز معناها.",
        )
    };
    let remedy = Bilingual::new(
        "Ask support with this code; once the cause is mended, issue a rejected document again with tilld correct.",
        "اسأل الدعم بذكر هذا الرمز، وبعد معالجة السبب أعد إصدار المستند المرفوض بواسطة tilld correct.",
    );
    (words, remedy)
}

/// The invoice numbers of the first few documents in a state, oldest first.
pub fn numbers_in(store: &Store, state: ReportState) -> Result<Vec<String>, StorageError> {
    let mut numbers = Vec::new();
    for id in store.documents_in(state, MOST_NAMED)? {
        match store.number(id) {
            Ok(number) => numbers.extend(number),
            // Chain and ICV name it as well.
            Err(StorageError::Damaged { .. }) => numbers.push(id.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = br#"{"validationResults":{
        "infoMessages":[{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":"ok"}],
        "warningMessages":[{"type":"WARNING","code":"BR-KSA-98","category":"KSA","message":"late"}],
        "errorMessages":[{"type":"ERROR","code":"BR-KSA-15","category":null,"message":"wrong"}],
        "status":"ERROR"},"reportingStatus":"NOT_REPORTED"}"#;

    fn one(code: &str, category: Option<&str>, message: &str) -> wire::AuthorityFinding {
        let category = category.map(str::to_owned);
        let (words, remedy) = rules::about(code).unwrap_or_else(|| unlisted(code));
        wire::AuthorityFinding {
            code: code.to_owned(),
            category,
            message: message.to_owned(),
            words: Some(words.into()),
            remedy: Some(remedy.into()),
        }
    }

    #[test]
    fn warnings_and_errors_of_a_notable_document() {
        let wanted = [one("BR-KSA-98", Some("KSA"), "late"), one("BR-KSA-15", None, "wrong")];
        for state in ReportState::ALL {
            let notable = ["Rejected", "ReportedWithWarnings", "Cleared", "Held"].contains(&state.name());
            assert_eq!(findings(state, ANSWER), if notable { &wanted[..] } else { &[] }, "{}", state.name());
        }
    }

    #[test]
    fn a_plain_clearance_has_no_findings() {
        let plain = br#"{"validationResults":{"infoMessages":[{"type":"INFO","code":"X","message":"ok"}],
            "warningMessages":[],"errorMessages":[],"status":"PASS"},"clearanceStatus":"CLEARED"}"#;
        assert!(findings(ReportState::Cleared, plain).is_empty());
    }

    #[test]
    fn other_bodies_say_what_they_can() {
        let bare = br#"{"code":"Invalid-Request","message":"no uuid"}"#;
        assert_eq!(findings(ReportState::Held, bare), [one("Invalid-Request", None, "no uuid")]);
        for rubbish in [&b""[..], b"<html>", b"[]", b"{}", &ANSWER[..200]] {
            assert!(findings(ReportState::Rejected, rubbish).is_empty());
        }
    }
}
