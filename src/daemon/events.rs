//! What happened lately, in order: the last of it is kept in memory, so that a
//! listener who was away for a moment misses nothing, and every listener hears
//! each new event once. Nothing here is the record; that is the ledger.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::ledger::Stored;

/// Events that are kept for listeners who come back.
const KEPT: usize = 1_000;
/// Events that a listener may be behind before it has to ask for the kept ones.
const BEHIND: usize = 256;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    DocumentStored,
    DocumentReported,
    /// Accepted, with findings to look at.
    DocumentWarned,
    DocumentRejected,
    DocumentHeld,
    DocumentReleased,
    DocumentCleared,
    /// A standard document waits for its clearance; it is no invoice yet.
    DocumentParked,
    ClearanceSent,
    /// The same bytes go for clearance again, later.
    ClearanceAgain,
    ReportingPaused,
    ReportingResumed,
    AlarmRaised,
    AlarmEnded,
    AttentionAdded,
    AttentionGone,
    IdentityChanged,
}

impl EventKind {
    /// The name that listeners see.
    pub const fn word(self) -> &'static str {
        match self {
            EventKind::DocumentStored => "document.stored",
            EventKind::DocumentReported => "document.reported",
            EventKind::DocumentWarned => "document.warned",
            EventKind::DocumentRejected => "document.rejected",
            EventKind::DocumentHeld => "document.held",
            EventKind::DocumentReleased => "document.released",
            EventKind::DocumentCleared => "document.cleared",
            EventKind::DocumentParked => "document.parked",
            EventKind::ClearanceSent => "clearance.sent",
            EventKind::ClearanceAgain => "clearance.again",
            EventKind::ReportingPaused => "reporting.paused",
            EventKind::ReportingResumed => "reporting.resumed",
            EventKind::AlarmRaised => "alarm.raised",
            EventKind::AlarmEnded => "alarm.ended",
            EventKind::AttentionAdded => "attention.added",
            EventKind::AttentionGone => "attention.gone",
            EventKind::IdentityChanged => "identity.changed",
        }
    }
}

/// The document that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDocument {
    pub uuid: Uuid,
    /// BT-1.
    pub number: String,
    pub icv: u64,
}

impl From<&Stored> for EventDocument {
    fn from(stored: &Stored) -> EventDocument {
        EventDocument { uuid: stored.uuid, number: stored.number.clone(), icv: stored.icv.get() }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// 1, 2, 3... since the program started.
    pub id: u64,
    /// Unix seconds UTC.
    pub at: i64,
    pub kind: EventKind,
    pub document: Option<EventDocument>,
    /// What more there is to say: a JSON object, or null.
    pub data: Value,
}

/// The events of a running till.
pub struct Events {
    /// Tells this run of the program from others, whose ids were the same numbers.
    run: u32,
    kept: Mutex<Kept>,
    listeners: broadcast::Sender<Event>,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<Event>,
    last: u64,
}

impl Default for Events {
    fn default() -> Events {
        let mut run = [0; 4];
        crate::keys::os_random(&mut run);
        let run = u32::from_ne_bytes(run);
        Events { run, kept: Mutex::default(), listeners: broadcast::Sender::new(BEHIND) }
    }
}

impl Events {
    /// Tells everyone who listens, in the order of the calls.
    pub fn publish(&self, kind: EventKind, at: i64, document: Option<EventDocument>, data: Value) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let event = Event { id: kept.last, at, kind, document, data };
        if kept.events.len() == KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(event.clone());
        // Under the lock, so that listeners hear events in the order of their ids;
        // an error means that nobody listens.
        let _ = self.listeners.send(event);
    }

    /// The kept events after this id, and whether some between are lost.
    pub fn after(&self, id: u64) -> (Vec<Event>, bool) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let first = kept.events.front().map_or(kept.last + 1, |event| event.id);
        // An id from before a restart may be larger than any of ours.
        let lost = id.saturating_add(1) < first || id > kept.last;
        let from = if id > kept.last { 0 } else { id };
        (kept.events.iter().filter(|event| event.id > from).cloned().collect(), lost)
    }

    /// An id as listeners see it: `7f3a90c1-17`.
    pub fn name(&self, id: u64) -> String {
        format!("{:08x}-{id}", self.run)
    }

    /// The id that listeners named; none if it is not of this run.
    pub fn id_of(&self, name: &str) -> Option<u64> {
        let (run, id) = name.split_once('-')?;
        let ours = u32::from_str_radix(run, 16).ok() == Some(self.run);
        id.parse().ok().filter(|_| ours)
    }

    /// The id of the newest event; 0 before the first.
    pub fn last(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// Hears every event from now on. One who falls too far behind is told so.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.listeners.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(events: &Events, times: usize) {
        for _ in 0..times {
            events.publish(EventKind::ReportingResumed, 7, None, Value::Null);
        }
    }

    fn ids(events: &Events, after: u64) -> (Vec<u64>, bool) {
        let (kept, lost) = events.after(after);
        (kept.iter().map(|event| event.id).collect(), lost)
    }

    #[test]
    fn one_who_comes_back_misses_nothing() {
        let events = Events::default();
        assert_eq!(ids(&events, 0), (vec![], false));
        publish(&events, 3);
        assert_eq!(ids(&events, 0), (vec![1, 2, 3], false));
        assert_eq!(ids(&events, 2), (vec![3], false));
        assert_eq!(ids(&events, 3), (vec![], false));
    }

    #[test]
    fn what_is_lost_is_said() {
        let events = Events::default();
        publish(&events, KEPT + 2);
        let (kept, lost) = ids(&events, 1);
        assert!(lost && kept.len() == KEPT && kept[0] == 3);
        assert!(!ids(&events, 2).1);
        let from_an_earlier_run = ids(&events, 999_999);
        assert!(from_an_earlier_run.1 && from_an_earlier_run.0.len() == KEPT);
        assert!(ids(&events, u64::MAX).1, "an id that nobody gave");
    }

    #[test]
    fn a_listener_hears_each_once() {
        let events = Events::default();
        publish(&events, 1);
        let mut listener = events.subscribe();
        publish(&events, 2);
        assert_eq!(listener.try_recv().unwrap().id, 2);
        assert_eq!(listener.try_recv().unwrap().id, 3);
        assert!(listener.try_recv().is_err());
    }
}
