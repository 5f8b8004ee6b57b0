//! From prices to a document that obeys every arithmetic rule. On shelf prices
//! the payable amount is exactly what the shelf prices add up to
//! (invoice-xml.md section 11.1); on net prices the VAT follows from the sums.
//! All pricing is here: the law on the last halala may move.

mod advance;
mod group;
mod line;
mod settle;
#[cfg(test)]
mod tests;

use super::document::{Basis, GroupAllowance, Priced, TaxGroup, Totals};
use super::draft::{Draft, UnitPrice};
use super::{Finding, limits};
use crate::money::{Decimal, Halalas, Quantity, Rate, div_half_up, share_out};
use crate::text::{DocumentProblem, Problem};

#[cfg(test)]
pub(super) use line::line_rule_holds;
pub(super) use line::stated_price;
pub(super) use settle::payment_means;

/// Prices a draft. Fails only on what no single field shows: mixed prices, a
/// discount larger than what it is taken off, a charge without a line of its
/// VAT, tenders that do not pay the sum.
pub fn price(draft: &Draft) -> Result<Priced, Vec<Finding>> {
    let basis = basis(draft)?;
    let amounts = line_amounts(draft)?;
    let discounts = basket_shares(draft, &amounts)?;
    let groups = group::groups(draft, basis, &amounts, &discounts)?;
    let lines = line::price_lines(draft, basis, &amounts, &groups);
    let prepayments = advance::prepayments(&draft.prepayments);
    let mut totals = totals(&groups);
    if totals.tax_inclusive.get() > limits::PAYABLE {
        let problem = Problem::PayableTooLarge { found: totals.tax_inclusive, most: limits::PAYABLE_TEXT };
        return Err(vec![Finding::at("lines", problem)]);
    }
    check_currency(draft, totals.tax)?;
    totals.prepaid = prepayments.iter().map(|advance| advance.taxable + advance.tax).sum();
    totals.rounding = draft.rounding;
    totals.payable = totals.tax_inclusive - totals.prepaid + totals.rounding;
    let change = settle::settle(draft, &totals)?;
    let reason = draft.discount.as_ref().and_then(|discount| discount.reason.clone());
    let allowances = groups
        .iter()
        .filter(|group| !group.allowance.is_zero())
        .map(|group| GroupAllowance {
            amount: group.allowance,
            reason: reason.clone(),
            vat: group.vat.clone(),
        })
        .collect();
    let mut tax_groups: Vec<TaxGroup> = groups
        .iter()
        .map(|group| TaxGroup { vat: group.vat.clone(), taxable: group.taxable, tax: group.tax })
        .collect();
    advance::add_groups(&mut tax_groups, &prepayments);
    Ok(Priced {
        basis,
        lines,
        allowances,
        charges: groups.into_iter().flat_map(|group| group.charges).collect(),
        prepayments,
        groups: tax_groups,
        totals,
        payment_means: payment_means(draft.kind.subtype, &draft.tenders, totals.payable),
        tenders: draft.tenders.clone(),
        change,
    })
}

/// Net of a VAT-inclusive amount, to the halala.
pub(super) fn net_of(gross: Halalas, rate: Rate) -> Halalas {
    let whole = 10_000 + i128::from(rate.basis_points());
    // Never more than the gross amount, which is an i64.
    Halalas::new(div_half_up(i128::from(gross.get()) * 10_000, whole) as i64)
}

/// VAT on a net amount, to the halala.
pub(super) fn vat_on(net: Halalas, rate: Rate) -> Halalas {
    // A rate is at most 100 %, so the VAT is no larger than its amount.
    Halalas::new(div_half_up(i128::from(net.get()) * i128::from(rate.basis_points()), 10_000) as i64)
}

/// `round(price x quantity)` in halalas.
pub(super) fn times(price: Decimal, quantity: Quantity) -> Halalas {
    let product = price.mantissa() * i128::from(quantity.thousandths());
    let unit = 10i128.pow(price.scale()) * 1000 / 100;
    // Prices and quantities are bounded (limits), so the product fits.
    Halalas::new(i64::try_from(div_half_up(product, unit)).unwrap_or(i64::MAX / 4))
}

/// A line before its own discount and charge: unit price times quantity.
pub(super) fn undiscounted(price: UnitPrice, quantity: Quantity) -> Halalas {
    match price {
        UnitPrice::Inclusive(shelf) => times(Decimal::new(shelf.get().into(), 2), quantity),
        UnitPrice::Net(price) => times(price, quantity),
    }
}

/// What the prices of the document hold. One sum cannot be exact with VAT and
/// without at once, so that a document has prices of one kind.
fn basis(draft: &Draft) -> Result<Basis, Vec<Finding>> {
    let of = |price: UnitPrice| match price {
        UnitPrice::Inclusive(_) => Basis::Inclusive,
        UnitPrice::Net(_) => Basis::Net,
    };
    let first = draft.lines.first().map_or(Basis::Inclusive, |line| of(line.price));
    match draft.lines.iter().position(|line| of(line.price) != first) {
        None => Ok(first),
        Some(at) => {
            let field = if first == Basis::Inclusive { "net_price" } else { "shelf_price" };
            Err(vec![Finding::at(format!("lines[{at}].{field}"), DocumentProblem::MixedPrices.into())])
        }
    }
}

/// Step 1: `round(price x quantity) - line discount + line charge`, in the terms
/// of the prices.
fn line_amounts(draft: &Draft) -> Result<Vec<Halalas>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut amounts = Vec::with_capacity(draft.lines.len());
    for (at, line) in draft.lines.iter().enumerate() {
        let before = undiscounted(line.price, line.quantity);
        let discount = line.discount.as_ref().map_or(Halalas::ZERO, |discount| discount.amount);
        let charge = line.charge.as_ref().map_or(Halalas::ZERO, |charge| charge.amount);
        if before.get() > limits::PAYABLE {
            let problem = Problem::LineTooLarge { found: before, most: limits::PAYABLE_TEXT };
            findings.push(Finding::at(format!("lines[{at}]"), problem));
        } else if discount > before {
            let problem = Problem::DiscountExceeds { discount, of: before };
            findings.push(Finding::at(format!("lines[{at}].discount"), problem));
        }
        amounts.push(before - discount + charge);
    }
    if findings.is_empty() { Ok(amounts) } else { Err(findings) }
}

/// Step 2: each line's share of the basket discount.
fn basket_shares(draft: &Draft, amounts: &[Halalas]) -> Result<Vec<Halalas>, Vec<Finding>> {
    let Some(discount) = &draft.discount else { return Ok(vec![Halalas::ZERO; amounts.len()]) };
    let sum: Halalas = amounts.iter().copied().sum();
    if discount.amount > sum {
        let problem = Problem::DiscountExceeds { discount: discount.amount, of: sum };
        return Err(vec![Finding::at("discount", problem)]);
    }
    Ok(share_out(discount.amount, amounts))
}

fn totals(groups: &[group::Group]) -> Totals {
    let sum = |of: fn(&group::Group) -> Halalas| -> Halalas { groups.iter().map(of).sum() };
    let (line_net, allowances) = (sum(|group| group.line_net), sum(|group| group.allowance));
    let (charges, tax) = (sum(|group| group.charge), sum(|group| group.tax));
    let tax_exclusive = line_net - allowances + charges;
    Totals {
        line_net,
        allowances,
        charges,
        tax_exclusive,
        tax,
        tax_inclusive: tax_exclusive + tax,
        ..Totals::default()
    }
}

/// The VAT in the document's currency and in riyals must differ (BR-KSA-97).
fn check_currency(draft: &Draft, tax: Halalas) -> Result<(), Vec<Finding>> {
    let Some(foreign) = draft.terms.currency else { return Ok(()) };
    if tax.is_zero() || foreign.in_riyals(tax) != tax {
        return Ok(());
    }
    let problem = DocumentProblem::SameVatInRiyals { tax, code: foreign.code };
    Err(vec![Finding::at("currency.rate", problem.into())])
}
