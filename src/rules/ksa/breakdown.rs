//! The VAT breakdown of the document: totals, categories, rates, and reasons
//! for no VAT.

use super::super::codes::is_exemption;
use super::super::facts::{TaxCategory, TaxTotal};
use super::super::forms::{is_absent, is_blank, length, trim, written};
use super::super::term::Term;
use super::super::violation::{Because, Violations, Wrong};
use super::allowances::rate;
use super::exact::{floor, round, value};
use super::{Judged, is_category, is_untaxed, is_vat};
use crate::money::Decimal;

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    totals(judged, out);
    for total in &facts.tax_totals {
        for category in total.subtotals.iter().filter_map(|subtotal| subtotal.category.as_ref()) {
            known(category, Term::SubtotalCategory, None, out);
            rate(category, Term::SubtotalRate, None, out);
            standard_rate(category, Term::SubtotalRate, None, out);
            if is_untaxed(category) {
                exemption(category, out);
            }
        }
    }
    for (at, entry) in (1..).zip(&facts.allowance_charges) {
        for category in &entry.categories {
            known(category, Term::AllowanceCategory, Some(at), out);
            standard_rate(category, Term::AllowanceRate, Some(at), out);
        }
    }
}

/// BR-KSA-EN16931-08, BR-KSA-EN16931-09, BR-KSA-97.
fn totals(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    let broken_down = || facts.tax_totals.iter().filter(|total| !total.subtotals.is_empty());
    let plain = || facts.tax_totals.iter().filter(|total| total.subtotals.is_empty());
    let found = broken_down().count();
    if found != 1 {
        out.add("BR-KSA-EN16931-08", Term::Subtotals, Wrong::Count { found, expected: "1" });
    }
    let found = plain().count();
    if facts.tax_currency.is_some() && found != 1 {
        out.add("BR-KSA-EN16931-09", Term::TaxTotalAccounting, Wrong::Count { found, expected: "1" });
    }
    let currency = written(&facts.currency);
    if currency.is_empty() || currency == "SAR" {
        return;
    }
    let tax = |total: Option<&TaxTotal<'_>>| value(total?.tax.as_ref()).filter(|tax| tax.mantissa() > 0);
    if let Some((foreign, riyals)) = tax(broken_down().next()).zip(tax(plain().next()))
        && round(foreign).is_some_and(|foreign| round(riyals) == Some(foreign))
    {
        let wrong = Wrong::SameAs { found: riyals.to_string(), other: Term::TaxTotal };
        out.add("BR-KSA-97", Term::TaxTotalAccounting, wrong);
    }
}

/// BR-KSA-18. As the rule does it, any part of the list passes.
pub(super) fn known(category: &TaxCategory<'_>, term: Term, at: Option<usize>, out: &mut Violations) {
    let Some(id) = category.id.as_deref().filter(|id| !" S Z E O ".contains(id)) else { return };
    let wrong = Wrong::Code { found: id.to_owned(), list: "S, Z, E, O" };
    match at {
        Some(at) => out.add_at("BR-KSA-18", term, at, wrong),
        None => out.add("BR-KSA-18", term, wrong),
    }
}

/// BR-KSA-84: from 15 to below 16, or 5.
pub(super) fn standard_rate(category: &TaxCategory<'_>, term: Term, at: Option<usize>, out: &mut Violations) {
    if !is_category(category, "S") || !is_vat(category) {
        return;
    }
    let Some(rate) = category.percent.as_ref() else { return };
    let five = Decimal::new(5, 0);
    let right = |rate: Decimal| floor(rate, 0) == Some(15) || super::super::arithmetic::equal(rate, five);
    if !rate.value().is_some_and(right) {
        let wrong = Wrong::Code { found: rate.text().into_owned(), list: "15, 5" };
        match at {
            Some(at) => out.add_at("BR-KSA-84", term, at, wrong),
            None => out.add("BR-KSA-84", term, wrong),
        }
    }
}

/// What a group without VAT must say: BR-KSA-23, BR-KSA-24, BR-KSA-69,
/// BR-KSA-83, BR-KSA-CL-04, BR-KSA-F-06-C16.
fn exemption(category: &TaxCategory<'_>, out: &mut Violations) {
    let because = Because::NoVatCharged;
    let kind = trim(written(&category.id));
    let code = written(&category.exemption_code);
    if is_blank(code) {
        let rule = match kind {
            "O" => "BR-KSA-24",
            "E" => "BR-KSA-23",
            _ => "BR-KSA-69",
        };
        out.add(rule, Term::ExemptionCode, Wrong::MissingBecause { because });
    } else if !is_exemption(kind, code) {
        let wrong = Wrong::Code { found: code.to_owned(), list: "VATEX-SA" };
        out.add("BR-KSA-CL-04", Term::ExemptionCode, wrong);
    }
    if category.exemption_code.is_some() && category.exemption_reasons.iter().all(|reason| is_blank(reason)) {
        out.add("BR-KSA-83", Term::ExemptionReason, Wrong::MissingBecause { because });
    }
    // The rules for citizens stand before this one and shadow it.
    if matches!(code, "VATEX-SA-EDU" | "VATEX-SA-HEA") {
        return;
    }
    reasons("BR-KSA-F-06-C16", category, out);
}

/// The length of each reason.
fn reasons(rule: &'static str, category: &TaxCategory<'_>, out: &mut Violations) {
    for reason in &category.exemption_reasons {
        let found = length(reason);
        if !(1..=1000).contains(&found) {
            out.add(rule, Term::ExemptionReason, Wrong::Length { found, least: 1, most: 1000 });
        }
    }
}

/// The same of an advance: BR-KSA-93 to BR-KSA-96, BR-KSA-CL-07, BR-KSA-F-06-C39.
pub(super) fn prepaid_exemption(category: &TaxCategory<'_>, out: &mut Violations) {
    let because = Because::NoVatCharged;
    let kind = trim(written(&category.id));
    let code = written(&category.exemption_code);
    if is_absent(&category.exemption_code) {
        let rule = match kind {
            "O" => "BR-KSA-95",
            "E" => "BR-KSA-94",
            _ => "BR-KSA-93",
        };
        out.add(rule, Term::ExemptionCode, Wrong::MissingBecause { because });
    } else if !super::super::codes::is_prepaid_exemption(kind, code) {
        let wrong = Wrong::Code { found: code.to_owned(), list: "VATEX-SA" };
        out.add("BR-KSA-CL-07", Term::ExemptionCode, wrong);
    }
    if category.exemption_code.is_some() && category.exemption_reasons.iter().all(|reason| is_blank(reason)) {
        out.add("BR-KSA-96", Term::ExemptionReason, Wrong::MissingBecause { because });
    }
    reasons("BR-KSA-F-06-C39", category, out);
}
