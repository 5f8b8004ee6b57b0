//! Reads a sale as a POS application sends it. The shape is documented in
//! README.md; every finding is reported at once, and unknown keys are refused.

use super::draft::{Discount, Draft, DraftLine, ItemName, Tender, TenderKind, UnitPrice};
use super::exemptions;
use super::fields::{Fields, Findings, amount, decimal, join, text};
use super::finding::Finding;
use super::json::Json;
use super::limits;
use super::party::{Buyer, PartyId, VatNumber};
use super::tax::{Category, Exemption, Vat};
use super::{Kind, Terms};
use crate::money::{Halalas, Rate};
use crate::text::Problem;

const SALE: &[&str] = &["reference", "lines", "discount", "tenders", "buyer", "note"];
const LINE: &[&str] =
    &["name", "quantity", "unit", "shelf_price", "net_price", "discount", "vat", "barcode", "article"];
const NAME: &[&str] = &["ar", "en"];
const VAT: &[&str] = &["category", "rate", "reason_code", "reason"];
const DISCOUNT: &[&str] = &["amount", "reason"];
const TENDER: &[&str] = &["kind", "amount"];
const BUYER: &[&str] = &["name", "vat_number", "id"];
const ID: &[&str] = &["scheme", "value"];
const TENDER_KINDS: &[&str] = &["cash", "card", "credit_transfer", "bank_account", "other"];

/// Reads the JSON body of a sale. Fails with every finding in it.
pub fn read_sale(body: &[u8]) -> Result<Draft, Vec<Finding>> {
    let json = Json::parse(body).map_err(|what| vec![Finding::at("", Problem::NotJson { what })])?;
    let mut found = Findings::new();
    let draft = sale(&json, &mut found);
    match draft {
        Some(draft) if found.is_empty() => Ok(draft),
        _ => Err(found),
    }
}

fn sale(json: &Json, found: &mut Findings) -> Option<Draft> {
    let fields = Fields::open(json, String::new(), SALE, found)?;
    let lines = fields.required("lines", found).and_then(|_| fields.list("lines", limits::LINES, found));
    if lines.is_some_and(<[Json]>::is_empty) {
        found.push(Finding::at("lines", Problem::NoLines));
    }
    let lines = lines.unwrap_or_default().iter().enumerate();
    let draft = Draft {
        kind: Kind::SIMPLIFIED_INVOICE,
        charges: Vec::new(),
        prepayments: Vec::new(),
        rounding: Halalas::ZERO,
        lines: lines.filter_map(|(at, json)| line(json, format!("lines[{at}]"), found)).collect(),
        reference: fields.text("reference", 1..=limits::REFERENCE, found),
        discount: discount(&fields, found),
        tenders: tenders(&fields, found),
        terms: Terms {
            buyer: fields.get("buyer").and_then(|json| buyer(json, found)),
            note: fields.text("note", 1..=limits::NAME, found),
            ..Terms::default()
        },
    };
    check_citizen(&draft, found);
    Some(draft)
}

fn line(json: &Json, path: String, found: &mut Findings) -> Option<DraftLine> {
    let fields = Fields::open(json, path, LINE, found)?;
    let name = fields.required("name", found).and_then(|json| item_name(json, fields.path("name"), found));
    let quantity = fields.quantity("quantity", limits::QUANTITY, found);
    let unit = match fields.get("unit") {
        None => Some("PCE".to_owned()),
        Some(json) => unit_code(json, fields.path("unit"), found),
    };
    let price = unit_price(&fields, found);
    let vat = fields.required("vat", found).and_then(|json| vat(json, fields.path("vat"), found));
    Some(DraftLine {
        discount: discount(&fields, found),
        charge: None,
        barcode: fields.text("barcode", 1..=limits::REFERENCE, found),
        article: fields.text("article", 1..=limits::REFERENCE, found),
        name: name?,
        quantity: quantity?,
        unit: unit?,
        price: price?,
        vat: vat?,
    })
}

/// A text, or an object with `ar`, `en` or both.
fn item_name(json: &Json, path: String, found: &mut Findings) -> Option<ItemName> {
    let name = match json {
        Json::Object(_) => {
            let fields = Fields::open(json, path.clone(), NAME, found)?;
            let before = found.len();
            let mut part = |key| fields.text(key, 1..=limits::NAME, found);
            let name = ItemName { arabic: part("ar"), english: part("en") };
            if found.len() > before {
                return None;
            }
            name
        }
        _ => {
            let text = text(json, path.clone(), 1..=limits::NAME, found)?;
            let arabic = text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
            if arabic {
                ItemName { arabic: Some(text), english: None }
            } else {
                ItemName { arabic: None, english: Some(text) }
            }
        }
    };
    let whole = name.text();
    let count = whole.chars().count();
    let problem = match count {
        0 => Problem::Missing,
        1..3 => Problem::NameTooShort { found: count },
        _ if count > limits::NAME => Problem::Length { found: count, least: 3, most: limits::NAME },
        _ if whole.chars().all(char::is_numeric) => Problem::NameOnlyDigits,
        _ => return Some(name),
    };
    found.push(Finding::at(path, problem));
    None
}

fn unit_code(json: &Json, path: String, found: &mut Findings) -> Option<String> {
    let code = text(json, path.clone(), 1..=3, found)?;
    if code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return Some(code);
    }
    found.push(Finding::at(path, Problem::UnitCode));
    None
}

/// Exactly one of the shelf price with VAT and the net price.
fn unit_price(fields: &Fields<'_>, found: &mut Findings) -> Option<UnitPrice> {
    match (fields.get("shelf_price"), fields.get("net_price")) {
        (Some(_), None) => fields.amount("shelf_price", limits::AMOUNT, found).map(UnitPrice::Inclusive),
        (None, Some(json)) => {
            let most = i128::from(limits::AMOUNT) * 10_000;
            decimal(json, &fields.path("net_price"), 6, most, found).map(UnitPrice::Net)
        }
        (None, None) => {
            found.push(Finding::at(fields.path("shelf_price"), Problem::NoPrice));
            None
        }
        (Some(_), Some(_)) => {
            found.push(Finding::at(fields.path("net_price"), Problem::TwoPrices));
            None
        }
    }
}

/// An amount, or an object with the amount and its reason.
fn discount(fields: &Fields<'_>, found: &mut Findings) -> Option<Discount> {
    let json = fields.get("discount")?;
    let path = fields.path("discount");
    let (amount, reason) = match json {
        Json::Object(_) => {
            let fields = Fields::open(json, path, DISCOUNT, found)?;
            fields.required("amount", found)?;
            (fields.amount("amount", limits::AMOUNT, found)?, fields.text("reason", 1..=limits::NAME, found))
        }
        other => (amount(other, &path, limits::AMOUNT, found)?, None),
    };
    (!amount.is_zero()).then_some(Discount { amount, reason })
}

/// A category code for standard treatment, or an object with rate and reason.
fn vat(json: &Json, path: String, found: &mut Findings) -> Option<Vat> {
    let Json::Object(_) = json else {
        let code = text(json, path.clone(), 1..=1, found)?;
        return match Category::from_code(&code) {
            Some(Category::Standard) => Some(Vat::STANDARD),
            Some(category) => {
                found.push(Finding::at(path, Problem::ReasonMissing { category: category.code() }));
                None
            }
            None => {
                found.push(Finding::at(
                    path,
                    Problem::NotAccepted { accepted: CATEGORIES, rule: "BR-KSA-18" },
                ));
                None
            }
        };
    };
    let fields = Fields::open(json, path, VAT, found)?;
    fields.required("category", found)?;
    let code = fields.text("category", 1..=1, found)?;
    let Some(category) = Category::from_code(&code) else {
        let problem = Problem::NotAccepted { accepted: CATEGORIES, rule: "BR-KSA-18" };
        found.push(Finding::at(fields.path("category"), problem));
        return None;
    };
    let rate = rate(&fields, category, found);
    let exemption = exemption(&fields, category, found);
    Some(Vat { category, rate: rate?, exemption: exemption? })
}

const CATEGORIES: &[&str] = &["S", "Z", "E", "O"];

/// 15 % or 5 % for category S, nothing for the others (BR-KSA-84, BR-Z-05...).
fn rate(fields: &Fields<'_>, category: Category, found: &mut Findings) -> Option<Rate> {
    let standard = category == Category::Standard;
    let Some(json) = fields.get("rate") else {
        return Some(if standard { Rate::STANDARD } else { Rate::ZERO });
    };
    let path = fields.path("rate");
    let exact = decimal(json, &path, 2, 10_000, found)?;
    let accepted: &[Rate] = if standard { &[Rate::STANDARD, Rate::LEGACY] } else { &[Rate::ZERO] };
    let basis_points = exact.rescale(2).unwrap_or(-1);
    let rate = accepted.iter().copied().find(|rate| i128::from(rate.basis_points()) == basis_points);
    if rate.is_none() {
        let accepted: &[&str] = if standard { &["15", "5"] } else { &["0"] };
        found.push(Finding::at(path, Problem::NotAccepted { accepted, rule: "BR-KSA-84" }));
    }
    rate
}

/// Outer `None`: something was wrong. Inner `None`: the category needs no reason.
fn exemption(fields: &Fields<'_>, category: Category, found: &mut Findings) -> Option<Option<Exemption>> {
    let before = found.len();
    let code = fields.text("reason_code", 1..=limits::REFERENCE, found);
    let reason = fields.text("reason", 1..=limits::NAME, found);
    if found.len() > before {
        return None;
    }
    if category == Category::Standard {
        if code.is_some() || reason.is_some() {
            found.push(Finding::at(fields.path("reason_code"), Problem::ReasonForbidden));
            return None;
        }
        return Some(None);
    }
    let code = match (code, category) {
        (Some(code), _) => code,
        (None, Category::OutOfScope) => "VATEX-SA-OOS".to_owned(),
        (None, _) => {
            let problem = Problem::ReasonMissing { category: category.code() };
            found.push(Finding::at(fields.path("reason_code"), problem));
            return None;
        }
    };
    let Some(known) = exemptions::of(category).find(|known| known.code == code) else {
        let accepted = exemptions::of(category).map(|known| known.code).collect();
        found.push(Finding::at(fields.path("reason_code"), Problem::ReasonCode { accepted }));
        return None;
    };
    match reason {
        Some(text) => Some(Some(Exemption { code: known.code, text })),
        None if !known.text.is_empty() => {
            Some(Some(Exemption { code: known.code, text: known.text.to_owned() }))
        }
        None => {
            found.push(Finding::at(fields.path("reason"), Problem::ReasonText));
            None
        }
    }
}

fn tenders(fields: &Fields<'_>, found: &mut Findings) -> Vec<Tender> {
    let items = fields.list("tenders", limits::TENDERS, found).unwrap_or_default().iter().enumerate();
    items.filter_map(|(at, json)| tender(json, format!("tenders[{at}]"), found)).collect()
}

fn tender(json: &Json, path: String, found: &mut Findings) -> Option<Tender> {
    let fields = Fields::open(json, path, TENDER, found)?;
    let word = fields.required("kind", found).and_then(|_| fields.text("kind", 1..=limits::REFERENCE, found));
    let kind = word.and_then(|word| {
        let kind = TenderKind::from_word(&word);
        if kind.is_none() {
            let problem = Problem::NotAccepted { accepted: TENDER_KINDS, rule: "BR-KSA-16" };
            found.push(Finding::at(fields.path("kind"), problem));
        }
        kind
    });
    let amount =
        fields.required("amount", found).and_then(|_| fields.amount("amount", limits::AMOUNT, found));
    Some(Tender { kind: kind?, amount: amount? })
}

fn buyer(json: &Json, found: &mut Findings) -> Option<Buyer> {
    let fields = Fields::open(json, "buyer".to_owned(), BUYER, found)?;
    let name = fields.text("name", 1..=limits::NAME, found);
    let vat = fields.text("vat_number", 1..=limits::REFERENCE, found).and_then(|text| {
        VatNumber::parse(&text)
            .map_err(|error| found.push(Finding::at("buyer.vat_number", error.into())))
            .ok()
    });
    let id = fields.get("id").and_then(|json| {
        let fields = Fields::open(json, join("buyer", "id"), ID, found)?;
        fields.required("scheme", found);
        fields.required("value", found);
        let scheme = fields.text("scheme", 1..=limits::REFERENCE, found)?;
        let value = fields.text("value", 1..=limits::REFERENCE, found)?;
        PartyId::buyer(&scheme, &value)
            .map_err(|error| found.push(Finding::at("buyer.id", error.into())))
            .ok()
    });
    Some(Buyer { name, vat, id, address: None })
}

/// Zero-rated education and health care need the citizen's name and national id.
fn check_citizen(draft: &Draft, found: &mut Findings) {
    let needs = |line: &&DraftLine| {
        line.vat.exemption.as_ref().is_some_and(|exemption| exemptions::needs_citizen(exemption.code))
    };
    if !draft.lines.iter().any(|line| needs(&line)) {
        return;
    }
    let buyer = draft.terms.buyer.as_ref();
    if buyer.and_then(|buyer| buyer.name.as_ref()).is_none() {
        found.push(Finding::at("buyer.name", Problem::CitizenName));
    }
    if buyer.and_then(|buyer| buyer.id.as_ref()).is_none_or(|id| id.scheme != "NAT") {
        found.push(Finding::at("buyer.id", Problem::CitizenId));
    }
}
