//! The platform client and the reporting driver against a server on loopback
//! that misbehaves as real ones do.

#[allow(dead_code)]
#[path = "ledger/support.rs"]
mod support;

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tilld::chain::InvoiceHash;
use tilld::fatoora::{
    Client, Credentials, DocumentCall, Endpoint, Environment, Fault, Otp, Submission, Verdict,
};
use tilld::ledger::{Ledger, ReportState, Store, TestClock};
use tilld::report::{
    self, Access, Begun, CredentialsSource, HoldReason, Parts, Queue, QueueError, Record, Settings, Status,
    Waiting, Wake, Wakes,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

const REPORTED: &str = r#"{"validationResults":{"infoMessages":[],"warningMessages":[],"errorMessages":[],"status":"PASS"},"reportingStatus":"REPORTED","clearanceStatus":null}"#;
const DUPLICATE: &str = r#"{"validationResults":{"infoMessages":[],"warningMessages":[],"errorMessages":[{"type":"ERROR","code":"Invoice-Errors","category":"Duplicate-Invoice","message":"Invoice was already Reported successfully earlier.","status":"ERROR"}],"status":"ERROR"},"reportingStatus":"NOT_REPORTED"}"#;
const HTML: &str = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>";

/// What the server does with one request.
enum Reply {
    Answer(u16, &'static str, String),
    /// Reads the request, then closes the connection.
    Drop,
    /// Announces more bytes than it sends, then closes.
    Cut(u16, &'static str),
    /// Never answers.
    Stall,
}

fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer(status, "", body.to_owned())
}

/// A request as it came: head and body.
type Request = (String, String);

struct Server {
    base: String,
    requests: Arc<Mutex<Vec<Request>>>,
    arrived: Arc<Notify>,
}

impl Server {
    async fn start(replies: Vec<Reply>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let base = format!("http://{}/e-invoicing/core", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let arrived = Arc::new(Notify::new());
        let replies = Arc::new(Mutex::new(VecDeque::from(replies)));
        let (seen, bell) = (requests.clone(), arrived.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, replies.clone(), seen.clone(), bell.clone()));
            }
        });
        Server { base, requests, arrived }
    }

    fn client(&self) -> Client {
        let endpoint = Endpoint::new(Environment::Production, Some(&self.base)).expect("loopback");
        Client::new(endpoint).expect("client")
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("lock").clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Request>>>,
    bell: Arc<Notify>,
) {
    while let Some(request) = read(&mut stream).await {
        seen.lock().expect("lock").push(request);
        bell.notify_one();
        let reply = replies.lock().expect("lock").pop_front();
        let text = match reply {
            Some(Reply::Answer(status, headers, body)) => {
                format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
            }
            Some(Reply::Cut(status, body)) => {
                let text =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len() + 100);
                let _ = stream.write_all(text.as_bytes()).await;
                return;
            }
            Some(Reply::Stall) => std::future::pending().await,
            Some(Reply::Drop) | None => return,
        };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().expect("a length"));
            if body.len() >= length {
                return Some((head, body.to_owned()));
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&more[..length]),
        }
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(60), test).await.expect("the test hangs");
    });
}

fn submission(id: u64) -> Submission {
    let mut hash = [0; 32];
    hash[0] = u8::try_from(id).expect("few");
    Submission {
        uuid: Uuid::from_u128(0x8e60_00cf_1a98_4e17_b7b4_a2c2_1fa3_dd00 + u128::from(id)),
        hash: InvoiceHash::new(hash),
        xml: format!("<Invoice>{id}</Invoice>").into_bytes(),
    }
}

fn credentials() -> Credentials {
    Credentials::new("TOKEN", "hush")
}

#[test]
fn headers_are_those_of_the_interface() {
    run(async {
        let csid = r#"{"requestID":7,"dispositionMessage":"ISSUED","binarySecurityToken":"T","secret":"S"}"#;
        let replies = [csid, REPORTED, csid, csid, REPORTED, REPORTED].map(|body| answer(200, body));
        let server = Server::start(replies.into()).await;
        let client = server.client();
        let otp = Otp::new("123345").expect("digits");
        assert_eq!(client.compliance_csid("PEM", &otp).await.expect("csid").request_id, "7");
        client.compliance_check(&credentials(), &submission(1)).await;
        client.production_csid(&credentials(), "7").await.expect("csid");
        client.renew(&credentials(), "PEM", &otp).await.expect("csid");
        let authority: &dyn tilld::fatoora::Authority = &client;
        authority.report(&credentials(), &submission(1)).await;
        authority.clear(&credentials(), &submission(1)).await;

        let requests = server.requests();
        let lines = |at: usize| requests[at].0.clone();
        let starts: Vec<String> =
            requests.iter().map(|(head, _)| head.lines().next().expect("a line").to_owned()).collect();
        assert_eq!(
            starts,
            [
                "post /e-invoicing/core/compliance http/1.1",
                "post /e-invoicing/core/compliance/invoices http/1.1",
                "post /e-invoicing/core/production/csids http/1.1",
                "patch /e-invoicing/core/production/csids http/1.1",
                "post /e-invoicing/core/invoices/reporting/single http/1.1",
                "post /e-invoicing/core/invoices/clearance/single http/1.1",
            ]
        );
        for at in 0..6 {
            for header in [
                "accept-version: v2",
                "accept: application/json",
                "accept-language: en",
                "content-type: application/json",
            ] {
                assert!(lines(at).contains(header), "{at}: {header}");
            }
            assert_eq!(lines(at).contains("\r\notp: 123345"), at == 0 || at == 3, "{at}");
            assert_eq!(lines(at).contains("\r\nauthorization: basic "), at != 0, "{at}");
        }
        assert!(lines(4).contains("\r\nclearance-status: 0"));
        assert!(lines(5).contains("\r\nclearance-status: 1"));
        assert!(!lines(1).contains("clearance-status"));
        assert_eq!(requests[1].1, requests[4].1, "the same body to both");
    });
}

#[test]
fn redirects_are_not_followed() {
    run(async {
        let elsewhere = Server::start(vec![answer(200, REPORTED)]).await;
        let location = Box::leak(format!("location: {}\r\n", elsewhere.base).into_boxed_str());
        let replies = [301, 302, 307, 308].map(|status| Reply::Answer(status, location, String::new()));
        let server = Server::start(replies.into()).await;
        let client = server.client();
        for status in [301, 302, 307, 308] {
            let answer = tilld::fatoora::Authority::report(&client, &credentials(), &submission(1)).await;
            assert_eq!((answer.http, answer.verdict), (Some(status), Verdict::Unknown));
            assert!(answer.headers.location.is_some());
        }
        assert!(elsewhere.requests().is_empty());
    });
}

#[test]
fn bad_answers_are_bounded_and_named() {
    run(async {
        let huge = format!("{{\"reportingStatus\":\"REPORTED\",\"x\":\"{}\"}}", "x".repeat(2_000_000));
        let huge_again = huge.clone();
        let server = Server::start(vec![
            Reply::Answer(200, "", huge),
            Reply::Cut(200, REPORTED),
            Reply::Cut(503, HTML),
            Reply::Drop,
            Reply::Answer(200, "", huge_again),
            Reply::Answer(429, "retry-after: 3\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", HTML.to_owned()),
        ])
        .await;
        let client = server.client();
        let credentials = credentials();
        let document = submission(1);
        let report = || tilld::fatoora::Authority::report(&client, &credentials, &document);

        let oversize = report().await;
        assert_eq!((oversize.http, &oversize.verdict), (Some(200), &Verdict::Unknown));
        assert!(oversize.body.len() <= 64 * 1024 && oversize.error.is_some());
        let cut = report().await;
        assert!(cut.error.is_some());
        assert!(matches!(cut.verdict, Verdict::Accepted(_)), "all of the words arrived: {:?}", cut.verdict);
        assert_eq!(report().await.verdict, Verdict::Unavailable);
        let dropped = report().await;
        assert_eq!((dropped.http, &dropped.verdict), (None, &Verdict::Lost));
        let otp = Otp::new("000000").expect("digits");
        let error = client.compliance_csid("PEM", &otp).await.expect_err("too large");
        assert!(matches!(error.fault, Fault::Lost(_)), "{error}");
        let limited = report().await;
        assert_eq!(limited.headers.server_time(), Some(784_111_777));
        assert!(matches!(limited.verdict, Verdict::Throttled { retry_after: Some(_) }));
    });
}

#[test]
fn a_port_without_a_server_is_offline() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        drop(listener);
        let client =
            Client::new(Endpoint::new(Environment::Sandbox, Some(&base)).expect("loopback")).expect("client");
        let answer = tilld::fatoora::Authority::report(&client, &credentials(), &submission(1)).await;
        assert_eq!((answer.http, answer.verdict), (None, Verdict::Offline));
        let error = client.production_csid(&credentials(), "1").await.expect_err("offline");
        assert!(matches!(error.fault, Fault::Offline(_)), "{error}");
    });
}

#[test]
fn a_port_that_does_not_speak_tls_gets_nothing() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let base = format!("https://{}", listener.local_addr().expect("bound"));
        let received = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("written");
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes).await;
            bytes
        });
        let client =
            Client::new(Endpoint::new(Environment::Sandbox, Some(&base)).expect("loopback")).expect("client");
        let answer = tilld::fatoora::Authority::report(&client, &credentials(), &submission(1)).await;
        assert_eq!(answer.verdict, Verdict::Offline);
        let received = received.await.expect("server");
        assert_eq!(received[0], 22, "a TLS handshake and nothing else");
        assert!(!String::from_utf8_lossy(&received).to_ascii_lowercase().contains("authorization"));
    });
}

/// A document's state and its attempts.
type Row = (ReportState, Vec<Record>);

/// A queue in memory that holds to the ledger's transitions.
#[derive(Clone, Default)]
struct Memory {
    rows: Arc<Mutex<BTreeMap<u64, Row>>>,
    changed: Arc<Notify>,
}

impl Memory {
    fn with(documents: u64) -> Memory {
        let memory = Memory::default();
        for id in 1..=documents {
            memory.rows.lock().expect("lock").insert(id, (ReportState::Queued, Vec::new()));
        }
        memory
    }

    fn row(&self, id: u64) -> Row {
        self.rows.lock().expect("lock")[&id].clone()
    }

    async fn until_final(&self) {
        loop {
            if self.rows.lock().expect("lock").values().all(|(state, _)| state.is_final()) {
                return;
            }
            self.changed.notified().await;
        }
    }

    fn step(&self, id: u64, to: ReportState) -> Result<(), QueueError> {
        let mut rows = self.rows.lock().expect("lock");
        let row = rows.get_mut(&id).expect("known");
        row.0 = row.0.step(to).map_err(|error| QueueError::Refused(error.to_string()))?;
        Ok(())
    }
}

impl Queue for Memory {
    type Id = u64;

    async fn queued(&self, limit: usize) -> Result<Vec<Waiting<u64>>, QueueError> {
        let rows = self.rows.lock().expect("lock");
        let queued = rows.iter().filter(|(_, (state, _))| *state == ReportState::Queued);
        let waiting = |(id, (_, records)): (&u64, &Row)| Waiting {
            id: *id,
            attempts: u32::try_from(records.len()).expect("few"),
            issued: 0,
            standard: false,
        };
        Ok(queued.map(waiting).take(limit).collect())
    }

    async fn begin(&self, id: u64, _now: i64) -> Result<Begun, QueueError> {
        self.step(id, ReportState::InFlight)?;
        Ok(Begun::Document { call: DocumentCall::Reporting, submission: submission(id) })
    }

    async fn finish(&self, id: u64, ended: Record) -> Result<(), QueueError> {
        self.step(id, ended.outcome.state)?;
        self.rows.lock().expect("lock").get_mut(&id).expect("known").1.push(ended);
        self.changed.notify_one();
        Ok(())
    }

    async fn hold(&self, id: u64, _: HoldReason) -> Result<(), QueueError> {
        self.step(id, ReportState::Held)?;
        self.changed.notify_one();
        Ok(())
    }
}

/// A driver under test.
struct Running {
    wakes: Arc<Wakes>,
    status: watch::Receiver<Status>,
    cancel: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

fn drive<Q: Queue + Clone>(queue: &Q, client: Client, in_flight: usize) -> Running {
    let known = Arc::new(credentials());
    drive_with(queue, client, in_flight, Arc::new(move |_| Access::Current(known.clone())))
}

fn drive_with<Q: Queue + Clone>(
    queue: &Q,
    client: Client,
    in_flight: usize,
    credentials: CredentialsSource<Q::Id>,
) -> Running {
    let wakes = Arc::new(Wakes::new());
    let (cancel, cancelled) = watch::channel(false);
    let (status, watched) = watch::channel(Status::default());
    let parts = Parts {
        queue: queue.clone(),
        authority: Arc::new(client),
        credentials,
        clock: Arc::new(TestClock::at(1_700_000_000)),
        wakes: wakes.clone(),
        cancel: cancelled,
        status,
        tell: Arc::new(|_| {}),
        settings: Settings { in_flight, ..Settings::default() },
        jitter: Box::new(|| 0),
    };
    Running { wakes, status: watched, cancel, task: tokio::spawn(report::run(parts)) }
}

fn verdicts(records: &[Record]) -> Vec<&'static str> {
    records.iter().map(|record| record.answer.verdict.word()).collect()
}

#[test]
fn the_same_bytes_go_out_until_the_authority_has_them() {
    run(async {
        let server = Server::start(vec![answer(503, HTML), Reply::Drop, answer(409, DUPLICATE)]).await;
        let memory = Memory::with(1);
        let running = drive(&memory, server.client(), 1);
        memory.until_final().await;
        let (state, records) = memory.row(1);
        assert_eq!(state, ReportState::Reported);
        assert_eq!(verdicts(&records), ["unavailable", "lost", "accepted-before"]);
        assert!(records.iter().all(|record| !record.outcome.surprise));
        assert_eq!(records[0].answer.body, HTML.as_bytes(), "the evidence is kept");
        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        assert!(requests.iter().all(|request| request.1 == requests[0].1));
        running.cancel.send(true).expect("running");
        running.task.await.expect("ended");
    });
}

#[test]
fn one_stuck_document_does_not_hold_the_others() {
    run(async {
        let mut replies = vec![answer(200, "who knows")];
        replies.extend((0..20).map(|_| answer(200, REPORTED)));
        let server = Server::start(replies).await;
        let memory = Memory::with(20);
        let running = drive(&memory, server.client(), 1);
        while memory.rows.lock().expect("lock").values().filter(|(state, _)| state.is_final()).count() < 19 {
            memory.changed.notified().await;
        }
        let requests = server.requests();
        assert_ne!(requests[0].1, requests[1].1, "the next document went, not the stuck one again");
        running.wakes.ring(Wake::SyncNow);
        memory.until_final().await;
        assert_eq!(verdicts(&memory.row(1).1), ["unknown", "accepted"]);
        assert_eq!(running.status.borrow().accepted, 20);
        drop(running.cancel);
        running.task.await.expect("ended");
    });
}

#[test]
fn a_new_sale_wakes_the_driver_and_four_go_at_once() {
    run(async {
        let replies = (0..41).map(|_| answer(200, REPORTED)).collect();
        let server = Server::start(replies).await;
        let memory = Memory::with(40);
        let running = drive(&memory, server.client(), 4);
        memory.until_final().await;
        memory.rows.lock().expect("lock").insert(41, (ReportState::Queued, Vec::new()));
        running.wakes.ring(Wake::Sale);
        memory.until_final().await;
        assert_eq!(server.requests().len(), 41, "each was sent once");
        running.cancel.send(true).expect("running");
        running.task.await.expect("ended");
    });
}

#[test]
fn credentials_trouble_pauses_and_shows() {
    run(async {
        let server = Server::start(vec![answer(401, ""), answer(200, REPORTED), answer(200, REPORTED)]).await;
        let memory = Memory::with(2);
        let mut running = drive(&memory, server.client(), 1);
        let status = running.status.wait_for(|status| status.pause.is_some() && status.in_flight == 0).await;
        let pause = status.expect("running").pause.expect("paused");
        assert!(pause.reason.needs_person() && pause.reason.word() == "credentials");
        assert!((900..=1080).contains(&(pause.until - pause.since)), "{pause:?}");
        while memory.row(1).1.is_empty() {
            memory.changed.notified().await;
        }
        running.wakes.ring(Wake::Credentials);
        memory.until_final().await;
        running.status.wait_for(|status| status.pause.is_none()).await.expect("running");
        assert_eq!(server.requests().len(), 3);
        running.cancel.send(true).expect("running");
        running.task.await.expect("ended");
    });
}

#[test]
fn a_former_certificates_documents_go_with_its_credentials_then_with_the_present_ones() {
    run(async {
        let replies = [answer(401, ""), answer(200, REPORTED), answer(200, REPORTED)];
        let server = Server::start(replies.into()).await;
        let memory = Memory::with(3);
        let (old, new) = (Arc::new(Credentials::new("OLD", "s")), Arc::new(Credentials::new("NEW", "s")));
        let source = move |id: u64| match id {
            1 => Access::Former { own: Some(old.clone()), current: Some(new.clone()) },
            2 => Access::Elsewhere,
            _ => Access::Current(new.clone()),
        };
        let running = drive_with(&memory, server.client(), 1, Arc::new(source));
        let at_rest = |state: ReportState| state.is_final() || state == ReportState::Held;
        while !memory.rows.lock().expect("lock").values().all(|(state, _)| at_rest(*state)) {
            memory.changed.notified().await;
        }
        let (state, records) = memory.row(1);
        assert_eq!((state, verdicts(&records)), (ReportState::Reported, vec!["credentials", "accepted"]));
        assert_eq!(memory.row(2), (ReportState::Held, Vec::new()), "never sent");
        assert_eq!(verdicts(&memory.row(3).1), ["accepted"]);
        assert_eq!(running.status.borrow().pause, None);
        let shown = |(head, body): &Request| {
            let line = head.lines().find(|line| line.starts_with("authorization")).expect("credentials");
            (line.to_owned(), body.clone())
        };
        let shown: Vec<(String, String)> = server.requests().iter().map(shown).collect();
        let (first, body) = &shown[0];
        // The third document may go while the first one's refusal is written down.
        let again = shown[1..].iter().find(|(_, sent)| sent == body).expect("the same bytes again");
        let other = shown.iter().find(|(_, sent)| sent != body).expect("the third document");
        assert!(*first != again.0 && again.0 == other.0, "the former ones first, then the present ones");
        running.cancel.send(true).expect("running");
        running.task.await.expect("ended");
    });
}

#[test]
fn a_stop_abandons_the_request_in_flight() {
    run(async {
        let server = Server::start(vec![answer(200, REPORTED), Reply::Stall]).await;
        let memory = Memory::with(2);
        let running = drive(&memory, server.client(), 1);
        while server.requests().len() < 2 {
            server.arrived.notified().await;
        }
        running.cancel.send(true).expect("running");
        running.task.await.expect("ended");
        assert_eq!(memory.row(1).0, ReportState::Reported, "what was answered is written");
        assert_eq!(memory.row(2).0, ReportState::InFlight, "the next start queues it again");
        assert!(memory.row(2).1.is_empty());
    });
}

/// The store in `directory` with its unit, as a start of the daemon opens it.
fn open(directory: &std::path::Path) -> Store {
    let clock = Arc::new(TestClock::at(support::NOW));
    let mut store = Store::open(directory, &directory.join("mark"), clock).expect("opened");
    store.activate(support::unit(1)).expect("active");
    store
}

#[test]
fn the_ledger_carries_the_queue_across_a_restart() {
    run(async {
        let directory = tempfile::tempdir().expect("directory");
        let mut store = open(directory.path());
        let ids: Vec<_> = (1..=3).map(|sale| store.append(support::order(sale)).expect("sold").id).collect();
        let (ledger, thread) = Ledger::start(store).expect("thread");
        let replies =
            vec![answer(200, REPORTED), Reply::Stall, answer(409, DUPLICATE), answer(200, REPORTED)];
        let server = Server::start(replies).await;
        let running = drive(&ledger, server.client(), 1);
        while server.requests().len() < 2 {
            server.arrived.notified().await;
        }
        running.cancel.send(true).expect("running");
        running.task.await.expect("ended");
        ledger.stop().await;
        thread.join().expect("no panic").expect("closed");

        let (ledger, thread) = Ledger::start(open(directory.path())).expect("thread");
        let running = drive(&ledger, server.client(), 1);
        while ledger.run(|store| store.queue_summary().open()).await.expect("answer") > 0 {
            tokio::task::yield_now().await;
        }
        running.cancel.send(true).expect("running");
        running.task.await.expect("ended");

        let mut histories = Vec::new();
        for id in &ids {
            let id = *id;
            let attempts = ledger.run(move |store| store.attempts(id)).await.expect("answer").expect("read");
            histories.push(attempts.into_iter().map(|attempt| attempt.verdict).collect::<Vec<_>>());
        }
        assert_eq!(histories, [vec!["accepted"], vec!["interrupted", "accepted-before"], vec!["accepted"]]);
        let requests = server.requests();
        assert_eq!(requests.len(), 4);
        assert_eq!(requests[1].1, requests[2].1, "the same bytes at every attempt");
        ledger.stop().await;
        thread.join().expect("no panic").expect("closed");
    });
}
