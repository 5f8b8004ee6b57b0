//! What a person must do: one list, made anew each time from what is so now.
//! An entry appears with its cause and is gone with it; nothing is ticked off.
//! Pure: facts come in, entries go out.

mod words;

use super::alarms::{self, AlarmId, Raised};
use super::brake::PauseReason;
use super::settle::HoldReason;
use super::status::{Odd, Pause};
use crate::text::Bilingual;

/// Documents of one kind that get an entry each; further ones share one.
pub const MOST_EACH: usize = 20;
/// A line that is down, or a platform in trouble, for so many seconds is a
/// matter for a person, and so is a platform that asks for silence that long.
const PATIENCE: i64 = 3_600;
/// A standard document waits so many seconds for its clearance before somebody
/// is told: its buyer has nothing in hand.
pub const PARKED_AFTER: i64 = 5 * 60;
/// An answer that nobody understands for so many seconds is no hiccup.
const ODD_AFTER: i64 = 60;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The till cannot sell.
    Selling,
    /// The clock is not to be trusted.
    Clock,
    /// The certificate ends, has ended or is not taken.
    Certificate,
    /// Nothing is sent, and it does not pass by itself.
    Paused,
    /// The platform's address answers what nobody understands.
    Answer,
    /// Documents wait too long.
    Age,
    /// A part of the till hangs.
    Stuck,
    Rejected,
    Held,
    /// A standard document without its clearance.
    Parked,
    /// The authority knew a document that was never sent: a copy of the till?
    Copy,
    /// The printer does not print.
    Printer,
    /// Nobody knows whether a receipt came out.
    Receipt,
    /// The high-water mark is not kept somewhere.
    Witness,
    /// The command that tells people of alarms does not work.
    Hook,
}

impl Kind {
    /// The word in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Selling => "selling",
            Kind::Clock => "clock",
            Kind::Certificate => "certificate",
            Kind::Paused => "paused",
            Kind::Answer => "answer",
            Kind::Age => "age",
            Kind::Stuck => "stuck",
            Kind::Rejected => "rejected",
            Kind::Held => "held",
            Kind::Parked => "parked",
            Kind::Copy => "copy",
            Kind::Printer => "printer",
            Kind::Receipt => "receipt",
            Kind::Witness => "witness",
            Kind::Hook => "hook",
        }
    }
}

/// How soon somebody must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Good to know; nothing gets worse.
    Notice,
    Warning,
    Critical,
}

impl Urgency {
    /// The word in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Urgency::Notice => "notice",
            Urgency::Warning => "warning",
            Urgency::Critical => "critical",
        }
    }
}

/// One thing that somebody has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The same as long as its cause is the same.
    pub id: String,
    pub kind: Kind,
    pub urgency: Urgency,
    /// When its cause began, seconds since 1970, UTC; none if nobody knows.
    pub since: Option<i64>,
    /// What happened.
    pub what: Bilingual,
    /// What to do.
    pub todo: Bilingual,
    /// The command that does it, or that says more.
    pub command: Option<String>,
    /// The request that does it, for a POS application.
    pub call: Option<String>,
}

/// A document as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    pub number: String,
    pub uuid: String,
    /// When it came into this state, seconds since 1970, UTC.
    pub since: i64,
}

/// The first few of a kind, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    pub first: Vec<T>,
    pub total: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Listed<T> {
        Listed { first: Vec::new(), total: 0 }
    }
}

/// A document that the authority refused for good, and its first finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub paper: Paper,
    /// The finding's code, empty if it named none, and its words.
    pub finding: Option<(String, Bilingual)>,
}

/// A document that is not sent by itself any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub paper: Paper,
    /// The reason's word as the ledger keeps it.
    pub reason: String,
}

/// The certificate's state in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateAlarm {
    pub words: Bilingual,
    pub days_left: i64,
}

/// Everything that an entry can come from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The till's clock, seconds since 1970, UTC.
    pub now: i64,
    /// The till's name.
    pub till: String,
    /// Why it cannot sell; true if the clock is the reason.
    pub not_selling: Option<(Bilingual, bool)>,
    pub pause: Option<Pause>,
    pub alarms: Vec<Raised>,
    pub certificate: Option<CertificateAlarm>,
    /// Seconds that the authority's clock is ahead, while the guard of the clock warns of it.
    pub clock_ahead: Option<i64>,
    /// What the platform's address answers that is no answer.
    pub odd: Option<Odd>,
    /// Oldest first. Corrected ones are done.
    pub rejected: Listed<Rejected>,
    /// Without those for another environment.
    pub held: Listed<Held>,
    /// Held because another environment's certificate stamped them.
    pub elsewhere: u64,
    /// Standard documents that wait for clearance, the oldest first; `since`
    /// is their moment of issue.
    pub parked: Listed<Paper>,
    /// The last document that the authority knew before it was sent, and when.
    pub copy: Option<(String, i64)>,
    pub printer_fault: Option<Bilingual>,
    pub unconfirmed: Listed<Paper>,
    /// Where the high-water mark is not kept, and why.
    pub witnesses: Vec<(String, String)>,
    /// Why the alarm command did not do its work, the last time.
    pub hook_fault: Option<String>,
}

/// What a person must do now, the most urgent first.
pub fn list(facts: &Facts) -> Vec<Entry> {
    let mut entries = Vec::new();
    entries.extend(facts.not_selling.as_ref().map(|(why, clock)| words::not_selling(why, *clock)));
    entries.extend(facts.alarms.iter().filter_map(stuck));
    entries.extend(age(&facts.alarms));
    entries.extend(
        facts
            .pause
            .filter(|pause| is_for_a_person(pause, facts.now))
            .map(|pause| words::paused(pause, &facts.till)),
    );
    // What stops the sale has been said.
    if facts.not_selling.is_none() {
        entries.extend(facts.certificate.as_ref().map(words::certificate));
    }
    entries.extend(facts.copy.as_ref().map(|(number, since)| words::copy(number, *since)));
    entries.extend(facts.clock_ahead.map(words::clock));
    let lasting = facts.odd.as_ref().filter(|odd| facts.now.saturating_sub(odd.since) >= ODD_AFTER);
    entries.extend(lasting.map(words::odd));
    entries.extend(parked(facts));
    entries.extend(each(&facts.rejected, words::rejected, words::more_rejected));
    entries.extend(each(&facts.held, words::held, words::more_held));
    entries.extend(facts.printer_fault.as_ref().map(words::printer));
    entries.extend(each(&facts.unconfirmed, words::receipt, words::more_receipts));
    entries.extend(facts.hook_fault.as_deref().map(words::hook));
    entries.extend(facts.witnesses.iter().map(|(path, fault)| words::witness(path, fault)));
    entries.extend((facts.elsewhere > 0).then(|| words::elsewhere(facts.elsewhere)));
    // Stable: within an urgency the order above stays.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.urgency));
    entries
}

/// Whether somebody has to act: a notice alone is no reason for an exit code.
pub fn needs_a_person(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.urgency > Urgency::Notice)
}

/// An entry for each of the first, and one for all the others.
fn each<T>(listed: &Listed<T>, one: fn(&T) -> Entry, more: fn(u64) -> Entry) -> Vec<Entry> {
    let mut entries: Vec<Entry> = listed.first.iter().take(MOST_EACH).map(one).collect();
    let rest = listed.total.saturating_sub(entries.len() as u64);
    entries.extend((rest > 0).then(|| more(rest)));
    entries
}

/// Those that have waited too long. Behind the first few, all are taken to have:
/// they came later, but a queue as long as that does not clear by itself.
fn parked(facts: &Facts) -> Vec<Entry> {
    let long = |paper: &&Paper| facts.now.saturating_sub(paper.since) >= PARKED_AFTER;
    let first: Vec<Paper> = facts.parked.first.iter().filter(long).cloned().collect();
    let young = facts.parked.first.len() - first.len();
    let total = if young > 0 { first.len() as u64 } else { facts.parked.total };
    each(&Listed { first, total }, words::parked, words::more_parked)
}

/// One entry for all ages: that of the highest step.
fn age(raised: &[Raised]) -> Option<Entry> {
    let ages = raised.iter().filter(|alarm| matches!(alarm.id, AlarmId::Unsent(_)));
    ages.max_by_key(|alarm| alarm.id).map(words::age)
}

fn stuck(alarm: &Raised) -> Option<Entry> {
    (!matches!(alarm.id, AlarmId::Unsent(_))).then(|| words::stuck(alarm))
}

fn is_for_a_person(pause: &Pause, now: i64) -> bool {
    let long = now.saturating_sub(pause.since) >= PATIENCE;
    // Of silence that the platform asks for it is known at once how long it lasts.
    let asked = pause.reason == PauseReason::Throttled && pause.until.saturating_sub(now) >= PATIENCE / 2;
    pause.reason.needs_person() || (long && pause.reason != PauseReason::Throttled) || asked
}

/// What an alarm's level means to a person.
const fn urgency(level: alarms::Level) -> Urgency {
    match level {
        alarms::Level::Warning => Urgency::Warning,
        alarms::Level::Critical | alarms::Level::Breach => Urgency::Critical,
    }
}

/// The reason of a hold that no environment's word can lift.
pub const OTHER_ENVIRONMENT: &str = HoldReason::OtherEnvironment.word();

#[cfg(test)]
mod tests;
