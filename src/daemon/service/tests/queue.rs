//! The list of what waits, page by page.

use serde_json::json;

use super::NOW;
use super::till::{Till, basket};
use crate::ledger::{ReportState, Store};

#[tokio::test]
async fn what_waits_is_listed_page_by_page() {
    let till = Till::new();
    let mut sold = Vec::new();
    for _ in 0..5 {
        sold.push(till.sell(&basket()).await.issued());
    }
    till.answered(&sold[0], ReportState::Reported).await;
    till.answered(&sold[2], ReportState::Held).await;
    till.answered(&sold[3], ReportState::Queued).await;
    let icvs = |page: &serde_json::Value| -> Vec<u64> {
        page["documents"].as_array().unwrap().iter().map(|one| one["icv"].as_u64().unwrap()).collect()
    };
    let first = till.get("/v1/queue?limit=2").await.json();
    assert_eq!((icvs(&first), &first["waiting"]), (vec![2, 3], &json!(4)));
    let path = format!("/v1/queue?limit=2&after={}", first["next"].as_str().unwrap());
    let second = till.get(&path).await.json();
    assert_eq!((icvs(&second), second.get("next")), (vec![4, 5], None));
    let tried = &second["documents"][0];
    assert_eq!((&tried["attempts"], &tried["state"]), (&json!(1), &json!("Queued")));
    let held = till.get("/v1/queue?state=Held").await.json();
    assert_eq!(icvs(&held), [3]);
    assert_eq!(held["documents"][0]["uuid"], sold[2]["uuid"]);
    assert!(held["documents"][0]["words"]["ar"].is_string());
    assert_eq!(till.get("/v1/queue?limit=0").await.status, 400);
}

#[tokio::test]
async fn the_age_counts_from_the_issue() {
    let till = Till::new();
    till.sell(&basket()).await.issued();
    till.clock.set(NOW + 60 + 25 * 3_600);
    let listed = till.get("/v1/queue").await.json();
    let document = &listed["documents"][0];
    assert_eq!((&document["age_seconds"], &document["seconds_left"]), (&json!(90_000), &json!(-3_600)));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_hides_no_other() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.sell(&basket()).await.issued();
    let uuid = sold["uuid"].as_str().unwrap().parse().unwrap();
    till.on_store(move |store: &mut Store| {
        let id = store.by_uuid(&uuid).unwrap().unwrap().id;
        store.hold(id, "unreadable").unwrap();
    })
    .await;
    let listed = till.get("/v1/queue").await.json();
    assert_eq!(listed["documents"].as_array().unwrap().len(), 2);
    assert_eq!(listed["documents"][0]["reason"], "unreadable");
    assert!(listed["documents"][0]["words"]["en"].as_str().unwrap().contains("tilld verify"));
}
