//! A JSON request as a tree that keeps what ordinary readers lose: numbers as
//! they were written, and keys that occur twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::text::JsonType;

/// How `serde_json` hands over a number whose digits it keeps.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// What is said of a request that has that key in its own text.
const RESERVED: &str = "a reserved key";

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole text; the error says where it stops being JSON.
    pub(super) fn parse(body: &[u8]) -> Result<Json, String> {
        let tree = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        // In the tree such an object is a number already.
        if writes_reserved_key(body) { Err(RESERVED.to_owned()) } else { Ok(tree) }
    }

    /// What it is, for a message on a wrong type.
    pub(super) fn kind(&self) -> JsonType {
        match self {
            Json::Null => JsonType::Null,
            Json::Bool(_) => JsonType::Bool,
            Json::Number(_) => JsonType::Number,
            Json::Text(_) => JsonType::Text,
            Json::List(_) => JsonType::List,
            Json::Object(_) => JsonType::Object,
        }
    }
}

/// Whether any object of a JSON text has the reserved key, escaped or not. The
/// text must be known to be JSON: then a quote outside a literal begins one.
fn writes_reserved_key(body: &[u8]) -> bool {
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let (literal, after) = rest[start..].split_at(literal_length(&rest[start..]));
        if after.trim_ascii_start().first() == Some(&b':') && is_reserved(literal) {
            return true;
        }
        rest = after;
    }
    false
}

/// The length of the literal that a text begins with, both quotes included.
fn literal_length(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_reserved(literal: &[u8]) -> bool {
    if literal.contains(&b'\\') {
        serde_json::from_slice::<String>(literal).is_ok_and(|key| key == NUMBER_KEY)
    } else {
        literal.get(1..literal.len() - 1) == Some(NUMBER_KEY.as_bytes())
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            if key == NUMBER_KEY {
                return match entries.next_value::<Json>()? {
                    Json::Text(digits) if object.is_empty() => Ok(Json::Number(digits)),
                    _ => Err(A::Error::custom(RESERVED)),
                };
            }
            object.push((key, entries.next_value()?));
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_digits_and_double_keys() {
        let Json::Object(entries) =
            Json::parse(br#"{"a": 1.10, "a": "x", "b": [null, true, -3, 1.0]}"#).unwrap()
        else {
            panic!("an object")
        };
        assert_eq!(entries[0], ("a".to_owned(), Json::Number("1.10".to_owned())));
        assert_eq!(entries[1], ("a".to_owned(), Json::Text("x".to_owned())));
        let list =
            vec![Json::Null, Json::Bool(true), Json::Number("-3".to_owned()), Json::Number("1.0".to_owned())];
        assert_eq!(entries[2], ("b".to_owned(), Json::List(list)));
    }

    #[test]
    fn what_is_not_json_is_an_error() {
        let deep = "[".repeat(100_000);
        for text in
            ["", "{", "nul", "{\"a\":1}x", "\"\u{1}\"", "{\"$serde_json::private::Number\": []}", &deep]
        {
            assert!(Json::parse(text.as_bytes()).is_err(), "{}", &text[..text.len().min(40)]);
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn the_reserved_key_makes_no_number() {
        let plain = r#"{"$serde_json::private::Number":"1"}"#;
        let escaped = plain.replace('$', r"\u0024").replace("Number", r"N\u0075mber");
        let spaced = plain.replace("\":", "\" \n:");
        for object in [plain, &escaped, &spaced] {
            for body in [object.to_owned(), format!(r#"{{"a\\":"\"","quantity":[{object}]}}"#)] {
                assert!(Json::parse(body.as_bytes()).is_err(), "{body}");
            }
        }
        // As a text it means nothing.
        let text = r#"["$serde_json::private::Number", "\":", {"a": 1}]"#;
        assert!(Json::parse(text.as_bytes()).is_ok());
    }
}
