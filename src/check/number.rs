//! Numbers of any length, compared by value: amounts of a QR code against
//! those of the document, whatever way either is written.

use std::cmp::Ordering;

/// A number in its one normal form, so that equal values are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// Digits without zeros at either end, times ten to the exponent; no digits are zero.
    Finite { negative: bool, digits: Vec<u8>, exponent: i64 },
    /// Without bound.
    Infinite { negative: bool },
}

impl Number {
    /// Reads digits with at most one point, sign and exponent; underscores and
    /// white space around it are passed over. `Ok(None)` is a text that says it
    /// is no number (`NaN`), which equals nothing.
    pub(super) fn read(text: &str) -> Result<Option<Number>, NotANumber> {
        let packed: Vec<char> = text.trim().chars().filter(|c| *c != '_').map(western).collect();
        let (negative, rest) = match packed.split_first() {
            Some(('-', rest)) => (true, rest),
            Some(('+', rest)) => (false, rest),
            _ => (false, packed.as_slice()),
        };
        let word: String = rest.iter().collect::<String>().to_ascii_lowercase();
        if word == "inf" || word == "infinity" {
            return Ok(Some(Number::Infinite { negative }));
        }
        if let Some(payload) = word.strip_prefix("nan") {
            return if payload.bytes().all(|b| b.is_ascii_digit()) { Ok(None) } else { Err(NotANumber) };
        }
        finite(negative, &word).map(Some)
    }
}

/// The text is no number in any accepted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotANumber;

/// Whether two texts are numbers of one value.
pub(super) fn same(a: &str, b: &str) -> Result<bool, NotANumber> {
    let (a, b) = (Number::read(a)?, Number::read(b)?);
    Ok(a.is_some() && a == b)
}

fn finite(negative: bool, word: &str) -> Result<Number, NotANumber> {
    let (mantissa, exponent) = match word.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
        None => (word, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NotANumber);
    }
    let mut exponent = exponent.saturating_sub(fraction.len() as i64);
    let zeros = digits.iter().rev().take_while(|d| **d == b'0').count();
    digits.truncate(digits.len() - zeros);
    exponent = exponent.saturating_add(zeros as i64);
    let leading = digits.iter().take_while(|d| **d == b'0').count();
    digits.drain(..leading);
    if digits.is_empty() {
        return Ok(Number::Finite { negative: false, digits, exponent: 0 });
    }
    Ok(Number::Finite { negative, digits, exponent })
}

/// An exponent of at most 18 digits; larger ones are no numbers to any reader.
fn power(text: &str) -> Result<i64, NotANumber> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || digits.trim_start_matches('0').len().cmp(&18) == Ordering::Greater {
        return Err(NotANumber);
    }
    let value =
        digits.bytes().fold(0i64, |sum, b| sum.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    Ok(if text.starts_with('-') { -value } else { value })
}

/// Arabic-Indic and Persian digits are digits as well.
fn western(digit: char) -> char {
    let value = match digit {
        '\u{660}'..='\u{669}' => digit as u32 - 0x660,
        '\u{6f0}'..='\u{6f9}' => digit as u32 - 0x6f0,
        _ => return digit,
    };
    char::from_digit(value, 10).unwrap_or(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_and_not_texts() {
        for (a, b) in [
            ("1.0", " 1 "),
            ("100", "1e2"),
            ("1_0", "10.00"),
            ("-0", "0.000"),
            (".5", "0.50"),
            ("٤٧٫", "47"),
            ("inf", "Infinity"),
            ("١٢", "12"),
        ] {
            let expected = if a.contains('٫') { Err(NotANumber) } else { Ok(true) };
            assert_eq!(same(a, b), expected, "{a} {b}");
        }
        for (a, b) in [("1", "-1"), ("1.01", "1.1"), ("nan", "NaN"), ("inf", "-inf"), ("10", "1")] {
            assert_eq!(same(a, b), Ok(false), "{a} {b}");
        }
        for bad in ["", ".", "1,0", "e1", "1e", "0x1", "1 0", "1.0.0", "1e99999999999999999999", "--1"] {
            assert_eq!(same(bad, "1"), Err(NotANumber), "{bad}");
        }
    }

    #[test]
    fn digits_beyond_any_machine_word_are_kept() {
        let long = "9".repeat(5000);
        assert_eq!(same(&long, &format!("{long}.0")), Ok(true));
        assert_eq!(same(&long, &format!("{long}.1")), Ok(false));
    }
}
