//! Rules on allowances and charges of the document, and on the VAT categories
//! of allowances and charges wherever they stand.

use super::super::facts::{AllowanceCharge, Facts, TaxCategory};
use super::super::{Term, Violations, Wrong};
use super::{Category, indicates, is_filled, is_vat, two_decimals, value};

pub(super) fn run(facts: &Facts<'_>, out: &mut Violations) {
    for (index, one) in facts.allowance_charges.iter().enumerate() {
        if indicates(&one.indicator, true) {
            charge(one, index + 1, out);
        } else if indicates(&one.indicator, false) {
            allowance(one, index + 1, out);
        }
        rates(one, Some(index + 1), out);
    }
    zero_rated_charges(facts, out);
    for line in facts.lines.iter().chain(&facts.elsewhere.lines) {
        let in_price = line.price.iter().flat_map(|price| &price.allowance_charges);
        for one in line.allowance_charges.iter().chain(in_price) {
            rates(one, None, out);
        }
    }
    for one in &facts.elsewhere.allowance_charges {
        rates(one, None, out);
    }
}

fn allowance(one: &AllowanceCharge<'_>, at: usize, out: &mut Violations) {
    if one.amount.is_none() {
        out.add_at("BR-31", Term::Allowance, at, Wrong::Missing);
    }
    if !one.categories.iter().any(|category| is_vat(category) && is_filled(&category.id)) {
        out.add_at("BR-32", Term::AllowanceCategory, at, Wrong::Missing);
    }
    let decimals = [
        two_decimals("BR-DEC-01", Term::Allowance, &one.amount),
        two_decimals("BR-DEC-02", Term::AllowanceBase, &one.base),
    ];
    for (rule, term, wrong) in decimals.into_iter().flatten() {
        out.add_at(rule, term, at, wrong);
    }
}

fn charge(one: &AllowanceCharge<'_>, at: usize, out: &mut Violations) {
    if one.amount.is_none() {
        out.add_at("BR-36", Term::Charge, at, Wrong::Missing);
    }
    if !one.categories.iter().any(|category| category.id.is_some()) {
        out.add_at("BR-37", Term::ChargeCategory, at, Wrong::Missing);
    }
    let decimals = [
        two_decimals("BR-DEC-05", Term::Charge, &one.amount),
        two_decimals("BR-DEC-06", Term::ChargeBase, &one.base),
    ];
    for (rule, term, wrong) in decimals.into_iter().flatten() {
        out.add_at(rule, term, at, wrong);
    }
}

/// Rates of the categories of one allowance or charge, at any place.
fn rates(one: &AllowanceCharge<'_>, at: Option<usize>, out: &mut Violations) {
    let charge = indicates(&one.indicator, true);
    if !charge && !indicates(&one.indicator, false) {
        return;
    }
    for category in &one.categories {
        let Some((rule, wrong)) = rate(category, charge) else { continue };
        let term = if charge { Term::ChargeRate } else { Term::AllowanceRate };
        match at {
            Some(at) => out.add_at(rule, term, at, wrong),
            None => out.add(rule, term, wrong),
        }
    }
}

fn rate(category: &TaxCategory<'_>, charge: bool) -> Option<(&'static str, Wrong)> {
    match (Category::of_vat(category)?, charge) {
        (Category::S, false) => Some(("BR-S-06", not_above_zero(category)?)),
        (Category::S, true) => Some(("BR-S-07", not_above_zero(category)?)),
        (Category::Z, false) => Some(("BR-Z-06", not_zero(category)?)),
        (Category::E, false) => Some(("BR-E-06", not_zero(category)?)),
        _ => None,
    }
}

/// What is wrong with a rate that must be above zero.
pub(super) fn not_above_zero(category: &TaxCategory<'_>) -> Option<Wrong> {
    match value(&category.percent) {
        None => Some(Wrong::Missing),
        Some(rate) => (rate.mantissa() <= 0).then(|| Wrong::NotPositive { found: rate.to_string() }),
    }
}

/// What is wrong with a rate that must be zero.
pub(super) fn not_zero(category: &TaxCategory<'_>) -> Option<Wrong> {
    match value(&category.percent) {
        None => Some(Wrong::Missing),
        Some(rate) => (rate.mantissa() != 0).then(|| Wrong::NotZero { found: rate.to_string() }),
    }
}

/// BR-Z-07 and BR-E-07: where a charge is of the category, some allowance or
/// charge of the document, whichever, must have the rate zero.
fn zero_rated_charges(facts: &Facts<'_>, out: &mut Violations) {
    let all = || facts.allowance_charges.iter().flat_map(|one| &one.categories);
    if all().any(|category| value(&category.percent).is_some_and(|rate| rate.mantissa() == 0)) {
        return;
    }
    for (rule, wanted) in [("BR-Z-07", Category::Z), ("BR-E-07", Category::E)] {
        let is_such = |one: &AllowanceCharge<'_>| {
            indicates(&one.indicator, true)
                && one.categories.iter().any(|c| Category::of_vat(c) == Some(wanted))
        };
        if let Some(at) = facts.allowance_charges.iter().position(is_such) {
            let found =
                facts.allowance_charges.get(at).and_then(|one| one.categories.iter().find_map(not_zero));
            out.add_at(rule, Term::ChargeRate, at + 1, found.unwrap_or(Wrong::Missing));
        }
    }
}
