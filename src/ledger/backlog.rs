//! The open tasks in memory: what is due, what is oldest, how many of each
//! state. The store's one writer keeps it equal to the table `work` by changing
//! it right after each commit, so that status and "what is next" cost the same
//! at ten thousand waiting documents as at none.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use rusqlite::Connection;

use super::StorageError;
use super::database::unsigned;
use super::ids::{DocumentId, PrintJobId};
use super::state::{PrintState, ReportState};

/// A document on its way to the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub state: ReportState,
    pub due_at: i64,
    pub issued: i64,
    pub tries: u32,
    /// When the attempt in flight began.
    pub began_at: i64,
    /// A standard document: somebody waits for its clearance.
    pub standard: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    reports: BTreeMap<DocumentId, Report>,
    due: BTreeSet<(i64, DocumentId)>,
    /// The queued ones that are standard documents.
    standard: BTreeSet<DocumentId>,
    issued: BTreeSet<(i64, DocumentId)>,
    counts: [u64; ReportState::ALL.len()],
    /// Standard documents that the authority has not answered for good.
    awaiting: u64,
    /// Rejected documents that another one replaces.
    corrected: u64,
    prints: BTreeMap<PrintJobId, PrintState>,
    pending: BTreeSet<PrintJobId>,
}

impl Backlog {
    /// The open tasks and the number of finished ones; `documents` is the total.
    pub fn load(db: &Connection, documents: u64) -> Result<Backlog, StorageError> {
        let mut backlog = Backlog::default();
        let corrected =
            "SELECT count(*) FROM documents INDEXED BY documents_corrects WHERE corrects IS NOT NULL";
        backlog.count_corrected(db.query_row(corrected, [], |row| unsigned(row, 0))?);
        let standard = standard(db);
        let mut statement =
            db.prepare_cached("SELECT id, state, due_at, issued, tries, began_at FROM work")?;
        let mut rows = statement.query([])?;
        let mut open = 0;
        while let Some(row) = rows.next()? {
            let (task_row, state): (i64, String) = (row.get(0)?, row.get(1)?);
            let damaged = || StorageError::damaged(format!("task {task_row} is not valid"));
            let (id, task) = DocumentId::from_part(task_row).ok_or_else(damaged)?;
            if task > 0 {
                let state = PrintState::from_name(&state).ok_or_else(damaged)?;
                backlog.set_print(PrintJobId { document: id, task }, state);
                continue;
            }
            open += 1;
            let report = Report {
                state: ReportState::from_name(&state)
                    .filter(|state| !state.is_final())
                    .ok_or_else(damaged)?,
                due_at: row.get(2)?,
                issued: row.get(3)?,
                tries: row.get(4)?,
                began_at: row.get::<_, Option<i64>>(5)?.unwrap_or_default(),
                standard: standard.contains(&id),
            };
            backlog.set_report(id, report);
        }
        count_finished(db, &mut backlog, documents.saturating_sub(open))?;
        Ok(backlog)
    }

    pub fn report(&self, id: DocumentId) -> Option<Report> {
        self.reports.get(&id).copied()
    }

    /// Sets what is known of an open report. A final state leaves the list and
    /// stays counted.
    pub fn set_report(&mut self, id: DocumentId, report: Report) {
        if let Some(old) = self.reports.remove(&id) {
            self.due.remove(&(old.due_at, id));
            self.standard.remove(&id);
            self.awaiting -= u64::from(old.standard);
            self.issued.remove(&(old.issued, id));
            self.counts[old.state as usize] -= 1;
        }
        self.counts[report.state as usize] += 1;
        if report.state.is_final() {
            return;
        }
        self.awaiting += u64::from(report.standard);
        if report.state == ReportState::Queued {
            self.due.insert((report.due_at, id));
            if report.standard {
                self.standard.insert(id);
            }
        }
        self.issued.insert((report.issued, id));
        self.reports.insert(id, report);
    }

    /// Counts documents of a final state that were stored earlier.
    pub fn count_final(&mut self, state: ReportState, documents: u64) {
        self.counts[state as usize] += documents;
    }

    /// Counts rejected documents that were replaced.
    pub fn count_corrected(&mut self, documents: u64) {
        self.corrected += documents;
    }

    pub fn corrected(&self) -> u64 {
        self.corrected
    }

    pub fn count(&self, state: ReportState) -> u64 {
        self.counts[state as usize]
    }

    /// Queued documents whose time has come, the longest due first.
    pub fn due(&self, now: i64, limit: usize) -> impl Iterator<Item = DocumentId> + '_ {
        self.due.iter().take_while(move |(at, _)| *at <= now).take(limit).map(|(_, id)| *id)
    }

    /// Queued documents whatever their time: standard ones first, then the
    /// longest due.
    pub fn unsent(&self, limit: usize) -> impl Iterator<Item = (DocumentId, Report)> + '_ {
        let others = self.due.iter().map(|(_, id)| *id).filter(|id| !self.standard.contains(id));
        let ids = self.standard.iter().copied().chain(others).take(limit);
        ids.filter_map(|id| Some((id, self.report(id)?)))
    }

    /// Standard documents that are no invoices yet.
    pub fn awaiting(&self) -> u64 {
        self.awaiting
    }

    pub fn next_due_at(&self) -> Option<i64> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Moment of issue of the oldest document that has no final state.
    pub fn oldest_issued(&self) -> Option<i64> {
        self.issued.first().map(|(at, _)| *at)
    }

    /// Open reports with their moment of issue, the oldest first.
    pub fn by_age(&self) -> impl Iterator<Item = (i64, DocumentId)> + '_ {
        self.issued.iter().copied()
    }

    pub fn in_state(&self, state: ReportState) -> impl Iterator<Item = DocumentId> + '_ {
        self.reports.iter().filter(move |(_, report)| report.state == state).map(|(id, _)| *id)
    }

    /// Open reports in order of issue, in the state or in any.
    pub fn reports_from(
        &self,
        from: Bound<DocumentId>,
        state: Option<ReportState>,
    ) -> impl Iterator<Item = (DocumentId, Report)> + '_ {
        let open = self.reports.range((from, Bound::Unbounded));
        open.filter(move |(_, report)| state.is_none_or(|state| report.state == state))
            .map(|(id, report)| (*id, *report))
    }

    pub fn print(&self, job: PrintJobId) -> Option<PrintState> {
        self.prints.get(&job).copied()
    }

    pub fn set_print(&mut self, job: PrintJobId, state: PrintState) {
        self.pending.remove(&job);
        match state {
            PrintState::Printed => {
                self.prints.remove(&job);
            }
            open => {
                self.prints.insert(job, open);
            }
        }
        if state == PrintState::Pending {
            self.pending.insert(job);
        }
    }

    /// The oldest job that nothing stands in the way of.
    pub fn next_print(&self) -> Option<PrintJobId> {
        self.pending.first().copied()
    }

    /// Every print job that is not done, in order of issue.
    pub fn prints(&self) -> impl Iterator<Item = (PrintJobId, PrintState)> + '_ {
        self.prints.iter().map(|(job, state)| (*job, *state))
    }

    /// The highest task of a document's open print jobs.
    pub fn last_task(&self, document: DocumentId) -> i64 {
        let (first, last) =
            (PrintJobId { document, task: i64::MIN }, PrintJobId { document, task: i64::MAX });
        self.prints.range(first..=last).next_back().map_or(PrintJobId::ORIGINAL, |(job, _)| job.task)
    }
}

/// The open reports that are of standard documents. What cannot be read is
/// taken for a simplified one here and refused when its turn comes.
fn standard(db: &Connection) -> BTreeSet<DocumentId> {
    let read = || -> rusqlite::Result<BTreeSet<DocumentId>> {
        let mut statement = db.prepare_cached(
            "SELECT documents.id FROM work JOIN documents ON documents.id = work.id >> 16
             WHERE work.id & 0xFFFF = 0 AND documents.kind % 10000000 / 100000 = 1",
        )?;
        let ids = statement.query_map([], |row| row.get(0))?;
        ids.filter_map(|id| id.map(DocumentId::from_row).transpose()).collect()
    };
    read().unwrap_or_default()
}

/// Counts the notable outcomes by their index; every other finished document was reported.
fn count_finished(db: &Connection, backlog: &mut Backlog, finished: u64) -> Result<(), StorageError> {
    let mut rest = finished;
    let mut statement = db.prepare_cached(
        "SELECT state, count(*) FROM attempts INDEXED BY attempts_notable
         WHERE state IN ('ReportedWithWarnings', 'Cleared', 'Rejected') GROUP BY state",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let state = ReportState::from_name(&name)
            .ok_or_else(|| StorageError::damaged(format!("an attempt has the unknown state {name}")))?;
        let count = unsigned(row, 1)?;
        backlog.count_final(state, count);
        rest = rest.saturating_sub(count);
    }
    backlog.count_final(ReportState::Reported, rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Icv;
    use crate::ledger::ids::ChainId;

    fn id(icv: u64) -> DocumentId {
        DocumentId::new(ChainId::new(1).unwrap(), Icv::new(icv).unwrap()).unwrap()
    }

    fn queued(due_at: i64, issued: i64) -> Report {
        Report { state: ReportState::Queued, due_at, issued, tries: 0, began_at: 0, standard: false }
    }

    #[test]
    fn due_is_in_order_and_in_flight_is_not_due() {
        let mut backlog = Backlog::default();
        for (icv, due_at) in [(1, 30), (2, 10), (3, 20), (4, 99)] {
            backlog.set_report(id(icv), queued(due_at, icv as i64));
        }
        let due = |b: &Backlog| b.due(50, 9).map(|id| id.icv().get()).collect::<Vec<_>>();
        assert_eq!(due(&backlog), [2, 3, 1]);
        backlog.set_report(id(2), Report { state: ReportState::InFlight, ..queued(10, 2) });
        assert_eq!(due(&backlog), [3, 1]);
        assert_eq!(backlog.next_due_at(), Some(20));
        assert_eq!(backlog.oldest_issued(), Some(1));
        backlog.set_report(id(1), Report { state: ReportState::Reported, ..queued(30, 1) });
        assert_eq!(backlog.oldest_issued(), Some(2));
        assert_eq!(backlog.count(ReportState::Queued), 2);
        assert_eq!(backlog.count(ReportState::Reported), 1);
        assert_eq!(backlog.report(id(1)), None);
    }

    #[test]
    fn standard_documents_are_offered_first_and_leave_with_their_state() {
        let mut backlog = Backlog::default();
        for icv in 1..=5 {
            backlog.set_report(id(icv), Report { standard: icv > 3, ..queued(10 * (6 - icv as i64), 0) });
        }
        let unsent = |b: &Backlog, limit| b.unsent(limit).map(|(id, _)| id.icv().get()).collect::<Vec<_>>();
        assert_eq!(unsent(&backlog, 9), [4, 5, 3, 2, 1]);
        assert_eq!(unsent(&backlog, 1), [4]);
        backlog.set_report(id(4), Report { state: ReportState::InFlight, standard: true, ..queued(0, 0) });
        assert_eq!(unsent(&backlog, 2), [5, 3]);
        backlog.set_report(id(4), Report { standard: true, ..queued(0, 0) });
        backlog.set_report(id(5), Report { state: ReportState::Cleared, standard: true, ..queued(0, 0) });
        assert_eq!(unsent(&backlog, 9), [4, 3, 2, 1]);
        assert_eq!(backlog.awaiting(), 1);
    }

    #[test]
    fn the_original_prints_before_its_copy_and_what_failed_waits() {
        let mut backlog = Backlog::default();
        let job = |icv, task| PrintJobId { document: id(icv), task };
        backlog.set_print(job(2, 1), PrintState::Pending);
        backlog.set_print(job(1, 2), PrintState::Pending);
        backlog.set_print(job(1, 1), PrintState::Pending);
        assert_eq!(backlog.next_print(), Some(job(1, 1)));
        backlog.set_print(job(1, 1), PrintState::Failed);
        assert_eq!(backlog.next_print(), Some(job(1, 2)));
        assert_eq!(backlog.last_task(id(1)), 2);
        backlog.set_print(job(1, 2), PrintState::Printed);
        assert_eq!(backlog.print(job(1, 2)), None);
        assert_eq!(backlog.next_print(), Some(job(2, 1)));
    }
}
