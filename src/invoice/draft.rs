//! A sale that passed every check of its own fields, before it is priced.

use super::{Kind, PrepaymentReference, Terms, Vat};
use crate::money::{Decimal, Halalas, Quantity};

/// The name of an item in Arabic, English or both; at least one is present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemName {
    /// In Arabic, as it stands first in the document and on the receipt.
    pub arabic: Option<String>,
    /// In English.
    pub english: Option<String>,
}

impl ItemName {
    /// What separates the two languages in `cbc:Name`.
    pub const SEPARATOR: &'static str = " | ";

    /// `cbc:Name` (BT-153): Arabic first, then the other language.
    pub fn text(&self) -> String {
        match (&self.arabic, &self.english) {
            (Some(arabic), Some(english)) => format!("{arabic}{}{english}", ItemName::SEPARATOR),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => String::new(),
        }
    }
}

/// A unit price as the shop states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitPrice {
    /// The shelf price, VAT included, in halalas.
    Inclusive(Halalas),
    /// Without VAT, at most six decimals of a riyal.
    Net(Decimal),
}

/// A discount and, if the shop gave one, its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    /// In the terms of the price: VAT included on shelf prices, without VAT on net prices.
    pub amount: Halalas,
    /// Why it is granted, for the document.
    pub reason: Option<String>,
}

/// Something that is added to a line: gift wrapping, a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemCharge {
    /// In the terms of the price, as a [`Discount`].
    pub amount: Halalas,
    /// UNTDID 7161 (BR-KSA-20, BR-KSA-CL-06).
    pub code: &'static str,
    /// BR-KSA-22.
    pub reason: String,
}

/// Something that is added to the whole document: delivery, service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentCharge {
    /// In the terms of the lines' prices, as a [`Discount`].
    pub amount: Halalas,
    /// UNTDID 7161 (BR-KSA-19, BR-KSA-CL-06).
    pub code: &'static str,
    /// BR-KSA-21.
    pub reason: String,
    /// Category and rate; at least one line has the same.
    pub vat: Vat,
}

/// An advance that was received and invoiced before, and is used up now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepayment {
    /// The document that invoiced it.
    pub reference: PrepaymentReference,
    /// Category and rate of the advance.
    pub vat: Vat,
    /// What was received, VAT included.
    pub amount: Halalas,
}

/// One item of a sale, its fields checked one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    /// What the customer reads (BT-153).
    pub name: ItemName,
    /// BT-129, above zero.
    pub quantity: Quantity,
    /// UN/ECE recommendation 20 code: `PCE`, `KGM`.
    pub unit: String,
    /// Of one unit.
    pub price: UnitPrice,
    /// Off the whole line, after quantity times price.
    pub discount: Option<Discount>,
    /// On the whole line, after quantity times price.
    pub charge: Option<ItemCharge>,
    /// Category, rate and reason.
    pub vat: Vat,
    /// GTIN or other standard item identifier.
    pub barcode: Option<String>,
    /// The shop's own article number.
    pub article: Option<String>,
}

/// How the customer paid (UNTDID 4461 codes in the document).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TenderKind {
    /// Notes and coins; the only kind that gives change.
    Cash,
    /// A debit or credit card.
    Card,
    /// A credit transfer.
    CreditTransfer,
    /// A payment to a bank account.
    BankAccount,
    /// Anything else, a voucher say.
    Other,
}

impl TenderKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [TenderKind; 5] = [
        TenderKind::Cash,
        TenderKind::Card,
        TenderKind::CreditTransfer,
        TenderKind::BankAccount,
        TenderKind::Other,
    ];

    /// `cbc:PaymentMeansCode`.
    pub const fn code(self) -> &'static str {
        match self {
            TenderKind::Cash => "10",
            TenderKind::Card => "48",
            TenderKind::CreditTransfer => "30",
            TenderKind::BankAccount => "42",
            TenderKind::Other => "1",
        }
    }

    /// The word in requests and answers.
    pub const fn word(self) -> &'static str {
        match self {
            TenderKind::Cash => "cash",
            TenderKind::Card => "card",
            TenderKind::CreditTransfer => "credit_transfer",
            TenderKind::BankAccount => "bank_account",
            TenderKind::Other => "other",
        }
    }

    /// Reads [`Self::word`]; `None` for any other text.
    pub fn from_word(word: &str) -> Option<TenderKind> {
        TenderKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// An amount handed over; cash may exceed what is owed, the rest is change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tender {
    /// How it was paid.
    pub kind: TenderKind,
    /// In halalas, as handed over: cash before the change.
    pub amount: Halalas,
}

/// A document whose fields are valid one by one. Amounts are hundredths of its
/// currency: halalas, unless `terms` name another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which document it becomes.
    pub kind: Kind,
    /// Buyer, dates, references, currency.
    pub terms: Terms,
    /// The POS application's own number of the sale.
    pub reference: Option<String>,
    /// At least one.
    pub lines: Vec<DraftLine>,
    /// Off the whole basket, in the terms of the prices.
    pub discount: Option<Discount>,
    /// On the whole basket, in the terms of the prices.
    pub charges: Vec<DocumentCharge>,
    /// Advances that this invoice uses up.
    pub prepayments: Vec<Prepayment>,
    /// BT-114, added to what is paid: less than one riyal, above or below zero.
    pub rounding: Halalas,
    /// Empty if the POS does not say how it was paid.
    pub tenders: Vec<Tender>,
}
