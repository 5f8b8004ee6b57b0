//! What a receipt says: the input of this folder. Every field holds a value as
//! the stored document states it; nothing is computed from another.
//!
//! Content rules: VAT regulations art. 53(8) for simplified invoices, 53(5) for
//! tax invoices; notes carry the original's number and the reason besides.

use crate::money::{Halalas, Rate};
use crate::text::Bilingual;

/// Everything that stands on one receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    pub kind: SlipKind,
    /// A reprint: marked نسخة / COPY at the top and above the QR.
    pub copy: bool,
    /// Stands under the title: advance payment, nominal supply, third party,
    /// self-billing, export, summary.
    pub statements: Vec<Bilingual>,
    /// Framed warnings under the title ("awaiting clearance, not a tax invoice").
    pub notices: Vec<Bilingual>,
    pub seller: Seller,
    /// BT-1, as in the XML.
    pub invoice_number: String,
    /// BT-2, `2026-11-21`.
    pub issue_date: String,
    /// KSA-25, `19:45:07`, Riyadh time.
    pub issue_time: String,
    /// KSA-5, only where it differs from the issue date; with KSA-24 both days.
    pub supply_date: Option<String>,
    /// BT-13, the buyer's order.
    pub order_reference: Option<String>,
    /// BT-12.
    pub contract_reference: Option<String>,
    /// BT-5; every amount but [`Totals::vat_in_riyals`] is in it.
    pub currency: String,
    /// The point of sale's own reference.
    pub pos_reference: Option<String>,
    pub cashier: Option<String>,
    pub buyer: Option<Buyer>,
    /// Credit and debit notes: what they correct, and why.
    pub original: Option<OriginalDocument>,
    /// What `SlipLine::unit_price` means.
    pub price_basis: PriceBasis,
    pub lines: Vec<SlipLine>,
    pub totals: Totals,
    pub tenders: Vec<Tender>,
    /// Cash handed back; not printed when zero.
    pub change: Halalas,
    /// Closing lines under the QR ("thank you", opening hours).
    pub footer: Vec<Bilingual>,
    /// The base64 payload exactly as stored; never recomputed. Printed only if
    /// [`SlipKind::counts`].
    pub qr: String,
}

/// The document's title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlipKind {
    SimplifiedInvoice,
    TaxInvoice,
    CreditNote,
    DebitNote,
    /// A standard document that is not cleared yet: no invoice, and no QR code.
    Awaiting {
        note: bool,
    },
    /// A standard document that the authority rejected: as one that awaits.
    Rejected {
        note: bool,
    },
}

impl SlipKind {
    /// Whether it is a tax document, which bears a QR code.
    pub const fn counts(self) -> bool {
        !matches!(self, SlipKind::Awaiting { .. } | SlipKind::Rejected { .. })
    }
}

/// Who sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    /// BT-27; Arabic, English or both, each on a line of its own.
    pub name: String,
    /// The shop's sign, where it differs from the registered name.
    pub trade_name: Option<String>,
    /// Address lines, most specific first.
    pub address: Vec<String>,
    /// BT-31, 15 digits.
    pub vat_number: String,
    /// BT-29 with its scheme.
    pub other_id: Option<OtherId>,
    /// Branch and till ("Olaya branch, till 2").
    pub till: Option<String>,
}

/// A registration other than VAT, with its scheme code (`CRN`, `MOM`, `MLS`, `700`, `SAG`, `OTH`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherId {
    pub scheme: String,
    pub value: String,
}

/// Who buys; on tax invoices, and on simplified ones that name the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    pub name: String,
    pub vat_number: Option<String>,
    /// BT-46 with its scheme.
    pub other_id: Option<OtherId>,
    pub address: Vec<String>,
}

/// What a note corrects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalDocument {
    /// BT-25, one or more.
    pub numbers: Vec<String>,
    /// KSA-10, Arabic with or without English.
    pub reason: String,
}

/// Whether the printed prices hold VAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceBasis {
    /// Shelf prices; simplified invoices.
    VatInclusive,
    /// Without VAT; tax invoices (art. 53(5)).
    Net,
}

/// One line sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipLine {
    pub name_ar: Option<String>,
    pub name_en: Option<String>,
    /// As in the XML: `2`, `1.235`.
    pub quantity: String,
    /// UN/ECE Recommendation 20 code (`PCE`, `KGM`).
    pub unit_code: String,
    /// Riyals per unit as text, since net prices may have more than two decimals.
    pub unit_price: String,
    /// Taken off this line, on the slip's price basis; not printed when zero.
    pub discount: Halalas,
    /// Added to this line and what for, on the slip's price basis.
    pub charge: Option<Charge>,
    /// What the line costs after its discount and charge, on the slip's price basis.
    pub total: Halalas,
    pub vat: VatMark,
}

/// BT-151 / BT-118.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VatCategory {
    Standard,
    Zero,
    Exempt,
    OutOfScope,
}

impl VatCategory {
    /// From the UNCL5305 code in the XML.
    pub fn from_code(code: &str) -> Option<VatCategory> {
        match code {
            "S" => Some(VatCategory::Standard),
            "Z" => Some(VatCategory::Zero),
            "E" => Some(VatCategory::Exempt),
            "O" => Some(VatCategory::OutOfScope),
            _ => None,
        }
    }

    /// The letter printed beside a line and in the VAT table.
    pub const fn letter(self) -> &'static str {
        match self {
            VatCategory::Standard => "S",
            VatCategory::Zero => "Z",
            VatCategory::Exempt => "E",
            VatCategory::OutOfScope => "O",
        }
    }
}

/// The VAT treatment of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VatMark {
    pub category: VatCategory,
    pub rate: Rate,
}

/// One row of the VAT breakdown (BG-23).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatGroup {
    pub mark: VatMark,
    /// BT-116, without VAT.
    pub net: Halalas,
    /// BT-117.
    pub vat: Halalas,
    /// BT-120; required for Z, E and O.
    pub reason: Option<String>,
}

/// Something that is added, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// BT-104 or BT-144.
    pub reason: String,
    /// On the slip's price basis.
    pub amount: Halalas,
}

/// The document's totals as the XML states them, in halalas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// BT-107, without VAT; not printed when zero.
    pub document_discount: Halalas,
    /// BG-21, each charge of the document.
    pub charges: Vec<Charge>,
    pub groups: Vec<VatGroup>,
    /// BT-109.
    pub net: Halalas,
    /// BT-110.
    pub vat: Halalas,
    /// BT-111, only where the document is not in riyals.
    pub vat_in_riyals: Option<Halalas>,
    /// BT-112.
    pub with_vat: Halalas,
    /// BT-113; not printed when zero.
    pub prepaid: Halalas,
    /// Numbers of the documents that invoiced it.
    pub advances: Vec<String>,
    /// BT-114; not printed when zero.
    pub rounding: Halalas,
    /// BT-115.
    pub payable: Halalas,
}

/// Money received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tender {
    pub kind: TenderKind,
    /// Anything beside it, such as the card scheme ("mada").
    pub detail: Option<String>,
    pub amount: Halalas,
}

/// How it was paid (UNTDID 4461: 10, 48, 42, 30, other).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenderKind {
    Cash,
    Card,
    BankTransfer,
    Credit,
    Other,
}
