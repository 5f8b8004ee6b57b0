//! The line and what stands at its end: carries a request to the authority's
//! book or not, brings an answer back or not, and reads what came through the
//! real table of answers. Watches what may never leave a till.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tilld::fatoora::{
    Answer, Authority, Credentials, DocumentCall, Headers, Pending, SetupFault, Submission, Verdict, verdict,
};
use tilld::ledger::{Clock as _, Reading};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

use crate::book::Reply;
use crate::flaws::Flaw;
use crate::script::{Gate, Point, Spoil, Weather, Wish};
use crate::world::World;

/// The client's limit on one call.
const TOTAL: Duration = Duration::from_secs(30);
const PAGE: &str = "<html><body><h1>Service Temporarily Unavailable</h1></body></html>";

/// The way of one life of the program to the authority.
pub struct Gateway {
    pub world: Arc<World>,
    pub life: u32,
}

impl Authority for Gateway {
    fn report<'a>(&'a self, shown: &'a Credentials, sent: &'a Submission) -> Pending<'a> {
        Box::pin(self.call(DocumentCall::Reporting, shown, sent))
    }

    fn clear<'a>(&'a self, shown: &'a Credentials, sent: &'a Submission) -> Pending<'a> {
        Box::pin(self.call(DocumentCall::Clearance, shown, sent))
    }
}

/// What came over the line.
enum Carried {
    Offline,
    Untrusted,
    Lost(&'static str),
    Came { status: u16, headers: Headers, body: Vec<u8>, broken: bool },
}

/// Counts a request while it is in flight.
struct Flight<'a>(&'a World, u32);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        *self.0.state().flying.entry(self.1).or_default() -= 1;
    }
}

impl Gateway {
    async fn call(&self, call: DocumentCall, shown: &Credentials, sent: &Submission) -> Answer {
        let world = &self.world;
        if world.is_gone(self.life) {
            pending::<()>().await;
        }
        self.watch(sent);
        let _flight = Flight(world, self.life);
        if world.strike(Point::BeforeSend) {
            pending::<()>().await;
        }
        let begun = Instant::now();
        let carried = timeout_at(begun + TOTAL, self.carry(call, shown, sent)).await;
        let carried = carried.unwrap_or(Carried::Lost("timed out"));
        if world.is_gone(self.life) {
            pending::<()>().await;
        }
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap();
        let mut answer = judged(call, carried, ms);
        if world.has(Flaw::TrustsAnyOk) && answer.http == Some(200) && answer.verdict == Verdict::Unknown {
            let said =
                br#"{"reportingStatus":"REPORTED","clearanceStatus":"CLEARED","clearedInvoice":"PEEvPg=="}"#;
            answer.verdict = verdict(call, 200, &answer.headers, said);
        }
        self.note(call, sent, &answer);
        if world.has(Flaw::IgnoresRetryAfter)
            && let Verdict::Throttled { retry_after } = &mut answer.verdict
        {
            *retry_after = Some(tilld::fatoora::RetryAfter::Seconds(0));
        }
        answer
    }

    /// The law at the moment of sending.
    fn watch(&self, sent: &Submission) {
        let world = &self.world;
        let ms = world.clock.ms();
        let mut state = world.state();
        let flying = state.flying.entry(self.life).or_default();
        *flying += 1;
        let too_many = *flying > world.script.in_flight;
        let other_bytes = state.sent.entry(sent.uuid).or_insert_with(|| sent.clone()) != sent;
        let known = state.told.get(&sent.uuid) == Some(&self.life) || state.written.contains_key(&sent.uuid);
        // Taken up before, it was as good as on its way: only the disk was slow.
        let taken_up = state.taken_up.get(&sent.uuid).copied().unwrap_or(ms);
        let silence = state.quiet.iter().any(|(heard, until)| taken_up > *heard && ms < *until);
        drop(state);
        world.tell(format!("sends {}", sent.uuid));
        if too_many {
            world.wrong("more documents are in flight than allowed");
        }
        if other_bytes {
            world.wrong(format!("{} leaves with other bytes than before", sent.uuid));
        }
        if known {
            world.wrong(format!("{} is sent after a known acceptance", sent.uuid));
        }
        if silence {
            world.wrong(format!("{} is sent though the authority asked for silence", sent.uuid));
        }
    }

    /// What the program knows from here on.
    fn note(&self, call: DocumentCall, sent: &Submission, answer: &Answer) {
        let world = &self.world;
        let ms = world.clock.ms();
        if world.pins.is_none()
            && let Some(theirs) = answer.headers.server_time()
        {
            let now = Reading { wall: world.clock.now(), uptime: world.clock.uptime() };
            world.store(|open| open.store.authority_time().hear(theirs, now));
        }
        let http = answer.http.map_or_else(|| "-".to_owned(), |http| http.to_string());
        world.tell(format!("hears {http} {} about {} ({call:?})", answer.verdict.word(), sent.uuid));
        let mut state = world.state();
        *state.verdicts.entry(answer.verdict.word()).or_default() += 1;
        match &answer.verdict {
            Verdict::Accepted(accepted) => {
                let book = state.book.entry(&sent.hash.to_base64());
                // Anything else is not an acceptance, whatever it says.
                if accepted.cleared.is_none() || accepted.cleared == book.cleared {
                    state.told.insert(sent.uuid, self.life);
                }
            }
            Verdict::Throttled { retry_after: Some(wish) } => {
                // A date without the authority's own clock beside it is read by the till's.
                let now = answer.headers.server_time().unwrap_or_else(|| world.clock.now());
                let until = ms + wish.wait(now) * 1_000;
                state.quiet.push((ms, until));
            }
            _ => {}
        }
    }

    async fn carry(&self, call: DocumentCall, shown: &Credentials, sent: &Submission) -> Carried {
        let world = &self.world;
        let weather = world.weather(sent.uuid);
        if let Some(weather) = weather {
            world.tell(format!("  meets {weather:?}"));
        }
        match weather {
            Some(Weather::Cut) => {
                let wait = if world.draw(1, 3) == 1 { 10_000 } else { world.draw(1, 90) };
                sleep(Duration::from_millis(wait)).await;
                Carried::Offline
            }
            Some(Weather::Untrusted) => {
                self.pause(20, 200).await;
                Carried::Untrusted
            }
            Some(Weather::Torn) => {
                self.pause(20, 2_000).await;
                Carried::Lost("connection reset")
            }
            Some(Weather::Gate(gate)) => {
                self.pause(30, 400).await;
                self.gate(gate)
            }
            _ if self.is_revoked(shown) => {
                self.pause(30, 400).await;
                self.gate(Gate::Setup(401))
            }
            Some(Weather::Spoilt(spoil)) => self.evaluated(call, sent, Some(spoil)).await,
            _ => self.evaluated(call, sent, None).await,
        }
    }

    fn is_revoked(&self, shown: &Credentials) -> bool {
        let revokes = self.world.script.renewal.is_some_and(|renewal| renewal.revokes);
        revokes && shown.token == "1" && self.world.state().certificates == 2
    }

    async fn pause(&self, low: u64, high: u64) {
        self.world.nap(low, high).await;
    }

    /// The request arrives whole. From then on the evaluation goes its way,
    /// whether the till still listens or not.
    async fn evaluated(&self, call: DocumentCall, sent: &Submission, spoil: Option<Spoil>) -> Carried {
        self.pause(10, 300).await;
        let (say, hear) = oneshot::channel();
        let (world, document) = (self.world.clone(), sent.clone());
        tokio::spawn(async move {
            world.nap(20, 400).await;
            let (now, on, older) = (world.clock.truth(), world.clearance_on(), world.draw(1, 4) == 1);
            let reply = world.state().book.evaluate(call, &document, now, on, older);
            world.tell(format!("  the authority: {} for {}", reply.status, document.uuid));
            let _ = say.send(reply);
        });
        let reply = hear.await.expect("evaluated");
        if self.world.strike(Point::Evaluated) {
            pending::<()>().await;
        }
        self.pause(5, 60).await;
        if self.world.is_cut() {
            // The line went while the answer was on its way.
            pending::<()>().await;
        }
        match spoil {
            None => self.whole(&reply),
            Some(spoil) => self.spoilt(reply, spoil).await,
        }
    }

    fn whole(&self, reply: &Reply) -> Carried {
        self.came(reply.status, &reply.body.to_string())
    }

    async fn spoilt(&self, mut reply: Reply, spoil: Spoil) -> Carried {
        match spoil {
            Spoil::Dropped => Carried::Lost("connection closed"),
            Spoil::Stalled => pending().await,
            Spoil::Page(status) => self.came(status, PAGE),
            Spoil::Cut(percent) => {
                let body = reply.body.to_string();
                let kept = body.len() * usize::try_from(percent).unwrap() / 100;
                let kept = (0..=kept).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
                let Carried::Came { status, headers, body, .. } = self.came(reply.status, &body[..kept])
                else {
                    return Carried::Lost("cut");
                };
                Carried::Came { status, headers, body, broken: true }
            }
            Spoil::Rubbish => self.came(200, "OK"),
            Spoil::PageOk => self.came(200, PAGE),
            Spoil::Empty => self.came(reply.status, ""),
            Spoil::NoStatus => self.came(200, r#"{"validationResults":{"status":"PASS"}}"#),
            Spoil::WithoutCleared => {
                reply.body["clearedInvoice"] = serde_json::Value::Null;
                self.whole(&reply)
            }
            Spoil::OthersCleared => {
                if reply.body["clearedInvoice"].is_string() {
                    use base64::Engine as _;
                    let other = base64::engine::general_purpose::STANDARD.encode(crate::VECTOR_DOCUMENT);
                    reply.body["clearedInvoice"] = serde_json::Value::from(other);
                }
                self.whole(&reply)
            }
            Spoil::Late(ms) => {
                sleep(Duration::from_millis(ms)).await;
                self.whole(&reply)
            }
        }
    }

    /// Somebody answers who has not looked at the document.
    fn gate(&self, gate: Gate) -> Carried {
        let (status, body) = match gate {
            Gate::Setup(401) => (401, r#"{"timestamp":1,"status":401,"error":"Unauthorized"}"#),
            Gate::Setup(status) | Gate::Storm(status) => (status, PAGE),
            Gate::TooLarge => (413, ""),
            Gate::Throttled(_) => (429, ""),
            Gate::ForgedOff => (303, ""),
            Gate::Malformed => (400, r#"{"errors":[{"code":"Invalid-Request","message":"no"}]}"#),
            Gate::NotEvaluated => (
                400,
                r#"{"validationResults":{"errorMessages":[{"type":"ERROR","code":"GENERAL","category":"X",
                   "message":"Unable to execute Business Rules validation"}],"status":"ERROR"},
                   "reportingStatus":"NOT_REPORTED","clearanceStatus":"NOT_CLEARED"}"#,
            ),
            Gate::Portal => (200, PAGE),
            Gate::Odd(status) => (status, ""),
        };
        let mut carried = self.came(status, body);
        if let (Gate::Throttled(wish), Carried::Came { headers, .. }) = (gate, &mut carried) {
            headers.retry_after = match wish {
                Wish::None => None,
                Wish::Seconds(seconds) => Some(seconds.to_string()),
                Wish::Date(ahead) => Some(http_date(self.world.clock.truth() + ahead)),
                Wish::Absurd => Some("99999999".to_owned()),
                Wish::Garbage => Some("soon".to_owned()),
            };
        }
        carried
    }

    fn came(&self, status: u16, body: &str) -> Carried {
        let dated = self.world.draw(1, 10) > 1;
        let date = dated.then(|| http_date(self.world.clock.truth()));
        let headers = Headers { date, ..Headers::default() };
        Carried::Came { status, headers, body: body.as_bytes().to_vec(), broken: false }
    }
}

fn http_date(unix: i64) -> String {
    let moment = jiff::Timestamp::from_second(unix).expect("in range");
    moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// As the client reads it: the table, and no belief in a body that ended early.
fn judged(call: DocumentCall, carried: Carried, duration_ms: u64) -> Answer {
    let nothing = |verdict, why: &str| Answer {
        verdict,
        http: None,
        headers: Headers::default(),
        body: Vec::new(),
        duration_ms,
        error: Some(why.to_owned()),
    };
    match carried {
        Carried::Offline => nothing(Verdict::Offline, "not connected"),
        Carried::Untrusted => nothing(Verdict::Setup(SetupFault::Certificate), "unknown issuer"),
        Carried::Lost(why) => nothing(Verdict::Lost, why),
        Carried::Came { status, headers, body, broken } => {
            let mut said = verdict(call, status, &headers, &body);
            if broken && matches!(said, Verdict::Unknown | Verdict::Protocol { .. }) {
                said = Verdict::Lost;
            }
            let error = broken.then(|| "the body ended early".to_owned());
            Answer { verdict: said, http: Some(status), headers, body, duration_ms, error }
        }
    }
}
