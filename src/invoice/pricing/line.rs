//! Lines: net amounts that add up to their group, and the unit price, allowance
//! and charge that lead to them (steps 4 to 6 of invoice-xml.md section 11.1).

use super::group::Group;
use super::vat_on;
use crate::invoice::document::{Allowance, Basis, LineCharge, PricedLine};
use crate::invoice::draft::{Draft, DraftLine, UnitPrice};
use crate::money::{Decimal, Halalas, Quantity, Rate, div_half_up, share_out};

/// Every line of the draft, in its order.
pub(super) fn price_lines(
    draft: &Draft,
    basis: Basis,
    amounts: &[Halalas],
    groups: &[Group],
) -> Vec<PricedLine> {
    let mut nets = vec![(Halalas::ZERO, Halalas::ZERO); amounts.len()];
    for group in groups {
        let own: Vec<Halalas> = group.lines.iter().map(|at| amounts[*at]).collect();
        let of_lines = match basis {
            Basis::Inclusive => share_out(group.line_net, &own),
            Basis::Net => own,
        };
        for ((at, net), paid) in group.lines.iter().zip(of_lines).zip(&group.paid) {
            nets[*at] = (net, *paid);
        }
    }
    let each = draft.lines.iter().zip(amounts).zip(nets);
    each.map(|((line, amount), (net, paid))| price_line(line, *amount, net, paid)).collect()
}

fn price_line(line: &DraftLine, amount: Halalas, net: Halalas, paid: Halalas) -> PricedLine {
    let rate = line.vat.rate;
    let (terms, vat_amount) = match line.price {
        UnitPrice::Inclusive(shelf) => (shelf_terms(line, shelf, net), amount - net),
        UnitPrice::Net(price) => (net_terms(line, price), vat_on(net, rate)),
    };
    let reason = || line.discount.as_ref().and_then(|discount| discount.reason.clone());
    let written = line.charge.as_ref().filter(|_| !terms.charge.is_zero());
    PricedLine {
        name: line.name.text(),
        quantity: line.quantity,
        unit: line.unit.clone(),
        price: terms.price,
        allowance: (!terms.allowance.is_zero())
            .then(|| Allowance { amount: terms.allowance, reason: reason() }),
        charge: written.map(|charge| LineCharge {
            amount: terms.charge,
            code: charge.code,
            reason: charge.reason.clone(),
        }),
        net,
        vat_amount,
        gross: net + vat_amount,
        paid,
        vat: line.vat.clone(),
        barcode: line.barcode.clone(),
        article: line.article.clone(),
    }
}

/// `price x quantity - allowance + charge` is the line's net amount.
struct Terms {
    price: Decimal,
    allowance: Halalas,
    charge: Halalas,
}

/// Net prices are stated as they are.
fn net_terms(line: &DraftLine, price: Decimal) -> Terms {
    Terms {
        price: price.at_least_two_places(),
        allowance: line.discount.as_ref().map_or(Halalas::ZERO, |discount| discount.amount),
        charge: line.charge.as_ref().map_or(Halalas::ZERO, |charge| charge.amount),
    }
}

/// A charge that holds VAT is stated without it; a discount then takes up what
/// rounding leaves. Without a discount the charge does.
fn shelf_terms(line: &DraftLine, shelf: Halalas, net: Halalas) -> Terms {
    let discounted = line.discount.is_some();
    let Some(charge) = &line.charge else {
        let (price, allowance) = unit_price(shelf, line.quantity, line.vat.rate, net, discounted);
        return Terms { price, allowance, charge: Halalas::ZERO };
    };
    let price = shelf_price(shelf, line.quantity, line.vat.rate);
    let undiscounted = super::times(price, line.quantity);
    let (allowance, charge) = if discounted {
        let charge = super::net_of(charge.amount, line.vat.rate);
        (at_least_zero(undiscounted + charge - net), charge)
    } else {
        (Halalas::ZERO, at_least_zero(net - undiscounted))
    };
    Terms { price: settled(price, line.quantity, allowance, net - charge), allowance, charge }
}

fn at_least_zero(amount: Halalas) -> Halalas {
    amount.max(Halalas::ZERO)
}

/// Steps 5 and 6: the net unit price with as many decimals as the quantity
/// demands, and the line allowance that brings it down to the net amount.
pub(in crate::invoice) fn unit_price(
    shelf: Halalas,
    quantity: Quantity,
    rate: Rate,
    net: Halalas,
    discounted: bool,
) -> (Decimal, Halalas) {
    stated_price(shelf_price(shelf, quantity, rate), quantity, net, discounted)
}

/// As [`unit_price`], for a price that an earlier document stated.
pub(in crate::invoice) fn stated_price(
    price: Decimal,
    quantity: Quantity,
    net: Halalas,
    discounted: bool,
) -> (Decimal, Halalas) {
    let undiscounted = super::times(price, quantity);
    let allowance = if discounted { at_least_zero(undiscounted - net) } else { Halalas::ZERO };
    (settled(price, quantity, allowance, net), allowance)
}

/// Step 5: the shelf price without VAT.
fn shelf_price(shelf: Halalas, quantity: Quantity, rate: Rate) -> Decimal {
    let places = price_places(quantity);
    let divisor = (10_000 + i128::from(rate.basis_points())) * 100;
    let exact = i128::from(shelf.get()) * 10i128.pow(places) * 10_000;
    Decimal::new(div_half_up(exact, divisor), places)
}

/// Step 6: the price itself if it leads to the net amount, or else the price that does.
fn settled(price: Decimal, quantity: Quantity, allowance: Halalas, net: Halalas) -> Decimal {
    if line_rule_holds(price, quantity, allowance, net) {
        return price.at_least_two_places();
    }
    // price = (net + allowance) / quantity, in riyals
    let places = price_places(quantity);
    let exact = i128::from((net + allowance).get()) * 10i128.pow(places) * 10;
    let other = div_half_up(exact, i128::from(quantity.thousandths()));
    Decimal::new(other, places).at_least_two_places()
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
/// `net` is the line's net amount less its charge.
pub(in crate::invoice) fn line_rule_holds(
    price: Decimal,
    quantity: Quantity,
    allowance: Halalas,
    net: Halalas,
) -> bool {
    let product = price.mantissa() * i128::from(quantity.thousandths()) / 10i128.pow(price.scale());
    let rounded = div_half_up(product, 10);
    (rounded - i128::from(allowance.get()) - i128::from(net.get())).abs() <= 1
}
