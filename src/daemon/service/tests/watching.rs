//! The attention list, the metrics and the event stream of a till at work.

use std::collections::BTreeMap;

use super::till::{Till, basket};
use crate::api::{Fed, Feed};
use crate::daemon::events::{EventKind, Events};
use crate::daemon::service::following::Following;
use crate::ledger::{AttemptRecord, PrintState, ReportState, Store};
use crate::report::attention::OTHER_ENVIRONMENT;
use serde_json::{Value, json};
use std::sync::Arc;

async fn ids(till: &Till) -> Vec<String> {
    let list = till.get("/v1/attention").await.json();
    list["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

fn id(kind: &str, document: &Value) -> String {
    format!("{kind}:{}", document["uuid"].as_str().unwrap())
}

#[tokio::test]
async fn a_rejected_document_is_an_entry_until_it_is_corrected() {
    let till = Till::new();
    assert!(ids(&till).await.is_empty());
    let sold = till.sell(&basket()).await.issued();
    till.rejected(&sold).await;
    assert_eq!(ids(&till).await, [id("rejected", &sold)]);
    let entry = till.get("/v1/attention").await.json()["entries"][0].clone();
    assert_eq!(entry["urgency"], "critical");
    assert!(entry["what"]["en"].as_str().unwrap().contains(sold["number"].as_str().unwrap()));
    // The very request that it names.
    let call = entry["call"].as_str().unwrap();
    let body: Value = serde_json::from_str(call.strip_prefix("POST /v1/corrections ").unwrap()).unwrap();
    let status = till.get("/v1/status").await.json();
    assert_eq!((&status["watch"]["attention"], &status["watch"]["unreported"]), (&json!(1), &json!(0)));
    till.correct(&body).await.issued();
    assert!(ids(&till).await.is_empty(), "done");
}

#[tokio::test]
async fn a_held_document_is_an_entry_until_it_is_released() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.on_ledger(&sold, |store, id| store.hold(id, "protocol").unwrap()).await;
    assert_eq!(ids(&till).await, [id("held", &sold)]);
    let watch = till.get("/v1/status").await.json()["watch"].clone();
    assert_eq!(watch["unreported"], 1, "held is not reported");
    assert!(watch["deadline_left_seconds"].as_i64().unwrap() > 86_000);
    till.on_ledger(&sold, |store, id| store.release(id, 0).unwrap()).await;
    assert!(ids(&till).await.is_empty());
}

#[tokio::test]
async fn what_another_environment_stamped_is_a_notice_and_never_late() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.on_ledger(&sold, |store, id| store.hold(id, OTHER_ENVIRONMENT).unwrap()).await;
    let list = till.get("/v1/attention").await.json();
    assert_eq!(
        (&list["entries"][0]["id"], &list["entries"][0]["urgency"]),
        (&json!("held:other-environment"), &json!("notice"))
    );
    let watch = till.get("/v1/status").await.json()["watch"].clone();
    assert_eq!((&watch["unreported"], &watch["attention"]), (&json!(0), &json!(0)));
    assert_eq!(watch["deadline_at"], Value::Null);
    let next = till.sell(&basket()).await.issued();
    let watch = till.get("/v1/status").await.json()["watch"].clone();
    assert_eq!(watch["unreported"], 1, "{next}");
}

#[tokio::test]
async fn a_receipt_is_an_entry_until_somebody_has_seen_to_it() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.on_ledger(&sold, |store, _| {
        let job = store.next_print_job().unwrap();
        store.set_print_state(job, PrintState::Printing, None).unwrap();
        store.set_print_state(job, PrintState::Unconfirmed, None).unwrap();
    })
    .await;
    assert_eq!(ids(&till).await, [id("receipt", &sold)]);
    let path = format!("/v1/sales/{}/printed", sold["uuid"].as_str().unwrap());
    let seen = till.post_as("x", &path, &json!({})).await;
    assert_eq!((seen.status, &seen.json()["settled"]), (200, &json!(1)));
    assert!(ids(&till).await.is_empty());
    assert_eq!(till.post_as("x", &path, &json!({})).await.json()["settled"], 0);
    let unknown = "/v1/sales/6f4d20e0-6bfe-4a80-9389-7dabe6620f12/printed";
    assert_eq!(till.post_as("x", unknown, &json!({})).await.status, 404);
}

#[tokio::test]
async fn a_copy_settles_the_receipt_that_nobody_saw() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.on_ledger(&sold, |store, _| {
        let job = store.next_print_job().unwrap();
        store.set_print_state(job, PrintState::Printing, None).unwrap();
        store.set_print_state(job, PrintState::Unconfirmed, None).unwrap();
    })
    .await;
    let path = format!("/v1/sales/{}/reprint", sold["uuid"].as_str().unwrap());
    assert_eq!(till.post_as("x", &path, &json!({})).await.status, 202);
    assert!(ids(&till).await.is_empty());
}

/// Each line is a comment or `name{labels} number`; every family is explained
/// before its values.
fn metrics(text: &str) -> BTreeMap<String, i64> {
    let mut values = BTreeMap::new();
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["gauge", "counter"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            family = name.to_owned();
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(name.split('{').next().unwrap(), family, "{line}");
            assert!(family.starts_with("tilld_"));
            let before = values.insert(name.to_owned(), value.parse().unwrap());
            assert_eq!(before, None, "{line} twice");
        }
    }
    values
}

#[tokio::test]
async fn metrics_are_read_as_they_are_written() {
    let till = Till::new();
    let first = till.sell(&basket()).await.issued();
    till.sell(&basket()).await.issued();
    till.rejected(&first).await;
    let answer = till.get("/v1/metrics").await;
    let values = metrics(std::str::from_utf8(&answer.bytes).unwrap());
    for (name, value) in [
        ("tilld_documents{state=\"Queued\"}", 1),
        ("tilld_documents{state=\"Rejected\"}", 1),
        ("tilld_documents{state=\"Reported\"}", 0),
        ("tilld_queue_length", 1),
        ("tilld_unreported_documents", 1),
        ("tilld_oldest_unreported_age_seconds", 0),
        ("tilld_deadline_left_seconds", 86_400),
        ("tilld_print_jobs{state=\"Pending\"}", 2),
        ("tilld_attempts_total", 0),
        ("tilld_reporting_paused", 0),
        ("tilld_alarms_active", 0),
        ("tilld_attention_entries{urgency=\"critical\"}", 1),
    ] {
        assert_eq!(values.get(name), Some(&value), "{name} in {values:?}");
    }
    assert!(!values.contains_key("tilld_forecast_seconds"), "nothing was measured");
}

fn publish(events: &Events, times: usize) {
    for _ in 0..times {
        events.publish(EventKind::ReportingResumed, super::NOW, None, Value::Null);
    }
}

/// What a follower gets at once, by the number behind its id.
async fn at_once(following: &mut Following) -> Vec<String> {
    let (mut got, mut idle) = (Vec::new(), 0);
    // A task that has had its share is told to wait although there is more.
    while idle < 10 {
        tokio::select! {
            biased;
            fed = following.next() => match fed {
                Fed::Event(event) => got.push(event.id.split_once('-').unwrap().1.to_owned()),
                Fed::Gap => got.push("gap".to_owned()),
                Fed::End => return got,
            },
            () = std::future::ready(()) => {
                idle += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    got
}

#[tokio::test]
async fn a_follower_goes_on_where_it_was() {
    let events = Arc::new(Events::default());
    publish(&events, 3);
    let mut live = Following::new(&events, None);
    assert!(at_once(&mut live).await.is_empty(), "from now on");
    let after = |id: u64| Following::new(&events, Some(&events.name(id)));
    assert_eq!(at_once(&mut after(1)).await, ["2", "3"]);
    assert_eq!(at_once(&mut Following::new(&events, Some("0"))).await, ["1", "2", "3"]);
    let mut last = after(3);
    assert!(at_once(&mut last).await.is_empty());
    publish(&events, 2);
    assert_eq!(at_once(&mut live).await, ["4", "5"]);
    assert_eq!(at_once(&mut last).await, ["4", "5"]);
    // From an earlier run of the till, or from nowhere.
    let another = Events::default();
    for name in [another.name(2), "rubbish".to_owned(), String::new(), "1".to_owned()] {
        let mut following = Following::new(&events, Some(&name));
        assert_eq!(at_once(&mut following).await, ["gap", "1", "2", "3", "4", "5"], "{name}");
    }
}

#[tokio::test]
async fn a_follower_that_was_too_slow_gets_what_is_kept() {
    let events = Arc::new(Events::default());
    let mut live = Following::new(&events, None);
    publish(&events, 900);
    let got = at_once(&mut live).await;
    assert_eq!((got.len(), got[0].as_str()), (900, "1"), "more than it can be behind, and nothing lost");
    publish(&events, 1_500);
    let got = at_once(&mut live).await;
    assert_eq!((got.len(), got[0].as_str(), got[1].as_str()), (1_001, "gap", "1401"));
    publish(&events, 1);
    assert_eq!(at_once(&mut live).await, ["2401"]);
}

/// Rejected as the authority words it.
#[tokio::test]
async fn the_first_finding_is_said() {
    let till = Till::new();
    let sold = till.sell(&basket()).await.issued();
    till.on_ledger(&sold, |store: &mut Store, id| {
        let body = br#"{"validationResults":{"errorMessages":[{"type":"ERROR","code":"BR-KSA-15","category":"KSA","message":"wrong"}],"status":"ERROR"},"reportingStatus":"NOT_REPORTED"}"#;
        let attempt = AttemptRecord {
            started_at: super::NOW + 5,
            duration_ms: 1,
            endpoint: "reporting".to_owned(),
            http: Some(400),
            headers: Vec::new(),
            body: body.to_vec(),
            verdict: "rejected".to_owned(),
            error: None,
            cleared: None,
        };
        store.begin_attempt(id, super::NOW + 5).unwrap();
        store.finish_attempt(id, &attempt, ReportState::Rejected, 0).unwrap();
    })
    .await;
    let entry = till.get("/v1/attention").await.json()["entries"][0].clone();
    assert!(entry["what"]["en"].as_str().unwrap().contains("BR-KSA-15: "), "{entry}");
    assert_eq!(entry["since"], crate::daemon::service::watching::moment(super::NOW + 5));
}
