//! What the reporting flow shows of itself. Times are unix seconds UTC.

use super::brake::PauseReason;

/// Why and until when the whole queue waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub reason: PauseReason,
    pub since: i64,
    /// When one document will ask again.
    pub until: i64,
}

/// An answer that is none: a redirect, a page of somebody else, rubbish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// When such answers began.
    pub since: i64,
    /// Status code of the last one.
    pub http: Option<u16>,
    /// More about the last one; may be empty.
    pub detail: String,
}

/// A picture of the driver at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// None while documents flow.
    pub pause: Option<Pause>,
    pub in_flight: usize,
    /// Documents that wait for another try of their own.
    pub deferred: usize,
    pub last_attempt_at: Option<i64>,
    /// Last time the authority accepted or rejected a document.
    pub last_success_at: Option<i64>,
    /// Attempts begun since the start of the program.
    pub attempts: u64,
    /// Accepted since the start of the program.
    pub accepted: u64,
    /// The last answer that nobody understood; none after a proper one.
    pub odd: Option<Odd>,
    /// When the authority last said that clearance is switched off; none once it
    /// has cleared a document again.
    pub clearance_off_at: Option<i64>,
    /// When the driver last did anything, by the till's clock.
    pub beat_at: i64,
    /// Turns of the driver: a watcher notices if they stand still.
    pub beats: u64,
    /// Seconds since the oldest attempt in flight began, by a clock that nobody sets.
    pub longest_flight: u64,
}
