//! From bytes to text: the encoding, the byte order mark, characters that no
//! document may hold, and the XML declaration.

use super::chars::is_space;
use super::error::{Fault, XmlError};
use super::scan::Scanner;

/// The text of the bytes without the byte order mark, and whether there was one.
pub(super) fn decode(bytes: &[u8]) -> Result<(&str, bool), XmlError> {
    let wide = [&[0xFE, 0xFF], &[0xFF, 0xFE], &[b'<', 0], &[0, b'<']];
    if wide.iter().any(|start| bytes.starts_with(*start)) {
        return Err(XmlError { fault: Fault::Encoding("UTF-16".to_owned()), line: 1 });
    }
    let (bytes, mark) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => forbidden(text).map_or(Ok((text, mark)), Err),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let start = std::str::from_utf8(valid).unwrap_or("");
            let fault = match declaration(&mut Scanner::new(start), mark) {
                Err(fault @ Fault::Encoding(_)) => fault,
                _ => Fault::NotUtf8,
            };
            Err(XmlError { fault, line: line_at(start, start.len()) })
        }
    }
}

/// The first character that no document may hold.
fn forbidden(text: &str) -> Option<XmlError> {
    let bytes = text.as_bytes();
    let control = bytes.iter().position(|byte| *byte < 0x20 && !is_space(*byte));
    let at = control.or_else(|| {
        // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
        let ends = |at: &usize| {
            let next = bytes.get(at + 1..at + 3);
            next.is_some_and(|next| next == b"\xBF\xBE" || next == b"\xBF\xBF")
        };
        bytes.iter().enumerate().filter(|(_, byte)| **byte == 0xEF).map(|(at, _)| at).find(ends)
    })?;
    let code = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, u32::from);
    Some(XmlError { fault: Fault::Character(code), line: line_at(text, at) })
}

fn line_at(text: &str, at: usize) -> u32 {
    let mut scan = Scanner::new(text);
    scan.at = at;
    scan.line()
}

/// `<?xml version="1.x" encoding=".." standalone=".."?>`, if it stands here.
/// After a byte order mark the declared encoding is without effect.
pub(super) fn declaration(scan: &mut Scanner<'_>, mark: bool) -> Result<(), Fault> {
    let rest = scan.rest();
    if !rest.starts_with("<?xml") || !rest.as_bytes().get(5).is_some_and(|byte| is_space(*byte)) {
        return Ok(());
    }
    scan.at += 5;
    let version = pseudo(scan, "version")?.ok_or(Fault::Declaration)?;
    let minor = version.strip_prefix("1.").ok_or(Fault::Declaration)?;
    if !minor.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Declaration);
    }
    let encoding = pseudo(scan, "encoding")?;
    let standalone = pseudo(scan, "standalone")?;
    scan.space();
    if !scan.eat("?>") || standalone.is_some_and(|value| value != "yes" && value != "no") {
        return Err(Fault::Declaration);
    }
    encoding.map_or(Ok(()), |name| encoded_as(name, mark, scan.rest()))
}

fn encoded_as(name: &str, mark: bool, rest: &str) -> Result<(), Fault> {
    let mut letters = name.bytes();
    let first = letters.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !first || !letters.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        return Err(Fault::Declaration);
    }
    match name.to_ascii_uppercase().as_str() {
        "UTF-8" => Ok(()),
        "UTF8" => Err(Fault::Encoding(name.to_owned())),
        _ if mark => Ok(()),
        "US-ASCII" | "ASCII" if rest.is_ascii() => Ok(()),
        "US-ASCII" | "ASCII" => Err(Fault::NotAscii),
        _ => Err(Fault::Encoding(name.to_owned())),
    }
}

/// ` name="value"` of the declaration, if that is the next.
fn pseudo<'s>(scan: &mut Scanner<'s>, name: &str) -> Result<Option<&'s str>, Fault> {
    let before = scan.at;
    if !scan.space() || !scan.eat(name) {
        scan.at = before;
        return Ok(None);
    }
    scan.space();
    if !scan.eat("=") {
        return Err(Fault::Declaration);
    }
    scan.space();
    scan.quoted().map(Some).ok_or(Fault::Declaration)
}
