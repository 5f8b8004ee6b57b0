//! BR-CL-03: the currency of every amount, wherever it stands.

use super::super::facts::{AllowanceCharge, Amount, Facts, Line, TaxTotal};
use super::super::{Term, Violations, Wrong, codes};

/// The amounts of other places that the rule knows; `RoundingAmount` is none of them.
const NAMES: [&str; 13] = [
    "AllowanceTotalAmount",
    "Amount",
    "BaseAmount",
    "ChargeTotalAmount",
    "LineExtensionAmount",
    "PayableAmount",
    "PayableRoundingAmount",
    "PrepaidAmount",
    "PriceAmount",
    "TaxAmount",
    "TaxExclusiveAmount",
    "TaxInclusiveAmount",
    "TaxableAmount",
];

pub(super) fn run(facts: &Facts<'_>, out: &mut Violations) {
    let mut judge = |at: Option<usize>, amount: &Option<Amount<'_>>| {
        let currency = amount.as_ref().and_then(|amount| amount.currency.as_deref());
        if let Some(code) = currency.filter(|code| !code.is_empty() && !codes::is_currency(code)) {
            let wrong = Wrong::Code { found: code.to_owned(), list: "ISO 4217" };
            match at {
                Some(at) => out.add_at("BR-CL-03", Term::AmountCurrency, at, wrong),
                None => out.add("BR-CL-03", Term::AmountCurrency, wrong),
            }
        }
    };
    facts.allowance_charges.iter().for_each(|one| reduction(one, &mut |amount| judge(None, amount)));
    facts.tax_totals.iter().for_each(|one| tax_total(one, &mut |amount| judge(None, amount)));
    if let Some(totals) = &facts.totals {
        for amount in [
            &totals.line_net,
            &totals.tax_exclusive,
            &totals.tax_inclusive,
            &totals.allowances,
            &totals.charges,
            &totals.prepaid,
            &totals.rounding,
            &totals.payable,
        ] {
            judge(None, amount);
        }
    }
    for (index, one) in facts.lines.iter().enumerate() {
        line(one, &mut |amount| judge(Some(index + 1), amount));
    }
    elsewhere(facts, out);
}

fn elsewhere(facts: &Facts<'_>, out: &mut Violations) {
    let mut judge = |amount: &Option<Amount<'_>>| {
        let currency = amount.as_ref().and_then(|amount| amount.currency.as_deref());
        if let Some(code) = currency.filter(|code| !code.is_empty() && !codes::is_currency(code)) {
            let wrong = Wrong::Code { found: code.to_owned(), list: "ISO 4217" };
            out.add("BR-CL-03", Term::AmountCurrency, wrong);
        }
    };
    facts.elsewhere.lines.iter().for_each(|one| line(one, &mut judge));
    facts.elsewhere.allowance_charges.iter().for_each(|one| reduction(one, &mut judge));
    for (name, amount) in &facts.elsewhere.amounts {
        if NAMES.contains(&&**name)
            && let Some(code) = amount.currency.as_deref()
            && !code.is_empty()
            && !codes::is_currency(code)
        {
            let wrong = Wrong::Code { found: code.to_owned(), list: "ISO 4217" };
            out.add("BR-CL-03", Term::AmountCurrency, wrong);
        }
    }
}

type Judge<'j> = dyn FnMut(&Option<Amount<'_>>) + 'j;

fn line(line: &Line<'_>, judge: &mut Judge<'_>) {
    judge(&line.net);
    line.allowance_charges.iter().for_each(|one| reduction(one, judge));
    line.tax_totals.iter().for_each(|one| tax_total(one, judge));
    if let Some(price) = &line.price {
        judge(&price.amount);
        price.allowance_charges.iter().for_each(|one| reduction(one, judge));
    }
}

fn reduction(one: &AllowanceCharge<'_>, judge: &mut Judge<'_>) {
    judge(&one.amount);
    judge(&one.base);
}

fn tax_total(total: &TaxTotal<'_>, judge: &mut Judge<'_>) {
    judge(&total.tax);
    for subtotal in &total.subtotals {
        judge(&subtotal.taxable);
        judge(&subtotal.tax);
    }
}
