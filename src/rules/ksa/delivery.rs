//! When the goods or services were supplied.

use super::super::forms::{compared_date, is_absent, written};
use super::super::term::Term;
use super::super::violation::{Because, Violations, Wrong};
use super::Judged;

/// BR-KSA-15, BR-KSA-35, BR-KSA-36.
pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    let deliveries = || facts.deliveries.iter().chain(&facts.elsewhere.deliveries);
    let invoice = judged.named_standard && written(&facts.type_code) == "388";
    if invoice && deliveries().all(|delivery| is_absent(&delivery.actual)) {
        let because = Because::StandardInvoice;
        out.add("BR-KSA-15", Term::SupplyDate, Wrong::MissingBecause { because });
    }
    for delivery in deliveries() {
        let Some(latest) = delivery.latest.as_deref() else { continue };
        if is_absent(&delivery.actual) {
            out.add("BR-KSA-35", Term::SupplyDate, Wrong::MissingBecause { because: Because::Latest });
            continue;
        }
        let actual = written(&delivery.actual);
        let both = compared_date(latest).zip(compared_date(actual));
        if both.is_some_and(|(latest, actual)| latest < actual) {
            let wrong =
                Wrong::Before { found: latest.to_owned(), other: Term::SupplyDate, value: actual.to_owned() };
            out.add("BR-KSA-36", Term::SupplyEnd, wrong);
        }
    }
}
