//! The JSON of the documents that wait for the authority.

use serde::{Deserialize, Serialize};

use super::Words;

/// A page of the queue, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueList {
    pub documents: Vec<QueuedDocument>,
    /// Documents that wait in all.
    pub waiting: u64,
    /// Why nothing is sent now, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Words>,
    /// What to give as `after` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A document that the authority has not answered for good. Times are Riyadh time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedDocument {
    pub uuid: String,
    /// Empty if the document cannot be read.
    pub number: String,
    pub icv: u64,
    /// `simplified` or `standard`.
    pub subtype: String,
    pub issued_at: String,
    /// Since it was issued.
    pub age_seconds: i64,
    /// Until the 24 hours are over; below zero after them.
    pub seconds_left: i64,
    /// `Queued`, `InFlight` or `Held`.
    pub state: String,
    pub attempts: u32,
    /// When the next attempt is planned, not before a pause of the whole queue ends; absent unless it is queued.
    pub next_attempt_at: Option<String>,
    /// The word for why it is held, `too-large`...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in words, with what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Words>,
}
