//! What a sale means. A request is read into a [`Draft`] (every finding at
//! once), the draft is priced into [`Priced`] by one function, and with a
//! [`Header`] it is an [`Invoice`], ready to be written as UBL. Nothing here
//! knows of XML, signatures, files or clocks.

pub mod codes;
pub mod correction;
mod document;
mod draft;
mod exemptions;
mod fields;
mod finding;
mod json;
mod kind;
pub mod limits;
mod moment;
mod party;
mod pricing;
mod request;
pub mod returns;
#[cfg(test)]
pub(crate) mod samples;
mod tax;
mod terms;

pub use document::{
    Allowance, Basis, GroupAllowance, GroupCharge, Header, Invoice, InvoiceNumber, LineCharge, PaymentMeans,
    PrepaymentReference, Priced, PricedLine, PricedPrepayment, TaxGroup, Totals,
};
pub use draft::{
    Discount, DocumentCharge, Draft, DraftLine, ItemCharge, ItemName, Prepayment, Tender, TenderKind,
    UnitPrice,
};
pub use exemptions::{exemption, exemption_arabic};
pub use finding::{Finding, Severity};
pub use kind::{DocumentType, Flags, Kind, Subtype};
pub use moment::IssueMoment;
pub use party::{Address, Buyer, PartyError, PartyId, Seller, VatNumber};
pub use pricing::price;
pub use request::read_sale;
pub use tax::{Category, Exemption, Vat};
pub use terms::{BillingReference, Foreign, Supply, Terms};
