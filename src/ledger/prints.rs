//! Receipts on their way to paper. A receipt is printed once; whatever else a
//! person wants is a copy and says so.

use rusqlite::Connection;

use super::database::Durability;
use super::ids::{DocumentId, PrintJobId};
use super::state::{IllegalTransition, PrintState, ReportState};
use super::{StorageError, Store};
use crate::invoice::Subtype;

/// A print job that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintJob {
    pub id: PrintJobId,
    pub state: PrintState,
    /// What the printer said, if it failed.
    pub fault: Option<String>,
}

impl Store {
    /// The oldest receipt that waits for the printer.
    pub fn next_print_job(&self) -> Option<PrintJobId> {
        self.backlog.next_print()
    }

    /// Every job that is not done, oldest first, at most `limit`.
    pub fn print_jobs(&self, limit: usize) -> Result<Vec<PrintJob>, StorageError> {
        self.backlog.prints().take(limit).map(|(id, state)| self.job(id, state)).collect()
    }

    /// A job that is not done.
    pub fn print_job(&self, id: PrintJobId) -> Result<Option<PrintJob>, StorageError> {
        self.backlog.print(id).map(|state| self.job(id, state)).transpose()
    }

    fn job(&self, id: PrintJobId, state: PrintState) -> Result<PrintJob, StorageError> {
        let sql = "SELECT note FROM work WHERE id = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let fault = statement.query_row([id.row()], |row| row.get(0))?;
        Ok(PrintJob { id, state, fault })
    }

    /// What became of a document's original receipt; `None` if none was wanted,
    /// and while a standard document is no invoice yet.
    pub fn print_state(&self, document: DocumentId) -> Result<Option<PrintState>, StorageError> {
        let original = PrintJobId::original(document);
        if let Some(state) = self.backlog.print(original) {
            return Ok(Some(state));
        }
        let stored = self.document(document)?.ok_or(StorageError::NoDocument(document))?;
        let due = stored.kind.subtype == Subtype::Simplified || self.is_taken(document)?;
        Ok((stored.print && due).then_some(PrintState::Printed))
    }

    /// Whether the authority has reported or cleared it.
    pub fn is_taken(&self, document: DocumentId) -> Result<bool, StorageError> {
        let state = self.report_state(document)?;
        Ok(state.is_final() && state != ReportState::Rejected)
    }

    /// One step of a print job. `Printing` is flushed before it returns, so that
    /// a power cut in the middle of a receipt cannot lead to a second one.
    pub fn set_print_state(
        &mut self,
        job: PrintJobId,
        to: PrintState,
        fault: Option<&str>,
    ) -> Result<(), StorageError> {
        let Some(from) = self.backlog.print(job) else {
            let from = PrintState::Printed.name();
            return Err(IllegalTransition { machine: "print", from, to: to.name() }.into());
        };
        let state = from.step(to)?;
        let durability = match state {
            PrintState::Printing | PrintState::Pending => Durability::PowerCut,
            // Lost in a power cut they are `Printing`, hence `Unconfirmed`.
            PrintState::Printed | PrintState::Unconfirmed | PrintState::Failed => Durability::ProcessEnd,
        };
        self.write(durability, |db| {
            match state {
                PrintState::Printed => {
                    db.prepare_cached("DELETE FROM work WHERE id = ?1")?.execute([job.row()])?
                }
                open => db
                    .prepare_cached("UPDATE work SET state = ?2, note = ?3 WHERE id = ?1")?
                    .execute((job.row(), open.name(), fault))?,
            };
            Ok::<_, StorageError>(())
        })?;
        self.backlog.set_print(job, state);
        Ok(())
    }

    /// Adds a copy of a receipt (COPY / نسخة) to what waits for the printer.
    pub fn add_copy(&mut self, document: DocumentId) -> Result<PrintJobId, StorageError> {
        self.document(document)?.ok_or(StorageError::NoDocument(document))?;
        let job = PrintJobId { document, task: self.backlog.last_task(document) + 1 };
        self.write(Durability::PowerCut, |db| insert(db, job))?;
        self.backlog.set_print(job, PrintState::Pending);
        Ok(job)
    }
}

/// Adds a receipt to what waits for the printer.
pub(super) fn insert(db: &Connection, job: PrintJobId) -> Result<(), StorageError> {
    let sql = "INSERT INTO work (id, state) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute((job.row(), PrintState::Pending.name()))?;
    Ok(())
}
