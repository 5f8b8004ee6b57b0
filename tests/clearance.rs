//! Sales to companies through the real program, its driver and a sandbox that
//! really stamps: every answer of the authority, a line that is cut, a kill.

mod real;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use real::{Answer, Sandbox, Till, sale_body, wait_for};
use serde_json::{Value, json};

const PATIENT: &str = "[fatoora]\nclearance_wait_seconds = 60\n";

fn company() -> String {
    json!({
        "subtype": "standard",
        "lines": [{"name": "Office chair", "quantity": 4, "net_price": "250.00", "vat": "S"}],
        "buyer": {
            "name": "شركة المثال", "vat_number": "311111111100003",
            "address": {"street": "King Fahd Road", "building": "8012", "district": "Olaya", "city": "Riyadh",
                        "postal_code": "12211", "country": "SA"},
        },
    })
    .to_string()
}

fn issued(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn state(document: &Value) -> &str {
    document["clearance"]["state"].as_str().unwrap()
}

/// The document in a form, or the code of the problem.
fn handed(till: &Till, document: &Value, form: &str) -> Result<Vec<u8>, String> {
    let answer =
        till.ask("GET", &format!("/v1/sales/{}.{form}", document["uuid"].as_str().unwrap())).unwrap();
    match answer.status {
        200 => Ok(answer.body),
        _ => Err(answer.json()["code"].as_str().unwrap().to_owned()),
    }
}

fn faults(sandbox: &Sandbox, rules: Value) {
    sandbox.admin("faults", &json!({ "rules": rules }));
}

/// The receipts of a document that came out of the printer.
fn receipts(till: &Till, document: &Value) -> usize {
    let number = document["number"].as_str().unwrap();
    let files = std::fs::read_dir(&till.receipts).map(|files| files.collect::<Vec<_>>()).unwrap_or_default();
    let names = files.into_iter().map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(number) && name.ends_with(".escpos")).count()
}

/// What the authority accepted is handed out and printed once, by itself.
fn is_an_invoice(till: &Till, document: &Value) {
    let qr = document["clearance"]["qr"].as_str().unwrap();
    let xml = String::from_utf8(handed(till, document, "xml").unwrap()).unwrap();
    assert!(xml.contains(qr), "the QR code of the answer is that of the XML");
    wait_for("the receipt", || (receipts(till, document) == 1).then_some(()));
    let words = &document["clearance"]["words"];
    assert!(words["en"].is_string() && words["ar"].is_string());
}

#[test]
fn every_answer_of_the_authority_ends_in_its_own_way() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded_at(&sandbox, sandbox.base_url(), PATIENT);
    till.open();
    let sell = |key: &str| issued(&till.sell(key, &company()));

    let plain = sell("plain");
    assert_eq!((state(&plain), &plain["clearance"]["findings"]), ("cleared", &json!([])));
    is_an_invoice(&till, &plain);
    assert_eq!(till.sell("plain", &company()).json(), plain, "for ever");

    let late = json!({"code": "BR-KSA-F-99", "category": "KSA", "message": "mind this", "type": "WARNING"});
    faults(&sandbox, json!([{"action": "400", "match": "clearance", "findings": [late]}]));
    let warned = sell("warned");
    assert_eq!(
        (state(&warned), &warned["clearance"]["findings"][0]["code"]),
        ("cleared", &json!("BR-KSA-F-99"))
    );
    is_an_invoice(&till, &warned);

    // Accepted, and the answer lost: the same bytes again draw a 208.
    faults(&sandbox, json!([{"action": "accept-then-drop", "match": "clearance"}]));
    let repeated = sell("repeated");
    assert_eq!(state(&repeated), "cleared");
    is_an_invoice(&till, &repeated);

    // A 303 that is not the authority's.
    faults(&sandbox, json!([{"action": "303", "match": "clearance"}]));
    let forged = sell("forged");
    assert_eq!(state(&forged), "cleared");
    let attempts = till.look_up(forged["uuid"].as_str().unwrap())["report"]["attempts"].clone();
    assert_eq!(attempts, 3, "clearance, reporting, clearance");

    sandbox.admin("settings", &json!({"clearance_enabled": false}));
    let instead = sell("instead");
    assert_eq!(state(&instead), "reported-instead");
    is_an_invoice(&till, &instead);
    sandbox.admin("settings", &json!({"clearance_enabled": true}));

    let wrong = json!({"code": "BR-KSA-15", "category": "KSA", "message": "no", "type": "ERROR"});
    faults(&sandbox, json!([{"action": "400", "match": "clearance", "findings": [wrong]}]));
    let rejected = sell("rejected");
    assert_eq!(
        (state(&rejected), &rejected["clearance"]["findings"][0]["code"]),
        ("rejected", &json!("BR-KSA-15"))
    );
    assert_eq!(handed(&till, &rejected, "xml").unwrap_err(), "awaiting-clearance");
    let body = json!({"rejected": {"uuid": rejected["uuid"]}}).to_string();
    let corrected = issued(&till.post("/v1/corrections", "corrected", &body));
    assert_eq!((state(&corrected), &corrected["number"]), ("cleared", &rejected["number"]));
    is_an_invoice(&till, &corrected);

    let note = json!({"original": {"uuid": plain["uuid"]}, "reason": "goods_returned", "lines": [{"line": 1, "quantity": 1}]});
    let note = issued(&till.post("/v1/credits", "note", &note.to_string()));
    assert_eq!(state(&note), "cleared");
    is_an_invoice(&till, &note);
    till.drain();
    till.verify(8);
    assert_eq!(sandbox.audit()["ok"], true);
}

/// A line to the sandbox that can be cut.
struct Line {
    port: u16,
    to: String,
    up: Arc<AtomicBool>,
    serving: Option<std::thread::JoinHandle<()>>,
}

impl Line {
    fn to(sandbox: &Sandbox) -> Line {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut line = Line {
            port: free,
            to: sandbox.address().to_owned(),
            up: Arc::new(AtomicBool::new(false)),
            serving: None,
        };
        line.restore();
        line
    }

    /// The platform's address by way of this line.
    fn base_url(&self, sandbox: &Sandbox) -> String {
        sandbox.base_url().replace(&self.to, &format!("127.0.0.1:{}", self.port))
    }

    fn restore(&mut self) {
        let listener = wait_for("the port", || TcpListener::bind(("127.0.0.1", self.port)).ok());
        self.up.store(true, Ordering::SeqCst);
        let (up, to) = (Arc::clone(&self.up), self.to.clone());
        self.serving = Some(std::thread::spawn(move || {
            while let Ok((near, _)) = listener.accept() {
                if !up.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(far) = TcpStream::connect(&to) else { continue };
                for (from, into) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                    let up = Arc::clone(&up);
                    std::thread::spawn(move || carry(from, into, &up));
                }
            }
        }));
    }

    /// Connections are refused from now on, and live ones are cut.
    fn cut(&mut self) {
        self.up.store(false, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.serving.take().unwrap().join().unwrap();
    }
}

fn carry(mut from: TcpStream, mut into: TcpStream, up: &AtomicBool) {
    from.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut part = [0; 16 * 1024];
    while up.load(Ordering::SeqCst) {
        match from.read(&mut part) {
            Ok(0) => break,
            Ok(count) if into.write_all(&part[..count]).is_err() => break,
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    // Gone already in most cases, which is as good.
    let _ = (from.shutdown(Shutdown::Both), into.shutdown(Shutdown::Both));
}

#[test]
fn a_line_that_is_cut_takes_no_number_or_parks_as_the_settings_say() {
    let sandbox = Sandbox::start();
    let mut line = Line::to(&sandbox);
    let mut till = Till::onboarded_at(&sandbox, &line.base_url(&sandbox), PATIENT);
    till.open();
    assert_eq!(state(&issued(&till.sell("first", &company()))), "cleared");
    line.cut();
    let away = till.sell("second", &company());
    assert_eq!((away.status, &away.json()["code"]), (503, &json!("clearance-away")));
    assert_eq!(till.status()["documents"], 1, "no number was taken");
    let simplified = issued(&till.sell("shop", &sale_body(1)));
    assert_eq!(simplified["icv"], 2, "never for consumers");
    line.restore();
    assert_eq!(
        state(&issued(&till.sell("second", &company()))),
        "cleared",
        "it goes before the one that waits"
    );
    till.drain();

    assert!(till.stop().success());
    till.set_more(&PATIENT.replace("= 60\n", "= 2\nclearance_offline = \"park\"\n"));
    till.open();
    line.cut();
    let parked = issued(&till.sell("parked", &company()));
    assert_eq!((state(&parked), &parked["icv"]), ("waiting", &json!(4)));
    assert_eq!(till.status()["queue"]["awaiting_clearance"], 1);
    assert_eq!(handed(&till, &parked, "xml").unwrap_err(), "awaiting-clearance");
    assert!(handed(&till, &parked, "png").is_ok() && receipts(&till, &parked) == 0);
    let shown = till.run(&["show", parked["number"].as_str().unwrap()]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("no tax invoice yet") && shown.contains("ليست فاتورة ضريبية بعد"), "{shown}");
    line.restore();
    assert_eq!(till.ask("POST", "/v1/sync").unwrap().status, 202);
    till.drain();
    let cleared = till.look_up(parked["uuid"].as_str().unwrap())["sale"].clone();
    assert_eq!(state(&cleared), "cleared");
    is_an_invoice(&till, &cleared);
    assert_eq!(till.sell("parked", &company()).json(), cleared, "the same facts, the state of now");
    assert_eq!(sandbox.audit()["ok"], true);
}

#[test]
fn a_kill_between_the_answer_and_the_commit_loses_neither_clearance_nor_receipt() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded_at(&sandbox, sandbox.base_url(), PATIENT);
    till.open();
    // The authority has it; its answer is on a slow way.
    faults(&sandbox, json!([{"action": "slow", "milliseconds": 3_000, "match": "clearance"}]));
    let mut stream = till.connect().unwrap();
    stream.write_all(&real::sale_request("k", &company())).unwrap();
    wait_for("the clearance to be on its way", || {
        (till.status()["queue"]["states"]["InFlight"] == 1).then_some(())
    });
    till.kill();
    till.open();
    till.drain();
    let sold = issued(&till.sell("k", &company()));
    assert_eq!((state(&sold), &sold["icv"]), ("cleared", &json!(1)));
    is_an_invoice(&till, &sold);
    till.verify(1);
    assert_eq!(sandbox.audit()["ok"], true);
}
