//! The scripts that lie ready for integrators: each loads, plays what it names, and leaves a till that repeats
//! the same bytes with a clean audit.

use serde_json::json;
use tilld::sandbox::SandboxHandle;

use crate::till::{Credentials, Doc, key, onboard, plain, stamped};
use crate::world::{ENV, GENESIS, World, call, world};

/// More calls than any of the scripts can spoil for one document.
const TRIES: usize = 12;

/// The status of an answer; none when the connection broke.
async fn send(handle: &SandboxHandle, who: &Credentials, endpoint: &str, doc: &Doc) -> Option<u16> {
    let clearing = if endpoint == "clearance" { "1" } else { "0" };
    let headers = [
        ("Accept-Version", "V2"),
        ("Content-Type", "application/json"),
        ("Authorization", who.basic.as_str()),
        ("Clearance-Status", clearing),
    ];
    let path = format!("{}/invoices/{endpoint}/single", ENV.prefix());
    call(handle, "POST", &path, &headers, &doc.body().to_string()).await.ok().map(|answer| answer.status)
}

/// Sends the same bytes until they are accepted; tells what was answered.
async fn until_accepted(
    handle: &SandboxHandle,
    who: &Credentials,
    standard: bool,
    doc: &Doc,
) -> Vec<Option<u16>> {
    let mut endpoint = if standard { "clearance" } else { "reporting" };
    let mut answers = Vec::new();
    for _ in 0..TRIES {
        let answer = send(handle, who, endpoint, doc).await;
        answers.push(answer);
        match answer {
            Some(200 | 202 | 208 | 409) => return answers,
            Some(303) => endpoint = "reporting",
            Some(400..=499) if answer != Some(429) => panic!("{answers:?}"),
            _ => {}
        }
    }
    panic!("never accepted: {answers:?}");
}

/// What a till of twenty documents, each fourth a standard one, gets answered.
async fn play(script: &str) -> Vec<Option<u16>> {
    let World { handle, .. } = world(|config| config.read_script(script).unwrap()).await;
    let clearing = handle.settings().clearance_enabled;
    let key = key(7);
    let who = onboard(&handle, &key).await;
    let (mut pih, mut answers) = (GENESIS.to_owned(), Vec::new());
    for icv in 1..=20 {
        let standard = icv % 4 == 0;
        let doc = match standard {
            false => stamped(&key, &who.certificate, "0200000", "388", icv, &pih),
            // What may have to be reported carries the till's stamp.
            true if clearing => plain("0100000", "388", icv, &pih),
            true => stamped(&key, &who.certificate, "0100000", "388", icv, &pih),
        };
        answers.extend(until_accepted(&handle, &who, standard, &doc).await);
        pih.clone_from(&doc.hash);
    }
    let audit = handle.audit();
    assert!(audit.ok, "{}", serde_json::to_string(&audit).unwrap());
    assert_eq!(handle.accepted().len(), 20, "each once");
    let faults = call(&handle, "GET", "/admin/faults", &[], "").await.unwrap().json();
    for rule in faults["rules"].as_array().unwrap() {
        assert!(rule["played"].as_u64().unwrap() > 0, "never played: {rule}");
    }
    handle.stop().await;
    answers
}

fn count(answers: &[Option<u16>], wanted: Option<u16>) -> usize {
    answers.iter().filter(|answer| **answer == wanted).count()
}

#[tokio::test]
async fn a_bad_day() {
    let answers = play(include_str!("../../assets/sandbox/bad-day.json")).await;
    for status in [503, 429, 500, 504, 502] {
        assert!(count(&answers, Some(status)) > 0, "{status}");
    }
    assert_eq!(count(&answers, None), 2, "a reset and a drop");
}

#[tokio::test]
async fn lost_answers() {
    let answers = play(include_str!("../../assets/sandbox/lost-answers.json")).await;
    assert!(count(&answers, None) > 3 && count(&answers, Some(504)) > 0);
    assert!(count(&answers, Some(409)) > 3 && count(&answers, Some(208)) > 0, "{answers:?}");
}

#[tokio::test]
async fn clearance_off() {
    let answers = play(include_str!("../../assets/sandbox/clearance-off.json")).await;
    assert_eq!(count(&answers, Some(303)), 5, "{answers:?}");
    assert_eq!((count(&answers, None), count(&answers, Some(409))), (1, 1));
}

#[test]
fn the_folder_holds_no_other_script() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sandbox");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(json!(names), json!(["bad-day.json", "clearance-off.json", "lost-answers.json"]));
}
