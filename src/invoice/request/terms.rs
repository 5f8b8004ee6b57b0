//! Reads which document it is and what it refers to: kind and flags, supply,
//! currency, originals, advances.

use uuid::Uuid;

use super::amounts::shown;
use super::vat;
use crate::invoice::codes;
use crate::invoice::document::PrepaymentReference;
use crate::invoice::draft::Prepayment;
use crate::invoice::fields::{Fields, Findings, text};
use crate::invoice::finding::Finding;
use crate::invoice::json::Json;
use crate::invoice::kind::{DocumentType, Flags, Kind, Subtype};
use crate::invoice::limits;
use crate::invoice::moment::{is_date, is_time};
use crate::invoice::terms::{BillingReference, Foreign, Supply};
use crate::money::{Decimal, Halalas};
use crate::text::{DocumentProblem, JsonType, Problem};

const DOCUMENTS: &[&str] = &["invoice", "debit_note", "prepayment"];
const SUBTYPES: &[&str] = &["simplified", "standard"];
const SUPPLY: &[&str] = &["date", "until"];
const CURRENCY: &[&str] = &["code", "rate"];
const ORIGINAL: &[&str] = &["number", "date"];
const PREPAYMENT: &[&str] = &["number", "date", "time", "uuid", "vat", "amount"];

/// An ordinary simplified invoice unless the request says otherwise.
pub(super) fn kind(fields: &Fields<'_>, found: &mut Findings) -> Option<Kind> {
    let before = found.len();
    let document = match word(fields, "document", DOCUMENTS, "BR-KSA-05", found) {
        Some("debit_note") => DocumentType::DebitNote,
        Some("prepayment") => DocumentType::Prepayment,
        _ => DocumentType::Invoice,
    };
    let subtype = match word(fields, "subtype", SUBTYPES, "BR-KSA-06", found) {
        Some("standard") => Subtype::Standard,
        _ => Subtype::Simplified,
    };
    let kind = Kind { subtype, document, flags: flags(fields, found) };
    (found.len() == before).then_some(kind)
}

fn word(
    fields: &Fields<'_>,
    key: &'static str,
    accepted: &'static [&'static str],
    rule: &'static str,
    found: &mut Findings,
) -> Option<&'static str> {
    let text = fields.text(key, 1..=limits::REFERENCE, found)?;
    let known = accepted.iter().copied().find(|word| *word == text);
    if known.is_none() {
        found.push(Finding::at(fields.path(key), Problem::NotAccepted { accepted, rule }));
    }
    known
}

fn flags(fields: &Fields<'_>, found: &mut Findings) -> Flags {
    let mut flags = Flags::default();
    let items = fields.list("flags", Flags::WORDS.len(), found).unwrap_or_default();
    for (at, json) in items.iter().enumerate() {
        let path = format!("flags[{at}]");
        let Some(word) = text(json, path.clone(), 1..=limits::REFERENCE, found) else { continue };
        match flags.named(&word) {
            Some(flag) => *flag = true,
            None => {
                let problem = Problem::NotAccepted { accepted: Flags::WORDS, rule: "BR-KSA-06" };
                found.push(Finding::at(path, problem));
            }
        }
    }
    flags
}

/// The period of supply.
pub(in crate::invoice) fn supply(json: &Json, found: &mut Findings) -> Option<Supply> {
    let fields = Fields::open(json, "supply".to_owned(), SUPPLY, found)?;
    // A last day without a first is BR-KSA-35.
    fields.needed("date", "BR-KSA-35", found);
    let (from, until) = (date(&fields, "date", found), date(&fields, "until", found));
    let supply = Supply { from: from?, until };
    if let Some(until) = supply.until.as_ref().filter(|until| **until < supply.from) {
        let problem = DocumentProblem::SupplyOrder { from: supply.from.clone(), until: until.clone() };
        found.push(Finding::at("supply.until", problem.into()));
    }
    Some(supply)
}

fn date(fields: &Fields<'_>, key: &'static str, found: &mut Findings) -> Option<String> {
    let text = fields.text(key, 1..=limits::REFERENCE, found)?;
    if is_date(&text) {
        return Some(text);
    }
    found.push(Finding::at(fields.path(key), DocumentProblem::Date { found: shown(&text) }.into()));
    None
}

/// A currency other than the riyal, and what one of it costs in riyals.
pub(super) fn currency(json: &Json, found: &mut Findings) -> Option<Foreign> {
    let fields = Fields::open(json, "currency".to_owned(), CURRENCY, found)?;
    fields.required("code", found);
    fields.needed("rate", "BR-KSA-87", found);
    let code = fields.text("code", 1..=limits::REFERENCE, found).and_then(|text| {
        let code = codes::find(codes::FOREIGN_CURRENCIES, &text);
        if code.is_none() {
            let problem = DocumentProblem::Currency { found: shown(&text) };
            found.push(Finding::at(fields.path("code"), problem.into()));
        }
        code
    });
    let rate = fields.get("rate").and_then(|json| rate(json, fields.path("rate"), found));
    Some(Foreign { code: code?, rate: rate? })
}

fn rate(json: &Json, path: String, found: &mut Findings) -> Option<Decimal> {
    let (Json::Number(digits) | Json::Text(digits)) = json else {
        let problem = Problem::WrongType { expected: JsonType::NumberLike("3.75"), found: json.kind() };
        found.push(Finding::at(path, problem));
        return None;
    };
    let usable = |rate: &Decimal| {
        let most = Foreign::MOST_RIYALS * 10i128.pow(rate.scale());
        (1..=most).contains(&rate.mantissa()) && rate.to_string().len() <= Foreign::RATE_CHARACTERS
    };
    let rate = Decimal::parse(digits).ok().filter(usable);
    if rate.is_none() {
        found.push(Finding::at(path, DocumentProblem::ExchangeRate { found: shown(digits) }.into()));
    }
    rate
}

/// The documents that a note corrects.
pub(in crate::invoice) fn originals(fields: &Fields<'_>, found: &mut Findings) -> Vec<BillingReference> {
    let items = fields.list("originals", limits::ORIGINALS, found).unwrap_or_default().iter().enumerate();
    items.filter_map(|(at, json)| original(json, format!("originals[{at}]"), found)).collect()
}

fn original(json: &Json, path: String, found: &mut Findings) -> Option<BillingReference> {
    let fields = Fields::open(json, path, ORIGINAL, found)?;
    fields.needed("number", "BR-55", found);
    let number = fields.text_under("number", 1..=5000, "BR-KSA-F-06-C22", found);
    let date = date(&fields, "date", found);
    Some(BillingReference { number: number?, date })
}

/// The advances that an invoice uses up.
pub(super) fn prepayments(fields: &Fields<'_>, found: &mut Findings) -> Vec<Prepayment> {
    let items = fields.list("prepayments", limits::PREPAYMENTS, found).unwrap_or_default().iter().enumerate();
    items.filter_map(|(at, json)| prepayment(json, format!("prepayments[{at}]"), found)).collect()
}

fn prepayment(json: &Json, path: String, found: &mut Findings) -> Option<Prepayment> {
    let fields = Fields::open(json, path, PREPAYMENT, found)?;
    for key in ["number", "date", "time"] {
        fields.needed(key, "BR-KSA-73", found);
    }
    let number = fields.text("number", 1..=limits::REFERENCE, found);
    let date = date(&fields, "date", found);
    let time = time(&fields, found);
    let uuid = uuid(&fields, found);
    let vat = fields.required("vat", found).and_then(|json| vat::vat(json, fields.path("vat"), found));
    let amount =
        fields.required("amount", found).and_then(|_| fields.amount("amount", limits::AMOUNT, found));
    if amount.is_some_and(Halalas::is_zero) {
        let problem = DocumentProblem::AmountNotPositive { rule: "BR-KSA-80" };
        found.push(Finding::at(fields.path("amount"), problem.into()));
    }
    let reference = PrepaymentReference { number: number?, uuid, date: date?, time: time? };
    Some(Prepayment { reference, vat: vat?, amount: amount? })
}

fn time(fields: &Fields<'_>, found: &mut Findings) -> Option<String> {
    let text = fields.text("time", 1..=limits::REFERENCE, found)?;
    if is_time(&text) {
        return Some(text);
    }
    found.push(Finding::at(fields.path("time"), DocumentProblem::Time { found: shown(&text) }.into()));
    None
}

fn uuid(fields: &Fields<'_>, found: &mut Findings) -> Option<Uuid> {
    let text = fields.text("uuid", 1..=limits::REFERENCE, found)?;
    let uuid = Uuid::try_parse(&text).ok();
    if uuid.is_none() {
        found.push(Finding::at(fields.path("uuid"), DocumentProblem::Uuid { found: shown(&text) }.into()));
    }
    uuid
}
