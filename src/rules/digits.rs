//! What the regular expressions of the rules call a digit (`\d`): the decimal
//! digits of every script, not only 0 to 9.

/// The zero of each run of ten digits (general category Nd of Unicode 14).
const ZEROS: [u32; 66] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
    0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
    0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
    0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Whether it is a decimal digit of any script.
pub(crate) fn is_digit(c: char) -> bool {
    let code = u32::from(c);
    if code < 0x80 {
        return c.is_ascii_digit();
    }
    let before = ZEROS.partition_point(|zero| *zero <= code);
    before.checked_sub(1).and_then(|at| ZEROS.get(at)).is_some_and(|zero| code < zero + 10)
}

/// Whether the text is digits only, at least one: `^\d+$`.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_digit)
}

/// Whether `start` and five digits stand anywhere in the name of a type code:
/// how the rules tell standard (`01`) from simplified (`02`).
pub(crate) fn has_kind(name: &str, start: &str) -> bool {
    name.match_indices(start).any(|(at, _)| {
        let behind = name.get(at + start.len()..).unwrap_or_default();
        let mut five = behind.chars().take(5);
        behind.chars().count() >= 5 && five.all(is_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script() {
        for c in ['0', '9', '٠', '٩', '۵', '०', '９', '\u{1D7FF}'] {
            assert!(is_digit(c), "{c}");
        }
        for c in ['a', '²', '½', '-', 'ا', '\u{066A}', '\u{1D800}'] {
            assert!(!is_digit(c), "{c}");
        }
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn kinds_are_found_anywhere_in_the_name() {
        for name in ["0100000", "0111010", "xx0100000yy", "00100000", "01٠٠٠٠٠"] {
            assert!(has_kind(name, "01"), "{name}");
        }
        for name in ["0200000", "010000", "01", "", "01 00000"] {
            assert!(!has_kind(name, "01"), "{name}");
        }
    }
}
