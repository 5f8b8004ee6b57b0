//! Order, contract, original documents, counter, previous hash, QR code and
//! other attachments.

use super::super::codes::is_mime_type;
use super::super::facts::{BillingReference, Reference};
use super::super::forms::{is_absent, length, trim, written};
use super::super::term::Term;
use super::super::violation::{Because, Form, Violations, Wrong};
use super::{Judged, at_most};

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    at_most("BR-KSA-F-06-C3", Term::OrderReference, &facts.order_reference, 127, out);
    contract(judged, out);
    if judged.is_note() {
        originals(judged, out);
    }
    counter(judged, out);
    previous_hash(judged, out);
    qr_code(judged, out);
    for reference in &facts.references {
        let mime = written(&reference.mime_code);
        if reference.object.is_some() && !is_mime_type(mime) {
            let wrong = Wrong::Code { found: mime.to_owned(), list: "MIME" };
            out.add("BR-KSA-CL-03", Term::MimeCode, wrong);
        }
    }
}

/// The references of a kind.
fn of_kind<'f>(judged: &Judged<'f>, kind: &'static str) -> impl Iterator<Item = &'f Reference<'f>> + Clone {
    judged.facts.references.iter().filter(move |reference| trim(written(&reference.id)) == kind)
}

/// Whether a reference has an attachment of plain text.
fn is_plain_text(reference: &Reference<'_>) -> bool {
    reference.object.is_some() && trim(written(&reference.mime_code)) == "text/plain"
}

/// BR-KSA-F-06-C5, BR-KSA-92.
fn contract(judged: &Judged<'_>, out: &mut Violations) {
    let contracts = &judged.facts.contract_references;
    if let Some(contract) = contracts.first() {
        at_most("BR-KSA-F-06-C5", Term::ContractReference, contract, 127, out);
    }
    let government = (judged.named_standard || judged.named_simplified)
        && length(judged.name) == 9
        && judged.name.ends_with('1');
    if government && contracts.first().is_none_or(is_absent) {
        let because = Because::Government;
        out.add("BR-KSA-92", Term::ContractReference, Wrong::MissingBecause { because });
    }
}

/// BR-KSA-56, BR-KSA-F-06-C22.
fn originals(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    let missing = Wrong::MissingBecause { because: Because::Note };
    let mut originals = facts.billing_references.iter().chain(&facts.elsewhere.billing_references).peekable();
    if originals.peek().is_none() {
        out.add("BR-KSA-56", Term::Original, missing.clone());
    }
    for (at, BillingReference { number, .. }) in (1..).zip(originals) {
        let text = written(number);
        if text.is_empty() {
            out.add_at("BR-KSA-56", Term::Original, at, missing.clone());
        }
        let found = length(text);
        if number.is_some() && !(1..=5000).contains(&found) {
            out.add_at("BR-KSA-F-06-C22", Term::Original, at, Wrong::Length { found, least: 1, most: 5000 });
        }
    }
}

/// BR-KSA-33, BR-KSA-34. Both look at every reference with a UUID.
fn counter(judged: &Judged<'_>, out: &mut Violations) {
    let mut values = judged.facts.references.iter().filter_map(|reference| reference.uuid.as_deref());
    if of_kind(judged, "ICV").next().is_none() || values.clone().all(str::is_empty) {
        out.add("BR-KSA-33", Term::Counter, Wrong::Missing);
    }
    if let Some(found) = values.find(|value| !value.bytes().all(|b| b.is_ascii_digit())) {
        out.add("BR-KSA-34", Term::Counter, Wrong::Form { found: found.to_owned(), form: Form::Counter });
    }
}

/// BR-KSA-61 on the document, BR-KSA-26 on each attachment of a PIH reference.
fn previous_hash(judged: &Judged<'_>, out: &mut Violations) {
    let hashes = of_kind(judged, "PIH");
    let some = hashes.clone().any(|hash| !written(&hash.object).is_empty());
    if !some || !hashes.clone().any(is_plain_text) {
        out.add("BR-KSA-61", Term::PreviousHash, attachment_fault(some));
    }
    for hash in hashes.filter(|hash| hash.attached) {
        let some = !written(&hash.object).is_empty();
        if !some || !is_plain_text(hash) {
            out.add("BR-KSA-26", Term::PreviousHash, attachment_fault(some));
        }
    }
}

/// Nothing attached, or not as plain text.
fn attachment_fault(some: bool) -> Wrong {
    if some { Wrong::Code { found: String::new(), list: "text/plain" } } else { Wrong::Missing }
}

/// BR-KSA-27 on simplified documents, BR-CL-KSA-14 on all.
fn qr_code(judged: &Judged<'_>, out: &mut Violations) {
    let codes = of_kind(judged, "QR").filter(|code| code.object.is_some());
    if judged.simplified {
        // The rule looks for the value under the exact id only.
        let mut exact = codes.clone().filter(|code| written(&code.id) == "QR");
        let some = codes.clone().any(|code| written(&code.id) == "QR" && !is_absent(&code.object));
        if !some || !exact.any(is_plain_text) {
            out.add("BR-KSA-27", Term::QrCode, attachment_fault(some));
        }
    }
    let most = if judged.both { 700 } else { 1000 };
    for code in codes {
        let found = length(written(&code.object));
        if !(1..=most).contains(&found) {
            out.add("BR-CL-KSA-14", Term::QrCode, Wrong::Length { found, least: 1, most });
        }
    }
}
