//! What a credit is refused for, and what it keeps of its original.

use super::till::{Till, basket, credit_of, one, to_company};
use crate::ledger::ReportState;
use serde_json::{Value, json};

async fn refused(till: &Till, original: Value, wanted: Value, field: &str, rule: &str) {
    let before = till.documents().await;
    let answer = till.credit(&credit_of(original, wanted)).await;
    assert_eq!(answer.refused(), one("invalid-credit", field, rule));
    assert_eq!(till.documents().await, before);
}

#[tokio::test]
async fn an_original_that_cannot_be_credited() {
    let till = Till::new();
    let whole = || json!({"whole": true});
    refused(&till, json!({"number": "T1-000001"}), whole(), "original.number", "TILLD-NOT-FOUND").await;
    refused(&till, json!({"qr": "AQFh"}), whole(), "original.qr", "TILLD-QR").await;
    let uuid = "6f4d20e0-6bfe-4a80-9389-000000000001";
    refused(&till, json!({"uuid": uuid}), whole(), "original.uuid", "TILLD-NOT-FOUND").await;
    refused(&till, json!({"reference": "order-1"}), whole(), "original.reference", "TILLD-NOT-FOUND").await;
    let sold = till.sell(&basket()).await.issued();
    till.sell(&basket()).await.issued();
    // The POS gave two sales one reference: both are named.
    let answer = till.credit(&credit_of(json!({"reference": "order-1"}), whole())).await;
    let message = answer.json()["findings"][0]["message"]["en"].as_str().unwrap().to_owned();
    assert!(message.contains("T1-000001") && message.contains("T1-000002"), "{message}");
    assert!(message.contains(sold["uuid"].as_str().unwrap()), "{message}");
    assert_eq!(answer.refused(), one("invalid-credit", "original.reference", "TILLD-SEVERAL"));
    let note =
        till.credit(&credit_of(json!({"uuid": sold["uuid"]}), json!({"amount": "1.00"}))).await.issued();
    refused(&till, json!({"uuid": note["uuid"]}), whole(), "original.uuid", "TILLD-CREDIT-OF-CREDIT").await;
    assert_eq!(till.sell(&basket()).await.issued()["icv"], 4);
}

#[tokio::test]
async fn never_more_than_was_sold() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    let of = || json!({"uuid": sold["uuid"]});
    let some = |quantity: &str| json!({"lines": [{"line": 1, "quantity": quantity}]});
    refused(&till, of(), some("3.001"), "lines[0].quantity", "TILLD-CREDIT-TOO-MUCH").await;
    till.credit(&credit_of(of(), some("2"))).await.issued();
    let answer = till.credit(&credit_of(of(), some("2"))).await;
    let message = answer.json()["findings"][0]["message"]["en"].as_str().unwrap().to_owned();
    assert!(message.contains("only 1 of the 3 sold are left"), "{message}");
    refused(&till, of(), json!({"amount": "1000.00"}), "amount", "TILLD-CREDIT-TOO-MUCH").await;
    refused(&till, of(), json!({"lines": [{"line": 9}]}), "lines[0].line", "TILLD-CREDIT-NO-LINE").await;
    let mut short = credit_of(of(), json!({"lines": [{"line": 3}]}));
    short["tenders"] = json!([{"kind": "cash", "amount": "1.00"}]);
    assert_eq!(till.credit(&short).await.refused(), one("invalid-credit", "tenders", "TILLD-TENDERS-DIFFER"));
    let last = credit_of(of(), json!({"lines": [{"barcode": "6281000000001"}]}));
    assert_eq!(till.credit(&last).await.issued()["icv"], 3);
    refused(&till, of(), some("1"), "lines[0].line", "TILLD-CREDIT-NOTHING-LEFT").await;
}

#[tokio::test]
async fn a_reference_shared_with_the_credit_means_the_sale() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    let mut body = credit_of(json!({"reference": "order-1"}), json!({"amount": "2.00"}));
    body["reference"] = json!("order-1");
    for icv in 2..4 {
        let note = till.credit(&body).await.issued();
        assert_eq!((&note["credits"], &note["icv"]), (&sold["uuid"], &json!(icv)));
    }
}

#[tokio::test]
async fn a_note_keeps_buyer_flags_and_currency_of_its_original() {
    let till = Till::new();
    let mut sale = to_company();
    sale["currency"] = json!({"code": "USD", "rate": "3.75"});
    sale["flags"] = json!(["summary", "third_party"]);
    sale["supply"] = json!({"date": "2026-03-01", "until": "2026-03-10"});
    sale["order_reference"] = json!("PO-77");
    let sold = till.sell(&sale).await.issued();
    assert_eq!(sold["currency"], "USD");
    till.answered(&sold, ReportState::Cleared).await;
    let mut body = credit_of(json!({"uuid": sold["uuid"]}), json!({"lines": [{"line": 1, "quantity": 1}]}));
    body["reason"] = json!({"text": "One chair was broken"});
    body["note"] = json!("Picked up");
    let note = till.credit(&body).await.issued();
    assert_eq!((&note["kind"]["name"], &note["currency"]), (&json!("0110010"), &json!("USD")));
    let waiting = (&note["clearance"]["state"], &till.look_up(&note).await["print"]);
    assert_eq!(waiting, (&json!("waiting"), &Value::Null));
    till.answered(&note, ReportState::Reported).await;
    let xml = till.xml(&note).await;
    let kept = ["310122393500003", "PO-77", "2026-03-10", "3.75", "One chair was broken", "Picked up"];
    for part in kept {
        assert!(xml.contains(part), "{part}");
    }
}

#[tokio::test]
async fn an_original_of_another_system_is_priced_afresh() {
    let till = Till::new();
    let mut body = credit_of(json!({"external": {"number": "OLD-7", "date": "2025-12-30"}}), json!({}));
    body["items"] = json!([{"name": "Kettle", "quantity": 1, "shelf_price": "99.00", "vat": "S"}]);
    body["tenders"] = json!([{"kind": "cash", "amount": "100.00"}]);
    assert_eq!(till.credit(&body).await.refused(), one("invalid-credit", "tenders", "TILLD-TENDERS-DIFFER"));
    body["tenders"] = json!([{"kind": "card", "amount": "99.00"}]);
    let note = till.credit(&body).await.issued();
    assert_eq!((&note["totals"]["payable"], note.get("credits")), (&json!("99.00"), None));
    assert!(till.xml(&note).await.contains("OLD-7"));
    // Nothing links it, so that it can be sent again under another key.
    assert_eq!(till.credit(&body).await.issued()["icv"], 2);
}

#[tokio::test]
async fn a_document_of_this_till_is_no_foreign_original_and_a_rejected_one_gets_no_note() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    let date = &sold["issued_at"].as_str().unwrap()[..10];
    let mut body = credit_of(json!({"external": {"number": sold["number"], "date": date}}), json!({}));
    body["items"] = json!([{"name": "Kettle", "quantity": 1, "shelf_price": "99.00", "vat": "S"}]);
    let refused = |rule| one("invalid-credit", "original.external.number", rule);
    assert_eq!(till.credit(&body).await.refused(), refused("TILLD-CREDIT-KEPT-HERE"));
    let mut debit = basket();
    debit["document"] = json!("debit_note");
    debit["originals"] = json!([{"number": sold["number"]}]);
    debit["reason"] = json!("Forgotten");
    till.sell(&debit).await.issued();
    till.rejected(&sold).await;
    assert_eq!(till.credit(&body).await.refused(), refused("TILLD-CREDIT-OF-REJECTED"));
    let named = one("invalid-sale", "originals[0].number", "TILLD-CREDIT-OF-REJECTED");
    assert_eq!(till.sell(&debit).await.refused(), named);
    // The same number of an older system, which has another date.
    body["original"]["external"]["date"] = json!("2025-12-30");
    till.credit(&body).await.issued();
}

#[tokio::test]
async fn no_earlier_document_is_of_tomorrow() {
    let till = Till::new();
    // The till's clock stands at 2026-03-14, 21:05 in Riyadh.
    let mut body = credit_of(json!({"external": {"number": "OLD-7", "date": "2026-03-15"}}), json!({}));
    body["items"] = json!([{"name": "Kettle", "quantity": 1, "shelf_price": "99.00", "vat": "S"}]);
    let answer = till.credit(&body).await;
    let message = answer.json()["findings"][0]["message"]["en"].as_str().unwrap().to_owned();
    assert!(message.contains("2026-03-15") && message.contains("2026-03-14"), "{message}");
    assert_eq!(answer.refused(), one("invalid-credit", "original.external.date", "BR-KSA-04"));
    body["original"]["external"]["date"] = json!("2026-03-14");
    till.credit(&body).await.issued();
    let mut debit = basket();
    debit["document"] = json!("debit_note");
    debit["originals"] = json!([{"number": "OLD-8"}, {"number": "OLD-9", "date": "2026-03-15"}]);
    debit["reason"] = json!("Forgotten");
    let refused = till.sell(&debit).await.refused();
    assert_eq!(refused, one("invalid-sale", "originals[1].date", "BR-KSA-04"));
    let mut sale = basket();
    sale["prepayments"] = json!([
        {"number": "OLD-1", "date": "2026-03-15", "time": "08:00:00", "vat": "S", "amount": "1.00"}
    ]);
    sale.as_object_mut().unwrap().remove("tenders");
    let refused = till.sell(&sale).await.refused();
    assert_eq!(refused, one("invalid-sale", "prepayments[0].date", "BR-KSA-04"));
    assert_eq!(till.documents().await, 1);
}

#[tokio::test]
async fn a_note_whose_vat_is_alike_in_riyals_names_the_way_out() {
    let till = Till::new();
    let mut sale = to_company();
    sale["currency"] = json!({"code": "USD", "rate": "1.02"});
    let line = |price: &str| json!({"name": "Screw", "quantity": 1, "net_price": price, "vat": "S"});
    sale["lines"] = json!([line("0.10"), line("100.00")]);
    let sold = till.sell(&sale).await.issued();
    till.answered(&sold, ReportState::Cleared).await;
    let of = |wanted: Value| credit_of(json!({"uuid": sold["uuid"]}), wanted);
    let answer = till.credit(&of(json!({"lines": [{"line": 1}]}))).await;
    let remedy = answer.json()["findings"][0]["remedy"]["en"].as_str().unwrap().to_owned();
    assert!(remedy.contains("in one credit note"), "{remedy}");
    assert_eq!(answer.refused(), one("invalid-credit", "original", "BR-KSA-97"));
    till.credit(&of(json!({"whole": true}))).await.issued();
}
