//! Rules on each line: what must be there, lengths, decimals, allowances and
//! charges of the line.

use super::super::facts::{AllowanceCharge, Facts, Line, Number, Text};
use super::super::{Form, Term, Violations, Wrong, digits};
use super::{indicates, is_filled, is_vat, lacking, longer, two_decimals};

/// `at` is the line's place in the document, if it is a line of the document.
struct Report<'o> {
    at: Option<usize>,
    out: &'o mut Violations,
}

impl Report<'_> {
    fn add(&mut self, rule: &'static str, term: Term, wrong: Wrong) {
        match self.at {
            Some(at) => self.out.add_at(rule, term, at, wrong),
            None => self.out.add(rule, term, wrong),
        }
    }

    fn add_found(&mut self, found: Option<(&'static str, Term, Wrong)>) {
        if let Some((rule, term, wrong)) = found {
            self.add(rule, term, wrong);
        }
    }

    fn limit(&mut self, rule: &'static str, term: Term, text: &Text<'_>) {
        if let Some(found) = text.as_deref().and_then(|text| longer(text, 127)) {
            self.add(rule, term, Wrong::Length { found, least: 0, most: 127 });
        }
    }
}

pub(super) fn run(facts: &Facts<'_>, both: bool, out: &mut Violations) {
    for (index, line) in facts.lines.iter().enumerate() {
        // An empty template of the stylesheet shadows the rules on allowances of a
        // document's own lines (BR-41, BR-DEC-24, BR-DEC-25): nothing fires there.
        one(line, both, &mut Report { at: Some(index + 1), out });
    }
    for line in &facts.elsewhere.lines {
        one(line, true, &mut Report { at: None, out });
    }
    for (name, value) in &facts.elsewhere.properties {
        property(name, value, &mut Report { at: None, out });
    }
}

fn one(line: &Line<'_>, allowances: bool, report: &mut Report<'_>) {
    number(line, report);
    item(line, report);
    quantity(line, report);
    for (name, value) in &line.properties {
        property(name, value, report);
    }
    for reduction in &line.allowance_charges {
        if indicates(&reduction.indicator, true) {
            charge(reduction, report);
        } else if allowances && indicates(&reduction.indicator, false) {
            allowance(reduction, report);
        }
    }
}

fn number(line: &Line<'_>, report: &mut Report<'_>) {
    if !is_filled(&line.id) {
        report.add("BR-21", Term::LineId, lacking(&line.id));
    }
    if let Some(id) = line.id.as_deref() {
        let found = longer(id, 6).or_else(|| id.is_empty().then_some(0));
        if let Some(found) = found {
            report.add("BR-KSA-F-06-C17", Term::LineId, Wrong::Length { found, least: 1, most: 6 });
        }
    }
}

fn item(line: &Line<'_>, report: &mut Report<'_>) {
    if !is_filled(&line.name) {
        report.add("BR-25", Term::ItemName, lacking(&line.name));
    }
    if let Some(name) = line.name.as_deref() {
        let short = || Some(name.chars().take(3).count()).filter(|count| *count < 3);
        if let Some(found) = longer(name, 1000).or_else(short) {
            report.add("BR-KSA-F-06-C19", Term::ItemName, Wrong::Length { found, least: 3, most: 1000 });
        }
        if digits::is_digits(name) {
            report.add(
                "BR-KSA-F-C-01",
                Term::ItemName,
                Wrong::Form { found: name.to_owned(), form: Form::Words },
            );
        }
    }
    report.limit("BR-KSA-F-06-C30", Term::BuyersItemId, &line.buyers_id);
    report.limit("BR-KSA-F-06-C31", Term::SellersItemId, &line.sellers_id);
    report.limit("BR-KSA-F-06-C20", Term::StandardItemId, &line.standard_id);
    if !line.categories.iter().any(|category| is_vat(category) && category.id.is_some()) {
        report.add("BR-CO-04", Term::LineCategory, Wrong::Missing);
    }
}

fn quantity(line: &Line<'_>, report: &mut Report<'_>) {
    match &line.quantity {
        None => report.add("BR-22", Term::Quantity, Wrong::Missing),
        Some(Number::Value(zero)) if zero.mantissa() == 0 && zero.scale() == 0 => {
            report.add("BR-22", Term::Quantity, Wrong::NotPositive { found: "0".to_owned() });
        }
        Some(_) => {}
    }
    report.limit("BR-KSA-F-06-C18", Term::Unit, &line.unit);
    if line.net.is_none() {
        report.add("BR-24", Term::LineNet, Wrong::Missing);
    }
    report.add_found(two_decimals("BR-DEC-23", Term::LineNet, &line.net));
    if line.price.as_ref().is_none_or(|price| price.amount.is_none()) {
        report.add("BR-26", Term::Price, Wrong::Missing);
    }
}

fn property(name: &Text<'_>, value: &Text<'_>, report: &mut Report<'_>) {
    if name.is_none() || value.is_none() {
        report.add("BR-54", Term::ItemProperty, Wrong::Missing);
    }
}

fn allowance(one: &AllowanceCharge<'_>, report: &mut Report<'_>) {
    if one.amount.is_none() {
        report.add("BR-41", Term::LineAllowance, Wrong::Missing);
    }
    report.add_found(two_decimals("BR-DEC-24", Term::LineAllowance, &one.amount));
    report.add_found(two_decimals("BR-DEC-25", Term::LineAllowanceBase, &one.base));
}

fn charge(one: &AllowanceCharge<'_>, report: &mut Report<'_>) {
    if one.amount.is_none() {
        report.add("BR-43", Term::LineCharge, Wrong::Missing);
    }
    report.add_found(two_decimals("BR-DEC-27", Term::LineCharge, &one.amount));
    report.add_found(two_decimals("BR-DEC-28", Term::LineChargeBase, &one.base));
}
