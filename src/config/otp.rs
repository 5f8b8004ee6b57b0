//! What counts as an OTP wherever a person writes one down: six digits of
//! whatever keyboard, with what editors and portals put around them.

use zeroize::Zeroizing;

const DIGITS: usize = 6;

/// Six ASCII digits, without the blanks, line ends and marks of writing
/// direction around them; digits of the Arabic script are taken as well.
///
/// # Errors
/// What the text is or has instead, to be read after `it`; shows nothing of the text.
pub fn otp_digits(text: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "is not text in UTF-8")?;
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_mark(c));
    if text.is_empty() {
        return Err("is empty");
    }
    let mut otp = Zeroizing::new(String::with_capacity(DIGITS));
    for (at, letter) in text.chars().enumerate() {
        let digit = ascii_digit(letter).ok_or("has something else than digits")?;
        if at == DIGITS {
            return Err("has more than 6 digits");
        }
        otp.push(digit);
    }
    if otp.len() == DIGITS { Ok(otp) } else { Err("has fewer than 6 digits") }
}

/// The byte order mark, and marks of writing direction as copying leaves them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{FEFF}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Arabic (٠-٩) and Persian (۰-۹) keyboards write digits of their own.
fn ascii_digit(c: char) -> Option<char> {
    let value = match c {
        '0'..='9' => return Some(c),
        '\u{0660}'..='\u{0669}' => u32::from(c) - 0x0660,
        '\u{06F0}'..='\u{06F9}' => u32::from(c) - 0x06F0,
        _ => return None,
    };
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_and_keyboards_are_forgiven() {
        for good in [
            "123456",
            "123456\n",
            "123456\r\n",
            "\u{FEFF}123456\r\n",
            "  123456\t\n\n",
            "\u{200F}123456\u{200E}",
            "\u{2067}١٢٣٤٥٦\u{2069}\n",
            "١٢٣٤٥٦",
            "۱۲۳۴۵۶",
            "12٣٤56",
        ] {
            assert_eq!(otp_digits(good.as_bytes()).unwrap().as_str(), "123456", "{good:?}");
        }
        assert_eq!(otp_digits(b"000000").unwrap().as_str(), "000000");
    }

    #[test]
    fn everything_else_is_named() {
        for (bad, why) in [
            (&b""[..], "is empty"),
            (b" \r\n", "is empty"),
            (b"12345", "has fewer than 6 digits"),
            (b"1234567", "has more than 6 digits"),
            (b"123 456", "has something else than digits"),
            (b"otp=123456", "has something else than digits"),
            (b"123456\n654321\n", "has something else than digits"),
            (b"\xFF\xFE1\x002\x003\x004\x005\x006\x00", "is not text in UTF-8"),
        ] {
            assert_eq!(otp_digits(bad), Err(why), "{bad:?}");
        }
    }
}
