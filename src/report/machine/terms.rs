//! What the machine takes in and gives out, and what it remembers of a document.

use super::super::access::Shown;
use super::super::backoff::Moment;
use super::super::brake::BrakeSettings;
use super::super::settle::{Again, HoldReason};
use crate::fatoora::{DocumentCall, Verdict};
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
    /// A standard document was stored: somebody waits at the counter for its
    /// clearance.
    Urgent,
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
    /// It waits for clearance, and somebody for it: it goes before the others.
    pub standard: bool,
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
    /// The call that it answers.
    pub call: DocumentCall,
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
pub(super) struct Doc {
    pub attempts: u32,
    pub issued: i64,
    /// Failures in a row, by kind of wait.
    pub transient: u32,
    pub slow: u32,
    pub setup: u32,
    /// Refusals that nobody could understand, those of them that came while
    /// others were fine, and when the first came.
    pub refusals: u32,
    pub strikes: u32,
    pub refused_at: Option<Moment>,
    /// The authority does not take the credentials of the former certificate
    /// that signed it.
    pub own_refused: bool,
    pub standard: bool,
    /// How often reporting refused it after clearance was said to be off.
    pub turned: u32,
}

impl Doc {
    pub fn new(waiting: &Waiting<impl Copy>) -> Doc {
        Doc {
            attempts: waiting.attempts,
            issued: waiting.issued,
            transient: 0,
            slow: 0,
            setup: 0,
            refusals: 0,
            strikes: 0,
            refused_at: None,
            own_refused: false,
            standard: waiting.standard,
            turned: 0,
        }
    }

    pub fn failures(&self) -> u32 {
        self.transient + self.slow + self.setup
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Deferred {
    pub doc: Doc,
    pub due: Moment,
    pub again: Again,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub doc: Doc,
    pub begun: Moment,
}
