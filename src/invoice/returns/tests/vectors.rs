//! `tests/vectors/shelf-prices.json`: every return to the halala.

use super::*;
use crate::invoice::{Discount, Draft, DraftLine, ItemName, Terms, UnitPrice, price};

const SHELF_PRICES: &str = include_str!("../../../../tests/vectors/shelf-prices.json");

fn halalas(value: &serde_json::Value) -> Halalas {
    Halalas::new(value.as_i64().unwrap())
}

fn draft(case: &serde_json::Value) -> Draft {
    let discount = |value| Some(halalas(value)).filter(|amount| !amount.is_zero());
    let discount = |value| discount(value).map(|amount| Discount { amount, reason: None });
    let lines = case["lines"].as_array().unwrap().iter().map(|line| DraftLine {
        name: ItemName { arabic: Some("صنف".into()), english: None },
        quantity: Quantity::parse(line["qty"].as_str().unwrap()).unwrap(),
        unit: "PCE".into(),
        price: UnitPrice::Inclusive(halalas(&line["shelf"])),
        discount: discount(&line["line_discount"]),
        charge: None,
        vat: vat(
            Category::from_code(line["category"].as_str().unwrap()).unwrap(),
            line["rate_bp"].as_u64().unwrap() as u16,
        ),
        barcode: None,
        article: None,
    });
    Draft {
        kind: Kind::SIMPLIFIED_INVOICE,
        terms: Terms::default(),
        reference: None,
        lines: lines.collect(),
        discount: discount(&case["basket_discount"]),
        charges: vec![],
        prepayments: vec![],
        rounding: Halalas::ZERO,
        tenders: vec![],
    }
}

/// One line of each vector per tuple: quantity, gross, net, VAT, price, allowance.
type Row = (String, i64, i64, i64, String, i64);

#[test]
fn every_return_of_the_vectors() {
    let file: serde_json::Value = serde_json::from_str(SHELF_PRICES).unwrap();
    let mut returns = 0;
    for case in file["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let sold = price(&draft(case)).unwrap();
        let original = Original::from_priced(Kind::SIMPLIFIED_INVOICE, &sold).unwrap();
        let mut balance = Balance::untouched(original);
        let mut past = Vec::new();
        for expected in case["returns"].as_array().unwrap() {
            let wanted = expected["request"].as_object().unwrap().iter().map(|(at, quantity)| WantedLine {
                line: LineKey::Number(at.parse::<u32>().unwrap() + 1),
                quantity: Some(Quantity::parse(quantity.as_str().unwrap()).unwrap()),
            });
            let note = refund(&balance, &Wanted::Lines(wanted.collect()), &[]).unwrap();
            check(name, &note.priced, &expected["groups"]);
            assert_eq!(rules::broken(&note.priced), Vec::<String>::new(), "{name}");
            past.push(Past { vat: note.priced.totals.tax, returns: note.taken });
            balance = Balance::replay(balance.original().clone(), &past).unwrap();
            returns += 1;
        }
    }
    assert_eq!(returns, 18);
}

fn check(name: &str, note: &crate::invoice::Priced, groups: &serde_json::Value) {
    let groups = groups.as_array().unwrap();
    assert_eq!(note.groups.len(), groups.len(), "{name}");
    let mut payable = 0;
    for group in groups {
        let category = group["category"].as_str().unwrap();
        let found = note.groups.iter().find(|found| found.vat.category.code() == category).unwrap();
        assert_eq!(u64::from(found.vat.rate.basis_points()), group["rate_bp"].as_u64().unwrap());
        let amounts = (found.taxable, found.tax, found.taxable + found.tax);
        let wanted = (halalas(&group["taxable"]), halalas(&group["vat"]), halalas(&group["gross"]));
        assert_eq!(amounts, wanted, "{name} {category}");
        payable += group["gross"].as_i64().unwrap();
        let of_group = note.lines.iter().filter(|line| line.vat.group() == found.vat.group());
        let lines: Vec<Row> = of_group
            .map(|line| {
                let allowance = line.allowance.as_ref().map_or(0, |allowance| allowance.amount.get());
                let amounts = (line.gross.get(), line.net.get(), line.vat_amount.get());
                let (quantity, price) = (line.quantity.to_string(), line.price.to_string());
                (quantity, amounts.0, amounts.1, amounts.2, price, allowance)
            })
            .collect();
        let number = |line: &serde_json::Value, key: &str| line[key].as_i64().unwrap();
        let text = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap().to_owned();
        let wanted: Vec<Row> = group["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| {
                let amounts = (number(line, "gross"), number(line, "net"), number(line, "vat"));
                let rest = (text(line, "qty"), text(line, "price"), number(line, "allowance"));
                (rest.0, amounts.0, amounts.1, amounts.2, rest.1, rest.2)
            })
            .collect();
        assert_eq!(lines, wanted, "{name} {category}");
    }
    assert_eq!(note.totals.payable.get(), payable, "{name}");
}
