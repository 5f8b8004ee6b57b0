//! What the gateway checks before the call itself, and the sandbox by itself.

use serde_json::{Value, json};
use tilld::sandbox::{SandboxConfig, system_clock, system_entropy};

use crate::world::{ENV, World, api, call, world};

#[tokio::test]
async fn the_gateway_checks_in_its_order() {
    let World { handle, .. } = world(|c| c.settings.max_body = 4096).await;
    let reporting = format!("{}/invoices/reporting/single", ENV.prefix());
    let status = async |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        call(&handle, method, path, headers, body).await.unwrap().status
    };
    let version = ("Accept-Version", "V2");
    let media = ("Content-Type", "application/json; charset=utf-8");
    assert_eq!(status("POST", "/compliance", &[], "").await, 404);
    assert_eq!(status("POST", "/e-invoicing/other/compliance", &[], "").await, 404);
    assert_eq!(status("GET", &reporting, &[], "").await, 405);
    assert_eq!(status("POST", &reporting, &[], "").await, 406);
    assert_eq!(status("POST", &reporting, &[("Accept-Version", "V1")], "").await, 406);
    assert_eq!(status("POST", &reporting, &[version], "").await, 415);
    assert_eq!(status("POST", &reporting, &[version, ("Content-Type", "text/plain")], "{}").await, 415);
    assert_eq!(status("POST", &reporting, &[version, media], &"x".repeat(4097)).await, 413);
    assert_eq!(status("POST", &reporting, &[version, media], "{}").await, 401);
    for bad in ["Basic", "Basic !!", "Basic QQ==", "Bearer QTpC", "Basic QTpC"] {
        assert_eq!(status("POST", &reporting, &[version, media, ("Authorization", bad)], "{}").await, 401);
    }
    let compliance = format!("{}/compliance", ENV.prefix());
    assert_eq!(status("POST", &compliance, &[version, media], "[").await, 400);
    let answer = api(&handle, "POST", "/compliance", &[], &json!({"csr": "x"})).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (400, &json!("Missing-OTP")));
    let answer = api(&handle, "POST", "/compliance", &[("OTP", "123456")], &json!({})).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (400, &json!("Missing-CSR")));
    handle.stop().await;
}

#[tokio::test]
async fn standalone_tells_where_it_is_and_ends_when_cancelled() {
    let mut out = Vec::new();
    let config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), system_clock(), system_entropy());
    tilld::sandbox::run_standalone(config, &mut out, async {}).await.unwrap();
    let line: Value = serde_json::from_slice(&out).unwrap();
    let core = &line["environments"]["core"];
    assert!(core["base_url"].as_str().unwrap().ends_with("/e-invoicing/core"));
    assert_eq!(core["otp"].as_str().unwrap().len(), 6);
}
