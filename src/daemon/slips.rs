//! From a stored document to what its receipt says. Every value is the XML's;
//! only what the XML does not hold (tenders, the POS's reference, the shop's
//! own lines) comes from elsewhere.

use crate::invoice::{DocumentType, ItemName, Subtype, TenderKind};
use crate::ledger::Stored;
use crate::money::{Decimal, Halalas, Rate, div_half_up};
use crate::receipt::{self, OriginalDocument, PriceBasis, Slip, SlipKind, SlipLine, VatCategory, VatMark};
use crate::text::Bilingual;
use crate::ubl::{ReadGroup, ReadLine, ReadParty, Reading};

/// What the shop adds to its receipts.
#[derive(Clone, Debug, Default)]
pub struct Shop {
    /// The sign over the door, where it differs from the registered name.
    pub trade_name: Option<String>,
    /// Branch and till.
    pub till: Option<String>,
    pub footer: Vec<Bilingual>,
}

/// The receipt of a stored document; `copy` marks a reprint.
pub fn slip(shop: &Shop, stored: &Stored, reading: &Reading, copy: bool) -> Slip {
    let basis = match reading.kind.subtype {
        Subtype::Simplified => PriceBasis::VatInclusive,
        Subtype::Standard => PriceBasis::Net,
    };
    Slip {
        kind: kind(reading),
        copy,
        notices: Vec::new(),
        seller: seller(shop, &reading.seller),
        invoice_number: reading.number.clone(),
        issue_date: reading.issued.date(),
        issue_time: reading.issued.time(),
        supply_date: reading.supply_date.clone().filter(|date| *date != reading.issued.date()),
        pos_reference: stored.reference.clone(),
        cashier: None,
        buyer: buyer(&reading.buyer),
        original: reading.kind.document.is_note().then(|| OriginalDocument {
            numbers: reading.billing_references.clone(),
            reason: reading.reason.clone().unwrap_or_default(),
        }),
        price_basis: basis,
        lines: reading.lines.iter().map(|one| line(one, basis)).collect(),
        totals: totals(reading, basis),
        tenders: stored
            .tenders
            .iter()
            .filter(|tender| !tender.amount.is_zero())
            .map(|tender| receipt::Tender {
                kind: tender_kind(tender.kind),
                detail: None,
                amount: tender.amount,
            })
            .collect(),
        change: stored.change,
        footer: shop.footer.clone(),
        qr: reading.qr.clone().unwrap_or_default(),
    }
}

fn kind(reading: &Reading) -> SlipKind {
    match (reading.kind.document, reading.kind.subtype) {
        (DocumentType::CreditNote, _) => SlipKind::CreditNote,
        (DocumentType::DebitNote, _) => SlipKind::DebitNote,
        (_, Subtype::Simplified) => SlipKind::SimplifiedInvoice,
        (_, Subtype::Standard) => SlipKind::TaxInvoice,
    }
}

fn seller(shop: &Shop, party: &ReadParty) -> receipt::Seller {
    receipt::Seller {
        // The XML holds both languages in one text; on paper each has its line.
        name: party.name.replace(ItemName::SEPARATOR, "\n"),
        trade_name: shop.trade_name.clone(),
        address: address(party),
        vat_number: party.vat.clone(),
        other_id: (!party.id.is_empty())
            .then(|| receipt::OtherId { scheme: party.id_scheme.clone(), value: party.id.clone() }),
        till: shop.till.clone(),
    }
}

/// Two lines: building, street and district; city and postal code.
fn address(party: &ReadParty) -> Vec<String> {
    let join = |parts: &[&str], separator: &str| {
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(separator)
    };
    let street = join(&[&party.building, &party.street], " ");
    let first = join(&[&street, &party.district], "، ");
    let code = join(&[&party.postal_code, &party.additional_number], "-");
    let second = join(&[&party.city, &code], " ");
    [first, second].into_iter().filter(|line| !line.is_empty()).collect()
}

fn buyer(party: &ReadParty) -> Option<receipt::Buyer> {
    let known = !party.name.is_empty() || !party.vat.is_empty() || !party.id.is_empty();
    known.then(|| receipt::Buyer {
        name: if party.name.is_empty() {
            format!("{} {}", party.id_scheme, party.id)
        } else {
            party.name.clone()
        },
        vat_number: (!party.vat.is_empty()).then(|| party.vat.clone()),
        address: address(party),
    })
}

fn line(line: &ReadLine, basis: PriceBasis) -> SlipLine {
    let (arabic, english) = names(&line.name);
    let (unit_price, discount, total) = match basis {
        PriceBasis::Net => (line.price.to_string(), line.allowance, line.net),
        PriceBasis::VatInclusive => inclusive(line),
    };
    SlipLine {
        name_ar: arabic,
        name_en: english,
        quantity: trimmed(line.quantity),
        unit_code: line.unit.clone(),
        unit_price,
        discount,
        total,
        vat: mark(line.category.code(), line.rate),
    }
}

/// Shelf price, discount and total with VAT. The price without VAT has at least
/// six decimals, so the shelf price that it was made from comes back exactly.
fn inclusive(line: &ReadLine) -> (String, Halalas, Halalas) {
    let with_vat = line.price.mantissa() * (10_000 + i128::from(line.rate.basis_points()));
    let unit = 10i128.pow(line.price.scale()) * 100;
    let shelf = div_half_up(with_vat, unit);
    let before = div_half_up(shelf * line.quantity.mantissa(), 10i128.pow(line.quantity.scale()));
    let shelf = Halalas::new(i64::try_from(shelf).unwrap_or(i64::MAX));
    let before = Halalas::new(i64::try_from(before).unwrap_or(i64::MAX));
    let discount = if line.allowance.is_zero() { Halalas::ZERO } else { before - line.gross };
    (shelf.to_string(), discount, line.gross)
}

/// `cbc:Name` holds Arabic, then the other language.
fn names(name: &str) -> (Option<String>, Option<String>) {
    let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
    match name.split_once(ItemName::SEPARATOR) {
        Some((first, second)) => (Some(first.to_owned()), Some(second.to_owned())),
        None if arabic(name) => (Some(name.to_owned()), None),
        None => (None, Some(name.to_owned())),
    }
}

/// `2.000000` as `2`, `1.235000` as `1.235`.
fn trimmed(quantity: Decimal) -> String {
    let text = quantity.to_string();
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn mark(code: &str, rate: Rate) -> VatMark {
    // Reading has refused any other code than these four.
    VatMark { category: VatCategory::from_code(code).unwrap_or(VatCategory::Standard), rate }
}

fn totals(reading: &Reading, basis: PriceBasis) -> receipt::Totals {
    let gross: Halalas = reading.lines.iter().map(|line| line.gross).sum();
    let document_discount = match basis {
        PriceBasis::Net => reading.allowances,
        // With VAT, as the customer was promised it.
        PriceBasis::VatInclusive if reading.allowances.is_zero() => Halalas::ZERO,
        PriceBasis::VatInclusive => gross - reading.tax_inclusive,
    };
    receipt::Totals {
        document_discount,
        groups: reading.groups.iter().map(group).collect(),
        net: reading.tax_exclusive,
        vat: reading.tax,
        with_vat: reading.tax_inclusive,
        prepaid: reading.prepaid,
        rounding: reading.rounding,
        payable: reading.payable,
    }
}

fn group(group: &ReadGroup) -> receipt::VatGroup {
    receipt::VatGroup {
        mark: mark(group.category.code(), group.rate),
        net: group.taxable,
        vat: group.tax,
        reason: group.exemption_text.clone(),
    }
}

fn tender_kind(kind: TenderKind) -> receipt::TenderKind {
    match kind {
        TenderKind::Cash => receipt::TenderKind::Cash,
        TenderKind::Card => receipt::TenderKind::Card,
        TenderKind::CreditTransfer => receipt::TenderKind::BankTransfer,
        TenderKind::BankAccount => receipt::TenderKind::BankTransfer,
        TenderKind::Other => receipt::TenderKind::Other,
    }
}
