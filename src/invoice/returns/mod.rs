//! Returns: what of an earlier document is taken back, worth how much, and the
//! credit note that says so (invoice-xml.md sections 7 and 11.1). An
//! [`Original`] with the notes issued for it is a [`Balance`]; from it
//! [`refund`] makes the lines and sums of the next note.
//!
//! A note never takes back more than is left, and any sequence of notes adds
//! up exactly to the original: per VAT group in gross, net and VAT.
//!
//! That is so in the document's own currency. In riyals (BT-111) each note
//! states its own VAT times the rate, rounded once, because that is what the
//! field says of the document that it stands in and what is recomputed from
//! its XML; the notes of one document in another currency may therefore differ
//! from it by a rounding of up to half a halala each.

mod balance;
mod note;
mod original;
mod reasons;
mod refund;
mod request;
#[cfg(test)]
mod tests;
mod wanted;

pub use balance::{Balance, BalanceError, Past, TakenBack};
pub use original::{Original, OriginalError, OriginalLine};
pub use reasons::{ListedReason, Reason};
pub use refund::{Refund, refund, refund_external};
pub use request::{CreditDraft, CreditOf, Lookup, read_credit};
pub(in crate::invoice) use request::{line_number, number, uuid};
pub use wanted::{LineKey, Wanted, WantedLine};
