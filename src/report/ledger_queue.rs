//! The ledger as the driver's queue: four steps on the store, and the ledger
//! thread that takes them.

use super::machine::{Outcome, Waiting};
use super::queue::{Begun, Queue, QueueError, Record};
use super::settle::HoldReason;
use crate::fatoora::{DocumentCall, Headers, Submission, Verdict};
use crate::invoice::Subtype;
use crate::ledger::{
    AttemptRecord, DocumentId, Due, Ledger, LedgerGone, ReportState, StorageError, Store, Stored,
};

/// The reason under which a document that cannot be read is held.
const UNREADABLE: &str = "unreadable";

impl Queue for Ledger {
    type Id = DocumentId;

    async fn queued(&self, limit: usize) -> Result<Vec<Waiting<DocumentId>>, QueueError> {
        self.run(move |store| queued(store, limit)).await?
    }

    async fn begin(&self, id: DocumentId, now: i64) -> Result<Begun, QueueError> {
        self.run(move |store| begin(store, id, now)).await?
    }

    async fn finish(&self, id: DocumentId, ended: Record) -> Result<(), QueueError> {
        self.run(move |store| finish(store, id, ended)).await?
    }

    async fn hold(&self, id: DocumentId, reason: HoldReason) -> Result<(), QueueError> {
        self.run(move |store| hold(store, id, reason)).await?
    }
}

/// As [`Queue::queued`]. The driver keeps waits in its own, monotonic time, so
/// every queued document is asked for. If one of them cannot be read it is held,
/// and the others go.
pub fn queued(store: &mut Store, limit: usize) -> Result<Vec<Waiting<DocumentId>>, QueueError> {
    if let Ok(due) = store.due(i64::MAX, limit) {
        return Ok(due.into_iter().map(waiting).collect());
    }
    let mut readable = Vec::new();
    for id in store.documents_in(ReportState::Queued, limit)? {
        match store.document(id) {
            Ok(Some(stored)) => {
                let attempts = store.attempts(id).map_or(0, |attempts| attempts.len());
                readable.push(Waiting {
                    id,
                    attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
                    issued: stored.issued.unix(),
                });
            }
            Ok(None) => hold_unreadable(store, id, &StorageError::NoDocument(id))?,
            Err(error) => hold_unreadable(store, id, &error)?,
        }
    }
    Ok(readable)
}

fn waiting(due: Due) -> Waiting<DocumentId> {
    Waiting { id: due.id, attempts: due.attempts, issued: due.issued }
}

/// As [`Queue::begin`].
pub fn begin(store: &mut Store, id: DocumentId, now: i64) -> Result<Begun, QueueError> {
    if store.report_state(id)? != ReportState::Queued {
        return Ok(Begun::Gone);
    }
    let (stored, xml) = match document(store, id) {
        Ok(found) => found,
        Err(error) => {
            hold_unreadable(store, id, &error)?;
            return Ok(Begun::Gone);
        }
    };
    store.begin_attempt(id, now)?;
    let call = match stored.kind.subtype {
        Subtype::Simplified => DocumentCall::Reporting,
        Subtype::Standard => DocumentCall::Clearance,
    };
    Ok(Begun::Document { call, submission: Submission { uuid: stored.uuid, hash: stored.hash, xml } })
}

/// As [`Queue::finish`].
pub fn finish(store: &mut Store, id: DocumentId, ended: Record) -> Result<(), QueueError> {
    let Outcome { state, due_at, .. } = ended.outcome;
    Ok(store.finish_attempt(id, &attempt(ended), state, due_at)?)
}

/// As [`Queue::hold`].
pub fn hold(store: &mut Store, id: DocumentId, reason: HoldReason) -> Result<(), QueueError> {
    Ok(store.hold(id, reason.word())?)
}

fn document(store: &mut Store, id: DocumentId) -> Result<(Stored, Vec<u8>), StorageError> {
    let stored = store.document(id)?.ok_or(StorageError::NoDocument(id))?;
    let xml = store.xml(id)?;
    Ok((stored, xml))
}

fn hold_unreadable(store: &mut Store, id: DocumentId, error: &StorageError) -> Result<(), QueueError> {
    tracing::error!(document = %id, %error, "a queued document cannot be read; it is held and the others go on");
    Ok(store.hold(id, UNREADABLE)?)
}

fn attempt(ended: Record) -> AttemptRecord {
    let Record { started_at, call, answer, outcome } = ended;
    let endpoint = match call {
        DocumentCall::Check => "check",
        DocumentCall::Reporting => "reporting",
        DocumentCall::Clearance => "clearance",
    };
    let held = outcome.hold.map(|reason| reason.word().to_owned());
    let verdict = answer.verdict.word().to_owned();
    let cleared = match answer.verdict {
        Verdict::Accepted(acceptance) => acceptance.cleared,
        _ => None,
    };
    AttemptRecord {
        started_at,
        duration_ms: answer.duration_ms,
        endpoint: endpoint.to_owned(),
        http: answer.http,
        headers: pairs(answer.headers),
        body: answer.body,
        verdict,
        error: held.or(answer.error),
        cleared,
    }
}

fn pairs(headers: Headers) -> Vec<(String, String)> {
    [
        ("content-type", headers.content_type),
        ("date", headers.date),
        ("retry-after", headers.retry_after),
        ("location", headers.location),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

impl From<LedgerGone> for QueueError {
    fn from(gone: LedgerGone) -> QueueError {
        match gone {
            LedgerGone::Stopped => QueueError::Closed,
            LedgerGone::Fault => QueueError::Failed(gone.to_string()),
        }
    }
}

impl From<StorageError> for QueueError {
    fn from(error: StorageError) -> QueueError {
        match error {
            StorageError::Transition(_) | StorageError::NoDocument(_) => {
                QueueError::Refused(error.to_string())
            }
            _ => QueueError::Failed(error.to_string()),
        }
    }
}
