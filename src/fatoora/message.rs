//! The authority's own findings, kept raw: codes that tilld has never heard of
//! pass through and are shown as they came (fatoora-api.md section 9, item 10).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How grave the authority takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// One entry of an answer. Absent or null fields are empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// From the list that the entry stood in.
    pub level: Level,
    /// `type` as sent: `ERROR`, `WARNING`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// `BR-KSA-98`, `invalid-invoice-hash`, ...
    pub code: String,
    /// `KSA`, `XSD validation`, ...
    pub category: String,
    pub message: String,
}

/// A document has at most a few hundred findings; the rest of a rubbish
/// answer is in the stored body.
const MAX_MESSAGES: usize = 1000;

impl Message {
    /// Whether the answer says that the same hash was accepted before
    /// (fatoora-api.md section 4, row 409, with its earlier wordings).
    pub(super) fn says_duplicate(&self) -> bool {
        self.category.eq_ignore_ascii_case("Duplicate-Invoice")
            || self.code.eq_ignore_ascii_case("Duplicate-Invoice")
            || says_duplicate(&self.message)
    }
}

/// The wordings seen for "this hash was accepted before".
pub(super) fn says_duplicate(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("previously submitted")
        || (text.contains("already") && (text.contains("reported") || text.contains("cleared")))
}

/// Adds the entries of one list, which may be an array, a single object, a
/// text, or null.
pub(super) fn collect(level: Level, value: Option<&Value>, into: &mut Vec<Message>) {
    match value {
        Some(Value::Array(entries)) => {
            for entry in entries {
                push(level, entry, into);
            }
        }
        Some(entry) => push(level, entry, into),
        None => {}
    }
}

fn push(level: Level, entry: &Value, into: &mut Vec<Message>) {
    if into.len() >= MAX_MESSAGES {
        return;
    }
    match entry {
        Value::Object(_) => into.push(Message {
            level,
            kind: field(entry, "type"),
            code: field(entry, "code"),
            category: field(entry, "category"),
            message: field(entry, "message"),
        }),
        Value::String(text) if !text.trim().is_empty() => into.push(from_text(level, text)),
        _ => {}
    }
}

/// `CODE: message` as some answers have it; a text without a code stays whole.
fn from_text(level: Level, text: &str) -> Message {
    let (code, message) = match text.split_once(": ") {
        Some((code, rest)) if !code.is_empty() && !code.contains(char::is_whitespace) => (code, rest),
        _ => ("", text),
    };
    Message {
        level,
        kind: String::new(),
        code: code.to_owned(),
        category: String::new(),
        message: message.to_owned(),
    }
}

/// A field as text: numbers and booleans as written, anything else empty.
pub(super) fn field(value: &Value, name: &str) -> String {
    text(value.get(name)).unwrap_or_default()
}

/// A scalar as text; null, absent, arrays and objects are none.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(flag)) => Some(flag.to_string()),
        _ => None,
    }
}

/// A JSON object from a body, with the wrapping `{"value": {..}}` and a byte
/// order mark taken off. None for anything else.
pub(super) fn object(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let members = value.as_object_mut()?;
    match members.get_mut("value") {
        Some(inner) if inner.is_object() => Some(inner.take()),
        _ => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Vec<Message> {
        let mut messages = Vec::new();
        collect(Level::Error, Some(&value), &mut messages);
        messages
    }

    #[test]
    fn every_form_of_a_list_is_read() {
        assert!(read(json!(null)).is_empty());
        assert!(read(json!([null, 7, [], ""])).is_empty());
        let one = read(json!({"code": "A", "message": null, "category": 3}));
        assert_eq!((one[0].code.as_str(), one[0].message.as_str(), one[0].category.as_str()), ("A", "", "3"));
        let texts = read(json!(["BR-KSA-1: no", "just words: here", "plain"]));
        assert_eq!((texts[0].code.as_str(), texts[0].message.as_str()), ("BR-KSA-1", "no"));
        assert_eq!((texts[1].code.as_str(), texts[1].message.as_str()), ("", "just words: here"));
        assert_eq!(texts[2].message, "plain");
        assert_eq!(read(json!(vec![json!("x"); 5000])).len(), MAX_MESSAGES);
    }

    #[test]
    fn wordings_of_a_duplicate() {
        for yes in ["Invoice was already Reported successfully earlier.", "Invoice Hash Previously Submitted"]
        {
            assert!(says_duplicate(yes), "{yes}");
        }
        for no in ["", "Invoice was not reported", "already"] {
            assert!(!says_duplicate(no), "{no}");
        }
    }

    #[test]
    fn objects_only() {
        assert!(object(b"").is_none());
        assert!(object(b"[1]").is_none());
        assert!(object(b"{\"a\":").is_none());
        assert!(object("[".repeat(100_000).as_bytes()).is_none());
        assert_eq!(object(b"\xef\xbb\xbf{\"value\":{\"a\":1}}"), Some(json!({"a": 1})));
        assert_eq!(object(b"{\"value\":3}"), Some(json!({"value": 3})));
    }
}
