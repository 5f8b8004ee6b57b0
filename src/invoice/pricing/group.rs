//! One category and rate of a document: its lines, its share of the document's
//! discount and charges, and its VAT.

use std::collections::BTreeMap;

use super::{net_of, vat_on};
use crate::invoice::Finding;
use crate::invoice::document::{Basis, GroupCharge};
use crate::invoice::draft::{DocumentCharge, Draft};
use crate::invoice::tax::{Category, Vat};
use crate::money::{Halalas, Rate, share_out};
use crate::text::DocumentProblem;

/// The sums of one category and rate.
pub(super) struct Group {
    pub(super) vat: Vat,
    /// Lines by their place in the draft.
    pub(super) lines: Vec<usize>,
    /// What each of them is paid with, in the order of `lines`.
    pub(super) paid: Vec<Halalas>,
    /// Sum of the line nets.
    pub(super) line_net: Halalas,
    pub(super) allowance: Halalas,
    /// Sum of `charges`.
    pub(super) charge: Halalas,
    pub(super) charges: Vec<GroupCharge>,
    pub(super) taxable: Halalas,
    pub(super) tax: Halalas,
}

/// Step 3, for every category and rate. A charge needs a line of its VAT, over
/// which it is shared out as a discount is, so that it comes back with returns.
pub(super) fn groups(
    draft: &Draft,
    basis: Basis,
    amounts: &[Halalas],
    discounts: &[Halalas],
) -> Result<Vec<Group>, Vec<Finding>> {
    let mut members: BTreeMap<(Category, Rate), Vec<usize>> = BTreeMap::new();
    for (at, line) in draft.lines.iter().enumerate() {
        members.entry(line.vat.group()).or_default().push(at);
    }
    let alone: Vec<Finding> = draft
        .charges
        .iter()
        .enumerate()
        .filter(|(_, charge)| !members.contains_key(&charge.vat.group()))
        .map(|(at, charge)| {
            let problem = DocumentProblem::ChargeWithoutLine {
                category: charge.vat.category.code(),
                rate: charge.vat.rate,
            };
            Finding::at(format!("charges[{at}].vat"), problem.into())
        })
        .collect();
    if !alone.is_empty() {
        return Err(alone);
    }
    let one = |(key, lines): (&(Category, Rate), &Vec<usize>)| {
        let charges: Vec<&DocumentCharge> =
            draft.charges.iter().filter(|charge| charge.vat.group() == *key).collect();
        group(draft, basis, (amounts, discounts), lines, &charges)
    };
    Ok(members.iter().map(one).collect())
}

fn group(
    draft: &Draft,
    basis: Basis,
    (amounts, discounts): (&[Halalas], &[Halalas]),
    lines: &[usize],
    charges: &[&DocumentCharge],
) -> Group {
    let vat = exemption_of_larger_part(draft, amounts, lines);
    let own: Vec<Halalas> = lines.iter().map(|at| amounts[*at]).collect();
    let before: Halalas = own.iter().copied().sum();
    let discount: Halalas = lines.iter().map(|at| discounts[*at]).sum();
    let stated: Vec<Halalas> = charges.iter().map(|charge| charge.amount).collect();
    let added: Halalas = stated.iter().copied().sum();
    let after = before - discount;
    let (line_net, allowance, taxable, tax) = match basis {
        Basis::Inclusive => {
            let (line_net, paid) = (net_of(before, vat.rate), after + added);
            let taxable = net_of(paid, vat.rate);
            (line_net, line_net - net_of(after, vat.rate), taxable, paid - taxable)
        }
        Basis::Net => (before, discount, after + added, vat_on(after + added, vat.rate)),
    };
    let charge = taxable - line_net + allowance;
    let shares = share_out(added, &own);
    Group {
        paid: lines.iter().zip(shares).map(|(at, share)| amounts[*at] - discounts[*at] + share).collect(),
        charges: charge_elements(&vat, charges, share_out(charge, &stated)),
        vat,
        lines: lines.to_vec(),
        line_net,
        allowance,
        charge,
        taxable,
        tax,
    }
}

/// A charge of which no halala is left without VAT is not written.
fn charge_elements(vat: &Vat, charges: &[&DocumentCharge], nets: Vec<Halalas>) -> Vec<GroupCharge> {
    let written = charges.iter().zip(nets).filter(|(_, net)| !net.is_zero());
    let element = |(charge, amount): (&&DocumentCharge, Halalas)| GroupCharge {
        amount,
        code: charge.code,
        reason: charge.reason.clone(),
        vat: vat.clone(),
    };
    written.map(element).collect()
}

/// A subtotal has room for one exemption reason: that of the larger part
/// (invoice-xml.md section 9).
fn exemption_of_larger_part(draft: &Draft, amounts: &[Halalas], lines: &[usize]) -> Vat {
    let mut parts: Vec<(&Vat, Halalas)> = Vec::new();
    for at in lines {
        let (vat, amount) = (&draft.lines[*at].vat, amounts[*at]);
        match parts.iter_mut().find(|(known, _)| *known == vat) {
            Some((_, sum)) => *sum = *sum + amount,
            None => parts.push((vat, amount)),
        }
    }
    // A group is made of at least one line.
    let mut largest = parts[0];
    for part in parts {
        if part.1 > largest.1 {
            largest = part;
        }
    }
    largest.0.clone()
}
