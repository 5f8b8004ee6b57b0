//! Base64 as the platform's checks read it: strictly, and loosely where only
//! the bytes matter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What is wrong with a text that should be base64, for the integrator.
pub(super) type Flaw = &'static str;

/// No blanks, right padding, and the one way of writing these bytes.
pub(super) fn strict(text: &str) -> Result<Vec<u8>, Flaw> {
    if !text.is_ascii() {
        return Err("it has characters beyond ASCII");
    }
    let data = decode(text.as_bytes())?;
    if STANDARD.encode(&data) == text { Ok(data) } else { Err("it is not in the canonical form of base64") }
}

/// White space is left out; unused bits and surplus padding after whole groups do not matter.
pub(super) fn loose(text: &str) -> Result<Vec<u8>, Flaw> {
    let packed = without_blanks(text);
    if packed.is_ascii() { decode(packed.as_bytes()) } else { Err("it has characters beyond ASCII") }
}

/// The text without any white space.
pub(super) fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

fn decode(text: &[u8]) -> Result<Vec<u8>, Flaw> {
    if text.first() == Some(&b'=') {
        return Err("it begins with padding");
    }
    let mut data = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut in_group, mut pads) = (0u32, 0usize, 0usize);
    let mut padded = false;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b'=' {
            padded = true;
            pads += 1;
            if in_group >= 2 && in_group + pads >= 4 {
                return if at + 1 < text.len() { Err("data follows its padding") } else { Ok(data) };
            }
            continue;
        }
        let six = sextet(*byte).ok_or("it has characters that are not base64")?;
        if padded {
            return Err("padding stands in its middle");
        }
        group = group << 6 | six;
        in_group = (in_group + 1) % 4;
        // The low eight bits that are complete; the rest waits for the next character.
        match in_group {
            2 => data.push((group >> 4) as u8),
            3 => data.push((group >> 2) as u8),
            0 => data.push(group as u8),
            _ => {}
        }
    }
    if in_group == 0 { Ok(data) } else { Err("characters at its end are missing") }
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_takes_one_form_only() {
        assert_eq!(strict("QQ=="), Ok(b"A".to_vec()));
        assert_eq!(strict(""), Ok(Vec::new()));
        for bad in ["QR==", "QQ", "QQ=", "QQ===", " QQ==", "QQ==\n", "QQ==QQ==", "=", "QUJD=", "٣", "QQ-_"] {
            assert!(strict(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn loose_forgives_blanks_bits_and_surplus_padding() {
        for (text, data) in
            [(" Q Q\n==\u{a0}", &b"A"[..]), ("QR==", b"A"), ("QUJ=", b"AB"), ("QUJD====", b"ABC"), ("", b"")]
        {
            assert_eq!(loose(text).as_deref(), Ok(data), "{text:?}");
        }
        for bad in ["=QUJD", "QQ===", "Q===", "QUI==", "QQ=a", "Q=Q=", "QUJD=QUJD", "QUJDQ", "QQ=", "Q!=="] {
            assert!(loose(bad).is_err(), "{bad:?}");
        }
    }
}
