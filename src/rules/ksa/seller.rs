//! The seller: VAT number, other registration, address.

use super::super::facts::{Address, Party};
use super::super::forms::{is_alphanumeric, is_digits, is_vat_number, length, trim, written};
use super::super::term::Term;
use super::super::violation::{Form, Violations, Wrong};
use super::{Judged, at_most, identifiers, one_to};

const SCHEMES: &str = "CRN MOM MLS SAG OTH 700";

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let none = Party::default();
    let seller = judged.facts.seller.as_ref().unwrap_or(&none);
    vat_number(judged, seller, out);
    registration(judged, seller, out);
    identifiers::party(seller, &identifiers::SELLER, out);
    if let Some(address) = &seller.address {
        place(judged, address, out);
    }
    let building = seller.address.as_ref().map_or("", |address| written(&address.building));
    if seller.written && !is_digits(building, 4) {
        let wrong = Wrong::Form { found: building.to_owned(), form: Form::Digits(4) };
        out.add("BR-KSA-37", Term::SellerBuilding, wrong);
    }
}

/// BR-KSA-39, BR-KSA-40.
fn vat_number(judged: &Judged<'_>, seller: &Party<'_>, out: &mut Violations) {
    let numbers = || seller.tax_schemes.iter().filter_map(|scheme| scheme.vat_number.as_deref());
    let schemes = || seller.tax_schemes.iter().map(|scheme| written(&scheme.scheme));
    if numbers().all(str::is_empty) || !schemes().any(|scheme| trim(scheme) == "VAT") {
        out.add("BR-KSA-39", Term::SellerVat, Wrong::Missing);
    }
    let wrong = numbers().find(|number| !is_vat_number(number));
    if let Some(found) = wrong.filter(|_| schemes().any(|scheme| scheme == "VAT")) {
        let wrong = Wrong::Form { found: found.to_owned(), form: Form::VatNumber };
        out.add("BR-KSA-40", Term::SellerVat, wrong);
    }
    let buyer = judged.facts.buyer.iter().flat_map(|buyer| &buyer.tax_schemes);
    let mut buyers = buyer.filter_map(|scheme| scheme.vat_number.as_deref());
    if let Some(same) = buyers.find(|number| !number.is_empty() && numbers().any(|own| own == *number)) {
        let wrong = Wrong::SameAs { found: same.to_owned(), other: Term::SellerVat };
        out.add("BR-CUSTOM-VALIDATION-01", Term::BuyerVat, wrong);
    }
}

/// BR-KSA-08: one other registration of a known kind.
fn registration(judged: &Judged<'_>, seller: &Party<'_>, out: &mut Violations) {
    let Some(id) = seller.ids.first() else {
        out.add("BR-KSA-08", Term::SellerId, Wrong::Missing);
        return;
    };
    let scheme = trim(written(&id.scheme));
    // As the rule does it, a part of the list passes.
    if length(scheme) <= 2 || !SCHEMES.contains(scheme) {
        let wrong = Wrong::Code { found: scheme.to_owned(), list: SCHEMES };
        out.add("BR-KSA-08", Term::SellerIdScheme, wrong);
    } else if judged.both && !is_alphanumeric(&id.value) {
        let wrong = Wrong::Form { found: id.value.to_string(), form: Form::Alphanumeric };
        out.add("BR-KSA-08", Term::SellerId, wrong);
    }
}

/// BR-KSA-09, BR-KSA-66 and the lengths of the parts; the buyer's additional
/// street is measured here as well, because the rule stands at this address.
fn place(judged: &Judged<'_>, address: &Address<'_>, out: &mut Violations) {
    one_to("BR-KSA-F-06-C4", Term::SellerStreet, &address.street, 1000, out);
    one_to("BR-KSA-F-06-C7", Term::SellerCity, &address.city, 127, out);
    at_most("BR-KSA-F-06-C6", Term::SellerAdditionalStreet, &address.additional_street, 127, out);
    if let Some(buyer) = judged.facts.buyer.as_ref().and_then(|buyer| buyer.address.as_ref()) {
        at_most("BR-KSA-F-06-C11", Term::BuyerAdditionalStreet, &buyer.additional_street, 127, out);
    }
    let parts = [
        (Term::SellerStreet, &address.street),
        (Term::SellerBuilding, &address.building),
        (Term::SellerCity, &address.city),
        (Term::SellerPostalCode, &address.postal_code),
        (Term::SellerDistrict, &address.district),
        (Term::SellerCountry, &address.country),
    ];
    if let Some((term, _)) = parts.iter().find(|(_, part)| part.is_none()) {
        out.add("BR-KSA-09", *term, Wrong::Missing);
    }
    let postal_code = written(&address.postal_code);
    if !is_digits(postal_code, 5) {
        let wrong = Wrong::Form { found: postal_code.to_owned(), form: Form::Digits(5) };
        out.add("BR-KSA-66", Term::SellerPostalCode, wrong);
    }
}
