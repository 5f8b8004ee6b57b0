//! Reads the VAT treatment of a line, a charge or an advance.

use crate::invoice::exemptions;
use crate::invoice::fields::{Fields, Findings, decimal, text};
use crate::invoice::finding::Finding;
use crate::invoice::json::Json;
use crate::invoice::limits;
use crate::invoice::tax::{Category, Exemption, Vat};
use crate::money::Rate;
use crate::text::Problem;

const VAT: &[&str] = &["category", "rate", "reason_code", "reason"];
const CATEGORIES: &[&str] = &["S", "Z", "E", "O"];

/// A category code for standard treatment, or an object with rate and reason.
pub(super) fn vat(json: &Json, path: String, found: &mut Findings) -> Option<Vat> {
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

/// 15 % or 5 % for category S, nothing for the others (see [`rate_rule`]).
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
        found.push(Finding::at(path, Problem::NotAccepted { accepted, rule: rate_rule(category) }));
    }
    rate
}

/// The rule on the rate of a line of this category.
const fn rate_rule(category: Category) -> &'static str {
    match category {
        Category::Standard => "BR-KSA-84",
        Category::ZeroRated => "BR-Z-05",
        Category::Exempt => "BR-E-05",
        Category::OutOfScope => "BR-KSA-11",
    }
}

/// Outer `None`: something was wrong. Inner `None`: the category needs no reason.
fn exemption(fields: &Fields<'_>, category: Category, found: &mut Findings) -> Option<Option<Exemption>> {
    let before = found.len();
    let code = fields.text("reason_code", 1..=limits::REFERENCE, found);
    let reason = fields.text_under("reason", 1..=limits::NAME, "BR-KSA-F-06-C16", found);
    if found.len() > before {
        return None;
    }
    let resolved = resolve(category, code, reason);
    resolved.map_err(|(key, problem)| found.push(Finding::at(fields.path(key), problem))).ok()
}

/// The reason that a category states; an error names the key that is wrong.
pub(in crate::invoice) fn resolve(
    category: Category,
    code: Option<String>,
    reason: Option<String>,
) -> Result<Option<Exemption>, (&'static str, Problem)> {
    if category == Category::Standard {
        let given = code.is_some() || reason.is_some();
        return if given { Err(("reason_code", Problem::ReasonForbidden)) } else { Ok(None) };
    }
    let code = match (code, category) {
        (Some(code), _) => code,
        (None, Category::OutOfScope) => "VATEX-SA-OOS".to_owned(),
        (None, _) => return Err(("reason_code", Problem::ReasonMissing { category: category.code() })),
    };
    let Some(known) = exemptions::of(category).find(|known| known.code == code) else {
        let accepted = exemptions::of(category).map(|known| known.code).collect();
        return Err(("reason_code", Problem::ReasonCode { accepted }));
    };
    match reason {
        Some(text) => Ok(Some(Exemption { code: known.code, text })),
        None if known.text.is_empty() => Err(("reason", Problem::ReasonText)),
        None => Ok(Some(Exemption { code: known.code, text: known.text.to_owned() })),
    }
}
