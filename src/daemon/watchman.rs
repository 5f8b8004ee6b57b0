//! The watchman: a thread of its own that looks at the till every few seconds
//! and tells people what is wrong. It runs beside the runtime, waits for nobody
//! for long, and writes nothing to a disk, so that it still speaks when the
//! driver, the ledger or the runtime hangs. What it sees is judged in `mind`.

mod herald;
mod mind;
mod told;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;

use super::events::{EventKind, Events};
use super::lookout::{Counted, Lookout, count};
use crate::ledger::{Ledger, StorageError};
use crate::report::alarms::{Change, Level, Steps, Unsent};
use crate::report::attention::Entry;

pub use herald::{AGAIN, Herald, HookCommand};
pub use mind::{Look, Mind};
pub use told::Told;

/// Between two looks.
pub const PERIOD: Duration = Duration::from_secs(10);
/// How long a look waits for the ledger; the question stays and is answered later.
pub const ASK_FOR: Duration = Duration::from_secs(3);
/// The runtime's heart beats so often.
const HEART_BEAT: Duration = Duration::from_secs(5);

/// Beats while the runtime turns.
#[derive(Debug, Default)]
pub struct Heart(AtomicU64);

impl Heart {
    /// Beats for ever; to be spawned on the runtime.
    pub async fn beat(self: Arc<Heart>) {
        loop {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(HEART_BEAT).await;
        }
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the watchman works with.
pub struct Watchman {
    pub period: Duration,
    pub ask_for: Duration,
    pub steps: Steps,
    pub ledger: Ledger,
    pub lookout: Arc<Lookout>,
    pub heart: Arc<Heart>,
    pub events: Arc<Events>,
    pub herald: Herald,
}

/// Ends the watchman when it is dropped or told to.
pub struct Watching {
    bell: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Watching {
    /// Ends the thread; waits for the look under way and for an alarm command,
    /// both only shortly.
    pub fn stop(mut self) {
        self.ring();
        if let Some(thread) = self.thread.take() {
            // A panic there has been logged.
            let _ = thread.join();
        }
    }

    fn ring(&self) {
        *self.bell.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.1.notify_all();
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.ring();
    }
}

impl Watchman {
    /// Starts the thread; the first look is at once.
    pub fn start(self, told: Told) -> std::io::Result<Watching> {
        let bell = Arc::new((Mutex::new(false), Condvar::new()));
        let heard = Arc::clone(&bell);
        let thread = std::thread::Builder::new()
            .name("watchman".to_owned())
            .spawn(move || Round::new(self, told).walk(&heard))?;
        Ok(Watching { bell, thread: Some(thread) })
    }
}

/// The watchman on his round.
struct Round {
    parts: Watchman,
    mind: Mind,
    question: Option<mpsc::Receiver<Result<Counted, StorageError>>>,
    answers: u64,
    counted: Option<Counted>,
    entries: Option<Vec<Entry>>,
    /// Of the certificate that stamps, as of the last look.
    certificate: Option<Option<[u8; 32]>>,
    heard: u64,
    looked: Instant,
}

impl Round {
    fn new(parts: Watchman, told: Told) -> Round {
        let mind = Mind::new(parts.period, parts.steps.clone(), told.alarms());
        Round {
            parts,
            mind,
            question: None,
            answers: 0,
            counted: None,
            entries: None,
            certificate: None,
            heard: 0,
            looked: Instant::now(),
        }
    }

    fn walk(mut self, bell: &(Mutex<bool>, Condvar)) {
        loop {
            self.look();
            let stop = bell.0.lock().unwrap_or_else(PoisonError::into_inner);
            let wait = bell.1.wait_timeout_while(stop, self.parts.period, |stop| !*stop);
            if *wait.unwrap_or_else(PoisonError::into_inner).0 {
                break;
            }
        }
        self.parts.herald.stop();
    }

    fn look(&mut self) {
        self.ask();
        let passed = self.looked.elapsed();
        self.looked = Instant::now();
        self.notice_copies();
        let lookout = Arc::clone(&self.parts.lookout);
        let look = Look {
            now: lookout.clock.now(),
            passed,
            report: lookout.report.borrow().clone(),
            heart: self.parts.heart.count(),
            answers: self.answers,
            unsent: self
                .counted
                .as_ref()
                .map(|counted| Unsent { oldest: counted.unreported.oldest, count: counted.unreported.count }),
            waiting: self
                .counted
                .as_ref()
                .map_or(0, |counted| counted.queue.queued + counted.queue.in_flight),
        };
        let changes = self.mind.step(&look);
        lookout.board.looked(self.mind.raised(), self.mind.forecast(), self.counted.as_ref());
        lookout.board.set_hook_fault(self.parts.herald.fault());
        for change in changes {
            self.tell(change, look.now);
        }
        self.attend(look.now);
        self.identify(look.now);
    }

    /// Whether the till stamps with another certificate than at the last look.
    fn identify(&mut self, now: i64) {
        let certificate = self.parts.lookout.register.certificate();
        let fingerprint = certificate.as_ref().map(|certificate| certificate.fingerprint());
        let before = self.certificate.replace(fingerprint);
        if before.is_some_and(|before| before != fingerprint) {
            let data = certificate.map(|certificate| {
                json!({"serial_number": certificate.serial(), "valid_until": certificate.not_after()})
            });
            self.parts.events.publish(EventKind::IdentityChanged, now, None, data.unwrap_or_default());
        }
    }

    /// Asks the ledger, or waits for the answer to an earlier question.
    fn ask(&mut self) {
        if self.question.is_none() {
            let (reply, answer) = mpsc::channel();
            // Nobody waits for it any more only when the till stops.
            let work = move |store: &mut crate::ledger::Store| drop(reply.send(count(store)));
            if self.parts.ledger.try_run(work) {
                self.question = Some(answer);
            }
        }
        let Some(answer) = &self.question else { return };
        match answer.recv_timeout(self.parts.ask_for) {
            Err(RecvTimeoutError::Timeout) => return,
            // The question was dropped: a fault of the program, logged where it happened.
            Err(RecvTimeoutError::Disconnected) => {}
            Ok(Ok(counted)) => {
                self.answers += 1;
                self.counted = Some(counted);
            }
            Ok(Err(error)) => {
                self.answers += 1;
                tracing::error!(%error, "the ledger could not be looked through");
            }
        }
        self.question = None;
    }

    /// The driver tells of each document that the authority knew before.
    fn notice_copies(&mut self) {
        let (events, _) = self.parts.events.after(self.heard);
        for event in events {
            self.heard = event.id;
            if event.data["surprise"] == true
                && let Some(document) = event.document
            {
                self.parts.lookout.board.note_copy(document.number, event.at);
            }
        }
    }

    /// Through all sinks: log, events, the command. Status and metrics read the board.
    fn tell(&self, change: Change, now: i64) {
        let alarm = change.alarm();
        let (id, level, words) = (alarm.id, alarm.level.word(), &alarm.words.en);
        let data = json!({
            "alarm": id.word(), "level": level, "since": alarm.since, "en": words, "ar": alarm.words.ar,
        });
        let kind = match &change {
            Change::Raised(alarm) => {
                match alarm.level {
                    Level::Warning => tracing::warn!(alarm = %id, level, "{words}"),
                    Level::Critical | Level::Breach => tracing::error!(alarm = %id, level, "{words}"),
                }
                EventKind::AlarmRaised
            }
            Change::Ended(_) => {
                tracing::warn!(alarm = %id, "{words}");
                EventKind::AlarmEnded
            }
        };
        self.parts.events.publish(kind, now, None, data);
        let unreported = self.counted.as_ref().map(|counted| counted.unreported).unwrap_or_default();
        self.parts.herald.tell(change, unreported, now);
    }

    /// Entries that came and went since the last look.
    fn attend(&mut self, now: i64) {
        let Some(counted) = &self.counted else { return };
        let entries = self.parts.lookout.attention(counted);
        let before = self.entries.take().unwrap_or_default();
        let is_in = |list: &[Entry], id: &str| list.iter().any(|entry| entry.id == id);
        for entry in entries.iter().filter(|entry| !is_in(&before, &entry.id)) {
            let data = json!({
                "id": entry.id, "kind": entry.kind.word(), "urgency": entry.urgency.word(),
                "what": entry.what, "todo": entry.todo, "command": entry.command, "call": entry.call,
            });
            self.parts.events.publish(EventKind::AttentionAdded, now, None, data);
        }
        for entry in before.iter().filter(|entry| !is_in(&entries, &entry.id)) {
            let data = json!({"id": entry.id, "kind": entry.kind.word()});
            self.parts.events.publish(EventKind::AttentionGone, now, None, data);
        }
        self.entries = Some(entries);
    }
}

#[cfg(test)]
mod tests;
