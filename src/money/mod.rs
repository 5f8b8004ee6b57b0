//! Money as integers: halalas, VAT rates in basis points, quantities in
//! thousandths, exact decimals for unit prices, and the one rounding rule.

mod decimal;
mod halalas;
mod quantity;
mod rounding;

pub use decimal::{Decimal, DecimalError};
pub use halalas::Halalas;
pub use quantity::{Quantity, Rate};
pub use rounding::{div_half_up, share_out};
