//! What stops the stylesheet as a whole: a text that it must turn into a
//! number, a truth value or a single text, and cannot.

use super::super::facts::{AllowanceCharge, Amount, Facts, Line, Number, TaxCategory};
use super::super::{Form, Term, Violations, Wrong};
use super::{EVALUATION, indicates, is_blank};

/// Whether anything stops the stylesheet; the first such value is reported,
/// and no rule fires besides.
pub(super) fn stops(facts: &Facts<'_>, out: &mut Violations) -> bool {
    let found = facts
        .lines
        .iter()
        .enumerate()
        .find_map(|(index, line)| in_line(line).map(|found| (found, Some(index + 1))))
        .or_else(|| facts.elsewhere.lines.iter().find_map(in_line).map(|found| (found, None)))
        .or_else(|| in_reductions(facts))
        .or_else(|| in_totals(facts).map(|found| (found, None)))
        .or_else(|| in_breakdown(facts).map(|found| (found, None)))
        .or_else(|| names(facts).map(|found| (found, None)));
    match found {
        None => return false,
        Some(((term, wrong), Some(at))) => out.add_at(EVALUATION, term, at, wrong),
        Some(((term, wrong), None)) => out.add(EVALUATION, term, wrong),
    }
    true
}

type Found = (Term, Wrong);

fn not_a_number(term: Term, number: &Number<'_>) -> Option<Found> {
    match number {
        Number::Text(text) => Some((term, Wrong::NotANumber { found: text.clone().into_owned() })),
        Number::Value(_) | Number::Written { .. } => None,
    }
}

fn bad_amount(term: Term, amount: &Option<Amount<'_>>) -> Option<Found> {
    amount.as_ref().and_then(|amount| not_a_number(term, &amount.number))
}

fn bad_rate(term: Term, categories: &[TaxCategory<'_>]) -> Option<Found> {
    categories.iter().find_map(|one| one.percent.as_ref().and_then(|rate| not_a_number(term, rate)))
}

fn bad_indicator(reduction: &AllowanceCharge<'_>) -> Option<Found> {
    let written = reduction.indicator.as_ref()?;
    let known = indicates(&reduction.indicator, true) || indicates(&reduction.indicator, false);
    let wrong = || Wrong::Form { found: written.clone().into_owned(), form: Form::Boolean };
    (!known).then(|| (Term::ChargeIndicator, wrong()))
}

fn in_line(line: &Line<'_>) -> Option<Found> {
    bad_amount(Term::LineNet, &line.net)
        .or_else(|| bad_rate(Term::LineRate, &line.categories))
        .or_else(|| line.allowance_charges.iter().find_map(|one| bad_rate(Term::LineRate, &one.categories)))
}

fn in_reductions(facts: &Facts<'_>) -> Option<(Found, Option<usize>)> {
    facts.allowance_charges.iter().enumerate().find_map(|(index, one)| {
        let charge = indicates(&one.indicator, true);
        let (term, rate) =
            if charge { (Term::Charge, Term::ChargeRate) } else { (Term::Allowance, Term::AllowanceRate) };
        bad_indicator(one)
            .or_else(|| bad_amount(term, &one.amount))
            .or_else(|| bad_rate(rate, &one.categories))
            .map(|found| (found, Some(index + 1)))
    })
}

fn in_totals(facts: &Facts<'_>) -> Option<Found> {
    let totals = facts.totals.as_ref()?;
    // An empty sum of charges has rules of its own (BR-CO-12, BR-CO-13).
    let charges = totals.charges.as_ref().filter(|sum| !is_blank(&sum.number));
    bad_amount(Term::TotalLineNet, &totals.line_net)
        .or_else(|| bad_amount(Term::TotalExclusive, &totals.tax_exclusive))
        .or_else(|| bad_amount(Term::TotalInclusive, &totals.tax_inclusive))
        .or_else(|| bad_amount(Term::TotalAllowances, &totals.allowances))
        .or_else(|| charges.and_then(|sum| not_a_number(Term::TotalCharges, &sum.number)))
        .or_else(|| bad_amount(Term::Prepaid, &totals.prepaid))
        .or_else(|| bad_amount(Term::Rounding, &totals.rounding))
        .or_else(|| bad_amount(Term::Payable, &totals.payable))
}

fn in_breakdown(facts: &Facts<'_>) -> Option<Found> {
    facts.tax_totals.iter().find_map(|total| {
        bad_amount(Term::TaxTotal, &total.tax).or_else(|| {
            total.subtotals.iter().find_map(|one| {
                bad_amount(Term::SubtotalTaxable, &one.taxable)
                    .or_else(|| bad_amount(Term::SubtotalTax, &one.tax))
                    .or_else(|| bad_rate(Term::SubtotalRate, one.category.as_slice()))
            })
        })
    })
}

/// BR-KSA-F-06-C10 measures the seller's name and stops at two of them.
fn names(facts: &Facts<'_>) -> Option<Found> {
    let names = &facts.seller.as_ref()?.names;
    let found = names.iter().flatten().count();
    (found > 1).then_some((Term::SellerName, Wrong::Count { found, expected: "1" }))
}
