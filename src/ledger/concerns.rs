//! What somebody may have to look at, as the ledger knows it, at a cost that
//! does not grow with what is stored: it is asked every few seconds.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{DocumentId, PrintJobId};
use super::state::{PrintState, ReportState};
use super::{StorageError, Store};

/// Held documents of which the reason is read to find out what counts.
const MOST_EXCUSED: usize = 1_000;

/// The documents that the authority has not answered for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unreported {
    /// Moment of issue of the oldest, seconds UTC.
    pub oldest: Option<i64>,
    pub count: u64,
    /// Beside them: held for the reason that excuses.
    pub excused: u64,
}

impl Store {
    /// What still has to be reported; what is held for the reason `excused`
    /// does not count.
    pub fn unreported(&self, excused: &str) -> Result<Unreported, StorageError> {
        let held = self.backlog.count(ReportState::Held);
        let mut out = BTreeSet::new();
        if held > 0 {
            for id in self.backlog.in_state(ReportState::Held).take(MOST_EXCUSED) {
                if self.held_reason(id)?.as_deref() == Some(excused) {
                    out.insert(id);
                }
            }
        }
        let oldest = self.backlog.by_age().find(|(_, id)| !out.contains(id)).map(|(issued, _)| issued);
        let excused = out.len() as u64;
        Ok(Unreported { oldest, count: self.queue_summary().open().saturating_sub(excused), excused })
    }

    /// When the last attempt at a document began, seconds UTC.
    pub fn last_attempt_at(&self, id: DocumentId) -> Result<Option<i64>, StorageError> {
        let sql = "SELECT started_at FROM attempts WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([id.part(1), id.part(DocumentId::MOST_PARTS)])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// The body of the last answer to a document; empty if there was none.
    pub fn last_answer(&mut self, id: DocumentId) -> Result<Vec<u8>, StorageError> {
        let sql = "SELECT body FROM attempts WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1";
        let packed: Option<Vec<u8>> = {
            let mut statement = self.db.prepare_cached(sql)?;
            let mut rows = statement.query([id.part(1), id.part(DocumentId::MOST_PARTS)])?;
            rows.next()?.map(|row| row.get(0)).transpose()?.flatten()
        };
        packed.map_or(Ok(Vec::new()), |packed| self.answers.unpack(&packed))
    }

    /// Open print jobs by their state.
    pub fn print_counts(&self) -> BTreeMap<PrintState, u64> {
        let mut counts = BTreeMap::new();
        for (_, state) in self.backlog.prints() {
            *counts.entry(state).or_insert(0) += 1;
        }
        counts
    }

    /// The first documents of which a receipt may not have come out, oldest first.
    pub fn unconfirmed(&self, limit: usize) -> Vec<DocumentId> {
        let mut found: Vec<DocumentId> =
            self.unconfirmed_jobs().map(|job| job.document).take(limit).collect();
        found.dedup();
        found
    }

    /// A person has seen to a document's receipts, whatever came out: none of
    /// them is unconfirmed any more. Gives how many were.
    pub fn receipts_seen(&mut self, document: DocumentId) -> Result<usize, StorageError> {
        let jobs: Vec<PrintJobId> = self.unconfirmed_jobs().filter(|job| job.document == document).collect();
        for job in &jobs {
            self.set_print_state(*job, PrintState::Printed, None)?;
        }
        Ok(jobs.len())
    }

    fn unconfirmed_jobs(&self) -> impl Iterator<Item = PrintJobId> + '_ {
        self.backlog.prints().filter(|(_, state)| *state == PrintState::Unconfirmed).map(|(job, _)| job)
    }
}
