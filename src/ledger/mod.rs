//! The ledger: one SQLite file that one thread owns, in which a sale becomes
//! durable: its document, place in the chain, queue entry, print job and
//! idempotency key in one commit with one flush.
//!
//! FIGURES-PLACEHOLDER

mod append;
pub mod audit;
mod backlog;
mod backup;
mod clock;
mod database;
mod document;
mod error;
mod handle;
mod ids;
mod keys;
mod lock;
mod lookup;
mod mark;
mod migrate;
mod opening;
mod packer;
mod prints;
mod queue;
mod sample;
mod state;
mod store;

pub use append::{Idempotency, Order};
pub use clock::{Clock, SystemClock, TestClock};
pub use document::Stored;
pub use error::{ActivateError, AppendError, OpenError, StorageError};
pub use handle::{Ledger, LedgerGone};
pub use ids::{ChainId, DocumentId, PrintJobId};
pub use migrate::SCHEMA_VERSION;
pub use opening::{FILE_NAME, Recovery, Surroundings};
pub use prints::PrintJob;
pub use queue::{Attempt, AttemptRecord, BODY_BOUND, Due, QueueSummary};
pub use state::{IllegalTransition, PrintState, ReportState};
pub use store::{Notice, Random, Store, Unit};
