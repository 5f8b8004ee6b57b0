//! Advances that an invoice settles: the lines that name them, and their VAT.

use super::super::arithmetic::{add, mul};
use super::super::facts::{Line, PrepaymentReference, Subtotal, TaxCategory};
use super::super::forms::{is_blank, time, trim, written};
use super::super::term::Term;
use super::super::violation::{Because, Form, How, Violations, Wrong};
use super::exact::{Printed, is_nothing, is_zero, printed, round, value};
use super::{Judged, allowances, breakdown, is_category, is_untaxed, is_vat};
use crate::money::Decimal;

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    let paid = facts.totals.as_ref().and_then(|totals| value(totals.prepaid.as_ref()));
    prepaid_sum(judged, paid, out);
    let settles = paid.is_some_and(|paid| paid.mantissa() > 0);
    let named = facts.lines.iter().any(|line| !line.references.is_empty());
    let standard = has_standard(judged);
    for (at, line) in (1..).zip(&facts.lines) {
        for reference in &line.references {
            if let Some(clock) = reference.time.as_deref().filter(|clock| time(clock).is_none()) {
                let wrong = Wrong::Form { found: clock.to_owned(), form: Form::Time };
                out.add_at("BR-KSA-F-05", Term::PrepaymentTime, at, wrong);
            }
            if settles {
                settled(line, reference, at, out);
            }
        }
        if settles && !named {
            let wrong = Wrong::MissingBecause { because: Because::Prepaid };
            out.add_at("BR-KSA-73", Term::PrepaymentNumber, at, wrong);
        }
        for subtotal in line.tax_totals.iter().flat_map(|total| &total.subtotals) {
            advance(subtotal, settles, standard, at, out);
        }
    }
}

/// Every subtotal of a line.
fn subtotals<'f>(judged: &Judged<'f>) -> impl Iterator<Item = &'f Subtotal<'f>> + Clone {
    let totals = judged.facts.lines.iter().flat_map(|line| &line.tax_totals);
    totals.flat_map(|total| &total.subtotals)
}

/// Whether the category S under VAT stands anywhere; only then the rules on
/// exemptions of advances are run.
pub(super) fn has_standard(judged: &Judged<'_>) -> bool {
    let facts = judged.facts;
    if subtotals(judged).next().is_none() {
        return false;
    }
    let is_standard = |category: &TaxCategory<'_>| is_category(category, "S") && is_vat(category);
    let breakdown = facts.tax_totals.iter().flat_map(|total| &total.subtotals).chain(subtotals(judged));
    let reductions = facts.allowance_charges.iter().chain(&facts.elsewhere.allowance_charges);
    let line_reductions = facts.lines.iter().flat_map(|line| &line.allowance_charges);
    breakdown.filter_map(|subtotal| subtotal.category.as_ref()).any(is_standard)
        || facts.lines.iter().flat_map(|line| &line.categories).any(is_standard)
        || reductions.chain(line_reductions).flat_map(|entry| &entry.categories).any(is_standard)
}

/// BR-KSA-80: what was paid in advance is the sum of the advances with VAT.
fn prepaid_sum(judged: &Judged<'_>, paid: Option<Decimal>, out: &mut Violations) {
    let prepaid = paid.unwrap_or(Decimal::new(0, 0));
    let (mut taxable, mut tax) = (Some(Decimal::new(0, 0)), Some(Decimal::new(0, 0)));
    let mut some = false;
    for subtotal in subtotals(judged) {
        for (sum, amount) in [(&mut taxable, &subtotal.taxable), (&mut tax, &subtotal.tax)] {
            if let Some(amount) = value(amount.as_ref()) {
                some = true;
                *sum = sum.and_then(|sum| add(sum, amount));
            }
        }
    }
    let total = taxable.zip(tax).and_then(|(taxable, tax)| add(taxable, tax));
    let references = judged.facts.lines.iter().flat_map(|line| &line.references);
    let mut types = references.filter_map(|reference| reference.type_code.as_deref());
    let positive = |sum: Option<Decimal>| sum.is_some_and(|sum| sum.mantissa() > 0);
    let unpaid = prepaid.mantissa() == 0 && some;
    let mistyped =
        prepaid.mantissa() != 0 && positive(taxable) && positive(tax) && types.any(|code| code != "386");
    let differs = total.and_then(Printed::number) != Printed::number(prepaid);
    if unpaid || mistyped || differs {
        let expected = total.unwrap_or(prepaid);
        let wrong = Wrong::Sum { found: prepaid, expected, how: How::PrepaymentSum };
        out.add("BR-KSA-80", Term::Prepaid, wrong);
    }
}

/// A line that names an advance: BR-KSA-73, BR-KSA-74, BR-KSA-75, BR-KSA-82.
fn settled(line: &Line<'_>, reference: &PrepaymentReference<'_>, at: usize, out: &mut Violations) {
    let because = Because::Prepaid;
    match reference.type_code.as_deref().filter(|code| *code != "386") {
        Some(code) if trim(code) != "386" => {
            let wrong = Wrong::NotFixed { found: code.to_owned(), expected: "386".to_owned() };
            out.add_at("BR-KSA-74", Term::PrepaymentType, at, wrong);
        }
        Some(_) => {}
        None => empty_line(line, at, out),
    }
    let parts = [
        (Term::PrepaymentNumber, &reference.number),
        (Term::PrepaymentDate, &reference.date),
        (Term::PrepaymentTime, &reference.time),
        (Term::PrepaymentType, &reference.type_code),
    ];
    if let Some((term, _)) = parts.iter().find(|(_, part)| part.is_none()) {
        out.add_at("BR-KSA-73", *term, at, Wrong::MissingBecause { because });
    }
    let subtotals = || line.tax_totals.iter().flat_map(|total| &total.subtotals);
    let categories = || subtotals().filter_map(|subtotal| subtotal.category.as_ref());
    let parts = [
        (Term::PrepaymentTax, subtotals().any(|subtotal| subtotal.tax.is_some())),
        (Term::PrepaymentTaxable, subtotals().any(|subtotal| subtotal.taxable.is_some())),
        (Term::PrepaymentRate, categories().any(|category| category.percent.is_some())),
        (Term::PrepaymentCategory, categories().any(|category| category.id.is_some())),
    ];
    if let Some((term, _)) = parts.iter().find(|(_, written)| !written) {
        out.add_at("BR-KSA-75", *term, at, Wrong::MissingBecause { because });
    }
}

/// BR-KSA-82: the line itself moves no money.
fn empty_line(line: &Line<'_>, at: usize, out: &mut Violations) {
    let zero_tax = line.tax_totals.iter().any(|total| is_nothing(total.tax.as_ref()));
    let zero_gross = line.tax_totals.iter().any(|total| is_nothing(total.rounding.as_ref()));
    let price = line.price.as_ref().and_then(|price| price.amount.as_ref());
    let reductions = &line.allowance_charges;
    let zero_reduction = reductions.iter().any(|entry| is_nothing(entry.amount.as_ref()));
    let amounts = is_nothing(line.net.as_ref()) && zero_tax && zero_gross && is_nothing(price);
    if !amounts || (!reductions.is_empty() && !zero_reduction) {
        let found = line.net.as_ref().map_or(String::new(), |net| net.number.text().into_owned());
        out.add_at("BR-KSA-82", Term::PrepaymentLine, at, Wrong::NotZero { found });
    }
}

/// The VAT of an advance: BR-KSA-76 to BR-KSA-79, BR-KSA-84, BR-KSA-DEC-06, and its exemption.
fn advance(subtotal: &Subtotal<'_>, settles: bool, standard: bool, at: usize, out: &mut Violations) {
    let none = TaxCategory::default();
    let category = subtotal.category.as_ref().unwrap_or(&none);
    breakdown::known(category, Term::PrepaymentCategory, Some(at), out);
    breakdown::standard_rate(category, Term::PrepaymentRate, Some(at), out);
    allowances::rate(category, Term::PrepaymentRate, Some(at), out);
    if standard && is_untaxed(category) && is_vat(category) {
        breakdown::prepaid_exemption(category, out);
    }
    advance_tax(subtotal, category, at, out);
    if !settles {
        return;
    }
    let decimals = [&subtotal.taxable, &subtotal.tax];
    let found = decimals.map(|amount| amount.as_ref().map_or(0, |amount| amount.number.decimals()));
    if let Some(found) = found.into_iter().find(|found| *found > 2) {
        out.add_at("BR-KSA-DEC-06", Term::PrepaymentTaxable, at, Wrong::Decimals { found, most: 2 });
    }
    let rule = match trim(written(&category.id)) {
        "Z" => "BR-KSA-76",
        "E" => "BR-KSA-77",
        "O" => "BR-KSA-78",
        _ => return,
    };
    let percent = category.percent.as_ref();
    if is_vat(category) && !is_zero(percent) {
        let found = percent.map_or(String::new(), |percent| percent.text().into_owned());
        out.add_at(rule, Term::PrepaymentRate, at, Wrong::NotZero { found });
    }
}

/// BR-KSA-79: exact where nothing is taxed, within a hundredth elsewhere.
fn advance_tax(subtotal: &Subtotal<'_>, category: &TaxCategory<'_>, at: usize, out: &mut Violations) {
    let percent = category.percent.as_ref();
    let no_percent = percent.is_none_or(|percent| percent.value().is_none() && is_blank(&percent.text()));
    let exact = !is_category(category, "S")
        && ((is_category(category, "O") && percent.is_none())
            || matches!(trim(written(&category.id)), "E" | "Z")
            || no_percent);
    let rate = percent.and_then(|percent| percent.value());
    let product = value(subtotal.taxable.as_ref()).zip(rate).and_then(|(taxable, rate)| mul(taxable, rate));
    let found = printed(subtotal.tax.as_ref());
    let (right, expected) = if exact {
        let expected =
            product.and_then(|product| round(Decimal::new(product.mantissa(), product.scale() + 2)));
        (found == Some(Printed::of(0)) && found == expected.map(Printed::of), expected)
    } else {
        // The rule adds a hundredth of a hundredth before it rounds.
        let product = product.filter(|_| is_vat(category));
        let expected = product
            .and_then(|product| {
                add(Decimal::new(product.mantissa(), product.scale() + 2), Decimal::new(1, 4))
            })
            .and_then(round);
        let negative = product.is_some_and(|product| product.mantissa() < 0);
        let near = |e: i128| [Printed::of(e - 1), Printed::signed(e, negative), Printed::of(e + 1)];
        (expected.is_some_and(|e| near(e).iter().any(|e| found == Some(*e))), expected)
    };
    if !right {
        let values = value(subtotal.tax.as_ref()).zip(expected);
        let wrong = values.map_or(Wrong::Missing, |(found, expected)| Wrong::Sum {
            found,
            expected: Decimal::new(expected, 2),
            how: How::TaxableTimesRate,
        });
        out.add_at("BR-KSA-79", Term::PrepaymentTax, at, wrong);
    }
}
