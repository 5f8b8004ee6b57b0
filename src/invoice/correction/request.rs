//! Reads a correction as it is asked for. Every finding is reported at once;
//! what the customer's receipt fixes is refused with the reason why.

use super::{Changes, CorrectionDraft, LineChange, Rejected, Remedy};
use crate::invoice::fields::{Fields, Findings, join};
use crate::invoice::json::Json;
use crate::invoice::request::{buyer, item_name, originals, sale, supply, unit_code};
use crate::invoice::returns::{ListedReason, Reason, line_number, number, uuid};
use crate::invoice::{Finding, limits};
use crate::text::{Problem, StoredProblem};

const CORRECTION: &[&str] = &["rejected", "changes", "sale"];
const REJECTED: &[&str] = &["uuid", "number"];
const CHANGES: &[&str] =
    &["buyer", "supply", "originals", "reason", "note", "order_reference", "contract_reference", "lines"];
const LINE: &[&str] = &["line", "name", "unit", "vat", "barcode", "article"];
const VAT: &[&str] = &["reason_code", "reason"];

/// Fields of a sale that a correction by changes never touches.
const FIXED: &[&str] = &["discount", "charges", "prepayments", "rounding", "tenders", "currency"];
const FIXED_LINE: &[&str] = &["quantity", "shelf_price", "net_price", "discount", "charge"];
const FIXED_VAT: &[&str] = &["category", "rate"];

/// Reads the JSON body of a correction. Fails with every finding in it.
pub fn read_correction(body: &[u8]) -> Result<CorrectionDraft, Vec<Finding>> {
    let json = Json::parse(body).map_err(|what| vec![Finding::at("", Problem::NotJson { what })])?;
    let mut found = Findings::new();
    match correction(&json, &mut found) {
        Some(draft) if found.is_empty() => Ok(draft),
        _ => Err(found),
    }
}

fn correction(json: &Json, found: &mut Findings) -> Option<CorrectionDraft> {
    let fields = Fields::open(json, String::new(), CORRECTION, found)?;
    let rejected = fields.required("rejected", found).and_then(|json| rejected(json, found));
    let changed = fields.get("changes").map(|json| below("changes", found, |found| changes(json, found)));
    let sold = fields.get("sale").map(|json| below("sale", found, |found| sale(json, found)));
    let remedy = match (changed, sold) {
        (Some(_), Some(_)) => {
            found.push(Finding::at("sale", StoredProblem::SaleAndChanges.into()));
            return None;
        }
        (changed, None) => Remedy::Changes(Box::new(changed.unwrap_or_else(|| Some(Changes::default()))?)),
        (None, Some(draft)) => Remedy::Sale(Box::new(draft?)),
    };
    Some(CorrectionDraft { rejected: rejected?, remedy })
}

/// Puts the key before the fields of all findings that `read` adds.
fn below<T>(key: &str, found: &mut Findings, read: impl FnOnce(&mut Findings) -> T) -> T {
    let mut own = Findings::new();
    let result = read(&mut own);
    own.iter_mut().for_each(|finding| {
        finding.field = if finding.field.is_empty() { key.to_owned() } else { join(key, &finding.field) };
    });
    found.append(&mut own);
    result
}

fn rejected(json: &Json, found: &mut Findings) -> Option<Rejected> {
    let fields = Fields::open(json, "rejected".to_owned(), REJECTED, found)?;
    match (fields.get("uuid"), fields.get("number")) {
        (Some(_), None) => uuid(&fields, found).map(Rejected::Uuid),
        (None, Some(_)) => number(&fields, found).map(Rejected::Number),
        _ => {
            found.push(Finding::at("rejected", StoredProblem::OneRejected { accepted: REJECTED }.into()));
            None
        }
    }
}

fn changes(json: &Json, found: &mut Findings) -> Option<Changes> {
    let json = without(json, FIXED, "", found);
    let fields = Fields::open(&json, String::new(), CHANGES, found)?;
    let items = fields.list("lines", limits::LINES, found).unwrap_or_default().iter().enumerate();
    let lines = items.filter_map(|(at, json)| line(json, format!("lines[{at}]"), found)).collect();
    Some(Changes {
        buyer: fields.get("buyer").and_then(|json| buyer(json, found)),
        supply: fields.get("supply").and_then(|json| supply(json, found)),
        originals: originals(&fields, found),
        reason: fields.text_under("reason", 1..=limits::NAME, "BR-KSA-F-06-C13", found).map(reason),
        note: fields.text_under("note", 1..=limits::NAME, "BR-KSA-F-06-C2", found),
        order_reference: fields.text_under("order_reference", 1..=127, "BR-KSA-F-06-C3", found),
        contract_reference: fields.text_under("contract_reference", 1..=127, "BR-KSA-F-06-C5", found),
        lines,
    })
}

/// A code of the list becomes its words.
fn reason(text: String) -> String {
    ListedReason::from_code(&text).map_or(text, |listed| Reason::Listed(listed).text())
}

fn line(json: &Json, path: String, found: &mut Findings) -> Option<LineChange> {
    let json = without(json, FIXED_LINE, &path, found);
    let fields = Fields::open(&json, path, LINE, found)?;
    let line = fields.required("line", found).and_then(|_| line_number(&fields, found));
    let name = fields.get("name").and_then(|json| item_name(json, fields.path("name"), found));
    let unit = fields.get("unit").and_then(|json| unit_code(json, fields.path("unit"), found));
    let (reason_code, reason) =
        fields.get("vat").and_then(|json| vat(json, fields.path("vat"), found)).unwrap_or_default();
    let barcode = fields.text_under("barcode", 1..=limits::REFERENCE, "BR-KSA-F-06-C20", found);
    let article = fields.text_under("article", 1..=limits::REFERENCE, "BR-KSA-F-06-C31", found);
    Some(LineChange { line: line?, name, unit, reason_code, reason, barcode, article })
}

/// Code and words of the reason; whether they fit the category is seen with the document.
fn vat(json: &Json, path: String, found: &mut Findings) -> Option<(Option<String>, Option<String>)> {
    let json = without(json, FIXED_VAT, &path, found);
    let fields = Fields::open(&json, path, VAT, found)?;
    let code = fields.text("reason_code", 1..=limits::REFERENCE, found);
    let reason = fields.text_under("reason", 1..=limits::NAME, "BR-KSA-F-06-C16", found);
    Some((code, reason))
}

/// The object without the keys that never change, each of them a finding.
fn without(json: &Json, fixed: &[&str], path: &str, found: &mut Findings) -> Json {
    let Json::Object(entries) = json else { return json.clone() };
    let (kept, refused): (Vec<_>, Vec<_>) =
        entries.iter().cloned().partition(|(key, _)| !fixed.contains(&key.as_str()));
    // A key that comes many times over is told once.
    let named = fixed.iter().filter(|key| refused.iter().any(|(name, _)| name == **key));
    found.extend(named.map(|key| Finding::at(join(path, key), StoredProblem::FixedAmounts.into())));
    Json::Object(kept)
}
