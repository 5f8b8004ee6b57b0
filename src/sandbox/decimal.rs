//! Exact decimals for checking amounts: an i128 of units with a scale, every operation checked.

use std::cmp::Ordering;

/// Digits that a number in a document may have; the product of two then still fits an i128.
const MAX_DIGITS: usize = 18;

/// `units / 10^scale`. Operations give `None` when the result does not fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact {
    units: i128,
    scale: u32,
}

impl Exact {
    pub(super) const ZERO: Exact = Exact { units: 0, scale: 0 };

    pub(super) const fn new(units: i128, scale: u32) -> Exact {
        Exact { units, scale }
    }

    /// Reads an xs:decimal: optional sign, ASCII digits, optional point. No exponent, no grouping.
    pub(super) fn parse(text: &str) -> Option<Exact> {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || !digits.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() + fraction.len() > MAX_DIGITS {
            return None;
        }
        let units: i128 = format!("0{whole}{fraction}").parse().ok()?;
        let scale = u32::try_from(fraction.len()).ok()?;
        Some(Exact { units: if negative { -units } else { units }, scale })
    }

    fn at_scale(self, scale: u32) -> Option<i128> {
        let factor = 10i128.checked_pow(scale.checked_sub(self.scale)?)?;
        self.units.checked_mul(factor)
    }

    pub(super) fn add(self, other: Exact) -> Option<Exact> {
        let scale = self.scale.max(other.scale);
        Some(Exact { units: self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?, scale })
    }

    pub(super) fn sub(self, other: Exact) -> Option<Exact> {
        self.add(Exact { units: other.units.checked_neg()?, scale: other.scale })
    }

    pub(super) fn mul(self, other: Exact) -> Option<Exact> {
        Some(Exact { units: self.units.checked_mul(other.units)?, scale: self.scale + other.scale })
    }

    /// The quotient cut (not rounded) to `decimals` decimals; `None` on division by zero.
    pub(super) fn div_cut(self, other: Exact, decimals: u32) -> Option<Exact> {
        // self/10^a : other/10^b at d decimals = self * 10^(b+d) / (other * 10^a)
        let top = self.units.checked_mul(10i128.checked_pow(other.scale + decimals)?)?;
        let bottom = other.units.checked_mul(10i128.checked_pow(self.scale)?)?;
        Some(Exact { units: top.checked_div(bottom)?, scale: decimals })
    }

    /// Rounds half away from zero to `decimals` decimals.
    pub(super) fn round(self, decimals: u32) -> Option<Exact> {
        if self.scale <= decimals {
            return Some(self);
        }
        let unit = 10i128.checked_pow(self.scale - decimals)?;
        let (quotient, rest) = (self.units / unit, self.units % unit);
        let up = rest.unsigned_abs() * 2 >= unit.unsigned_abs();
        let units = quotient + if up { self.units.signum() } else { 0 };
        Some(Exact { units, scale: decimals })
    }

    pub(super) fn cmp(self, other: Exact) -> Option<Ordering> {
        let scale = self.scale.max(other.scale);
        Some(self.at_scale(scale)?.cmp(&other.at_scale(scale)?))
    }

    pub(super) fn equals(self, other: Exact) -> Option<bool> {
        Some(self.cmp(other)? == Ordering::Equal)
    }

    /// `|self - other| <= tolerance`.
    pub(super) fn within(self, other: Exact, tolerance: Exact) -> Option<bool> {
        let distance = self.sub(other)?;
        let distance = Exact { units: distance.units.checked_abs()?, scale: distance.scale };
        Some(distance.cmp(tolerance)? != Ordering::Greater)
    }

    pub(super) fn is_negative(self) -> bool {
        self.units < 0
    }

    pub(super) fn is_zero(self) -> bool {
        self.units == 0
    }
}

impl std::fmt::Display for Exact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = self.units.unsigned_abs().to_string();
        let scale = usize::try_from(self.scale).unwrap_or(0);
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        if scale == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    #[test]
    fn reads_plain_decimals_only() {
        for bad in ["", ".", "-", "1e3", "1,000", "0x1", "1.2.3", "NaN", "١", "1 2", "9999999999999999999"] {
            assert!(Exact::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(exact(" -12.50\n").to_string(), "-12.5");
        assert_eq!(exact("000.050").to_string(), "0.05");
        assert_eq!(exact("5.").to_string(), "5");
        assert_eq!(exact(".5").to_string(), "0.5");
    }

    #[test]
    fn rounds_half_away_from_zero_and_cuts() {
        assert_eq!(exact("3.915").round(2).unwrap().to_string(), "3.92");
        assert_eq!(exact("-3.915").round(2).unwrap().to_string(), "-3.92");
        assert_eq!(exact("3.9149").round(2).unwrap().to_string(), "3.91");
        assert_eq!(exact("10").div_cut(exact("3"), 3).unwrap().to_string(), "3.333");
        assert!(exact("1").div_cut(Exact::ZERO, 3).is_none());
    }

    #[test]
    fn overflow_is_none_and_never_a_panic() {
        let big = exact("999999999999999999");
        let square = big.mul(big).unwrap();
        assert!(square.mul(big).is_none());
        assert!(square.add(exact("0.000000000000000001")).is_none());
        assert!(exact("1.00").equals(exact("1")).unwrap());
        assert!(exact("1.01").within(exact("1"), Exact::new(1, 2)).unwrap());
        assert!(!exact("1.011").within(exact("1"), Exact::new(1, 2)).unwrap());
    }
}
