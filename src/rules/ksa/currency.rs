//! Currencies of the document, of its VAT and of the exchange rate.

use super::super::codes::is_currency;
use super::super::facts::ExchangeRate;
use super::super::forms::{length, trim, written};
use super::super::term::Term;
use super::super::violation::{Because, Violations, Wrong};
use super::Judged;

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    let code = written(&facts.tax_currency);
    if code.is_empty() {
        out.add("BR-KSA-68", Term::TaxCurrency, Wrong::Missing);
    }
    if facts.tax_currency.is_some() && !trim(code).eq_ignore_ascii_case("SAR") {
        let wrong = Wrong::NotFixed { found: code.to_owned(), expected: "SAR".to_owned() };
        out.add("BR-KSA-EN16931-02", Term::TaxCurrency, wrong);
    }
    if let Some(code) = facts.currency.as_deref().filter(|code| !is_currency(code)) {
        out.add("BR-KSA-CL-01", Term::Currency, not_a_currency(code));
    }
    if let Some(rate) = &facts.exchange_rate {
        exchange(judged, rate, out);
    }
}

/// For BR-KSA-CL-01, which asks for a code of ISO 4217.
pub(super) fn not_a_currency(code: &str) -> Wrong {
    Wrong::Code { found: code.to_owned(), list: "ISO 4217" }
}

/// BR-KSA-87 to BR-KSA-90.
fn exchange(judged: &Judged<'_>, rate: &ExchangeRate<'_>, out: &mut Violations) {
    let (source, target, factor) = (written(&rate.source), written(&rate.target), written(&rate.rate));
    for (term, text) in
        [(Term::ExchangeSource, source), (Term::ExchangeTarget, target), (Term::ExchangeRate, factor)]
    {
        if text.is_empty() {
            let because = Because::ForeignCurrency;
            out.add("BR-KSA-87", term, Wrong::MissingBecause { because });
            break;
        }
    }
    let facts = judged.facts;
    // As the rule does it, a part of the code passes.
    for (rule, term, code, other, of) in [
        ("BR-KSA-88", Term::ExchangeSource, source, Term::Currency, &facts.currency),
        ("BR-KSA-89", Term::ExchangeTarget, target, Term::TaxCurrency, &facts.tax_currency),
    ] {
        let expected = trim(written(of));
        if !code.is_empty() && !expected.contains(code) {
            let wrong = Wrong::Differs { found: code.to_owned(), other, expected: expected.to_owned() };
            out.add(rule, term, wrong);
        }
    }
    let found = length(trim(factor));
    if found > 14 {
        out.add("BR-KSA-90", Term::ExchangeRate, Wrong::Length { found, least: 1, most: 14 });
    }
}
