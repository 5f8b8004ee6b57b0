//! What is corrected, and what is not.

use super::till::{Till, basket, company, credit_of, one, to_company};
use crate::ledger::ReportState;
use serde_json::json;

#[tokio::test]
async fn only_a_rejected_document_is_corrected() {
    let till = Till::new();
    let unknown = json!({"rejected": {"number": "T1-000001"}});
    assert_eq!(
        till.correct(&unknown).await.refused(),
        one("invalid-correction", "rejected.number", "TILLD-NOT-FOUND")
    );
    let sold = till.sell(&basket()).await.issued();
    let body = json!({"rejected": {"number": sold["number"]}});
    let refused = || one("invalid-correction", "rejected.number", "TILLD-NOT-REJECTED");
    assert_eq!(till.correct(&body).await.refused(), refused());
    till.answered(&sold, ReportState::Reported).await;
    assert_eq!(till.correct(&body).await.refused(), refused());
    assert_eq!(till.sell(&basket()).await.issued()["icv"], 2);
}

#[tokio::test]
async fn the_customers_receipt_stays_true() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.rejected(&sold).await;
    let rejected = json!({"uuid": sold["uuid"]});
    let fixed = json!({"rejected": rejected, "changes": {"discount": "1.00"}});
    assert_eq!(
        till.correct(&fixed).await.refused(),
        one("invalid-correction", "changes.discount", "TILLD-CORRECTION-FIXED")
    );
    let anew = json!({"rejected": rejected, "sale": basket()});
    assert_eq!(
        till.correct(&anew).await.refused(),
        one("invalid-correction", "sale", "TILLD-CORRECTION-SALE")
    );
    let nobody = json!({"rejected": rejected, "changes": {"lines": [{"line": 7, "name": "Tea"}]}});
    assert_eq!(
        till.correct(&nobody).await.refused(),
        one("invalid-correction", "changes.lines[0].line", "TILLD-CREDIT-NO-LINE")
    );
    let own = json!({"rejected": rejected, "changes": {"buyer": {"vat_number": "399999999900003"}}});
    assert_eq!(till.correct(&own).await.refused().1[0].1, "BR-CUSTOM-VALIDATION-01",);
    assert_eq!(till.documents().await, 1);
    assert_eq!(till.look_up(&sold).await.get("corrected_by"), None);
    assert_eq!(till.correct(&json!({"rejected": rejected})).await.issued()["icv"], 2);
}

#[tokio::test]
async fn a_standard_document_is_changed_or_sold_anew() {
    let till = Till::new();
    let sold = till.sell(&to_company()).await.issued();
    till.rejected(&sold).await;
    let mut buyer = company();
    buyer["address"]["postal_code"] = json!("12345");
    let body = json!({"rejected": {"uuid": sold["uuid"]}, "changes": {"buyer": buyer}});
    let changed = till.correct(&body).await.issued();
    assert_eq!((&changed["number"], &changed["totals"]), (&sold["number"], &sold["totals"]));
    assert!(changed["issued_at"].as_str() > sold["issued_at"].as_str(), "it was never delivered");
    assert_eq!(changed["clearance"]["state"], "waiting");

    till.rejected(&changed).await;
    let mut other = to_company();
    other["lines"][0]["quantity"] = json!(5);
    let body = |sale: &serde_json::Value| json!({"rejected": {"uuid": changed["uuid"]}, "sale": sale});
    let mut wrong = other.clone();
    wrong["tenders"] = json!([{"kind": "card", "amount": "1.00"}]);
    assert_eq!(
        till.correct(&body(&wrong)).await.refused(),
        one("invalid-correction", "sale.tenders", "TILLD-TENDERS-SHORT")
    );
    assert_eq!(
        till.correct(&body(&basket())).await.refused(),
        one("invalid-correction", "rejected", "TILLD-LEDGER")
    );
    let anew = till.correct(&body(&other)).await.issued();
    assert_eq!((&anew["totals"]["payable"], &anew["corrects"]), (&json!("1437.50"), &changed["uuid"]));
}

#[tokio::test]
async fn a_note_follows_its_original_to_the_corrected_one() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    let note = till
        .credit(&credit_of(json!({"uuid": sold["uuid"]}), json!({"lines": [{"line": 1}]})))
        .await
        .issued();
    till.rejected(&sold).await;
    till.rejected(&note).await;
    let of_note = json!({"rejected": {"uuid": note["uuid"]}});
    assert_eq!(
        till.correct(&of_note).await.refused(),
        one("invalid-correction", "original", "TILLD-LEDGER"),
        "its original comes first"
    );
    let corrected = till.correct(&json!({"rejected": {"uuid": sold["uuid"]}})).await.issued();
    let again = till.correct(&of_note).await.issued();
    assert_eq!(again["credits"], corrected["uuid"]);
    assert_eq!(till.look_up(&corrected).await["credited"]["lines"][0]["left"], "0");
}
