//! The lines and sums of a credit note, once it is clear what it takes back
//! (invoice-xml.md section 11.1: steps 5 and 6, no document allowance).

use super::balance::{Balance, GroupShare, TakenBack};
use super::original::{OriginalGroup, OriginalLine};
use crate::invoice::pricing::{stated_price, vat_on};
use crate::invoice::{Allowance, Basis, ItemName, Priced, PricedLine, TaxGroup, Totals, limits};
use crate::money::{Decimal, Halalas, Quantity, share_out};

/// What the name of a line says that lowers a price afterwards.
const LOWERED: ItemNames = ItemNames { arabic: "تخفيض سعر", english: "Price reduction" };

struct ItemNames {
    arabic: &'static str,
    english: &'static str,
}

/// Prices a note. `balance` is what was left before it; `taken` and `shares`
/// are what it takes, line by line and for each group of the original.
pub(super) fn price(
    balance: &Balance,
    taken: &[TakenBack],
    shares: &[GroupShare],
    rounding: Halalas,
) -> Priced {
    let original = balance.original();
    // What is taken names lines of the original, so that there is a place for
    // each; members are places in `taken`, `places` and `nets`.
    let place = |taken: &TakenBack| original.place(taken.line);
    let places: Vec<usize> = taken.iter().filter_map(place).collect();
    let mut nets = vec![Halalas::ZERO; taken.len()];
    let mut groups = Vec::new();
    for (group, share) in original.groups().iter().zip(shares) {
        let members: Vec<usize> = (0..places.len()).filter(|at| group.lines.contains(&places[*at])).collect();
        if members.is_empty() {
            continue;
        }
        for (at, net) in members.iter().zip(line_nets(original.basis(), taken, &members, share.net)) {
            nets[*at] = net;
        }
        groups.push(subtotal(group, *share));
    }
    let lines = places.iter().zip(taken).zip(nets).map(|((place, taken), net)| {
        let lowered = balance.was_lowered(*place);
        line(original.basis(), &original.lines()[*place], taken, net, lowered)
    });
    let lines: Vec<PricedLine> = lines.collect();
    let totals = totals(&groups, rounding);
    Priced { basis: original.basis(), lines, groups, totals, ..Priced::default() }
}

/// The nets of a group's lines: on shelf prices the group's net shared out by
/// what each line refunds.
fn line_nets(basis: Basis, taken: &[TakenBack], members: &[usize], net: Halalas) -> Vec<Halalas> {
    let refunds: Vec<Halalas> = members.iter().map(|at| taken[*at].refund).collect();
    match basis {
        Basis::Inclusive => share_out(net, &refunds),
        Basis::Net => refunds,
    }
}

fn subtotal(group: &OriginalGroup, share: GroupShare) -> TaxGroup {
    TaxGroup { vat: group.tax_group.vat.clone(), taxable: share.net, tax: share.vat }
}

fn line(basis: Basis, line: &OriginalLine, taken: &TakenBack, net: Halalas, lowered: bool) -> PricedLine {
    let vat_amount = match basis {
        Basis::Inclusive => taken.refund - net,
        Basis::Net => vat_on(net, line.vat.rate),
    };
    let body = match taken.quantity {
        Some(quantity) => returned(line, quantity, net, lowered),
        None => reduction(line, net),
    };
    PricedLine {
        name: body.name,
        quantity: body.quantity,
        unit: body.unit,
        price: body.price,
        allowance: body.allowance,
        charge: None,
        net,
        vat_amount,
        gross: net + vat_amount,
        paid: taken.refund,
        vat: line.vat.clone(),
        barcode: line.barcode.clone(),
        article: line.article.clone(),
    }
}

/// What differs between goods that come back and a price that is lowered.
struct Body {
    name: String,
    quantity: Quantity,
    unit: String,
    price: Decimal,
    allowance: Option<Allowance>,
}

/// Goods that come back, at the price of the original. What was paid less than
/// that is an allowance; what was paid more (a charge on the whole document) or
/// a rounding too large for the line rule is in the price.
fn returned(line: &OriginalLine, quantity: Quantity, net: Halalas, lowered: bool) -> Body {
    let (price, amount) = stated_price(line.price, quantity, net, line.reduced || lowered);
    let allowance = (!amount.is_zero()).then(|| Allowance { amount, reason: line.reduction.clone() });
    Body { name: line.name.clone(), quantity, unit: line.unit.clone(), price, allowance }
}

/// A price that is lowered afterwards, without goods: one piece of that, for
/// the net amount. Quantity and unit of the original would claim that goods
/// came back, and its price times a quantity does not meet every amount; one
/// line for each item keeps the description of what became cheaper.
fn reduction(line: &OriginalLine, net: Halalas) -> Body {
    Body {
        name: lowered_name(&line.name),
        quantity: Quantity::from_thousandths(1000),
        unit: "PCE".to_owned(),
        price: Decimal::new(net.get().into(), 2),
        allowance: None,
    }
}

/// The item's name with the words for the reduction, in both languages.
fn lowered_name(name: &str) -> String {
    let is_arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
    let (arabic, english) = match name.split_once(ItemName::SEPARATOR) {
        Some((arabic, english)) => (Some(arabic), Some(english)),
        None if is_arabic(name) => (Some(name), None),
        None => (None, Some(name)),
    };
    let part =
        |words: &str, name: Option<&str>| name.map_or(words.to_owned(), |name| format!("{words}: {name}"));
    let whole = ItemName {
        arabic: Some(part(LOWERED.arabic, arabic)),
        english: Some(part(LOWERED.english, english)),
    };
    whole.text().chars().take(limits::NAME).collect::<String>().trim_end().to_owned()
}

fn totals(groups: &[TaxGroup], rounding: Halalas) -> Totals {
    let net: Halalas = groups.iter().map(|group| group.taxable).sum();
    let tax: Halalas = groups.iter().map(|group| group.tax).sum();
    Totals {
        line_net: net,
        tax_exclusive: net,
        tax,
        tax_inclusive: net + tax,
        rounding,
        payable: net + tax + rounding,
        ..Totals::default()
    }
}
