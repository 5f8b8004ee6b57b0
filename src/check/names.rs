//! Distinguished names and their text as RFC 4514 writes it.

use super::der::{self, Flaw, Item, Reader};

/// A name: parts in the order of the certificate, each with one or more attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(Vec<Vec<Attribute>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Attribute {
    kind: String,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    /// A bit string, which has no text.
    Bytes(Vec<u8>),
}

impl Name {
    /// From the content of its sequence.
    pub(super) fn read(content: &[u8]) -> Result<Name, Flaw> {
        let mut reader = Reader::new(content);
        let mut parts = Vec::new();
        while !reader.is_empty() {
            parts.push(part(reader.take(der::SET)?.content)?);
        }
        Ok(Name(parts))
    }

    /// From the most specific part on, joined by comma and blank, as
    /// `X509IssuerName` has it (signing.md section 6).
    pub(super) fn text(&self) -> String {
        let parts = self.0.iter().rev().map(|part| {
            let attributes: Vec<String> = part.iter().map(Attribute::text).collect();
            attributes.join("+")
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The texts of all attributes of a kind, given in dots.
    pub(super) fn values<'n>(&'n self, kind: &'n str) -> impl Iterator<Item = &'n str> {
        self.0.iter().flatten().filter(move |one| one.kind == kind).filter_map(|one| match &one.value {
            Value::Text(text) => Some(text.as_str()),
            Value::Bytes(_) => None,
        })
    }
}

fn part(content: &[u8]) -> Result<Vec<Attribute>, Flaw> {
    let mut reader = Reader::new(content);
    let mut attributes = Vec::new();
    let mut before: &[u8] = &[];
    while !reader.is_empty() {
        let item = reader.take(der::SEQUENCE)?;
        if item.whole < before {
            return Err("the parts of a name are not in the order of DER");
        }
        before = item.whole;
        let mut pair = Reader::new(item.content);
        let kind = der::oid(pair.take(der::OID)?.content)?;
        let value = value(pair.any()?)?;
        pair.end()?;
        attributes.push(Attribute { kind, value });
    }
    if attributes.is_empty() { Err("a part of a name is empty") } else { Ok(attributes) }
}

fn value(item: Item<'_>) -> Result<Value, Flaw> {
    const WRONG: Flaw = "a name has characters that its encoding does not allow";
    let text = match item.tag {
        der::BIT_STRING => return Ok(Value::Bytes(item.content.to_vec())),
        der::UNIVERSAL => wide(item.content, 4).ok_or(WRONG)?,
        der::BMP => wide(item.content, 2).ok_or(WRONG)?,
        der::PRINTABLE if !item.content.iter().all(printable) => return Err(WRONG),
        _ => String::from_utf8(item.content.to_vec()).map_err(|_| WRONG)?,
    };
    Ok(Value::Text(text))
}

fn printable(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte)
}

/// UTF-16 or UTF-32, big-endian.
fn wide(content: &[u8], unit: usize) -> Option<String> {
    if !content.len().is_multiple_of(unit) {
        return None;
    }
    let units =
        content.chunks_exact(unit).map(|chunk| chunk.iter().fold(0u32, |sum, b| sum << 8 | u32::from(*b)));
    if unit == 4 {
        return units.map(char::from_u32).collect();
    }
    let units: Vec<u16> = units.map(|unit| unit as u16).collect();
    String::from_utf16(&units).ok()
}

impl Attribute {
    fn text(&self) -> String {
        let value = match &self.value {
            Value::Text(text) => escaped(text),
            Value::Bytes(bytes) if bytes.is_empty() => String::new(),
            Value::Bytes(bytes) => bytes.iter().fold("#".to_owned(), |text, b| text + &format!("{b:02x}")),
        };
        format!("{}={value}", label(&self.kind))
    }
}

/// The short names of RFC 4514; any other kind goes by its number.
fn label(kind: &str) -> &str {
    match kind {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        other => other,
    }
}

fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    if value.starts_with('#') || (value.starts_with(' ') && value.len() > 1) {
        out.push('\\');
    }
    let last = value.char_indices().next_back().map_or(0, |(at, _)| at);
    for (at, c) in value.char_indices() {
        match c {
            '\\' | '"' | '+' | ',' | ';' | '<' | '>' => out.extend(['\\', c]),
            '\0' => out.push_str("\\00"),
            ' ' if at == last => out.push_str("\\ "),
            _ => out.push(c),
        }
    }
    out
}
