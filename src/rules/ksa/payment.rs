//! Means of payment, and the reasons that notes give there.

use super::super::codes::is_accepted_payment_means;
use super::super::facts::PaymentMeans;
use super::super::forms::length;
use super::super::term::Term;
use super::super::violation::{Because, Violations, Wrong};
use super::{Judged, at_most, one_to};

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let all = &judged.facts.payment_means;
    if judged.is_note() {
        reasons(all, out);
    }
    if !judged.named_standard && !judged.named_simplified {
        return;
    }
    for (at, means) in (1..).zip(all) {
        if let Some(code) = means.code.as_deref().filter(|code| !is_accepted_payment_means(code)) {
            let wrong = Wrong::Code { found: code.to_owned(), list: "UNTDID 4461" };
            out.add_at("BR-KSA-16", Term::PaymentCode, at, wrong);
        }
        at_most("BR-KSA-F-06-C15", Term::PayeeAccount, &means.account, 127, out);
        one_to("BR-KSA-F-06-C14", Term::PaymentNote, &means.payment_note, 1000, out);
    }
}

/// BR-KSA-17, BR-KSA-F-06-C13.
fn reasons(all: &[PaymentMeans<'_>], out: &mut Violations) {
    let missing = Wrong::MissingBecause { because: Because::Note };
    if all.is_empty() {
        out.add("BR-KSA-17", Term::Reason, missing.clone());
    }
    for (at, means) in (1..).zip(all) {
        if means.reasons.is_empty() {
            out.add_at("BR-KSA-17", Term::Reason, at, missing.clone());
        }
        for reason in &means.reasons {
            let found = length(reason);
            if !(1..=1000).contains(&found) {
                out.add_at(
                    "BR-KSA-F-06-C13",
                    Term::Reason,
                    at,
                    Wrong::Length { found, least: 1, most: 1000 },
                );
            }
        }
    }
}
