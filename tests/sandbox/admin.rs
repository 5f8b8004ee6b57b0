//! The admin face: settings, clock, OTPs, revocation, listings; refusals name the field.

use serde_json::{Value, json};
use tilld::sandbox::{CsidKind, Environment, SandboxHandle, Standing};

use crate::csr::{GOOD, csr};
use crate::till::{key, onboard, report, stamped};
use crate::world::{Answer, ENV, GENESIS, NOW, VAT, World, api, call, world};

/// A call to the admin face.
pub async fn admin(handle: &SandboxHandle, tail: &str, body: Option<Value>) -> Answer {
    let path = format!("/admin/{tail}");
    match body {
        Some(body) => call(handle, "POST", &path, &[], &body.to_string()).await.unwrap(),
        None => call(handle, "GET", &path, &[], "").await.unwrap(),
    }
}

#[tokio::test]
async fn settings_change_while_it_runs() {
    let World { handle, .. } = world(|c| c.settings.otp_lifetime = 100).await;
    let shown = admin(&handle, "settings", None).await.json();
    assert_eq!((&shown["otp_lifetime"], &shown["renewal"]), (&json!(100), &json!("428")));
    let changed =
        admin(&handle, "settings", Some(json!({"otp_lifetime": 5, "renewal": "200-wrapped"}))).await;
    assert_eq!((changed.status, &changed.json()["otp_lifetime"]), (200, &json!(5)));
    let refused = admin(&handle, "settings", Some(json!({"otp_lifetime": 7, "renewal": "soon"}))).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"], "renewal: must be one of 428, 200, 200-wrapped");
    assert_eq!(handle.settings().otp_lifetime, 5, "nothing of a refused change is taken");
    let otp = handle.issue_otp(ENV, Some(VAT));
    handle.advance_clock(5);
    let answer =
        api(&handle, "POST", "/compliance", &[("OTP", &otp)], &json!({"csr": csr(&key(1), &GOOD)})).await;
    assert_eq!(answer.json()["errors"][0]["code"], "Invalid-OTP");
    assert_eq!(handle.calls().last().unwrap().reason.as_deref(), Some("the OTP has expired"));
    handle.stop().await;
}

#[tokio::test]
async fn otps_are_made_to_order() {
    let World { handle, .. } = world(|_| {}).await;
    let order = json!({"env": "simulation", "vat": VAT, "ttl": 9, "otp": "424242"});
    let made = admin(&handle, "otp", Some(order.clone())).await.json();
    assert_eq!((&made["otp"], &made["expires"]), (&json!("424242"), &json!(NOW + 9)));
    let again = admin(&handle, "otp", Some(order)).await;
    assert!(
        again.status == 400 && again.text.contains("otp: is one that was issued before"),
        "{}",
        again.text
    );
    for (bad, field) in [
        (json!({"env": "sandbox"}), "env: "),
        (json!({"vat": "12345"}), "vat: "),
        (json!({"vat": 399}), "vat: "),
        (json!({"ttl": "long"}), "ttl: "),
        (json!({"otp": "12345"}), "otp: "),
        (json!({"pin": "1"}), "pin: "),
        (json!([]), "the body: "),
    ] {
        let refused = admin(&handle, "otp", Some(bad)).await;
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(refused.status == 400 && error.starts_with(field), "{error}");
    }
    let rubbish = call(&handle, "POST", "/admin/otp", &[], "{").await.unwrap();
    assert!(rubbish.status == 400 && rubbish.text.contains("the body: is no JSON"));
    handle.stop().await;
}

#[tokio::test]
async fn the_clock_is_moved() {
    let World { handle, .. } = world(|c| c.clock_offset = 60).await;
    assert_eq!(admin(&handle, "time", None).await.json(), json!({"now": NOW + 60, "offset": 60}));
    let told = admin(&handle, "time", Some(json!({"advance": -100}))).await.json();
    assert_eq!(told, json!({"now": NOW - 40, "offset": -40}));
    let told = admin(&handle, "time", Some(json!({"set": NOW + 5}))).await;
    assert_eq!(told.json()["offset"], 5);
    assert!(told.head.to_lowercase().contains("date: sat, 14 mar 2026 19:00:05 gmt"), "{}", told.head);
    for bad in
        [json!({}), json!({"set": 1, "advance": 1}), json!({"set": "now"}), json!({"offset": i64::MAX})]
    {
        assert_eq!(admin(&handle, "time", Some(bad)).await.status, 400);
    }
    handle.stop().await;
}

#[tokio::test]
async fn csids_are_listed_revoked_and_taken_back() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(2);
    let pcsid = onboard(&handle, &key).await;
    let list = handle.csids();
    let kinds: Vec<CsidKind> = list.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [CsidKind::Compliance, CsidKind::Production]);
    assert!(list.iter().all(|e| e.standing == Standing::Live && e.vat == VAT && e.missing_steps.is_empty()));
    let shown = admin(&handle, "csids", None).await;
    assert!(!shown.text.contains(&pcsid.certificate), "tokens stay inside");
    assert_eq!(shown.json()["csids"][1]["standing"], "live");

    let doc = stamped(&key, &pcsid.certificate, "0200000", "388", 1, GENESIS);
    let unit = json!({"unit": GOOD.serial, "env": "simulation"});
    for (order, count) in [(json!({"csid": list[1].csid}), 1), (json!({"vat": VAT}), 2), (unit, 2)] {
        let revoked = admin(&handle, "revoke", Some(order.clone())).await.json();
        assert_eq!(revoked["csids"].as_array().unwrap().len(), count, "{revoked}");
        assert_eq!(report(&handle, &pcsid, &doc).await.status, 401);
        assert_eq!(handle.calls().last().unwrap().reason.as_deref(), Some("the CSID is revoked"));
        let mut undo = order;
        undo["undo"] = json!(true);
        assert_eq!(admin(&handle, "revoke", Some(undo)).await.status, 200);
        assert_ne!(report(&handle, &pcsid, &doc).await.status, 401);
    }
    for bad in [
        json!({}),
        json!({"csid": list[1].csid, "vat": VAT}),
        json!({"csid": "1"}),
        json!({"vat": VAT, "env": "core"}),
        json!({"vat": VAT, "undo": "yes"}),
        json!({"token": "x"}),
    ] {
        assert_eq!(admin(&handle, "revoke", Some(bad)).await.status, 400);
    }
    assert!(handle.revoke(&list[1].csid) && !handle.revoke("1"));
    handle.stop().await;
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let World { handle, .. } = world(|_| {}).await;
    for (tail, get, post) in [
        ("otp", 405, 200),
        ("revoke", 405, 400),
        ("book", 200, 405),
        ("audit", 200, 405),
        ("csids", 200, 405),
        ("authority", 200, 405),
        ("settings", 200, 200),
        ("time", 200, 400),
        ("faults", 200, 400),
        ("else", 404, 404),
    ] {
        assert_eq!(admin(&handle, tail, None).await.status, get, "GET {tail}");
        assert_eq!(admin(&handle, tail, Some(json!({}))).await.status, post, "POST {tail}");
    }
    assert_eq!(call(&handle, "DELETE", "/admin/faults", &[], "").await.unwrap().status, 405);
    assert_eq!(handle.issue_otp(Environment::Core, None).len(), 6);
    handle.stop().await;
}
