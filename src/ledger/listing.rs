//! The documents that wait for the authority, a page at a time and in order of
//! issue, at a cost that does not grow with the queue.

use std::ops::Bound;

use super::ids::DocumentId;
use super::state::ReportState;
use super::{StorageError, Store, Stored};

/// A document without a final state, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub id: DocumentId,
    /// Absent if its row cannot be read; it is held then, or will be.
    pub stored: Option<Stored>,
    pub state: ReportState,
    /// Attempts begun so far.
    pub attempts: u32,
    /// Seconds UTC; the 24 hours run from here.
    pub issued: i64,
    /// When the next attempt is planned, seconds UTC; counts while it is queued.
    pub due_at: i64,
    /// Why it is held.
    pub reason: Option<String>,
}

impl Store {
    /// Open documents in the state, or in any, behind `after`; at most `limit`.
    pub fn open_documents(
        &self,
        state: Option<ReportState>,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<Open>, StorageError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let page: Vec<_> = self.backlog.reports_from(from, state).take(limit).collect();
        page.into_iter()
            .map(|(id, report)| {
                let held = report.state == ReportState::Held;
                Ok(Open {
                    id,
                    // One damaged row must not hide the others from who looks for it.
                    stored: self.document(id).unwrap_or_default(),
                    state: report.state,
                    attempts: report.tries,
                    issued: report.issued,
                    due_at: report.due_at,
                    reason: if held { self.held_reason(id)? } else { None },
                })
            })
            .collect()
    }
}
