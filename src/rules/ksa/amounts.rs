//! Amounts wherever they stand: none below zero, all in the currency of the
//! document.

use super::super::codes::is_currency;
use super::super::facts::{AllowanceCharge, Amount, Number, Subtotal};
use super::super::forms::{trim, written};
use super::super::term::Term;
use super::super::violation::{Violations, Wrong};
use super::currency::not_a_currency;
use super::{Judged, is_category};

/// The names under which BR-KSA-CL-02 looks for amounts in the whole document.
const EVERYWHERE: [&str; 11] = [
    "Amount",
    "BaseAmount",
    "LineExtensionAmount",
    "PriceAmount",
    "TaxExclusiveAmount",
    "TaxInclusiveAmount",
    "AllowanceTotalAmount",
    "ChargeTotalAmount",
    "PrepaidAmount",
    "PayableRoundingAmount",
    "PayableAmount",
];

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let mut judge = Judge { currency: trim(written(&judged.facts.currency)), at: None, out };
    document(judged, &mut judge);
    for (at, line) in (1..).zip(&judged.facts.lines) {
        judge.at = Some(at);
        if let Some(quantity) = &line.quantity {
            judge.sign(Term::Quantity, quantity);
        }
        judge.currency(Term::LineNet, &line.net);
        judge.reductions(Term::LineAllowance, Term::LineAllowanceBase, &line.allowance_charges);
        if let Some(price) = &line.price {
            judge.both(Term::Price, &price.amount);
            judge.reductions(Term::PriceAllowance, Term::PriceAllowance, &price.allowance_charges);
        }
        for total in &line.tax_totals {
            judge.both(Term::LineTax, &total.tax);
            judge.currency(Term::LineGross, &total.rounding);
            for subtotal in &total.subtotals {
                judge.advance(subtotal);
            }
        }
    }
}

/// What is not of a line.
fn document(judged: &Judged<'_>, judge: &mut Judge<'_, '_>) {
    let facts = judged.facts;
    judge.reductions(Term::Allowance, Term::AllowanceBase, &facts.allowance_charges);
    judge.at = None;
    for total in &facts.tax_totals {
        // The total in riyals may be in another currency.
        if let Some(tax) = &total.tax {
            judge.sign(Term::TaxTotal, &tax.number);
        }
        for subtotal in &total.subtotals {
            // What lies outside of VAT may be below zero.
            let outside = subtotal.category.as_ref().is_some_and(|category| is_category(category, "O"));
            match &subtotal.taxable {
                Some(taxable) if !outside => judge.sign(Term::SubtotalTaxable, &taxable.number),
                _ => {}
            }
            judge.currency(Term::SubtotalTaxable, &subtotal.taxable);
            judge.both(Term::SubtotalTax, &subtotal.tax);
        }
    }
    if let Some(totals) = &facts.totals {
        judge.both(Term::TotalLineNet, &totals.line_net);
        judge.both(Term::TotalExclusive, &totals.tax_exclusive);
        judge.both(Term::TotalInclusive, &totals.tax_inclusive);
        judge.both(Term::TotalAllowances, &totals.allowances);
        judge.both(Term::TotalCharges, &totals.charges);
        judge.both(Term::Prepaid, &totals.prepaid);
        judge.currency(Term::Rounding, &totals.rounding);
        judge.code(Term::Rounding, &totals.rounding);
        judge.currency(Term::Payable, &totals.payable);
    }
    if let Some(Number::Value(rate)) =
        facts.exchange_rate.as_ref().map(|rate| Number::read(written(&rate.rate).into()))
        && rate.mantissa() < 0
    {
        judge.out.add("BR-KSA-F-04", Term::ExchangeRate, Wrong::Negative { found: rate.to_string() });
    }
    for (name, amount) in &facts.elsewhere.amounts {
        if EVERYWHERE.contains(&name.as_ref()) {
            judge.money(Term::Amount, amount);
        }
    }
}

/// Judges one amount after another.
struct Judge<'c, 'o> {
    /// The document's currency, blanks around it dropped.
    currency: &'c str,
    /// The line, allowance or charge, from 1.
    at: Option<usize>,
    out: &'o mut Violations,
}

impl Judge<'_, '_> {
    fn add(&mut self, rule: &'static str, term: Term, wrong: Wrong) {
        match self.at {
            Some(at) => self.out.add_at(rule, term, at, wrong),
            None => self.out.add(rule, term, wrong),
        }
    }

    /// BR-KSA-F-04: not below zero. An empty text passes.
    fn sign(&mut self, term: Term, number: &Number<'_>) {
        let right = number.value().map_or_else(
            || number.text().is_empty(),
            |value| value.mantissa() >= 0 && !number.is_below_zero(),
        );
        if !right {
            self.add("BR-KSA-F-04", term, Wrong::Negative { found: number.text().into_owned() });
        }
    }

    /// BR-KSA-CL-02: in the document's currency. As the rule does it, a part of
    /// the code passes.
    fn money(&mut self, term: Term, amount: &Amount<'_>) {
        let found = written(&amount.currency);
        if found.is_empty() || (found != self.currency && !self.currency.contains(found)) {
            let (found, expected) = (found.to_owned(), self.currency.to_owned());
            self.add("BR-KSA-CL-02", term, Wrong::Differs { found, other: Term::Currency, expected });
        }
    }

    fn currency(&mut self, term: Term, amount: &Option<Amount<'_>>) {
        if let Some(amount) = amount {
            self.money(term, amount);
        }
    }

    fn both(&mut self, term: Term, amount: &Option<Amount<'_>>) {
        if let Some(amount) = amount {
            self.sign(term, &amount.number);
            self.money(term, amount);
        }
    }

    /// BR-KSA-CL-01 on the currency of an amount.
    fn code(&mut self, term: Term, amount: &Option<Amount<'_>>) {
        let code = amount.as_ref().and_then(|amount| amount.currency.as_deref());
        if let Some(code) = code.filter(|code| !is_currency(code)) {
            self.add("BR-KSA-CL-01", term, not_a_currency(code));
        }
    }

    /// Discounts and charges; at the document each has its own place.
    fn reductions(&mut self, amount: Term, base: Term, entries: &[AllowanceCharge<'_>]) {
        let line = self.at;
        for (at, entry) in (1..).zip(entries) {
            self.at = line.or(Some(at));
            self.both(amount, &entry.amount);
            self.both(base, &entry.base);
        }
        self.at = line;
    }

    /// What an advance says of its VAT.
    fn advance(&mut self, subtotal: &Subtotal<'_>) {
        for (term, amount) in
            [(Term::PrepaymentTaxable, &subtotal.taxable), (Term::PrepaymentTax, &subtotal.tax)]
        {
            self.both(term, amount);
            self.code(term, amount);
        }
    }
}
