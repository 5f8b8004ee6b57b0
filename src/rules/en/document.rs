//! Rules on the head of a document: number, dates, type, currencies, the
//! parties, references, means of payment.

use super::super::facts::{Facts, Party, TaxTotal, Text};
use super::super::{Because, Term, Violations, Wrong, codes, digits};
use super::{is_filled, lacking, longer};

pub(super) fn run(facts: &Facts<'_>, both: bool, out: &mut Violations) {
    head(facts, out);
    currencies(facts, both, out);
    seller(facts, out);
    buyer(facts, both, out);
    references(facts, out);
    payment(facts, out);
    countries(facts, out);
}

fn head(facts: &Facts<'_>, out: &mut Violations) {
    require("BR-02", Term::Number, &facts.number, out);
    if let Some(found) = facts.number.as_deref().and_then(|text| longer(text, 127)) {
        out.add("BR-KSA-F-06-C1", Term::Number, Wrong::Length { found, least: 1, most: 127 });
    }
    if let Some(found) = facts.notes.iter().find_map(|note| longer(note, 1000)) {
        out.add("BR-KSA-F-06-C2", Term::Note, Wrong::Length { found, least: 0, most: 1000 });
    }
    require("BR-03", Term::IssueDate, &facts.issue_date, out);
    require("BR-04", Term::TypeCode, &facts.type_code, out);
    if let Some(code) = facts.type_code.as_deref().filter(|code| !codes::is_invoice_type(code)) {
        out.add("BR-CL-01", Term::TypeCode, not_listed(code, "UNTDID 1001"));
    }
    if facts.lines.is_empty() {
        out.add("BR-16", Term::Lines, Wrong::Missing);
    }
}

fn currencies(facts: &Facts<'_>, both: bool, out: &mut Violations) {
    require("BR-05", Term::Currency, &facts.currency, out);
    for (rule, term, code) in
        [("BR-CL-04", Term::Currency, &facts.currency), ("BR-CL-05", Term::TaxCurrency, &facts.tax_currency)]
    {
        if let Some(code) = code.as_deref().filter(|code| !codes::is_currency(code)) {
            out.add(rule, term, not_listed(code, "ISO 4217"));
        }
    }
    if let Some(wrong) = facts.tax_currency.as_deref().and_then(|code| accounting_total(facts, code, both)) {
        out.add("BR-53", Term::TaxTotalAccounting, wrong);
    }
}

/// BR-53: each VAT total without a breakdown is in the VAT currency; in the
/// former edition there must also be one.
fn accounting_total(facts: &Facts<'_>, code: &str, both: bool) -> Option<Wrong> {
    let plain = || facts.tax_totals.iter().filter(|total| total.subtotals.is_empty());
    let currency = |total: &TaxTotal<'_>| {
        total.tax.as_ref().and_then(|tax| tax.currency.as_deref()).map(|currency| currency == code)
    };
    if let Some(other) = plain().find(|total| currency(total) == Some(false)) {
        let found = other.tax.as_ref().and_then(|tax| tax.currency.as_deref()).unwrap_or_default();
        return Some(Wrong::Differs {
            found: found.to_owned(),
            other: Term::TaxCurrency,
            expected: code.to_owned(),
        });
    }
    let unsaid = plain().any(|total| total.tax.is_none());
    let absent = both && !facts.tax_totals.iter().any(|total| currency(total) == Some(true));
    (unsaid || absent).then_some(Wrong::Missing)
}

fn seller(facts: &Facts<'_>, out: &mut Violations) {
    let seller = facts.seller.as_ref();
    let name = seller.and_then(|seller| seller.names.iter().flatten().next());
    match name.map(|name| &**name) {
        None => out.add("BR-06", Term::SellerName, Wrong::Missing),
        Some("") => {
            out.add("BR-06", Term::SellerName, Wrong::Empty);
            out.add("BR-KSA-F-06-C10", Term::SellerName, Wrong::Length { found: 0, least: 1, most: 1000 });
        }
        Some(name) => {
            if let Some(found) = longer(name, 1000) {
                out.add("BR-KSA-F-06-C10", Term::SellerName, Wrong::Length { found, least: 1, most: 1000 });
            }
        }
    }
    match seller.and_then(|seller| seller.address.as_ref()) {
        None => out.add("BR-08", Term::SellerAddress, Wrong::Missing),
        Some(address) => require("BR-09", Term::SellerCountry, &address.country, out),
    }
    province("BR-KSA-F-06-C8", Term::SellerProvince, seller, out);
}

fn buyer(facts: &Facts<'_>, both: bool, out: &mut Violations) {
    let buyer = facts.buyer.as_ref();
    province("BR-KSA-F-06-C27", Term::BuyerProvince, buyer, out);
    let standard =
        facts.type_name.as_deref().is_some_and(|name| name.starts_with("01") && digits::has_kind(name, "01"));
    if both && standard {
        former_address(buyer, out);
    }
}

/// BR-10, of the former edition: the whole address of the buyer, foreign ones too.
fn former_address(buyer: Option<&Party<'_>>, out: &mut Violations) {
    let missing = Wrong::MissingBecause { because: Because::StandardInvoice };
    let Some(address) = buyer.and_then(|buyer| buyer.address.as_ref()) else {
        return out.add("BR-10", Term::BuyerAddress, missing);
    };
    for (term, text) in [
        (Term::BuyerStreet, &address.street),
        (Term::BuyerCity, &address.city),
        (Term::BuyerPostalCode, &address.postal_code),
        (Term::BuyerCountry, &address.country),
    ] {
        if !is_filled(text) {
            out.add("BR-10", term, missing.clone());
        }
    }
}

fn province(rule: &'static str, term: Term, party: Option<&Party<'_>>, out: &mut Violations) {
    let province =
        party.and_then(|party| party.address.as_ref()).and_then(|address| address.province.as_deref());
    if let Some(found) = province.and_then(|text| longer(text, 127)) {
        out.add(rule, term, Wrong::Length { found, least: 0, most: 127 });
    }
}

fn references(facts: &Facts<'_>, out: &mut Violations) {
    for (index, reference) in facts.references.iter().enumerate() {
        if !is_filled(&reference.id) {
            out.add_at("BR-52", Term::ReferenceId, index + 1, lacking(&reference.id));
        }
    }
    for reference in facts.elsewhere.references.iter().filter(|one| !is_filled(&one.id)) {
        out.add("BR-52", Term::ReferenceId, lacking(&reference.id));
    }
    for (index, original) in facts.billing_references.iter().enumerate() {
        if !is_filled(&original.number) {
            out.add_at("BR-55", Term::Original, index + 1, lacking(&original.number));
        }
    }
    for original in facts.elsewhere.billing_references.iter().filter(|one| !is_filled(&one.number)) {
        out.add("BR-55", Term::Original, lacking(&original.number));
    }
}

fn payment(facts: &Facts<'_>, out: &mut Violations) {
    let elsewhere = facts.elsewhere.payment_means.iter().map(|means| (None, means));
    let own = facts.payment_means.iter().enumerate().map(|(index, means)| (Some(index + 1), means));
    for (at, means) in own.chain(elsewhere) {
        let (rule, wrong) = match means.code.as_deref() {
            None if is_standard(facts) => {
                ("BR-49", Wrong::MissingBecause { because: Because::StandardInvoice })
            }
            Some(code) if !codes::is_payment_means(code) => ("BR-CL-16", not_listed(code, "UNTDID 4461")),
            _ => continue,
        };
        match at {
            Some(at) => out.add_at(rule, Term::PaymentCode, at, wrong),
            None => out.add(rule, Term::PaymentCode, wrong),
        }
    }
}

/// Whether any attribute `name` of the document says so.
fn is_standard(facts: &Facts<'_>) -> bool {
    let names = facts.type_name.iter().chain(&facts.elsewhere.names);
    names.into_iter().any(|name| digits::has_kind(name, "01"))
}

fn countries(facts: &Facts<'_>, out: &mut Violations) {
    for (term, party) in [(Term::SellerCountry, &facts.seller), (Term::BuyerCountry, &facts.buyer)] {
        let country =
            party.as_ref().and_then(|party| party.address.as_ref()).and_then(|one| one.country.as_deref());
        if let Some(code) = country.filter(|code| !codes::is_country(code)) {
            out.add("BR-CL-14", term, not_listed(code, "ISO 3166-1"));
        }
    }
    for code in facts.elsewhere.countries.iter().filter(|code| !codes::is_country(code)) {
        out.add("BR-CL-14", Term::Country, not_listed(code, "ISO 3166-1"));
    }
}

fn require(rule: &'static str, term: Term, text: &Text<'_>, out: &mut Violations) {
    if !is_filled(text) {
        out.add(rule, term, lacking(text));
    }
}

fn not_listed(code: &str, list: &'static str) -> Wrong {
    Wrong::Code { found: code.to_owned(), list }
}
