//! What was sent and answered, and letting a held document go, through the
//! real router.

use axum::http::StatusCode;

use super::*;
use crate::api::exchange::Pos;
use crate::api::{Limits, router};
use crate::daemon::events::EventKind;
use crate::ledger::{AttemptRecord, ReportState};

const WARNED: &str = r#"{"validationResults":{"warningMessages":[{"type":"WARNING","code":"BR-KSA-98","category":"KSA","message":"late"}]},"reportingStatus":"REPORTED"}"#;

struct Desk {
    pos: Pos,
    service: Arc<Service>,
    _dir: TempDir,
}

fn desk_of(environment: &str) -> Desk {
    let Bench { mut service, _dir, .. } = bench();
    service.facts.environment = environment.to_owned();
    let service = Arc::new(service);
    let pos = Pos(router(Arc::clone(&service), Limits::new(1 << 20)));
    Desk { pos, service, _dir }
}

impl Desk {
    /// A sale under a key, and one attempt that ended so.
    async fn sold(&self, key: &str, verdict: &str, body: &str, state: ReportState) -> Uuid {
        let draft = invoice::read_sale(SALE.as_bytes()).unwrap();
        let idempotency = Idempotency { key: key.to_owned(), body_sha256: [7; 32] };
        let order = SaleOrder { draft, idempotency, caller: Caller::default() };
        let uuid = self.service.sell(order).await.unwrap().sale.uuid;
        let attempt = AttemptRecord {
            started_at: NOW,
            duration_ms: 250,
            endpoint: "reporting".to_owned(),
            http: Some(400),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            verdict: verdict.to_owned(),
            error: None,
            cleared: None,
        };
        let work = move |store: &mut Store| {
            let id = store.by_uuid(&uuid).unwrap().unwrap().id;
            store.begin_attempt(id, NOW).unwrap();
            store.finish_attempt(id, &attempt, state, NOW).unwrap();
        };
        self.service.ledger.run(work).await.unwrap();
        uuid
    }

    async fn release(&self, uuid: Uuid) -> (u16, serde_json::Value) {
        let answer = self.pos.post(&format!("/v1/sales/{uuid}/release"), "k", String::new()).await;
        (answer.status, answer.json())
    }
}

#[tokio::test]
async fn a_held_document_is_released_once_and_everyone_is_told() {
    let desk = desk_of("sandbox");
    let uuid = desk.sold("a", "protocol", "", ReportState::Held).await;
    let (status, told) = desk.release(uuid).await;
    assert_eq!((status, told["was"].as_str()), (202, Some("protocol")), "{told}");
    assert_eq!((told["number"].as_str(), told["state"].as_str()), (Some("T1-000001"), Some("Queued")));
    let (events, _) = desk.service.events.after(0);
    let event = events.iter().find(|event| event.kind == EventKind::DocumentReleased).unwrap();
    assert_eq!(event.document.as_ref().unwrap().uuid, uuid);
    assert_eq!(desk.service.wakes.heard().await, [Wake::Sale]);
    let log = desk.pos.get("/v1/activities?limit=1").await.json();
    let newest = &log["activities"][0];
    assert_eq!((newest["what"].as_str(), newest["actor"].as_str()), (Some("released"), Some("unknown")));
    assert_eq!(newest["detail"]["held"], "protocol");

    let (status, problem) = desk.release(uuid).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("not-released")));
    assert!(problem["detail"].as_str().unwrap().contains("on its way already"), "{problem}");
    let unknown = desk.pos.post(&format!("/v1/sales/{}/release", Uuid::nil()), "k", String::new()).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND.as_u16());
    for (key, state, words) in
        [("b", ReportState::Reported, "never sent twice"), ("c", ReportState::Rejected, "tilld correct")]
    {
        let uuid = desk.sold(key, "answered", "", state).await;
        let (status, problem) = desk.release(uuid).await;
        assert_eq!(status, 409);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}

#[tokio::test]
async fn a_document_of_another_environment_is_never_released() {
    let desk = desk_of("production");
    let uuid = desk.sold("a", "protocol", "", ReportState::Held).await;
    let (status, problem) = desk.release(uuid).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("not-released")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("never sent"), "{problem}");
    let status = desk.pos.get("/v1/status").await.json();
    assert_eq!(status["queue"]["states"]["Held"], 1, "{status}");
}

#[tokio::test]
async fn attempts_and_warnings_are_told_with_words() {
    let desk = desk_of("sandbox");
    let none = desk.pos.get("/v1/warnings").await.json();
    assert_eq!(none, serde_json::json!({"looked_at": 0, "more": false, "warnings": []}));
    let held = desk.sold("a", "protocol", "<html>", ReportState::Held).await;
    for key in ["b", "c"] {
        desk.sold(key, "accepted-with-warnings", WARNED, ReportState::ReportedWithWarnings).await;
    }
    desk.sold("d", "accepted", "{}", ReportState::Reported).await;
    let list = desk.pos.get(&format!("/v1/sales/{held}/attempts")).await.json();
    assert_eq!((list["held"]["reason"].as_str(), list["total"].as_u64()), (Some("protocol"), Some(1)));
    assert!(list["held"]["words"]["ar"].as_str().unwrap().contains("المنصة"), "{list}");
    let attempt = &list["attempts"][0];
    assert_eq!((attempt["answer"].as_str(), attempt["duration_ms"].as_u64()), (Some("<html>"), Some(250)));
    assert_eq!(attempt["started_at"], "2026-03-14T21:05:09+03:00");
    let unknown = desk.pos.get(&format!("/v1/sales/{}/attempts", Uuid::nil())).await;
    assert_eq!(unknown.status, 404);

    let warned = desk.pos.get("/v1/warnings").await.json();
    let warning = &warned["warnings"][0];
    assert_eq!((warned["looked_at"].as_u64(), warning["documents"].as_u64()), (Some(2), Some(2)), "{warned}");
    assert_eq!(warning["finding"]["code"], "BR-KSA-98");
    assert_eq!(warning["newest"], serde_json::json!(["T1-000003", "T1-000002"]));
    assert!(warning["finding"]["words"]["ar"].is_string());
}
