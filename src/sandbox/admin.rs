//! The admin face for integrators, below `/admin/` on the same port.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::audit;
use super::config::MAX_OFFSET;
use super::csr::is_vat_number;
use super::environment::Environment;
use super::faults::{self, environment};
use super::fields::{self, BadField, bad};
use super::office::{Desk, Office};
use super::otp::Wanted;
use super::settings::is_otp;

/// Longest lifetime of an OTP, seconds: a year.
const MAX_OTP_LIFETIME: i64 = 366 * 86_400;

type Answer = Result<Value, BadField>;

/// Answers a call; gives status and JSON. A refusal (400) names the field in `error`.
pub(super) fn answer(office: &Office, method: &Method, tail: &str, body: &[u8]) -> (u16, Value) {
    let given = match fields::body(body) {
        Ok(given) => given,
        Err(fault) => return (400, json!({"error": fault.to_string()})),
    };
    let get = *method == Method::GET;
    let answer = match (tail, get || *method == Method::POST) {
        ("otp" | "revoke", true) if get => return not_here(),
        ("book" | "audit" | "authority" | "csids", true) if !get => return not_here(),
        ("book", true) => Ok(book(office)),
        ("audit", true) => Ok(json!(audit::audit(&office.desk().book))),
        ("authority", true) => Ok(authority(office)),
        ("csids", true) => Ok(json!({"csids": office.desk().registry.list(office.now())})),
        ("otp", true) => otp(office, &given),
        ("revoke", true) => revoke(office, &given),
        ("faults", true) if get => Ok(json!({"rules": office.desk().faults.show()})),
        ("faults", true) => faults(office, &given),
        ("settings", true) if get => Ok(json!(office.settings())),
        ("settings", true) => settings(office, &given),
        ("time", true) if get => Ok(time_told(office)),
        ("time", true) => time(office, &given),
        ("otp" | "book" | "audit" | "faults" | "authority" | "csids" | "settings" | "time" | "revoke", _) => {
            return not_here();
        }
        _ => {
            let known = "otp, settings, time, faults, revoke, csids, book, audit and authority";
            return (404, json!({"error": format!("known are {known}")}));
        }
    };
    match answer {
        Ok(value) => (200, value),
        Err(fault) => (400, json!({"error": fault.to_string()})),
    }
}

fn not_here() -> (u16, Value) {
    (405, json!({"error": "no such method here"}))
}

fn book(office: &Office) -> Value {
    let desk = office.desk();
    json!({"calls": desk.book.calls, "accepted": desk.book.accepted})
}

/// `{vat?, env?, ttl?, otp?}`
fn otp(office: &Office, given: &Value) -> Answer {
    let given = fields::object("", given, &["env", "vat", "ttl", "otp"])?;
    let env = match given.get("env") {
        Some(value) => environment("env", value)?,
        None => Environment::DeveloperPortal,
    };
    let vat = optional(given, "vat", is_vat_number, "must be 15 digits, the first and the last one 3")?;
    let digits = optional(given, "otp", is_otp, "must be a text of six digits")?;
    let lifetime = given.get("ttl").map(|ttl| fields::number("ttl", ttl, 0, MAX_OTP_LIFETIME)).transpose()?;
    let mut desk = office.desk();
    let Desk { otps, settings, .. } = &mut *desk;
    let wanted = Wanted { env, vat, lifetime, digits };
    let issued = otps.issue(&wanted, settings, &office.instruments);
    let otp = issued.ok_or_else(|| bad("otp", "is one that was issued before; take other digits"))?;
    let ttl = lifetime.unwrap_or(settings.otp_lifetime);
    Ok(json!({"otp": otp, "env": env, "vat": vat, "expires": office.now().saturating_add(ttl)}))
}

/// A text that has a form, if it is there; null is as good as not there.
fn optional<'a>(
    given: &'a Map<String, Value>,
    name: &str,
    fits: fn(&str) -> bool,
    why: &str,
) -> Result<Option<&'a str>, BadField> {
    match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_str() {
            Some(text) if fits(text) => Ok(Some(text)),
            _ => Err(bad(name, why)),
        },
    }
}

/// `{csid|vat|unit, env?, undo?}`
fn revoke(office: &Office, given: &Value) -> Answer {
    let given = fields::object("", given, &["csid", "vat", "unit", "env", "undo"])?;
    let (by, text) = only_one(given, &["csid", "vat", "unit"])?;
    let text = fields::text(by, text)?;
    let env = given.get("env").map(|value| environment("env", value)).transpose()?;
    let undo = given.get("undo").map(|value| fields::truth("undo", value)).transpose()?.unwrap_or(false);
    let from = (!undo).then(|| office.now());
    let revoked = office.desk().registry.revoke(from, |credential| {
        let certificate = &credential.certificate;
        let named = match by {
            "csid" => credential.csid() == text,
            "vat" => certificate.uid == text,
            _ => certificate.unit == text,
        };
        named && env.is_none_or(|env| env == credential.env)
    });
    match revoked.is_empty() {
        true => Err(bad(by, "no CSID has it; GET csids lists them")),
        false => Ok(json!({"undo": undo, "csids": revoked})),
    }
}

/// The one of these fields that is given.
fn only_one<'a>(
    given: &'a Map<String, Value>,
    names: &[&'static str],
) -> Result<(&'static str, &'a Value), BadField> {
    let mut there = names.iter().filter_map(|name| Some((*name, given.get(*name)?)));
    match (there.next(), there.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(bad(&names.join("|"), "exactly one of these must be given")),
    }
}

/// `{"rules": [..]}` replaces, `{"add": [..]}` puts in front, `{"clear": true}` empties the script.
fn faults(office: &Office, given: &Value) -> Answer {
    let given = fields::object("", given, &["rules", "add", "clear"])?;
    let at = office.instruments.machine_now();
    match only_one(given, &["rules", "add", "clear"])? {
        ("rules", value) => {
            let rules = faults::read_rules("rules", value)?;
            office.desk().faults.set(rules, at);
        }
        ("add", value) => {
            let rules = faults::read_rules("add", value)?;
            office.desk().faults.add(rules, at);
        }
        (name, value) => {
            if !fields::truth(name, value)? {
                return Err(bad(name, "must be true"));
            }
            office.desk().faults.set(Vec::new(), at);
        }
    }
    Ok(json!({"rules": office.desk().faults.len()}))
}

fn settings(office: &Office, given: &Value) -> Answer {
    let mut desk = office.desk();
    desk.settings = desk.settings.with("", given)?;
    Ok(json!(desk.settings))
}

/// `{"offset": s}`, `{"advance": s}` or `{"set": unix}`
fn time(office: &Office, given: &Value) -> Answer {
    const NAMES: [&str; 3] = ["offset", "advance", "set"];
    let (name, value) = only_one(fields::object("", given, &NAMES)?, &NAMES)?;
    let instruments = &office.instruments;
    match name {
        "set" => {
            let now = instruments.machine_now();
            let (from, to) = (now.saturating_sub(MAX_OFFSET).max(0), now.saturating_add(MAX_OFFSET));
            instruments.set_offset(fields::number(name, value, from, to)?.saturating_sub(now));
        }
        "advance" => instruments.advance(fields::number(name, value, -MAX_OFFSET, MAX_OFFSET)?),
        _ => instruments.set_offset(fields::number(name, value, -MAX_OFFSET, MAX_OFFSET)?),
    }
    Ok(time_told(office))
}

fn time_told(office: &Office) -> Value {
    json!({"now": office.now(), "offset": office.instruments.offset()})
}

fn authority(office: &Office) -> Value {
    let of = |env: Environment| {
        let authority = office.authority(env);
        let [root, compliance, production] = authority.ca_certificates();
        json!({"env": env, "root": root, "compliance": compliance, "production": production,
            "clearance": authority.clearance.text, "canned": authority.canned})
    };
    json!(Environment::ALL.map(of))
}
