//! A till without ledger: it remembers sales in memory, counts what it is asked,
//! and fails on demand.

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::Digest as _;
use tilld::api::wire::{self, Words};
use tilld::api::{
    self, Asked, Caller, CorrectionOrder, CreditOrder, Fed, Feed, Form, Found, Idempotency, IdentityOrder,
    Limits, Lookup, QueuePage, Refusal, Sale, SaleOrder, Socket, Sold, Till,
};
use tilld::chain::{Icv, InvoiceHash};
use tilld::invoice::{self, DocumentType, Draft, InvoiceNumber, IssueMoment, Kind, Subtype};
use tilld::text::Bilingual;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use uuid::Uuid;

/// What the fake does when asked to sell.
#[derive(Clone, Default)]
pub enum Mood {
    #[default]
    Sell,
    Panic,
    /// Never answers.
    Hang,
    Refuse(Refusal),
    /// Waits until told.
    Wait {
        entered: Arc<Notify>,
        go_on: Arc<Notify>,
    },
}

#[derive(Default)]
pub struct Fake {
    pub sell_calls: AtomicUsize,
    /// The drafts of credits and corrections, as they arrived.
    pub asked: Mutex<Vec<String>>,
    pub mood: Mutex<Mood>,
    pub callers: Mutex<Vec<Caller>>,
    pub findings: Mutex<Vec<wire::VerifyFinding>>,
    /// What became of every sale, if not waiting.
    pub report: Mutex<Option<wire::Report>>,
    /// The queue, if not three waiting.
    pub queue: Mutex<Option<wire::Queue>>,
    /// What remembers beside the anchor.
    pub witnesses: Mutex<Vec<wire::Witness>>,
    pub attempts: Mutex<Vec<wire::Attempt>>,
    pub warnings: Mutex<Vec<wire::Warning>>,
    /// The identity, if not an active one.
    pub identity: Mutex<Option<wire::Identity>>,
    /// What the watch over the till says.
    pub watch: Mutex<wire::Watch>,
    /// What people must do.
    pub attention: Mutex<wire::AttentionList>,
    /// The ends of all event streams that were opened, with where each began.
    pub streams: Mutex<Vec<(Option<String>, UnboundedSender<Fed>)>>,
    sales: Mutex<Vec<(Idempotency, Sale)>>,
}

impl Fake {
    pub fn calls(&self) -> usize {
        self.sell_calls.load(Ordering::SeqCst)
    }

    /// Remembers a sale of the past under a key and the body it had then.
    pub fn remember(&self, key: &str, body: &[u8]) {
        let draft = invoice::read_sale(SALE.as_bytes()).unwrap();
        let body_sha256 = sha2::Sha256::digest(body).into();
        let idempotency = Idempotency { key: key.to_owned(), body_sha256 };
        self.make(SaleOrder { draft, idempotency, caller: Caller::default() }).unwrap();
    }

    fn make(&self, order: SaleOrder) -> Result<Sold, Refusal> {
        let priced = invoice::price(&order.draft).map_err(Refusal::Findings)?;
        let mut sales = self.sales.lock().unwrap();
        let asked = &order.idempotency;
        if let Some((known, sale)) = sales.iter().find(|(known, _)| known.key == asked.key) {
            return match known.body_sha256 == asked.body_sha256 {
                true => Ok(Sold { sale: sale.clone(), replayed: true }),
                false => Err(Refusal::KeyConflict { number: sale.number.to_string() }),
            };
        }
        let count = sales.len() as u64 + 1;
        let sale = Sale {
            uuid: Uuid::from_u128(0x6f4d_20e0_6bfe_4a80_9389_0000_0000_0000 + u128::from(count)),
            number: InvoiceNumber::parse(&format!("T07-{count:06}")).unwrap(),
            icv: Icv::new(count).unwrap(),
            issued: IssueMoment::parse("2026-03-14", "21:05:09").unwrap(),
            kind: order.draft.kind,
            hash: InvoiceHash::new([7; 32]),
            net: priced.totals.tax_exclusive,
            vat: priced.totals.tax,
            payable: priced.totals.payable,
            change: priced.change,
            qr: "AQ9TaG9w".to_owned(),
            clearance: None,
            reference: order.draft.reference,
            currency: order.draft.terms.currency.map(|currency| currency.code.to_owned()),
            corrects: None,
            credits: None,
        };
        sales.push((order.idempotency, sale.clone()));
        Ok(Sold { sale, replayed: false })
    }
}

/// The sale that stands in for the document of another request.
fn stand_in<D>(order: Asked<D>, document: DocumentType) -> SaleOrder {
    let Asked { idempotency, caller, .. } = order;
    let draft = Draft {
        kind: Kind::plain(Subtype::Simplified, document),
        ..invoice::read_sale(SALE.as_bytes()).unwrap()
    };
    SaleOrder { draft, idempotency, caller }
}

impl Till for Fake {
    async fn sell(&self, order: SaleOrder) -> Result<Sold, Refusal> {
        self.sell_calls.fetch_add(1, Ordering::SeqCst);
        self.callers.lock().unwrap().push(order.caller);
        let mood = self.mood.lock().unwrap().clone();
        match mood {
            Mood::Sell => {}
            Mood::Panic => panic!("asked to"),
            Mood::Hang => std::future::pending().await,
            Mood::Refuse(refusal) => return Err(refusal),
            Mood::Wait { entered, go_on } => {
                entered.notify_one();
                go_on.notified().await;
            }
        }
        self.make(order)
    }

    async fn credit(&self, order: CreditOrder) -> Result<Sold, Refusal> {
        self.asked.lock().unwrap().push(format!("{:?}", order.draft));
        self.sell(stand_in(order, DocumentType::CreditNote)).await
    }

    async fn correct(&self, order: CorrectionOrder) -> Result<Sold, Refusal> {
        self.asked.lock().unwrap().push(format!("{:?}", order.draft));
        self.sell(stand_in(order, DocumentType::Invoice)).await
    }

    async fn recall(&self, of: Idempotency) -> Result<Option<Sold>, Refusal> {
        let sales = self.sales.lock().unwrap();
        let known = sales.iter().find(|(known, _)| known.key == of.key);
        if let Some((_, sale)) = known.filter(|(known, _)| *known != of) {
            return Err(Refusal::KeyConflict { number: sale.number.to_string() });
        }
        Ok(known.map(|(_, sale)| Sold { sale: sale.clone(), replayed: true }))
    }

    async fn find(&self, by: Lookup) -> Result<Vec<Found>, Refusal> {
        let sales = self.sales.lock().unwrap();
        let answers = |sale: &Sale| match &by {
            Lookup::Uuid(uuid) => sale.uuid == *uuid,
            Lookup::Number(number) => sale.number.as_str() == number,
            Lookup::Reference(reference) => sale.reference.as_ref() == Some(reference),
            Lookup::Icv(icv) => sale.icv == *icv,
            Lookup::Qr(text) => sale.qr == *text,
        };
        let found = sales.iter().rev().filter(|(_, sale)| answers(sale)).map(|(_, sale)| Found {
            sale: sale.clone(),
            report: self.report.lock().unwrap().clone().unwrap_or_else(queued),
            print: Some(wire::Print { state: "Printed".to_owned() }),
            corrected_by: None,
            credited: None,
        });
        Ok(found.collect())
    }

    async fn document(&self, uuid: Uuid, form: Form) -> Result<Option<Vec<u8>>, Refusal> {
        let known = self.sales.lock().unwrap().iter().any(|(_, sale)| sale.uuid == uuid);
        Ok(known.then(|| format!("{form:?} of it").into_bytes()))
    }

    async fn status(&self) -> Result<wire::Status, Refusal> {
        Ok(wire::Status {
            till: "T07".to_owned(),
            version: "0.1.0".to_owned(),
            environment: "sandbox".to_owned(),
            time: "2026-03-14T21:05:09+03:00".to_owned(),
            clock: None,
            selling: wire::Selling { ready: true, reason: None },
            documents: self.sales.lock().unwrap().len() as u64,
            last: None,
            queue: self.queue.lock().unwrap().clone().unwrap_or_else(three_waiting),
            printing: wire::Printing { target: "none".to_owned(), ..Default::default() },
            certificate: None,
            address_override: None,
            identity: None,
            witnesses: self.witnesses.lock().unwrap().clone(),
            watch: self.watch.lock().unwrap().clone(),
        })
    }

    async fn reprint(&self, uuid: Uuid, caller: Caller) -> Result<bool, Refusal> {
        self.callers.lock().unwrap().push(caller);
        Ok(self.sales.lock().unwrap().iter().any(|(_, sale)| sale.uuid == uuid))
    }

    async fn verify(&self) -> Result<wire::Verification, Refusal> {
        let findings = self.findings.lock().unwrap().clone();
        let documents = self.sales.lock().unwrap().len() as u64;
        Ok(wire::Verification { documents, chains: 1, duration_ms: 1234, findings })
    }

    async fn activities(&self, limit: usize) -> Result<wire::ActivityList, Refusal> {
        let one = |id: u64| wire::Activity {
            id,
            at: "2026-03-14T21:05:09+03:00".to_owned(),
            actor: "tilld".to_owned(),
            what: "chain-opened".to_owned(),
            detail: serde_json::json!({"chain": id, "continues": null}),
        };
        Ok(wire::ActivityList { activities: (1..=3).rev().map(one).take(limit).collect() })
    }

    async fn queue(&self, page: QueuePage) -> Result<wire::QueueList, Refusal> {
        let one = |n: u64| wire::QueuedDocument {
            uuid: format!("3f8a1c52-9b1e-4d6a-8c0d-{n:012}"),
            number: format!("T01-{n:06}"),
            icv: n,
            subtype: "simplified".to_owned(),
            issued_at: "2026-03-14T21:05:09+03:00".to_owned(),
            age_seconds: 3_600 * 25,
            seconds_left: -3_600,
            state: "Queued".to_owned(),
            attempts: 3,
            next_attempt_at: Some("2026-03-15T22:05:09+03:00".to_owned()),
            reason: None,
            words: None,
        };
        let documents = (1..=3).map(one).take(page.limit).collect();
        Ok(wire::QueueList {
            documents,
            waiting: 3,
            paused: None,
            next: (page.limit < 3).then(|| "9".to_owned()),
        })
    }

    async fn sync(&self, _: Caller) -> Result<u64, Refusal> {
        Ok(3)
    }

    async fn attempts(&self, uuid: Uuid) -> Result<Option<wire::AttemptList>, Refusal> {
        let sales = self.sales.lock().unwrap();
        let attempts = self.attempts.lock().unwrap().clone();
        let sale = sales.iter().map(|(_, sale)| sale).find(|sale| sale.uuid == uuid);
        Ok(sale.map(|sale| wire::AttemptList {
            uuid: Some(uuid.to_string()),
            number: Some(sale.number.to_string()),
            chain: 1,
            icv: sale.icv.get(),
            issued_at: "2026-03-14T21:05:09+03:00".to_owned(),
            state: "Queued".to_owned(),
            held: None,
            unreadable: None,
            total: attempts.len() as u32,
            attempts,
        }))
    }

    async fn release(&self, uuid: Uuid, caller: Caller) -> Result<Option<wire::Released>, Refusal> {
        self.callers.lock().unwrap().push(caller);
        if let Mood::Refuse(refusal) = self.mood.lock().unwrap().clone() {
            return Err(refusal);
        }
        let sales = self.sales.lock().unwrap();
        let sale = sales.iter().map(|(_, sale)| sale).find(|sale| sale.uuid == uuid);
        Ok(sale.map(|sale| wire::Released {
            uuid: uuid.to_string(),
            number: sale.number.to_string(),
            was: Some("protocol".to_owned()),
            state: "Queued".to_owned(),
        }))
    }

    async fn warnings(&self) -> Result<wire::WarningList, Refusal> {
        let warnings = self.warnings.lock().unwrap().clone();
        Ok(wire::WarningList { looked_at: warnings.len() as u64, more: false, warnings })
    }

    async fn identity(&self) -> Result<wire::Identity, Refusal> {
        let active = || wire::Identity { state: "active".to_owned(), ..wire::Identity::default() };
        Ok(self.identity.lock().unwrap().clone().unwrap_or_else(active))
    }

    async fn change_identity(&self, order: IdentityOrder) -> Result<wire::IdentityDone, Refusal> {
        let otp = order.otp.map_or("none".to_owned(), |otp| otp.as_str().to_owned());
        self.asked.lock().unwrap().push(format!("{:?} {otp}", order.task));
        match self.mood.lock().unwrap().clone() {
            Mood::Refuse(refusal) => Err(refusal),
            _ => Ok(wire::IdentityDone {
                kind: "renewal".to_owned(),
                environment: "sandbox".to_owned(),
                certificate: wire::Certificate::default(),
                notes: Vec::new(),
            }),
        }
    }

    fn follow(&self, after: Option<String>) -> Result<Box<dyn Feed>, Refusal> {
        let (end, feed) = tokio::sync::mpsc::unbounded_channel();
        self.streams.lock().unwrap().push((after, end));
        Ok(Box::new(Stream(feed)))
    }

    async fn attention(&self) -> Result<wire::AttentionList, Refusal> {
        Ok(self.attention.lock().unwrap().clone())
    }

    async fn metrics(&self) -> Result<String, Refusal> {
        Ok("tilld_documents 1\n".to_owned())
    }

    async fn receipt_seen(&self, uuid: Uuid) -> Result<Option<u64>, Refusal> {
        Ok(self.sales.lock().unwrap().iter().any(|(_, sale)| sale.uuid == uuid).then_some(1))
    }
}

/// A stream that the test feeds.
struct Stream(UnboundedReceiver<Fed>);

impl Feed for Stream {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Fed> + Send + '_>> {
        Box::pin(async { self.0.recv().await.unwrap_or(Fed::End) })
    }
}

fn queued() -> wire::Report {
    wire::Report { state: "Queued".to_owned(), attempts: 0, note: None, findings: Vec::new() }
}

fn three_waiting() -> wire::Queue {
    wire::Queue {
        corrected: 0,
        states: HashMap::from([("Queued".to_owned(), 3)]).into_iter().collect(),
        unsent: 3,
        ..Default::default()
    }
}

/// A finding of a verification.
pub fn broken_link() -> wire::VerifyFinding {
    let words = Bilingual::new("the link to the invoice before is broken", "الرابط بالفاتورة السابقة مقطوع");
    wire::VerifyFinding {
        code: "CHAIN".to_owned(),
        document: "T07-000002".to_owned(),
        icv: Some(2),
        message: Words::from(words),
    }
}

/// A valid sale of 11.50 riyals.
pub const SALE: &str = r#"{"reference":"order-4711","lines":[{"name":{"ar":"شاي أخضر","en":"Green tea"},"quantity":"2","unit":"PCE","shelf_price":"5.75","vat":{"category":"S","rate":"15"},"barcode":"6281000000001"}],"tenders":[{"kind":"cash","amount":"20.00"}]}"#;

/// A fake till served on a socket of its own, on a thread of its own.
pub struct Served {
    pub till: Arc<Fake>,
    pub socket: PathBuf,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _dir: tempfile::TempDir,
}

pub fn serve(limits: Limits) -> Served {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("t.sock");
    let till = Arc::new(Fake::default());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let (path, shared) = (socket.clone(), till.clone());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let socket = Socket::bind(&path).unwrap();
            ready.send(()).unwrap();
            let cancel = async move {
                let _ = stopped.await;
            };
            api::serve(socket, api::router(shared, limits), cancel, Duration::from_secs(5)).await.unwrap();
        });
    });
    is_ready.recv().unwrap();
    Served { till, socket, stop: Some(stop), thread: Some(thread), _dir: dir }
}

impl Served {
    /// Asks it to stop; requests under way go on.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    pub fn join(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
