//! Every rule that a request can break, and the fields that it may have.

use serde_json::{Value, json};

use crate::invoice::{DocumentType, Draft, Finding, Kind, Subtype, read_sale};
use crate::money::Halalas;

fn read(body: &Value) -> Result<Draft, Vec<Finding>> {
    read_sale(body.to_string().as_bytes())
}

fn found(body: &Value) -> Vec<(String, &'static str)> {
    read(body).map_or_else(|all| all.into_iter().map(|one| (one.field, one.rule)).collect(), |_| Vec::new())
}

fn sale() -> Value {
    json!({"lines": [{"name": "تمر", "quantity": 3, "shelf_price": "9.99", "vat": "S"}]})
}

fn standard() -> Value {
    let address = json!({"street": "التحلية", "building": "1", "district": "العليا", "city": "الرياض",
        "postal_code": "12221", "country": "SA"});
    let buyer = json!({"name": "شركة", "vat_number": "311111111100003", "address": address});
    let mut body = sale();
    body["subtype"] = json!("standard");
    body["buyer"] = buyer;
    body
}

/// The body with one value changed along a path such as `/buyer/name`; `null` takes it away.
fn with(mut body: Value, path: &str, value: Value) -> Value {
    let (parent, key) = path.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[key] = value;
    body
}

#[track_caller]
fn refused(body: Value, field: &str, rule: &str) {
    assert_eq!(found(&body), [(field.to_owned(), rule)], "{body}");
    for one in read(&body).unwrap_err() {
        for words in [&one.message, &one.remedy] {
            assert!(
                words.en.len() > 5 && words.ar.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c)),
                "{words:?}"
            );
        }
    }
}

#[test]
fn what_says_nothing_new_is_a_simplified_invoice() {
    let draft = read(&sale()).unwrap();
    assert_eq!(draft.kind, Kind::SIMPLIFIED_INVOICE);
    assert_eq!((draft.charges.len(), draft.prepayments.len(), draft.rounding), (0, 0, Halalas::ZERO));
    let standard = read(&standard()).unwrap();
    assert_eq!(standard.kind, Kind::plain(Subtype::Standard, DocumentType::Invoice));
}

#[test]
fn percentages_become_amounts() {
    let body = with(sale(), "/lines/0/discount", json!({"percent": "12.5"}));
    // 12.5 % of 29.97 is 3.74625.
    assert_eq!(read(&body).unwrap().lines[0].discount.as_ref().unwrap().amount, Halalas::new(375));
    let body = with(body, "/discount", json!({"percent": 100, "reason": "هدية"}));
    assert_eq!(read(&body).unwrap().discount.unwrap().amount, Halalas::new(2622));
    for wrong in [json!("100.01"), json!(-1), json!("12.345"), json!("x")] {
        refused(with(sale(), "/discount", json!({"percent": wrong})), "discount.percent", "BR-KSA-DEC-01");
    }
    let both = json!({"percent": 5, "amount": 1});
    refused(with(sale(), "/discount", both), "discount.percent", "TILLD-TWO-DISCOUNTS");
}

#[test]
fn the_buyer_of_a_standard_document_is_whole() {
    let gone = Value::Null;
    for (path, field, rule) in [
        ("/buyer/name", "buyer.name", "BR-KSA-42"),
        ("/buyer/vat_number", "buyer.id", "BR-KSA-81"),
        ("/buyer/address/street", "buyer.address.street", "BR-KSA-10"),
        ("/buyer/address/city", "buyer.address.city", "BR-KSA-10"),
        ("/buyer/address/building", "buyer.address.building", "BR-KSA-63"),
        ("/buyer/address/district", "buyer.address.district", "BR-KSA-63"),
        ("/buyer/address/postal_code", "buyer.address.postal_code", "BR-KSA-63"),
    ] {
        refused(with(standard(), path, gone.clone()), field, rule);
    }
    for (path, value, field, rule) in [
        ("/buyer/address/postal_code", json!("1222"), "buyer.address.postal_code", "BR-KSA-67"),
        ("/buyer/address/country", json!("sa"), "buyer.address.country", "BR-CL-14"),
        ("/buyer/vat_number", json!("1"), "buyer.vat_number", "BR-KSA-44"),
        ("/buyer/name", json!("س".repeat(1001)), "buyer.name", "BR-KSA-F-06-C32"),
        ("/buyer/address/city", json!("س".repeat(128)), "buyer.address.city", "BR-KSA-F-06-C26"),
        ("/buyer/address/province", json!("س".repeat(128)), "buyer.address.province", "BR-KSA-F-06-C27"),
        ("/buyer/address/district", json!(""), "buyer.address.district", "BR-KSA-F-06-C29"),
        ("/buyer/id", json!({"scheme": "TIN", "value": "123"}), "buyer.id", "BR-KSA-F-07"),
        ("/buyer/id", json!({"scheme": "OTH", "value": "12345678"}), "buyer.id", "BR-KSA-F-13"),
        ("/buyer/id", json!({"scheme": "OTH", "value": "a b"}), "buyer.id", "BR-KSA-14"),
    ] {
        refused(with(standard(), path, value), field, rule);
    }
    let abroad = with(standard(), "/buyer/address", json!({"street": "x", "city": "y", "country": "AE"}));
    refused(abroad.clone(), "buyer.address.postal_code", "BR-10");
    assert!(found(&with(abroad, "/buyer/address/postal_code", json!("00000"))).is_empty());
    let nobody: Vec<_> = found(&with(standard(), "/buyer", gone)).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(nobody, ["BR-KSA-42", "BR-KSA-81", "BR-KSA-10", "BR-KSA-10", "BR-KSA-10", "BR-10"]);
}

#[test]
fn flags_and_what_they_demand() {
    let flagged = |body, flags: Value| with(body, "/flags", flags);
    refused(flagged(sale(), json!(["export"])), "flags", "BR-KSA-31");
    refused(flagged(sale(), json!(["self_billed"])), "flags", "BR-KSA-31");
    refused(flagged(sale(), json!(["gift"])), "flags[0]", "BR-KSA-06");
    let both: Vec<_> = found(&flagged(standard(), json!(["export", "self_billed"])));
    assert_eq!(both[0], ("flags".into(), "BR-KSA-07"));
    assert!(found(&flagged(sale(), json!(["third_party", "nominal"]))).is_empty());
    let export = flagged(standard(), json!(["export"]));
    let rules: Vec<_> = found(&export).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(rules, ["BR-KSA-81", "BR-KSA-46", "TILLD-EXPORT"]);
    let id = json!({"scheme": "OTH", "value": "X1"});
    let export = with(with(export, "/buyer/vat_number", Value::Null), "/buyer/id", id);
    let export = with(export, "/lines/0/vat", json!({"category": "Z", "reason_code": "VATEX-SA-32"}));
    assert!(found(&export).is_empty());
    let summary = flagged(with(sale(), "/buyer", json!({"name": "خالد"})), json!(["summary"]));
    refused(summary.clone(), "supply", "BR-KSA-72");
    refused(with(summary.clone(), "/supply", json!({"date": "2026-01-01"})), "supply", "BR-KSA-72");
    let whole = with(summary, "/supply", json!({"date": "2026-01-01", "until": "2026-01-31"}));
    assert!(found(&whole).is_empty());
    refused(with(whole.clone(), "/buyer", Value::Null), "buyer.name", "BR-KSA-71");
    refused(with(whole.clone(), "/supply/until", json!("2025-12-31")), "supply.until", "BR-KSA-36");
    refused(with(whole.clone(), "/supply/until", json!("2026-02-29")), "supply.until", "BR-KSA-F-01");
    refused(with(sale(), "/supply", json!({"until": "2026-01-01"})), "supply.date", "BR-KSA-35");
}

#[test]
fn notes_name_their_original_and_a_reason() {
    let note = with(sale(), "/document", json!("debit_note"));
    let rules: Vec<_> = found(&note).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(rules, ["BR-KSA-56", "BR-KSA-17"]);
    let note = with(with(note, "/originals", json!([{"number": "A-1"}])), "/reason", json!("تعديل"));
    assert!(found(&note).is_empty());
    refused(
        with(note.clone(), "/originals", json!([{"date": "2026-01-01"}])),
        "originals[0].number",
        "BR-55",
    );
    refused(
        with(note.clone(), "/originals/0/number", json!("7".repeat(5001))),
        "originals[0].number",
        "BR-KSA-F-06-C22",
    );
    refused(with(note.clone(), "/originals/0/date", json!("1.2.2026")), "originals[0].date", "BR-KSA-F-01");
    refused(with(note.clone(), "/reason", json!(" ")), "reason", "BR-KSA-F-06-C13");
    refused(with(sale(), "/reason", json!("x")), "reason", "TILLD-ONLY-ON-NOTES");
    refused(with(sale(), "/document", json!("credit_note")), "document", "BR-KSA-05");
}

#[test]
fn charges_advances_rounding_and_currency() {
    let charge = json!({"amount": 5, "code": "FC", "reason": "توصيل", "vat": "S"});
    let charged = with(sale(), "/charges", json!([charge]));
    assert!(found(&charged).is_empty());
    let at = |key: &str| format!("/charges/0/{key}");
    refused(with(charged.clone(), &at("code"), Value::Null), "charges[0].code", "BR-KSA-19");
    refused(with(charged.clone(), &at("code"), json!("CAP")), "charges[0].code", "BR-KSA-CL-06");
    refused(with(charged.clone(), &at("reason"), Value::Null), "charges[0].reason", "BR-KSA-21");
    refused(with(charged.clone(), &at("reason"), json!("")), "charges[0].reason", "BR-KSA-F-06-C33");
    refused(with(charged.clone(), &at("amount"), json!(0)), "charges[0].amount", "TILLD-CHARGE-ZERO");
    let gift = json!({"amount": 1, "reason": "تغليف"});
    refused(with(sale(), "/lines/0/charge", gift), "lines[0].charge.code", "BR-KSA-20");
    let advance = json!({"number": "A", "date": "2026-01-01", "time": "10:00:00", "vat": "S", "amount": 10});
    let using = with(sale(), "/prepayments", json!([advance]));
    assert!(found(&using).is_empty());
    let at = |key: &str| format!("/prepayments/0/{key}");
    for key in ["number", "date", "time"] {
        refused(with(using.clone(), &at(key), Value::Null), &format!("prepayments[0].{key}"), "BR-KSA-73");
    }
    refused(with(using.clone(), &at("time"), json!("25:00:00")), "prepayments[0].time", "BR-KSA-F-05");
    refused(with(using.clone(), &at("uuid"), json!("7")), "prepayments[0].uuid", "TILLD-UUID");
    refused(with(using.clone(), &at("amount"), json!(0)), "prepayments[0].amount", "BR-KSA-80");
    refused(with(using, "/document", json!("prepayment")), "prepayments", "TILLD-ONLY-ON-INVOICES");
    for wrong in ["1", "-1.00", "0.001", "x"] {
        refused(with(sale(), "/rounding", json!(wrong)), "rounding", "TILLD-ROUNDING");
    }
    assert_eq!(read(&with(sale(), "/rounding", json!("-0.05"))).unwrap().rounding, Halalas::new(-5));
    let dollars = json!({"code": "USD", "rate": "3.75"});
    refused(with(sale(), "/currency", dollars.clone()), "currency", "TILLD-CURRENCY");
    let foreign = with(standard(), "/currency", dollars);
    assert!(found(&foreign).is_empty());
    refused(with(foreign.clone(), "/currency/code", json!("SAR")), "currency.code", "BR-KSA-CL-01");
    refused(with(foreign.clone(), "/currency/rate", Value::Null), "currency.rate", "BR-KSA-87");
    for wrong in ["0", "3.7500000000001", "1000001", "-1"] {
        refused(with(foreign.clone(), "/currency/rate", json!(wrong)), "currency.rate", "BR-KSA-90");
    }
    refused(with(sale(), "/order_reference", json!("7".repeat(128))), "order_reference", "BR-KSA-F-06-C3");
    refused(
        with(sale(), "/contract_reference", json!("7".repeat(128))),
        "contract_reference",
        "BR-KSA-F-06-C5",
    );
}

#[test]
fn a_citizen_is_named_also_for_an_advance() {
    let school = json!({"category": "Z", "reason_code": "VATEX-SA-EDU"});
    let body = with(sale(), "/lines/0/vat", school);
    let rules: Vec<_> = found(&body).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(rules, ["BR-KSA-25", "BR-KSA-49"]);
}
