//! The forms of values (XML Schema part 2), as libxml2 reads them: dates may
//! have no space around them, times none behind them, base64 may have strays.

use super::model::Simple;
use crate::xml::{is_ncname, uri};

/// Whether the text has the form. That an `Id` is unique is not seen here.
pub(super) fn fits(form: Simple, text: &str) -> bool {
    let trimmed = text.trim_matches([' ', '\t', '\n', '\r']);
    match form {
        Simple::Text => true,
        Simple::Language => is_language(trimmed),
        Simple::Uri => is_uri(trimmed),
        Simple::Id => is_ncname(trimmed),
        Simple::Base64 => is_base64(text),
        Simple::Boolean => matches!(trimmed, "true" | "false" | "1" | "0"),
        Simple::Date => date(text).is_some_and(is_zone),
        Simple::Time => time(text.trim_start_matches([' ', '\t', '\n', '\r'])).is_some_and(is_zone),
        Simple::DateTime => {
            date(text).and_then(|rest| rest.strip_prefix('T')).and_then(time).is_some_and(is_zone)
        }
        Simple::Decimal => is_decimal(trimmed),
        Simple::Integer => is_digits(unsigned(trimmed)),
        Simple::Choice(_) => form.choices().contains(&trimmed),
    }
}

/// `[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*`
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let fits = |part: &str| (1..=8).contains(&part.len());
    let first = parts.next().is_some_and(|part| fits(part) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    first && parts.all(|part| fits(part) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A URI reference once the characters that a URI escapes are replaced.
fn is_uri(text: &str) -> bool {
    let strange = |c: char| !matches!(c, '!'..='~') || "<>\"{}|\\^`".contains(c);
    uri::is_reference(&text.replace(strange, "_"))
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    let number = unsigned(text);
    let (whole, places) = number.split_once('.').unwrap_or((number, ""));
    let digits = |part: &str| part.is_empty() || is_digits(part);
    digits(whole) && digits(places) && !(whole.is_empty() && places.is_empty())
}

/// Four characters for three bytes, filled up with `=`; the bits that the
/// filling leaves over are zero.
fn is_base64(text: &str) -> bool {
    let mut letters: usize = 0;
    let mut filling = 0;
    let mut last = 0;
    for byte in text.bytes() {
        let six_bits = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                filling += 1;
                continue;
            }
            _ => continue,
        };
        if filling > 0 {
            return false;
        }
        letters += 1;
        last = six_bits;
    }
    match (letters % 4, filling) {
        (0, 0) => true,
        (3, 1) => last & !0x3C == 0,
        (2, 2) => last & !0x30 == 0,
        _ => false,
    }
}

/// Two digits that make a number up to the given one, and what follows.
fn two(text: &str, most: u32) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
    (number <= most).then_some((number, rest))
}

/// What follows a real day of the calendar: `YYYY-MM-DD`, where the year may have
/// more digits or a minus, and is not zero.
fn date(text: &str) -> Option<&str> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (digits, rest) = unsigned.split_once('-')?;
    let longer = digits.len() > 4 && !digits.starts_with('0');
    let written = is_digits(digits) && (digits.len() == 4 || longer);
    let year: i64 = written.then(|| digits.parse().ok()).flatten().filter(|year| *year != 0)?;
    let (month, rest) = two(rest, 12)?;
    let (day, rest) = two(rest.strip_prefix('-')?, 31)?;
    // There is no year 0 in XML Schema 1.0, and libxml2 counts leap years by the number as written.
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (month >= 1 && (1..=days).contains(&day)).then_some(rest)
}

/// What follows a time: `hh:mm:ss`, with decimal places or without; 24:00:00 is one.
fn time(text: &str) -> Option<&str> {
    let (hour, rest) = two(text, 24)?;
    let (minute, rest) = two(rest.strip_prefix(':')?, 59)?;
    let (second, rest) = two(rest.strip_prefix(':')?, 59)?;
    let (places, rest) = match rest.strip_prefix('.') {
        Some(places) => {
            places.split_at(places.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(places.len()))
        }
        None => ("0", rest),
    };
    let whole = hour < 24 || (minute == 0 && second == 0 && places.bytes().all(|b| b == b'0'));
    (whole && !places.is_empty() && !rounds_up(second, places)).then_some(rest)
}

/// Whether seconds so near to 60 become 60 in the binary number that libxml2 keeps.
fn rounds_up(second: u32, places: &str) -> bool {
    if second < 59 || !places.starts_with('9') {
        return false;
    }
    let mut number = f64::from(second);
    let mut weight = 1.0;
    for digit in places.bytes().take(400) {
        weight /= 10.0;
        number += f64::from(digit - b'0') * weight;
    }
    number >= 60.0
}

/// Nothing, `Z`, or an offset of at most fourteen hours.
fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return text.is_empty() || text == "Z" };
    let minutes = two(offset, 14).and_then(|(hours, rest)| {
        let (minutes, rest) = two(rest.strip_prefix(':')?, 59)?;
        rest.is_empty().then_some(hours * 60 + minutes)
    });
    minutes.is_some_and(|minutes| minutes <= 14 * 60)
}
