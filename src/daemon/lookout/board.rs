//! What the watchman saw last, for everyone who asks.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Counted;
use crate::report::alarms::{AlarmId, Raised};
use crate::report::attention::Entry;

/// Until nobody is reminded of a document that the authority knew before.
const COPY_STANDS: i64 = 7 * 86_400;

/// Written by the watchman at each look.
#[derive(Default)]
pub struct Board(Mutex<State>);

#[derive(Default)]
struct State {
    raised: Vec<Raised>,
    forecast: Option<u64>,
    counted: Option<Counted>,
    looked: Option<Instant>,
    /// When each entry of the attention list was first seen, unix seconds UTC.
    seen: BTreeMap<String, i64>,
    copy: Option<(String, i64)>,
    hook_fault: Option<String>,
}

impl Board {
    /// A look is done.
    pub fn looked(&self, raised: Vec<Raised>, forecast: Option<u64>, counted: Option<&Counted>) {
        let mut state = self.lock();
        state.raised = raised;
        state.forecast = forecast;
        if let Some(counted) = counted {
            state.counted = Some(counted.clone());
        }
        state.looked = Some(Instant::now());
    }

    /// Every alarm that is on.
    pub fn raised(&self) -> Vec<Raised> {
        self.lock().raised.clone()
    }

    /// Seconds until the queue is empty.
    pub fn forecast(&self) -> Option<u64> {
        self.lock().forecast
    }

    /// As the ledger was counted last.
    pub fn counted(&self) -> Option<Counted> {
        self.lock().counted.clone()
    }

    /// Seconds since the last look; none before the first.
    pub fn age(&self) -> Option<u64> {
        self.lock().looked.map(|looked| looked.elapsed().as_secs())
    }

    /// The parts of the till that hang, as of the last look.
    pub fn stuck(&self) -> Vec<AlarmId> {
        let state = self.lock();
        state.raised.iter().map(|alarm| alarm.id).filter(|id| !matches!(id, AlarmId::Unsent(_))).collect()
    }

    /// The authority knew this document before it was ever sent.
    pub fn note_copy(&self, number: String, at: i64) {
        self.lock().copy = Some((number, at));
    }

    /// The last such document, for a week.
    pub fn copy(&self, now: i64) -> Option<(String, i64)> {
        self.lock().copy.clone().filter(|(_, at)| now.saturating_sub(*at) < COPY_STANDS)
    }

    /// How the alarm command ended the last time; none if well.
    pub fn set_hook_fault(&self, fault: Option<String>) {
        self.lock().hook_fault = fault;
    }

    /// Why the alarm command did not do its work.
    pub fn hook_fault(&self) -> Option<String> {
        self.lock().hook_fault.clone()
    }

    /// Gives entries of which nobody knows the beginning the time at which they
    /// were first seen.
    pub fn date(&self, entries: &mut [Entry], now: i64) {
        let mut state = self.lock();
        state.seen.retain(|id, _| entries.iter().any(|entry| entry.id == *id));
        for entry in entries {
            let first = *state.seen.entry(entry.id.clone()).or_insert(now);
            entry.since.get_or_insert(first);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment: a panic elsewhere leaves nothing half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
