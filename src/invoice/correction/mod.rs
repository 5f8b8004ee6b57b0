//! Corrections: a rejected document once more, with what the authority objected
//! to put right (signing.md section 8). The customer holds the receipt of a
//! simplified one, so that only words and names may change; a standard one was
//! never handed over and may be sold anew.

mod apply;
mod request;
#[cfg(test)]
mod tests;

use uuid::Uuid;

use super::{BillingReference, Buyer, Draft, InvoiceNumber, ItemName, Supply};

pub use apply::apply;
pub use request::read_correction;

/// A correction whose fields are valid one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionDraft {
    /// The document that is issued once more.
    pub rejected: Rejected,
    /// What becomes of it.
    pub remedy: Remedy,
}

/// How the rejected document is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// By KSA-1.
    Uuid(Uuid),
    /// By BT-1: the newest document of that number.
    Number(InvoiceNumber),
}

/// What becomes of a rejected document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The same document with these changes; with none it is issued as it was,
    /// by the settings of today.
    Changes(Box<Changes>),
    /// Another one in its place; only for standard documents.
    Sale(Box<Draft>),
}

/// What a correction may change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The whole buyer; one without any field takes the buyer off.
    pub buyer: Option<Buyer>,
    /// KSA-5 and KSA-24.
    pub supply: Option<Supply>,
    /// What a note corrects; empty if it stays.
    pub originals: Vec<BillingReference>,
    /// KSA-10.
    pub reason: Option<String>,
    /// BT-22.
    pub note: Option<String>,
    /// BT-13.
    pub order_reference: Option<String>,
    /// BT-12.
    pub contract_reference: Option<String>,
    /// By line, in the order of the request.
    pub lines: Vec<LineChange>,
}

/// What changes about one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// Its number in the document, from 1.
    pub line: u32,
    /// BT-153.
    pub name: Option<ItemName>,
    /// BT-130.
    pub unit: Option<String>,
    /// BT-121. A VAT subtotal has one reason: it changes for all its lines.
    pub reason_code: Option<String>,
    /// BT-120.
    pub reason: Option<String>,
    /// BT-157.
    pub barcode: Option<String>,
    /// BT-155.
    pub article: Option<String>,
}
