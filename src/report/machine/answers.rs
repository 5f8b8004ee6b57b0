//! What an answer means: for its document, and for all.

use std::fmt::Debug;

use super::super::access::Shown;
use super::super::backoff::{Moment, SLOW, TRANSIENT, spread};
use super::super::brake::PauseReason;
use super::super::settle::{self, Again, Decision, Facts, HoldReason};
use super::Machine;
use super::terms::{Deferred, Doc, Ended, Flight, Outcome};
use crate::fatoora::{DocumentCall, SetupFault, Verdict};
use crate::ledger::ReportState;

/// Different documents without a proper answer in a row before the service,
/// and not a document, is taken to be in trouble.
const TROUBLE_AFTER: usize = 5;
/// A proper answer this long ago, in milliseconds, says that the service works.
const JUST_NOW: u64 = 10_000;

impl<Id: Copy + Ord + Debug> Machine<Id> {
    /// An attempt ended. Gives what to write; the document is not touched
    /// again before [`Machine::settled`].
    pub fn answered(&mut self, now: Moment, id: Id, ended: &Ended<'_>) -> Option<Outcome> {
        let Ended { verdict, call, wall, shown, .. } = *ended;
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
        let reported_instead = doc.standard && call == DocumentCall::Reporting;
        if reported_instead && settle::turns_back(verdict) {
            doc.turned = doc.turned.saturating_add(1);
        }
        let facts = Facts {
            turned: if reported_instead { doc.turned } else { 0 },
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

    pub(super) fn defer(&mut self, now: Moment, wall: i64, mut doc: Doc, again: Again) -> Deferred {
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
