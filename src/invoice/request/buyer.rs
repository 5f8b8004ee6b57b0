//! Reads the buyer: name, VAT number, another identifier, address.

use super::amounts::shown;
use crate::invoice::codes;
use crate::invoice::fields::{Fields, Findings};
use crate::invoice::finding::Finding;
use crate::invoice::json::Json;
use crate::invoice::limits;
use crate::invoice::party::{Address, Buyer, PartyError, PartyId, VatNumber};
use crate::text::{DocumentProblem, Problem};

const BUYER: &[&str] = &["name", "vat_number", "id", "address"];
const ID: &[&str] = &["scheme", "value"];
const ADDRESS: &[&str] = &[
    "street",
    "additional_street",
    "building",
    "additional_number",
    "district",
    "city",
    "postal_code",
    "province",
    "country",
];

/// Every field by itself; what a kind of document demands is checked later.
pub(in crate::invoice) fn buyer(json: &Json, found: &mut Findings) -> Option<Buyer> {
    let fields = Fields::open(json, "buyer".to_owned(), BUYER, found)?;
    let name = fields.text_under("name", 1..=limits::NAME, "BR-KSA-F-06-C32", found);
    let vat = fields.text("vat_number", 1..=limits::REFERENCE, found).and_then(|text| {
        let number = VatNumber::parse(&text);
        number.map_err(|error| found.push(Finding::at("buyer.vat_number", of_buyer(error, &text)))).ok()
    });
    let id = fields.get("id").and_then(|json| id(json, fields.path("id"), found));
    let place = fields.get("address").and_then(|json| address(json, fields.path("address"), found));
    Some(Buyer { name, vat, id, address: place })
}

/// The rules on buyers have other numbers than those on sellers.
fn of_buyer(error: PartyError, sent: &str) -> Problem {
    let found = shown(sent);
    match error {
        PartyError::VatNumber => DocumentProblem::BuyerVatNumber { found }.into(),
        PartyError::IdCharacters => DocumentProblem::BuyerIdCharacters { found }.into(),
        other => other.into(),
    }
}

fn id(json: &Json, path: String, found: &mut Findings) -> Option<PartyId> {
    let fields = Fields::open(json, path.clone(), ID, found)?;
    fields.required("scheme", found);
    fields.required("value", found);
    let scheme = fields.text("scheme", 1..=limits::REFERENCE, found)?;
    let value = fields.text("value", 1..=limits::REFERENCE, found)?;
    PartyId::buyer(&scheme, &value)
        .map_err(|error| found.push(Finding::at(path, of_buyer(error, &value))))
        .ok()
}

/// Absent parts stay empty; an empty element is never written.
fn address(json: &Json, path: String, found: &mut Findings) -> Option<Address> {
    let fields = Fields::open(json, path, ADDRESS, found)?;
    let mut part = |key, most, rule| fields.text_under(key, 1..=most, rule, found);
    let place = Address {
        street: part("street", 1000, "BR-KSA-F-06-C24").unwrap_or_default(),
        additional_street: part("additional_street", 127, "BR-KSA-F-06-C11"),
        building: part("building", 127, "TILLD-LENGTH").unwrap_or_default(),
        additional_number: part("additional_number", 127, "TILLD-LENGTH"),
        district: part("district", 127, "BR-KSA-F-06-C29").unwrap_or_default(),
        city: part("city", 127, "BR-KSA-F-06-C26").unwrap_or_default(),
        postal_code: part("postal_code", 127, "TILLD-LENGTH").unwrap_or_default(),
        province: part("province", 127, "BR-KSA-F-06-C27"),
        country: part("country", 127, "BR-CL-14").unwrap_or_default(),
    };
    if !place.country.is_empty() && codes::find(codes::COUNTRIES, &place.country).is_none() {
        let problem = DocumentProblem::Country { found: shown(&place.country) };
        found.push(Finding::at(fields.path("country"), problem.into()));
    }
    (place != Address::default()).then_some(place)
}
