//! A priced sale with its header: everything a document says, before it is
//! written as XML. Amounts obey the sums of invoice-xml.md sections 9 to 11.

use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use super::{Buyer, IssueMoment, Kind, Seller, Tender, TenderKind, Vat};
use crate::money::{Decimal, Halalas, Quantity};

/// BT-1: the number the customer sees, 1 to 127 printable characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvoiceNumber(String);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an invoice number has 1 to 127 characters, none of them a control character (BR-KSA-F-06-C1)")]
pub struct InvoiceNumberError;

impl InvoiceNumber {
    pub fn parse(text: &str) -> Result<InvoiceNumber, InvoiceNumberError> {
        let count = text.chars().count();
        if count == 0 || count > 127 || text.trim() != text || !super::party::is_xml_text(text) {
            return Err(InvoiceNumberError);
        }
        Ok(InvoiceNumber(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The document a note corrects (BT-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingReference {
    pub number: String,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// What a document says besides its lines and sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub number: InvoiceNumber,
    pub uuid: Uuid,
    pub issued: IssueMoment,
    pub seller: Arc<Seller>,
    pub buyer: Option<Buyer>,
    /// KSA-5, `YYYY-MM-DD`; required on standard invoices (BR-KSA-15).
    pub supply_date: Option<String>,
    pub billing_references: Vec<BillingReference>,
    /// KSA-10, why a note was issued (BR-KSA-17).
    pub reason: Option<String>,
    pub note: Option<String>,
}

/// One allowance of a line, without VAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub amount: Halalas,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// `cbc:Name`, both languages.
    pub name: String,
    pub quantity: Quantity,
    pub unit: String,
    /// BT-146, unit price without VAT.
    pub price: Decimal,
    pub allowance: Option<Allowance>,
    /// BT-131, line amount without VAT.
    pub net: Halalas,
    /// KSA-11.
    pub vat_amount: Halalas,
    /// KSA-12: net + VAT; on shelf prices what the customer sees on the shelf.
    pub gross: Halalas,
    /// What the customer pays for the line after its share of a basket
    /// discount; returns are computed from it (invoice-xml.md section 11.1).
    pub paid: Halalas,
    pub vat: Vat,
    pub barcode: Option<String>,
    pub article: Option<String>,
}

/// A document-level allowance for one category and rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAllowance {
    pub amount: Halalas,
    pub reason: Option<String>,
    pub vat: Vat,
}

/// One VAT subtotal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxGroup {
    pub vat: Vat,
    pub taxable: Halalas,
    pub tax: Halalas,
}

/// `cac:LegalMonetaryTotal` and BT-110.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub line_net: Halalas,
    pub allowances: Halalas,
    pub tax_exclusive: Halalas,
    pub tax: Halalas,
    pub tax_inclusive: Halalas,
    pub prepaid: Halalas,
    pub payable: Halalas,
}

/// A `cac:PaymentMeans`: one per way of paying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMeans {
    pub kind: TenderKind,
}

/// Lines and sums of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    pub lines: Vec<PricedLine>,
    pub allowances: Vec<GroupAllowance>,
    pub groups: Vec<TaxGroup>,
    pub totals: Totals,
    pub payment_means: Vec<PaymentMeans>,
    /// As handed over; not part of the XML, printed on the receipt.
    pub tenders: Vec<Tender>,
    /// Cash given back.
    pub change: Halalas,
}

/// Everything a document says, but its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    pub header: Header,
    pub priced: Priced,
}
