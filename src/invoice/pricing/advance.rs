//! Advances that an invoice uses up (invoice-xml.md section 12).

use std::collections::BTreeMap;

use super::net_of;
use crate::invoice::document::{PricedPrepayment, TaxGroup};
use crate::invoice::draft::Prepayment;
use crate::invoice::tax::Category;
use crate::money::{Halalas, Rate};

/// One entry for each category and rate. What was received is split as a shelf
/// price is, so that amount and VAT add up to it (BR-KSA-79, BR-KSA-80).
pub(super) fn prepayments(received: &[Prepayment]) -> Vec<PricedPrepayment> {
    let mut groups: BTreeMap<(Category, Rate), Vec<&Prepayment>> = BTreeMap::new();
    for one in received {
        groups.entry(one.vat.group()).or_default().push(one);
    }
    groups.into_values().filter_map(|parts| priced(&parts)).collect()
}

fn priced(parts: &[&Prepayment]) -> Option<PricedPrepayment> {
    let sum: Halalas = parts.iter().map(|part| part.amount).sum();
    // One reason has room: that of the first of the largest.
    let largest = parts.iter().rev().max_by_key(|part| part.amount)?;
    let taxable = net_of(sum, largest.vat.rate);
    Some(PricedPrepayment {
        vat: largest.vat.clone(),
        references: parts.iter().map(|part| part.reference.clone()).collect(),
        taxable,
        tax: sum - taxable,
    })
}

/// A category that only an advance has needs a subtotal of nothing (BR-Z-01,
/// BR-E-01, BR-O-01, BR-S-01).
pub(super) fn add_groups(groups: &mut Vec<TaxGroup>, prepayments: &[PricedPrepayment]) {
    for advance in prepayments {
        if groups.iter().all(|group| group.vat.group() != advance.vat.group()) {
            let vat = advance.vat.clone();
            groups.push(TaxGroup { vat, taxable: Halalas::ZERO, tax: Halalas::ZERO });
        }
    }
    groups.sort_by_key(|group| group.vat.group());
}
