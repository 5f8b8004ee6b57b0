//! What the driver asks of the ledger, as a trait, so that the driver can be
//! tested with another queue.

use std::fmt::Debug;
use std::future::Future;

use thiserror::Error;

use super::machine::{Outcome, Waiting};
use super::settle::HoldReason;
use crate::fatoora::{Answer, DocumentCall, Submission};

/// The durable queue of documents.
pub trait Queue: Send + Sync + 'static {
    /// A document; the order is that of issue.
    type Id: Copy + Ord + Debug + Send + Sync + 'static;

    /// Up to `limit` queued documents, oldest first, whenever they are due.
    fn queued(&self, limit: usize)
    -> impl Future<Output = Result<Vec<Waiting<Self::Id>>, QueueError>> + Send;

    /// Queued -> in flight, written before the first byte leaves, and what is to be sent.
    fn begin(&self, id: Self::Id, now: i64) -> impl Future<Output = Result<Begun, QueueError>> + Send;

    /// The end of an attempt that was begun, with everything about it.
    fn finish(&self, id: Self::Id, ended: Record) -> impl Future<Output = Result<(), QueueError>> + Send;

    /// Queued -> held, without an attempt.
    fn hold(&self, id: Self::Id, reason: HoldReason) -> impl Future<Output = Result<(), QueueError>> + Send;
}

/// Whether a document may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    Document {
        call: DocumentCall,
        submission: Submission,
    },
    /// Not queued any more: held by an operator, say.
    Gone,
}

/// One attempt as it ended, and what became of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Unix seconds UTC.
    pub started_at: i64,
    pub call: DocumentCall,
    pub answer: Answer,
    pub outcome: Outcome,
}

/// The queue did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QueueError {
    /// The program is stopping.
    #[error("the ledger is closed")]
    Closed,
    /// This step does not exist for this document; trying again changes nothing.
    #[error("the ledger refused the step: {0}")]
    Refused(String),
    /// Disk full or failing: may pass.
    #[error("the ledger failed: {0}")]
    Failed(String),
}
