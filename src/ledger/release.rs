//! Letting a held document go again, on an operator's word.

use thiserror::Error;

use super::activities::{self, Activity};
use super::backlog::Report;
use super::database::Durability;
use super::ids::DocumentId;
use super::queue::write_report;
use super::state::ReportState;
use super::{StorageError, Store};

/// Why a document was not released. Nothing has changed.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// Its present state.
    #[error("the document is not held; its state is {0}")]
    NotHeld(ReportState),
    /// Its bytes cannot be read, so that there is nothing to send.
    #[error("the document cannot be read ({0})")]
    Unreadable(String),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Store {
    /// Held -> Queued, due at once, with the entry of the activity log in the
    /// same transaction.
    ///
    /// # Errors
    /// If it is not held, cannot be read, or the disk refuses.
    pub fn release_for(&mut self, id: DocumentId, activity: &Activity) -> Result<(), ReleaseError> {
        let held = self.backlog.report(id).filter(|report| report.state == ReportState::Held);
        let Some(old) = held else { return Err(ReleaseError::NotHeld(self.report_state(id)?)) };
        self.readable(id)?;
        let now = self.clock.now();
        let state = old.state.step(ReportState::Queued).map_err(StorageError::from)?;
        let new = Report { state, due_at: now, ..old };
        let head = self.log;
        self.log = self.write(Durability::PowerCut, |db| {
            write_report(db, id, &new, "")?;
            activities::insert(db, head, now, activity)
        })?;
        self.backlog.set_report(id, new);
        self.write_mark();
        Ok(())
    }

    fn readable(&mut self, id: DocumentId) -> Result<(), ReleaseError> {
        match self.sendable(id) {
            Ok(_) => Ok(()),
            Err(StorageError::Damaged { detail }) => Err(ReleaseError::Unreadable(detail)),
            Err(error) => Err(error.into()),
        }
    }
}
