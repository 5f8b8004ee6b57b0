//! The ledger: one SQLite file that one thread owns, in which a sale becomes
//! durable: its document, place in the chain, queue entry, print job and
//! idempotency key in one commit with one flush.
//!
//! Two designs were measured, each over 1,000 sales of ten lines with their
//! reports. The plain one (a table per subject, each with its own keys and
//! indexes over UUID, number, due time and idempotency key) wrote 19 KB per sale
//! at 1 KiB pages and 47 KB at 4 KiB. This one carries what it can in row ids,
//! because each further B-tree costs a sale one more page:
//!
//! - a document's row is its chain and ICV, its UUID leads back to the row
//!   (ids.rs), its number is found by bisection (lookup.rs);
//! - what plain sales do not have (corrections, returns, odd shares of a discount)
//!   is a NULL in the document's row or a table that they do not touch;
//! - tasks and attempts stand under their document's row, and a task that is
//!   done leaves, so the open ones are few and are kept in memory too (backlog.rs);
//! - idempotency keys are kept as hashes (keys.rs).
//!
//! | page size | sale, to the disk | with its report | asked for | stored | with its report |
//! | --------- | ----------------- | --------------- | --------- | ------ | --------------- |
//! | 512 B     | 11.6 KB           | 15.0 KB         | 10.5 KB   | 1.76 KB | 1.91 KB        |
//! | 1 KiB     | 14.6 KB           | 19.2 KB         | 15.0 KB   | 1.88 KB | 2.02 KB        |
//! | 2 KiB     | 20.7 KB           | 29.9 KB         | 25.0 KB   | 2.20 KB | 2.31 KB        |
//! | 4 KiB     | 28.7 KB           | 44.2 KB         | 40.2 KB   | 2.20 KB | 2.29 KB        |
//!
//! (`write_bytes` and `wchar` of the process, random idempotency keys, ext4; the
//! two larger sizes with a checkpoint every 400 writes. XML of 16.0 KB packs into
//! 1.40 KB at zstd level 5 in 0.05 ms; level 3 gives 1.48 KB, level 19 1.32 KB in
//! 6 ms.) Hence pages of 512 bytes. `tests/ledger/measure.rs` measures again.

mod activities;
mod append;
mod attempts;
pub mod audit;
mod backlog;
mod backup;
mod chains;
mod clock;
mod concerns;
mod corrections;
mod database;
mod document;
mod error;
mod evidence;
mod gate;
pub mod guard;
mod handle;
mod ids;
mod judgement;
mod keys;
mod listing;
mod lock;
mod lookup;
mod mark;
mod migrate;
mod opening;
mod packer;
mod paid;
mod prints;
mod queue;
mod recovery;
mod refusal;
mod release;
pub mod rest;
mod returns;
mod sample;
mod snapshot;
mod stakes;
mod state;
mod store;
mod succession;
mod timing;
mod warned;
mod witness;

pub use activities::{Activity, ActivityRecord, What};
pub use append::{Idempotency, Order};
pub use attempts::{Attempt, AttemptRecord};
pub use chains::{KnownChain, unsent_at_rest};
pub use clock::{Clock, SystemClock, TestClock};
pub use concerns::Unreported;
pub use corrections::CorrectionError;
pub use document::Stored;
pub use error::{ActivateError, AppendError, QrLookupError, StorageError};
pub use gate::broken_rules;
pub use guard::{AuthorityTime, ClockState, Reading};
pub use handle::{Ledger, LedgerGone};
pub use ids::{ChainId, DocumentId, PrintJobId};
pub use listing::Open;
pub use lock::Lock;
pub use migrate::SCHEMA_VERSION;
pub use opening::{FILE_NAME, Surroundings};
pub use prints::PrintJob;
pub use queue::{BODY_BOUND, Due, QueueSummary, Unsent};
pub use recovery::Recovery;
pub use refusal::OpenError;
pub use release::ReleaseError;
pub use returns::{Original, ReturnError, ReturnOf, Returned, ReturnedLine};
pub use snapshot::{ChainRecord, DocumentRecord, Snapshot, Walk};
pub use stakes::{Holdings, Known, Stakes, Word};
pub use state::{IllegalTransition, PrintState, ReportState};
pub use store::{Notice, Random, Store, Unit};
pub use succession::OnRenewal;
pub use timing::{ClockReport, reading};
pub use warned::Warned;
