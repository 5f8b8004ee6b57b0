//! The three places where the stylesheet counts in binary floating point
//! instead of decimals. Exact decimals give the same answer but for exact ties
//! between two hundredths, where the binary error decides; there, and only
//! there, the same binary arithmetic is done here, because the answer of the
//! platform is wanted and not the right one. Our own amounts are never
//! computed like this.

use std::cmp::Ordering;

use super::super::arithmetic::{add, compare, mul, parse, round, sub};
use super::super::facts::Facts;
use super::amount;
use crate::money::Decimal;

fn cents(count: i128) -> Decimal {
    Decimal::new(count, 2)
}

/// Taxable amount times rate in percent, to two decimals: half to even of the
/// binary product (`format-number`).
pub(super) fn tax(taxable: Decimal, rate: Decimal) -> Option<Decimal> {
    let product = mul(taxable, rate)?;
    let exact = Decimal::new(product.mantissa(), product.scale() + 2);
    match is_tie(exact) {
        false => Some(round(exact, 2)),
        true => Some(binary_product(taxable, rate).unwrap_or_else(|| half_to_even(exact))),
    }
}

/// Whether `tax` is within a hundredth for each line of `expected`.
pub(super) fn is_near(tax: Decimal, expected: Decimal, lines: usize) -> bool {
    let most = cents(i128::try_from(lines).unwrap_or(i128::MAX / 2));
    match (sub(expected, most), add(expected, most)) {
        (Some(least), Some(most)) => compare(tax, least).is_ge() && compare(tax, most).is_le(),
        _ => false,
    }
}

/// Whether it lies so near the middle of two hundredths that a binary product
/// may fall on either side: exactly there, or nearer than its 52 bits tell.
fn is_tie(exact: Decimal) -> bool {
    let Some(unit) = exact.scale().checked_sub(2).and_then(|drop| 10i128.checked_pow(drop)) else {
        return false;
    };
    let rest = exact.mantissa().rem_euclid(unit);
    // Twice the distance from the middle.
    let off = (2 * rest - unit).abs();
    unit > 1 && off <= exact.mantissa().abs() / 50_000_000_000_000
}

fn binary(x: Decimal) -> Option<f64> {
    // The nearest double of the written digits, as the stylesheet reads them.
    x.to_string().parse().ok()
}

fn binary_product(taxable: Decimal, rate: Decimal) -> Option<Decimal> {
    let product = binary(taxable)? * (binary(rate)? / 100.0);
    // Written with the fewest digits that tell it from its neighbours.
    let (shortest, _) = parse(&product.to_string())?;
    Some(half_to_even(shortest))
}

fn half_to_even(x: Decimal) -> Decimal {
    let up = round(x, 2);
    // Halves go up; one that came to an odd hundredth belongs below.
    let tie = sub(up, x).is_some_and(|gap| compare(gap, Decimal::new(5, 3)).is_eq());
    if tie && up.scale() == 2 && up.mantissa() % 2 != 0 { cents(up.mantissa() - 1) } else { up }
}

/// BR-CO-13 adds up the lines in binary: `exact`, in which the sum of lines is
/// `lines`, to two decimals.
pub(super) fn round_with_lines(exact: Decimal, lines: Option<Decimal>, facts: &Facts<'_>) -> Decimal {
    let up = round(exact, 2);
    let tie = sub(up, exact).is_some_and(|gap| compare(gap, Decimal::new(5, 3)).is_eq());
    if !tie {
        return up;
    }
    let nets = facts.lines.iter().filter_map(|line| amount(&line.net)).filter_map(binary);
    let sum: f64 = nets.fold(0.0, |sum, net| sum + net);
    match lines.and_then(|lines| against(sum, lines)) {
        Some(Ordering::Less) => cents(up.mantissa() - 1),
        _ => up,
    }
}

/// A double against a decimal, both exactly; `None` if it takes too many digits.
fn against(x: f64, exact: Decimal) -> Option<Ordering> {
    let bits = x.abs().to_bits();
    let (exponent, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
    let (mantissa, power) = match exponent {
        0 => (fraction, -1074),
        2047 => return None,
        // At most 2046, so it fits.
        _ => (fraction | 1 << 52, exponent as i32 - 1075),
    };
    let signed = i128::from(mantissa) * if x < 0.0 { -1 } else { 1 };
    let shift = |m: i128, by: i32| 2i128.checked_pow(u32::try_from(by).ok()?).and_then(|f| m.checked_mul(f));
    // Drop the zeros at the end of the mantissa to keep the numbers small.
    let zeros = (mantissa.trailing_zeros() as i32).min((-power).max(0));
    let (signed, power) = (signed >> zeros, power + zeros);
    let left = signed.checked_mul(10i128.checked_pow(exact.scale())?)?;
    match power < 0 {
        true => Some(left.cmp(&shift(exact.mantissa(), -power)?)),
        false => Some(shift(left, power)?.cmp(&exact.mantissa())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        parse(text).unwrap().0
    }

    #[test]
    fn tax_is_rounded_as_the_stylesheet_rounds() {
        for (taxable, rate, want) in [
            ("100.00", "15.00", "15.00"),
            ("0.30", "15", "0.04"),
            ("0.10", "15", "0.02"),
            ("0.50", "15", "0.08"),
            ("1.50", "15", "0.22"),
            ("33.33", "15", "5.00"),
            ("-0.50", "15", "-0.08"),
            ("123456789.01", "15.00", "18518518.35"),
        ] {
            assert_eq!(tax(number(taxable), number(rate)), Some(number(want)), "{taxable}");
        }
    }

    #[test]
    fn near_is_a_hundredth_for_each_line() {
        assert!(is_near(number("1.02"), number("1.00"), 2) && !is_near(number("1.021"), number("1.00"), 2));
        assert!(is_near(number("0.98"), number("1.00"), 2) && !is_near(number("0.97"), number("1.00"), 2));
        assert!(is_near(number("1.0"), number("1.00"), 0) && !is_near(number("1.01"), number("1.00"), 0));
    }

    #[test]
    fn doubles_are_compared_exactly() {
        for (x, exact, order) in [
            (1.005, "1.005", Ordering::Less),
            (0.5, "0.5", Ordering::Equal),
            (0.1, "0.1", Ordering::Greater),
            (-0.1, "-0.1", Ordering::Less),
            (8_589_934_592.0, "8589934592", Ordering::Equal),
            (1e15, "1000000000000000.1", Ordering::Less),
        ] {
            assert_eq!(against(x, number(exact)), Some(order), "{x}");
        }
    }
}
