//! From shelf prices to a document that obeys every arithmetic rule and whose
//! payable amount is exactly what the shelf prices add up to
//! (invoice-xml.md section 11.1). All pricing is here: the law on the last
//! halala may move.

use std::collections::BTreeMap;

use super::document::{Allowance, Basis, GroupAllowance, PaymentMeans, Priced, PricedLine, TaxGroup, Totals};
use super::draft::{Draft, DraftLine, Tender, TenderKind, UnitPrice};
use super::tax::{Category, Vat};
use super::{Finding, limits};
use crate::money::{Decimal, Halalas, Quantity, Rate, div_half_up, share_out};
use crate::text::Problem;

/// Prices a draft. Fails only on what no single field shows: a discount larger
/// than what it is taken off, tenders that do not pay the sum.
pub fn price(draft: &Draft) -> Result<Priced, Vec<Finding>> {
    let lines = gross_amounts(draft)?;
    let shares = basket_shares(draft, &lines)?;
    let groups = group(draft, &lines, &shares);
    let priced_lines = price_lines(draft, &lines, &shares, &groups);
    let totals = totals(&groups);
    if totals.payable.get() > limits::PAYABLE {
        return Err(vec![Finding::at(
            "lines",
            Problem::PayableTooLarge { found: totals.payable, most: limits::PAYABLE_TEXT },
        )]);
    }
    let change = settle(&draft.tenders, totals.payable)?;
    let reason = draft.discount.as_ref().and_then(|discount| discount.reason.clone());
    Ok(Priced {
        basis: if lines.iter().all(|line| line.inclusive) { Basis::Inclusive } else { Basis::Net },
        charges: Vec::new(),
        prepayments: Vec::new(),
        allowances: groups
            .iter()
            .filter(|group| !group.allowance.is_zero())
            .map(|group| GroupAllowance {
                amount: group.allowance,
                reason: reason.clone(),
                vat: group.vat.clone(),
            })
            .collect(),
        groups: groups
            .iter()
            .map(|group| TaxGroup { vat: group.vat.clone(), taxable: group.taxable, tax: group.tax })
            .collect(),
        lines: priced_lines,
        totals,
        payment_means: payment_means(&draft.tenders),
        tenders: draft.tenders.clone(),
        change,
    })
}

/// Net of a VAT-inclusive amount, to the halala.
fn net_of(gross: Halalas, rate: Rate) -> Halalas {
    let whole = 10_000 + i128::from(rate.basis_points());
    // Never more than the gross amount, which is an i64.
    Halalas::new(div_half_up(i128::from(gross.get()) * 10_000, whole) as i64)
}

fn vat_on(net: Halalas, rate: Rate) -> Halalas {
    Halalas::new(div_half_up(i128::from(net.get()) * i128::from(rate.basis_points()), 10_000) as i64)
}

/// What a line amounts to before any basket discount: with VAT on shelf
/// prices, without on net prices.
struct LineAmount {
    amount: Halalas,
    inclusive: bool,
}

/// Step 1: `round(price x quantity) - line discount`.
fn gross_amounts(draft: &Draft) -> Result<Vec<LineAmount>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut amounts = Vec::with_capacity(draft.lines.len());
    for (at, line) in draft.lines.iter().enumerate() {
        let (before, inclusive) = match line.price {
            UnitPrice::Inclusive(shelf) => (times(Decimal::new(shelf.get().into(), 2), line.quantity), true),
            UnitPrice::Net(price) => (times(price, line.quantity), false),
        };
        let discount = line.discount.as_ref().map_or(Halalas::ZERO, |discount| discount.amount);
        if before.get() > limits::PAYABLE {
            findings.push(Finding::at(
                format!("lines[{at}]"),
                Problem::LineTooLarge { found: before, most: limits::PAYABLE_TEXT },
            ));
        } else if discount > before {
            findings.push(Finding::at(
                format!("lines[{at}].discount"),
                Problem::DiscountExceeds { discount, of: before },
            ));
        }
        amounts.push(LineAmount { amount: before - discount, inclusive });
    }
    if findings.is_empty() { Ok(amounts) } else { Err(findings) }
}

/// `round(price x quantity)` in halalas.
fn times(price: Decimal, quantity: Quantity) -> Halalas {
    let product = price.mantissa() * i128::from(quantity.thousandths());
    let unit = 10i128.pow(price.scale()) * 1000 / 100;
    // Prices and quantities are bounded (limits), so the product fits.
    Halalas::new(i64::try_from(div_half_up(product, unit)).unwrap_or(i64::MAX / 4))
}

/// Step 2: each line's share of the basket discount.
fn basket_shares(draft: &Draft, lines: &[LineAmount]) -> Result<Vec<Halalas>, Vec<Finding>> {
    let Some(discount) = &draft.discount else { return Ok(vec![Halalas::ZERO; lines.len()]) };
    if lines.iter().any(|line| !line.inclusive) {
        return Err(vec![Finding::at("discount", Problem::BasketDiscountOnNetPrices)]);
    }
    let weights: Vec<Halalas> = lines.iter().map(|line| line.amount).collect();
    let sum: Halalas = weights.iter().copied().sum();
    if discount.amount > sum {
        return Err(vec![Finding::at(
            "discount",
            Problem::DiscountExceeds { discount: discount.amount, of: sum },
        )]);
    }
    Ok(share_out(discount.amount, &weights))
}

/// The sums of one category and rate.
struct Group {
    vat: Vat,
    /// Lines by their place in the sale.
    lines: Vec<usize>,
    /// Net of the shelf-priced lines before the basket discount.
    inclusive_net: Halalas,
    allowance: Halalas,
    taxable: Halalas,
    tax: Halalas,
    /// Sum of all line nets.
    line_net: Halalas,
}

/// Step 3. On shelf prices the VAT is what is left of the gross amount; as
/// soon as a net-priced line is in a group its VAT follows from the taxable
/// amount, and the shelf-priced lines still cost what the shelf says.
fn group(draft: &Draft, lines: &[LineAmount], shares: &[Halalas]) -> Vec<Group> {
    let mut members: BTreeMap<(Category, Rate), Vec<usize>> = BTreeMap::new();
    for (at, line) in draft.lines.iter().enumerate() {
        members.entry(line.vat.group()).or_default().push(at);
    }
    members
        .into_iter()
        .map(|((_, rate), places)| {
            let sum = |inclusive: bool, share: bool| -> Halalas {
                places
                    .iter()
                    .filter(|at| lines[**at].inclusive == inclusive)
                    .map(|at| lines[*at].amount - if share { shares[*at] } else { Halalas::ZERO })
                    .sum()
            };
            let paid = sum(true, true);
            let inclusive_net = net_of(sum(true, false), rate);
            let net_priced = sum(false, false);
            let paid_net = net_of(paid, rate);
            let taxable = paid_net + net_priced;
            let only_shelf = places.iter().all(|at| lines[*at].inclusive);
            Group {
                vat: exemption_of_larger_part(draft, lines, &places),
                inclusive_net,
                allowance: inclusive_net - paid_net,
                taxable,
                tax: if only_shelf { paid - paid_net } else { vat_on(taxable, rate) },
                line_net: inclusive_net + net_priced,
                lines: places,
            }
        })
        .collect()
}

/// A subtotal has room for one exemption reason: that of the larger part
/// (invoice-xml.md section 9).
fn exemption_of_larger_part(draft: &Draft, lines: &[LineAmount], places: &[usize]) -> Vat {
    let mut parts: Vec<(&Vat, Halalas)> = Vec::new();
    for at in places {
        let (vat, amount) = (&draft.lines[*at].vat, lines[*at].amount);
        match parts.iter_mut().find(|(known, _)| *known == vat) {
            Some((_, sum)) => *sum = *sum + amount,
            None => parts.push((vat, amount)),
        }
    }
    let mut largest = parts[0];
    for part in parts {
        if part.1 > largest.1 {
            largest = part;
        }
    }
    largest.0.clone()
}

/// Step 4: line nets and VAT, then steps 5 and 6 for each price.
fn price_lines(draft: &Draft, lines: &[LineAmount], shares: &[Halalas], groups: &[Group]) -> Vec<PricedLine> {
    let mut nets = vec![Halalas::ZERO; lines.len()];
    for group in groups {
        let shelf: Vec<usize> = group.lines.iter().copied().filter(|at| lines[*at].inclusive).collect();
        let weights: Vec<Halalas> = shelf.iter().map(|at| lines[*at].amount).collect();
        for (at, net) in shelf.iter().zip(share_out(group.inclusive_net, &weights)) {
            nets[*at] = net;
        }
        for at in group.lines.iter().filter(|at| !lines[**at].inclusive) {
            nets[*at] = lines[*at].amount;
        }
    }
    let each = draft.lines.iter().zip(lines).zip(shares).zip(nets);
    each.map(|(((line, amount), share), net)| price_line(line, amount, *share, net)).collect()
}

fn price_line(line: &DraftLine, amount: &LineAmount, share: Halalas, net: Halalas) -> PricedLine {
    let rate = line.vat.rate;
    let vat_amount = if amount.inclusive { amount.amount - net } else { vat_on(net, rate) };
    let (price, allowance) = match line.price {
        UnitPrice::Inclusive(shelf) => unit_price(shelf, line.quantity, rate, net, line.discount.is_some()),
        UnitPrice::Net(price) => {
            let discount = line.discount.as_ref().map_or(Halalas::ZERO, |discount| discount.amount);
            (price.at_least_two_places(), discount)
        }
    };
    PricedLine {
        name: line.name.text(),
        quantity: line.quantity,
        unit: line.unit.clone(),
        price,
        allowance: (!allowance.is_zero()).then(|| Allowance {
            amount: allowance,
            reason: line.discount.as_ref().and_then(|discount| discount.reason.clone()),
        }),
        charge: None,
        net,
        vat_amount,
        gross: net + vat_amount,
        paid: net + vat_amount - share,
        vat: line.vat.clone(),
        barcode: line.barcode.clone(),
        article: line.article.clone(),
    }
}

/// Steps 5 and 6: the net unit price with as many decimals as the quantity
/// demands, and the line allowance that brings it down to the net amount.
pub(super) fn unit_price(
    shelf: Halalas,
    quantity: Quantity,
    rate: Rate,
    net: Halalas,
    discounted: bool,
) -> (Decimal, Halalas) {
    let places = price_places(quantity);
    let scale = 10i128.pow(places);
    let divisor = (10_000 + i128::from(rate.basis_points())) * 100;
    let price = Decimal::new(div_half_up(i128::from(shelf.get()) * scale * 10_000, divisor), places);
    let undiscounted = times(price, quantity);
    let allowance = if discounted { Halalas::new((undiscounted - net).get().max(0)) } else { Halalas::ZERO };
    if line_rule_holds(price, quantity, allowance, net) {
        return (price.at_least_two_places(), allowance);
    }
    // price = (net + allowance) / quantity, in riyals
    let exact = i128::from((net + allowance).get()) * scale * 10;
    let price = Decimal::new(div_half_up(exact, i128::from(quantity.thousandths())), places);
    (price.at_least_two_places(), allowance)
}

/// At least six decimals, and so many that the price's own rounding stays
/// within half a tenth of a halala of the line: quantity x 0.5 x 10^-d <= 0.0005.
fn price_places(quantity: Quantity) -> u32 {
    let mut places = 6;
    // quantity / 1000 x 0.5 x 10^-d <= 0.0005  <=>  quantity <= 10^d
    while i128::from(quantity.thousandths()) > 10i128.pow(places) {
        places += 1;
    }
    places
}

/// BR-KSA-EN16931-11 with its tolerance, on the product cut to three decimals.
fn line_rule_holds(price: Decimal, quantity: Quantity, allowance: Halalas, net: Halalas) -> bool {
    let product = price.mantissa() * i128::from(quantity.thousandths()) / 10i128.pow(price.scale());
    let rounded = div_half_up(product, 10);
    (rounded - i128::from(allowance.get()) - i128::from(net.get())).abs() <= 1
}

fn totals(groups: &[Group]) -> Totals {
    let line_net: Halalas = groups.iter().map(|group| group.line_net).sum();
    let allowances: Halalas = groups.iter().map(|group| group.allowance).sum();
    let tax: Halalas = groups.iter().map(|group| group.tax).sum();
    let tax_exclusive = line_net - allowances;
    Totals {
        line_net,
        allowances,
        charges: Halalas::ZERO,
        tax_exclusive,
        tax,
        tax_inclusive: tax_exclusive + tax,
        prepaid: Halalas::ZERO,
        rounding: Halalas::ZERO,
        payable: tax_exclusive + tax,
    }
}

/// Checks that the tenders pay the sum; only cash may exceed it. Gives the change.
fn settle(tenders: &[Tender], payable: Halalas) -> Result<Halalas, Vec<Finding>> {
    if tenders.is_empty() {
        return Ok(Halalas::ZERO);
    }
    let sum = |cash: bool| -> Halalas {
        tenders.iter().filter(|t| (t.kind == TenderKind::Cash) == cash).map(|t| t.amount).sum()
    };
    let (cash, other) = (sum(true), sum(false));
    if other > payable {
        return Err(vec![Finding::at("tenders", Problem::TendersExceed { paid: other, payable })]);
    }
    if cash + other < payable {
        return Err(vec![Finding::at("tenders", Problem::TendersFallShort { paid: cash + other, payable })]);
    }
    let change = cash + other - payable;
    Ok(change)
}

/// One `PaymentMeans` per way of paying, in the order of the tenders; cash if
/// the POS did not say.
fn payment_means(tenders: &[Tender]) -> Vec<PaymentMeans> {
    let mut means: Vec<PaymentMeans> = Vec::new();
    for tender in tenders {
        if means.iter().all(|known| known.kind != tender.kind) {
            means.push(PaymentMeans { kind: tender.kind });
        }
    }
    if means.is_empty() {
        means.push(PaymentMeans { kind: TenderKind::Cash });
    }
    means
}
