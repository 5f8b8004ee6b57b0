//! Reads a sale as a POS application sends it: an invoice, a debit note or a
//! prepayment, simplified or standard. The shape is documented in README.md;
//! every finding is reported at once, and unknown keys are refused.

mod amounts;
mod buyer;
mod checks;
mod line;
mod terms;
#[cfg(test)]
mod tests;
mod vat;

pub(super) use amounts::{shown, tenders};
pub(super) use buyer::buyer;
pub(super) use checks::check;
pub(super) use line::{item_name, line, unit_code};
pub(super) use terms::{originals, supply};
pub(super) use vat::resolve;

use super::draft::Draft;
use super::fields::{Fields, Findings};
use super::finding::Finding;
use super::json::Json;
use super::limits;
use super::terms::Terms;
use crate::text::Problem;

const SALE: &[&str] = &[
    "document",
    "subtype",
    "flags",
    "reference",
    "lines",
    "discount",
    "charges",
    "prepayments",
    "rounding",
    "tenders",
    "buyer",
    "supply",
    "currency",
    "originals",
    "reason",
    "order_reference",
    "contract_reference",
    "note",
];

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

/// A sale below the request's root; findings name its fields without a prefix.
pub(super) fn sale(json: &Json, found: &mut Findings) -> Option<Draft> {
    let fields = Fields::open(json, String::new(), SALE, found)?;
    let items = fields.required("lines", found).and_then(|_| fields.list("lines", limits::LINES, found));
    if items.is_some_and(<[Json]>::is_empty) {
        found.push(Finding::at("lines", Problem::NoLines));
    }
    let items = items.unwrap_or_default();
    let each = items.iter().enumerate();
    let lines: Vec<_> = each.filter_map(|(at, json)| line(json, format!("lines[{at}]"), found)).collect();
    // A percentage of lines that could not be read has no meaning.
    let basket = (lines.len() == items.len()).then(|| amounts::sum(&lines));
    let kind = terms::kind(&fields, found);
    let draft = Draft {
        lines,
        reference: fields.text("reference", 1..=limits::REFERENCE, found),
        discount: amounts::discount(&fields, basket, "BR-KSA-F-06-C35", found),
        charges: amounts::charges(&fields, found),
        prepayments: terms::prepayments(&fields, found),
        rounding: amounts::rounding(&fields, found),
        tenders: tenders(&fields, found),
        terms: Terms {
            buyer: fields.get("buyer").and_then(|json| buyer(json, found)),
            supply: fields.get("supply").and_then(|json| terms::supply(json, found)),
            billing_references: terms::originals(&fields, found),
            reason: fields.text_under("reason", 1..=limits::NAME, "BR-KSA-F-06-C13", found),
            note: fields.text_under("note", 1..=limits::NAME, "BR-KSA-F-06-C2", found),
            order_reference: fields.text_under("order_reference", 1..=127, "BR-KSA-F-06-C3", found),
            contract_reference: fields.text_under("contract_reference", 1..=127, "BR-KSA-F-06-C5", found),
            currency: fields.get("currency").and_then(|json| terms::currency(json, found)),
        },
        kind: kind?,
    };
    check(&fields, &draft, found);
    Some(draft)
}
