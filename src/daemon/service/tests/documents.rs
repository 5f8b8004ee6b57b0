//! Standard documents, notes and advances: what is stored, and what is refused
//! before a number is taken.

use super::till::{Till, basket, company, one, to_company};
use crate::ledger::ReportState;
use serde_json::{Value, json};

pub fn advance() -> Value {
    json!({
        "document": "prepayment",
        "lines": [{"name": "Advance on a wedding cake", "quantity": 1, "shelf_price": "115.00", "vat": "S"}],
        "tenders": [{"kind": "card", "amount": "115.00"}],
    })
}

/// An invoice of 230.00 that uses up so much of an advance.
pub fn using(advance: &Value, amount: &str) -> Value {
    let (date, time) = advance["issued_at"].as_str().unwrap().split_once('T').unwrap();
    json!({
        "lines": [{"name": "Wedding cake", "quantity": 1, "shelf_price": "230.00", "vat": "S"}],
        "prepayments": [{"number": advance["number"], "date": date, "time": time.trim_end_matches("+03:00"),
                         "vat": "S", "amount": amount}],
    })
}

#[tokio::test]
async fn a_standard_document_waits_for_clearance_and_is_not_printed() {
    let till = Till::new();
    let sold = till.sell(&to_company()).await.issued();
    assert_eq!(sold["kind"]["name"], "0100000");
    assert_eq!((&sold["clearance"]["state"], &sold["qr"]), (&json!("waiting"), &json!("")));
    let found = till.look_up(&sold).await;
    assert_eq!((&found["report"]["state"], &found["print"]), (&json!("Queued"), &Value::Null));
    let simplified = till.sell(&basket()).await.issued();
    assert_eq!(simplified.get("clearance"), None);
    assert_eq!(till.look_up(&simplified).await["print"]["state"], "Pending");
}

#[tokio::test]
async fn the_certificate_says_which_documents_a_till_makes() {
    for (title, standard, simplified) in [("0100", 422, 201), ("1000", 201, 422), ("1100", 201, 201)] {
        let till = Till::covering(title);
        let of_company = till.sell(&to_company()).await;
        let of_shop = till.sell(&basket()).await;
        assert_eq!((of_company.status, of_shop.status), (standard, simplified), "{title}");
        for refused in [of_company, of_shop].into_iter().filter(|answer| answer.status == 422) {
            assert_eq!(refused.refused(), one("invalid-sale", "subtype", "TILLD-CERTIFICATE-TITLE"));
        }
        let documents = u64::from(standard == 201) + u64::from(simplified == 201);
        assert_eq!(till.documents().await, documents, "a refusal takes no number");
    }
    let till = Till::covering("0100");
    let mut external = json!({"original": {"external": {"number": "OLD-7", "date": "2025-12-30",
        "subtype": "standard"}}, "reason": "goods_returned", "buyer": company()});
    external["items"] = json!([{"name": "Kettle", "quantity": 1, "net_price": "99.00", "vat": "S"}]);
    assert_eq!(
        till.credit(&external).await.refused(),
        one("invalid-credit", "subtype", "TILLD-CERTIFICATE-TITLE")
    );
}

#[tokio::test]
async fn an_advance_is_used_as_far_as_it_goes() {
    let till = Till::new();
    let advance = till.sell(&advance()).await.issued();
    assert_eq!(advance["kind"]["code"], "386");
    let refused = async |body: Value, field: &str, rule: &str| {
        assert_eq!(till.sell(&body).await.refused(), one("invalid-sale", field, rule));
    };
    refused(using(&advance, "115.01"), "prepayments[0].amount", "TILLD-ADVANCE-TOO-MUCH").await;
    let mut twice = using(&advance, "60.00");
    let again = twice["prepayments"][0].clone();
    twice["prepayments"].as_array_mut().unwrap().push(again);
    refused(twice, "prepayments[1].amount", "TILLD-ADVANCE-TOO-MUCH").await;
    let mut zero = using(&advance, "10.00");
    zero["prepayments"][0]["vat"] = json!({"category": "Z", "reason_code": "VATEX-SA-35"});
    refused(zero, "prepayments[0].amount", "TILLD-ADVANCE-TOO-MUCH").await;
    let mut later = using(&advance, "115.00");
    later["prepayments"][0]["time"] = json!("00:00:01");
    refused(later, "prepayments[0]", "BR-KSA-73").await;
    let sold = till.sell(&basket()).await.issued();
    refused(using(&sold, "10.00"), "prepayments[0]", "BR-KSA-73").await;
    let used = till.sell(&using(&advance, "115.00")).await.issued();
    assert_eq!((&used["totals"]["payable"], &used["icv"]), (&json!("115.00"), &json!(3)));
    // Those of another till are taken as they are named.
    let mut foreign = using(&advance, "500.00");
    foreign["prepayments"][0]["number"] = json!("T9-000001");
    assert_eq!(till.sell(&foreign).await.status, 201);
}

#[tokio::test]
async fn what_was_given_back_of_an_advance_or_rejected_is_not_used() {
    let till = Till::new();
    let first = till.sell(&advance()).await.issued();
    let back = super::till::credit_of(json!({"uuid": first["uuid"]}), json!({"amount": "15.00"}));
    till.credit(&back).await.issued();
    assert_eq!(
        till.sell(&using(&first, "115.00")).await.refused(),
        one("invalid-sale", "prepayments[0].amount", "TILLD-ADVANCE-TOO-MUCH")
    );
    assert_eq!(till.sell(&using(&first, "100.00")).await.status, 201);
    till.answered(&first, ReportState::Rejected).await;
    assert_eq!(
        till.sell(&using(&first, "1.00")).await.refused(),
        one("invalid-sale", "prepayments[0]", "TILLD-ADVANCE-REJECTED")
    );
}

#[tokio::test]
async fn documents_are_found_by_their_qr_code() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    let qr = sold["qr"].as_str().unwrap();
    // As it is, and percent-encoded.
    for text in [qr.to_owned(), qr.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")] {
        let found = till.get(&format!("/v1/documents?qr={text}")).await;
        assert_eq!((found.status, &found.json()["sales"][0]["sale"]), (200, &sold));
    }
    let rubbish = till.get("/v1/documents?qr=rubbish").await;
    assert_eq!((rubbish.status, &rubbish.json()["findings"][0]["rule"]), (400, &json!("TILLD-QR")));
    let reasons = till.get("/v1/reasons").await.json();
    assert_eq!(reasons["reasons"][0]["code"], "goods_returned");
    assert_eq!(reasons["reasons"].as_array().unwrap().len(), 4);
}
