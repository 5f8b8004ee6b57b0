//! Faults over real sockets, and the network plug.

use serde_json::{Value, json};
use tilld::sandbox::{Call, Delivered, FaultAction, FaultRule, SandboxHandle, Standing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::admin::admin;
use crate::till::{Credentials, Doc, clear, key, onboard, plain, report, stamped};
use crate::world::{Answer, ENV, GENESIS, NOW, World, call, raw_call, unb64, world};

#[tokio::test]
async fn faults_are_played_and_the_admin_face_tells() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(7);
    let pcsid = onboard(&handle, &key).await;
    let one = stamped(&key, &pcsid.certificate, "0200000", "388", 1, GENESIS);
    let script = json!({"rules": [
        {"action": "503-html", "match": "reporting"},
        {"action": "429", "match": "reporting", "retry_after": 7},
        {"action": "401", "match": "reporting"},
        {"action": "504-after-accept", "match": "reporting"},
    ]});
    let set = call(&handle, "POST", "/admin/faults", &[], &script.to_string()).await.unwrap();
    assert_eq!((set.status, &set.json()["rules"]), (200, &json!(4)));
    let busy = report(&handle, &pcsid, &one).await;
    assert!(busy.status == 503 && busy.text.starts_with("<html>"));
    let limited = report(&handle, &pcsid, &one).await;
    assert!(limited.status == 429 && limited.head.to_lowercase().contains("retry-after: 7"));
    assert_eq!(report(&handle, &pcsid, &one).await.status, 401);
    assert!(handle.accepted().is_empty());
    assert_eq!(report(&handle, &pcsid, &one).await.status, 504);
    assert_eq!(handle.accepted().len(), 1, "accepted, only the answer was lost");
    assert_eq!(report(&handle, &pcsid, &one).await.status, 409);
    handle.set_faults(vec![FaultRule::new(FaultAction::Drop)]);
    assert!(call(&handle, "POST", &format!("{}/compliance", ENV.prefix()), &[], "").await.is_err());
    let bad =
        call(&handle, "POST", "/admin/faults", &[], "{\"rules\":[{\"action\":\"melt\"}]}").await.unwrap();
    assert_eq!(bad.status, 400);
    let otp = call(&handle, "POST", "/admin/otp", &[], "{\"env\":\"core\"}").await.unwrap();
    assert_eq!(otp.json()["otp"].as_str().unwrap().len(), 6);
    let book = call(&handle, "GET", "/admin/book", &[], "").await.unwrap();
    let calls = book.json()["calls"].as_array().unwrap().clone();
    assert_eq!(calls.last().unwrap()["fault"], "drop");
    assert!(!book.text.contains(pcsid.basic.trim_start_matches("Basic ")), "no secret in the book");
    let audit = call(&handle, "GET", "/admin/audit", &[], "").await.unwrap();
    assert_eq!(audit.json()["ok"], true);
    assert_eq!(call(&handle, "GET", "/admin/else", &[], "").await.unwrap().status, 404);
    assert_eq!(call(&handle, "GET", "/admin/otp", &[], "").await.unwrap().status, 405);
    handle.stop().await;
}

#[tokio::test]
async fn the_plug_cuts_live_connections_and_keeps_the_port() {
    let World { handle, .. } = world(|_| {}).await;
    let mut idle = TcpStream::connect(handle.address()).await.unwrap();
    idle.write_all(b"GET /admin/audit HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    idle.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    handle.unplug().await.unwrap();
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(handle.address()).await.is_err());
    handle.unplug().await.unwrap();
    handle.plug_in().await.unwrap();
    handle.plug_in().await.unwrap();
    assert_eq!(call(&handle, "GET", "/admin/audit", &[], "").await.unwrap().status, 200);
    let address = handle.address();
    handle.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

/// A till that has its certificate, with its first document.
struct Scene {
    handle: SandboxHandle,
    pcsid: Credentials,
    doc: Doc,
}

async fn scene(seed: u8) -> Scene {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(seed);
    let pcsid = onboard(&handle, &key).await;
    let doc = stamped(&key, &pcsid.certificate, "0200000", "388", 1, GENESIS);
    Scene { handle, pcsid, doc }
}

impl Scene {
    fn script(&self, rules: Value) {
        let rules = rules.as_array().unwrap().iter().map(|rule| FaultRule::read(rule).unwrap());
        self.handle.set_faults(rules.collect());
    }

    /// Reports the document; `None` when no answer came.
    async fn report(&self) -> Option<Answer> {
        let body = self.doc.body().to_string();
        let head = format!(
            "POST {}/invoices/reporting/single HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Version: V2\r\n\
             Content-Type: application/json\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n",
            ENV.prefix(),
            self.pcsid.basic,
            body.len()
        );
        raw_call(self.handle.address(), format!("{head}{body}").as_bytes()).await.ok()
    }

    fn last(&self) -> Call {
        self.handle.calls().last().unwrap().clone()
    }
}

#[tokio::test]
async fn lost_answers_are_told_apart_in_the_book() {
    let stage = scene(30).await;
    for (rule, http, evaluated) in [
        (json!({"action": "drop"}), None, None),
        (json!({"action": "reset"}), None, None),
        (json!({"action": "stall", "seconds": 0}), None, None),
        (json!({"action": "accept-then-drop"}), None, Some(200)),
        (json!({"action": "accept-then-reset"}), None, Some(409)),
        (json!({"action": "accept-then-stall", "seconds": 0}), None, Some(409)),
    ] {
        stage.script(json!([rule]));
        assert!(stage.report().await.is_none(), "{rule}");
        let call = stage.last();
        assert_eq!(call.fault.as_deref(), rule["action"].as_str());
        assert_eq!((call.http, call.evaluated, call.delivered), (http, evaluated, Delivered::None));
        assert_eq!(call.uuid.as_deref(), Some(stage.doc.uuid.as_str()));
    }
    assert_eq!(stage.report().await.unwrap().status, 409);
    let call = stage.last();
    assert_eq!((call.http, call.delivered, call.attempt), (Some(409), Delivered::Full, 7));
    assert_eq!(stage.handle.accepted().len(), 1);
    stage.handle.stop().await;
}

#[tokio::test]
async fn pages_of_the_gateway_come_without_evaluation() {
    let stage = scene(31).await;
    for (rule, status, inside) in [
        (json!({"action": "html-500"}), 500, "<h1>500 Internal Server Error"),
        (json!({"action": "html-502"}), 502, "<h1>502 Bad Gateway"),
        (json!({"action": "html-503"}), 503, "<h1>503 Service Temporarily Unavailable"),
        (json!({"action": "html-504"}), 504, "<h1>504 Gateway Time-out"),
        (json!({"action": "500-json"}), 500, "\"category\":\"HTTP-Errors\""),
        (json!({"action": "401"}), 401, "\"error\":\"Unauthorized\""),
        (json!({"action": "401", "form": "text"}), 401, "Unauthorized"),
        (json!({"action": "401", "form": "html"}), 401, "<h1>401"),
        (json!({"action": "401", "form": "empty"}), 401, ""),
        (json!({"action": "403"}), 403, "<h1>403 Forbidden"),
        (json!({"action": "404"}), 404, "\"status\":404"),
        (json!({"action": "413"}), 413, "\"status\":413"),
        (json!({"action": "429"}), 429, "\"status\":429"),
        (json!({"action": "303"}), 303, "Clearance is deactivated"),
        (json!({"action": "forged-409"}), 409, "Duplicate-Invoice"),
    ] {
        stage.script(json!([rule]));
        let answer = stage.report().await.unwrap();
        assert_eq!(answer.status, status, "{rule}");
        assert!(answer.text.contains(inside), "{rule}: {}", answer.text);
        assert!(!inside.is_empty() || answer.text.is_empty());
        assert!(answer.head.to_lowercase().contains("date: sat, 14 mar 2026 19:00:00 gmt"));
        let call = stage.last();
        assert_eq!((call.http, call.evaluated, call.delivered), (Some(status), None, Delivered::Full));
    }
    assert!(stage.handle.accepted().is_empty() && stage.handle.audit().csids.is_empty());
    stage.handle.stop().await;
}

#[tokio::test]
async fn a_429_says_when_in_seconds_as_a_date_or_not_at_all() {
    let stage = scene(32).await;
    stage.script(json!([
        {"action": "429", "retry_after": 7},
        {"action": "429", "retry_after": {"date": 61}},
        {"action": "429", "retry_after": null},
    ]));
    let headers = [Some("retry-after: 7"), Some("retry-after: sat, 14 mar 2026 19:01:01 gmt"), None];
    for header in headers {
        let answer = stage.report().await.unwrap();
        let head = answer.head.to_lowercase();
        assert_eq!(answer.status, 429);
        match header {
            Some(header) => assert!(head.contains(header), "{head}"),
            None => assert!(!head.contains("retry-after"), "{head}"),
        }
    }
    stage.handle.stop().await;
}

#[tokio::test]
async fn findings_of_a_script_count_like_real_ones() {
    let stage = scene(33).await;
    let finding = json!({"code": "BR-KSA-08", "category": "KSA", "message": "The seller identification"});
    let warning = json!({"type": "WARNING", "code": "BR-KSA-F-08"});
    stage.script(
        json!([{"action": "400", "findings": [finding, warning], "match": {"icv": 1, "attempt": 1}}]),
    );
    let answer = stage.report().await.unwrap();
    assert_eq!((answer.status, answer.codes("errorMessages")), (400, vec!["BR-KSA-08".to_owned()]));
    assert_eq!(answer.codes("warningMessages"), ["BR-KSA-F-08"]);
    let booked = stage.last();
    assert_eq!((booked.verdict.as_deref(), booked.evaluated), (Some("NOT_REPORTED"), Some(400)));
    let chain = &stage.handle.audit().csids[0];
    assert_eq!((chain.documents, chain.accepted, chain.rejected), (1, 0, 1), "it keeps its place");
    stage.script(json!([{"action": "400", "findings": [warning]}]));
    let answer = stage.report().await.unwrap();
    assert_eq!((answer.status, answer.json()["reportingStatus"].as_str()), (202, Some("REPORTED")));
    let refused = json!({"action": "400", "match": "compliance", "findings": [{"code": "Invalid-CSR", "message": "m"}]});
    stage.script(json!([refused]));
    let path = format!("{}/compliance", ENV.prefix());
    let answer = call(&stage.handle, "POST", &path, &[], "{}").await.unwrap();
    assert_eq!(
        (answer.status, answer.json()),
        (400, json!({"errors": [{"code": "Invalid-CSR", "message": "m"}]}))
    );
    stage.handle.stop().await;
}

#[tokio::test]
async fn answers_that_no_one_can_read_and_the_older_shape() {
    let stage = scene(34).await;
    stage.script(json!([
        {"action": "wrong-json", "form": "truncated"},
        {"action": "wrong-json"},
        {"action": "wrong-json", "form": "empty"},
        {"action": "second-shape"},
    ]));
    let truncated = stage.report().await.unwrap();
    assert!(truncated.status == 200 && truncated.text.starts_with("{\"validationResults\""));
    assert!(serde_json::from_str::<Value>(&truncated.text).is_err());
    assert_eq!(stage.handle.accepted().len(), 1);
    assert_eq!(stage.report().await.unwrap().json()["ok"], true);
    assert_eq!(stage.report().await.unwrap().text, "");
    let older = stage.report().await.unwrap().json();
    assert_eq!((&older["status"], &older["invoiceHash"]), (&json!("NOT_REPORTED"), &json!(stage.doc.hash)));
    assert_eq!(older["errors"][0]["code"], "Invoice-Errors");
    stage.handle.stop().await;
}

#[tokio::test]
async fn a_proxy_that_repeats_the_request_draws_the_duplicate_answer() {
    let stage = scene(35).await;
    stage.script(json!([{"action": "409", "match": "reporting"}, {"action": "208", "match": "clearance"}]));
    let answer = stage.report().await.unwrap();
    assert_eq!((answer.status, answer.json()["reportingStatus"].as_str()), (409, Some("NOT_REPORTED")));
    let standard = plain("0100000", "388", 2, &stage.doc.hash);
    let answer = clear(&stage.handle, &stage.pcsid, &standard).await;
    assert_eq!((answer.status, answer.json()["clearanceStatus"].as_str()), (208, Some("CLEARED")));
    assert!(unb64(answer.json()["clearedInvoice"].as_str().unwrap()).starts_with(b"<?xml"));
    assert_eq!(stage.handle.accepted().len(), 2);
    assert!(stage.handle.audit().ok);
    stage.handle.stop().await;
}

#[tokio::test]
async fn revoked_in_the_middle_and_a_clock_that_jumps() {
    let stage = scene(36).await;
    stage.script(json!([
        {"action": "clock", "seconds": 7200},
        {"action": "accept-then-revoke"},
    ]));
    assert_eq!(stage.report().await.unwrap().status, 200);
    assert_eq!(stage.last().at, NOW + 7200);
    assert_eq!(stage.report().await.unwrap().status, 409, "revoked only after this call");
    assert_eq!(stage.report().await.unwrap().status, 401);
    assert_eq!(stage.handle.csids().last().unwrap().standing, Standing::Revoked);
    stage.handle.stop().await;
    let stage = scene(37).await;
    stage.script(json!([{"action": "revoke", "match": {"uuid": stage.doc.uuid}}]));
    assert_eq!(stage.report().await.unwrap().status, 401, "revoked just before it");
    stage.handle.stop().await;
}

#[tokio::test]
async fn a_slow_answer_comes_whole_and_one_that_is_given_up_does_not() {
    let stage = scene(38).await;
    // About a thousand bytes in portions of 400.
    stage.script(json!([{"action": "slow", "bytes_per_second": 4000}, {"action": "html-503"}]));
    let answer = stage.report().await.unwrap();
    assert!(answer.status == 503 && answer.text.ends_with("</html>\r\n"));
    let call = stage.last();
    assert_eq!((call.fault.as_deref(), call.delivered), (Some("slow+html-503"), Delivered::Full));
    // The first byte comes at once and the second after a second: by then the peer is gone.
    stage.script(json!([{"action": "slow", "bytes_per_second": 1}]));
    let mut stream = TcpStream::connect(stage.handle.address()).await.unwrap();
    let path = format!("{}/invoices/reporting/single", ENV.prefix());
    stream.write_all(format!("POST {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'H');
    drop(stream);
    stage.handle.unplug().await.unwrap();
    assert_eq!(stage.last().delivered, Delivered::Partial);
    stage.handle.stop().await;
}

#[tokio::test]
async fn connections_are_reset_or_held_before_there_is_a_call() {
    let World { handle, .. } = world(|_| {}).await;
    let script = json!({"rules": [{"action": "connect-reset", "match": {"nth": 2}}]});
    // The admin's own connection was made before the rules were there.
    assert_eq!(admin(&handle, "faults", Some(script)).await.status, 200);
    let path = format!("{}/compliance", ENV.prefix());
    assert_eq!(call(&handle, "POST", &path, &[], "{}").await.unwrap().status, 406);
    assert!(call(&handle, "POST", &path, &[], "{}").await.is_err(), "reset");
    assert_eq!(call(&handle, "POST", &path, &[], "{}").await.unwrap().status, 406);
    let rules = json!({"rules": [{"action": "connect-stall", "seconds": 3600}]});
    assert_eq!(admin(&handle, "faults", Some(rules)).await.status, 200);
    let mut held = TcpStream::connect(handle.address()).await.unwrap();
    held.write_all(b"GET /admin/time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    // Whoever comes later is served; the held one is let go when the plug is pulled, and never gets an answer.
    let told = admin(&handle, "faults", None).await.json();
    assert_eq!((&told["rules"][0]["played"], &told["rules"][0]["over"]), (&json!(1), &json!(true)));
    handle.unplug().await.unwrap();
    let mut rest = Vec::new();
    let _ = held.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    handle.stop().await;
}

#[tokio::test]
async fn scripts_are_replaced_added_to_and_cleared_while_it_runs() {
    let stage = scene(39).await;
    let admin = async |body: Value| admin(&stage.handle, "faults", Some(body)).await;
    assert_eq!(admin(json!({"rules": [{"action": "404", "times": "always"}]})).await.json()["rules"], 1);
    assert_eq!(admin(json!({"add": [{"action": "403"}]})).await.json()["rules"], 2);
    for status in [403, 404, 404] {
        assert_eq!(stage.report().await.unwrap().status, status);
    }
    let refused =
        admin(json!({"rules": [{"action": "drop"}, {"action": "drop", "match": {"env": "x"}}]})).await;
    let error = refused.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, 400);
    assert_eq!(error, "rules[1].match.env: must be one of developer-portal, simulation, core");
    for bad in [json!({}), json!({"clear": false}), json!({"rules": [], "clear": true}), json!({"rules": 1})]
    {
        assert_eq!(admin(bad).await.status, 400);
    }
    assert_eq!(stage.report().await.unwrap().status, 404, "a refused script changes nothing");
    assert_eq!(admin(json!({"clear": true})).await.json()["rules"], 0);
    assert_eq!(stage.report().await.unwrap().status, 200);
    stage.handle.stop().await;
}
