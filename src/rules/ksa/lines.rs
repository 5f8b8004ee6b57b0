//! The lines: amounts, VAT and price.

use super::super::arithmetic::{add, mul, sub};
use super::super::facts::{Line, Price, TaxTotal};
use super::super::term::Term;
use super::super::violation::{How, Violations, Wrong};
use super::exact::{Printed, divide, floor, printed, round, value};
use super::{Judged, allowances, at_most, breakdown, is_category, is_charge};
use crate::money::Decimal;

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    for (at, line) in (1..).zip(&judged.facts.lines) {
        tax_written(judged, line, at, out);
        for total in &line.tax_totals {
            gross(line, total, at, out);
        }
        for category in &line.categories {
            breakdown::known(category, Term::LineCategory, Some(at), out);
            breakdown::standard_rate(category, Term::LineRate, Some(at), out);
            allowances::rate(category, Term::LineRate, Some(at), out);
            if is_category(category, "O") {
                allowances::no_rate("BR-KSA-11", Term::LineRate, category, at, out);
            }
        }
        allowances::of_line(&line.allowance_charges, at, out);
        net(line, at, out);
        if let Some(price) = &line.price {
            priced(price, at, out);
        }
    }
}

/// BR-KSA-52 and BR-KSA-53 on tax invoices, BR-KSA-54 of edition 3.2.7 on all.
fn tax_written(judged: &Judged<'_>, line: &Line<'_>, at: usize, out: &mut Violations) {
    let asked = judged.standard && (judged.named_standard || judged.named_simplified);
    let filled = |amount: &super::super::facts::Amount<'_>| {
        amount.number.value().is_some() || !amount.number.text().is_empty()
    };
    if !line.tax_totals.iter().any(|total| total.tax.as_ref().is_some_and(filled)) {
        if asked {
            out.add_at("BR-KSA-52", Term::LineTax, at, Wrong::Missing);
        }
        if judged.both {
            out.add_at("BR-KSA-54", Term::LineTax, at, Wrong::Missing);
        }
    }
    if asked && !line.tax_totals.iter().any(|total| total.rounding.as_ref().is_some_and(filled)) {
        out.add_at("BR-KSA-53", Term::LineGross, at, Wrong::Missing);
    }
}

/// BR-KSA-51, BR-KSA-DEC-03, BR-KSA-DEC-04.
fn gross(line: &Line<'_>, total: &TaxTotal<'_>, at: usize, out: &mut Violations) {
    for (rule, term, amount) in
        [("BR-KSA-DEC-03", Term::LineTax, &total.tax), ("BR-KSA-DEC-04", Term::LineGross, &total.rounding)]
    {
        let found = amount.as_ref().map_or(0, |amount| amount.number.decimals());
        if found > 2 {
            out.add_at(rule, term, at, Wrong::Decimals { found, most: 2 });
        }
    }
    let sum = value(total.tax.as_ref()).zip(value(line.net.as_ref()));
    let sum = sum.and_then(|(tax, net)| add(tax, net));
    let expected = sum.and_then(round);
    let negative = sum.is_some_and(|sum| sum.mantissa() < 0);
    let found = printed(total.rounding.as_ref());
    if found.is_none() || found != expected.map(|expected| Printed::signed(expected, negative)) {
        let values = value(total.rounding.as_ref()).zip(expected);
        let wrong = values.map_or(Wrong::Missing, |(found, expected)| Wrong::Sum {
            found,
            expected: Decimal::new(expected, 2),
            how: How::NetPlusTax,
        });
        out.add_at("BR-KSA-51", Term::LineGross, at, wrong);
    }
}

/// BR-KSA-EN16931-11: within a hundredth of quantity times price, less
/// allowances, plus charges.
fn net(line: &Line<'_>, at: usize, out: &mut Violations) {
    let (found, expected) = (value(line.net.as_ref()), expected_net(line));
    // A whole number of hundredths, or else none that is right.
    let hundredths = found.and_then(|found| found.rescale(2).ok());
    let right = hundredths.zip(expected).is_some_and(|(found, expected)| found.abs_diff(expected) <= 1);
    if !right {
        let wrong = found.zip(expected).map_or(Wrong::Missing, |(found, expected)| Wrong::Sum {
            found,
            expected: Decimal::new(expected, 2),
            how: How::QuantityTimesPrice,
        });
        out.add_at("BR-KSA-EN16931-11", Term::LineNet, at, wrong);
    }
}

/// Hundredths that BR-KSA-EN16931-11 expects. The rule cuts the product after
/// three decimals before it adds and rounds.
fn expected_net(line: &Line<'_>) -> Option<i128> {
    let price = line.price.as_ref()?;
    let unit = value(price.amount.as_ref())?;
    let unit = match &price.base_quantity {
        Some(base) => divide(unit, base.value()?)?,
        None => unit,
    };
    let product = mul(line.quantity.as_ref()?.value()?, unit)?;
    let mut sum = Decimal::new(floor(product, 3)?, 3);
    for entry in &line.allowance_charges {
        let Some(amount) = value(entry.amount.as_ref()) else { continue };
        sum = match is_charge(entry) {
            Some(true) => add(sum, amount)?,
            Some(false) => sub(sum, amount)?,
            None => sum,
        };
    }
    round(sum)
}

/// BR-KSA-EN16931-12, BR-KSA-F-06-C21 and what stands inside the price.
fn priced(price: &Price<'_>, at: usize, out: &mut Violations) {
    at_most("BR-KSA-F-06-C21", Term::BaseUnit, &price.base_unit, 127, out);
    if let Some(base) = &price.base_quantity {
        let right = base.value().map_or_else(|| base.text().is_empty(), |base| base.mantissa() > 0);
        if !right {
            let wrong = Wrong::NotPositive { found: base.text().into_owned() };
            out.add_at("BR-KSA-EN16931-12", Term::BaseQuantity, at, wrong);
        }
    }
    allowances::of_price(&price.allowance_charges, value(price.amount.as_ref()), at, out);
}
