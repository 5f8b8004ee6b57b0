//! One request for every official rule that a request can break.

use serde_json::{Value, json};

use crate::requests::{
    Ask, advance, charged, charged_line, dollars, export, external, identified, long, note, sale, standard,
    summary, taxed, with,
};

/// A request that would break a rule.
pub struct Entry {
    pub rule: &'static str,
    pub ask: Ask,
    /// What it is refused with: the rule, or the one that stands before it.
    pub found: &'static str,
}

/// Refused with the rule itself.
fn breaks(rule: &'static str, body: Value) -> Entry {
    Entry { rule, ask: Ask::Sale(body), found: rule }
}

/// Refused before the rule is asked; `_why` says what stands there.
fn before(rule: &'static str, body: Value, found: &'static str, _why: &str) -> Entry {
    Entry { rule, ask: Ask::Sale(body), found }
}

/// A VAT category at a rate that it cannot have.
fn rated(category: &str, rate: u32) -> Value {
    match category {
        "Z" => json!({"category": "Z", "rate": rate, "reason_code": "VATEX-SA-35"}),
        "E" => json!({"category": "E", "rate": rate, "reason_code": "VATEX-SA-29"}),
        "O" => json!({"category": "O", "rate": rate, "reason": "تأمين"}),
        _ => json!({"category": category, "rate": rate}),
    }
}

fn charge_of(vat: Value) -> Value {
    with(charged(), "/charges/0/vat", vat)
}

fn advance_of(vat: Value) -> Value {
    with(advance(), "/prepayments/0/vat", vat)
}

pub fn table() -> Vec<Entry> {
    let mut all = lines();
    all.extend(categories());
    all.extend(exemptions());
    all.extend(charges_and_discounts());
    all.extend(kinds());
    all.extend(dates());
    all.extend(advances());
    all.extend(currency());
    all.extend(buyers());
    all.extend(identifiers());
    all.extend(credits());
    all
}

fn lines() -> Vec<Entry> {
    let line = |key: &str, value: Value| with(sale(), &format!("/lines/0/{key}"), value);
    vec![
        breaks("BR-16", json!({"lines": []})),
        breaks("BR-22", line("quantity", json!(0))),
        before("BR-25", line("name", Value::Null), "TILLD-MISSING", "a line is not read without its name"),
        before("BR-25", line("name", json!(" ")), "TILLD-LENGTH", "an empty name is not read"),
        breaks("BR-26", line("shelf_price", Value::Null)),
        before("BR-KSA-F-06-C18", line("unit", long(128)), "TILLD-LENGTH", "a unit has at most 3 letters"),
        breaks("BR-KSA-F-06-C19", line("name", json!("ab"))),
        before("BR-KSA-F-06-C19", line("name", long(1001)), "TILLD-LENGTH", "a longer name is not read"),
        breaks("BR-KSA-F-06-C20", line("barcode", long(128))),
        breaks("BR-KSA-F-06-C31", line("article", long(128))),
        breaks("BR-KSA-F-C-01", line("name", json!("6281000000000"))),
        breaks("BR-KSA-F-C-01", line("name", json!("١٢٣٤"))),
        breaks("BR-KSA-F-04", line("shelf_price", json!("-1.00"))),
        breaks("BR-KSA-F-04", line("quantity", json!(-1))),
        breaks("BR-KSA-F-04", line("discount", json!("29.98"))),
        breaks("BR-KSA-F-04", with(sale(), "/discount", json!("29.98"))),
        breaks("BR-KSA-F-06-C2", with(sale(), "/note", long(1001))),
        breaks("BR-KSA-F-06-C3", with(sale(), "/order_reference", long(128))),
        breaks("BR-KSA-F-06-C5", with(sale(), "/contract_reference", long(128))),
        breaks("BR-KSA-16", with(sale(), "/tenders", json!([{"kind": "gold", "amount": 30}]))),
    ]
}

/// Rates and categories, on lines, discounts and charges.
fn categories() -> Vec<Entry> {
    let discounted = |vat| with(taxed(vat), "/discount", json!(1));
    let mut all = vec![
        breaks("BR-KSA-18", taxed(json!("X"))),
        before("BR-CL-18", taxed(json!("X")), "BR-KSA-18", "its list of categories is the shorter one"),
        breaks("BR-KSA-84", taxed(rated("S", 10))),
        before("BR-S-05", taxed(rated("S", 0)), "BR-KSA-84", "its list of rates has no 0"),
        before("BR-S-06", discounted(rated("S", 0)), "BR-KSA-84", "a discount has the rate of its lines"),
        before("BR-S-07", charge_of(rated("S", 0)), "BR-KSA-84", "a charge is read as a line is"),
        before("BR-KSA-12", discounted(rated("O", 15)), "BR-KSA-11", "a discount has the rate of its lines"),
        before("BR-KSA-13", charge_of(rated("O", 15)), "BR-KSA-11", "a charge is read as a line is"),
        breaks("BR-KSA-11", taxed(rated("O", 15))),
    ];
    for (category, line, discount, charge) in
        [("Z", "BR-Z-05", "BR-Z-06", "BR-Z-07"), ("E", "BR-E-05", "BR-E-06", "BR-E-07")]
    {
        let vat = rated(category, 15);
        all.push(breaks(line, taxed(vat.clone())));
        all.push(before(discount, discounted(vat.clone()), line, "a discount has the rate of its lines"));
        all.push(before(charge, charge_of(vat), line, "a charge is read as a line is"));
    }
    let alone = "a charge without a line of its VAT has no subtotal and is refused when it is priced";
    for (rule, category) in [("BR-Z-01", "Z"), ("BR-E-01", "E"), ("BR-O-01", "O")] {
        all.push(before(rule, charge_of(rated(category, 0)), "TILLD-CHARGE-GROUP", alone));
    }
    let zero = with(charged(), "/lines/0/vat", rated("Z", 0));
    all.push(before("BR-S-01", zero, "TILLD-CHARGE-GROUP", alone));
    all
}

/// What must be said where no VAT is charged.
fn exemptions() -> Vec<Entry> {
    let school = || taxed(json!({"category": "Z", "reason_code": "VATEX-SA-EDU"}));
    let clinic = || taxed(json!({"category": "Z", "reason_code": "VATEX-SA-HEA"}));
    let named = |body, scheme: &str| {
        let buyer = json!({"name": "خالد", "id": {"scheme": scheme, "value": "1092837465"}});
        with(body, "/buyer", buyer)
    };
    vec![
        breaks("BR-S-10", taxed(json!({"category": "S", "reason_code": "VATEX-SA-35"}))),
        breaks("BR-S-10", taxed(json!({"category": "S", "reason": "بلا سبب"}))),
        breaks("BR-KSA-23", taxed(json!("E"))),
        breaks("BR-KSA-24", taxed(json!("O"))),
        breaks("BR-KSA-69", taxed(json!("Z"))),
        breaks("BR-KSA-69", taxed(json!({"category": "Z", "reason": "دواء"}))),
        breaks("BR-KSA-83", taxed(json!({"category": "O", "reason_code": "VATEX-SA-OOS"}))),
        breaks("BR-KSA-CL-04", taxed(json!({"category": "Z", "reason_code": "VATEX-SA-29"}))),
        breaks("BR-KSA-CL-04", taxed(json!({"category": "E", "reason_code": "VATEX-SA-99"}))),
        breaks("BR-KSA-F-06-C16", taxed(json!({"category": "O", "reason": long(1001)}))),
        breaks("BR-KSA-F-06-C16", taxed(json!({"category": "O", "reason": ""}))),
        breaks("BR-KSA-25", school()),
        breaks("BR-KSA-25", clinic()),
        breaks("BR-KSA-49", with(school(), "/buyer", json!({"name": "خالد"}))),
        breaks("BR-KSA-49", named(clinic(), "PAS")),
    ]
}

fn charges_and_discounts() -> Vec<Entry> {
    let whole = |key: &str, value: Value| with(charged(), &format!("/charges/0/{key}"), value);
    let line = |key: &str, value: Value| with(charged_line(), &format!("/lines/0/charge/{key}"), value);
    let off = |reason: Value| json!({"amount": 1, "reason": reason});
    vec![
        breaks("BR-KSA-19", whole("code", Value::Null)),
        breaks("BR-KSA-20", line("code", Value::Null)),
        breaks("BR-KSA-21", whole("reason", Value::Null)),
        breaks("BR-KSA-22", line("reason", Value::Null)),
        breaks("BR-KSA-CL-06", whole("code", json!("CAP"))),
        breaks("BR-KSA-CL-06", line("code", json!("fc"))),
        breaks("BR-KSA-F-06-C33", whole("reason", json!(""))),
        breaks("BR-KSA-F-06-C33", whole("reason", long(1001))),
        breaks("BR-KSA-F-06-C34", line("reason", json!(" "))),
        breaks("BR-KSA-F-06-C34", line("reason", long(1001))),
        breaks("BR-KSA-F-06-C35", with(sale(), "/discount", off(json!("")))),
        breaks("BR-KSA-F-06-C35", with(sale(), "/discount", off(long(1001)))),
        breaks("BR-KSA-F-06-C36", with(sale(), "/lines/0/discount", off(json!("")))),
        breaks("BR-KSA-F-06-C36", with(sale(), "/lines/0/discount", off(long(1001)))),
        breaks("BR-KSA-DEC-01", with(sale(), "/discount", json!({"percent": "100.01"}))),
        breaks("BR-KSA-DEC-01", with(sale(), "/lines/0/discount", json!({"percent": "12.345"}))),
    ]
}

fn kinds() -> Vec<Entry> {
    let flags = |body, words: Value| with(body, "/flags", words);
    vec![
        breaks("BR-KSA-05", with(sale(), "/document", json!("credit_note"))),
        breaks("BR-KSA-06", with(sale(), "/subtype", json!("both"))),
        breaks("BR-KSA-06", flags(sale(), json!(["gift"]))),
        breaks("BR-KSA-07", flags(export(), json!(["export", "self_billed"]))),
        breaks("BR-KSA-31", flags(sale(), json!(["export"]))),
        breaks("BR-KSA-31", flags(sale(), json!(["self_billed"]))),
        breaks("BR-KSA-17", with(note(), "/reason", Value::Null)),
        breaks("BR-KSA-F-06-C13", with(note(), "/reason", json!(" "))),
        breaks("BR-KSA-F-06-C13", with(note(), "/reason", long(1001))),
        breaks("BR-KSA-56", with(note(), "/originals", Value::Null)),
        breaks("BR-KSA-56", with(note(), "/originals", json!([]))),
        breaks("BR-55", with(note(), "/originals", json!([{"date": "2026-01-01"}]))),
        breaks("BR-KSA-F-06-C22", with(note(), "/originals/0/number", json!(""))),
        breaks("BR-KSA-F-06-C22", with(note(), "/originals/0/number", long(5001))),
        breaks("BR-KSA-71", with(summary(), "/buyer", Value::Null)),
        breaks("BR-KSA-71", with(summary(), "/buyer/name", Value::Null)),
        breaks("BR-KSA-72", with(summary(), "/supply", Value::Null)),
        breaks("BR-KSA-72", with(summary(), "/supply/until", Value::Null)),
    ]
}

fn dates() -> Vec<Entry> {
    let of_original = |date: &str| with(note(), "/originals/0/date", json!(date));
    vec![
        breaks("BR-KSA-F-01", of_original("1.2.2026")),
        breaks("BR-KSA-F-01", of_original("2026-02-29")),
        // Days of the calendar, but none that the rule takes.
        breaks("BR-KSA-F-01", of_original("1999-12-31")),
        breaks("BR-KSA-F-01", with(sale(), "/supply", json!({"date": "1999-12-31"}))),
        breaks("BR-KSA-F-01", with(advance(), "/prepayments/0/date", json!("1999-12-31"))),
        // Noon of the 22nd is now.
        breaks("BR-KSA-04", of_original("2026-11-23")),
        breaks("BR-KSA-04", with(advance(), "/prepayments/0/date", json!("2026-11-23"))),
        breaks("BR-KSA-35", with(sale(), "/supply", json!({"until": "2026-01-01"}))),
        breaks("BR-KSA-36", with(summary(), "/supply/until", json!("2026-09-30"))),
    ]
}

fn advances() -> Vec<Entry> {
    let one = |key: &str, value: Value| with(advance(), &format!("/prepayments/0/{key}"), value);
    let alike = "the VAT of an advance is read as that of a line";
    vec![
        breaks("BR-KSA-73", one("number", Value::Null)),
        breaks("BR-KSA-73", one("date", Value::Null)),
        breaks("BR-KSA-73", one("time", Value::Null)),
        breaks("BR-KSA-F-05", one("time", json!("24:00:01"))),
        breaks("BR-KSA-80", one("amount", json!(0))),
        before("BR-KSA-76", advance_of(rated("Z", 15)), "BR-Z-05", alike),
        before("BR-KSA-77", advance_of(rated("E", 15)), "BR-E-05", alike),
        before("BR-KSA-78", advance_of(rated("O", 15)), "BR-KSA-11", alike),
        breaks("BR-KSA-84", advance_of(rated("S", 7))),
        before("BR-KSA-93", advance_of(json!("Z")), "BR-KSA-69", alike),
        before("BR-KSA-94", advance_of(json!("E")), "BR-KSA-23", alike),
        before("BR-KSA-95", advance_of(json!("O")), "BR-KSA-24", alike),
        before("BR-KSA-96", advance_of(json!({"category": "O"})), "BR-KSA-83", alike),
        before(
            "BR-KSA-CL-07",
            advance_of(json!({"category": "Z", "reason_code": "VATEX-SA-29"})),
            "BR-KSA-CL-04",
            alike,
        ),
        before(
            "BR-KSA-F-06-C39",
            advance_of(json!({"category": "O", "reason": long(1001)})),
            "BR-KSA-F-06-C16",
            alike,
        ),
        breaks("BR-KSA-25", advance_of(json!({"category": "Z", "reason_code": "VATEX-SA-EDU"}))),
    ]
}

fn currency() -> Vec<Entry> {
    let code = |code: &str| with(dollars(), "/currency/code", json!(code));
    let rate = |rate: Value| with(dollars(), "/currency/rate", rate);
    let twin = "it asks for the same list";
    // 5 % of 1 dollar is 5 cents, at this rate as many halalas.
    let small = with(rate(json!("1.0001")), "/lines/0/vat", rated("S", 5));
    vec![
        breaks("BR-KSA-CL-01", code("XXY")),
        breaks("BR-KSA-CL-01", code("SAR")),
        breaks("BR-KSA-CL-01", code("usd")),
        before("BR-CL-03", code("XXY"), "BR-KSA-CL-01", twin),
        before("BR-CL-04", code("XXY"), "BR-KSA-CL-01", twin),
        breaks("BR-KSA-87", rate(Value::Null)),
        breaks("BR-KSA-90", rate(json!("3.7500000000001"))),
        breaks("BR-KSA-90", rate(json!(0))),
        breaks("BR-KSA-97", rate(json!(1))),
        breaks("BR-KSA-97", small),
    ]
}

fn buyers() -> Vec<Entry> {
    let part = |path: &str, value: Value| with(standard(), &format!("/buyer/{path}"), value);
    let place = |path: &str, value: Value| part(&format!("address/{path}"), value);
    let read = "a text is read alike for both kinds of documents";
    let demanded = "what a standard document demands is found first";
    let anybody = |street: Value| with(sale(), "/buyer", json!({"address": {"street": street}}));
    vec![
        breaks("BR-10", with(export(), "/buyer/address/postal_code", Value::Null)),
        breaks("BR-CL-14", place("country", json!("sa"))),
        breaks("BR-CL-14", with(sale(), "/buyer", json!({"address": {"country": "XX"}}))),
        breaks("BR-CUSTOM-VALIDATION-01", part("vat_number", json!("399999999900003"))),
        breaks("BR-KSA-10", place("street", Value::Null)),
        breaks("BR-KSA-10", place("city", Value::Null)),
        breaks("BR-KSA-10", place("country", Value::Null)),
        breaks("BR-KSA-10", with(standard(), "/buyer", Value::Null)),
        breaks("BR-KSA-42", part("name", Value::Null)),
        breaks("BR-KSA-44", part("vat_number", json!("211111111100003"))),
        breaks("BR-KSA-46", with(export(), "/buyer/vat_number", json!("311111111100003"))),
        breaks("BR-KSA-63", place("building", Value::Null)),
        breaks("BR-KSA-63", place("district", Value::Null)),
        breaks("BR-KSA-63", place("postal_code", Value::Null)),
        breaks("BR-KSA-67", place("postal_code", json!("1222"))),
        breaks("BR-KSA-67", place("postal_code", json!("١٢٢٢١"))),
        breaks("BR-KSA-81", part("vat_number", Value::Null)),
        breaks("BR-KSA-F-06-C11", place("additional_street", long(128))),
        before("BR-KSA-F-06-C12", part("name", json!("")), "BR-KSA-F-06-C32", read),
        before("BR-KSA-F-06-C12", part("name", long(1001)), "BR-KSA-F-06-C32", read),
        breaks("BR-KSA-F-06-C32", with(sale(), "/buyer", json!({"name": long(1001)}))),
        before("BR-KSA-F-06-C23", place("street", long(1001)), "BR-KSA-F-06-C24", read),
        before("BR-KSA-F-06-C23", place("street", Value::Null), "BR-KSA-10", demanded),
        breaks("BR-KSA-F-06-C24", anybody(long(1001))),
        breaks("BR-KSA-F-06-C24", anybody(json!(""))),
        before("BR-KSA-F-06-C25", place("city", Value::Null), "BR-KSA-10", demanded),
        breaks("BR-KSA-F-06-C26", place("city", long(128))),
        breaks("BR-KSA-F-06-C27", place("province", long(128))),
        before("BR-KSA-F-06-C28", place("district", Value::Null), "BR-KSA-63", demanded),
        breaks("BR-KSA-F-06-C29", place("district", long(128))),
    ]
}

fn identifiers() -> Vec<Entry> {
    vec![
        breaks("BR-KSA-14", identified("VAT", "1")),
        breaks("BR-KSA-14", identified("OTH", "a b")),
        breaks("BR-KSA-F-07", identified("TIN", "1000000001")),
        breaks("BR-KSA-F-08", identified("CRN", "101001000")),
        breaks("BR-KSA-F-09", identified("700", "1010010000")),
        breaks("BR-KSA-F-10", identified("NAT", "2092837465")),
        breaks("BR-KSA-F-11", identified("IQA", "1092837465")),
        breaks("BR-KSA-F-13", identified("OTH", "12345678")),
        breaks("BR-KSA-F-13", identified("CRN", "1111111190")),
        breaks("BR-KSA-F-13", identified("PAS", "0087654321")),
    ]
}

/// The same rules on credits of what another system sold.
fn credits() -> Vec<Entry> {
    let credit = |rule, path: &str, value| Entry {
        rule,
        ask: Ask::Credit(with(external(), path, value)),
        found: rule,
    };
    vec![
        credit("BR-16", "/items", json!([])),
        credit("BR-55", "/original/external/number", Value::Null),
        credit("BR-KSA-04", "/original/external/date", json!("2026-11-23")),
        credit("BR-KSA-F-01", "/original/external/date", json!("1999-12-31")),
        credit("BR-KSA-06", "/original/external/subtype", json!("both")),
        credit("BR-KSA-10", "/original/external/subtype", json!("standard")),
        credit("BR-KSA-17", "/reason", json!("because")),
        credit("BR-KSA-F-06-C13", "/reason/text", json!("")),
        credit("BR-KSA-F-06-C2", "/note", long(1001)),
        credit("BR-KSA-F-06-C22", "/original/external/number", long(5001)),
        credit("BR-KSA-F-04", "/items/0/shelf_price", json!(-1)),
        credit("BR-KSA-CL-04", "/items/0/vat", json!({"category": "E", "reason_code": "VATEX-SA-35"})),
    ]
}
