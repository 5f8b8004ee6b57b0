//! Quantities and VAT rates.

use std::fmt;

use super::{Decimal, DecimalError};

/// How much was sold, in thousandths of the unit (grams of a kilogram).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Quantity {
    /// Decimals of a quantity.
    pub const SCALE: u32 = 3;

    /// From thousandths of the unit.
    pub const fn from_thousandths(thousandths: i64) -> Quantity {
        Quantity(thousandths)
    }

    /// In thousandths of the unit.
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// Reads `2`, `1.235`; at most three decimals.
    pub fn parse(text: &str) -> Result<Quantity, DecimalError> {
        let exact = Decimal::parse(text)?.rescale(Quantity::SCALE)?;
        i64::try_from(exact).map(Quantity).map_err(|_| DecimalError::TooLarge)
    }
}

/// Without needless zeros: `2`, `1.235`, `0.5`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1000, (self.0 % 1000).abs());
        match rest {
            0 => write!(f, "{whole}"),
            _ if rest % 100 == 0 => write!(f, "{whole}.{}", rest / 100),
            _ if rest % 10 == 0 => write!(f, "{whole}.{:02}", rest / 10),
            _ => write!(f, "{whole}.{rest:03}"),
        }
    }
}

/// A VAT rate in basis points: 1500 is 15 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u16);

impl Rate {
    /// 0 %, for categories other than S.
    pub const ZERO: Rate = Rate(0);
    /// 15 %, the rate since July 2020.
    pub const STANDARD: Rate = Rate(1500);
    /// 5 %, the rate before July 2020.
    pub const LEGACY: Rate = Rate(500);

    /// From basis points, hundredths of a percent.
    pub const fn from_basis_points(basis_points: u16) -> Rate {
        Rate(basis_points)
    }

    /// In basis points, hundredths of a percent.
    pub const fn basis_points(self) -> u16 {
        self.0
    }
}

/// As `cbc:Percent` is written: `15.00`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_and_rates_read_and_write() {
        for (text, thousandths) in [("2", 2000), ("1.235", 1235), ("0.5", 500), ("0.05", 50), ("10", 10_000)]
        {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(quantity.thousandths(), thousandths);
            assert_eq!(quantity.to_string(), text);
        }
        assert!(Quantity::parse("0.0005").is_err());
        assert_eq!(Rate::STANDARD.to_string(), "15.00");
    }
}
