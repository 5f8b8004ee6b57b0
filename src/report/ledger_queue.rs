//! The ledger as the driver's queue: four steps on the store, and the ledger
//! thread that takes them.

use serde_json::Value;

use super::machine::{Outcome, Waiting};
use super::queue::{Begun, Queue, QueueError, Record};
use super::road::{self, Past};
use super::settle::HoldReason;
use crate::fatoora::{DocumentCall, Headers, Submission, Verdict};
use crate::invoice::Subtype;
use crate::ledger::{
    AttemptRecord, BODY_BOUND, DocumentId, Ledger, LedgerGone, ReportState, StorageError, Store, Stored,
    Unsent,
};

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
/// every queued document is asked for. The ledger has them in memory; one that
/// cannot be read is held when its turn comes, and the others go.
pub fn queued(store: &mut Store, limit: usize) -> Result<Vec<Waiting<DocumentId>>, QueueError> {
    let offered = store.unsent(limit).into_iter();
    let waiting = |one: Unsent| Waiting {
        id: one.id,
        attempts: one.attempts,
        issued: one.issued,
        standard: one.standard,
    };
    Ok(offered.map(waiting).collect())
}

/// As [`Queue::begin`].
pub fn begin(store: &mut Store, id: DocumentId, now: i64) -> Result<Begun, QueueError> {
    if store.report_state(id)? != ReportState::Queued {
        return Ok(Begun::Gone);
    }
    let (stored, xml, call) = match document(store, id) {
        Ok(found) => found,
        Err(error) => {
            hold_unreadable(store, id, &error)?;
            return Ok(Begun::Gone);
        }
    };
    store.begin_attempt(id, now)?;
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

/// What is sent, and by which call.
fn document(store: &mut Store, id: DocumentId) -> Result<(Stored, Vec<u8>, DocumentCall), StorageError> {
    let (stored, xml) = store.sendable(id)?;
    let past = match stored.kind.subtype {
        Subtype::Simplified => Vec::new(),
        Subtype::Standard => store.course(id)?,
    };
    let past: Vec<Past> = past.into_iter().map(|(endpoint, verdict)| Past { endpoint, verdict }).collect();
    let call = road::call(stored.kind.subtype, &past);
    Ok((stored, xml, call))
}

fn hold_unreadable(store: &mut Store, id: DocumentId, error: &StorageError) -> Result<(), QueueError> {
    tracing::error!(document = %id, %error, "a queued document cannot be read; it is held and the others go on");
    Ok(store.hold(id, HoldReason::Unreadable.word())?)
}

fn attempt(ended: Record) -> AttemptRecord {
    let Record { started_at, call, answer, outcome } = ended;
    let held = outcome.hold.map(|reason| reason.word().to_owned());
    let verdict = answer.verdict.word().to_owned();
    let cleared = match answer.verdict {
        Verdict::Accepted(acceptance) => acceptance.cleared,
        _ => None,
    };
    AttemptRecord {
        started_at,
        duration_ms: answer.duration_ms,
        endpoint: road::word(call).to_owned(),
        http: answer.http,
        headers: pairs(answer.headers),
        body: match cleared {
            Some(_) => without_cleared(answer.body),
            None => answer.body,
        },
        verdict,
        error: held.or(answer.error),
        cleared,
    }
}

/// A large answer without the cleared document, which is kept beside it: cut at
/// the bound, its findings could not be read any more.
fn without_cleared(body: Vec<u8>) -> Vec<u8> {
    if body.len() <= BODY_BOUND {
        return body;
    }
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&body) else { return body };
    answer.insert("clearedInvoice".to_owned(), Value::from("kept apart"));
    serde_json::to_vec(&answer).unwrap_or(body)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_clearance_keeps_its_findings() {
        let body =
            |xml: &str| format!(r#"{{"clearedInvoice":"{xml}","validationResults":{{"status":"WARNING"}}}}"#);
        let small = body("abc").into_bytes();
        assert_eq!(without_cleared(small.clone()), small);
        let kept = without_cleared(body(&"A".repeat(BODY_BOUND)).into_bytes());
        assert!(kept.len() < 100 && String::from_utf8(kept).unwrap().contains("WARNING"));
        let rubbish = vec![b'<'; BODY_BOUND + 1];
        assert_eq!(without_cleared(rubbish.clone()), rubbish);
    }
}
