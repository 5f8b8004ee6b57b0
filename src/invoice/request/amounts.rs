//! Reads discounts, charges, rounding and tenders.

use super::vat;
use crate::invoice::codes;
use crate::invoice::draft::{Discount, DocumentCharge, DraftLine, ItemCharge, Tender, TenderKind};
use crate::invoice::fields::{Fields, Findings, amount};
use crate::invoice::finding::Finding;
use crate::invoice::json::Json;
use crate::invoice::{limits, pricing};
use crate::money::{Decimal, Halalas, div_half_up};
use crate::text::{DocumentProblem, JsonType, Problem};

const DISCOUNT: &[&str] = &["amount", "percent", "reason"];
const ITEM_CHARGE: &[&str] = &["amount", "code", "reason"];
const CHARGE: &[&str] = &["amount", "code", "reason", "vat"];
const TENDER: &[&str] = &["kind", "amount"];
const TENDER_KINDS: &[&str] = &["cash", "card", "credit_transfer", "bank_account", "other"];

/// What the lines amount to before any basket discount, in the terms of their prices.
pub(super) fn sum(lines: &[DraftLine]) -> Halalas {
    let one = |line: &DraftLine| {
        let discount = line.discount.as_ref().map_or(Halalas::ZERO, |discount| discount.amount);
        let charge = line.charge.as_ref().map_or(Halalas::ZERO, |charge| charge.amount);
        pricing::undiscounted(line.price, line.quantity) - discount + charge
    };
    // As the pricing refuses a line above the bound, no sum that is used leaves the range.
    lines
        .iter()
        .map(one)
        .fold(Halalas::ZERO, |sum, amount| Halalas::new(sum.get().saturating_add(amount.get())))
}

/// An amount, or an object with an amount or a percentage of `base` and the
/// reason, whose length `rule` bounds. Documents state the amount alone
/// (BR-KSA-EN16931-04, -05).
pub(super) fn discount(
    fields: &Fields<'_>,
    base: Option<Halalas>,
    rule: &'static str,
    found: &mut Findings,
) -> Option<Discount> {
    let json = fields.get("discount")?;
    let path = fields.path("discount");
    let (amount, reason) = match json {
        Json::Object(_) => {
            let fields = Fields::open(json, path, DISCOUNT, found)?;
            let reason = fields.text_under("reason", 1..=limits::NAME, rule, found);
            (off(&fields, base, found)?, reason)
        }
        other => (amount(other, &path, limits::AMOUNT, found)?, None),
    };
    (!amount.is_zero()).then_some(Discount { amount, reason })
}

fn off(fields: &Fields<'_>, base: Option<Halalas>, found: &mut Findings) -> Option<Halalas> {
    match (fields.get("amount"), fields.get("percent")) {
        (Some(_), Some(_)) => {
            found.push(Finding::at(fields.path("percent"), DocumentProblem::TwoDiscounts.into()));
            None
        }
        (None, Some(json)) => {
            let points = percent(json, fields.path("percent"), found)?;
            let product = i128::from(base?.get()) * points;
            // At most the base, which is an i64.
            Some(Halalas::new(div_half_up(product, 10_000) as i64))
        }
        _ => {
            fields.required("amount", found)?;
            fields.amount("amount", limits::AMOUNT, found)
        }
    }
}

/// Hundredths of a percent, 0 to 10,000 (BR-KSA-DEC-01).
fn percent(json: &Json, path: String, found: &mut Findings) -> Option<i128> {
    let (Json::Number(digits) | Json::Text(digits)) = json else {
        let problem = Problem::WrongType { expected: JsonType::NumberLike("12.50"), found: json.kind() };
        found.push(Finding::at(path, problem));
        return None;
    };
    let points = Decimal::parse(digits).ok().and_then(|exact| exact.rescale(2).ok());
    let points = points.filter(|points| (0..=10_000).contains(points));
    if points.is_none() {
        found.push(Finding::at(path, DocumentProblem::Percent { found: shown(digits) }.into()));
    }
    points
}

/// A value from outside, fit for a message.
pub(in crate::invoice) fn shown(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The charge of a line.
pub(super) fn item_charge(fields: &Fields<'_>, found: &mut Findings) -> Option<ItemCharge> {
    let json = fields.get("charge")?;
    let fields = Fields::open(json, fields.path("charge"), ITEM_CHARGE, found)?;
    let (amount, code, reason) = stated(&fields, ["BR-KSA-20", "BR-KSA-22", "BR-KSA-F-06-C34"], found)?;
    Some(ItemCharge { amount, code, reason })
}

/// The charges of the whole document.
pub(super) fn charges(fields: &Fields<'_>, found: &mut Findings) -> Vec<DocumentCharge> {
    let items = fields.list("charges", limits::CHARGES, found).unwrap_or_default().iter().enumerate();
    items.filter_map(|(at, json)| charge(json, format!("charges[{at}]"), found)).collect()
}

fn charge(json: &Json, path: String, found: &mut Findings) -> Option<DocumentCharge> {
    let fields = Fields::open(json, path, CHARGE, found)?;
    let stated = stated(&fields, ["BR-KSA-19", "BR-KSA-21", "BR-KSA-F-06-C33"], found);
    let vat = fields.required("vat", found).and_then(|json| vat::vat(json, fields.path("vat"), found));
    let (amount, code, reason) = stated?;
    Some(DocumentCharge { amount, code, reason, vat: vat? })
}

/// Amount, code and reason; `rules` are those of a missing code, a missing
/// reason and a reason of a wrong length.
fn stated(
    fields: &Fields<'_>,
    rules: [&'static str; 3],
    found: &mut Findings,
) -> Option<(Halalas, &'static str, String)> {
    let [no_code, no_reason, length] = rules;
    let amount =
        fields.required("amount", found).and_then(|_| fields.amount("amount", limits::AMOUNT, found));
    if amount.is_some_and(Halalas::is_zero) {
        let problem = DocumentProblem::AmountNotPositive { rule: "TILLD-CHARGE-ZERO" };
        found.push(Finding::at(fields.path("amount"), problem.into()));
    }
    fields.needed("code", no_code, found);
    fields.needed("reason", no_reason, found);
    let code = fields.text("code", 1..=limits::REFERENCE, found).and_then(|text| {
        let code = codes::find(codes::CHARGES, &text);
        if code.is_none() {
            let problem = DocumentProblem::ChargeCode { found: shown(&text) };
            found.push(Finding::at(fields.path("code"), problem.into()));
        }
        code
    });
    let reason = fields.text_under("reason", 1..=limits::NAME, length, found);
    Some((amount?, code?, reason?))
}

/// Less than one of the currency, above or below zero; zero if absent.
pub(super) fn rounding(fields: &Fields<'_>, found: &mut Findings) -> Halalas {
    let Some(json) = fields.get("rounding") else { return Halalas::ZERO };
    let (Json::Number(digits) | Json::Text(digits)) = json else {
        let problem = Problem::WrongType { expected: JsonType::NumberLike("-0.05"), found: json.kind() };
        found.push(Finding::at(fields.path("rounding"), problem));
        return Halalas::ZERO;
    };
    let amount = Halalas::parse(digits).ok().filter(|amount| (-99..=99).contains(&amount.get()));
    if amount.is_none() {
        let problem = DocumentProblem::Rounding { found: shown(digits) };
        found.push(Finding::at(fields.path("rounding"), problem.into()));
    }
    amount.unwrap_or_default()
}

/// How the customer paid.
pub(in crate::invoice) fn tenders(fields: &Fields<'_>, found: &mut Findings) -> Vec<Tender> {
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
