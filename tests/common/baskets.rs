//! Random documents over everything that a till can issue, as a POS application
//! would send them, each with the sum that it must come to.

use serde_json::{Value, json};

use super::Seeded;

/// A request and what it must cost, in hundredths of its currency, worked out
/// here from the prices alone.
pub struct Basket {
    pub request: Value,
    pub payable: i64,
    /// The request is that of a debit note; the document is a credit note.
    pub credit: bool,
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

const CHARGES: [(&str, &str); 4] =
    [("FC", "توصيل"), ("SAA", "شحن ومناولة | Shipping"), ("CG", "تنظيف"), ("PC", "تغليف & packing")];

const CURRENCIES: [(&str, &str); 4] =
    [("USD", "3.75"), ("EUR", "4.087651"), ("KWD", "12.2123"), ("JPY", "0.02519")];

/// What a document is, before its lines.
struct Frame {
    standard: bool,
    export: bool,
    summary: bool,
    citizen: bool,
    net: bool,
    foreign: bool,
    document: &'static str,
}

/// A line's VAT and its amount in the terms of the prices.
struct Sold {
    vat: Value,
    basis_points: i64,
    amount: i64,
}

/// A document of any kind: all flags, buyers, charges, discounts, advances,
/// currencies, weights and both kinds of prices.
pub fn basket(rng: &mut Seeded, number: u64) -> Basket {
    let credit = rng.chance(14);
    let document = if credit || rng.chance(14) {
        "debit_note"
    } else {
        *rng.pick(&["invoice", "invoice", "invoice", "prepayment"])
    };
    let standard = rng.chance(50);
    let export = standard && rng.chance(15);
    let frame = Frame {
        standard,
        export,
        document,
        summary: rng.chance(10),
        citizen: !export && rng.chance(5),
        net: rng.chance(40),
        foreign: standard && rng.chance(25),
    };
    let mut request = json!({"reference": format!("POS-{number}"), "document": document});
    if standard {
        request["subtype"] = json!("standard");
    }
    head(rng, &frame, &mut request);
    let payable = body(rng, &frame, &mut request);
    if payable >= 0 && rng.chance(70) {
        request["tenders"] = tenders(rng, payable);
    }
    Basket { request, payable, credit }
}

fn head(rng: &mut Seeded, frame: &Frame, request: &mut Value) {
    let mut flags = Vec::new();
    for (flag, set) in [
        ("third_party", rng.chance(10)),
        ("nominal", rng.chance(10)),
        ("export", frame.export),
        ("summary", frame.summary),
        ("self_billed", frame.standard && !frame.export && rng.chance(10)),
    ] {
        if set {
            flags.push(flag);
        }
    }
    request["flags"] = json!(flags);
    if let Some(buyer) = buyer(rng, frame) {
        request["buyer"] = buyer;
    }
    if frame.summary {
        request["supply"] = json!({"date": "2026-10-01", "until": "2026-10-31"});
    } else if rng.chance(30) {
        request["supply"] = json!({"date": "2024-02-29"});
    }
    if frame.document == "debit_note" {
        let count = rng.between(1, 3);
        let originals = (1..=count).map(|at| match at {
            1 => json!({"number": "T07-000001", "date": "2026-11-01"}),
            _ => json!({"number": format!("OLD/{at} & {at}")}),
        });
        request["originals"] = json!(originals.collect::<Vec<_>>());
        request["reason"] = json!("إرجاع السلع | Goods returned");
    }
    for (key, text) in
        [("note", "شكراً <لكم> & Thank you"), ("order_reference", "PO-4711"), ("contract_reference", "عقد 12")]
    {
        if rng.chance(20) {
            request[key] = json!(text);
        }
    }
    if frame.foreign {
        let (code, rate) = *rng.pick(&CURRENCIES);
        request["currency"] = json!({"code": code, "rate": rate});
    }
}

fn id(rng: &mut Seeded) -> Value {
    let (scheme, value) = *rng.pick(&[
        ("TIN", "3019283746"),
        ("CRN", "1010010000"),
        ("MOM", "M77"),
        ("MLS", "L99A"),
        ("700", "7001234571"),
        ("SAG", "S1"),
        ("NAT", "1092837465"),
        ("GCC", "AE1234"),
        ("IQA", "2092837465"),
        ("PAS", "P5544332"),
        ("OTH", "X0001"),
    ]);
    json!({"scheme": scheme, "value": value})
}

fn buyer(rng: &mut Seeded, frame: &Frame) -> Option<Value> {
    let saudi = json!({
        "street": "شارع التحلية", "building": "0042", "district": "السليمانية", "city": "الرياض",
        "postal_code": "12221", "country": "SA", "additional_number": "7788", "province": "الرياض",
    });
    let abroad = json!({"street": "Sheikh Zayed Rd", "additional_street": "Floor 3", "city": "Dubai",
        "postal_code": "00000", "country": "AE"});
    if frame.citizen {
        let address = if frame.standard { saudi } else { json!({"city": "جدة"}) };
        let id = json!({"scheme": "NAT", "value": "1092837465"});
        return Some(json!({"name": "سارة بنت محمد", "id": id, "address": address}));
    }
    if frame.standard {
        let name = "شركة النخيل للضيافة & Co";
        return Some(match rng.between(1, 4) {
            _ if frame.export => {
                json!({"name": name, "id": {"scheme": "OTH", "value": "FOREIGN99"}, "address": abroad})
            }
            1 => json!({"name": name, "id": id(rng), "address": saudi}),
            2 => json!({"name": name, "vat_number": "311111111100003", "address": abroad}),
            3 => json!({"name": name, "id": id(rng), "address": abroad}),
            _ => json!({"name": name, "vat_number": "311111111100003", "id": id(rng), "address": saudi}),
        });
    }
    match rng.between(1, 8) {
        1 => Some(json!({"name": "خالد"})),
        2 if frame.summary => Some(json!({"name": "خالد", "address": saudi})),
        _ if frame.summary => Some(json!({"name": "خالد", "id": id(rng)})),
        2 => Some(json!({"id": id(rng)})),
        3 => Some(json!({"vat_number": "311111111100003"})),
        4 => Some(json!({"name": "خالد", "address": {"city": "جدة", "country": "SA"}})),
        _ => None,
    }
}

fn vat(rng: &mut Seeded, frame: &Frame) -> (Value, i64) {
    if frame.export {
        let code = if rng.chance(50) { "VATEX-SA-32" } else { "VATEX-SA-33" };
        return (json!({"category": "Z", "reason_code": code}), 0);
    }
    if frame.citizen && rng.chance(60) {
        let code = if rng.chance(50) { "VATEX-SA-EDU" } else { "VATEX-SA-HEA" };
        return (json!({"category": "Z", "reason_code": code}), 0);
    }
    match rng.between(1, 11) {
        1 => (json!({"category": "Z", "reason_code": "VATEX-SA-35"}), 0),
        2 => (json!({"category": "E", "reason_code": "VATEX-SA-29", "reason": "خدمات مالية"}), 0),
        3 => (json!({"category": "O", "reason": "Deposit on bottles / تأمين"}), 0),
        4 => (json!({"category": "S", "rate": 5}), 500),
        _ => (json!("S"), 1500),
    }
}

/// Lines, discount, charges, advances and rounding; gives the payable amount.
fn body(rng: &mut Seeded, frame: &Frame, request: &mut Value) -> i64 {
    let mut sold = Vec::new();
    let lines: Vec<Value> = (0..rng.between(1, 12)).map(|_| line(rng, frame, &mut sold)).collect();
    request["lines"] = json!(lines);
    let sum: i64 = sold.iter().map(|line| line.amount).sum();
    let discount = discount(rng, sum);
    if let Some((json, _)) = &discount {
        request["discount"] = json.clone();
    }
    let off = discount.map_or(0, |(_, amount)| amount);
    let mut charged = Vec::new();
    if rng.chance(25) {
        for _ in 0..rng.between(1, 3) {
            let at = rng.between(0, sold.len() as u64 - 1) as usize;
            let amount = rng.between(1, 5_000) as i64;
            let (code, reason) = *rng.pick(&CHARGES);
            let vat = &sold[at].vat;
            charged.push((
                json!({"amount": riyals(amount), "code": code, "reason": reason, "vat": vat}),
                at,
                amount,
            ));
        }
        request["charges"] = json!(charged.iter().map(|(json, ..)| json.clone()).collect::<Vec<_>>());
    }
    let total = if frame.net {
        net_total(&sold, off, &charged)
    } else {
        sum - off + charged.iter().map(|(.., amount)| amount).sum::<i64>()
    };
    let advance = prepayments(rng, frame, request, total);
    let mut rounding = 0;
    if rng.chance(20) {
        rounding = rng.between(0, 198) as i64 - 99;
        let owed = total - advance;
        if owed == 0 {
            rounding = 0;
        } else if owed.signum() * (owed + rounding).signum() < 0 {
            rounding = -rounding;
        }
        request["rounding"] = json!(riyals(rounding));
    }
    total - advance + rounding
}

fn line(rng: &mut Seeded, frame: &Frame, sold: &mut Vec<Sold>) -> Value {
    let (arabic, english) = *rng.pick(&NAMES);
    let thousandths = match rng.between(1, 10) {
        1..=3 => rng.between(1, 9_999) as i64,
        4 => rng.between(100, 5_000) as i64 * 1000,
        _ => rng.between(1, 20) as i64 * 1000,
    };
    let name = match rng.between(1, 3) {
        1 => json!({"ar": arabic, "en": english}),
        2 => json!({"ar": arabic}),
        _ => json!({"en": english}),
    };
    let (vat, basis_points) = vat(rng, frame);
    let unit = if thousandths % 1000 == 0 { "PCE" } else { "KGM" };
    let mut line =
        json!({"name": name, "quantity": thousandths_text(thousandths), "vat": vat.clone(), "unit": unit});
    let micros = if rng.chance(5) { 0 } else { rng.between(1, 50_000) as i64 * 10_000 };
    // Net prices have up to six decimals of the currency.
    let micros = if frame.net { micros / (1 + rng.between(0, 6) as i64) } else { micros };
    if frame.net {
        line["net_price"] = json!(format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000));
    } else {
        line["shelf_price"] = json!(riyals(micros / 10_000));
    }
    let before = half_up(i128::from(micros) * i128::from(thousandths), 10_000_000);
    let mut amount = before;
    if let Some((json, off)) = discount(rng, before) {
        line["discount"] = json;
        amount -= off;
    }
    if rng.chance(10) {
        let (code, reason) = *rng.pick(&CHARGES);
        let on = rng.between(1, 2_000) as i64;
        line["charge"] = json!({"amount": riyals(on), "code": code, "reason": reason});
        amount += on;
    }
    if rng.chance(20) {
        line["barcode"] = json!("6281000000000");
        line["article"] = json!("A<1>");
    }
    sold.push(Sold { vat, basis_points, amount });
    line
}

/// None, an amount, a percentage, or everything.
fn discount(rng: &mut Seeded, of: i64) -> Option<(Value, i64)> {
    match rng.between(1, 12) {
        1 | 2 => {
            let off = rng.between(0, of as u64) as i64;
            Some((json!({"amount": riyals(off), "reason": "عرض الأسبوع"}), off))
        }
        3 => {
            let points = rng.between(0, 10_000) as i64;
            let off = half_up(i128::from(of) * i128::from(points), 10_000);
            Some((json!({"percent": riyals(points)}), off))
        }
        4 => Some((json!({"percent": 100, "reason": "هدية"}), of)),
        _ => None,
    }
}

fn prepayments(rng: &mut Seeded, frame: &Frame, request: &mut Value, total: i64) -> i64 {
    if frame.document != "invoice" || !rng.chance(30) {
        return 0;
    }
    let mut sum = 0;
    let one = |at: u64, amount: i64, vat: Value| {
        let mut one = json!({
            "number": format!("T07-{at:06}"), "date": "2026-10-31", "time": "23:59:59", "vat": vat,
            "amount": riyals(amount),
        });
        if at.is_multiple_of(2) {
            one["uuid"] = json!("8d487816-70b8-4ade-a618-9d620b73814a");
        }
        one
    };
    let list: Vec<Value> = (1..=rng.between(1, 3))
        .map(|at| {
            let amount = 1 + rng.between(0, total.max(100) as u64 / 2) as i64;
            sum += amount;
            one(at, amount, vat(rng, frame).0)
        })
        .collect();
    request["prepayments"] = json!(list);
    sum
}

/// Amounts without VAT: the discount shared out by largest remainders, the VAT of
/// each rate and category on its sum, rounded once.
fn net_total(sold: &[Sold], off: i64, charged: &[(Value, usize, i64)]) -> i64 {
    let sum: i128 = sold.iter().map(|line| i128::from(line.amount)).sum();
    let exact = |line: &Sold| if sum == 0 { 0 } else { i128::from(off) * i128::from(line.amount) };
    let mut shares: Vec<i64> = sold.iter().map(|line| (exact(line) / sum.max(1)) as i64).collect();
    let mut order: Vec<usize> = (0..sold.len()).collect();
    order.sort_by_key(|at| (-(exact(&sold[*at]) % sum.max(1)), *at));
    let missing = off - shares.iter().sum::<i64>();
    order.iter().take(missing as usize).for_each(|at| shares[*at] += 1);
    let key = |line: &Sold| (line.vat["category"].as_str().unwrap_or("S").to_owned(), line.basis_points);
    let mut groups = std::collections::BTreeMap::new();
    for (line, share) in sold.iter().zip(&shares) {
        *groups.entry(key(line)).or_insert(0) += line.amount - share;
    }
    for (_, at, amount) in charged {
        *groups.entry(key(&sold[*at])).or_insert(0) += amount;
    }
    groups.iter().map(|((_, rate), net)| net + half_up(i128::from(*net) * i128::from(*rate), 10_000)).sum()
}

fn half_up(numerator: i128, denominator: i128) -> i64 {
    ((2 * numerator + denominator) / (2 * denominator)) as i64
}

fn tenders(rng: &mut Seeded, sum: i64) -> Value {
    let card = if rng.chance(50) { rng.between(0, sum as u64) as i64 } else { 0 };
    let cash = sum - card + if rng.chance(50) { rng.between(0, 10_000) as i64 } else { 0 };
    let kind = *rng.pick(&["card", "credit_transfer", "bank_account", "other"]);
    json!([{"kind": kind, "amount": riyals(card)}, {"kind": "cash", "amount": riyals(cash)}])
}

pub fn riyals(halalas: i64) -> String {
    let sign = if halalas < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", halalas.abs() / 100, halalas.abs() % 100)
}

fn thousandths_text(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}
