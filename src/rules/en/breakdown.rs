//! Rules on the VAT totals and the breakdown: presence, decimals, and the tax
//! of each group.

use super::super::arithmetic::{equal, round, sum};
use super::super::facts::{Facts, Subtotal, TaxTotal};
use super::super::{How, Term, Violations, Wrong};
use super::{Category, amount, double, is_vat, two_decimals, uncountable, value};

pub(super) fn run(facts: &Facts<'_>, both: bool, out: &mut Violations) {
    if facts.tax_totals.iter().all(|total| total.subtotals.is_empty()) {
        out.add("BR-CO-18", Term::Subtotals, Wrong::Missing);
    }
    // The former edition grants a hundredth whatever the number of lines.
    let all = facts.lines.len() + facts.elsewhere.lines.len();
    let tolerance = if both { all.min(1) } else { all };
    for (index, total) in facts.tax_totals.iter().enumerate() {
        total_of_groups(total, index + 1, out);
        total_decimals(facts, total, out);
        for (index, subtotal) in total.subtotals.iter().enumerate() {
            group(subtotal, index + 1, out);
            tax(subtotal, index + 1, tolerance, out);
        }
    }
}

/// BR-CO-14.
fn total_of_groups(total: &TaxTotal<'_>, at: usize, out: &mut Violations) {
    if total.subtotals.is_empty() {
        return;
    }
    let Some(found) = amount(&total.tax) else {
        return out.add_at("BR-CO-14", Term::TaxTotal, at, Wrong::Missing);
    };
    match sum(total.subtotals.iter().filter_map(|one| amount(&one.tax))).map(|sum| round(sum, 2)) {
        None => uncountable(Term::TaxTotal, "BR-CO-14", out),
        Some(expected) if equal(found, expected) => {}
        Some(expected) => {
            out.add_at(
                "BR-CO-14",
                Term::TaxTotal,
                at,
                Wrong::Sum { found, expected, how: How::SumOfSubtotals },
            );
        }
    }
}

/// BR-DEC-13 and BR-DEC-15, by the currency of the total.
fn total_decimals(facts: &Facts<'_>, total: &TaxTotal<'_>, out: &mut Violations) {
    let Some(currency) = total.tax.as_ref().and_then(|tax| tax.currency.as_deref()) else { return };
    for (rule, term, wanted) in [
        ("BR-DEC-13", Term::TaxTotal, &facts.currency),
        ("BR-DEC-15", Term::TaxTotalAccounting, &facts.tax_currency),
    ] {
        if wanted.as_deref() == Some(currency)
            && let Some((rule, term, wrong)) = two_decimals(rule, term, &total.tax)
        {
            out.add(rule, term, wrong);
        }
    }
}

fn group(subtotal: &Subtotal<'_>, at: usize, out: &mut Violations) {
    if subtotal.taxable.is_none() {
        out.add_at("BR-45", Term::SubtotalTaxable, at, Wrong::Missing);
    }
    if subtotal.tax.is_none() {
        out.add_at("BR-46", Term::SubtotalTax, at, Wrong::Missing);
    }
    let category = subtotal.category.as_ref().filter(|category| is_vat(category));
    if category.is_none_or(|category| category.id.is_none()) {
        out.add_at("BR-47", Term::SubtotalCategory, at, Wrong::Missing);
    }
    let rated =
        category.is_some_and(|one| one.percent.is_some() || Category::of(&one.id) == Some(Category::O));
    if !rated {
        out.add_at("BR-48", Term::SubtotalRate, at, Wrong::Missing);
    }
    let decimals = [
        two_decimals("BR-DEC-19", Term::SubtotalTaxable, &subtotal.taxable),
        two_decimals("BR-DEC-20", Term::SubtotalTax, &subtotal.tax),
    ];
    for (rule, term, wrong) in decimals.into_iter().flatten() {
        out.add_at(rule, term, at, wrong);
    }
}

/// BR-CO-17, and BR-S-09 for standard rates: the tax is taxable amount times
/// rate, give or take a hundredth for each line. Both also fire without a rate.
fn tax(subtotal: &Subtotal<'_>, at: usize, lines: usize, out: &mut Violations) {
    let category = subtotal.category.as_ref().filter(|category| is_vat(category));
    let rate = category.and_then(|category| value(&category.percent));
    let wrong = match (amount(&subtotal.taxable), rate, amount(&subtotal.tax)) {
        (Some(taxable), Some(rate), Some(tax)) => match double::tax(taxable, rate) {
            None => return uncountable(Term::SubtotalTax, "BR-CO-17", out),
            Some(expected) if double::is_near(tax, expected, lines) => return,
            Some(expected) => {
                (Term::SubtotalTax, Wrong::Sum { found: tax, expected, how: How::TaxableTimesRate })
            }
        },
        (None, ..) => (Term::SubtotalTaxable, Wrong::Missing),
        (_, None, _) => (Term::SubtotalRate, Wrong::Missing),
        (.., None) => (Term::SubtotalTax, Wrong::Missing),
    };
    if category.and_then(Category::of_vat) == Some(Category::S) {
        out.add_at("BR-S-09", wrong.0, at, wrong.1.clone());
    }
    out.add_at("BR-CO-17", wrong.0, at, wrong.1);
}
