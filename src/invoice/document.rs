//! A priced sale with its header: everything a document says, before it is
//! written as XML. Amounts obey the sums of invoice-xml.md sections 9 to 11.

use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use super::{IssueMoment, Kind, Seller, Tender, TenderKind, Terms, Vat};
use crate::money::{Decimal, Halalas, Quantity};

/// BT-1: the number the customer sees, 1 to 127 printable characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvoiceNumber(String);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an invoice number has 1 to 127 characters, none of them a control character (BR-KSA-F-06-C1)")]
pub struct InvoiceNumberError;

impl InvoiceNumber {
    /// Checks the length and the characters; blanks around it are refused, too (BR-KSA-F-06-C1).
    pub fn parse(text: &str) -> Result<InvoiceNumber, InvoiceNumberError> {
        let count = text.chars().count();
        if count == 0 || count > 127 || text.trim() != text || !super::party::is_xml_text(text) {
            return Err(InvoiceNumberError);
        }
        Ok(InvoiceNumber(text.to_owned()))
    }

    /// The number as it stands in the document.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a document says besides its lines and sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type code and transaction flags (BT-3, KSA-2).
    pub kind: Kind,
    /// BT-1.
    pub number: InvoiceNumber,
    /// KSA-1, a version 4 UUID of the document's own.
    pub uuid: Uuid,
    /// BT-2 and KSA-25, in Riyadh time.
    pub issued: IssueMoment,
    /// The taxpayer (BG-4).
    pub seller: Arc<Seller>,
    /// Buyer, dates, references, currency.
    pub terms: Terms,
}

/// One allowance of a line, without VAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// BT-136, in halalas without VAT.
    pub amount: Halalas,
    /// BT-139, why it is granted.
    pub reason: Option<String>,
}

/// One charge of a line, without VAT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCharge {
    /// BT-141, in halalas without VAT.
    pub amount: Halalas,
    /// BT-145, UNTDID 7161 (BR-KSA-20).
    pub code: &'static str,
    /// BT-144, what it is for (BR-KSA-22).
    pub reason: String,
}

/// A line as the document states it (BG-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// `cbc:Name`, both languages.
    pub name: String,
    /// BT-129.
    pub quantity: Quantity,
    /// BT-130, the UN/ECE code of the unit.
    pub unit: String,
    /// BT-146, unit price without VAT.
    pub price: Decimal,
    /// Taken off quantity times price, before `net`.
    pub allowance: Option<Allowance>,
    /// Added to quantity times price, before `net`.
    pub charge: Option<LineCharge>,
    /// BT-131, line amount without VAT.
    pub net: Halalas,
    /// KSA-11.
    pub vat_amount: Halalas,
    /// KSA-12: net + VAT; on shelf prices what the customer sees on the shelf.
    pub gross: Halalas,
    /// What the customer pays for the line after its shares of the document's
    /// discount and charges: VAT included on [`Basis::Inclusive`], its share of
    /// the group's taxable amount on [`Basis::Net`]. Over the lines of a group
    /// it adds up to the group's gross or taxable amount; returns are computed
    /// from it (invoice-xml.md section 11.1).
    pub paid: Halalas,
    /// Category, rate and reason (BG-30).
    pub vat: Vat,
    /// BT-157, a standard item identifier such as a GTIN.
    pub barcode: Option<String>,
    /// BT-155, the seller's own article number.
    pub article: Option<String>,
}

/// A document-level allowance for one category and rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAllowance {
    /// BT-92, in halalas without VAT.
    pub amount: Halalas,
    /// BT-97, why it is granted.
    pub reason: Option<String>,
    /// The category and rate whose taxable amount it lowers (BT-95, BT-96).
    pub vat: Vat,
}

/// A document-level charge of one category and rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCharge {
    /// BT-99, in halalas without VAT.
    pub amount: Halalas,
    /// BT-105, UNTDID 7161 (BR-KSA-19).
    pub code: &'static str,
    /// BT-104, what it is for (BR-KSA-21).
    pub reason: String,
    /// The category and rate whose taxable amount it raises (BT-102, BT-103).
    pub vat: Vat,
}

/// The document by which an advance was invoiced (KSA-26 to KSA-30).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrepaymentReference {
    /// BT-1 of the prepayment document.
    pub number: String,
    /// Its UUID, if known.
    pub uuid: Option<Uuid>,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// `HH:MM:SS`.
    pub time: String,
}

/// The advances of one category and rate that a document uses up (KSA-31 to KSA-35).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedPrepayment {
    /// Category, rate and reason of the advance.
    pub vat: Vat,
    /// The documents that invoiced it, at least one.
    pub references: Vec<PrepaymentReference>,
    /// KSA-31, without VAT.
    pub taxable: Halalas,
    /// KSA-32; with `taxable` it is what was received (BR-KSA-80).
    pub tax: Halalas,
}

impl PricedPrepayment {
    /// `cbc:Name` of the line that states it.
    pub const LINE_NAME: &'static str = "تسوية دفعة مقدمة | Prepayment adjustment";
}

/// What the prices of a document hold; a document never mixes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// Shelf prices, VAT included.
    #[default]
    Inclusive,
    /// Prices without VAT.
    Net,
}

/// One VAT subtotal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxGroup {
    /// Category, rate and reason (BT-118 to BT-121).
    pub vat: Vat,
    /// BT-116, in halalas without VAT.
    pub taxable: Halalas,
    /// BT-117: the taxable amount times the rate, rounded once (BR-CO-17).
    pub tax: Halalas,
}

/// `cac:LegalMonetaryTotal` and BT-110.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// BT-106: the sum of the lines without VAT (BR-CO-10).
    pub line_net: Halalas,
    /// BT-107: the sum of the document-level allowances (BR-CO-11).
    pub allowances: Halalas,
    /// BT-108: the sum of the document-level charges (BR-CO-12).
    pub charges: Halalas,
    /// BT-109: the lines less the allowances, with the charges (BR-CO-13).
    pub tax_exclusive: Halalas,
    /// BT-110: the sum of the groups' VAT (BR-CO-14).
    pub tax: Halalas,
    /// BT-112: `tax_exclusive` + `tax` (BR-CO-15).
    pub tax_inclusive: Halalas,
    /// BT-113: paid before the document was issued.
    pub prepaid: Halalas,
    /// BT-114: what rounding adds to the sum that is paid, below zero if it takes off.
    pub rounding: Halalas,
    /// BT-115: what the customer owes (BR-CO-16); below zero if an advance was larger.
    pub payable: Halalas,
}

/// A `cac:PaymentMeans`: one per way of paying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMeans {
    /// BT-81, the way of paying.
    pub kind: TenderKind,
}

/// Lines and sums of a document. All amounts are hundredths of its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Priced {
    /// Whether prices and [`PricedLine::paid`] hold VAT.
    pub basis: Basis,
    /// BG-25, in the order of the request.
    pub lines: Vec<PricedLine>,
    /// Document-level allowances (BG-20): the shares of a basket discount.
    pub allowances: Vec<GroupAllowance>,
    /// Document-level charges (BG-21).
    pub charges: Vec<GroupCharge>,
    /// Advances used up, one for each category and rate.
    pub prepayments: Vec<PricedPrepayment>,
    /// BG-23: one for each category and rate.
    pub groups: Vec<TaxGroup>,
    /// BG-22.
    pub totals: Totals,
    /// BG-16, each way of paying once.
    pub payment_means: Vec<PaymentMeans>,
    /// As handed over; not part of the XML, printed on the receipt.
    pub tenders: Vec<Tender>,
    /// Cash given back.
    pub change: Halalas,
}

/// Everything a document says, but its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Parties, names, dates.
    pub header: Header,
    /// Lines and sums.
    pub priced: Priced,
}

impl Invoice {
    /// BT-111: the VAT in halalas of riyals, whatever the document's currency.
    pub fn tax_in_riyals(&self) -> Halalas {
        self.header.terms.tax_in_riyals(self.priced.totals.tax)
    }
}
