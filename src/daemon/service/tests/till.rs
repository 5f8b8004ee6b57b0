//! A till behind its real router: what a POS sends, and what an authority that
//! the test plays makes of it.

use serde_json::{Value, json};

use super::*;
use crate::api::exchange::{Answer, Pos};
use crate::api::{Limits, router};
use crate::ledger::{AttemptRecord, ReportState};

pub struct Till {
    pos: Pos,
    ledger: Ledger,
    pub clock: Arc<TestClock>,
    keys: std::cell::Cell<u32>,
    pub stop: watch::Sender<bool>,
    _dir: TempDir,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The document that was issued.
    pub fn issued(self) -> Value {
        assert_eq!(self.status, 201, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Code of the problem, and field and rule of its findings. All of it is in
    /// both languages.
    pub fn refused(self) -> (String, Vec<(String, String)>) {
        assert_eq!(self.status, 422, "{}", String::from_utf8_lossy(&self.bytes));
        let problem = self.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
        let findings = problem["findings"].as_array().unwrap();
        for words in findings.iter().flat_map(|one| [&one["message"], &one["remedy"]]) {
            assert!(!text(&words["en"]).is_empty() && arabic(&text(&words["ar"])), "{words}");
        }
        let told = findings.iter().map(|one| (text(&one["field"]), text(&one["rule"])));
        (text(&problem["code"]), told.collect())
    }
}

/// One finding of a refusal, as [`Answer::refused`] gives it.
pub fn one(code: &str, field: &str, rule: &str) -> (String, Vec<(String, String)>) {
    (code.to_owned(), vec![(field.to_owned(), rule.to_owned())])
}

impl Till {
    pub fn new() -> Till {
        Till::with(|_| {})
    }

    /// With a certificate that covers these documents.
    pub fn covering(title: &str) -> Till {
        Till::with(|service| service.register.enter(Entry::active(certificate(), Some(title))))
    }

    pub fn with(change: impl FnOnce(&mut Service)) -> Till {
        let Bench { mut service, clock, stop, _dir } = bench();
        service.facts.print = true;
        change(&mut service);
        let ledger = service.ledger.clone();
        let pos = Pos(router(Arc::new(service), Limits::new(1 << 20)));
        Till { pos, ledger, clock, keys: std::cell::Cell::new(0), stop, _dir }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.pos.get(path).await
    }

    pub async fn post_as(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.pos.post(path, key, body.to_string()).await
    }

    /// Under a key that was not used before.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.keys.set(self.keys.get() + 1);
        self.clock.set(NOW + i64::from(self.keys.get()) * 60);
        self.post_as(&format!("key-{}", self.keys.get()), path, body).await
    }

    pub async fn sell(&self, body: &Value) -> Answer {
        self.post("/v1/sales", body).await
    }

    pub async fn credit(&self, body: &Value) -> Answer {
        self.post("/v1/credits", body).await
    }

    pub async fn correct(&self, body: &Value) -> Answer {
        self.post("/v1/corrections", body).await
    }

    pub async fn look_up(&self, document: &Value) -> Value {
        let answer = self.get(&format!("/v1/sales/{}", document["uuid"].as_str().unwrap())).await;
        assert_eq!(answer.status, 200);
        answer.json()
    }

    pub async fn xml(&self, document: &Value) -> String {
        let answer = self.get(&format!("/v1/sales/{}.xml", document["uuid"].as_str().unwrap())).await;
        String::from_utf8(answer.bytes).unwrap()
    }

    /// The authority's answer to a document.
    pub async fn answered(&self, document: &Value, state: ReportState) {
        self.answered_in(document, state, b"").await;
    }

    /// As [`Till::answered`], in these words.
    pub async fn answered_in(&self, document: &Value, state: ReportState, body: &[u8]) {
        let body = body.to_vec();
        let uuid = document["uuid"].as_str().unwrap().parse::<Uuid>().unwrap();
        let work = move |store: &mut Store| {
            let id = store.by_uuid(&uuid).unwrap().unwrap().id;
            // The authority's own stamp is of no matter here.
            let cleared = (state == ReportState::Cleared).then(|| store.xml(id).unwrap());
            let attempt = AttemptRecord {
                started_at: NOW,
                duration_ms: 1,
                endpoint: "reporting".to_owned(),
                http: Some(400),
                headers: Vec::new(),
                body,
                verdict: state.name().to_owned(),
                error: None,
                cleared,
            };
            store.begin_attempt(id, NOW).unwrap();
            store.finish_attempt(id, &attempt, state, NOW).unwrap();
        };
        self.ledger.run(work).await.unwrap();
    }

    /// Something done to the ledger behind the till's back.
    pub async fn on_store(&self, work: impl FnOnce(&mut Store) + Send + 'static) {
        self.ledger.run(work).await.unwrap();
    }

    /// Work of the test on the ledger's thread, with the document at hand.
    pub async fn on_ledger(
        &self,
        document: &Value,
        work: impl FnOnce(&mut Store, crate::ledger::DocumentId) + Send + 'static,
    ) {
        let uuid = document["uuid"].as_str().unwrap().parse::<Uuid>().unwrap();
        let work = move |store: &mut Store| {
            let id = store.by_uuid(&uuid).unwrap().unwrap().id;
            work(store, id);
        };
        self.ledger.run(work).await.unwrap();
    }

    pub async fn rejected(&self, document: &Value) {
        self.answered(document, ReportState::Rejected).await;
    }

    /// Documents of the chain; a refusal leaves their number as it was.
    pub async fn documents(&self) -> u64 {
        self.get("/v1/status").await.json()["documents"].as_u64().unwrap()
    }
}

/// Tea and dates with VAT, medicine without, a discount on the basket.
pub fn basket() -> Value {
    json!({
        "reference": "order-1",
        "lines": [
            {"name": {"ar": "شاي أخضر", "en": "Green tea"}, "quantity": 3, "shelf_price": "5.75", "vat": "S",
             "barcode": "6281000000001"},
            {"name": "Sukkari dates", "quantity": "1.250", "unit": "KGM", "shelf_price": "34.95", "vat": "S"},
            {"name": "Paracetamol", "quantity": 2, "shelf_price": "7.00",
             "vat": {"category": "Z", "reason_code": "VATEX-SA-35"}},
        ],
        "discount": {"amount": "5.00", "reason": "Offer"},
        "tenders": [{"kind": "cash", "amount": "100.00"}],
    })
}

/// Sold to a company, at net prices.
pub fn to_company() -> Value {
    json!({
        "subtype": "standard",
        "lines": [{"name": "Office chair", "quantity": 4, "net_price": "250.00", "vat": "S"}],
        "buyer": company(),
    })
}

pub fn company() -> Value {
    json!({
        "name": "شركة المثال",
        "vat_number": "310122393500003",
        "address": {"street": "King Fahd Road", "building": "8012", "district": "Olaya", "city": "Riyadh",
                    "postal_code": "12211", "country": "SA"},
    })
}

pub fn credit_of(original: Value, wanted: Value) -> Value {
    let mut body = json!({"original": original, "reason": "goods_returned"});
    let members = wanted.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    body
}
