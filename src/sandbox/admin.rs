//! The admin face for integrators, below `/admin/` on the same port.

use axum::http::Method;
use serde_json::{Value, json};

use super::audit;
use super::faults::FaultRule;
use super::office::Office;
use super::settings::Environment;

/// Answers `POST otp`, `GET book`, `GET audit`, `GET|POST faults`, `GET authority`; gives status and JSON.
pub(super) fn answer(office: &Office, method: &Method, tail: &str, body: &[u8]) -> (u16, Value) {
    let posts = matches!(tail, "otp" | "faults");
    let gets = matches!(tail, "book" | "audit" | "faults" | "authority");
    match (tail, method) {
        ("otp", &Method::POST) => otp(office, body),
        ("book", &Method::GET) => {
            let desk = office.desk();
            (200, json!({"calls": desk.book.calls, "accepted": desk.book.accepted}))
        }
        ("audit", &Method::GET) => (200, json!(audit::audit(&office.desk().book))),
        ("faults", &Method::GET) => (200, json!({"rules": office.desk().faults.rules()})),
        ("faults", &Method::POST) => faults(office, body),
        ("authority", &Method::GET) => (200, authority(office)),
        _ if posts || gets => (405, json!({"error": "no such method here"})),
        _ => (404, json!({"error": "known are otp, book, audit, faults and authority"})),
    }
}

fn otp(office: &Office, body: &[u8]) -> (u16, Value) {
    let value: Value =
        if body.is_empty() { json!({}) } else { serde_json::from_slice(body).unwrap_or_default() };
    let Some(fields) = value.as_object() else {
        return (400, json!({"error": "the body is no JSON object"}));
    };
    let name = fields.get("env").and_then(Value::as_str).unwrap_or("developer-portal");
    let Some(env) = Environment::from_name(name) else {
        return (400, json!({"error": "env must be developer-portal, simulation or core"}));
    };
    let vat = fields.get("vat").and_then(Value::as_str);
    let otp = office.desk().otps.issue(env, vat, &office.config);
    (200, json!({"otp": otp, "env": env, "vat": vat}))
}

fn faults(office: &Office, body: &[u8]) -> (u16, Value) {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Script {
        rules: Vec<FaultRule>,
    }
    match serde_json::from_slice::<Script>(body) {
        Ok(script) => {
            let count = script.rules.len();
            office.desk().faults.set(script.rules);
            (200, json!({"rules": count}))
        }
        Err(error) => (400, json!({"error": error.to_string()})),
    }
}

fn authority(office: &Office) -> Value {
    let of = |env: Environment| {
        let [root, compliance, production] = office.authority(env).ca_certificates();
        json!({"env": env, "root": root, "compliance": compliance, "production": production,
            "clearance": office.authority(env).clearance.text})
    };
    json!(Environment::ALL.map(of))
}
