//! Random sequences of returns add up to the original, and every note obeys
//! every arithmetic rule.

use super::*;
use crate::invoice::price;

/// Rates and categories that a till mixes.
fn any_vat(dice: &mut Dice) -> Vat {
    match dice.between(1, 10) {
        1..=5 => vat(Category::Standard, 1500),
        6 => vat(Category::Standard, 500),
        7 | 8 => vat(Category::ZeroRated, 0),
        9 => vat(Category::Exempt, 0),
        _ => vat(Category::OutOfScope, 0),
    }
}

/// Pieces, weights, and many pieces.
fn any_quantity(dice: &mut Dice) -> Quantity {
    Quantity::from_thousandths(match dice.between(1, 10) {
        1..=3 => 1_000,
        4..=7 => dice.between(1, 12) * 1_000,
        8 | 9 => dice.between(1, 20_000),
        _ => dice.between(1, 60_000) * 1_000,
    })
}

/// A document as it is sold: shelf or net prices, discounts up to the whole,
/// charges, advances, rounding, every kind but the one that cannot come back.
fn sold_document(dice: &mut Dice) -> Original {
    let mut draft = samples::draft(dice);
    if draft.kind.document == DocumentType::CreditNote {
        draft.kind.document = DocumentType::Invoice;
    }
    Original::from_priced(draft.kind, &price(&draft).unwrap()).unwrap()
}

/// Lines whose value has any relation to their price: discounts, shares and
/// charges of every kind; both bases.
fn any_document(dice: &mut Dice, basis: Basis) -> Original {
    let lines = (1..=dice.between(1, 6) as u32).map(|number| {
        let quantity = any_quantity(dice);
        let scale = dice.between(2, 6) as u32;
        let price = Decimal::new(dice.between(0, 30_000).into(), scale);
        let worth = price.mantissa() * i128::from(quantity.thousandths()) / 10i128.pow(scale + 1);
        let paid = match dice.between(1, 8) {
            1 => 0,
            2 => dice.between(0, 30),
            3 => dice.between(0, 2 * worth as i64),
            4 => dice.between(0, worth as i64),
            _ => worth as i64,
        };
        OriginalLine {
            price,
            quantity,
            reduced: dice.chance(50),
            ..original_line(number, "1", paid, any_vat(dice))
        }
    });
    original(basis, lines.collect())
}

/// Something that may come back next.
fn any_wanted(dice: &mut Dice, balance: &Balance) -> Wanted {
    let left = balance.gross_left().get();
    if left > 0 && dice.chance(30) {
        let most = if dice.chance(40) { left.min(9) } else { left };
        return Wanted::Amount(Halalas::new(dice.between(1, most)));
    }
    let open =
        (0..balance.original().lines().len()).filter(|at| balance.quantity_left(*at).thousandths() > 0);
    let mut open: Vec<usize> = open.collect();
    if dice.chance(30) {
        open.reverse();
    }
    let (skip, wanted): (Vec<usize>, Vec<usize>) = open.iter().partition(|_| dice.chance(50));
    let wanted = if wanted.is_empty() { skip } else { wanted };
    let lines = wanted.into_iter().map(|at| {
        let left = balance.quantity_left(at).thousandths();
        let quantity = match dice.between(1, 4) {
            1 => None,
            2 if left >= 1000 => Some(dice.between(1, left / 1000) * 1000),
            _ => Some(dice.between(1, left)),
        };
        WantedLine {
            line: LineKey::Number(balance.original().lines()[at].number),
            quantity: quantity.map(Quantity::from_thousandths),
        }
    });
    Wanted::Lines(lines.collect())
}

fn anything_left(balance: &Balance) -> bool {
    (0..balance.original().lines().len()).any(|at| balance.quantity_left(at).thousandths() > 0)
}

/// Takes a document back in several notes; gives how many.
fn take_back(dice: &mut Dice, original: Original, seed: u64) -> usize {
    let expected = original.groups().to_vec();
    let mut balance = Balance::untouched(original.clone());
    let mut past: Vec<Past> = Vec::new();
    let mut sums = vec![(0, 0); expected.len()];
    let most = dice.between(0, 5) as usize;
    while anything_left(&balance) && (past.len() < most || !balance.gross_left().is_zero() || past.is_empty())
    {
        let last = past.len() >= most;
        let wanted = if last { Wanted::Whole } else { any_wanted(dice, &balance) };
        let note = refund(&balance, &wanted, &[]).unwrap_or_else(|found| panic!("{seed}: {found:?}"));
        let priced = &note.priced;
        assert_eq!(rules::broken(priced), Vec::<String>::new(), "{seed}: {wanted:?} of {balance:#?}");
        if let Wanted::Amount(amount) = wanted {
            assert_eq!(priced.totals.payable, amount, "{seed}");
        }
        for group in &priced.groups {
            let at = expected.iter().position(|known| known.tax_group.vat == group.vat).unwrap();
            sums[at].0 += group.taxable.get();
            sums[at].1 += group.tax.get();
        }
        let before = balance.gross_left();
        past.push(Past { vat: priced.totals.tax, returns: note.taken });
        balance = Balance::replay(original.clone(), &past).unwrap();
        assert_eq!(before - balance.gross_left(), priced.totals.tax_inclusive, "{seed}: what was kept of it");
    }
    assert!(balance.gross_left().is_zero(), "{seed}");
    for (group, sum) in expected.iter().zip(sums) {
        let TaxGroup { taxable, tax, .. } = &group.tax_group;
        assert_eq!(sum, (taxable.get(), tax.get()), "{seed}: {:?}", group.tax_group.vat);
    }
    for (at, line) in original.lines().iter().enumerate() {
        let refunds = past.iter().flat_map(|note| &note.returns).filter(|taken| taken.line == line.number);
        let refunded: Halalas = refunds.map(|taken| taken.refund).sum();
        assert_eq!((refunded, balance.value_left(at)), (line.paid, Halalas::ZERO), "{seed}");
    }
    past.len()
}

#[test]
fn what_was_sold_comes_back_exactly() {
    let notes: usize = (0..6_000)
        .map(|seed| {
            let mut dice = Dice::new(seed);
            let original = sold_document(&mut dice);
            take_back(&mut dice, original, seed)
        })
        .sum();
    assert!(notes > 12_000, "{notes}");
}

#[test]
fn documents_of_any_kind_come_back_exactly() {
    for basis in [Basis::Inclusive, Basis::Net] {
        let notes: usize = (0..4_000)
            .map(|seed| {
                let mut dice = Dice::new(seed + 1_000_000);
                let original = any_document(&mut dice, basis);
                take_back(&mut dice, original, seed)
            })
            .sum();
        assert!(notes > 8_000, "{notes}");
    }
}

/// Halala by halala: where the roundings of `f` and `v` meet.
#[test]
fn small_documents_come_back_by_every_amount() {
    for basis in [Basis::Inclusive, Basis::Net] {
        for paid in 1..=60 {
            for step in 1..=7 {
                let lines = vec![
                    original_line(1, "3", paid, vat(Category::Standard, 1500)),
                    original_line(2, "2", paid / 2, vat(Category::Standard, 1500)),
                    original_line(3, "1", 1, vat(Category::ZeroRated, 0)),
                ];
                let original = original(basis, lines);
                let mut balance = Balance::untouched(original.clone());
                let mut past = Vec::new();
                while !balance.gross_left().is_zero() {
                    let amount = balance.gross_left().min(Halalas::new(step));
                    let note = refund(&balance, &Wanted::Amount(amount), &[]).unwrap();
                    assert_eq!(rules::broken(&note.priced), Vec::<String>::new(), "{paid} by {step}");
                    assert_eq!(note.priced.totals.payable, amount);
                    past.push(Past { vat: note.priced.totals.tax, returns: note.taken });
                    balance = Balance::replay(original.clone(), &past).unwrap();
                }
            }
        }
    }
}
