//! The way of documents to the authority: what is due, attempts, outcomes.

use uuid::Uuid;

use super::attempts::{AttemptRecord, insert_attempt, read_state};
use super::backlog::Report;
use super::database::Durability;
use super::ids::{DocumentId, PrintJobId};
use super::prints;
use super::state::{IllegalTransition, PrintState, ReportState};
use super::{StorageError, Store, Stored};
use crate::chain::InvoiceHash;
use crate::invoice::Kind;

/// The verdict after which a standard document is reported and not cleared.
const CLEARANCE_OFF: &str = "clearance-off";

/// Bytes of an answer that are kept; the length is kept in any case.
pub const BODY_BOUND: usize = 64 << 10;

/// A document whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub id: DocumentId,
    pub uuid: Uuid,
    pub hash: InvoiceHash,
    pub kind: Kind,
    /// Attempts begun so far.
    pub attempts: u32,
    /// Seconds UTC; the 24 hours run from here.
    pub issued: i64,
}

/// A queued document as the ledger's memory has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsent {
    pub id: DocumentId,
    /// Attempts begun so far.
    pub attempts: u32,
    /// Seconds UTC.
    pub issued: i64,
    /// A standard document: somebody waits for its clearance.
    pub standard: bool,
}

/// The queue at a glance, at the same cost whatever it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueSummary {
    pub documents: u64,
    pub queued: u64,
    pub in_flight: u64,
    pub held: u64,
    pub reported: u64,
    pub reported_with_warnings: u64,
    pub cleared: u64,
    pub rejected: u64,
    /// How many of the rejected ones another document replaces; the rest need a person.
    pub corrected: u64,
    /// Standard documents that the authority has not answered for good: no
    /// invoices yet.
    pub awaiting_clearance: u64,
    /// Moment of issue of the oldest document without a final state, seconds UTC.
    pub oldest_unsent: Option<i64>,
    pub next_due_at: Option<i64>,
}

impl QueueSummary {
    /// How many documents are in each state.
    pub const fn by_state(&self) -> [(ReportState, u64); 7] {
        [
            (ReportState::Queued, self.queued),
            (ReportState::InFlight, self.in_flight),
            (ReportState::Held, self.held),
            (ReportState::Reported, self.reported),
            (ReportState::ReportedWithWarnings, self.reported_with_warnings),
            (ReportState::Cleared, self.cleared),
            (ReportState::Rejected, self.rejected),
        ]
    }

    /// Documents that the authority has not answered for good.
    pub fn open(&self) -> u64 {
        self.queued + self.in_flight + self.held
    }
}

impl Store {
    /// Queued documents whose time has come, the longest due first.
    pub fn due(&self, now: i64, limit: usize) -> Result<Vec<Due>, StorageError> {
        self.backlog.due(now, limit).map(|id| self.due_document(id)).collect()
    }

    /// Queued documents, whenever they are due: standard ones first, then the
    /// longest due. Reads nothing from the file.
    pub fn unsent(&self, limit: usize) -> Vec<Unsent> {
        let one = |(id, report): (DocumentId, Report)| Unsent {
            id,
            attempts: report.tries,
            issued: report.issued,
            standard: report.standard,
        };
        self.backlog.unsent(limit).map(one).collect()
    }

    /// A document with its bytes as they are sent.
    ///
    /// # Errors
    ///
    /// [`StorageError::Damaged`] too if the row names another document than the
    /// one beside it: the authority rejects a request whose hash or UUID are not
    /// those of its XML, and the customer holds a document that is right.
    pub fn sendable(&mut self, id: DocumentId) -> Result<(Stored, Vec<u8>), StorageError> {
        let stored = self.document(id)?.ok_or(StorageError::NoDocument(id))?;
        let xml = self.xml(id)?;
        let agrees = std::str::from_utf8(&xml).is_ok_and(|text| {
            text.contains(&stored.uuid.to_string()) && text.contains(&stored.hash.to_base64())
        });
        if !agrees {
            return Err(StorageError::damaged(format!(
                "the row of document {id} names another UUID or hash than its XML"
            )));
        }
        Ok((stored, xml))
    }

    fn due_document(&self, id: DocumentId) -> Result<Due, StorageError> {
        let report = self.backlog.report(id).ok_or(StorageError::NoDocument(id))?;
        let stored = self.document(id)?.ok_or(StorageError::NoDocument(id))?;
        Ok(Due {
            id,
            uuid: stored.uuid,
            hash: stored.hash,
            kind: stored.kind,
            attempts: report.tries,
            issued: report.issued,
        })
    }

    /// When the next queued document is due, seconds UTC.
    pub fn next_due_at(&self) -> Option<i64> {
        self.backlog.next_due_at()
    }

    pub fn queue_summary(&self) -> QueueSummary {
        let count = |state| self.backlog.count(state);
        QueueSummary {
            documents: self.documents,
            queued: count(ReportState::Queued),
            in_flight: count(ReportState::InFlight),
            held: count(ReportState::Held),
            reported: count(ReportState::Reported),
            reported_with_warnings: count(ReportState::ReportedWithWarnings),
            cleared: count(ReportState::Cleared),
            rejected: count(ReportState::Rejected),
            corrected: self.backlog.corrected(),
            awaiting_clearance: self.backlog.awaiting(),
            oldest_unsent: self.backlog.oldest_issued(),
            next_due_at: self.backlog.next_due_at(),
        }
    }

    /// Queued -> InFlight, before the first byte leaves. After a power cut the
    /// document is queued with or without this mark, so it needs no flush.
    pub fn begin_attempt(&mut self, id: DocumentId, now: i64) -> Result<(), StorageError> {
        let old = self.open_report(id, ReportState::InFlight)?;
        let state = old.state.step(ReportState::InFlight)?;
        let new = Report { state, began_at: now, tries: old.tries + 1, ..old };
        self.write(Durability::ProcessEnd, |db| {
            let sql = "UPDATE work SET state = ?2, began_at = ?3, tries = ?4 WHERE id = ?1";
            db.prepare_cached(sql)?.execute((id.part(0), state.name(), now, new.tries))?;
            Ok::<_, StorageError>(())
        })?;
        self.backlog.set_report(id, new);
        Ok(())
    }

    /// InFlight -> `to`, with the attempt on record. `due_at` counts for
    /// [`ReportState::Queued`] only.
    pub fn finish_attempt(
        &mut self,
        id: DocumentId,
        attempt: &AttemptRecord,
        to: ReportState,
        due_at: i64,
    ) -> Result<(), StorageError> {
        let old = self.open_report(id, to)?;
        if old.state != ReportState::InFlight {
            return Err(IllegalTransition { machine: "report", from: old.state.name(), to: to.name() }.into());
        }
        let state = old.state.step(to)?;
        let new = Report { state, due_at, began_at: 0, ..old };
        let bound = attempt.body.len().min(BODY_BOUND);
        let body = match bound {
            0 => None,
            bound => Some(self.answers.pack(&attempt.body[..bound])?),
        };
        let cleared = match &attempt.cleared {
            Some(xml) => Some(self.packer(id.chain())?.pack(xml)?),
            None => None,
        };
        let receipt = self.receipt_due(id, &new)?;
        // Which call a standard document goes to next is read from what came
        // before: forgotten, it would be asked to be cleared after it was reported.
        let road = old.standard && (state.is_final() || attempt.verdict == CLEARANCE_OFF);
        let durability = match state {
            _ if receipt || road => Durability::PowerCut,
            // A transient failure that a power cut forgets is only tried again.
            // An acceptance is flushed with the next sale or checkpoint; should the
            // power fail before, the same bytes go once more and the authority
            // answers that it has them. A flush of its own would double the wear
            // of a sale and let a drain of the queue slow down the selling.
            ReportState::Queued | ReportState::Reported | ReportState::ReportedWithWarnings => {
                Durability::ProcessEnd
            }
            _ => Durability::PowerCut,
        };
        let note = attempt.error.as_deref().unwrap_or(&attempt.verdict);
        self.write(durability, |db| {
            insert_attempt(db, id, new.tries, attempt, body.as_deref(), state)?;
            if let Some(cleared) = &cleared {
                let sql = "INSERT INTO clearances (document, xml) VALUES (?1, ?2)";
                db.prepare_cached(sql)?.execute((id.row(), cleared))?;
            }
            if receipt {
                prints::insert(db, PrintJobId::original(id))?;
            }
            write_report(db, id, &new, note)
        })?;
        self.backlog.set_report(id, new);
        if receipt {
            self.backlog.set_print(PrintJobId::original(id), PrintState::Pending);
        }
        Ok(())
    }

    /// Whether the receipt that the sale asked for is due with this outcome: of
    /// a standard document when the authority has taken it, and no sooner.
    fn receipt_due(&self, id: DocumentId, report: &Report) -> Result<bool, StorageError> {
        if !report.standard || !report.state.is_final() || report.state == ReportState::Rejected {
            return Ok(false);
        }
        let stored = self.document(id)?.ok_or(StorageError::NoDocument(id))?;
        Ok(stored.print)
    }

    /// Queued -> Held: an operator must look before it is sent (again).
    pub fn hold(&mut self, id: DocumentId, reason: &str) -> Result<(), StorageError> {
        self.move_report(id, ReportState::Held, None, reason)
    }

    /// Held -> Queued.
    pub fn release(&mut self, id: DocumentId, due_at: i64) -> Result<(), StorageError> {
        self.move_report(id, ReportState::Queued, Some(due_at), "")
    }

    /// Makes every queued document due at once, as when the line is back. The
    /// times in the file stay: after a restart everything queued is due anyway.
    pub fn all_due(&mut self, now: i64) {
        let waiting: Vec<DocumentId> = self.backlog.in_state(ReportState::Queued).collect();
        for id in waiting {
            let Some(report) = self.backlog.report(id).filter(|report| report.due_at > now) else { continue };
            self.backlog.set_report(id, Report { due_at: now, ..report });
        }
    }

    fn move_report(
        &mut self,
        id: DocumentId,
        to: ReportState,
        due_at: Option<i64>,
        note: &str,
    ) -> Result<(), StorageError> {
        let old = self.open_report(id, to)?;
        if old.state == ReportState::InFlight {
            return Err(IllegalTransition { machine: "report", from: old.state.name(), to: to.name() }.into());
        }
        let new = Report { state: old.state.step(to)?, due_at: due_at.unwrap_or(old.due_at), ..old };
        self.write(Durability::PowerCut, |db| write_report(db, id, &new, note))?;
        self.backlog.set_report(id, new);
        Ok(())
    }

    /// InFlight -> Queued at start: the program ended before the answer came.
    pub(super) fn interrupt_attempt(&mut self, id: DocumentId) -> Result<(), StorageError> {
        let began_at = self.open_report(id, ReportState::Queued)?.began_at;
        let attempt = AttemptRecord {
            started_at: began_at,
            duration_ms: 0,
            endpoint: String::new(),
            http: None,
            headers: Vec::new(),
            body: Vec::new(),
            verdict: "interrupted".to_owned(),
            error: Some("the program ended before the answer came".to_owned()),
            cleared: None,
        };
        self.finish_attempt(id, &attempt, ReportState::Queued, began_at)
    }

    /// A document's report state.
    pub fn report_state(&self, id: DocumentId) -> Result<ReportState, StorageError> {
        if let Some(report) = self.backlog.report(id) {
            return Ok(report.state);
        }
        let sql = "SELECT state FROM attempts WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([id.part(1), id.part(DocumentId::MOST_PARTS)])?;
        match rows.next()? {
            Some(row) => read_state(row, 0),
            None => Err(StorageError::NoDocument(id)),
        }
    }

    /// Why a document is held.
    pub fn held_reason(&self, id: DocumentId) -> Result<Option<String>, StorageError> {
        let sql = "SELECT note FROM work WHERE id = ?1 AND state = 'Held'";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([id.part(0)])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?.flatten())
    }

    /// Documents in a state that someone should look at, oldest first. Plainly
    /// reported ones are not listed, nor rejected ones that were corrected.
    pub fn documents_in(&self, state: ReportState, limit: usize) -> Result<Vec<DocumentId>, StorageError> {
        if !state.is_final() {
            return Ok(self.backlog.in_state(state).take(limit).collect());
        }
        let sql = "SELECT id FROM attempts INDEXED BY attempts_notable
                   WHERE state IN ('ReportedWithWarnings', 'Cleared', 'Rejected') AND state = ?1
                     AND NOT EXISTS (SELECT 1 FROM documents WHERE corrects = attempts.document)
                   ORDER BY id LIMIT ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query((state.name(), limit as i64))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.extend(DocumentId::from_part(row.get(0)?).map(|(document, _)| document));
        }
        Ok(found)
    }

    /// An open report task; `to` names the step that was wanted if there is none.
    fn open_report(&self, id: DocumentId, to: ReportState) -> Result<Report, StorageError> {
        match self.backlog.report(id) {
            Some(report) => Ok(report),
            None => {
                let from = self.report_state(id)?.name();
                Err(IllegalTransition { machine: "report", from, to: to.name() }.into())
            }
        }
    }
}

/// Final reports leave the table, the others change in place.
pub(super) fn write_report(
    db: &rusqlite::Connection,
    id: DocumentId,
    report: &Report,
    note: &str,
) -> Result<(), StorageError> {
    if report.state.is_final() {
        db.prepare_cached("DELETE FROM work WHERE id = ?1")?.execute([id.part(0)])?;
        return Ok(());
    }
    let note = (report.state == ReportState::Held).then_some(note);
    db.prepare_cached("UPDATE work SET state = ?2, due_at = ?3, began_at = NULL, note = ?4 WHERE id = ?1")?
        .execute((id.part(0), report.state.name(), report.due_at, note))?;
    Ok(())
}
