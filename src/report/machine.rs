//! The reporting queue as a pure state machine: what to send next, and what an
//! answer means for the rest. No I/O and no clock; time, answers and random
//! numbers come in, commands go out.
//!
//! Documents go in ICV order, but none waits for another: one that failed
//! steps aside with a backoff of its own. What is nobody's fault in particular
//! (no line, 429, credentials) is one brake for all, and while it holds one
//! document at a time asks for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::access::Shown;
use super::backoff::{Jitter, Moment, SLOW, TRANSIENT, spread};
use super::brake::{Brake, BrakeSettings, Hold, PauseReason};
use super::pace::Pace;
use super::settle::{self, Again, Decision, Facts, HoldReason};
use crate::fatoora::{SetupFault, Verdict};
use crate::ledger::ReportState;

/// What can be chosen about the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Documents in flight at once, 1 to 4.
    pub in_flight: usize,
    pub brake: BrakeSettings,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { in_flight: 2, brake: BrakeSettings::default() }
    }
}

/// Why the machine should look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A document was stored, or an operator released one.
    Sale,
    /// A link, address or route came up.
    Network,
    /// A person asked.
    SyncNow,
    /// The till got other credentials.
    Credentials,
}

/// A queued document as the ledger offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting<Id> {
    pub id: Id,
    /// Attempts begun before, in all runs of the program.
    pub attempts: u32,
    /// Unix seconds UTC.
    pub issued: i64,
}

/// What the driver is to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<Id> {
    /// Send this document.
    Begin(Id),
    /// Give up the attempt in flight, then call [`Machine::abandoned`].
    Abandon(Id),
    /// Ask the ledger for up to so many queued documents in ICV order,
    /// whatever their due time.
    Fetch(usize),
    /// Nothing until something happens, or until this moment.
    Rest(Option<Moment>),
}

/// An attempt that ended with an answer, or without one that will still come.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    pub verdict: &'a Verdict,
    /// Our wall clock, unix seconds UTC.
    pub wall: i64,
    /// The authority's clock where the answer had one, unix seconds UTC.
    pub authority_now: Option<i64>,
    /// Bytes of the document.
    pub size: usize,
    /// The credentials that it was sent with.
    pub shown: Shown,
}

/// What is to be written about an attempt that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub state: ReportState,
    /// For [`ReportState::Queued`]: when the next try is planned, unix seconds UTC.
    pub due_at: i64,
    /// For [`ReportState::Held`].
    pub hold: Option<HoldReason>,
    /// The authority said "already reported" to bytes that never left before:
    /// a copy of this till may be at work.
    pub surprise: bool,
}

/// What the machine remembers of a document between its attempts.
#[derive(Clone, Copy, Debug)]
struct Doc {
    attempts: u32,
    issued: i64,
    /// Failures in a row, by kind of wait.
    transient: u32,
    slow: u32,
    setup: u32,
    /// Refusals that nobody could understand, those of them that came while
    /// others were fine, and when the first came.
    refusals: u32,
    strikes: u32,
    refused_at: Option<Moment>,
    /// The authority does not take the credentials of the former certificate
    /// that signed it.
    own_refused: bool,
}

impl Doc {
    fn failures(&self) -> u32 {
        self.transient + self.slow + self.setup
    }
}

#[derive(Clone, Copy, Debug)]
struct Deferred {
    doc: Doc,
    due: Moment,
    again: Again,
}

#[derive(Clone, Copy, Debug)]
struct Flight {
    doc: Doc,
    begun: Moment,
}

/// Documents asked of the ledger at a time.
const BATCH: usize = 64;
/// Different documents without a proper answer in a row before the service,
/// and not a document, is taken to be in trouble.
const TROUBLE_AFTER: usize = 5;
/// An attempt that began before the network returned gets this long, in
/// milliseconds: most likely its connection died with the old network.
const GRACE: u64 = 2_000;
/// A proper answer this long ago, in milliseconds, says that the service works.
const JUST_NOW: u64 = 10_000;
/// The ledger is asked again after so long, in milliseconds, even if nobody woke us.
const LOOK_AGAIN: u64 = 300_000;

/// The queue's mind. `Id` orders documents by ICV.
pub struct Machine<Id> {
    jitter: Jitter,
    brake: Brake<Id>,
    pace: Pace,
    /// To be sent, lowest ICV first.
    ready: BTreeMap<Id, Doc>,
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
    fetching: Option<usize>,
    looked: Moment,
}

impl<Id: Copy + Ord + Debug> Machine<Id> {
    pub fn new(settings: Settings, jitter: Jitter) -> Machine<Id> {
        Machine {
            jitter,
            brake: Brake::new(settings.brake),
            pace: Pace::new(settings.in_flight),
            ready: BTreeMap::new(),
            deferred: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            settling: BTreeMap::new(),
            streak: BTreeSet::new(),
            last_good: None,
            network_at: None,
            more: true,
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
        if let Some(until) = self.blocked(now, held.as_ref()) {
            return Command::Rest(self.earliest(until));
        }
        match self.choose(held.is_some()) {
            Some(id) => self.begin(now, id),
            None => Command::Rest(self.earliest(self.next_due())),
        }
    }

    /// The ledger's answer to [`Command::Fetch`].
    pub fn offered(&mut self, offered: Vec<Waiting<Id>>) {
        let asked = self.fetching.take().unwrap_or(0);
        // A wake-up in the meantime stands: its document may not be among these.
        self.more |= offered.len() >= asked;
        for waiting in offered {
            if !self.knows(waiting.id) {
                let doc = Doc {
                    attempts: waiting.attempts,
                    issued: waiting.issued,
                    transient: 0,
                    slow: 0,
                    setup: 0,
                    refusals: 0,
                    strikes: 0,
                    refused_at: None,
                    own_refused: false,
                };
                self.ready.insert(waiting.id, doc);
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

    /// An attempt ended. Gives what to write; the document is not touched
    /// again before [`Machine::settled`].
    pub fn answered(&mut self, now: Moment, id: Id, ended: &Ended<'_>) -> Option<Outcome> {
        let Ended { verdict, wall, shown, .. } = *ended;
        let Flight { mut doc, begun } = self.in_flight.remove(&id)?;
        doc.attempts = doc.attempts.saturating_add(1);
        let unauthorized = *verdict == Verdict::Setup(SetupFault::Credentials);
        doc.own_refused = match shown {
            Shown::Current => false,
            Shown::Former => unauthorized,
            // Should both be refused, both are asked again after the pause.
            Shown::InPlace => !unauthorized,
        };
        if shown == Shown::Former && unauthorized {
            // Says nothing of the credentials in use: they are tried at once.
            self.brake.probe_ended(id);
            self.settling.insert(id, Some(Deferred { doc, due: now, again: Again::Blameless }));
            return Some(Outcome { state: ReportState::Queued, due_at: wall, hold: None, surprise: false });
        }
        if settle::is_refusal(verdict) {
            doc.refusals = doc.refusals.saturating_add(1);
            doc.refused_at.get_or_insert(now);
            let others_are_fine = self.last_good.is_some_and(|good| now.since(good) < JUST_NOW);
            doc.strikes += u32::from(others_are_fine);
        }
        let facts = Facts {
            refusals: doc.refusals,
            strikes: doc.strikes,
            others_fine: doc.refused_at.zip(self.last_good).is_some_and(|(refused, good)| good > refused),
            issued: doc.issued,
            now: wall,
            size: ended.size,
        };
        let decision = match shown {
            Shown::Former | Shown::InPlace if settle::blames_former_certificate(verdict) => {
                Decision::Hold(HoldReason::FormerCertificate)
            }
            _ => settle::settle(verdict, facts),
        };
        self.regulate(now, begun, id, ended);
        Some(self.conclude(now, wall, id, doc, verdict, decision))
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
        self.ready.contains_key(&id)
            || self.deferred.contains_key(&id)
            || self.in_flight.contains_key(&id)
            || self.settling.contains_key(&id)
    }

    /// Whether the ledger is to be asked: when nothing is left to send, and
    /// before a probe that would be a document that failed before.
    fn wants_more(&self, now: Moment, held: Option<&Hold<Id>>) -> bool {
        let short = match held {
            None => self.ready.is_empty(),
            Some(hold) => {
                let probing = hold.probe.is_none() && now >= hold.until;
                self.ready.is_empty() || (probing && self.ready.values().all(|doc| doc.failures() > 0))
            }
        };
        self.more && self.fetching.is_none() && short
    }

    /// Asks for more rows than are known here, so that known ones at the head
    /// of the queue never hide the others.
    fn fetch(&mut self, now: Moment) -> Command<Id> {
        let known = self.ready.len() + self.deferred.len() + self.in_flight.len() + self.settling.len();
        let limit = BATCH + known;
        self.fetching = Some(limit);
        self.more = false;
        self.looked = now;
        Command::Fetch(limit)
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

    /// The lowest ICV; for a probe the document that failed least.
    fn choose(&self, held: bool) -> Option<Id> {
        if held {
            return self.ready.iter().min_by_key(|(id, doc)| (doc.failures(), **id)).map(|(id, _)| *id);
        }
        self.ready.keys().next().copied()
    }

    fn begin(&mut self, now: Moment, id: Id) -> Command<Id> {
        if let Some(doc) = self.ready.remove(&id) {
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

    /// What an answer to one document means for all.
    fn regulate(&mut self, now: Moment, begun: Moment, id: Id, ended: &Ended<'_>) {
        let verdict = ended.verdict;
        let from_probe = self.brake.is_probe(id);
        let random = (self.jitter)();
        match verdict {
            Verdict::Offline => self.brake.offline(now, from_probe, random),
            Verdict::Setup(fault) => self.brake.setup(now, PauseReason::Setup(*fault), from_probe, random),
            Verdict::Throttled { retry_after } => {
                let wished = retry_after.map(|retry_after| {
                    retry_after.wait(ended.authority_now.unwrap_or(ended.wall)).saturating_mul(1_000)
                });
                self.brake.throttled(now, wished, from_probe, random);
                self.pace.throttled(now, begun);
            }
            // What a former certificate may not do says nothing of the one in use.
            _ if verdict.blames_certificate() && ended.shown == Shown::Current => {
                self.brake.setup(now, PauseReason::CertificatePermissions, from_probe, random);
            }
            Verdict::Unavailable | Verdict::Lost | Verdict::Unknown => {
                self.trouble(now, id, from_probe, random)
            }
            _ if settle::is_refusal(verdict) => self.trouble(now, id, from_probe, random),
            Verdict::Accepted(_)
            | Verdict::Rejected { .. }
            | Verdict::ClearanceOff { .. }
            | Verdict::Protocol { .. }
            | Verdict::TooLarge => self.fine(now, from_probe),
        }
    }

    /// A proper answer: the service works. Documents that only met its
    /// trouble go at once.
    fn fine(&mut self, now: Moment, from_probe: bool) {
        self.streak.clear();
        self.last_good = Some(now);
        self.pace.good(now);
        if from_probe {
            self.brake.open();
            self.release(|deferred| {
                deferred.again == Again::Transient
                    || (deferred.again == Again::Setup && deferred.doc.setup < 2)
            });
        }
    }

    fn trouble(&mut self, now: Moment, id: Id, from_probe: bool, random: u32) {
        self.streak.insert(id);
        if from_probe || self.streak.len() >= TROUBLE_AFTER {
            self.brake.trouble(now, from_probe, random);
        }
        // The number of failing documents beyond the limit says nothing more.
        while self.streak.len() > TROUBLE_AFTER {
            self.streak.pop_first();
        }
    }

    fn conclude(
        &mut self,
        now: Moment,
        wall: i64,
        id: Id,
        doc: Doc,
        verdict: &Verdict,
        decision: Decision,
    ) -> Outcome {
        let surprise =
            matches!(verdict, Verdict::Accepted(acceptance) if acceptance.repeated) && doc.attempts == 1;
        let mut outcome = Outcome { state: ReportState::Queued, due_at: wall, hold: None, surprise };
        let next = match decision {
            Decision::Final(state) => {
                outcome.state = state;
                None
            }
            Decision::Hold(reason) => {
                outcome.state = ReportState::Held;
                outcome.hold = Some(reason);
                None
            }
            Decision::Again(again) => {
                let deferred = self.defer(now, wall, doc, again);
                outcome.due_at = wall.saturating_add_unsigned(deferred.due.since(now).div_ceil(1_000));
                Some(deferred)
            }
        };
        self.settling.insert(id, next);
        outcome
    }

    fn defer(&mut self, now: Moment, wall: i64, mut doc: Doc, again: Again) -> Deferred {
        let random = (self.jitter)();
        let wait = match again {
            Again::Blameless => 0,
            Again::Transient => {
                doc.transient += 1;
                spread(TRANSIENT.wait(doc.transient), random)
            }
            Again::Slow => {
                doc.slow += 1;
                spread(SLOW.wait(doc.slow), random)
            }
            Again::Setup => {
                doc.setup += 1;
                // Until the brake's own time has come; longer if it was this document before.
                let until = self.brake.hold().map_or(now, |hold| hold.until).since(now);
                until.saturating_mul(u64::from(doc.setup.min(4)))
            }
            Again::NotBefore(moment) => {
                u64::try_from(moment.saturating_sub(wall)).unwrap_or(0).saturating_mul(1_000)
            }
        };
        Deferred { doc, due: now.plus(wait), again }
    }
}

#[cfg(test)]
mod tests;
