//! The driver: does what the machine says. One task asks the ledger, sends,
//! writes what came back, and listens for wake-ups; no decision is made here.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::access::{Access, Shown, Way};
use super::attempt::{Sent, attempt, nothing, write};
use super::backoff::{Jitter, Moment};
use super::machine::{Command, Ended, Machine, Outcome, Settings, Waiting};
use super::queue::{Queue, QueueError, Record};
use super::settle::HoldReason;
use super::status::{Odd, Pause, Status};
use super::told::{Tell, Told};
use super::wakes::Wakes;
use crate::fatoora::{Accepted, Answer, Authority, DocumentCall, SetupFault, Verdict};
use crate::ledger::{Clock, ReportState};

/// What the till has now to send a document with.
pub type CredentialsSource<Id> = Arc<dyn Fn(Id) -> Access + Send + Sync>;

/// Everything the flow takes from outside.
pub struct Parts<Q: Queue> {
    pub queue: Q,
    pub authority: Arc<dyn Authority>,
    pub credentials: CredentialsSource<Q::Id>,
    pub clock: Arc<dyn Clock>,
    pub wakes: Arc<Wakes>,
    /// True means stop.
    pub cancel: watch::Receiver<bool>,
    pub status: watch::Sender<Status>,
    /// Hears what is written.
    pub tell: Tell<Q::Id>,
    pub settings: Settings,
    pub jitter: Jitter,
}

/// The driver turns at least this often, so that a watcher sees it alive.
const BEAT: Duration = Duration::from_secs(10);
/// What was answered before the stop is still written, within this time.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Runs until cancelled or until the ledger is closed. The request in flight
/// at the end is abandoned: its document is queued again at the next start,
/// and the same bytes go out.
pub async fn run<Q: Queue + Clone>(mut parts: Parts<Q>) {
    let settings = parts.settings;
    let jitter = std::mem::replace(&mut parts.jitter, Box::new(|| 0));
    let mut driver = Driver {
        machine: Machine::new(settings, jitter),
        parts,
        start: Instant::now(),
        flights: BTreeMap::new(),
        attempts: JoinSet::new(),
        books: JoinSet::new(),
        status: Status::default(),
        closed: false,
    };
    driver.work().await;
    driver.stop().await;
}

struct Driver<Q: Queue> {
    parts: Parts<Q>,
    machine: Machine<Q::Id>,
    start: Instant,
    flights: BTreeMap<Q::Id, Flight>,
    attempts: JoinSet<(Q::Id, Sent)>,
    books: JoinSet<Book<Q::Id>>,
    status: Status,
    closed: bool,
}

/// An attempt on its way.
struct Flight {
    task: AbortHandle,
    /// Set once the ledger has handed the document out.
    call: Arc<OnceLock<DocumentCall>>,
    started_at: i64,
    begun: Instant,
    shown: Shown,
}

impl Flight {
    /// Before the ledger has answered nothing left, and the plainer call stands for it.
    fn call(&self) -> DocumentCall {
        self.call.get().copied().unwrap_or(DocumentCall::Reporting)
    }
}

/// What the ledger did.
enum Book<Id> {
    Offered(Result<Vec<Waiting<Id>>, QueueError>),
    Written(Id, Told<Id>, Result<(), QueueError>),
}

impl<Q: Queue + Clone> Driver<Q> {
    async fn work(&mut self) {
        let wakes = self.parts.wakes.clone();
        let mut cancel = self.parts.cancel.clone();
        while !self.closed && !*cancel.borrow() {
            let rest = self.obey();
            self.publish();
            let beat = Instant::now() + BEAT;
            let until = rest.map_or(beat, |rest| self.instant(rest).min(beat));
            tokio::select! {
                biased;
                // A sender that is gone means that nobody is left to want more.
                changed = cancel.changed() => if changed.is_err() { return },
                Some(book) = self.books.join_next(), if !self.books.is_empty() => self.booked(book),
                Some(sent) = self.attempts.join_next(), if !self.attempts.is_empty() => self.sent(sent),
                heard = wakes.heard() => {
                    let now = self.now();
                    for wake in heard {
                        self.machine.wake(now, wake);
                    }
                }
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Answers that are already here are written; the rest is abandoned.
    async fn stop(mut self) {
        while let Some(sent) = self.attempts.try_join_next() {
            self.sent(sent);
        }
        self.attempts.abort_all();
        let books = async {
            while let Some(book) = self.books.join_next().await {
                self.booked(book);
            }
        };
        if tokio::time::timeout(LAST_WORDS, books).await.is_err() {
            tracing::warn!(
                "the ledger did not take the last outcomes in time; their documents will be sent again"
            );
        }
    }

    fn now(&self) -> Moment {
        Moment(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn instant(&self, moment: Moment) -> Instant {
        // A wait beyond what the clock can count is as good as the next beat.
        self.start.checked_add(Duration::from_millis(moment.0)).unwrap_or_else(|| Instant::now() + BEAT)
    }

    /// Carries out commands until the machine rests.
    fn obey(&mut self) -> Option<Moment> {
        loop {
            match self.machine.next(self.now()) {
                Command::Rest(until) => return until,
                Command::Begin(id) => self.begin(id),
                Command::Abandon(id) => self.abandon(id),
                Command::Fetch(limit) => {
                    let queue = self.parts.queue.clone();
                    self.books.spawn(async move { Book::Offered(queue.queued(limit).await) });
                }
            }
        }
    }

    fn begin(&mut self, id: Q::Id) {
        let (credentials, shown) = match (self.parts.credentials)(id).way(self.machine.own_refused(id)) {
            Way::Send(credentials, shown) => (credentials, shown),
            Way::Wait => return self.machine.no_credentials(self.now(), id),
            Way::Hold => return self.hold(id, HoldReason::OtherEnvironment),
        };
        let started_at = self.parts.clock.now();
        self.status.last_attempt_at = Some(started_at);
        self.status.attempts += 1;
        let (queue, authority) = (self.parts.queue.clone(), self.parts.authority.clone());
        let call = Arc::new(OnceLock::new());
        let (handed, tell) = (call.clone(), Arc::clone(&self.parts.tell));
        let told = move |call| {
            // This attempt is the only one that sets it.
            let _ = handed.set(call);
            tell(Told::Sent { id, call });
        };
        let task = self.attempts.spawn(async move {
            let sent = attempt(&queue, authority.as_ref(), &credentials, (id, started_at), told).await;
            (id, sent)
        });
        self.flights.insert(id, Flight { task, call, started_at, begun: Instant::now(), shown });
    }

    /// Not sent at all.
    fn hold(&mut self, id: Q::Id, reason: HoldReason) {
        tracing::warn!(document = ?id, reason = reason.word(), "held: {}", reason.message().en);
        self.machine.held(id);
        let queue = self.parts.queue.clone();
        let told = Told::Ended {
            id,
            state: ReportState::Held,
            hold: Some(reason),
            verdict: None,
            surprise: false,
            at: self.parts.clock.now(),
        };
        self.books.spawn(async move { Book::Written(id, told, queue.hold(id, reason).await) });
    }

    fn abandon(&mut self, id: Q::Id) {
        let (now, wall) = (self.now(), self.parts.clock.now());
        let outcome = self.machine.abandoned(now, wall, id);
        let Some(flight) = self.flights.remove(&id) else { return };
        flight.task.abort();
        let answer = nothing(Verdict::Lost, "the network changed during the attempt", flight.begun);
        if let Some(outcome) = outcome {
            self.write(id, Record { started_at: flight.started_at, call: flight.call(), answer, outcome });
        }
    }

    fn sent(&mut self, joined: Result<(Q::Id, Sent), tokio::task::JoinError>) {
        let (id, sent) = match joined {
            Ok(done) => done,
            Err(error) if error.is_cancelled() => return,
            Err(error) => match self.panicked(&error) {
                Some(done) => done,
                None => return,
            },
        };
        // Abandoned while its answer arrived: the same bytes go again and draw a duplicate.
        let Some(flight) = self.flights.remove(&id) else { return };
        match sent {
            Sent::Answered { call, answer, size } => self.answered(id, &flight, call, answer, size),
            Sent::Gone => self.machine.gone(id),
            Sent::Failed(QueueError::Closed) => self.closed = true,
            Sent::Failed(error) => {
                tracing::error!(document = ?id, %error, "a document could not be taken from the ledger");
                self.machine.set_aside(self.now(), id);
            }
        }
    }

    /// A fault of the program in one attempt is that document's alone.
    fn panicked(&mut self, error: &tokio::task::JoinError) -> Option<(Q::Id, Sent)> {
        let (id, flight) = self.flights.iter().find(|(_, flight)| flight.task.id() == error.id())?;
        tracing::error!(document = ?id, "an attempt ended by a fault of the program; the queue goes on");
        let answer = nothing(Verdict::Unknown, "a fault of the program ended the attempt", flight.begun);
        Some((*id, Sent::Answered { call: flight.call(), answer, size: 0 }))
    }

    fn answered(&mut self, id: Q::Id, flight: &Flight, call: DocumentCall, answer: Answer, size: usize) {
        let Flight { started_at, .. } = *flight;
        let shown = self.shown(id, flight.shown, &answer.verdict);
        let wall = self.parts.clock.now();
        let authority_now = answer.headers.server_time();
        let ended = Ended { verdict: &answer.verdict, call, wall, authority_now, size, shown };
        let Some(outcome) = self.machine.answered(self.now(), id, &ended) else { return };
        self.note(id, wall, &answer, &outcome);
        self.write(id, Record { started_at, call, answer, outcome });
    }

    /// Credentials that were refused may be those of a former certificate by now.
    fn shown(&self, id: Q::Id, shown: Shown, verdict: &Verdict) -> Shown {
        let refused = *verdict == Verdict::Setup(SetupFault::Credentials);
        if refused && shown == Shown::Current && (self.parts.credentials)(id).is_replaced() {
            return Shown::Former;
        }
        shown
    }

    /// What the status and the log say of an answer.
    fn note(&mut self, id: Q::Id, wall: i64, answer: &Answer, outcome: &Outcome) {
        if outcome.state.is_final() {
            self.status.last_success_at = Some(wall);
        }
        let verdict = answer.verdict.word();
        match &answer.verdict {
            Verdict::Unknown => {
                let since = self.status.odd.as_ref().map_or(wall, |odd| odd.since);
                let detail = answer.error.clone().unwrap_or_default();
                self.status.odd = Some(Odd { since, http: answer.http, detail });
            }
            Verdict::Accepted(_) | Verdict::Rejected { .. } | Verdict::ClearanceOff { .. } => {
                self.status.odd = None;
            }
            _ => {}
        }
        match &answer.verdict {
            Verdict::Accepted(acceptance) => {
                self.status.accepted += 1;
                if acceptance.accepted == Accepted::Cleared {
                    self.status.clearance_off_at = None;
                }
                tracing::debug!(document = ?id, verdict, ms = answer.duration_ms, "accepted");
            }
            Verdict::ClearanceOff { .. } => {
                self.status.clearance_off_at = Some(wall);
                tracing::warn!(document = ?id, "the authority has clearance switched off: it is reported instead");
            }
            Verdict::Rejected { messages } => {
                let codes: Vec<&str> = messages.iter().map(|message| message.code.as_str()).collect();
                tracing::warn!(document = ?id, state = %outcome.state, ?codes, "rejected");
            }
            _ => {
                let error = answer.error.as_deref();
                tracing::info!(document = ?id, verdict, http = answer.http, error, state = %outcome.state, "not accepted yet");
            }
        }
        if outcome.surprise {
            tracing::warn!(
                document = ?id,
                "the authority knew this document before it was ever sent: a copy of this till may be at work"
            );
        }
    }

    fn write(&mut self, id: Q::Id, record: Record) {
        let queue = self.parts.queue.clone();
        let Outcome { state, hold, surprise, .. } = record.outcome;
        let verdict = Some(record.answer.verdict.word());
        let told = Told::Ended { id, state, hold, verdict, surprise, at: self.parts.clock.now() };
        self.books.spawn(async move { Book::Written(id, told, write(&queue, id, record).await) });
    }

    fn booked(&mut self, book: Result<Book<Q::Id>, tokio::task::JoinError>) {
        match book {
            Ok(Book::Offered(Ok(offered))) => self.machine.offered(offered),
            Ok(Book::Written(id, told, Ok(()))) => {
                self.machine.settled(id);
                (self.parts.tell)(told);
            }
            Ok(Book::Offered(Err(QueueError::Closed)) | Book::Written(_, _, Err(QueueError::Closed))) => {
                self.closed = true;
            }
            Ok(Book::Offered(Err(error))) => {
                tracing::error!(%error, "the queue could not be read; it is asked again later");
                self.machine.offered(Vec::new());
            }
            Ok(Book::Written(id, _, Err(error))) => {
                tracing::error!(document = ?id, %error, "the outcome of an attempt could not be written");
                self.machine.settled(id);
            }
            Err(error) => {
                tracing::error!(%error, "a request to the ledger ended by a fault of the program");
                self.machine.offered(Vec::new());
            }
        }
    }

    fn publish(&mut self) {
        let (now, wall) = (self.now(), self.parts.clock.now());
        let pause = self.machine.pause().map(|(reason, until)| {
            let before = self.status.pause.filter(|pause| pause.reason == reason);
            let ahead = i64::try_from(until.since(now).div_ceil(1_000)).unwrap_or(i64::MAX);
            Pause {
                reason,
                since: before.map_or(wall, |pause| pause.since),
                until: wall.saturating_add(ahead),
            }
        });
        if pause.map(|pause| pause.reason) != self.status.pause.map(|pause| pause.reason) {
            match pause {
                Some(pause) => {
                    tracing::warn!(
                        reason = pause.reason.word(),
                        "reporting pauses: {}",
                        pause.reason.message().en
                    );
                    (self.parts.tell)(Told::Paused(pause));
                }
                None => {
                    tracing::info!("reporting goes on");
                    (self.parts.tell)(Told::Resumed);
                }
            }
        }
        self.status.pause = pause;
        self.status.in_flight = self.machine.in_flight();
        self.status.deferred = self.machine.deferred();
        self.status.beat_at = wall;
        self.status.beats += 1;
        let flights = self.flights.values().map(|flight| flight.begun.elapsed().as_secs());
        self.status.longest_flight = flights.max().unwrap_or(0);
        self.parts.status.send_if_modified(|published| {
            let changed = *published != self.status;
            if changed {
                published.clone_from(&self.status);
            }
            changed
        });
    }
}
