//! What the till's watch over itself answers: the clock of the law, the list of
//! what people must do, and events.

use serde::{Deserialize, Serialize};

use super::Words;

/// How much time the law leaves, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Documents that still have to be reported: those held for another
    /// environment do not count, nor those that were rejected.
    pub unreported: u64,
    /// Age of the oldest of them.
    pub oldest_age_seconds: Option<u64>,
    pub oldest_age: Option<Words>,
    /// When its 24 hours are over.
    pub deadline_at: Option<String>,
    /// Until then; below zero if that was missed.
    pub deadline_left_seconds: Option<i64>,
    /// Until the queue is empty, at the rate that was measured; absent while
    /// nothing was.
    pub forecast_seconds: Option<u64>,
    /// Alarms that are on.
    pub alarms: Vec<Alarm>,
    /// Entries of the attention list that need a person.
    pub attention: u64,
}

/// An alarm that is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// `unsent-12h`, `driver-stuck`...
    pub id: String,
    /// `warning`, `critical` or `breach`.
    pub level: String,
    pub since: String,
    pub words: Words,
}

/// The answer to what people must do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionList {
    /// The most urgent first.
    pub entries: Vec<Attention>,
}

impl AttentionList {
    /// Entries that need a person; notices do not.
    pub fn urgent(&self) -> usize {
        self.entries.iter().filter(|entry| entry.urgency != "notice").count()
    }
}

/// One thing that somebody has to do; gone when it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// The same as long as the cause is the same.
    pub id: String,
    /// `rejected`, `held`, `paused`...
    pub kind: String,
    /// `notice`, `warning` or `critical`.
    pub urgency: String,
    pub since: Option<String>,
    /// What happened.
    pub what: Words,
    /// What to do.
    pub todo: Words,
    /// The command that does it.
    pub command: Option<String>,
    /// The request that does it.
    pub call: Option<String>,
}

/// The answer to a receipt that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptSeen {
    pub uuid: String,
    /// Receipts of it that were unconfirmed until now.
    pub settled: u64,
}

/// One thing that happened, as the event stream tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// To go on from, after a broken connection.
    pub id: String,
    /// `document.reported`, `alarm.raised`...
    pub event: String,
    pub at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<EventDocument>,
    /// What more there is to say.
    #[serde(default)]
    pub data: serde_json::Value,
}

/// The document that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDocument {
    pub uuid: String,
    pub number: String,
    pub icv: u64,
}
