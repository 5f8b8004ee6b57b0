//! Whole stories: a basket that comes back piece by piece, a document that the
//! authority rejects.

use super::till::{Till, basket, credit_of, one};
use crate::ledger::ReportState;
use serde_json::{Value, json};

fn halalas(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn a_basket_comes_back_until_nothing_is_left() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    let qr = sold["qr"].clone();
    let by_qr = credit_of(json!({"qr": qr}), json!({"lines": [{"line": 1, "quantity": 1}]}));
    let first = till.credit(&by_qr).await.issued();
    assert_eq!((&first["kind"]["code"], &first["credits"]), (&json!("381"), &sold["uuid"]));
    assert_eq!(first["kind"]["name"], "0200000");
    let xml = till.xml(&first).await;
    for part in [
        format!("<cbc:ID>{}</cbc:ID>", sold["number"].as_str().unwrap()),
        "إرجاع السلع أو الخدمات".to_owned(),
    ] {
        assert!(xml.contains(&part), "{part}");
    }

    let some = credit_of(json!({"number": sold["number"]}), json!({"amount": "10.00"}));
    let second = till.credit(&some).await.issued();
    assert_eq!(second["totals"]["payable"], "10.00");
    let found = till.look_up(&sold).await;
    let credited = &found["credited"];
    assert_eq!(credited["notes"], json!([first["uuid"], second["uuid"]]));
    assert_eq!(credited["lines"][0], json!({"line": 1, "returned": "1", "left": "2"}));

    let rest = till.credit(&credit_of(json!({"uuid": sold["uuid"]}), json!({"whole": true}))).await.issued();
    let all = [&first, &second, &rest];
    for (member, sum) in [("payable", "payable"), ("vat", "vat"), ("net", "net")] {
        let back: i64 = all.iter().map(|note| halalas(&note["totals"][member])).sum();
        assert_eq!(back, halalas(&sold["totals"][sum]), "{member}");
    }
    assert_eq!(till.look_up(&sold).await["credited"]["left"], "0.00");

    let again = credit_of(json!({"reference": "order-1"}), json!({"whole": true}));
    assert_eq!(
        till.credit(&again).await.refused(),
        one("invalid-credit", "whole", "TILLD-CREDIT-NOTHING-LEFT")
    );
    // The refusal took nothing.
    assert_eq!(till.sell(&basket()).await.issued()["icv"], 5);
}

#[tokio::test]
async fn a_rejected_sale_is_corrected_and_credited_as_corrected() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.rejected(&sold).await;
    let whole = credit_of(json!({"qr": sold["qr"]}), json!({"whole": true}));
    assert_eq!(
        till.credit(&whole).await.refused(),
        one("invalid-credit", "original.qr", "TILLD-CREDIT-OF-REJECTED")
    );
    let correction = json!({
        "rejected": {"uuid": sold["uuid"]},
        "changes": {"buyer": {"name": "Nora"}, "lines": [{"line": 2, "name": "Sukkari dates, fresh"}]},
    });
    let corrected = till.correct(&correction).await.issued();
    for same in ["number", "issued_at", "totals", "kind", "change", "reference"] {
        assert_eq!(corrected[same], sold[same], "{same}");
    }
    for other in ["uuid", "icv", "hash", "qr"] {
        assert_ne!(corrected[other], sold[other], "{other}");
    }
    assert_eq!(corrected["corrects"], sold["uuid"]);
    assert!(till.xml(&corrected).await.contains("Sukkari dates, fresh"));
    assert_eq!(till.look_up(&sold).await["corrected_by"], corrected["uuid"]);
    assert_eq!(till.look_up(&corrected).await["sale"], corrected);
    assert_eq!(
        till.correct(&correction).await.refused(),
        one("invalid-correction", "rejected.uuid", "TILLD-CORRECTED")
    );

    // The successor is rejected, too, and corrected by the number that both have.
    till.rejected(&corrected).await;
    let third = till.correct(&json!({"rejected": {"number": sold["number"]}})).await.issued();
    assert_eq!((&third["corrects"], &third["icv"]), (&corrected["uuid"], &json!(3)));
    // The customer's first receipt still is good for a return.
    let note = till.credit(&whole).await.issued();
    assert_eq!((&note["credits"], &note["totals"]), (&third["uuid"], &sold["totals"]));
    let listed = till.get(&format!("/v1/documents?number={}", sold["number"].as_str().unwrap())).await.json();
    let uuids: Vec<&Value> =
        listed["sales"].as_array().unwrap().iter().map(|one| &one["sale"]["uuid"]).collect();
    assert_eq!(uuids, [&third["uuid"], &corrected["uuid"], &sold["uuid"]]);
}

#[tokio::test]
async fn a_rejected_note_is_corrected_with_what_it_took_back() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.answered(&sold, ReportState::Reported).await;
    let some = credit_of(json!({"number": sold["number"]}), json!({"lines": [{"line": 3}]}));
    let note = till.credit(&some).await.issued();
    till.rejected(&note).await;
    let body = json!({"rejected": {"uuid": note["uuid"]}, "changes": {"reason": "amount_amended"}});
    let again = till.correct(&body).await.issued();
    assert_eq!((&again["corrects"], &again["credits"]), (&note["uuid"], &sold["uuid"]));
    assert_eq!((&again["number"], &again["totals"]), (&note["number"], &note["totals"]));
    assert!(till.xml(&again).await.contains("Consideration of the supply amended"));
    let credited = till.look_up(&sold).await["credited"].clone();
    assert_eq!((&credited["notes"], &credited["lines"][2]["left"]), (&json!([again["uuid"]]), &json!("0")));
}

#[tokio::test]
async fn repeated_requests_get_their_first_answer_byte_for_byte() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    let body = credit_of(json!({"number": sold["number"]}), json!({"whole": true}));
    let first = till.post_as("c", "/v1/credits", &body).await;
    assert_eq!((first.status, first.replayed), (201, false));
    // Nothing is left now, yet the answer stands.
    let again = till.post_as("c", "/v1/credits", &body).await;
    assert_eq!((again.status, again.replayed, &again.bytes), (201, true, &first.bytes));
    till.rejected(&sold).await;
    let body = json!({"rejected": {"uuid": sold["uuid"]}});
    let first = till.post_as("d", "/v1/corrections", &body).await;
    let again = till.post_as("d", "/v1/corrections", &body).await;
    assert_eq!((again.status, again.replayed, &again.bytes), (201, true, &first.bytes));
    // One space of keys for all three, whatever else is wrong.
    for path in ["/v1/sales", "/v1/credits", "/v1/corrections"] {
        for body in [json!({}), basket()] {
            assert_eq!(till.post_as("c", path, &body).await.status, 409, "{path}");
        }
    }
    assert_eq!(till.documents().await, 3);
}

/// The documents of the stories for a judge outside: set `TILLD_STORY_DIR`.
#[tokio::test]
async fn every_kind_of_document_in_one_chain() {
    let till = Till::new();
    let mut all = Vec::new();
    let sold = till.sell(&basket()).await.issued();
    let credit =
        credit_of(json!({"qr": sold["qr"]}), json!({"lines": [{"line": 1, "quantity": 1}, {"line": 2}]}));
    all.extend([sold.clone(), till.credit(&credit).await.issued()]);
    let amount = credit_of(json!({"uuid": sold["uuid"]}), json!({"amount": "3.33"}));
    all.push(till.credit(&amount).await.issued());
    all.push(till.credit(&credit_of(json!({"uuid": sold["uuid"]}), json!({"whole": true}))).await.issued());
    let other = till.sell(&basket()).await.issued();
    till.rejected(&other).await;
    let correction = json!({"rejected": {"uuid": other["uuid"]}, "changes": {"buyer": {"name": "Nora"}}});
    all.extend([other, till.correct(&correction).await.issued()]);
    let company = till.sell(&super::till::to_company()).await.issued();
    till.answered(&company, ReportState::Cleared).await;
    all.push(company.clone());
    let chairs = credit_of(json!({"uuid": company["uuid"]}), json!({"lines": [{"line": 1, "quantity": 1}]}));
    let note = till.credit(&chairs).await.issued();
    till.answered(&note, ReportState::Cleared).await;
    all.push(note);
    let mut debit = super::till::to_company();
    debit["document"] = json!("debit_note");
    debit["originals"] = json!([{"number": company["number"], "date": "2026-03-14"}]);
    debit["reason"] = json!("Delivery was left out");
    let debit = till.sell(&debit).await.issued();
    till.answered(&debit, ReportState::Cleared).await;
    all.push(debit);
    let mut external = credit_of(json!({"external": {"number": "OLD-7", "date": "2025-12-30"}}), json!({}));
    external["items"] = json!([{"name": "Kettle", "quantity": 1, "shelf_price": "99.00", "vat": "S"}]);
    all.push(till.credit(&external).await.issued());
    let advance = till.sell(&super::documents::advance()).await.issued();
    all.push(advance.clone());
    all.push(till.sell(&super::documents::using(&advance, "115.00")).await.issued());
    let icvs: Vec<u64> = all.iter().map(|one| one["icv"].as_u64().unwrap()).collect();
    assert_eq!(icvs, (1..=all.len() as u64).collect::<Vec<_>>());
    let Some(dir) = std::env::var_os("TILLD_STORY_DIR") else { return };
    for one in &all {
        let file = std::path::Path::new(&dir).join(format!("{:03}.xml", one["icv"].as_u64().unwrap()));
        std::fs::write(file, till.xml(one).await).unwrap();
    }
}
