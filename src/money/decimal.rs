//! Exact decimal numbers: a whole number and the place of its point.

use std::fmt;

use thiserror::Error;

/// `mantissa / 10^scale`, exactly. Used for unit prices and for reading
/// whatever number a request or a document states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// Why a text is not a usable decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Not digits with at most one point.
    #[error("not a plain decimal number such as 12.50")]
    Malformed,
    /// Finer than the place where it is used allows.
    #[error("more than {allowed} decimals")]
    TooManyDecimals { allowed: u32 },
    /// More digits than are read or than fit.
    #[error("too large a number")]
    TooLarge,
}

impl Decimal {
    /// The most decimals that are read; more is refused as malformed input.
    pub const MAX_SCALE: u32 = 12;

    /// `mantissa` units of the decimal place `scale`: 1250 and 2 are 12.50.
    pub const fn new(mantissa: i128, scale: u32) -> Decimal {
        Decimal { mantissa, scale }
    }

    /// The digits without the point.
    pub const fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// How many of the digits stand behind the point.
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// Reads ASCII digits with an optional leading minus and one point; no
    /// exponent, no grouping, no plus sign, at most 18 digits.
    pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let pointed = digits.len() != whole.len();
        if whole.is_empty() || (pointed && fraction.is_empty()) {
            return Err(DecimalError::Malformed);
        }
        if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(DecimalError::Malformed);
        }
        if whole.trim_start_matches('0').len() > 18 {
            return Err(DecimalError::TooLarge);
        }
        let scale = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
        if scale > Decimal::MAX_SCALE {
            return Err(DecimalError::TooManyDecimals { allowed: Decimal::MAX_SCALE });
        }
        let magnitude =
            whole.bytes().chain(fraction.bytes()).fold(0i128, |sum, b| sum * 10 + i128::from(b - b'0'));
        Ok(Decimal { mantissa: if negative { -magnitude } else { magnitude }, scale })
    }

    /// The mantissa at another scale, refusing to lose digits.
    pub fn rescale(self, scale: u32) -> Result<i128, DecimalError> {
        if scale >= self.scale {
            let factor = 10i128.checked_pow(scale - self.scale).ok_or(DecimalError::TooLarge)?;
            return self.mantissa.checked_mul(factor).ok_or(DecimalError::TooLarge);
        }
        let factor = 10i128.pow(self.scale - scale);
        if self.mantissa % factor != 0 {
            return Err(DecimalError::TooManyDecimals { allowed: scale });
        }
        Ok(self.mantissa / factor)
    }

    /// Drops trailing zeros of the fraction, but keeps at least two decimals:
    /// the form in which unit prices are written (`20.00`, `86.956522`).
    pub fn at_least_two_places(self) -> Decimal {
        let mut out = self;
        while out.scale > 2 && out.mantissa % 10 == 0 {
            out.mantissa /= 10;
            out.scale -= 1;
        }
        if out.scale < 2 {
            out.mantissa *= 10i128.pow(2 - out.scale);
            out.scale = 2;
        }
        out
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        // Prices and amounts fit 64 bits, whose division is far cheaper.
        let Ok(magnitude) = u64::try_from(self.mantissa.unsigned_abs()) else {
            let digits =
                format!("{:0>width$}", self.mantissa.unsigned_abs(), width = self.scale as usize + 1);
            let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
            let point = if fraction.is_empty() { "" } else { "." };
            return write!(f, "{sign}{whole}{point}{fraction}");
        };
        match 10u64.checked_pow(self.scale) {
            Some(1) => write!(f, "{sign}{magnitude}"),
            Some(unit) => {
                write!(
                    f,
                    "{sign}{}.{:0width$}",
                    magnitude / unit,
                    magnitude % unit,
                    width = self.scale as usize
                )
            }
            None => write!(f, "{sign}0.{:0width$}", magnitude, width = self.scale as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for text in ["0", "12", "12.50", "0.30434783", "-1.5", "123456789012345678.123456789012"] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_not_a_plain_number() {
        for text in ["", ".", "1.", ".5", "+1", "1e3", "1,000", "١٢", "NaN", "--1", "0x10", " 1"] {
            assert_eq!(Decimal::parse(text), Err(DecimalError::Malformed), "{text:?}");
        }
        assert_eq!(Decimal::parse("1234567890123456789"), Err(DecimalError::TooLarge));
    }

    #[test]
    fn prices_keep_two_places() {
        for (mantissa, scale, want) in
            [(20_000_000, 6, "20.00"), (86_956_522, 6, "86.956522"), (7, 0, "7.00")]
        {
            assert_eq!(Decimal::new(mantissa, scale).at_least_two_places().to_string(), want);
        }
    }
}
