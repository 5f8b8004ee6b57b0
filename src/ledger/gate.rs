//! The last look at a document before its number is taken: every official rule
//! of both editions, by the same predicates that judge anybody's document.

use crate::chain::Link;
use crate::invoice::Invoice;
use crate::rules::{self, Context, Finding, Layer, Measure};

/// Only says that a document is older than a day, which a correction is that
/// keeps the moment of the document it replaces (signing.md section 8).
const OLDER_THAN_A_DAY: &str = "BR-KSA-98";

/// What the authority would find in the document at `now` (seconds since 1970,
/// UTC); empty if it may be issued.
pub fn broken_rules(invoice: &Invoice, link: &Link, qr: &str, now: i64) -> Vec<Finding> {
    let facts = rules::from_invoice(invoice, link, qr);
    let context = Context { measure: Measure::BothEditions, now };
    let mut found = rules::findings(Layer::En16931, &facts, &context);
    found.extend(rules::findings(Layer::Ksa, &facts, &context));
    found.retain(|finding| finding.rule != OLDER_THAN_A_DAY);
    found
}
