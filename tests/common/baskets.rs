//! Random baskets, as a POS application would send them.

use serde_json::{Value, json};

use super::Seeded;

/// A request and what it must cost, in halalas, by the shelf prices alone.
pub struct Basket {
    pub request: Value,
    pub payable: i64,
}

const NAMES: [(&str, &str); 8] = [
    ("حليب طازج كامل الدسم", "Fresh full-fat milk"),
    ("خبز عربي", "Arabic bread"),
    ("تمر سكري", "Sukkari dates"),
    ("جبنة بيضاء & زيتون", "White cheese & olives"),
    ("ماء <٣٣٠ مل>", "Water \"330 ml\""),
    ("طماطم", "Tomatoes"),
    ("قهوة عربية", "Arabic coffee"),
    ("أرز بسمتي", "Basmati rice"),
];

/// A basket of 1 to 12 lines over all categories, with weights, line and
/// basket discounts, and tenders that pay it.
pub fn basket(rng: &mut Seeded, number: u64) -> Basket {
    let count = rng.between(1, 12);
    let mut sum = 0;
    let lines: Vec<Value> = (0..count)
        .map(|_| {
            let (line, gross) = line(rng);
            sum += gross;
            line
        })
        .collect();
    let mut request = json!({"reference": format!("POS-{number}"), "lines": lines});
    if rng.chance(30) && sum > 0 {
        let discount = rng.between(1, sum as u64) as i64;
        request["discount"] = json!(riyals(discount));
        sum -= discount;
    }
    request["tenders"] = tenders(rng, sum);
    Basket { request, payable: sum }
}

fn line(rng: &mut Seeded) -> (Value, i64) {
    let (arabic, english) = *rng.pick(&NAMES);
    let shelf = if rng.chance(5) { 0 } else { rng.between(1, 50_000) as i64 };
    let thousandths = match rng.between(1, 10) {
        1..=3 => rng.between(1, 9_999) as i64,
        4 => rng.between(100, 5_000) as i64 * 1000,
        _ => rng.between(1, 20) as i64 * 1000,
    };
    let gross = (shelf * thousandths * 2 + 1000) / 2000;
    let name = match rng.between(1, 3) {
        1 => json!({"ar": arabic, "en": english}),
        2 => json!({"ar": arabic}),
        _ => json!({"en": english}),
    };
    let vat = match rng.between(1, 10) {
        1 => json!({"category": "Z", "reason_code": "VATEX-SA-35"}),
        2 => json!({"category": "E", "reason_code": "VATEX-SA-29"}),
        3 => json!({"category": "O", "reason": "Deposit on bottles / تأمين"}),
        _ => json!("S"),
    };
    let mut line = json!({
        "name": name, "quantity": thousandths_text(thousandths), "shelf_price": riyals(shelf), "vat": vat,
        "unit": if thousandths % 1000 == 0 { "PCE" } else { "KGM" },
    });
    let discount = if rng.chance(25) { rng.between(0, gross as u64) as i64 } else { 0 };
    if discount > 0 {
        line["discount"] = json!({"amount": riyals(discount), "reason": "عرض الأسبوع"});
    }
    (line, gross - discount)
}

fn tenders(rng: &mut Seeded, sum: i64) -> Value {
    let card = if rng.chance(50) { rng.between(0, sum as u64) as i64 } else { 0 };
    let cash = sum - card + if rng.chance(50) { rng.between(0, 10_000) as i64 } else { 0 };
    json!([{"kind": "card", "amount": riyals(card)}, {"kind": "cash", "amount": riyals(cash)}])
}

pub fn riyals(halalas: i64) -> String {
    format!("{}.{:02}", halalas / 100, halalas % 100)
}

fn thousandths_text(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}
