//! The compliance documents: which ones a unit's title demands, and what they
//! say (fatoora-api.md section 5). They go the same way as a real sale, priced
//! and sealed by the same functions, and are not recorded as tax documents.

use std::sync::Arc;

use uuid::Uuid;

use crate::invoice::{
    Address, BillingReference, Buyer, DocumentType, Draft, DraftLine, Finding, Header, Invoice,
    InvoiceNumber, IssueMoment, ItemName, Kind, Seller, Subtype, Tender, TenderKind, Terms, UnitPrice, Vat,
    VatNumber, price,
};
use crate::keys::Title;
use crate::money::{Halalas, Quantity};

/// One compliance check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub subtype: Subtype,
    pub document: DocumentType,
}

const DOCUMENTS: [DocumentType; 3] =
    [DocumentType::Invoice, DocumentType::CreditNote, DocumentType::DebitNote];

impl Step {
    /// The checks that a title demands, in the order in which they are made.
    pub fn all(title: Title) -> Vec<Step> {
        [Subtype::Standard, Subtype::Simplified]
            .into_iter()
            .filter(|subtype| title.covers(*subtype))
            .flat_map(|subtype| DOCUMENTS.map(|document| Step { subtype, document }))
            .collect()
    }

    /// The authority's name of the check, as its errors have it.
    pub const fn name(self) -> &'static str {
        match (self.subtype, self.document) {
            (Subtype::Standard, DocumentType::CreditNote) => "standard-credit-note-compliant",
            (Subtype::Standard, DocumentType::DebitNote) => "standard-debit-note-compliant",
            (Subtype::Standard, _) => "standard-compliant",
            (Subtype::Simplified, DocumentType::CreditNote) => "simplified-credit-note-compliant",
            (Subtype::Simplified, DocumentType::DebitNote) => "simplified-debit-note-compliant",
            (Subtype::Simplified, _) => "simplified-compliant",
        }
    }
}

/// Why a compliance document could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum SampleError {
    #[error("its price has {} findings, the first one: {}", .0.len(), .0.first().map_or("", |f| &f.message.en))]
    Price(Vec<Finding>),
    /// One of the fixed texts of this file is refused by its own type.
    #[error("{0}")]
    Field(String),
}

/// The document of one check, issued now.
pub(super) fn document(
    step: Step,
    seller: &Arc<Seller>,
    uuid: Uuid,
    issued: IssueMoment,
) -> Result<Invoice, SampleError> {
    let is_note = step.document.is_note();
    let standard = step.subtype == Subtype::Standard;
    let kind = Kind::plain(step.subtype, step.document);
    let terms = Terms {
        buyer: if standard { Some(buyer(seller)?) } else { None },
        billing_references: if is_note { vec![corrected(step, issued)] } else { Vec::new() },
        reason: is_note.then(|| reason(step.document).to_owned()),
        ..Terms::default()
    };
    let draft = draft(kind, terms.issued(kind, issued));
    let header = Header {
        kind,
        number: InvoiceNumber::parse(&number(step)).map_err(|e| SampleError::Field(e.to_string()))?,
        uuid,
        issued,
        seller: Arc::clone(seller),
        terms: draft.terms.clone(),
    };
    Ok(Invoice { header, priced: price(&draft).map_err(SampleError::Price)? })
}

/// A number that no real document of the till has.
fn number(step: Step) -> String {
    let subtype = match step.subtype {
        Subtype::Standard => "B2B",
        Subtype::Simplified => "B2C",
    };
    format!("COMPLIANCE-{subtype}-{}", step.document.code())
}

fn corrected(step: Step, issued: IssueMoment) -> BillingReference {
    let invoice = Step { document: DocumentType::Invoice, ..step };
    BillingReference { number: number(invoice), date: Some(issued.date()) }
}

/// Reasons that the VAT law knows (invoice-xml.md section 6).
const fn reason(document: DocumentType) -> &'static str {
    match document {
        DocumentType::CreditNote => "إرجاع السلع | Goods returned",
        _ => "تعديل المقابل | Consideration amended",
    }
}

fn draft(kind: Kind, terms: Terms) -> Draft {
    let line = DraftLine {
        name: ItemName {
            arabic: Some("حليب طازج".to_owned()), english: Some("Fresh milk".to_owned())
        },
        quantity: Quantity::from_thousandths(2_000),
        unit: "PCE".to_owned(),
        price: UnitPrice::Inclusive(Halalas::new(575)),
        discount: None,
        charge: None,
        vat: Vat::STANDARD,
        barcode: None,
        article: None,
    };
    let tender = Tender { kind: TenderKind::Cash, amount: Halalas::new(1_150) };
    Draft {
        reference: None,
        lines: vec![line],
        discount: None,
        // A note without tenders is written with the means of payment that its reason needs.
        charges: Vec::new(),
        prepayments: Vec::new(),
        rounding: Halalas::ZERO,
        tenders: if kind.document.is_note() { Vec::new() } else { vec![tender] },
        kind,
        terms,
    }
}

/// A company to whom the standard samples are made out; never the seller itself.
fn buyer(seller: &Seller) -> Result<Buyer, SampleError> {
    let numbers = ["399999999800003", "399999999700003"];
    let other = if seller.vat.as_str() == numbers[0] { numbers[1] } else { numbers[0] };
    Ok(Buyer {
        name: Some("شركة الامتثال | Compliance Test Company".to_owned()),
        vat: Some(VatNumber::parse(other).map_err(|e| SampleError::Field(e.to_string()))?),
        id: None,
        address: Some(Address {
            street: "طريق الملك فهد".to_owned(),
            additional_street: None,
            building: "2322".to_owned(),
            additional_number: None,
            district: "العليا".to_owned(),
            city: "الرياض".to_owned(),
            postal_code: "12211".to_owned(),
            province: None,
            country: "SA".to_owned(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_title_demands_its_checks() {
        let names = |title| Step::all(title).into_iter().map(Step::name).collect::<Vec<_>>();
        let standard =
            ["standard-compliant", "standard-credit-note-compliant", "standard-debit-note-compliant"];
        let simplified =
            ["simplified-compliant", "simplified-credit-note-compliant", "simplified-debit-note-compliant"];
        assert_eq!(names(Title::Standard), standard);
        assert_eq!(names(Title::Simplified), simplified);
        assert_eq!(names(Title::Both), [standard, simplified].concat());
    }
}
