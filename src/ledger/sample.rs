//! The till's own shapes as a compression dictionary: a sample invoice, sealed
//! by the unit itself, so that its certificate, seller, namespaces and every
//! fixed fragment cost nothing in the documents that follow. It has no place
//! in any chain and is never stored as a document.

use uuid::Uuid;

use super::store::Unit;
use crate::chain::Link;
use crate::invoice::{
    Allowance, Header, Invoice, InvoiceNumber, IssueMoment, Kind, PaymentMeans, Priced, PricedLine, TaxGroup,
    TenderKind, Terms, Totals, Vat,
};
use crate::money::{Decimal, Halalas, Quantity};
use crate::stamp;

/// Name, unit, price and quantity of lines as groceries have them; the names
/// are words that return in other names.
const LINES: &[(&str, &str, i64, i64)] = &[
    ("خبز عربي | Arabic Bread", "PCE", 100, 2_000),
    ("تمر خلاص كجم | Khalas Dates kg", "KGM", 2_850, 1_250),
    ("أرز بسمتي 5 كجم | Basmati Rice 5 kg", "PCE", 4_995, 1_000),
    ("حليب طازج كامل الدسم 1 لتر | Fresh Full Cream Milk 1 L", "PCE", 600, 3_000),
    ("مياه شرب 330 مل | Drinking Water 330 ml", "PCE", 125, 12_000),
];

/// The bytes of a sealed sample, or none if the unit cannot seal it; documents
/// then compress less, and the first sale says what is wrong with the unit.
pub(super) fn dictionary(unit: &Unit) -> Vec<u8> {
    let Some(invoice) = invoice(unit) else { return Vec::new() };
    let link = Link::after(None);
    match stamp::stamp(&invoice, &link, &unit.certificate, unit.signer.as_ref()) {
        Ok(sealed) => sealed.xml,
        Err(error) => {
            tracing::warn!(%error, "no sample document for the dictionary; the ledger will be larger");
            Vec::new()
        }
    }
}

fn invoice(unit: &Unit) -> Option<Invoice> {
    let header = Header {
        kind: Kind::SIMPLIFIED_INVOICE,
        number: InvoiceNumber::parse(&format!("{}000001", unit.number_prefix)).ok()?,
        uuid: Uuid::nil(),
        issued: IssueMoment::from_unix(unit.certificate.not_before())?,
        seller: unit.seller.clone(),
        terms: Terms::default(),
    };
    Some(Invoice { header, priced: priced() })
}

/// The sums need not be right for the dictionary, but they are.
fn priced() -> Priced {
    let mut lines: Vec<PricedLine> = LINES.iter().map(line).collect();
    if let Some(first) = lines.first_mut() {
        first.allowance = Some(Allowance { amount: Halalas::ZERO, reason: None });
        first.barcode = Some("6281000000000".to_owned());
    }
    let net: Halalas = lines.iter().map(|line| line.net).sum();
    let tax: Halalas = lines.iter().map(|line| line.vat_amount).sum();
    let totals = Totals {
        line_net: net,
        tax_exclusive: net,
        tax,
        tax_inclusive: net + tax,
        payable: net + tax,
        ..Totals::default()
    };
    Priced {
        lines,
        groups: vec![TaxGroup { vat: Vat::STANDARD, taxable: net, tax }],
        totals,
        payment_means: vec![PaymentMeans { kind: TenderKind::Cash }, PaymentMeans { kind: TenderKind::Card }],
        ..Priced::default()
    }
}

fn line(&(name, unit, price, thousandths): &(&str, &str, i64, i64)) -> PricedLine {
    let net = Halalas::new(price * thousandths / 1000);
    let vat_amount = Halalas::new((net.get() * 15 + 50) / 100);
    PricedLine {
        name: name.to_owned(),
        quantity: Quantity::from_thousandths(thousandths),
        unit: unit.to_owned(),
        price: Decimal::new(i128::from(price) * 10_000, 6),
        allowance: None,
        charge: None,
        net,
        vat_amount,
        gross: net + vat_amount,
        paid: net + vat_amount,
        vat: Vat::STANDARD,
        barcode: None,
        article: None,
    }
}
