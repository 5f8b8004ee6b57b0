//! The reporting queue as a pure state machine: what to send next, and what an
//! answer means for the rest. No I/O and no clock; time, answers and random
//! numbers come in, commands go out.
//!
//! Documents go in ICV order, but none waits for another: one that failed
//! steps aside with a backoff of its own. What is nobody's fault in particular
//! (no line, 429, credentials) is one brake for all, and while it holds one
//! document at a time asks for all of them.

mod answers;
mod ready;
mod terms;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::backoff::{Jitter, Moment};
use super::brake::{Brake, Hold, PauseReason};
use super::pace::Pace;
use super::settle::Again;
use crate::ledger::ReportState;
use ready::Ready;
pub use terms::{Command, Ended, Outcome, Settings, Waiting, Wake};
use terms::{Deferred, Doc, Flight};

/// Documents asked of the ledger at a time.
const BATCH: usize = 64;
/// Standard documents asked for while others are still to be sent.
const FEW: usize = 8;
/// An attempt that began before the network returned gets this long, in
/// milliseconds: most likely its connection died with the old network.
const GRACE: u64 = 2_000;
/// The ledger is asked again after so long, in milliseconds, even if nobody woke us.
const LOOK_AGAIN: u64 = 300_000;

/// The queue's mind. `Id` orders documents by ICV.
pub struct Machine<Id> {
    jitter: Jitter,
    brake: Brake<Id>,
    pace: Pace,
    ready: Ready<Id>,
    /// Waiting for a time of their own.
    deferred: BTreeMap<Id, Deferred>,
    in_flight: BTreeMap<Id, Flight>,
    /// Answered; the ledger has not written it yet. `None` if it is done with.
    settling: BTreeMap<Id, Option<Deferred>>,
    /// Documents without a proper answer since the last proper one.
    streak: BTreeSet<Id>,
    /// The last proper answer to any document.
    last_good: Option<Moment>,
    network_at: Option<Moment>,
    /// Whether the ledger may hold documents that are not known here.
    more: bool,
    /// Whether one of those is a standard one.
    urgent: bool,
    /// Whether it was asked for that one: nothing else begins before it.
    hurried: bool,
    fetching: Option<usize>,
    looked: Moment,
}

impl<Id: Copy + Ord + Debug> Machine<Id> {
    pub fn new(settings: Settings, jitter: Jitter) -> Machine<Id> {
        Machine {
            jitter,
            brake: Brake::new(settings.brake),
            pace: Pace::new(settings.in_flight),
            ready: Ready::new(),
            deferred: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            settling: BTreeMap::new(),
            streak: BTreeSet::new(),
            last_good: None,
            network_at: None,
            more: true,
            urgent: false,
            hurried: false,
            fetching: None,
            looked: Moment(0),
        }
    }

    /// Something happened outside.
    pub fn wake(&mut self, now: Moment, wake: Wake) {
        self.more = true;
        match wake {
            Wake::Sale => {}
            Wake::Network => {
                self.network_at = Some(now);
                self.brake.network_returned(now);
                self.release(|deferred| deferred.again == Again::Transient);
            }
            Wake::SyncNow => {
                self.brake.sync_now(now);
                self.release(|_| true);
            }
            Wake::Urgent => {
                self.urgent = true;
                self.brake.urgent(now);
            }
            Wake::Credentials => {
                self.brake.credentials_changed(now);
                self.release(|deferred| deferred.again == Again::Setup);
            }
        }
    }

    /// The next thing to do. Call again after each command until it rests.
    pub fn next(&mut self, now: Moment) -> Command<Id> {
        if let Some(id) = self.overdue(now) {
            return Command::Abandon(id);
        }
        self.promote(now);
        if now.since(self.looked) >= LOOK_AGAIN {
            self.more = true;
        }
        let held = self.brake.hold().copied();
        if self.wants_more(now, held.as_ref()) {
            return self.fetch(now);
        }
        if self.hurried {
            return Command::Rest(self.earliest(None));
        }
        if let Some(until) = self.blocked(now, held.as_ref()) {
            return Command::Rest(self.earliest(until));
        }
        match self.choose(held.as_ref()) {
            Some(id) => self.begin(now, id),
            None => Command::Rest(self.earliest(self.next_due())),
        }
    }

    /// The ledger's answer to [`Command::Fetch`].
    pub fn offered(&mut self, offered: Vec<Waiting<Id>>) {
        let asked = self.fetching.take().unwrap_or(0);
        self.hurried = false;
        // A wake-up in the meantime stands: its document may not be among these.
        self.more |= offered.len() >= asked;
        for waiting in offered {
            if !self.knows(waiting.id) {
                self.ready.insert(waiting.id, Doc::new(&waiting));
            }
        }
    }

    /// The document begun is not queued any more; no byte left.
    pub fn gone(&mut self, id: Id) {
        self.in_flight.remove(&id);
        self.brake.probe_ended(id);
    }

    /// The attempt was given up because its connection is older than the
    /// network. The bytes may have arrived; they go again at once.
    pub fn abandoned(&mut self, now: Moment, wall: i64, id: Id) -> Option<Outcome> {
        let Flight { mut doc, .. } = self.in_flight.remove(&id)?;
        doc.attempts = doc.attempts.saturating_add(1);
        self.brake.probe_ended(id);
        self.settling.insert(id, Some(Deferred { doc, due: now, again: Again::Blameless }));
        Some(Outcome { state: ReportState::Queued, due_at: wall, hold: None, surprise: false })
    }

    /// The document cannot be read from the ledger: no byte left. Others go
    /// first; it is looked at again later.
    pub fn set_aside(&mut self, now: Moment, id: Id) {
        let Some(Flight { doc, .. }) = self.in_flight.remove(&id) else { return };
        self.brake.probe_ended(id);
        let deferred = self.defer(now, 0, doc, Again::Slow);
        self.deferred.insert(id, deferred);
    }

    /// The till has no credentials for the document: no byte left, and the
    /// queue waits as after a 401.
    pub fn no_credentials(&mut self, now: Moment, id: Id) {
        let Some(Flight { doc, .. }) = self.in_flight.remove(&id) else { return };
        let from_probe = self.brake.is_probe(id);
        let random = (self.jitter)();
        self.brake.setup(now, PauseReason::NoCredentials, from_probe, random);
        self.brake.probe_ended(id);
        self.ready.insert(id, doc);
    }

    /// The document may not be sent at all: no byte left. It is not touched
    /// again before [`Machine::settled`].
    pub fn held(&mut self, id: Id) {
        if self.in_flight.remove(&id).is_some() {
            self.brake.probe_ended(id);
            self.settling.insert(id, None);
        }
    }

    /// Whether the authority refused the document's own credentials, those of
    /// a former certificate.
    pub fn own_refused(&self, id: Id) -> bool {
        self.in_flight.get(&id).is_some_and(|flight| flight.doc.own_refused)
    }

    /// The ledger has written the outcome of this document.
    pub fn settled(&mut self, id: Id) {
        match self.settling.remove(&id) {
            Some(Some(Deferred { doc, again: Again::Blameless, .. })) => {
                self.ready.insert(id, doc);
            }
            Some(Some(deferred)) => {
                self.deferred.insert(id, deferred);
            }
            Some(None) | None => {}
        }
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub fn deferred(&self) -> usize {
        self.deferred.len()
    }

    /// Why the whole queue waits, and until when.
    pub fn pause(&self) -> Option<(PauseReason, Moment)> {
        self.brake.hold().map(|hold| (hold.reason, hold.until))
    }

    fn knows(&self, id: Id) -> bool {
        self.ready.contains(id)
            || self.deferred.contains_key(&id)
            || self.in_flight.contains_key(&id)
            || self.settling.contains_key(&id)
    }

    /// Whether the ledger is to be asked: when nothing is left to send, when a
    /// standard document has come, which may stand behind thousands, and before
    /// a probe that would be a document that failed before.
    fn wants_more(&self, now: Moment, held: Option<&Hold<Id>>) -> bool {
        let short = match held {
            None => self.ready.is_empty(),
            Some(hold) => {
                let probing = hold.probe.is_none() && now >= hold.until;
                self.ready.is_empty() || (probing && self.ready.all_failed())
            }
        };
        self.more && self.fetching.is_none() && (short || self.urgent)
    }

    /// Asks for more rows than are known here, so that known ones at the head
    /// of the queue never hide the others. Standard ones are offered first.
    fn fetch(&mut self, now: Moment) -> Command<Id> {
        let limit = match self.urgent && !self.ready.is_empty() {
            true => FEW + self.standard(),
            false => {
                BATCH + self.ready.len() + self.deferred.len() + self.in_flight.len() + self.settling.len()
            }
        };
        self.fetching = Some(limit);
        self.more = false;
        self.hurried = std::mem::take(&mut self.urgent);
        self.looked = now;
        Command::Fetch(limit)
    }

    /// Standard documents that are known here.
    fn standard(&self) -> usize {
        let deferred = self.deferred.values().filter(|deferred| deferred.doc.standard).count();
        let flying = self.in_flight.values().filter(|flight| flight.doc.standard).count();
        let settling = self.settling.values().flatten().filter(|deferred| deferred.doc.standard).count();
        self.ready.standard() + deferred + flying + settling
    }

    /// `Some` if nothing may be sent now, with the time until which that is known.
    fn blocked(&self, now: Moment, held: Option<&Hold<Id>>) -> Option<Option<Moment>> {
        if self.in_flight.len() >= self.pace.in_flight() {
            return Some(None);
        }
        if let Some(hold) = held {
            if hold.probe.is_some() {
                return Some(None);
            }
            if now < hold.until {
                return Some(Some(hold.until));
            }
        }
        let slot = self.pace.next();
        (now < slot).then_some(Some(slot))
    }

    fn choose(&self, held: Option<&Hold<Id>>) -> Option<Id> {
        held.map_or_else(|| self.ready.first(), |hold| self.ready.probe(hold.level))
    }

    fn begin(&mut self, now: Moment, id: Id) -> Command<Id> {
        if let Some(doc) = self.ready.remove(id) {
            self.in_flight.insert(id, Flight { doc, begun: now });
        }
        self.brake.begun(now, id);
        self.pace.begun(now);
        Command::Begin(id)
    }

    fn promote(&mut self, now: Moment) {
        self.release(|deferred| deferred.due <= now);
    }

    fn release(&mut self, which: impl Fn(&Deferred) -> bool) {
        let ready = &mut self.ready;
        self.deferred.retain(|id, deferred| {
            let goes = which(deferred);
            if goes {
                ready.insert(*id, deferred.doc);
            }
            !goes
        });
    }

    fn next_due(&self) -> Option<Moment> {
        self.deferred.values().map(|deferred| deferred.due).min()
    }

    /// The earlier of `until`, the next overdue attempt, and the next look.
    fn earliest(&self, until: Option<Moment>) -> Option<Moment> {
        let overdue = self.network_at.and_then(|network| {
            let stale = self.in_flight.values().any(|flight| flight.begun < network);
            stale.then(|| network.plus(GRACE))
        });
        let look = (!self.more).then(|| self.looked.plus(LOOK_AGAIN));
        [until, overdue, look].into_iter().flatten().min()
    }

    fn overdue(&self, now: Moment) -> Option<Id> {
        let network = self.network_at?;
        if now < network.plus(GRACE) {
            return None;
        }
        self.in_flight.iter().find(|(_, flight)| flight.begun < network).map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests;
