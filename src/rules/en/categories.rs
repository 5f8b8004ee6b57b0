//! Rules that tie the VAT categories of lines, allowances and charges to the
//! breakdown: codes, rates, and what each category's taxable amount adds up to.

use super::super::arithmetic::{equal, sum};
use super::super::facts::{Facts, Subtotal, TaxCategory, TaxTotal, Text};
use super::super::{Because, How, Term, Violations, Wrong, codes};
use super::reductions::{not_above_zero, not_zero};
use super::{Category, Sums, amount, uncountable};

pub(super) fn run(facts: &Facts<'_>, sums: &Sums, out: &mut Violations) {
    listed(facts, out);
    line_rates(facts, out);
    for category in Category::ALL {
        broken_down(facts, sums, category, out);
    }
    for total in &facts.tax_totals {
        for (index, subtotal) in total.subtotals.iter().enumerate() {
            let Some(category) = subtotal.category.as_ref().and_then(Category::of_vat) else { continue };
            taxable(total, subtotal, category, index + 1, sums, out);
            no_tax(subtotal, category, index + 1, out);
            if category == Category::S {
                no_exemption(facts, subtotal, index + 1, out);
            }
        }
    }
}

/// BR-CL-18, in the document's and its lines' breakdowns, allowances and items.
fn listed(facts: &Facts<'_>, out: &mut Violations) {
    let mut judge = |term: Term, at: usize, id: &Text<'_>| {
        if let Some(code) = id.as_deref().filter(|code| !codes::is_category(code)) {
            out.add_at("BR-CL-18", term, at, Wrong::Code { found: code.to_owned(), list: "UNTDID 5305" });
        }
    };
    let subtotals = facts.tax_totals.iter().flat_map(|total| total.subtotals.iter().enumerate());
    for (index, subtotal) in subtotals {
        if let Some(category) = &subtotal.category {
            judge(Term::SubtotalCategory, index + 1, &category.id);
        }
    }
    for (index, one) in facts.allowance_charges.iter().enumerate() {
        one.categories.iter().for_each(|category| judge(Term::AllowanceCategory, index + 1, &category.id));
    }
    for (index, line) in facts.lines.iter().enumerate() {
        line.categories.iter().for_each(|category| judge(Term::LineCategory, index + 1, &category.id));
        let subtotals = line.tax_totals.iter().flat_map(|total| &total.subtotals);
        for category in subtotals.filter_map(|subtotal| subtotal.category.as_ref()) {
            judge(Term::PrepaymentCategory, index + 1, &category.id);
        }
    }
}

fn line_rates(facts: &Facts<'_>, out: &mut Violations) {
    for (index, line) in facts.lines.iter().enumerate() {
        for category in &line.categories {
            if let Some((rule, wrong)) = line_rate(category) {
                out.add_at(rule, Term::LineRate, index + 1, wrong);
            }
        }
    }
    for category in facts.elsewhere.lines.iter().flat_map(|line| &line.categories) {
        if let Some((rule, wrong)) = line_rate(category) {
            out.add(rule, Term::LineRate, wrong);
        }
    }
}

fn line_rate(category: &TaxCategory<'_>) -> Option<(&'static str, Wrong)> {
    match Category::of_vat(category)? {
        Category::S => Some(("BR-S-05", not_above_zero(category)?)),
        Category::Z => Some(("BR-Z-05", not_zero(category)?)),
        Category::E => Some(("BR-E-05", not_zero(category)?)),
        Category::O => None,
    }
}

/// BR-S-01 and the like: a category that is used stands in the breakdown.
fn broken_down(facts: &Facts<'_>, sums: &Sums, category: Category, out: &mut Violations) {
    if !sums.used_anywhere[category as usize] {
        return;
    }
    let subtotals = facts.tax_totals.iter().flat_map(|total| &total.subtotals);
    let mut found = subtotals.filter_map(|subtotal| subtotal.category.as_ref());
    if !found.any(|one| Category::of_vat(one) == Some(category)) {
        let rule = match category {
            Category::S => "BR-S-01",
            Category::Z => "BR-Z-01",
            Category::E => "BR-E-01",
            Category::O => "BR-O-01",
        };
        out.add(rule, Term::Subtotals, Wrong::Missing);
    }
}

/// BR-S-08 and the like: what is taxable in a category, and that it is used at all.
fn taxable(
    total: &TaxTotal<'_>,
    subtotal: &Subtotal<'_>,
    category: Category,
    at: usize,
    sums: &Sums,
    out: &mut Violations,
) {
    let rule = match category {
        Category::S => "BR-S-08",
        Category::Z => "BR-Z-08",
        Category::E => "BR-E-08",
        Category::O => "BR-O-08",
    };
    if !sums.used[category as usize] {
        let wrong = Wrong::Forbidden { because: Because::Unused };
        return out.add_at(rule, Term::SubtotalCategory, at, wrong);
    }
    let Some(expected) = sums.taxable[category as usize] else {
        return uncountable(Term::SubtotalTaxable, rule, out);
    };
    let found = match category {
        // All breakdowns of the standard rates together. The former edition held each
        // of two rates against the lines of both, as a warning; a shop must be able to
        // sell at 15 % and take back at 5 % all the same (invoice-xml.md section 9).
        Category::S => {
            let standard = total.subtotals.iter().filter(|one| {
                one.category.as_ref().and_then(|category| Category::of(&category.id)) == Some(Category::S)
            });
            sum(standard.filter_map(|one| amount(&one.taxable)))
        }
        _ => amount(&subtotal.taxable),
    };
    let wrong = |found| Wrong::Sum { found, expected, how: How::GroupTaxable };
    match found {
        Some(found) if !equal(found, expected) => {
            out.add_at(rule, Term::SubtotalTaxable, at, wrong(found));
        }
        None => out.add_at(rule, Term::SubtotalTaxable, at, Wrong::Missing),
        _ => {}
    }
}

/// BR-Z-09, BR-E-09, BR-O-09: no VAT is charged.
fn no_tax(subtotal: &Subtotal<'_>, category: Category, at: usize, out: &mut Violations) {
    let rule = match category {
        Category::S => return,
        Category::Z => "BR-Z-09",
        Category::E => "BR-E-09",
        Category::O => "BR-O-09",
    };
    match amount(&subtotal.tax) {
        Some(tax) if tax.mantissa() == 0 => {}
        Some(tax) => out.add_at(rule, Term::SubtotalTax, at, Wrong::NotZero { found: tax.to_string() }),
        None => out.add_at(rule, Term::SubtotalTax, at, Wrong::Missing),
    }
}

/// BR-S-10; the rule looks for a breakdown whose code is `S` without blanks.
fn no_exemption(facts: &Facts<'_>, subtotal: &Subtotal<'_>, at: usize, out: &mut Violations) {
    let Some(category) = &subtotal.category else { return };
    let term = match (&category.exemption_code, category.exemption_reasons.first()) {
        (Some(_), _) => Term::ExemptionCode,
        (None, Some(_)) => Term::ExemptionReason,
        (None, None) => return,
    };
    let subtotals = facts.tax_totals.iter().flat_map(|total| &total.subtotals);
    let mut ids = subtotals.filter_map(|one| one.category.as_ref()?.id.as_deref());
    if ids.any(|id| id == "S") {
        out.add_at("BR-S-10", term, at, Wrong::Forbidden { because: Because::StandardRate });
    }
}
