//! Every arithmetic rule, on random drafts over everything that a document can be.

use super::*;
use crate::invoice::samples::{self, Dice};
use crate::invoice::{PricedLine, Vat};

const DRAFTS: u64 = 20_000;

fn sum(parts: impl Iterator<Item = Halalas>) -> Halalas {
    parts.sum()
}

/// What the customer owes by the prices alone, on shelf prices.
fn owed(draft: &Draft) -> i64 {
    let lines: i64 = line_amounts(draft).unwrap().iter().map(|amount| amount.get()).sum();
    let discount = draft.discount.as_ref().map_or(0, |discount| discount.amount.get());
    let charges: i64 = draft.charges.iter().map(|charge| charge.amount.get()).sum();
    let advances: i64 = draft.prepayments.iter().map(|advance| advance.amount.get()).sum();
    lines - discount + charges - advances + draft.rounding.get()
}

/// BR-KSA-EN16931-11, BR-KSA-51, BR-KSA-F-04.
fn line_holds(line: &PricedLine) {
    let allowance = line.allowance.as_ref().map_or(Halalas::ZERO, |allowance| allowance.amount);
    let charge = line.charge.as_ref().map_or(Halalas::ZERO, |charge| charge.amount);
    assert!(line_rule_holds(line.price, line.quantity, allowance, line.net - charge), "{line:#?}");
    assert_eq!(line.gross, line.net + line.vat_amount);
    let amounts = [allowance, charge, line.net, line.vat_amount, line.gross, line.paid];
    assert!(amounts.iter().all(|amount| *amount >= Halalas::ZERO) && line.price.mantissa() >= 0, "{line:#?}");
    assert!(!line.allowance.as_ref().is_some_and(|allowance| allowance.amount.is_zero()));
    assert!(!line.charge.as_ref().is_some_and(|charge| charge.amount.is_zero()));
}

/// BR-CO-17, BR-S-08, BR-S-09 and their like for Z, E and O, and what returns need.
fn group_holds(priced: &Priced, group: &TaxGroup) {
    let same = |vat: &Vat| vat.group() == group.vat.group();
    let lines: Vec<&PricedLine> = priced.lines.iter().filter(|line| same(&line.vat)).collect();
    let nets = sum(lines.iter().map(|line| line.net));
    let allowances = sum(priced.allowances.iter().filter(|a| same(&a.vat)).map(|a| a.amount));
    let charges = sum(priced.charges.iter().filter(|c| same(&c.vat)).map(|c| c.amount));
    assert_eq!(group.taxable, nets - allowances + charges);
    let exact = vat_on(group.taxable, group.vat.rate);
    assert!((group.tax - exact).get().abs() <= 1, "{group:?}");
    assert!(group.taxable >= Halalas::ZERO && group.tax >= Halalas::ZERO);
    assert_eq!(group.vat.exemption.is_some(), group.vat.rate == Rate::ZERO);
    let paid = sum(lines.iter().map(|line| line.paid));
    let stated = if priced.basis == Basis::Net { group.taxable } else { group.taxable + group.tax };
    assert_eq!(paid, stated);
}

/// BR-CO-10 to BR-CO-16, BR-KSA-79, BR-KSA-80.
fn totals_hold(priced: &Priced) {
    let t = priced.totals;
    assert_eq!(t.line_net, sum(priced.lines.iter().map(|line| line.net)));
    assert_eq!(t.allowances, sum(priced.allowances.iter().map(|a| a.amount)));
    assert_eq!(t.charges, sum(priced.charges.iter().map(|c| c.amount)));
    assert_eq!(t.tax_exclusive, t.line_net - t.allowances + t.charges);
    assert_eq!(t.tax_exclusive, sum(priced.groups.iter().map(|group| group.taxable)));
    assert_eq!(t.tax, sum(priced.groups.iter().map(|group| group.tax)));
    assert_eq!(t.tax_inclusive, t.tax_exclusive + t.tax);
    assert_eq!(t.prepaid, sum(priced.prepayments.iter().map(|p| p.taxable + p.tax)));
    assert_eq!(t.payable, t.tax_inclusive - t.prepaid + t.rounding);
    for advance in &priced.prepayments {
        assert!((advance.tax - vat_on(advance.taxable, advance.vat.rate)).get().abs() <= 1);
        assert!(priced.groups.iter().any(|group| group.vat.group() == advance.vat.group()));
    }
    let keys: Vec<_> = priced.groups.iter().map(|group| group.vat.group()).collect();
    assert!(keys.is_sorted_by(|a, b| a < b), "one subtotal for each category and rate");
}

#[test]
fn every_random_document_obeys_every_sum() {
    let (mut net, mut free, mut refund, mut charged) = (0, 0, 0, 0);
    for seed in 0..DRAFTS {
        let mut dice = Dice::new(seed);
        let mut draft = samples::draft(&mut dice);
        let priced = price(&draft).unwrap_or_else(|found| panic!("seed {seed}: {found:?}"));
        priced.lines.iter().for_each(line_holds);
        priced.groups.iter().for_each(|group| group_holds(&priced, group));
        totals_hold(&priced);
        if priced.basis == Basis::Inclusive {
            assert_eq!(priced.totals.payable.get(), owed(&draft), "seed {seed}");
        }
        draft.tenders = samples::tenders(&mut dice, priced.totals.payable);
        let paid: Halalas = draft.tenders.iter().map(|tender| tender.amount).sum();
        let settled = price(&draft).unwrap();
        assert_eq!(settled.totals, priced.totals);
        if !draft.tenders.is_empty() {
            assert_eq!(settled.change, paid - priced.totals.payable, "seed {seed}");
        }
        net += u64::from(priced.basis == Basis::Net);
        free += u64::from(priced.totals.tax_inclusive.is_zero());
        refund += u64::from(priced.totals.payable < Halalas::ZERO);
        charged += u64::from(!priced.charges.is_empty());
    }
    assert!(net > DRAFTS / 4 && free > DRAFTS / 50 && refund > DRAFTS / 100 && charged > DRAFTS / 10);
}

fn rules(draft: &Draft) -> Vec<(String, &'static str)> {
    price(draft).unwrap_err().into_iter().map(|found| (found.field, found.rule)).collect()
}

#[test]
fn what_does_not_go_together_is_refused() {
    let plain = |json: &str| crate::invoice::read_sale(json.as_bytes()).unwrap();
    let line = r#"{"name":"تمر","quantity":1,"shelf_price":"1.00","vat":"S"}"#;
    let sale = |lines: &str, rest: &str| plain(&format!(r#"{{"lines":[{lines}]{rest}}}"#));
    let found = |lines: &str, rest: &str| rules(&sale(lines, rest));
    let net = line.replace("shelf_price", "net_price");
    let one = |field: &str, rule: &'static str| vec![(field.to_owned(), rule)];
    assert_eq!(found(&format!("{line},{net}"), ""), one("lines[1].net_price", "TILLD-MIXED-PRICES"));
    assert_eq!(found(&format!("{net},{line}"), ""), one("lines[1].shelf_price", "TILLD-MIXED-PRICES"));
    let charge = r#","charges":[{"amount":1,"code":"FC","reason":"توصيل","vat":{"category":"S","rate":5}}]"#;
    assert_eq!(found(line, charge), one("charges[0].vat", "TILLD-CHARGE-GROUP"));
    assert_eq!(found(line, r#","discount":"1.01""#), one("discount", "BR-KSA-F-04"));
    assert_eq!(found(&net, r#","discount":"1.01""#), one("discount", "BR-KSA-F-04"));
    let advance =
        r#","prepayments":[{"number":"T1-1","date":"2026-01-01","time":"00:00:00","vat":"S","amount":5}]"#;
    let cash = r#","tenders":[{"kind":"cash","amount":1}]"#;
    assert_eq!(found(line, &format!("{advance}{cash}")), one("tenders", "TILLD-TENDERS-EXCEED"));
    let free = line.replace("1.00", "0.50");
    assert_eq!(found(&free, r#","rounding":"-0.51""#), one("rounding", "TILLD-ROUNDING"));
    assert_eq!(price(&sale(&free, r#","rounding":"-0.50""#)).unwrap().totals.payable, Halalas::ZERO);
    // Of nothing there is nothing to round: no return could give it back.
    let gift = r#","discount":{"percent":100}"#;
    for rounding in ["0.61", "-0.61"] {
        let rounded = format!(r#"{gift},"rounding":"{rounding}""#);
        assert_eq!(found(line, &rounded), one("rounding", "TILLD-ROUNDING"));
        let spent = format!(r#"{},"rounding":"{rounding}""#, advance.replace(":5}", ":1}"));
        assert_eq!(found(line, &spent), one("rounding", "TILLD-ROUNDING"));
    }
    let turned = format!(r#"{},"rounding":"0.61""#, advance.replace(":5}", r#":"1.60"}"#));
    assert_eq!(found(line, &turned), one("rounding", "TILLD-ROUNDING"));
    let mut foreign = sale(line, "");
    let rate = Decimal::new(102, 2);
    foreign.terms.currency = Some(crate::invoice::Foreign { code: "USD", rate });
    assert_eq!(rules(&foreign), one("currency.rate", "BR-KSA-97"));
}
