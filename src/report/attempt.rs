//! One attempt: the document out of the ledger, over the line, and what came
//! back into the ledger.

use std::time::Duration;

use tokio::time::Instant;

use super::cleared;
use super::queue::{Begun, Queue, QueueError, Record};
use crate::fatoora::{Answer, Authority, Credentials, DocumentCall, Headers, Verdict};

/// Longest pause between tries to write an outcome on a failing disk.
const LONGEST_WRITE_PAUSE: Duration = Duration::from_secs(60);

/// How an attempt ended.
pub(super) enum Sent {
    Answered { call: DocumentCall, answer: Answer, size: usize },
    Gone,
    Failed(QueueError),
}

/// Takes the document from the ledger and sends it; `told` hears by which call
/// before the first byte leaves.
pub(super) async fn attempt<Q: Queue>(
    queue: &Q,
    authority: &dyn Authority,
    credentials: &Credentials,
    (id, now): (Q::Id, i64),
    told: impl FnOnce(DocumentCall),
) -> Sent {
    let (call, submission) = match queue.begin(id, now).await {
        Ok(Begun::Document { call, submission }) => (call, submission),
        Ok(Begun::Gone) => return Sent::Gone,
        Err(error) => return Sent::Failed(error),
    };
    told(call);
    let answer = match call {
        DocumentCall::Clearance => {
            cleared::guard(authority.clear(credentials, &submission).await, &submission.hash, now)
        }
        DocumentCall::Reporting | DocumentCall::Check => authority.report(credentials, &submission).await,
    };
    Sent::Answered { call, answer, size: submission.xml.len() }
}

/// Writes an outcome however long the disk refuses: an accepted document must
/// not be sent again because a write failed.
pub(super) async fn write<Q: Queue>(queue: &Q, id: Q::Id, record: Record) -> Result<(), QueueError> {
    let mut pause = Duration::from_secs(1);
    loop {
        match queue.finish(id, record.clone()).await {
            Err(QueueError::Failed(error)) => {
                tracing::error!(document = ?id, %error, "an outcome is not written yet; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_WRITE_PAUSE);
            }
            done => return done,
        }
    }
}

/// An attempt that brought no answer.
pub(super) fn nothing(verdict: Verdict, error: &str, begun: Instant) -> Answer {
    Answer {
        verdict,
        http: None,
        headers: Headers::default(),
        body: Vec::new(),
        duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        error: Some(error.to_owned()),
    }
}
