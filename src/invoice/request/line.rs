//! Reads one item of a sale.

use super::{amounts, vat};
use crate::invoice::draft::{DraftLine, ItemName, UnitPrice};
use crate::invoice::fields::{Fields, Findings, decimal, text};
use crate::invoice::finding::Finding;
use crate::invoice::json::Json;
use crate::invoice::{limits, pricing};
use crate::text::Problem;

const LINE: &[&str] = &[
    "name",
    "quantity",
    "unit",
    "shelf_price",
    "net_price",
    "discount",
    "charge",
    "vat",
    "barcode",
    "article",
];
const NAME: &[&str] = &["ar", "en"];

pub(in crate::invoice) fn line(json: &Json, path: String, found: &mut Findings) -> Option<DraftLine> {
    let fields = Fields::open(json, path, LINE, found)?;
    let name = fields.required("name", found).and_then(|json| item_name(json, fields.path("name"), found));
    let quantity = fields.quantity("quantity", limits::QUANTITY, found);
    let unit = match fields.get("unit") {
        None => Some("PCE".to_owned()),
        Some(json) => unit_code(json, fields.path("unit"), found),
    };
    let price = unit_price(&fields, found);
    let vat = fields.required("vat", found).and_then(|json| vat::vat(json, fields.path("vat"), found));
    let before = price.zip(quantity).map(|(price, quantity)| pricing::undiscounted(price, quantity));
    Some(DraftLine {
        discount: amounts::discount(&fields, before, "BR-KSA-F-06-C36", found),
        charge: amounts::item_charge(&fields, found),
        barcode: fields.text_under("barcode", 1..=limits::REFERENCE, "BR-KSA-F-06-C20", found),
        article: fields.text_under("article", 1..=limits::REFERENCE, "BR-KSA-F-06-C31", found),
        name: name?,
        quantity: quantity?,
        unit: unit?,
        price: price?,
        vat: vat?,
    })
}

/// A text, or an object with `ar`, `en` or both.
pub(in crate::invoice) fn item_name(json: &Json, path: String, found: &mut Findings) -> Option<ItemName> {
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

pub(in crate::invoice) fn unit_code(json: &Json, path: String, found: &mut Findings) -> Option<String> {
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
