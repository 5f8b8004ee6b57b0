//! Sales to companies: the wait for the authority, its answers, and what is
//! handed out before and after. The authority is played by the test.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::till::{Till, basket, credit_of, one, to_company};
use super::*;
use crate::api::exchange::Answer;
use crate::daemon::events::{Event, EventKind, Events};
use crate::fatoora::SetupFault;
use crate::ledger::ReportState;
use crate::report::{Pause, PauseReason};

/// Longer than any test runs: no test ends by it.
const LONG: Duration = Duration::from_secs(3_600);

/// A till that waits for the authority, and its events.
fn waiting_till() -> (Till, Arc<Events>) {
    let mut events = None;
    let till = Till::with(|service| {
        service.facts.clearance_wait = LONG;
        events = Some(Arc::clone(&service.events));
    });
    (till, events.unwrap())
}

/// The next event of that kind.
async fn heard(events: &mut tokio::sync::broadcast::Receiver<Event>, kind: EventKind) -> Event {
    loop {
        let event = events.recv().await.unwrap();
        if event.kind == kind {
            return event;
        }
    }
}

/// Sells, and plays the authority's answer once the document is stored.
async fn answered_with(till: &Till, events: &Events, state: ReportState, body: &[u8]) -> Answer {
    let mut listener = events.subscribe();
    let play = async {
        let stored = heard(&mut listener, EventKind::DocumentStored).await.document.unwrap();
        till.answered_in(&json!({"uuid": stored.uuid.to_string()}), state, body).await;
        let kind = match state {
            ReportState::Cleared => EventKind::DocumentCleared,
            ReportState::Rejected => EventKind::DocumentRejected,
            _ => EventKind::DocumentReported,
        };
        events.publish(kind, NOW, Some(stored), Value::Null);
    };
    let sale = to_company();
    tokio::join!(till.post_as("k", "/v1/sales", &sale), play).0
}

/// The XML as it is handed out, or the code of the problem.
async fn handed(till: &Till, document: &Value, form: &str) -> Result<Vec<u8>, String> {
    let path = format!("/v1/sales/{}.{form}", document["uuid"].as_str().unwrap());
    let answer = till.get(&path).await;
    if answer.status == 200 {
        return Ok(answer.bytes);
    }
    let problem = answer.json();
    assert_eq!((answer.status, both(&problem["detail"], &problem["detail_ar"])), (409, true), "{problem}");
    Err(problem["code"].as_str().unwrap().to_owned())
}

/// English in one, Arabic in the other.
fn both(english: &Value, arabic: &Value) -> bool {
    let is_arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
    let (english, arabic) = (english.as_str().unwrap(), arabic.as_str().unwrap());
    !english.is_empty() && !is_arabic(english) && is_arabic(arabic)
}

fn state(document: &Value) -> &str {
    let clearance = &document["clearance"];
    assert!(both(&clearance["words"]["en"], &clearance["words"]["ar"]), "{clearance}");
    clearance["state"].as_str().unwrap()
}

#[tokio::test]
async fn the_answer_waits_for_the_clearance_and_says_the_same_for_ever() {
    let (till, events) = waiting_till();
    let first = answered_with(&till, &events, ReportState::Cleared, b"").await;
    let again = till.post_as("k", "/v1/sales", &to_company()).await;
    assert_eq!((again.status, again.replayed, &again.bytes), (201, true, &first.bytes));
    let sold = first.issued();
    assert_eq!((state(&sold), &sold["qr"]), ("cleared", &json!("")));
    let xml = String::from_utf8(handed(&till, &sold, "xml").await.unwrap()).unwrap();
    assert!(xml.contains(sold["clearance"]["qr"].as_str().unwrap()));
    let found = till.look_up(&sold).await;
    assert_eq!((&found["sale"], &found["print"]["state"]), (&sold, &json!("Pending")), "it prints by itself");
}

#[tokio::test]
async fn what_was_reported_instead_is_marked_and_handed_out_with_our_stamp() {
    let (till, events) = waiting_till();
    let sold = answered_with(&till, &events, ReportState::Reported, b"").await.issued();
    assert_eq!(state(&sold), "reported-instead");
    let xml = String::from_utf8(handed(&till, &sold, "xml").await.unwrap()).unwrap();
    assert!(xml.contains(sold["clearance"]["qr"].as_str().unwrap()));
    assert_eq!(till.look_up(&sold).await["print"]["state"], "Pending");
}

#[tokio::test]
async fn a_rejection_is_told_with_its_findings_and_the_way_out() {
    const BODY: &[u8] = br#"{"validationResults":{"infoMessages":[],"warningMessages":[],"errorMessages":
        [{"type":"ERROR","code":"BR-KSA-15","category":"KSA","message":"wrong","status":"ERROR"}],
        "status":"ERROR"},"clearanceStatus":"NOT_CLEARED"}"#;
    let (till, events) = waiting_till();
    let sold = answered_with(&till, &events, ReportState::Rejected, BODY).await.issued();
    assert_eq!(state(&sold), "rejected");
    let clearance = &sold["clearance"];
    assert_eq!((&clearance["findings"][0]["code"], &clearance["qr"]), (&json!("BR-KSA-15"), &Value::Null));
    for language in ["en", "ar"] {
        let words = clearance["words"][language].as_str().unwrap();
        assert!(words.contains("POST /v1/corrections") && words.contains("tilld correct"), "{words}");
    }
    assert_eq!(handed(&till, &sold, "xml").await.unwrap_err(), "awaiting-clearance");
    assert!(handed(&till, &sold, "png").await.is_ok(), "a slip that says so");
    assert_eq!(till.look_up(&sold).await["print"], Value::Null);
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_parked_and_told_and_cleared_later() {
    let mut events = None;
    let till = Till::with(|service| events = Some(Arc::clone(&service.events)));
    let events = events.unwrap();
    let sold = till.post_as("k", "/v1/sales", &to_company()).await.issued();
    assert_eq!(state(&sold), "waiting");
    let kinds = |after| events.after(after).0.iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(kinds(0), [EventKind::DocumentStored, EventKind::DocumentParked]);
    assert!(events.after(0).0[1].document.as_ref().is_some_and(|one| one.uuid.to_string() == sold["uuid"]));
    assert_eq!(handed(&till, &sold, "xml").await.unwrap_err(), "awaiting-clearance");
    for slip in ["png", "escpos"] {
        assert!(handed(&till, &sold, slip).await.is_ok(), "{slip}");
    }
    assert_eq!(till.look_up(&sold).await["print"], Value::Null);
    // Told once, however often it is asked about.
    let again = till.post_as("k", "/v1/sales", &to_company()).await;
    assert!(again.replayed && again.issued() == sold);
    assert_eq!(kinds(2), []);

    till.answered(&sold, ReportState::Cleared).await;
    let found = till.look_up(&sold).await;
    assert_eq!((state(&found["sale"]), &found["print"]["state"]), ("cleared", &json!("Pending")));
    let replay = till.post_as("k", "/v1/sales", &to_company()).await.issued();
    assert_eq!(replay, found["sale"]);
    let facts = |document: &Value| {
        let mut facts = document.clone();
        facts.as_object_mut().unwrap().remove("clearance");
        facts
    };
    assert_eq!(facts(&replay), facts(&sold), "nothing else moves");
}

#[tokio::test]
async fn who_asks_again_while_it_waits_waits_too() {
    let (till, events) = waiting_till();
    let (mut listener, sale) = (events.subscribe(), to_company());
    let play = async {
        let stored = heard(&mut listener, EventKind::DocumentStored).await.document.unwrap();
        let uuid = json!({"uuid": stored.uuid.to_string()});
        let other = till.post_as("k", "/v1/sales", &sale);
        let end = async {
            till.answered(&uuid, ReportState::Cleared).await;
            events.publish(EventKind::DocumentCleared, NOW, Some(stored), Value::Null);
        };
        tokio::join!(other, end).0
    };
    let (first, second) = tokio::join!(till.post_as("k", "/v1/sales", &sale), play);
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(state(&first.issued()), "cleared");
}

#[tokio::test]
async fn nobody_waits_for_what_a_person_must_mend_first() {
    let pause = Pause { reason: PauseReason::Setup(SetupFault::Credentials), since: NOW, until: NOW + 900 };
    let till = Till::with(|service| {
        service.facts.clearance_wait = LONG;
        let status = report::Status { pause: Some(pause), ..report::Status::default() };
        service.report = watch::channel(status).1;
    });
    assert_eq!(state(&till.sell(&to_company()).await.issued()), "waiting");
}

#[tokio::test]
async fn the_end_of_the_till_ends_the_wait() {
    let (till, events) = waiting_till();
    let (mut listener, sale) = (events.subscribe(), to_company());
    let end = async {
        heard(&mut listener, EventKind::DocumentStored).await;
        till.stop.send_replace(true);
    };
    let (answer, ()) = tokio::join!(till.post_as("k", "/v1/sales", &sale), end);
    assert_eq!(state(&answer.issued()), "waiting");
}

#[tokio::test]
async fn without_the_authority_a_number_is_not_taken_for_a_company() {
    let (open, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (seen, looked) = (Arc::clone(&open), Arc::clone(&looks));
    let till = Till::with(|service| {
        service.facts.clearance_offline = ClearanceOffline::Refuse;
        service.reach = Arc::new(move || {
            looked.fetch_add(1, Ordering::SeqCst);
            let open = seen.load(Ordering::SeqCst);
            Box::pin(async move { open })
        });
    });
    let away = till.post_as("b", "/v1/sales", &to_company()).await;
    let problem = away.json();
    assert_eq!((away.status, &problem["code"]), (503, &json!("clearance-away")));
    assert!(both(&problem["detail"], &problem["detail_ar"]) && both(&problem["title"], &problem["title_ar"]));
    assert_eq!((till.documents().await, looks.load(Ordering::SeqCst)), (0, 1));
    // What is wrong with the sale itself comes first, and consumers are not concerned.
    let mut wrong = to_company();
    wrong["buyer"]["vat_number"] = json!("399999999900003");
    assert_eq!(
        till.sell(&wrong).await.refused(),
        one("invalid-sale", "buyer.vat_number", "BR-CUSTOM-VALIDATION-01")
    );
    assert_eq!(till.sell(&basket()).await.issued()["icv"], 1);
    assert_eq!(looks.load(Ordering::SeqCst), 1, "nobody looked");

    open.store(true, Ordering::SeqCst);
    let sold = till.post_as("b", "/v1/sales", &to_company()).await.issued();
    assert_eq!((state(&sold), &sold["icv"]), ("waiting", &json!(2)));
    open.store(false, Ordering::SeqCst);
    assert!(till.post_as("b", "/v1/sales", &to_company()).await.replayed, "an answer is an answer");
    // Corrections and notes to companies alike.
    till.rejected(&sold).await;
    let correction = json!({"rejected": {"uuid": sold["uuid"]}});
    assert_eq!(till.correct(&correction).await.status, 503);
    assert_eq!(till.documents().await, 2);
}

#[tokio::test]
async fn a_queue_that_a_person_must_mend_refuses_without_a_look() {
    let till = Till::with(|service| {
        service.facts.clearance_offline = ClearanceOffline::Refuse;
        let reason = PauseReason::Setup(SetupFault::Credentials);
        let pause = Some(Pause { reason, since: NOW, until: NOW + 900 });
        service.report = watch::channel(report::Status { pause, ..report::Status::default() }).1;
        service.reach = Arc::new(|| panic!("looked"));
    });
    let refused = till.sell(&to_company()).await;
    assert_eq!((refused.status, till.documents().await), (503, 0));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with(&PauseReason::Setup(SetupFault::Credentials).message().en), "{detail}");
}

#[tokio::test]
async fn a_line_that_was_away_is_looked_at_again() {
    let till = Till::with(|service| {
        service.facts.clearance_offline = ClearanceOffline::Refuse;
        let pause = Some(Pause { reason: PauseReason::Offline, since: NOW, until: NOW + 900 });
        service.report = watch::channel(report::Status { pause, ..report::Status::default() }).1;
    });
    assert_eq!(state(&till.sell(&to_company()).await.issued()), "waiting", "somebody answers now");
}

#[tokio::test]
async fn nothing_is_credited_or_debited_of_what_is_no_invoice_yet() {
    let till = Till::new();
    let sold = till.sell(&to_company()).await.issued();
    let whole = |original: Value| credit_of(original, json!({"whole": true}));
    for (original, field) in [
        (json!({"uuid": sold["uuid"]}), "original.uuid"),
        (json!({"number": sold["number"]}), "original.number"),
    ] {
        let refused = till.credit(&whole(original)).await.refused();
        assert_eq!(refused, one("invalid-credit", field, "TILLD-NOT-CLEARED"));
    }
    let mut debit = to_company();
    debit["document"] = json!("debit_note");
    debit["originals"] = json!([{"number": sold["number"], "date": "2026-03-14"}]);
    debit["reason"] = json!("Delivery was left out");
    assert_eq!(
        till.sell(&debit).await.refused(),
        one("invalid-sale", "originals[0].number", "TILLD-NOT-CLEARED")
    );
    assert_eq!(till.documents().await, 1);
    till.answered(&sold, ReportState::Cleared).await;
    assert_eq!(till.sell(&debit).await.status, 201);
    assert_eq!(till.credit(&whole(json!({"uuid": sold["uuid"]}))).await.status, 201);
}
