//! What the ledger says of itself in one short visit on its thread.

use std::collections::BTreeMap;

use crate::daemon::findings::findings;
use crate::ledger::{
    AppendError, ClockReport, ClockState, DocumentId, QueueSummary, ReportState, StorageError, Store, Stored,
    Unreported,
};
use crate::report::attention::{Held, Listed, MOST_EACH, OTHER_ENVIRONMENT, Paper, Rejected};
use crate::text::Bilingual;

/// The ledger's part of what people may have to look at.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub queue: QueueSummary,
    pub unreported: Unreported,
    /// Open print jobs by the name of their state.
    pub prints: BTreeMap<&'static str, u64>,
    pub rejected: Listed<Rejected>,
    /// Without those of another environment.
    pub held: Listed<Held>,
    /// Standard documents without an answer, the oldest first.
    pub parked: Listed<Paper>,
    pub unconfirmed: Listed<Paper>,
    /// Why no sale can be stored; true if the clock is the reason.
    pub not_ready: Option<(Bilingual, bool)>,
    /// What the guard says of the clock.
    pub clock: Option<ClockReport>,
    /// Where the high-water mark is not kept, and why.
    pub witnesses: Vec<(String, String)>,
}

impl Counted {
    /// Seconds that the authority's clock is ahead, while the guard warns of it.
    pub fn clock_ahead(&self) -> Option<i64> {
        match self.clock.as_ref()?.state {
            ClockState::FarFromAuthority { ahead, refuses: false } => Some(ahead),
            // A refusal is why the till does not sell.
            _ => None,
        }
    }
}

/// Visits the ledger.
pub fn count(store: &mut Store) -> Result<Counted, StorageError> {
    let queue = store.queue_summary();
    let unreported = store.unreported(OTHER_ENVIRONMENT)?;
    let prints: BTreeMap<&'static str, u64> =
        store.print_counts().into_iter().map(|(state, count)| (state.name(), count)).collect();
    let unsure = prints.get("Unconfirmed").copied().unwrap_or(0);
    Ok(Counted {
        queue,
        unreported,
        rejected: rejected(store, queue.rejected.saturating_sub(queue.corrected))?,
        held: held(store, queue.held.saturating_sub(unreported.excused))?,
        parked: parked(store, queue.awaiting_clearance),
        unconfirmed: Listed { first: papers(store, store.unconfirmed(MOST_EACH))?, total: unsure },
        prints,
        not_ready: store.ready().err().map(|error| (error.words(), blames_clock(&error))),
        clock: Some(store.clock_report()),
        witnesses: store
            .witnesses()
            .into_iter()
            .filter_map(|(path, fault)| Some((path.display().to_string(), fault?)))
            .collect(),
    })
}

const fn blames_clock(error: &AppendError) -> bool {
    matches!(
        error,
        AppendError::ClockBehind { .. }
            | AppendError::ClockJumped { .. }
            | AppendError::ClockUnset { .. }
            | AppendError::ClockFar { .. }
            | AppendError::ClockUnusable
            | AppendError::NotYetValid { .. }
    )
}

fn paper(stored: &Stored, since: i64) -> Paper {
    Paper { number: stored.number.clone(), uuid: stored.uuid.to_string(), since }
}

fn papers(store: &Store, ids: Vec<DocumentId>) -> Result<Vec<Paper>, StorageError> {
    let mut found = Vec::new();
    for id in ids {
        found.extend(store.document(id)?.map(|stored| paper(&stored, stored.issued.unix())));
    }
    Ok(found)
}

/// A document with the time of its last attempt; one that was never tried has
/// the time of its issue.
fn tried(store: &Store, id: DocumentId) -> Result<Option<Paper>, StorageError> {
    let Some(stored) = store.document(id)? else { return Ok(None) };
    let since = store.last_attempt_at(id)?.unwrap_or(stored.issued.unix());
    Ok(Some(paper(&stored, since)))
}

fn rejected(store: &mut Store, total: u64) -> Result<Listed<Rejected>, StorageError> {
    let mut first = Vec::new();
    for id in store.documents_in(ReportState::Rejected, MOST_EACH)? {
        let Some(paper) = tried(store, id)? else { continue };
        let answer = store.last_answer(id)?;
        let finding = findings(ReportState::Rejected, &answer).into_iter().next();
        let finding = finding.map(|finding| {
            let words = finding.words.map(|words| Bilingual::new(words.en, words.ar));
            (finding.code, words.unwrap_or_default())
        });
        first.push(Rejected { paper, finding });
    }
    let total = total.max(first.len() as u64);
    Ok(Listed { first, total })
}

fn held(store: &mut Store, total: u64) -> Result<Listed<Held>, StorageError> {
    let mut first = Vec::new();
    if total == 0 {
        return Ok(Listed::default());
    }
    // One more for each that does not count, up to a bound.
    for id in store.documents_in(ReportState::Held, MOST_EACH * 50)? {
        if first.len() == MOST_EACH {
            break;
        }
        let reason = store.held_reason(id)?.unwrap_or_default();
        if reason == OTHER_ENVIRONMENT {
            continue;
        }
        // What cannot be read is held for that very reason: it is named by its place.
        let paper = match tried(store, id) {
            Ok(Some(paper)) => paper,
            Ok(None) | Err(_) => Paper { number: id.to_string(), uuid: id.to_string(), since: 0 },
        };
        first.push(Held { paper, reason });
    }
    let total = total.max(first.len() as u64);
    Ok(Listed { first, total })
}

fn parked(store: &Store, total: u64) -> Listed<Paper> {
    let mut first = Vec::new();
    // Standard ones come first.
    for waiting in store.unsent(MOST_EACH).into_iter().take_while(|waiting| waiting.standard) {
        // An unreadable one is the driver's to hold.
        if let Ok(Some(stored)) = store.document(waiting.id) {
            first.push(paper(&stored, stored.issued.unix()));
        }
    }
    // Less than the first few in flight at this moment, all told.
    let total = if first.len() < MOST_EACH { first.len() as u64 } else { total.max(first.len() as u64) };
    Listed { first, total }
}
