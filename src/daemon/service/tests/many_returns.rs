//! Random sales taken back in random steps over the real router, until nothing
//! is left: the notes add up to the sale in every VAT group, in net and in VAT.
//! `TILLD_RETURNS_DIR` keeps the documents for a judge outside,
//! `TILLD_RETURNS_COUNT` and `TILLD_RETURNS_SEED` make others.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::till::Till;
use crate::invoice::{Category, Invoice};
use crate::money::{Halalas, Rate};
use crate::ubl;

/// Splitmix64: the same sequence for the same seed, everywhere.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn riyals(halalas: u64) -> String {
    format!("{}.{:02}", halalas / 100, halalas % 100)
}

fn sale(rng: &mut Seeded) -> Value {
    let net = rng.below(3) == 0;
    let mut lines = Vec::new();
    for number in 0..1 + rng.below(5) {
        let quantity = match rng.below(3) {
            0 => format!("{}.{:03}", rng.below(4), 1 + rng.below(999)),
            _ => (1 + rng.below(12)).to_string(),
        };
        let vat = match rng.below(5) {
            0 => json!({"category": "Z", "reason_code": "VATEX-SA-35"}),
            1 => json!({"category": "S", "rate": "5"}),
            _ => json!("S"),
        };
        let price = if net { "net_price" } else { "shelf_price" };
        let mut line = json!({
            "name": {"ar": format!("صنف رقم {number}")}, "quantity": quantity, "vat": vat,
            price: riyals(1 + rng.below(20_000)),
        });
        if rng.below(3) == 0 {
            line["discount"] = json!({"percent": (1 + rng.below(100)).to_string()});
        }
        lines.push(line);
    }
    let mut sale = json!({"lines": lines});
    if rng.below(2) == 0 {
        sale["discount"] = json!({"percent": format!("{}.5", rng.below(60))});
    }
    sale
}

/// A part of what is left, as the look-up tells it.
fn part(rng: &mut Seeded, sold: &Value, seen: &Value) -> Value {
    let mut wanted = json!({"original": {"qr": sold["qr"]}, "reason": "goods_returned"});
    let first = sold["payable"].as_str().or_else(|| sold["totals"]["payable"].as_str());
    let left = seen["credited"]["left"].as_str().or(first).unwrap_or_else(|| panic!("{sold}"));
    let left: u64 = left.replace('.', "").parse().unwrap();
    if left > 1 && rng.below(3) == 0 {
        wanted["amount"] = json!(riyals(1 + rng.below(left - 1)));
        return wanted;
    }
    let lines = lines_left(seen);
    let line = &lines[rng.below(lines.len() as u64) as usize];
    let thousandths = 1 + rng.below(line.1);
    let quantity = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    wanted["lines"] = json!([{"line": line.0, "quantity": quantity}]);
    wanted
}

/// Lines with the thousandths that are left of them.
fn lines_left(seen: &Value) -> Vec<(u64, u64)> {
    let lines = seen["lines_left"].as_array().unwrap();
    lines.iter().map(|line| (line[0].as_u64().unwrap(), line[1].as_u64().unwrap())).collect()
}

type Groups = BTreeMap<(Category, Rate), (Halalas, Halalas)>;

fn add(groups: &mut Groups, invoice: &Invoice) {
    for group in &invoice.priced.groups {
        let sums = groups.entry(group.vat.group()).or_default();
        *sums = (sums.0 + group.taxable, sums.1 + group.tax);
    }
}

fn keep(number: &mut u32, xml: &str) {
    *number += 1;
    let Some(dir) = std::env::var_os("TILLD_RETURNS_DIR") else { return };
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(std::path::Path::new(&dir).join(format!("{number:06}.xml")), xml).unwrap();
}

#[tokio::test]
async fn any_sequence_of_returns_adds_up_to_the_sale() {
    let mut rng = Seeded(setting("TILLD_RETURNS_SEED", 20_261_122));
    let till = Till::new();
    let (mut written, mut notes) = (0, 0);
    for _ in 0..setting("TILLD_RETURNS_COUNT", 40) {
        let body = sale(&mut rng);
        let sold = till.sell(&body).await.issued();
        let xml = till.xml(&sold).await;
        keep(&mut written, &xml);
        let original = ubl::restore(xml.as_bytes()).unwrap();
        let (mut whole, mut back) = (Groups::new(), Groups::new());
        add(&mut whole, &original);
        let mut quantities: Vec<u64> =
            original.priced.lines.iter().map(|line| line.quantity.thousandths() as u64).collect();
        for step in 0.. {
            let mut seen = till.look_up(&sold).await;
            let open: Vec<(u64, u64)> =
                (1..).zip(quantities.iter().copied()).filter(|(_, left)| *left > 0).collect();
            seen["lines_left"] = json!(open);
            let last = step == 5 || open.is_empty();
            let wanted = if last {
                json!({"original": {"qr": sold["qr"]}, "whole": true, "reason": "goods_returned"})
            } else {
                part(&mut rng, &sold, &seen)
            };
            let answer = till.credit(&wanted).await;
            if answer.status == 422 {
                // Nothing is left of the document, or of the line that was asked for.
                let (_, findings) = answer.refused();
                assert!(findings.iter().all(|(_, rule)| rule.starts_with("TILLD-")), "{findings:?}");
                if last {
                    break;
                }
                continue;
            }
            if let Some(line) = wanted["lines"].get(0) {
                let taken = line["quantity"].as_str().unwrap().replace('.', "").parse::<u64>().unwrap();
                quantities[line["line"].as_u64().unwrap() as usize - 1] -= taken;
            }
            let note = answer.issued();
            let xml = till.xml(&note).await;
            keep(&mut written, &xml);
            add(&mut back, &ubl::restore(xml.as_bytes()).unwrap());
            notes += 1;
            if last {
                break;
            }
        }
        let emptied = |groups: Groups| -> Groups {
            groups.into_iter().filter(|(_, (net, tax))| !net.is_zero() || !tax.is_zero()).collect()
        };
        assert_eq!(emptied(back), emptied(whole), "{body}");
    }
    assert!(notes > 60, "only {notes} notes were made");
}
