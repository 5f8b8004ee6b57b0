//! Quotients, roundings and printed numbers as the stylesheet has them, beside
//! the sums of `arithmetic.rs`. `None` stands for a result that does not fit;
//! amounts of invoices do.

use super::super::arithmetic::{add, compare, div_floor, shortest, unit};
use super::super::facts::{Amount, Number};
use crate::money::Decimal;

/// The value of an amount that is there and a number.
pub(super) fn value(amount: Option<&Amount<'_>>) -> Option<Decimal> {
    amount.and_then(|amount| amount.number.value())
}

/// Whether a number that is there is 0, which `-0.00` is not to the stylesheet.
pub(super) fn is_zero(number: Option<&Number<'_>>) -> bool {
    number.is_some_and(|number| {
        number.value().is_some_and(|value| value.mantissa() == 0) && !number.is_below_zero()
    })
}

/// Whether an amount that is there is 0.
pub(super) fn is_nothing(amount: Option<&Amount<'_>>) -> bool {
    is_zero(amount.map(|amount| &amount.number))
}

/// Whether `least <= number <= most`, whole numbers both.
pub(super) fn is_between(number: Decimal, least: i128, most: i128) -> bool {
    compare(number, Decimal::new(least, 0)).is_ge() && compare(number, Decimal::new(most, 0)).is_le()
}

/// `a / b` with the 18 decimals that the stylesheet's processor keeps beside
/// those of `a`, halves rounded down; `None` also if `b` is 0. An `a` that has
/// so many decimals of its own that these do not fit gets as many as do.
pub(super) fn divide(a: Decimal, b: Decimal) -> Option<Decimal> {
    let b = shortest(b);
    let widened = |more: u32| {
        let numerator = a.mantissa().checked_mul(10i128.checked_pow(more + b.scale())?)?;
        Some((a.scale().checked_add(more)?, numerator))
    };
    let fits = |more: &u32| *more == 18 || a.scale() + more >= 18;
    let (scale, numerator) = (0..=18).rev().filter(fits).find_map(widened)?;
    let (quotient, rest) = (numerator.checked_div(b.mantissa())?, numerator.checked_rem(b.mantissa())?);
    let up = rest.unsigned_abs() > b.mantissa().unsigned_abs() / 2;
    let step = if (numerator < 0) == (b.mantissa() < 0) { 1 } else { -1 };
    Some(Decimal::new(if up { quotient + step } else { quotient }, scale))
}

/// The greatest whole number of units of the decimal place `place` that is not greater.
pub(super) fn floor(number: Decimal, place: u32) -> Option<i128> {
    match number.scale().checked_sub(place) {
        Some(0) => Some(number.mantissa()),
        Some(finer) => Some(div_floor(number.mantissa(), unit(finer)?).0),
        None => number.mantissa().checked_mul(unit(place - number.scale())?),
    }
}

/// Rounded to hundredths, halves upwards, as `round()` does it.
pub(super) fn round(number: Decimal) -> Option<i128> {
    match number.scale() {
        0..=2 => floor(number, 2),
        _ => floor(add(number, Decimal::new(5, 3))?, 2),
    }
}

/// A number with two decimals as the stylesheet prints it to compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Printed {
    hundredths: u128,
    negative: bool,
}

impl Printed {
    /// A number of hundredths.
    pub(super) fn of(hundredths: i128) -> Printed {
        Printed { hundredths: hundredths.unsigned_abs(), negative: hundredths < 0 }
    }

    /// A number of hundredths that was rounded; the zero of a negative number keeps its minus.
    pub(super) fn signed(hundredths: i128, negative: bool) -> Printed {
        Printed { negative: negative && hundredths <= 0, ..Printed::of(hundredths) }
    }

    /// A number, halves rounded to the even neighbour; a minus stays even if
    /// nothing but zeros is left.
    pub(super) fn number(number: Decimal) -> Option<Printed> {
        let magnitude = number.mantissa().unsigned_abs();
        let negative = number.mantissa() < 0;
        if number.scale() <= 2 {
            let hundredths = magnitude.checked_mul(10u128.pow(2 - number.scale()))?;
            return Some(Printed { hundredths, negative });
        }
        let unit = 10u128.checked_pow(number.scale() - 2)?;
        let (whole, rest) = (magnitude / unit, magnitude % unit);
        let up = rest > unit / 2 || (rest == unit / 2 && whole % 2 == 1);
        Some(Printed { hundredths: whole + u128::from(up), negative })
    }
}

/// An amount as it is printed, `-0` with its minus; `None` prints as no number and equals nothing.
pub(super) fn printed(amount: Option<&Amount<'_>>) -> Option<Printed> {
    let number = Printed::number(value(amount)?)?;
    let minus = amount.is_some_and(|amount| amount.number.is_minus_zero());
    Some(Printed { negative: number.negative || minus, ..number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn halves_go_upwards_and_printed_ones_to_the_even() {
        for (text, up) in [("2.345", 235), ("-2.345", -234), ("2.344999", 234), ("0.005", 1), ("7", 700)] {
            assert_eq!(round(d(text)), Some(up), "{text}");
        }
        for (text, even) in [("0.125", 12), ("0.135", 14), ("1.005", 100), ("2.5", 250), ("0.1251", 13)] {
            assert_eq!(Printed::number(d(text)), Some(Printed::of(even)), "{text}");
        }
        assert_ne!(Printed::number(d("-0.001")), Printed::number(d("0")), "-.00 is not .00");
    }

    #[test]
    fn quotients_have_eighteen_decimals() {
        assert_eq!(divide(d("10"), d("3")).unwrap().to_string(), "3.333333333333333333");
        assert_eq!(divide(d("2"), d("3")).unwrap().to_string(), "0.666666666666666667");
        assert_eq!(divide(d("-2"), d("3")).unwrap().to_string(), "-0.666666666666666667");
        assert_eq!(divide(d("1"), d("0")), None);
        let price = Decimal::new(61_120_000_000_000_000_000_000_000_003, 28);
        let tenth = divide(price, d("10.00")).unwrap();
        assert!(compare(tenth, Decimal::new(61_120_000_000_000_000_000_000_000_003, 29)).is_eq());
        assert!(compare(divide(d("1"), d("0.5")).unwrap(), d("2")).is_eq());
    }

    #[test]
    fn what_does_not_fit_is_none() {
        let huge = d("999999999999999999.999999999999");
        assert_eq!(divide(huge, huge), None);
        assert_eq!(floor(d("-1.5"), 0), Some(-2));
        assert!(
            is_between(d("100.00"), 0, 100)
                && !is_between(d("100.01"), 0, 100)
                && !is_between(d("-0.1"), 0, 9)
        );
    }
}
