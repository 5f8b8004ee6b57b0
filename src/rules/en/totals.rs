//! Rules on the document's totals: presence, decimals, and what each adds up to.

use super::super::arithmetic::{add, equal, round, sub, sum};
use super::super::facts::{Facts, MonetaryTotal};
use super::super::{How, Term, Violations, Wrong};
use super::{Sums, amount, double, is_blank, two_decimals, uncountable};
use crate::money::Decimal;

pub(super) fn run(facts: &Facts<'_>, sums: &Sums, out: &mut Violations) {
    if let Some(totals) = &facts.totals {
        present(totals, out);
        line_net(facts, totals, sums, out);
        allowances(totals, sums, out);
        charges(totals, sums, out);
        exclusive(facts, totals, sums, out);
        payable(totals, out);
        decimals(totals, out);
    }
    inclusive(facts, out);
}

fn present(totals: &MonetaryTotal<'_>, out: &mut Violations) {
    for (rule, term, amount) in [
        ("BR-13", Term::TotalExclusive, &totals.tax_exclusive),
        ("BR-14", Term::TotalInclusive, &totals.tax_inclusive),
        ("BR-15", Term::Payable, &totals.payable),
    ] {
        if amount.is_none() {
            out.add(rule, term, Wrong::Missing);
        }
    }
}

fn decimals(totals: &MonetaryTotal<'_>, out: &mut Violations) {
    let found = [
        two_decimals("BR-DEC-09", Term::TotalLineNet, &totals.line_net),
        two_decimals("BR-DEC-10", Term::TotalAllowances, &totals.allowances),
        two_decimals("BR-DEC-11", Term::TotalCharges, &totals.charges),
        two_decimals("BR-DEC-12", Term::TotalExclusive, &totals.tax_exclusive),
        two_decimals("BR-DEC-14", Term::TotalInclusive, &totals.tax_inclusive),
        two_decimals("BR-DEC-16", Term::Prepaid, &totals.prepaid),
        two_decimals("BR-DEC-17", Term::Rounding, &totals.rounding),
        two_decimals("BR-DEC-18", Term::Payable, &totals.payable),
    ];
    for (rule, term, wrong) in found.into_iter().flatten() {
        out.add(rule, term, wrong);
    }
}

/// Reports unless `found` is `expected`; without a value there is nothing that is right.
fn judge(
    rule: &'static str,
    term: Term,
    how: How,
    found: Option<Decimal>,
    expected: Option<Decimal>,
    out: &mut Violations,
) {
    match (found, expected) {
        (Some(found), Some(expected)) if equal(found, expected) => {}
        (Some(found), Some(expected)) => out.add(rule, term, Wrong::Sum { found, expected, how }),
        (None, _) => out.add(rule, term, Wrong::Missing),
        (Some(_), None) => uncountable(term, rule, out),
    }
}

/// BR-CO-10, over lines at any place.
fn line_net(facts: &Facts<'_>, totals: &MonetaryTotal<'_>, sums: &Sums, out: &mut Violations) {
    let inside = sum(facts.elsewhere.lines.iter().filter_map(|line| amount(&line.net)));
    let all = sums.lines.zip(inside).and_then(|(own, inside)| add(own, inside));
    let expected = all.map(|sum| round(sum, 2));
    judge("BR-CO-10", Term::TotalLineNet, How::SumOfLines, amount(&totals.line_net), expected, out);
}

/// BR-CO-11.
fn allowances(totals: &MonetaryTotal<'_>, sums: &Sums, out: &mut Violations) {
    if totals.allowances.is_some() || sums.has_allowances {
        let expected = sums.allowances.map(|sum| round(sum, 2));
        let found = amount(&totals.allowances);
        judge("BR-CO-11", Term::TotalAllowances, How::SumOfAllowances, found, expected, out);
    }
}

/// BR-CO-12.
fn charges(totals: &MonetaryTotal<'_>, sums: &Sums, out: &mut Violations) {
    match &totals.charges {
        Some(written) if is_blank(&written.number) => out.add("BR-CO-12", Term::TotalCharges, Wrong::Empty),
        None if !sums.has_charges => {}
        written => {
            let expected = sums.charges.map(|sum| round(sum, 2));
            judge("BR-CO-12", Term::TotalCharges, How::SumOfCharges, amount(written), expected, out);
        }
    }
}

/// BR-CO-13.
fn exclusive(facts: &Facts<'_>, totals: &MonetaryTotal<'_>, sums: &Sums, out: &mut Violations) {
    if totals.charges.as_ref().is_some_and(|written| is_blank(&written.number)) {
        return out.add("BR-CO-13", Term::TotalCharges, Wrong::Empty);
    }
    let found = amount(&totals.tax_exclusive);
    if totals.charges.is_none() && totals.allowances.is_none() {
        let expected = amount(&totals.line_net);
        if expected.is_none() && found.is_some() {
            return out.add("BR-CO-13", Term::TotalLineNet, Wrong::Missing);
        }
        return judge("BR-CO-13", Term::TotalExclusive, How::LinesLessAllowances, found, expected, out);
    }
    let nothing = Decimal::new(0, 0);
    let charges = amount(&totals.charges).unwrap_or(nothing);
    let allowances = amount(&totals.allowances).unwrap_or(nothing);
    let expected = sums
        .lines
        .and_then(|lines| sub(add(lines, charges)?, allowances))
        .map(|exact| double::round_with_lines(exact, sums.lines, facts));
    judge("BR-CO-13", Term::TotalExclusive, How::LinesLessAllowances, found, expected, out);
}

/// BR-CO-15: a VAT total in the document's currency, and the total with VAT.
fn inclusive(facts: &Facts<'_>, out: &mut Violations) {
    // Without a currency nothing is asked.
    let Some(currency) = facts.currency.as_deref() else { return };
    let in_currency = facts
        .tax_totals
        .iter()
        .any(|total| total.tax.as_ref().is_some_and(|tax| tax.currency.as_deref() == Some(currency)));
    if !in_currency {
        return out.add("BR-CO-15", Term::TaxTotal, Wrong::Missing);
    }
    let subtotals = facts.tax_totals.iter().flat_map(|total| &total.subtotals);
    let tax = sum(subtotals.filter_map(|subtotal| amount(&subtotal.tax)));
    let totals = facts.totals.as_ref();
    let Some(exclusive) = totals.and_then(|totals| amount(&totals.tax_exclusive)) else {
        return out.add("BR-CO-15", Term::TotalExclusive, Wrong::Missing);
    };
    let expected = tax.and_then(|tax| add(exclusive, tax)).map(|sum| round(sum, 2));
    let found = totals.and_then(|totals| amount(&totals.tax_inclusive));
    judge("BR-CO-15", Term::TotalInclusive, How::ExclusivePlusTax, found, expected, out);
}

/// BR-CO-16. What is absent is not rounded away: with neither advance nor
/// rounding both totals must be the same to the last digit.
fn payable(totals: &MonetaryTotal<'_>, out: &mut Violations) {
    let (inclusive, payable) = (amount(&totals.tax_inclusive), amount(&totals.payable));
    let (Some(inclusive), Some(payable)) = (inclusive, payable) else {
        let term = if payable.is_none() { Term::Payable } else { Term::TotalInclusive };
        return out.add("BR-CO-16", term, Wrong::Missing);
    };
    let nothing = Decimal::new(0, 0);
    let (prepaid, rounding) = (amount(&totals.prepaid), amount(&totals.rounding));
    let less = |from: Decimal, part: Option<Decimal>| match part {
        Some(part) => sub(from, part).map(|rest| round(rest, 2)),
        None => Some(from),
    };
    let (Some(due), Some(asked)) = (less(inclusive, prepaid), less(payable, rounding)) else {
        return uncountable(Term::Payable, "BR-CO-16", out);
    };
    if !equal(due, asked) {
        let expected = add(due, rounding.unwrap_or(nothing)).unwrap_or(due);
        let how = How::InclusiveLessPrepaid;
        out.add("BR-CO-16", Term::Payable, Wrong::Sum { found: payable, expected, how });
    }
}
