//! Exact decimal numbers as the rules count with them: sums, products, and
//! rounding as XPath's `round`. Nothing here loses a digit; what has too many
//! of them for 128 bits is `None`.
//!
//! A number is read with up to 18 digits before and 28 behind its point, 37 in
//! all (needless zeros aside): unit prices by division come with as many as the
//! decimals of common platforms have. With 18 on each side any two can be
//! added. More digits are no amount of money; such a text counts as not being a
//! number, and the document that holds it is refused instead of being counted
//! approximately.

use std::cmp::Ordering;

use crate::money::Decimal;

/// Digits that are read before the point.
const WHOLE: usize = 18;

/// Digits that are read behind the point.
const FRACTION: usize = 28;

/// Digits that are read in all; as many always fit.
const DIGITS: usize = 37;

/// Decimals of a product, so that a unit of them fits.
const FINEST: u32 = 38;

/// The blanks of XML.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Without the blanks of XML around it.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    // Hardly any value has a blank at its ends, and all four are below these.
    match text.as_bytes() {
        [first, .., last] if *first > b' ' && *last > b' ' => text,
        [only] if *only > b' ' => text,
        _ => text.trim_matches(BLANKS),
    }
}

/// 10 to the power of `places`, if it fits.
pub(crate) fn unit(places: u32) -> Option<i128> {
    const UNITS: [i128; 39] = {
        let (mut units, mut at) = ([1; 39], 1);
        while at < units.len() {
            units[at] = units[at - 1] * 10;
            at += 1;
        }
        units
    };
    UNITS.get(places as usize).copied()
}

/// The greatest whole number that is not greater than `a / b`, and what is left;
/// `b` is above zero.
pub(crate) fn div_floor(a: i128, b: i128) -> (i128, i128) {
    // Nearly every amount fits 64 bits, whose division is far cheaper.
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => (a.div_euclid(b).into(), a.rem_euclid(b).into()),
        _ => (a.div_euclid(b), a.rem_euclid(b)),
    }
}

/// Reads an `xs:decimal`, and says whether it stands in the usual form: as
/// [`Decimal`] writes it.
pub(crate) fn parse(text: &str) -> Option<(Decimal, bool)> {
    let trimmed = trim(text);
    let (sign, digits) = match trimmed.as_bytes().first()? {
        b'-' => (-1, &trimmed[1..]),
        b'+' => (1, &trimmed[1..]),
        _ => (1, trimmed),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let pointed = whole.len() != digits.len();
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let significant = whole.trim_start_matches('0');
    let kept = match fraction.len() <= WHOLE {
        true => fraction,
        false => fraction.trim_end_matches('0'),
    };
    if significant.len() > WHOLE || kept.len() > FRACTION || significant.len() + kept.len() > DIGITS {
        return None;
    }
    let magnitude =
        significant.bytes().chain(kept.bytes()).fold(0i128, |sum, b| sum * 10 + i128::from(b - b'0'));
    let usual = trimmed.len() == text.len()
        && !trimmed.starts_with('+')
        && kept.len() == fraction.len()
        && pointed != fraction.is_empty()
        && if significant.is_empty() { whole == "0" } else { whole.len() == significant.len() }
        && (sign == 1 || magnitude != 0);
    // At most 28 decimals.
    Some((Decimal::new(sign * magnitude, kept.len() as u32), usual))
}

/// Both at the finer scale of the two.
fn align(a: Decimal, b: Decimal) -> Option<(i128, i128, u32)> {
    let finer = |x: Decimal, scale: u32| x.mantissa().checked_mul(unit(scale - x.scale())?);
    match a.scale().cmp(&b.scale()) {
        Ordering::Equal => Some((a.mantissa(), b.mantissa(), a.scale())),
        Ordering::Less => Some((finer(a, b.scale())?, b.mantissa(), b.scale())),
        Ordering::Greater => Some((a.mantissa(), finer(b, a.scale())?, a.scale())),
    }
}

/// a + b.
pub(crate) fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (x, y, scale) = align(a, b)?;
    Some(Decimal::new(x.checked_add(y)?, scale))
}

/// a - b.
pub(crate) fn sub(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (x, y, scale) = align(a, b)?;
    Some(Decimal::new(x.checked_sub(y)?, scale))
}

/// a x b.
pub(crate) fn mul(a: Decimal, b: Decimal) -> Option<Decimal> {
    let product = |a: Decimal, b: Decimal| {
        let scale = a.scale().checked_add(b.scale()).filter(|scale| *scale <= FINEST)?;
        Some(Decimal::new(a.mantissa().checked_mul(b.mantissa())?, scale))
    };
    product(a, b).or_else(|| product(shortest(a), shortest(b)))
}

/// Without zeros at the end of its decimals.
pub(crate) fn shortest(x: Decimal) -> Decimal {
    let (mut mantissa, mut scale) = (x.mantissa(), x.scale());
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Decimal::new(mantissa, scale)
}

/// The sum of all; of none, zero.
pub(crate) fn sum(parts: impl IntoIterator<Item = Decimal>) -> Option<Decimal> {
    parts.into_iter().try_fold(Decimal::new(0, 0), add)
}

/// Rounded to `places` decimals, halves towards positive infinity: `round(x * 100) div 100`.
pub(crate) fn round(x: Decimal, places: u32) -> Decimal {
    let Some(unit) = x.scale().checked_sub(places).filter(|drop| *drop > 0).and_then(unit) else {
        return x;
    };
    let (whole, rest) = div_floor(x.mantissa(), unit);
    Decimal::new(whole + i128::from(rest >= unit - rest), places)
}

/// Which of two is greater, whatever their scales.
pub(crate) fn compare(a: Decimal, b: Decimal) -> Ordering {
    if let Some((x, y, _)) = align(a, b) {
        return x.cmp(&y);
    }
    // The finer one's scale is at most that of a product, 38, so its unit fits.
    let parts = |x: Decimal| {
        let (whole, rest) = div_floor(x.mantissa(), unit(x.scale()).unwrap_or(i128::MAX));
        (whole, Decimal::new(rest, x.scale()))
    };
    let ((whole_a, rest_a), (whole_b, rest_b)) = (parts(a), parts(b));
    let rests = || align(rest_a, rest_b).map_or(Ordering::Equal, |(x, y, _)| x.cmp(&y));
    whole_a.cmp(&whole_b).then_with(rests)
}

/// Whether both are the same number, whatever their scales.
pub(crate) fn equal(a: Decimal, b: Decimal) -> bool {
    compare(a, b) == Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        parse(text).unwrap().0
    }

    #[test]
    fn reads_what_xs_decimal_allows() {
        for text in ["0", "12", "12.50", "-1.5", "0.05", "123456789012345678.123456789012345678"] {
            let (value, usual) = parse(text).unwrap();
            assert_eq!((value.to_string().as_str(), usual), (text, true));
        }
        for (text, same) in [
            (" 5.00\n", "5.00"),
            ("+5", "5"),
            ("05.1", "5.1"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-0.00", "0.00"),
            ("00", "0"),
            ("1.0000000000000000000000", "1"),
            ("0000000000000000000000001", "1"),
        ] {
            let (value, usual) = parse(text).unwrap();
            assert_eq!((value, usual), (number(same), false), "{text:?}");
        }
        for text in ["", " ", ".", "-", "+-1", "1e3", "1,0", "NaN", "INF", "1 0", "١", "--1", "1.2.3"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse("1234567890123456789"), None);
        let price = "33.3333333333333333333333333333";
        assert_eq!(parse(price).map(|(value, usual)| (value.to_string(), usual)), Some((price.into(), true)));
        assert_eq!(parse("0.12345678901234567890123456789"), None, "29 decimals");
        assert_eq!(parse("1234567890.1234567890123456789012345678"), None, "38 digits");
    }

    #[test]
    fn rounds_halves_up() {
        for (text, rounded) in [
            ("1.005", "1.01"),
            ("-1.005", "-1.00"),
            ("1.0049", "1.00"),
            ("-1.006", "-1.01"),
            ("1.5", "1.5"),
            ("7", "7"),
        ] {
            assert!(equal(round(number(text), 2), number(rounded)), "{text}");
        }
    }

    #[test]
    fn counts_exactly_or_not_at_all() {
        assert!(equal(sum(["0.1", "0.2", "3"].map(number)).unwrap(), number("3.30")));
        assert!(equal(sub(number("1"), number("0.001")).unwrap(), number("0.999")));
        assert!(equal(mul(number("1.5"), number("-0.15")).unwrap(), number("-0.225")));
        let huge = number("999999999999999999.999999999999999999");
        assert_eq!(mul(huge, huge), None);
        let price = number("80.1619433198380566801619433198");
        assert!(equal(mul(price, number("10.00000000")).unwrap(), number("801.619433198380566801619433198")));
        let times = Decimal::new(i128::MAX, 0);
        assert_eq!(add(times, number("0.1")), None);
        assert_eq!(compare(times, number("0.1")), Ordering::Greater);
        assert_eq!(compare(number("-0.1"), times), Ordering::Less);
        assert_eq!(compare(Decimal::new(i128::MIN, 0), number("0.1")), Ordering::Less);
    }
}
