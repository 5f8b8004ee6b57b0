//! Amounts of money in halalas, a hundredth of a riyal.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

use super::{Decimal, DecimalError};

/// An amount in halalas. Requests are bounded (see `invoice::limits`) so that
/// sums of a whole document stay far below the range of an `i64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Halalas(i64);

impl Halalas {
    /// Nothing.
    pub const ZERO: Halalas = Halalas(0);

    /// From halalas, hundredths of a riyal.
    pub const fn new(halalas: i64) -> Halalas {
        Halalas(halalas)
    }

    /// In halalas.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads riyals as written (`12`, `12.5`, `12.50`); at most two decimals.
    pub fn parse(text: &str) -> Result<Halalas, DecimalError> {
        let exact = Decimal::parse(text)?.rescale(2)?;
        i64::try_from(exact).map(Halalas).map_err(|_| DecimalError::TooLarge)
    }
}

/// Riyals with exactly two decimals, as amounts stand in the XML (`47.25`).
impl fmt::Display for Halalas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", whole / 100, whole % 100)
    }
}

impl Add for Halalas {
    type Output = Halalas;
    fn add(self, other: Halalas) -> Halalas {
        Halalas(self.0 + other.0)
    }
}

impl Sub for Halalas {
    type Output = Halalas;
    fn sub(self, other: Halalas) -> Halalas {
        Halalas(self.0 - other.0)
    }
}

impl Sum for Halalas {
    fn sum<I: Iterator<Item = Halalas>>(parts: I) -> Halalas {
        parts.fold(Halalas::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_riyals() {
        for (text, halalas) in [("12", 1200), ("12.5", 1250), ("0.05", 5), ("-3.20", -320), ("7.00", 700)] {
            assert_eq!(Halalas::parse(text).unwrap().get(), halalas);
        }
        assert_eq!(Halalas::new(-5).to_string(), "-0.05");
        assert_eq!(Halalas::new(130_000).to_string(), "1300.00");
        assert_eq!(Halalas::parse("1.005"), Err(DecimalError::TooManyDecimals { allowed: 2 }));
    }
}
