//! Bounds on what one sale may hold, so that no sum can overflow and no
//! request can occupy the till. All are far above what a shop sells.

/// Lines of one document; BR-KSA-F-06-C17 would allow 999,999.
pub const LINES: usize = 1_000;
/// Tenders of one sale.
pub const TENDERS: usize = 20;
/// Charges on a whole document.
pub const CHARGES: usize = 20;
/// Documents that one note corrects.
pub const ORIGINALS: usize = 100;
/// Advances that one invoice uses up.
pub const PREPAYMENTS: usize = 100;
/// A price, discount or tender, in halalas: ten million riyals.
pub const AMOUNT: i64 = 1_000_000_000;
/// A quantity, in thousandths: a million units.
pub const QUANTITY: i64 = 1_000_000_000;
/// Payable of one document, in halalas: a hundred million riyals.
pub const PAYABLE: i64 = 10_000_000_000;
/// Characters of an item name (BR-KSA-F-06-C19) and of one note (BR-KSA-F-06-C2).
pub const NAME: usize = 1_000;
/// Characters of a POS reference, unit code, barcode or idempotency key.
pub const REFERENCE: usize = 127;
/// [`PAYABLE`] in riyals, for messages.
pub const PAYABLE_TEXT: &str = "100000000.00";
/// [`AMOUNT`] in riyals, for messages.
pub const AMOUNT_TEXT: &str = "10000000.00";
