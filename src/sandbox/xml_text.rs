//! The character level of XML 1.0: allowed characters, names, references, line ends, attribute values.

use quick_xml::events::BytesDecl;

/// Why a text is not a document that the sandbox reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(super) struct XmlFault {
    reason: String,
}

impl XmlFault {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        XmlFault { reason: reason.into() }
    }
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Refuses characters that XML 1.0 forbids.
pub(super) fn check_characters(text: &str) -> Result<(), XmlFault> {
    match text.chars().find(|c| !is_xml_char(*c)) {
        None => Ok(()),
        Some(c) => Err(XmlFault::new(format!("character U+{:04X} is not allowed in XML", u32::from(c)))),
    }
}

/// CR LF and lone CR become LF, as an XML processor must do (XML 1.0 section 2.11).
pub(super) fn unify_line_ends(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// Only version 1.0 in UTF-8.
pub(super) fn check_declaration(decl: &BytesDecl<'_>) -> Result<(), XmlFault> {
    let version = decl.version().map_err(|e| XmlFault::new(format!("bad XML declaration: {e}")))?;
    if version != "1.0" {
        return Err(XmlFault::new("only XML 1.0 is accepted"));
    }
    match decl.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(_) => Err(XmlFault::new("only the encoding UTF-8 is accepted")),
    }
}

fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// A name without a colon.
pub(super) fn is_ncname(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_char)
}

/// What `&name;` stands for: a character reference or one of the five predefined entities.
pub(super) fn reference(name: &str) -> Result<char, XmlFault> {
    let numbered = |digits: &str, radix| {
        let plain = !digits.is_empty() && digits.len() <= 8 && digits.chars().all(|c| c.is_digit(radix));
        let code = plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten();
        code.and_then(char::from_u32).filter(|c| is_xml_char(*c))
    };
    let found = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match (name.strip_prefix("#x"), name.strip_prefix('#')) {
            (Some(hex), _) => numbered(hex, 16),
            (None, Some(decimal)) => numbered(decimal, 10),
            (None, None) => None,
        },
    };
    found.ok_or_else(|| XmlFault::new("an entity other than the predefined five is not allowed"))
}

/// The normalised value of an attribute (XML 1.0 section 3.3.3, type CDATA).
pub(super) fn attribute_value(raw: &str) -> Result<String, XmlFault> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\t', '\n', '\r']) {
        value.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        rest = match rest.as_bytes()[at] {
            b'<' => return Err(XmlFault::new("'<' stands in an attribute value")),
            b'&' => {
                let (name, after) =
                    tail.split_once(';').ok_or_else(|| XmlFault::new("a reference does not end"))?;
                value.push(reference(name)?);
                after
            }
            _ => {
                value.push(' ');
                tail
            }
        };
    }
    value.push_str(rest);
    Ok(value)
}
