//! What the authority found in a document, read from the stored answer, and the
//! documents that an operator should look at.

use crate::api::wire;
use crate::fatoora::{InvoiceAnswer, Level, Message};
use crate::ledger::{ReportState, StorageError, Store};

/// Documents of one state that status names at most.
const MOST_NAMED: usize = 5;

/// The findings in the body of the last attempt's answer, for a document that
/// is not plainly accepted or waiting. Warnings and errors only, unless the
/// answer has nothing but words of no stated gravity. Empty if the body cannot
/// be read.
pub fn findings(state: ReportState, body: &[u8]) -> Vec<wire::AuthorityFinding> {
    let notable =
        matches!(state, ReportState::Rejected | ReportState::ReportedWithWarnings | ReportState::Held);
    let messages = match InvoiceAnswer::read(body) {
        Some(answer) if notable => answer.messages,
        _ => return Vec::new(),
    };
    let grave = messages.iter().any(|message| message.level != Level::Info);
    messages.into_iter().filter(|message| !grave || message.level != Level::Info).map(finding).collect()
}

fn finding(message: Message) -> wire::AuthorityFinding {
    let Message { code, category, message, .. } = message;
    wire::AuthorityFinding { code, category: Some(category).filter(|text| !text.is_empty()), message }
}

/// The invoice numbers of the first few documents in a state, oldest first.
pub fn numbers_in(store: &Store, state: ReportState) -> Result<Vec<String>, StorageError> {
    let mut numbers = Vec::new();
    for id in store.documents_in(state, MOST_NAMED)? {
        numbers.extend(store.document(id)?.map(|stored| stored.number));
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
        wire::AuthorityFinding { code: code.to_owned(), category, message: message.to_owned() }
    }

    #[test]
    fn warnings_and_errors_of_a_notable_document() {
        let wanted = [one("BR-KSA-98", Some("KSA"), "late"), one("BR-KSA-15", None, "wrong")];
        for state in ReportState::ALL {
            let notable = ["Rejected", "ReportedWithWarnings", "Held"].contains(&state.name());
            assert_eq!(findings(state, ANSWER), if notable { &wanted[..] } else { &[] }, "{}", state.name());
        }
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
