//! Reading what integrators write (settings, scripts, admin calls): each refusal names the field.

use serde_json::{Map, Value};

/// A field that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct BadField {
    /// Path of the field, such as `rules[1].match.nth`.
    pub field: String,
    /// What it must be instead.
    pub why: String,
}

/// Refuses the field.
pub(super) fn bad(field: &str, why: impl Into<String>) -> BadField {
    BadField { field: field.to_owned(), why: why.into() }
}

/// The path of a field inside another one.
pub(super) fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// An object with no other names than the known ones.
pub(super) fn object<'a>(
    path: &str,
    value: &'a Value,
    known: &[&str],
) -> Result<&'a Map<String, Value>, BadField> {
    let shown = if path.is_empty() { "the body" } else { path };
    let map = value.as_object().ok_or_else(|| bad(shown, "must be a JSON object"))?;
    match map.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            Err(bad(&inside(path, name), format!("is not known here; known are {}", known.join(", "))))
        }
        None => Ok(map),
    }
}

/// The JSON of a body; an empty one is an empty object.
pub(super) fn body(bytes: &[u8]) -> Result<Value, BadField> {
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|error| bad("the body", format!("is no JSON ({error})")))
}

pub(super) fn text<'a>(path: &str, value: &'a Value) -> Result<&'a str, BadField> {
    value.as_str().ok_or_else(|| bad(path, "must be a text"))
}

pub(super) fn truth(path: &str, value: &Value) -> Result<bool, BadField> {
    value.as_bool().ok_or_else(|| bad(path, "must be true or false"))
}

/// A whole number between two bounds, both included.
pub(super) fn number(path: &str, value: &Value, from: i64, to: i64) -> Result<i64, BadField> {
    let read = value.as_i64().filter(|number| (from..=to).contains(number));
    read.ok_or_else(|| bad(path, format!("must be a whole number from {from} to {to}")))
}

/// A count from 1.
pub(super) fn count(path: &str, value: &Value) -> Result<u64, BadField> {
    let read = value.as_u64().filter(|number| *number > 0);
    read.ok_or_else(|| bad(path, "must be a whole number from 1"))
}

/// One value or a list of them.
pub(super) fn one_or_many<T>(
    path: &str,
    value: &Value,
    read: impl Fn(&str, &Value) -> Result<T, BadField>,
) -> Result<Vec<T>, BadField> {
    match value {
        Value::Array(list) if list.is_empty() => Err(bad(path, "must not be an empty list")),
        Value::Array(list) => {
            list.iter().enumerate().map(|(at, one)| read(&format!("{path}[{at}]"), one)).collect()
        }
        one => Ok(vec![read(path, one)?]),
    }
}

/// One of some words.
pub(super) fn word<T: Copy>(path: &str, value: &Value, words: &[(&str, T)]) -> Result<T, BadField> {
    let given = value.as_str().unwrap_or_default();
    let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    let found = words.iter().find(|(word, _)| *word == given);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| bad(path, format!("must be one of {}", known())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_name_the_field() {
        let told = |result: Result<i64, BadField>| result.unwrap_err().to_string();
        assert_eq!(told(number("a.b", &json!(7), 0, 6)), "a.b: must be a whole number from 0 to 6");
        assert_eq!(told(number("a", &json!("7"), 0, 6)), "a: must be a whole number from 0 to 6");
        assert_eq!(told(number("a", &json!(1.5), 0, 6)), "a: must be a whole number from 0 to 6");
        let unknown = object("m", &json!({"x": 1}), &["y", "z"]).unwrap_err();
        assert_eq!(unknown.to_string(), "m.x: is not known here; known are y, z");
        assert_eq!(body(b"[").unwrap_err().field, "the body");
        assert_eq!(body(b"").unwrap(), json!({}));
        let list = one_or_many("n", &json!([1, 0]), count).unwrap_err();
        assert_eq!(list.to_string(), "n[1]: must be a whole number from 1");
        assert!(one_or_many("n", &json!([]), count).is_err());
        assert_eq!(one_or_many("n", &json!(3), count).unwrap(), [3]);
        let which = word("w", &json!("c"), &[("a", 1), ("b", 2)]).unwrap_err();
        assert_eq!(which.to_string(), "w: must be one of a, b");
    }
}
