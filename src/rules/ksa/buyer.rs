//! The buyer: name, identifiers, VAT number, address, contact.

use super::super::facts::{Address, Contact, Facts, Party, PartyId, Text};
use super::super::forms::{
    is_absent, is_alphanumeric, is_blank, is_digits, is_telephone, is_ten_digits_from, is_vat_number, length,
    trim, written,
};
use super::super::term::Term;
use super::super::violation::{Because, Form, Violations, Wrong};
use super::{Judged, at_most, identifiers, one_to};

const SCHEMES: &str = "TIN NAT IQA PAS CRN MOM MLS 700 SAG GCC OTH";

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let none = Party::default();
    let buyer = judged.facts.buyer.as_ref().unwrap_or(&none);
    name(judged, buyer, out);
    for id in &buyer.ids {
        other_id(judged, id, out);
    }
    identifiers::party(buyer, &identifiers::BUYER, out);
    vat_number(judged, buyer, out);
    citizens(judged, buyer, out);
    let nowhere = Address::default();
    place(judged, buyer.address.as_ref().unwrap_or(&nowhere), out);
    if let Some(address) = &buyer.address {
        saudi(judged, address, out);
    }
    if let Some(contact) = &buyer.contact {
        reached(contact, out);
    }
}

/// BR-KSA-42, BR-KSA-71, BR-KSA-F-06-C12, BR-KSA-F-06-C32.
fn name(judged: &Judged<'_>, buyer: &Party<'_>, out: &mut Violations) {
    let name = buyer.names.first().unwrap_or(&None);
    if buyer.written && judged.standard && buyer.names.iter().all(|name| written(name).is_empty()) {
        let because = Because::Standard;
        out.add("BR-KSA-42", Term::BuyerName, Wrong::MissingBecause { because });
    }
    if judged.named_simplified && judged.summary && is_absent(name) {
        out.add("BR-KSA-71", Term::BuyerName, Wrong::MissingBecause { because: Because::Summary });
    }
    if !judged.named_standard && !judged.named_simplified {
        return;
    }
    if judged.standard {
        one_to("BR-KSA-F-06-C12", Term::BuyerName, name, 1000, out);
    }
    if judged.is_simplified_type() {
        optional(judged, "BR-KSA-F-06-C32", Term::BuyerName, name, out);
    }
}

/// At most 1000 characters; edition 3.2.7 wants no empty element either.
fn optional(judged: &Judged<'_>, rule: &'static str, term: Term, text: &Text<'_>, out: &mut Violations) {
    if judged.both {
        one_to(rule, term, text, 1000, out);
    } else {
        at_most(rule, term, text, 1000, out);
    }
}

/// BR-KSA-14, BR-KSA-F-07, BR-KSA-F-10, BR-KSA-F-11.
fn other_id(judged: &Judged<'_>, id: &PartyId<'_>, out: &mut Violations) {
    let scheme = trim(written(&id.scheme));
    // As the rule does it, a part of the list passes.
    if length(scheme) <= 2 || !SCHEMES.contains(scheme) {
        let wrong = Wrong::Code { found: scheme.to_owned(), list: SCHEMES };
        out.add("BR-KSA-14", Term::BuyerIdScheme, wrong);
    } else if judged.both && !is_alphanumeric(&id.value) {
        let wrong = Wrong::Form { found: id.value.to_string(), form: Form::Alphanumeric };
        out.add("BR-KSA-14", Term::BuyerId, wrong);
    }
    let (rule, first) = match scheme {
        "TIN" => ("BR-KSA-F-07", '3'),
        "NAT" => ("BR-KSA-F-10", '1'),
        "IQA" => ("BR-KSA-F-11", '2'),
        _ => return,
    };
    if !is_ten_digits_from(&id.value, first) {
        let wrong = Wrong::Form { found: id.value.to_string(), form: Form::TenDigitsFrom(first) };
        out.add(rule, Term::BuyerId, wrong);
    }
}

/// BR-KSA-44, BR-KSA-46, BR-KSA-81, BR-KSA-99.
fn vat_number(judged: &Judged<'_>, buyer: &Party<'_>, out: &mut Violations) {
    let mut numbers = buyer.tax_schemes.iter().filter_map(|scheme| scheme.vat_number.as_deref());
    let Some(number) = numbers.next() else {
        let id = buyer.ids.first().map_or("", |id| &id.value);
        if buyer.written && judged.standard && is_blank(id) {
            let because = Because::NoVatNumber;
            out.add("BR-KSA-81", Term::BuyerId, Wrong::MissingBecause { because });
        }
        return;
    };
    if judged.standard && is_blank(number) {
        out.add("BR-KSA-99", Term::BuyerVat, Wrong::Empty);
    }
    if !number.is_empty() && !is_vat_number(number) {
        let wrong = Wrong::Form { found: number.to_owned(), form: Form::VatNumber };
        out.add("BR-KSA-44", Term::BuyerVat, wrong);
    }
    if judged.both && judged.is_export() {
        out.add("BR-KSA-46", Term::BuyerVat, Wrong::Forbidden { because: Because::Export });
    }
}

/// The exemption codes of every VAT breakdown, also of lines.
fn exemption_codes<'f>(facts: &'f Facts<'f>) -> impl Iterator<Item = &'f str> + Clone {
    let totals = facts.tax_totals.iter().chain(facts.lines.iter().flat_map(|line| &line.tax_totals));
    let categories =
        totals.flat_map(|total| &total.subtotals).filter_map(|subtotal| subtotal.category.as_ref());
    categories.filter_map(|category| category.exemption_code.as_deref())
}

/// BR-KSA-25 and BR-KSA-49: what is asked of a citizen who is taught or treated.
fn citizens(judged: &Judged<'_>, buyer: &Party<'_>, out: &mut Violations) {
    let mut codes = exemption_codes(judged.facts).peekable();
    if codes.peek().is_none() {
        return;
    }
    let because = Because::Citizen;
    let named = buyer.names.iter().any(|name| !written(name).is_empty());
    // As the rule does it, any part of the two codes counts as one of them.
    let only_citizens = codes.clone().all(|code| " VATEX-SA-HEA VATEX-SA-EDU ".contains(code));
    if judged.named_simplified && only_citizens && !named {
        out.add("BR-KSA-25", Term::BuyerName, Wrong::MissingBecause { because });
    }
    let citizen = codes.any(|code| matches!(code, "VATEX-SA-EDU" | "VATEX-SA-HEA"));
    if citizen && !buyer.ids.iter().any(|id| written(&id.scheme) == "NAT") {
        out.add("BR-KSA-49", Term::BuyerId, Wrong::MissingBecause { because });
    }
}

/// BR-KSA-10 and the lengths of street and city.
fn place(judged: &Judged<'_>, address: &Address<'_>, out: &mut Violations) {
    if !judged.named_standard && !judged.named_simplified {
        return;
    }
    if judged.standard {
        let because = Because::Standard;
        let parts = [
            (Term::BuyerStreet, &address.street),
            (Term::BuyerCity, &address.city),
            (Term::BuyerCountry, &address.country),
        ];
        if let Some((term, _)) = parts.iter().find(|(_, part)| written(part).is_empty()) {
            out.add("BR-KSA-10", *term, Wrong::MissingBecause { because });
        }
        let found = length(written(&address.street));
        if !(1..=1000).contains(&found) {
            out.add("BR-KSA-F-06-C23", Term::BuyerStreet, Wrong::Length { found, least: 1, most: 1000 });
        }
        if written(&address.city).is_empty() {
            out.add("BR-KSA-F-06-C25", Term::BuyerCity, Wrong::MissingBecause { because });
        }
    }
    if judged.is_simplified_type() {
        optional(judged, "BR-KSA-F-06-C24", Term::BuyerStreet, &address.street, out);
    }
    at_most("BR-KSA-F-06-C26", Term::BuyerCity, &address.city, 127, out);
}

/// What an address in Saudi Arabia needs: BR-KSA-63, BR-KSA-67, BR-KSA-F-06-C28
/// and C29; and the rules that stand at its country: BR-KSA-72, BR-KSA-F-06-C9.
fn saudi(judged: &Judged<'_>, address: &Address<'_>, out: &mut Violations) {
    if written(&address.country) != "SA" {
        return;
    }
    let facts = judged.facts;
    if judged.standard {
        saudi_standard(address, out);
    }
    if let Some(seller) = facts.seller.as_ref().and_then(|seller| seller.address.as_ref()) {
        one_to("BR-KSA-F-06-C9", Term::SellerDistrict, &seller.district, 127, out);
    }
    if judged.summary {
        let deliveries = || facts.deliveries.iter().chain(&facts.elsewhere.deliveries);
        let other = |name: &str| facts.elsewhere.dates.iter().any(|(other, _)| other == name);
        let actual = deliveries().any(|d| d.actual.is_some()) || other("ActualDeliveryDate");
        let latest = deliveries().any(|d| d.latest.is_some()) || other("LatestDeliveryDate");
        if !actual || !latest {
            let term = if actual { Term::SupplyEnd } else { Term::SupplyDate };
            out.add("BR-KSA-72", term, Wrong::MissingBecause { because: Because::Summary });
        }
    }
}

/// The part of it that holds for tax invoices.
fn saudi_standard(address: &Address<'_>, out: &mut Violations) {
    let because = Because::SaudiBuyer;
    let parts = [
        (Term::BuyerStreet, &address.street),
        (Term::BuyerBuilding, &address.building),
        (Term::BuyerPostalCode, &address.postal_code),
        (Term::BuyerCity, &address.city),
        (Term::BuyerDistrict, &address.district),
    ];
    if let Some((term, _)) = parts.iter().find(|(_, part)| is_absent(part)) {
        out.add("BR-KSA-63", *term, Wrong::MissingBecause { because });
    }
    if written(&address.district).is_empty() {
        out.add("BR-KSA-F-06-C28", Term::BuyerDistrict, Wrong::MissingBecause { because });
    }
    at_most("BR-KSA-F-06-C29", Term::BuyerDistrict, &address.district, 127, out);
    let postal_code = written(&address.postal_code);
    if !is_digits(postal_code, 5) {
        let wrong = Wrong::Form { found: postal_code.to_owned(), form: Form::Digits(5) };
        out.add("BR-KSA-67", Term::BuyerPostalCode, wrong);
    }
}

/// BR-KSA-85, BR-KSA-F-06-C37, BR-KSA-F-06-C38.
fn reached(contact: &Contact<'_>, out: &mut Violations) {
    let telephone = written(&contact.telephone);
    if !telephone.is_empty() && !is_telephone(telephone) {
        let wrong = Wrong::Form { found: telephone.to_owned(), form: Form::Telephone };
        out.add("BR-KSA-85", Term::ContactTelephone, wrong);
    }
    at_most("BR-KSA-F-06-C37", Term::ContactName, &contact.name, 1000, out);
    at_most("BR-KSA-F-06-C38", Term::ContactNote, &contact.note, 1000, out);
}
