//! Direction of text: cleaning what came from outside, keeping numbers in
//! order, and cutting a line into runs in the order they stand on paper.

use std::borrow::Cow;
use std::ops::Range;

use unicode_bidi::{Level, ParagraphBidiInfo};

/// U+2066 LEFT-TO-RIGHT ISOLATE and U+2069 POP DIRECTIONAL ISOLATE.
const LRI: char = '\u{2066}';
const PDI: char = '\u{2069}';

/// Wraps a number, date or id so that Arabic around it cannot reorder it.
pub fn ltr(text: &str) -> String {
    format!("{LRI}{text}{PDI}")
}

/// A run of one direction, in visual order from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub range: Range<usize>,
    pub rtl: bool,
}

/// Whether a letter is written from right to left (Hebrew to Arabic Extended,
/// and the Arabic presentation forms).
fn is_rtl_letter(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{065F}' | '\u{066E}'..='\u{06EF}' | '\u{06FA}'..='\u{08FF}'
        | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}')
}

/// The direction of the first strong letter; text without one is left to right.
pub fn is_rtl(text: &str) -> bool {
    text.chars()
        .find_map(|c| match c {
            _ if is_rtl_letter(c) => Some(true),
            _ if c.is_alphabetic() => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

/// Characters that steer direction or layout but print nothing.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{00AD}')
}

/// Makes outside text fit to print: control characters become spaces, runs of
/// white space one space, and embeddings, overrides and isolates are dropped,
/// so that no name can reorder what stands beside it. In Arabic text, numbers
/// that UAX #9 would reorder (`15%`, `2026-11-21`, `+966 50`) are isolated.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            _ if c.is_whitespace() || c.is_control() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    if is_rtl(&out) { isolate_numbers(&out).into_owned() } else { out }
}

/// Isolates each number that holds a sign, a percent or a separator which
/// would otherwise change its place after Arabic letters (UAX #9 W2 to W7).
fn isolate_numbers(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 12);
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit() || c == '+') {
        let length = number_length(&rest[at..]);
        if length == 0 {
            let after = at + 1;
            out.push_str(&rest[..after]);
            rest = &rest[after..];
            continue;
        }
        let number = &rest[at..at + length];
        out.push_str(&rest[..at]);
        if number.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(number);
        } else {
            out.push_str(&ltr(number));
        }
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Bytes of the number at the start of `text`: digits, separators between
/// digits (also single spaces after a leading plus), and a closing percent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let phone = bytes.first() == Some(&b'+');
    let mut end = usize::from(phone);
    if !bytes.get(end).is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    while let Some(&b) = bytes.get(end) {
        let digit_follows = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        let separates = matches!(b, b'.' | b',' | b'-' | b'/' | b':') || (phone && b == b' ');
        if !(b.is_ascii_digit() || (separates && digit_follows)) {
            break;
        }
        end += 1;
    }
    end + usize::from(bytes.get(end) == Some(&b'%'))
}

/// Cuts one line into runs in visual order. `rtl` is the paragraph's direction.
pub fn visual_runs(text: &str, rtl: bool) -> Vec<Run> {
    if text.is_empty() {
        return Vec::new();
    }
    if !rtl && text.is_ascii() {
        return vec![Run { range: 0..text.len(), rtl: false }];
    }
    let base = if rtl { Level::rtl() } else { Level::ltr() };
    let info = ParagraphBidiInfo::new(text, Some(base));
    let (levels, runs) = info.visual_runs(0..text.len());
    runs.into_iter()
        .map(|range| Run { rtl: levels.get(range.start).is_some_and(|level| level.is_rtl()), range })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader sees from left to right, letters of RTL runs reversed.
    fn seen(text: &str) -> String {
        let text = clean(text);
        visual_runs(&text, is_rtl(&text))
            .into_iter()
            .flat_map(|run| {
                let mut letters: Vec<char> = text[run.range].chars().filter(|&c| !is_invisible(c)).collect();
                if run.rtl {
                    letters.reverse();
                }
                letters
            })
            .collect()
    }

    #[test]
    fn numbers_keep_their_order_after_arabic() {
        assert_eq!(seen("خصم 15%"), "15% مصخ");
        assert_eq!(seen("صالح حتى 2026-11-21"), "2026-11-21 ىتح حلاص");
        assert_eq!(seen("هاتف +966 50 123 4567"), "+966 50 123 4567 فتاه");
        assert_eq!(seen("حليب 1.5 لتر"), "رتل 1.5 بيلح");
        assert_eq!(seen("عرض 2 بـ5"), "5ـب 2 ضرع");
    }

    #[test]
    fn outside_text_cannot_steer_its_surroundings() {
        assert_eq!(clean("  a\u{202E}b\n\tc\u{2067} "), "ab c");
        assert_eq!(clean("\u{0}\u{7}"), "");
    }

    #[test]
    fn direction_is_that_of_the_first_strong_letter() {
        assert!(is_rtl("12 حليب Milk"));
        assert!(!is_rtl("12 Milk حليب"));
        assert!(!is_rtl("2026-11-21"));
    }

    #[test]
    fn a_lone_plus_and_trailing_separators_stay() {
        assert_eq!(clean("أ + ب 5."), "أ + ب 5.");
        assert_eq!(seen("قهوة + 3"), "3 + ةوهق");
    }
}
