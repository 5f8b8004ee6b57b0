//! Other identifiers of seller and buyer: their kinds and their forms.

use super::super::facts::Party;
use super::super::forms::{is_digits, is_invented, is_ten_digits_from, trim, written};
use super::super::term::Term;
use super::super::violation::{Form, Violations, Wrong};

/// Whose identifiers, and which kinds of them the authority knows.
pub(super) struct Whose {
    id: Term,
    scheme: Term,
    kinds: &'static [&'static str],
}

pub(super) const SELLER: Whose = Whose {
    id: Term::SellerId,
    scheme: Term::SellerIdScheme,
    kinds: &["CRN", "MOM", "MLS", "700", "SAG", "OTH"],
};

pub(super) const BUYER: Whose = Whose {
    id: Term::BuyerId,
    scheme: Term::BuyerIdScheme,
    kinds: &["TIN", "CRN", "MOM", "MLS", "700", "SAG", "NAT", "GCC", "IQA", "OTH", "PAS"],
};

/// BR-KSA-F-08, BR-KSA-F-09, BR-KSA-F-12, BR-KSA-F-13.
pub(super) fn party(party: &Party<'_>, whose: &Whose, out: &mut Violations) {
    let wrong = |found: &str, form| Wrong::Form { found: found.to_owned(), form };
    for id in &party.ids {
        let raw = written(&id.scheme);
        let scheme = trim(raw);
        if scheme == "CRN" && !is_digits(&id.value, 10) {
            out.add("BR-KSA-F-08", whose.id, wrong(&id.value, Form::Digits(10)));
        }
        if scheme == "700" && !is_ten_digits_from(&id.value, '7') {
            out.add("BR-KSA-F-09", whose.id, wrong(&id.value, Form::TenDigitsFrom('7')));
        }
        if !whose.kinds.iter().any(|kind| kind.eq_ignore_ascii_case(scheme)) {
            continue;
        }
        if raw != scheme {
            out.add("BR-KSA-F-12", whose.scheme, wrong(raw, Form::Trimmed));
        }
        if is_invented(&id.value) {
            out.add("BR-KSA-F-13", whose.id, wrong(&id.value, Form::NotInvented));
        }
    }
}
