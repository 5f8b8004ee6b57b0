//! Reading the body of a compliance, reporting or clearance answer: one
//! lenient reader for both shapes that are seen (fatoora-api.md section 3.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::message::{self, Level, Message};

/// What an answer says about a document. Nothing here is believed yet:
/// [`super::verdict`] weighs it against the status code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceAnswer {
    /// `reportingStatus`, else `clearanceStatus`, else `status`.
    pub status: Option<String>,
    /// `validationResults.status`: PASS, WARNING, ERROR.
    pub validation: Option<String>,
    /// All findings in the order info, warning, error.
    pub messages: Vec<Message>,
    /// `clearedInvoice`, decoded: the XML with the authority's stamp.
    pub cleared: Option<Vec<u8>>,
    /// Whether this is an answer about a document at all, in either shape,
    /// and not some other JSON object.
    pub about_document: bool,
}

impl InvoiceAnswer {
    /// None when the body is not a JSON object.
    pub fn read(body: &[u8]) -> Option<InvoiceAnswer> {
        let root = message::object(body)?;
        let results = root.get("validationResults").filter(|results| results.is_object());
        let mut answer = InvoiceAnswer {
            status: status(&root),
            validation: results.and_then(|results| message::text(results.get("status"))),
            messages: messages(&root, results),
            cleared: cleared(&root),
            about_document: false,
        };
        answer.about_document = results.is_some()
            || root.get("invoiceHash").is_some()
            || root.get("reportingStatus").is_some()
            || root.get("clearanceStatus").is_some()
            || answer.says_success()
            || answer.says_failure();
        Some(answer)
    }

    /// `REPORTED`, `CLEARED`, and the longer words of some guides.
    pub fn says_success(&self) -> bool {
        self.status_begins(&["REPORTED", "CLEARED"])
    }

    /// `NOT_REPORTED`, `NOT_CLEARED`.
    pub fn says_failure(&self) -> bool {
        self.status_begins(&["NOT_REPORTED", "NOT_CLEARED"])
    }

    /// Accepted, but with something the authority wants mended.
    pub fn says_warning(&self) -> bool {
        self.messages.iter().any(|message| message.level == Level::Warning)
            || self.validation.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("WARNING"))
            || self
                .status
                .as_deref()
                .is_some_and(|status| status.to_ascii_uppercase().ends_with("_WITH_WARNINGS"))
    }

    pub fn has_errors(&self) -> bool {
        self.messages.iter().any(|message| message.level == Level::Error)
    }

    /// The body says that the same hash was accepted before.
    pub fn says_duplicate(&self) -> bool {
        self.messages.iter().any(Message::says_duplicate)
    }

    fn status_begins(&self, words: &[&str]) -> bool {
        let status = self.status.as_deref().unwrap_or_default().trim().to_ascii_uppercase();
        words.iter().any(|word| status.starts_with(word))
    }
}

/// `status` may be the number of a gateway's error page: only a word counts.
fn status(root: &Value) -> Option<String> {
    ["reportingStatus", "clearanceStatus", "status"]
        .into_iter()
        .filter_map(|name| root.get(name)?.as_str())
        .find(|text| !text.trim().is_empty())
        .map(str::to_owned)
}

fn messages(root: &Value, results: Option<&Value>) -> Vec<Message> {
    let mut all = Vec::new();
    for (level, current, older) in [
        (Level::Info, "infoMessages", "infos"),
        (Level::Warning, "warningMessages", "warnings"),
        (Level::Error, "errorMessages", "errors"),
    ] {
        message::collect(level, results.and_then(|results| results.get(current)), &mut all);
        message::collect(level, root.get(older), &mut all);
    }
    // `{"code":..,"message":..}` by itself, as gateways and the duplicate answer write it.
    if all.is_empty() && root.get("message").is_some_and(Value::is_string) {
        message::collect(Level::Info, Some(root), &mut all);
    }
    all
}

/// Line breaks inside the base64 text are taken out; anything else that is not
/// base64 makes it absent.
fn cleared(root: &Value) -> Option<Vec<u8>> {
    let text = root.get("clearedInvoice")?.as_str()?;
    let text: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let xml = STANDARD.decode(text).ok()?;
    (!xml.is_empty()).then_some(xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> InvoiceAnswer {
        InvoiceAnswer::read(body.as_bytes()).expect("an object")
    }

    #[test]
    fn the_present_shape() {
        let answer = read(
            r#"{"validationResults":{"infoMessages":{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":null,"status":"PASS"},
               "warningMessages":[{"type":"WARNING","code":"BR-KSA-98","category":"KSA","message":"late","status":"WARNING"}],
               "errorMessages":[],"status":"WARNING"},"reportingStatus":"REPORTED","clearanceStatus":null,
               "qrSellertStatus":null,"qrBuyertStatus":null}"#,
        );
        assert!(answer.says_success() && answer.says_warning() && !answer.has_errors());
        assert_eq!(answer.messages[0].code, "XSD_ZATCA_VALID");
        assert_eq!(answer.messages[1].level, Level::Warning);
        assert_eq!(answer.validation.as_deref(), Some("WARNING"));
    }

    #[test]
    fn the_older_shape() {
        let answer = read(
            r#"{"invoiceHash":"x","status":"NOT_REPORTED","clearedInvoice":null,"warnings":null,
               "errors":["BR-KSA-15: wrong", {"code":"A","category":"KSA","message":"m"}]}"#,
        );
        assert!(answer.says_failure() && answer.has_errors() && answer.about_document);
        assert_eq!(answer.messages[0].code, "BR-KSA-15");
        let cleared = read("{\"status\":\"CLEARED_WITH_WARNINGS\",\"clearedInvoice\":\"PEEv\\r\\nPg==\"}");
        assert_eq!(cleared.cleared.as_deref(), Some(b"<A/>".as_slice()));
        assert!(cleared.says_warning());
    }

    #[test]
    fn other_objects_are_not_about_a_document() {
        for body in [
            "{}",
            r#"{"timestamp":1,"status":401,"error":"Unauthorized","message":"no"}"#,
            r#"{"errors":[{"code":"Invalid-Request","message":"no uuid"}]}"#,
            r#"{"validationResults":null}"#,
            r#"{"status":"OK"}"#,
        ] {
            assert!(!read(body).about_document, "{body}");
        }
    }
}
