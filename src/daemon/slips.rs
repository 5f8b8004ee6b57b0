//! From a stored document to what its receipt says. Every value is the XML's;
//! only what the XML does not hold (tenders, the POS's reference, the shop's
//! own lines) comes from elsewhere.

use super::handover::Standing;
use crate::invoice::{self, DocumentType, ItemName, Subtype, TenderKind};
use crate::ledger::Stored;
use crate::money::{Decimal, Halalas, Rate, div_half_up, share_out};
use crate::receipt::{self, OriginalDocument, PriceBasis, Slip, SlipKind, SlipLine, VatCategory, VatMark};
use crate::text::Bilingual;
use crate::ubl::{ReadCharge, ReadGroup, ReadLine, ReadParty, Reading};

/// What the shop adds to its receipts.
#[derive(Clone, Debug, Default)]
pub struct Shop {
    /// The sign over the door, where it differs from the registered name.
    pub trade_name: Option<String>,
    /// Branch and till.
    pub till: Option<String>,
    pub footer: Vec<Bilingual>,
}

/// The receipt of a stored document, or the slip of one that is no invoice;
/// `copy` marks a reprint.
pub fn slip(shop: &Shop, stored: &Stored, reading: &Reading, standing: Standing, copy: bool) -> Slip {
    let basis = match reading.kind.subtype {
        Subtype::Simplified => PriceBasis::VatInclusive,
        Subtype::Standard => PriceBasis::Net,
    };
    Slip {
        kind: kind(reading, standing),
        copy,
        statements: statements(reading, standing),
        notices: Vec::new(),
        seller: seller(shop, &reading.seller),
        invoice_number: reading.number.clone(),
        issue_date: reading.issued.date(),
        issue_time: reading.issued.time(),
        supply_date: supply(reading),
        order_reference: reading.order_reference.clone(),
        contract_reference: reading.contract_reference.clone(),
        currency: reading.currency.clone(),
        pos_reference: stored.reference.clone(),
        cashier: None,
        buyer: buyer(&reading.buyer),
        original: reading.kind.document.is_note().then(|| OriginalDocument {
            numbers: reading.billing_references.iter().map(|one| one.number.clone()).collect(),
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
        footer: reading
            .note
            .iter()
            .map(|note| Bilingual::new("", note))
            // What the shop promises on its receipts holds for receipts.
            .chain(shop.footer.iter().filter(|_| standing.withheld().is_none()).cloned())
            .collect(),
        qr: match standing {
            Standing::Issued | Standing::ReportedInstead => reading.qr.clone().unwrap_or_default(),
            // Nobody is to take it for an invoice.
            Standing::Awaiting | Standing::Rejected => String::new(),
        },
    }
}

fn kind(reading: &Reading, standing: Standing) -> SlipKind {
    let note = reading.kind.document.is_note();
    match standing {
        Standing::Awaiting => return SlipKind::Awaiting { note },
        Standing::Rejected => return SlipKind::Rejected { note },
        Standing::Issued | Standing::ReportedInstead => {}
    }
    match (reading.kind.document, reading.kind.subtype) {
        (DocumentType::CreditNote, _) => SlipKind::CreditNote,
        (DocumentType::DebitNote, _) => SlipKind::DebitNote,
        (_, Subtype::Simplified) => SlipKind::SimplifiedInvoice,
        (_, Subtype::Standard) => SlipKind::TaxInvoice,
    }
}

/// What the law wants said of a document besides its title (invoice-xml.md section 14).
fn statements(reading: &Reading, standing: Standing) -> Vec<Bilingual> {
    let flags = reading.kind.flags;
    let all = [
        (
            standing == Standing::Awaiting,
            "The invoice follows when the authority has cleared it",
            "تصدر الفاتورة بعد اعتماد الهيئة",
        ),
        (
            standing == Standing::ReportedInstead,
            "Reported to the authority while its clearance is off",
            "أُبلغت الهيئة بها لتوقف خدمة الاعتماد",
        ),
        (reading.kind.document == DocumentType::Prepayment, "Advance payment", "فاتورة دفعة مقدمة"),
        (flags.third_party, "Issued by a third party for the seller", "صادرة من طرف ثالث نيابة عن البائع"),
        (flags.nominal, "Nominal supply, without consideration", "توريد اعتباري دون مقابل"),
        (flags.export, "Export", "فاتورة تصدير"),
        (flags.summary, "Summary invoice", "فاتورة ملخصة"),
        (flags.self_billed, "Self-billed by the buyer", "فاتورة ذاتية صادرة من المشتري"),
    ];
    all.into_iter().filter(|(set, ..)| *set).map(|(_, en, ar)| Bilingual::new(en, ar)).collect()
}

/// A period with both its days, or a day that is not the day of issue.
fn supply(reading: &Reading) -> Option<String> {
    let from = reading.supply_date.as_ref()?;
    match &reading.supply_until {
        Some(until) => Some(format!("{from} / {until}")),
        None => Some(from.clone()).filter(|date| *date != reading.issued.date()),
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
    let id = receipt::OtherId { scheme: party.id_scheme.clone(), value: party.id.clone() };
    known.then(|| receipt::Buyer {
        name: if party.name.is_empty() { unnamed(party) } else { party.name.clone() },
        vat_number: (!party.vat.is_empty()).then(|| party.vat.clone()),
        other_id: (!party.name.is_empty() && !party.id.is_empty()).then_some(id),
        address: address(party),
    })
}

/// What a buyer without a name is called.
fn unnamed(party: &ReadParty) -> String {
    if party.id.is_empty() { "-".to_owned() } else { format!("{} {}", party.id_scheme, party.id) }
}

fn line(line: &ReadLine, basis: PriceBasis) -> SlipLine {
    let (arabic, english) = names(&line.name);
    let Shown { unit_price, discount, charge, total } = match basis {
        PriceBasis::Net => Shown {
            unit_price: line.price.to_string(),
            discount: line.allowance,
            charge: line.charge,
            total: line.net,
        },
        PriceBasis::VatInclusive => inclusive(line),
    };
    let reason = line.charge_reason.clone().unwrap_or_default();
    SlipLine {
        name_ar: arabic,
        name_en: english,
        quantity: trimmed(line.quantity),
        unit_code: line.unit.clone(),
        unit_price,
        discount,
        charge: (!charge.is_zero()).then_some(receipt::Charge { reason, amount: charge }),
        total,
        vat: mark(line.category.code(), line.rate),
    }
}

/// What a line shows; price times quantity, less discount, with charge, is the total.
struct Shown {
    unit_price: String,
    discount: Halalas,
    charge: Halalas,
    total: Halalas,
}

/// Everything with VAT. A shelf price comes back exactly, since the price
/// without VAT that was made from it has at least six decimals. On lines that
/// were sold at a net price there is none to come back: they show the price with
/// VAT to more decimals, and what adds up is the total.
fn inclusive(line: &ReadLine) -> Shown {
    let factor = 10_000 + i128::from(line.rate.basis_points());
    let with_vat = |amount: Halalas| div_half_up(i128::from(amount.get()) * factor, 10_000);
    let shelf = div_half_up(line.price.mantissa() * factor, 10i128.pow(line.price.scale()) * 100);
    let before = div_half_up(shelf * line.quantity.mantissa(), 10i128.pow(line.quantity.scale()));
    let stated = with_vat(line.allowance);
    let added = i128::from(line.gross.get()) - before;
    // Without a discount the charge is what exceeds the shelf price.
    let charge = match (line.charge.is_zero(), line.allowance.is_zero()) {
        (true, _) => 0,
        (false, true) => added.max(0),
        (false, false) => with_vat(line.charge),
    };
    let discount = charge - added;
    // A discount of one halala may have no halala left without VAT.
    if discount >= 0 && (discount - stated).abs() <= 2 {
        let unit_price = Decimal::new(shelf, 2).to_string();
        return Shown { unit_price, discount: halalas(discount), charge: halalas(charge), total: line.gross };
    }
    let price = Decimal::new(line.price.mantissa() * factor, line.price.scale() + 4);
    let places = price.scale().min(PRICE_PLACES);
    let rounded = div_half_up(price.mantissa(), 10i128.pow(price.scale() - places));
    Shown {
        unit_price: Decimal::new(rounded, places).at_least_two_places().to_string(),
        discount: halalas(stated),
        charge: halalas(with_vat(line.charge)),
        total: line.gross,
    }
}

/// Decimals of a unit price on paper that is no shelf price.
const PRICE_PLACES: u32 = 4;

fn halalas(amount: i128) -> Halalas {
    // Made from amounts that fit, by a rate of at most 100 %.
    Halalas::new(i64::try_from(amount).unwrap_or(i64::MAX))
}

/// `cbc:Name` holds Arabic, then the other language.
fn names(name: &str) -> (Option<String>, Option<String>) {
    match name.split_once(ItemName::SEPARATOR) {
        Some((first, second)) => (Some(first.to_owned()), Some(second.to_owned())),
        None if name.chars().any(is_arabic) => (Some(name.to_owned()), None),
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
    let (document_discount, charged) = match basis {
        PriceBasis::Net => (reading.allowances, reading.charges.iter().map(|charge| charge.amount).collect()),
        PriceBasis::VatInclusive => whole_document(reading),
    };
    let charge = |(read, amount): (&ReadCharge, Halalas)| receipt::Charge {
        reason: read.reason.clone().unwrap_or_default(),
        amount,
    };
    receipt::Totals {
        document_discount,
        charges: reading.charges.iter().zip(charged).map(charge).collect(),
        groups: reading.groups.iter().map(group).collect(),
        net: reading.tax_exclusive,
        vat: reading.tax,
        vat_in_riyals: (reading.currency != "SAR").then_some(reading.tax_in_riyals),
        with_vat: reading.tax_inclusive,
        prepaid: reading.prepaid,
        advances: reading.prepayments.iter().flat_map(|advance| advance.numbers.clone()).collect(),
        rounding: reading.rounding,
        payable: reading.payable,
    }
}

/// Discount and charges of the document with VAT, as the customer was promised
/// them: lines less discount with charges are the total. Where there is no
/// discount the charges take up what rounding leaves, or else the discount does.
fn whole_document(reading: &Reading) -> (Halalas, Vec<Halalas>) {
    let gross: Halalas = reading.lines.iter().map(|line| line.gross).sum();
    let with_vat = |charge: &ReadCharge| {
        let factor = 10_000 + i128::from(charge.rate.basis_points());
        halalas(div_half_up(i128::from(charge.amount.get()) * factor, 10_000))
    };
    let charges: Vec<Halalas> = reading.charges.iter().map(with_vat).collect();
    let charged: Halalas = charges.iter().copied().sum();
    match (reading.allowances.is_zero(), charges.is_empty()) {
        (true, true) => (Halalas::ZERO, charges),
        (true, false) => (Halalas::ZERO, share_out(reading.tax_inclusive - gross, &charges)),
        (false, _) => (gross + charged - reading.tax_inclusive, charges),
    }
}

fn group(group: &ReadGroup) -> receipt::VatGroup {
    receipt::VatGroup {
        mark: mark(group.category.code(), group.rate),
        net: group.taxable,
        vat: group.tax,
        reason: reason(group),
    }
}

/// Why no VAT is charged, in Arabic as the paper must have it; the text of the
/// authority's list, or the taxpayer's own, stands beside it.
fn reason(group: &ReadGroup) -> Option<String> {
    let text = group.exemption_text.as_ref()?;
    let known = group.exemption_code.as_deref().and_then(invoice::exemption_arabic);
    match known.filter(|_| !text.chars().any(is_arabic)) {
        Some(arabic) => Some(format!("{arabic}{}{text}", ItemName::SEPARATOR)),
        None => Some(text.clone()),
    }
}

fn is_arabic(letter: char) -> bool {
    ('\u{0600}'..='\u{06FF}').contains(&letter)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::Category;

    fn read(price: &str, quantity: &str, allowance: i64, net: i64, vat: i64) -> ReadLine {
        ReadLine {
            name: "مسامير | Screws".into(),
            quantity: Decimal::parse(quantity).unwrap(),
            unit: "PCE".into(),
            price: Decimal::parse(price).unwrap(),
            allowance: Halalas::new(allowance),
            charge: Halalas::ZERO,
            charge_reason: None,
            net: Halalas::new(net),
            vat_amount: Halalas::new(vat),
            gross: Halalas::new(net + vat),
            category: Category::Standard,
            rate: Rate::STANDARD,
        }
    }

    #[test]
    fn shelf_prices_come_back_and_net_prices_do_not_invent_discounts() {
        let shown = |line: &ReadLine| {
            let Shown { unit_price, discount, charge, total } = inclusive(line);
            assert_eq!(charge, Halalas::ZERO);
            (unit_price, discount.get(), total.get())
        };
        // 2 x 23.00 less 4.60, the worked example of the specification.
        assert_eq!(shown(&read("20.00", "2.000000", 400, 3600, 540)), ("23.00".into(), 460, 4140));
        // 1.235 kg x 45.95
        assert_eq!(shown(&read("39.956522", "1.235000", 0, 4935, 740)), ("45.95".into(), 0, 5675));
        // 1000 x 0.03 net, without and with a discount of 0.01
        assert_eq!(shown(&read("0.03", "1000.000000", 0, 3000, 450)), ("0.0345".into(), 0, 3450));
        assert_eq!(shown(&read("0.03", "1000.000000", 1, 2999, 450)), ("0.0345".into(), 1, 3449));
    }
}
