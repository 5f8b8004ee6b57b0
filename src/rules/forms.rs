//! Forms of texts as the stylesheets test them, written out by hand instead of
//! regular expressions. Lengths are counted in characters.

pub(super) use super::arithmetic::trim;
use super::digits::{self, is_digit};
use super::facts::Text;

/// The text, or the empty one if the element is absent.
pub(super) fn written<'t>(text: &'t Text<'_>) -> &'t str {
    text.as_deref().unwrap_or("")
}

/// Whether nothing but blanks is written.
pub(super) fn is_blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// Absent, empty or blanks only.
pub(super) fn is_absent(text: &Text<'_>) -> bool {
    is_blank(written(text))
}

/// How many characters a text has.
pub(super) fn length(text: &str) -> usize {
    // A text of few bytes cannot be long; most are.
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Whether a text has more than `most` characters; counts only what may have.
pub(super) fn is_longer(text: &str, most: usize) -> bool {
    text.len() > most && length(text) > most
}

/// Exactly so many digits 0 to 9.
pub(super) fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// Letters and digits of ASCII, at least one.
pub(super) fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// VAT number: 15 digits, the first and the last a 3.
pub(super) fn is_vat_number(text: &str) -> bool {
    is_digits(text, 15) && text.starts_with('3') && text.ends_with('3')
}

/// Ten digits of which the first is this one.
pub(super) fn is_ten_digits_from(text: &str, first: char) -> bool {
    is_digits(text, 10) && text.starts_with(first)
}

/// 0 or + and 4 to 15 digits.
pub(super) fn is_telephone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['0', '+']) else { return false };
    (4..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the flags of a kind stand anywhere in a `name`: the two digits and
/// five more. `summary` asks for a 1 at the fourth of the five.
pub(super) fn has_flags(name: &str, kind: &str, summary: bool) -> bool {
    name.match_indices(kind).any(|(at, _)| {
        let mut flags = name.get(at + kind.len()..).unwrap_or("").chars();
        (0..5).all(|i| flags.next().is_some_and(|c| if summary && i == 3 { c == '1' } else { is_digit(c) }))
    })
}

/// The `at`-th character (from 1), or none.
pub(super) fn character(text: &str, at: usize) -> Option<char> {
    text.chars().nth(at.wrapping_sub(1))
}

/// `01` or `02` and flags of 0 or 1, of so many characters altogether.
pub(super) fn is_type_name(name: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    let flags = name.strip_prefix("01").or_else(|| name.strip_prefix("02"));
    lengths.contains(&name.len())
        && flags.is_some_and(|flags| flags.bytes().all(|b| matches!(b, b'0' | b'1')))
}

/// `hh:mm:ss` with or without `Z`.
pub(super) fn is_plain_time(text: &str) -> bool {
    let clock = text.strip_suffix('Z').unwrap_or(text);
    clock.len() == 8 && seconds_of_day(clock).is_some_and(|seconds| seconds < 86_400)
}

/// Seconds of a day of `hh:mm:ss`; 24:00:00 is the only time of hour 24.
fn seconds_of_day(clock: &str) -> Option<i64> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = clock.as_bytes() else { return None };
    let (hour, minute, second) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
    let seconds = hour * 3600 + minute * 60 + second;
    (minute < 60 && second < 60 && seconds <= 86_400).then_some(seconds)
}

/// Two digits as a number.
fn two(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// An `xs:time`: the seconds of its day and the seconds of its zone east of
/// Greenwich, if it has one. A fraction of a second is dropped.
pub(super) fn time(text: &str) -> Option<(i64, Option<i64>)> {
    let text = trim(text);
    let seconds = seconds_of_day(text.get(..8)?)?;
    let mut rest = text.get(8..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let positive = fraction.bytes().take(digits).any(|b| b != b'0');
        if digits == 0 || (seconds == 86_400 && positive) {
            return None;
        }
        rest = fraction.get(digits..)?;
    }
    Some((seconds, zone(rest)?))
}

/// Nothing, `Z` or `+hh:mm`: seconds east of Greenwich.
fn zone(text: &str) -> Option<Option<i64>> {
    match text.as_bytes() {
        [] => Some(None),
        b"Z" => Some(Some(0)),
        &[sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hour, minute) = (two(h1, h2)?, two(m1, m2)?);
            let seconds = hour * 3600 + minute * 60;
            (minute < 60 && seconds <= 14 * 3600).then_some(Some(if sign == b'-' {
                -seconds
            } else {
                seconds
            }))
        }
        _ => None,
    }
}

/// Year, month and day of `YYYY-MM-DD`, a day of the calendar.
pub(super) fn date(text: &str) -> Option<(i64, i64, i64)> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    (1..=last).contains(&day).then_some((year, month, day))
}

/// Days since 1970-01-01 of a day of the calendar.
pub(super) fn days((year, month, day): (i64, i64, i64)) -> i64 {
    // Years that begin in March end with the leap day.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// A date as BR-KSA-F-01 wants it: ten characters, the years 2000 to 9999, a
/// day of the calendar. The rule takes every fourth year for a leap year.
pub(super) fn is_date(text: &str) -> bool {
    let Some(year) = text.get(..4).filter(|_| text.len() == 10 && !text.starts_with(['0', '1'])) else {
        return false;
    };
    date(text).is_some()
        || (text.ends_with("-02-29") && year.parse().is_ok_and(|year: u32| year.is_multiple_of(4)))
}

/// A date that BR-KSA-04 and BR-KSA-36 compare: of the years 1800 to 2099.
pub(super) fn compared_date(text: &str) -> Option<(i64, i64, i64)> {
    date(text).filter(|(year, ..)| (1800..=2099).contains(year))
}

/// Whether a text begins like a UUID as BR-KSA-03 tests it: with a letter, a
/// digit, a sign that is no punctuation, a point or a hyphen.
pub(super) fn begins_like_uuid(text: &str) -> bool {
    text.chars().next().is_some_and(|c| match c {
        '.' | '-' | '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        // Punctuation, and characters that are seen by nobody.
        '\u{200B}'..='\u{2064}' | '\u{60C}' | '\u{61B}'..='\u{61F}' | '\u{AB}' | '\u{BB}' => false,
        '\u{AD}' | '\u{FEFF}' => false,
        c => !c.is_whitespace() && !c.is_control(),
    })
}

/// Digits with eight equal, rising or falling ones in a row (BR-KSA-F-13).
pub(super) fn is_invented(text: &str) -> bool {
    let text = trim(text);
    if text.len() < 8 || !digits::is_digits(text) {
        return false;
    }
    let run = |step: i16| {
        let mut length = 1;
        text.as_bytes().windows(2).any(|pair| {
            let [first, second] = [pair.first(), pair.last()].map(|b| b.map_or(0, |b| i16::from(*b)));
            let digits = (48..58).contains(&first) && (48..58).contains(&second);
            length = if digits && second - first == step { length + 1 } else { 1 };
            length == 8
        })
    };
    run(0) || run(1) || run(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_anywhere() {
        assert!(has_flags("0100000", "01", false));
        assert!(has_flags("x0100000", "01", false), "not anchored");
        assert!(has_flags("02٠٠٠٠٠", "02", false), "digits of any script");
        assert!(!has_flags("010000", "01", false), "only four flags");
        assert!(has_flags("0200010", "02", true));
        assert!(!has_flags("0200000", "02", true));
        assert!(has_flags("010200000", "02", false), "inside a longer name");
    }

    #[test]
    fn type_names() {
        assert!(is_type_name("0211010", 7..=7));
        assert!(is_type_name("011101011", 7..=9));
        for wrong in ["0311010", "021101", "0211012", "02110101", "", "0٢"] {
            assert!(!is_type_name(wrong, 7..=7), "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert!(is_plain_time("23:59:59") && is_plain_time("00:00:00Z"));
        for wrong in ["24:00:00", "9:00:00", "12:60:00", "12:00:60", "12:00:00+03:00", "12:00", ""] {
            assert!(!is_plain_time(wrong), "{wrong}");
        }
        assert_eq!(time("01:00:00+03:00"), Some((3600, Some(10_800))));
        assert_eq!(time(" 01:00:00.25 "), Some((3600, None)));
        assert_eq!(time("24:00:00"), Some((86_400, None)));
        for wrong in ["24:00:01", "24:00:00.5", "01:00:00.", "01:00:00+15:00", "01:00", "x"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(date("2024-02-29"), Some((2024, 2, 29)));
        for wrong in
            ["2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-04-31", "2024-1-1", "24-01-01"]
        {
            assert_eq!(date(wrong), None, "{wrong}");
        }
        assert_eq!(days((1970, 1, 1)), 0);
        assert_eq!(days((2024, 3, 1)), 19_783);
        assert_eq!(days((1969, 12, 31)), -1);
        assert!(is_date("2024-01-31") && is_date("2100-02-29"), "the rule's own calendar");
        assert!(!is_date("1999-12-31") && !is_date("2024-01-31Z") && !is_date("2023-02-29"));
        assert!(compared_date("1999-12-31").is_some() && compared_date("2100-01-01").is_none());
    }

    #[test]
    fn invented_numbers() {
        for text in ["12345678", "0187654321", "1111111190", "0123456789", "9876543210"] {
            assert!(is_invented(text), "{text}");
        }
        for text in ["1234567", "1010010000", "11111112222222", "12345678x", "", "7890123456"] {
            assert!(!is_invented(text), "{text}");
        }
    }

    #[test]
    fn numbers_of_people_and_companies() {
        assert!(is_vat_number("300000000000003") && !is_vat_number("300000000000004"));
        assert!(is_ten_digits_from("1234567890", '1') && !is_ten_digits_from("2234567890", '1'));
        assert!(is_telephone("0501234567") && is_telephone("+96650123") && !is_telephone("501234567"));
        assert!(!is_telephone("+123") && !is_telephone("+1234567890123456"));
        assert!(is_alphanumeric("A1") && !is_alphanumeric("A-1") && !is_alphanumeric(""));
    }

    #[test]
    fn uuids_begin_with_a_word() {
        for text in ["8e6000cf", "-x", ".", "$", "فاتورة"] {
            assert!(begins_like_uuid(text), "{text}");
        }
        for text in ["", "_x", "{8e6000cf}", " x", "؟", "\u{200B}", "\u{FEFF}x"] {
            assert!(!begins_like_uuid(text), "{text}");
        }
    }

    #[test]
    fn lengths_count_characters() {
        assert_eq!(length("فاتورة"), 6);
        assert!(is_longer("abcd", 3) && !is_longer("ابج", 3));
        assert!(is_blank(" \n\t") && !is_blank("\u{a0}"));
    }
}
