//! What a document says besides its lines and sums, and besides what the till
//! itself decides: who buys, when it was supplied, what a note corrects, and in
//! which currency it is.

use super::{Buyer, DocumentType, IssueMoment, Kind, Subtype};
use crate::money::{Decimal, Halalas, div_half_up};

/// The document a note corrects (BT-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingReference {
    /// Number of the document that is corrected.
    pub number: String,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// When goods or services were supplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// KSA-5, `YYYY-MM-DD`.
    pub from: String,
    /// KSA-24, `YYYY-MM-DD`, never before `from` (BR-KSA-36); required on
    /// summary documents (BR-KSA-72).
    pub until: Option<String>,
}

/// A document currency other than the riyal. All amounts of such a document are
/// hundredths of it; only the VAT is stated in riyals, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// ISO 4217 (BR-KSA-CL-01).
    pub code: &'static str,
    /// Riyals for one unit of the currency, at most 14 characters (BR-KSA-90).
    pub rate: Decimal,
}

impl Foreign {
    /// The longest rate in characters (BR-KSA-90).
    pub const RATE_CHARACTERS: usize = 14;
    /// The most riyals that one unit may cost; gold is far below.
    pub const MOST_RIYALS: i128 = 1_000_000;

    /// An amount of the document's currency in halalas of riyals, rounded half up.
    pub fn in_riyals(self, amount: Halalas) -> Halalas {
        let product = i128::from(amount.get()).saturating_mul(self.rate.mantissa());
        let riyals = div_half_up(product, 10i128.pow(self.rate.scale()));
        Halalas::new(i64::try_from(riyals).unwrap_or(i64::MAX))
    }
}

/// One struct for the request's draft, the ledger's order and the document's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The customer (BG-7), if named.
    pub buyer: Option<Buyer>,
    /// KSA-5 and KSA-24; required on standard invoices (BR-KSA-15).
    pub supply: Option<Supply>,
    /// The documents that a note corrects (BG-3); required on notes (BR-KSA-56).
    pub billing_references: Vec<BillingReference>,
    /// KSA-10, why a note was issued (BR-KSA-17).
    pub reason: Option<String>,
    /// BT-22, a free text.
    pub note: Option<String>,
    /// BT-13, the buyer's order.
    pub order_reference: Option<String>,
    /// BT-12, the contract under which it was supplied.
    pub contract_reference: Option<String>,
    /// Present if amounts are not riyals; standard documents only.
    pub currency: Option<Foreign>,
}

impl Terms {
    /// The terms as a document issued at that moment states them: a standard
    /// invoice that names no supply date was supplied when it was issued (BR-KSA-15).
    pub fn issued(mut self, kind: Kind, moment: IssueMoment) -> Terms {
        let dated = kind.subtype == Subtype::Standard && kind.document == DocumentType::Invoice;
        if dated && self.supply.is_none() {
            self.supply = Some(Supply { from: moment.date(), until: None });
        }
        self
    }

    /// BT-5, the currency of every amount but BT-111.
    pub fn currency_code(&self) -> &'static str {
        self.currency.map_or("SAR", |foreign| foreign.code)
    }

    /// BT-111: the document's VAT in halalas of riyals.
    pub fn tax_in_riyals(&self, tax: Halalas) -> Halalas {
        self.currency.map_or(tax, |foreign| foreign.in_riyals(tax))
    }
}
