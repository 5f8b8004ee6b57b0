//! The local interface: routes, idempotency, problem documents, a thousand
//! malformed requests, and the socket itself.

#[allow(dead_code)]
mod fake;

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use fake::{Fake, Mood, SALE};
use serde_json::{Value, json};
use tilld::api::client::{Client, ClientError};
use tilld::api::{self, Limits, Lookup, Refusal, Socket, SocketError};
use tilld::text::Bilingual;
use tower::ServiceExt as _;

const MAX_BODY: usize = 64 * 1024;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Checks the shape that every error has and gives its code.
    fn problem(&self) -> String {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        assert!(self.headers.contains_key("x-request-id"));
        let problem = self.json();
        let text = |member: &str| problem[member].as_str().unwrap_or_default().to_owned();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(text("type"), format!("urn:problem-type:tilld:{}", text("code")));
        for member in ["title", "detail", "title_ar", "detail_ar"] {
            assert!(!text(member).is_empty(), "{member} in {problem}");
        }
        for finding in problem["findings"].as_array().expect("findings") {
            assert!(!finding["rule"].as_str().unwrap().is_empty());
            for words in [&finding["message"], &finding["remedy"]] {
                assert!(!words["en"].as_str().unwrap().is_empty());
                assert!(!words["ar"].as_str().unwrap().is_empty());
            }
        }
        text("code")
    }
}

fn limits() -> Limits {
    Limits::new(MAX_BODY)
}

fn till() -> (Arc<Fake>, Router) {
    let till = Arc::new(Fake::default());
    (till.clone(), api::router(till, limits()))
}

async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

fn sale(key: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/sales")
        .header("idempotency-key", key)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_sale_is_answered_with_its_immutable_facts() {
    let (till, router) = till();
    let answer = ask(&router, sale("k1", SALE)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert!(!answer.headers.contains_key("idempotency-replayed"));
    let wanted = json!({
        "uuid": "6f4d20e0-6bfe-4a80-9389-000000000001",
        "number": "T07-000001",
        "icv": 1,
        "issued_at": "2026-03-14T21:05:09+03:00",
        "kind": {"subtype": "simplified", "document": "invoice", "code": "388", "name": "0200000"},
        "hash": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "totals": {"net": "10.00", "vat": "1.50", "payable": "11.50"},
        "change": "8.50",
        "qr": "AQ9TaG9w",
        "reference": "order-4711",
    });
    assert_eq!(answer.json(), wanted);
    assert_eq!(till.calls(), 1);
}

#[tokio::test]
async fn the_same_key_gets_the_same_bytes_and_another_body_a_conflict() {
    let (_, router) = till();
    let first = ask(&router, sale("k1", SALE)).await;
    for _ in 0..3 {
        let again = ask(&router, sale("k1", SALE)).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["idempotency-replayed"], "true");
    }
    let other = ask(&router, sale("k1", SALE.replace("order-4711", "order-4712"))).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert_eq!(other.problem(), "idempotency-key-conflict");
    let problem = other.json();
    assert!(problem["detail"].as_str().unwrap().contains("T07-000001"));
    assert!(problem["detail_ar"].as_str().unwrap().contains("T07-000001"));
    assert!(problem["title_ar"].as_str().unwrap().contains("مفتاح التكرار"));
    // Another key is another sale, even with the same body.
    assert_ne!(ask(&router, sale("k2", SALE)).await.body, first.body);
}

#[tokio::test]
async fn a_sale_needs_a_usable_key_and_json() {
    let (till, router) = till();
    let long = "k".repeat(128);
    for (key, code) in [
        (None, "idempotency-key-missing"),
        (Some(""), "idempotency-key-malformed"),
        (Some("a b"), "idempotency-key-malformed"),
        (Some("a\tb"), "idempotency-key-malformed"),
        (Some("مفتاح"), "idempotency-key-malformed"),
        (Some(long.as_str()), "idempotency-key-malformed"),
    ] {
        let mut request = sale("k", SALE);
        request.headers_mut().remove("idempotency-key");
        if let Some(key) = key {
            request.headers_mut().insert("idempotency-key", key.as_bytes().try_into().unwrap());
        }
        let answer = ask(&router, request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::BAD_REQUEST, code), "{key:?}");
    }
    let mut twice = sale("k", SALE);
    twice.headers_mut().append("idempotency-key", "k".parse().unwrap());
    assert_eq!(ask(&router, twice).await.problem(), "idempotency-key-malformed");

    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-type", "application/json; charset=utf-16"),
        ("content-type", "application/jsonx"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-encoding", "gzip"),
    ] {
        let mut request = sale("k", SALE);
        request.headers_mut().insert(name, value.parse().unwrap());
        let answer = ask(&router, request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (415, "unsupported-media-type"),
            "{value}"
        );
    }
    assert_eq!(till.calls(), 0);
    let mut request = sale(&long[..127], SALE);
    request.headers_mut().insert("content-type", "Application/JSON; charset=\"UTF-8\"".parse().unwrap());
    assert_eq!(ask(&router, request).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn sales_are_found_by_uuid_number_reference_and_icv() {
    let (_, router) = till();
    let sold = ask(&router, sale("k1", SALE)).await.json();
    let found = get(&router, "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000001").await;
    assert_eq!(found.status, StatusCode::OK);
    assert_eq!(found.json()["sale"], sold);
    assert_eq!(found.json()["report"]["state"], "Queued");
    for query in ["reference=order%2D4711", "number=T07-000001", "icv=1", "qr=AQ9TaG9w"] {
        let found = get(&router, &format!("/v1/sales?{query}")).await;
        assert_eq!(found.json()["sales"][0]["sale"], sold, "{query}");
    }
    assert_eq!(get(&router, "/v1/sales?number=T07-9").await.json()["sales"], json!([]));
    for query in
        ["", "?", "?number=", "?icv=0", "?icv=x", "?icv=1&number=2", "?what=1", "?number=%00", "?icv=%FF"]
    {
        let answer = get(&router, &format!("/v1/sales{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "bad-request"), "{query}");
    }
}

fn post(path: &str, key: &str, body: &str) -> Request<Body> {
    let mut request = sale(key, body.to_owned());
    *request.uri_mut() = path.parse().unwrap();
    request
}

const CREDIT: &str = r#"{"original":{"number":"T07-000001"},"whole":true,"reason":"goods_returned"}"#;
const CORRECTION: &str = r#"{"rejected":{"number":"T07-000001"},"changes":{"note":"Put right"}}"#;

#[tokio::test]
async fn credits_and_corrections_keep_the_rules_of_sales() {
    let (_, router) = till();
    for (path, body, code, document) in [
        ("/v1/credits", CREDIT, "invalid-credit", "credit_note"),
        ("/v1/corrections", CORRECTION, "invalid-correction", "invoice"),
    ] {
        let first = ask(&router, post(path, path, body)).await;
        assert_eq!(
            (first.status, &first.json()["kind"]["document"]),
            (StatusCode::CREATED, &json!(document))
        );
        let again = ask(&router, post(path, path, body)).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        // The key belongs to it, whatever is sent under it, and wherever.
        for (elsewhere, other) in
            [("/v1/sales", SALE), (path, "{}"), (path, "["), ("/v1/credits", "{\"a\":1}")]
        {
            let conflict = ask(&router, post(elsewhere, path, other)).await;
            assert_eq!(conflict.problem(), "idempotency-key-conflict", "{elsewhere} {other}");
        }
        let invalid = ask(&router, post(path, "fresh", "{}")).await;
        assert_eq!((invalid.status.as_u16(), invalid.problem().as_str()), (422, code));
        let broken = ask(&router, post(path, "fresh", "[")).await;
        assert_eq!((broken.status.as_u16(), broken.problem().as_str()), (400, "malformed-json"));
        let mut keyless = post(path, "k", body);
        keyless.headers_mut().remove("idempotency-key");
        assert_eq!(ask(&router, keyless).await.problem(), "idempotency-key-missing");
        let mut text = post(path, "k", body);
        text.headers_mut().insert("content-type", "text/plain".parse().unwrap());
        assert_eq!(ask(&router, text).await.problem(), "unsupported-media-type");
        assert_eq!(get(&router, path).await.problem(), "method-not-allowed");
    }
}

#[tokio::test]
async fn the_till_finds_bear_the_code_of_the_request() {
    let (till, router) = till();
    let finding = tilld::invoice::Finding::at("original", tilld::text::StoredProblem::NotFound.into());
    *till.mood.lock().unwrap() = Mood::Refuse(Refusal::Findings(vec![finding]));
    for (path, body, code) in [
        ("/v1/sales", SALE, "invalid-sale"),
        ("/v1/credits", CREDIT, "invalid-credit"),
        ("/v1/corrections", CORRECTION, "invalid-correction"),
    ] {
        let answer = ask(&router, post(path, "k", body)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (422, code));
    }
}

#[tokio::test]
async fn reasons_are_listed_in_both_languages() {
    let (_, router) = till();
    let reasons = get(&router, "/v1/reasons").await.json()["reasons"].as_array().unwrap().clone();
    let codes: Vec<&str> = reasons.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["goods_returned", "supply_cancelled", "supply_changed", "amount_amended"]);
    assert!(reasons.iter().all(|one| !one["en"].as_str().unwrap().is_empty()));
    assert_eq!(reasons[0]["ar"], "إرجاع السلع أو الخدمات");
}

#[tokio::test]
async fn documents_come_in_their_forms() {
    let (_, router) = till();
    ask(&router, sale("k1", SALE)).await;
    let path = "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000001";
    for (ending, kind, body) in [
        ("xml", "application/xml", "Xml of it"),
        ("png", "image/png", "Png of it"),
        ("escpos", "application/octet-stream", "Escpos of it"),
    ] {
        let answer = get(&router, &format!("{path}.{ending}")).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, body.as_bytes()));
        assert_eq!(answer.headers[header::CONTENT_TYPE], kind);
    }
    for path in [
        "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000002",
        "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000002.xml",
        "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000001.pdf",
        "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000001.xml.png",
        "/v1/sales/6f4d20e06bfe4a809389000000000001",
        "/v1/sales/1",
        "/v1/sales/..%2f..%2fetc",
    ] {
        let answer = get(&router, path).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "no-such-document"), "{path}");
    }
    let copy = Request::post(format!("{path}/reprint")).body(Body::empty()).unwrap();
    assert_eq!(ask(&router, copy).await.status, StatusCode::ACCEPTED);
    let none = Request::post("/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000002/reprint");
    assert_eq!(ask(&router, none.body(Body::empty()).unwrap()).await.problem(), "no-such-document");
}

#[tokio::test]
async fn status_verify_and_sync_answer() {
    let (till, router) = till();
    assert_eq!(get(&router, "/v1/status").await.json()["queue"]["unsent"], 3);
    till.findings.lock().unwrap().push(fake::broken_link());
    assert_eq!(get(&router, "/v1/verify").await.json()["findings"][0]["icv"], 2);
    let sync = Request::post("/v1/sync").body(Body::empty()).unwrap();
    let answer = ask(&router, sync).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::ACCEPTED, json!({"waiting": 3})));
}

#[tokio::test]
async fn wrong_addresses_and_methods_are_problems() {
    let (_, router) = till();
    for path in ["/", "/v1", "/v1/sale", "/v2/sales", "/v1/sales/", "/v1/sales/a/b", "/v1/status/x"] {
        let answer = get(&router, path).await;
        let code = answer.problem();
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(code == "no-such-route" || code == "no-such-document", "{path}: {code}");
    }
    for (method, path, allow) in [
        ("DELETE", "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000001", "GET"),
        ("PUT", "/v1/sales", "POST"),
        ("PATCH", "/v1/status", "GET"),
        ("GET", "/v1/sync", "POST"),
        ("BREW", "/v1/verify", "GET"),
    ] {
        let answer =
            ask(&router, Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (405, "method-not-allowed"),
            "{method}"
        );
        assert!(answer.headers["allow"].to_str().unwrap().contains(allow), "{method} {path}");
    }
}

#[tokio::test]
async fn what_the_till_refuses_is_said_with_its_status() {
    let words = Bilingual::new("the clock is an hour behind", "الساعة متأخرة ساعة");
    for (refusal, status, code) in [
        (Refusal::NotOnboarded, 503, "not-onboarded"),
        (Refusal::Clock(words.clone()), 503, "clock-not-trusted"),
        (Refusal::Expired(words.clone()), 503, "certificate-expired"),
        (Refusal::Unavailable(words.clone()), 503, "unavailable"),
        (Refusal::Busy, 503, "busy"),
        (Refusal::Stopping, 503, "stopping"),
        (Refusal::Fault("the cause".to_owned()), 500, "internal"),
    ] {
        let (till, router) = till();
        *till.mood.lock().unwrap() = Mood::Refuse(refusal);
        let answer = ask(&router, sale("k", SALE)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code));
        assert!(!String::from_utf8(answer.body.clone()).unwrap().contains("the cause"));
        if code.starts_with("clock") {
            assert_eq!(answer.json()["detail_ar"], words.ar);
        }
        assert_eq!(answer.headers.contains_key("retry-after"), code == "busy");
    }
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_next_request_is_served() {
    let (till, router) = till();
    *till.mood.lock().unwrap() = Mood::Panic;
    let answer = ask(&router, sale("k", SALE)).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"));
    *till.mood.lock().unwrap() = Mood::Sell;
    assert_eq!(ask(&router, sale("k", SALE)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_till_that_does_not_answer_is_a_504() {
    let till = Arc::new(Fake::default());
    *till.mood.lock().unwrap() = Mood::Hang;
    let router = api::router(till, Limits { answer_within: Duration::from_millis(1), ..limits() });
    let answer = ask(&router, sale("k", SALE)).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (504, "timeout"));
}

#[tokio::test]
async fn a_sale_of_an_earlier_version_is_answered_whatever_the_rules_say_now() {
    let (till, router) = till();
    let body = r#"{"lines":[],"loyalty_card":"42"}"#;
    till.remember("k1", body.as_bytes());
    let again = ask(&router, sale("k1", body)).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.json()["number"], "T07-000001");
    // Under another key it is a new sale, and judged as one.
    let new = ask(&router, sale("k2", body)).await;
    assert_eq!(new.problem(), "invalid-sale");
    assert_eq!(till.calls(), 0);
}

#[tokio::test]
async fn the_findings_of_an_absurd_request_are_counted_but_not_all_told() {
    let (_, router) = till();
    let many: Vec<String> = (0..5_000).map(|n| format!("\"x{n}\":0")).collect();
    let answer = ask(&router, sale("k", format!("{{{}}}", many.join(",")))).await;
    assert_eq!(answer.problem(), "invalid-sale");
    assert!(answer.json()["findings_total"].as_u64().unwrap() >= 5_000);
    assert_eq!(answer.json()["findings"].as_array().unwrap().len(), 500);
}

// ---- malformed requests -------------------------------------------------

/// A small generator: the same seed, the same requests.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

/// Values that no field accepts where a number or an object belongs.
const NO_NUMBER: &[&str] = &[
    "true",
    "[]",
    "{}",
    "[1]",
    "\"\"",
    "\"x\"",
    "-1",
    "\"-0.01\"",
    "1e400",
    "\"1e3\"",
    "\"NaN\"",
    "\"1,5\"",
    "99999999999999999999999999999999999999999999",
    "\"0.12345678901234567890\"",
    "\"\\u0661\"",
    "\" 1\"",
    "{\"$serde_json::private::Number\":\"x\"}",
    "{\"$serde_json::private::Number\":\"1\"}",
    "9223372036854775808",
    "\"0x10\"",
];
const NO_TEXT: &[&str] =
    &["5", "true", "[]", "{\"a\":1}", "\"\"", "\"\\u0000\"", "\"a\\nb\"", "\"\\u001b[2J\"", "\"\\uffff\""];
const NO_LIST: &[&str] = &["5", "\"x\"", "{}", "true", "[5]", "[\"x\"]", "[[]]", "[{}]", "[null]"];

/// A part of the sale above, and values that must not stand there.
const PLACES: &[(&str, &[&str])] = &[
    (r#""2""#, NO_NUMBER),
    (r#""5.75""#, NO_NUMBER),
    (r#""20.00""#, NO_NUMBER),
    (r#""15""#, NO_NUMBER),
    (r#""order-4711""#, NO_TEXT),
    (r#""6281000000001""#, NO_TEXT),
    (r#""Green tea""#, NO_TEXT),
    (r#""cash""#, NO_TEXT),
    (r#""S""#, NO_TEXT),
    (r#""PCE""#, NO_TEXT),
    (r#"[{"kind":"cash","amount":"20.00"}]"#, NO_LIST),
    (r#"{"category":"S","rate":"15"}"#, &["5", "[]", "{}", "\"XX\"", "\"E\"", "{\"category\":\"E\"}"]),
];

/// A body that is wrong by the way it was made, whoever reads it.
fn broken_body(dice: &mut Dice) -> Vec<u8> {
    let whole = SALE.as_bytes();
    match dice.roll(12) {
        0 => whole[..dice.roll(whole.len())].to_vec(),
        1 => {
            // Control characters stand nowhere in JSON, but for three.
            let control = *dice.pick(&[0u8, 1, 7, 8, 11, 12, 14, 27, 31]);
            let mut body = whole.to_vec();
            body.insert(dice.roll(whole.len()), control);
            body
        }
        2 => {
            let mut body = whole.to_vec();
            body.insert(dice.roll(whole.len()), *dice.pick(&[0xFF, 0xC0, 0xFE]));
            body
        }
        3 => (0..dice.roll(2000)).map(|_| dice.roll(256) as u8 | 0x80).chain([b'}']).collect(),
        4 => {
            let depth = 1 + dice.roll(30_000);
            dice.pick(&["[", "{\"lines\":"]).repeat(depth).into_bytes().into_iter().take(MAX_BODY).collect()
        }
        5 => {
            let extra = *dice.pick(&[
                "\"icv\":7,",
                "\"total\":\"1\",",
                "\"\":1,",
                "\"Lines\":[],",
                "\"lines\":[],",
                "\"seller\":{},",
            ]);
            format!("{{{extra}{}", &SALE[1..]).into_bytes()
        }
        6 => dice
            .pick(&[
                "",
                " ",
                "null",
                "5",
                "\"sale\"",
                "[]",
                "true",
                "{}",
                "{\"lines\":[]}",
                "{\"lines\":null}",
            ])
            .as_bytes()
            .to_vec(),
        7 => format!("{SALE}{}", dice.pick(&["x", "{}", ",", "]", "\u{FEFF}", "null"])).into_bytes(),
        8 => {
            let line = &SALE[SALE.find("[{\"name\"").unwrap() + 1..SALE.find("],\"tenders\"").unwrap()];
            let lines = vec![line; 1001].join(",");
            let short = lines.replace("\"barcode\":\"6281000000001\"", "\"article\":\"1\"");
            // Too many lines, or too many bytes: refused either way.
            SALE.replace(line, &short).into_bytes()
        }
        9 => {
            let many: String = (0..dice.roll(3000)).map(|n| format!("\"x{n}\":{n},")).collect();
            format!("{{\"y\":0,{many}{}", &SALE[1..]).into_bytes()
        }
        _ => {
            let (place, values) = *dice.pick(PLACES);
            let value = *dice.pick(values);
            let body = SALE.replacen(place, value, 1);
            assert_ne!(body, SALE, "{place}");
            body.into_bytes()
        }
    }
}

fn broken_request(dice: &mut Dice) -> (Request<Body>, String) {
    match dice.roll(10) {
        0 => {
            let (name, value) = *dice.pick(&[
                ("idempotency-key", "two words"),
                ("idempotency-key", ""),
                ("idempotency-key", "\u{0645}"),
                ("content-type", "text/xml"),
                ("content-type", ""),
                ("content-type", "multipart/form-data; boundary=x"),
                ("content-encoding", "br"),
            ]);
            let mut request = sale("k", SALE);
            request.headers_mut().insert(name, value.as_bytes().try_into().unwrap());
            (request, format!("{name}: {value}"))
        }
        1 => {
            let (method, path) = *dice.pick(&[
                ("POST", "/v1/sale"),
                ("POST", "/v1/sales/"),
                ("PUT", "/v1/sales"),
                ("POST", "/v1/sales?x=%zz"),
                ("GET", "/v1/sales?number=%00"),
                ("POST", "/v1/sales/x/reprint"),
                ("GET", "/v1/sales/%ff%fe"),
                ("DELETE", "/v1/sales/6f4d20e0-6bfe-4a80-9389-000000000001"),
            ]);
            let mut request = sale("k", if path.contains("?x") { "{" } else { SALE });
            *request.method_mut() = method.parse().unwrap();
            *request.uri_mut() = path.parse().unwrap();
            (request, format!("{method} {path}"))
        }
        _ => {
            let body = broken_body(dice);
            let shown = String::from_utf8_lossy(&body).chars().take(300).collect();
            (sale("k", body), shown)
        }
    }
}

#[tokio::test]
async fn a_thousand_malformed_requests_are_refused_clearly_and_sell_nothing() {
    let (till, router) = till();
    let mut dice = Dice(0x5EED_0007);
    let mut codes = std::collections::BTreeMap::new();
    for number in 0..1000 {
        let (request, shown) = broken_request(&mut dice);
        let answer = ask(&router, request).await;
        assert!(answer.status.is_client_error(), "{number}: {} for {shown}", answer.status);
        let code = answer.problem();
        if code == "invalid-sale" || code == "malformed-json" {
            assert_ne!(answer.json()["findings"], json!([]), "{number}: {shown}");
        }
        *codes.entry(code).or_insert(0) += 1;
    }
    assert_eq!(till.calls(), 0, "{codes:?}");
    // The mixture reaches every kind of refusal.
    for code in [
        "malformed-json",
        "invalid-sale",
        "idempotency-key-malformed",
        "unsupported-media-type",
        "body-too-large",
        "no-such-route",
        "no-such-document",
        "method-not-allowed",
        "bad-request",
    ] {
        assert!(codes.contains_key(code), "{code} in {codes:?}");
    }
    // And the till sells on.
    assert_eq!(ask(&router, sale("k", SALE)).await.status, StatusCode::CREATED);
}

// ---- over the socket ----------------------------------------------------

/// Sends raw bytes and reads the whole answer.
fn raw(socket: &std::path::Path, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    // The other side may answer and close before it has everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn ten_megabytes_get_an_answer_and_not_a_broken_pipe() {
    let served = fake::serve(limits());
    let body = vec![b' '; 10_000_000];
    let head = "POST /v1/sales HTTP/1.1\r\nhost: t\r\nidempotency-key: k\r\ncontent-type: application/json\r\nconnection: close\r\n";
    let mut sized = format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
    sized.extend_from_slice(&body);
    let mut chunked = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for part in body.chunks(1_000_000) {
        chunked.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        chunked.extend_from_slice(part);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let waiting =
        format!("{head}content-length: {}\r\nexpect: 100-continue\r\n\r\n", body.len()).into_bytes();
    for request in [sized, chunked, waiting] {
        let answer = raw(&served.socket, &request);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("\"code\":\"body-too-large\""), "{answer}");
    }
    assert_eq!(served.till.calls(), 0);
}

#[test]
fn what_is_not_http_or_never_ends_is_refused_too() {
    let served = fake::serve(Limits { body_within: Duration::from_millis(20), ..limits() });
    let unfinished = b"POST /v1/sales HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\n{";
    let answer = raw(&served.socket, unfinished);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body-timeout"), "{answer}");
    let cut = b"POST /v1/sales HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    let answer = raw(&served.socket, cut);
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("body-broken"), "{answer}");
    let long = format!("GET /v1/status HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1_000_000));
    for request in [
        &b"\x16\x03\x01\x02\x00\x01"[..],
        b"GET\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /v1/\x00status HTTP/1.1\r\n\r\n",
        b"POST /v1/sales HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        b"POST /v1/sales HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"POST /v1/sales HTTP/1.1\r\nidempotency-key: a\0b\r\n\r\n",
        long.as_bytes(),
    ] {
        let answer = raw(&served.socket, request);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer:?} for {request:?}");
    }
    assert_eq!(served.till.calls(), 0);
}

#[test]
fn the_client_speaks_every_route_and_the_caller_is_known() {
    let served = fake::serve(limits());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::new(&served.socket).unwrap();
        let first = client.sell("k1", SALE.into()).await.unwrap();
        let again = client.sell("k1", SALE.into()).await.unwrap();
        assert_eq!((first.replayed, again.replayed), (false, true));
        assert_eq!(first.body, again.body);
        assert_eq!(first.sale.totals.payable, "11.50");
        let refused = client.sell("k1", SALE.replace("4711", "1").into()).await.unwrap_err();
        assert!(refused.to_string().contains("T07-000001"), "{refused}");
        let invalid = client.sell("k2", "{\"lines\":5}".into()).await.unwrap_err();
        assert!(invalid.to_string().contains("\n  lines: "), "{invalid}");
        for lookup in [
            Lookup::Uuid(first.sale.uuid.parse().unwrap()),
            Lookup::Number("T07-000001".to_owned()),
            Lookup::Reference("order-4711".to_owned()),
        ] {
            assert_eq!(client.find(&lookup).await.unwrap()[0].sale, first.sale);
        }
        assert_eq!(client.find(&Lookup::Uuid(uuid::Uuid::nil())).await.unwrap(), []);
        assert_eq!(client.find(&Lookup::Reference("أ&b=c #%".to_owned())).await.unwrap(), []);
        assert_eq!(client.document(&first.sale.uuid, "xml").await.unwrap(), b"Xml of it");
        assert_eq!(client.status().await.unwrap().documents, 1);
        assert_eq!(client.verify().await.unwrap().documents, 1);
        assert_eq!(client.reprint(&first.sale.uuid).await.unwrap().print.state, "Pending");
        assert_eq!(client.sync().await.unwrap().waiting, 3);
    });
    let callers = served.till.callers.lock().unwrap();
    let me = rustix::process::getuid().as_raw();
    assert!(callers.iter().all(|caller| caller.uid == Some(me)), "{callers:?}");
    assert_eq!(callers[0].pid, Some(std::process::id() as i32));
}

#[test]
fn a_request_under_way_is_finished_when_the_till_stops() {
    let mut served = fake::serve(limits());
    let (entered, go_on) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    *served.till.mood.lock().unwrap() = Mood::Wait { entered: entered.clone(), go_on: go_on.clone() };
    let socket = served.socket.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::new(&socket).unwrap();
        let selling = tokio::spawn(async move { client.sell("k1", SALE.into()).await });
        entered.notified().await;
        served.stop();
        // The file goes as soon as nothing new is accepted.
        while socket.exists() {
            tokio::task::yield_now().await;
        }
        let late = Client::new(&socket).unwrap().status().await.unwrap_err();
        assert!(matches!(late, ClientError::NotRunning(_)), "{late}");
        assert!(late.to_string().contains("tilld serve"), "{late}");
        go_on.notify_one();
        assert_eq!(selling.await.unwrap().unwrap().sale.number, "T07-000001");
    });
    served.join();
}

#[tokio::test]
async fn the_socket_is_private_and_taken_only_from_the_dead() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run").join("t.sock");
    let socket = Socket::bind(&path).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&path), 0o660);
    assert_eq!(mode(path.parent().unwrap()), 0o750);
    assert!(matches!(Socket::bind(&path), Err(SocketError::InUse(_))));
    drop(socket);
    assert!(!path.exists());

    // A process that died leaves the file but does not answer.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let socket = Socket::bind(&path).unwrap();

    // A successor's file of the same name is left alone.
    std::fs::remove_file(&path).unwrap();
    let successor = std::os::unix::net::UnixListener::bind(&path).unwrap();
    drop(socket);
    assert!(path.exists());
    drop(successor);

    let file = dir.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    assert!(matches!(Socket::bind(&file), Err(SocketError::NotASocket(_))));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}
