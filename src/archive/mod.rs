//! A period of a till as one ZIP for an auditor: written from the ledger, and
//! verified anywhere without the till. Every file is named with its hash in a
//! manifest, and the manifest's own hash is what is handed over with it.

mod export;
mod manifest;
mod output;
mod period;
mod verify;
pub mod zip;

pub use export::{ExportError, Made, Order, export};
pub use period::{Period, PeriodError};
pub use verify::{Finding, Verified, verify};
