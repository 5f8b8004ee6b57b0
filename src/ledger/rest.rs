//! The ledger of a till that does not run, at a glance: for whoever asks why it
//! does not. Needs no lock and leaves no trace.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::audit::open_with;
use super::backlog::Backlog;
use super::database::{self, unsigned};
use super::opening::FILE_NAME;
use super::state::{PrintState, ReportState};
use super::{OpenError, StorageError};

/// Documents at the end of the ledger among which the latest moment is looked
/// for: a correction keeps the moment of what it replaces.
const TAIL: i64 = 64;

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtRest {
    pub documents: u64,
    /// The latest moment of issue near the end, seconds UTC.
    pub last_issued: Option<i64>,
    /// Documents without a final state.
    pub unsent: u64,
    /// Moment of issue of the oldest of them.
    pub oldest_unsent: Option<i64>,
    pub held: u64,
    /// Rejected documents that nothing replaces.
    pub rejected: u64,
    pub prints_pending: u64,
    /// Receipts of which nobody knows whether they came out, and failed ones.
    pub prints_unsure: u64,
}

/// Reads the ledger in a data directory.
///
/// # Errors
/// If it is missing, of another version, or damaged.
pub fn look(dir: &Path) -> Result<AtRest, OpenError> {
    let path = dir.join(FILE_NAME);
    let db = open_with(&path, database::open_resting)?;
    read(&db).map_err(|source| OpenError::Storage { path, source })
}

fn read(db: &Connection) -> Result<AtRest, StorageError> {
    let documents = db.query_row("SELECT count(*) FROM documents", [], |row| unsigned(row, 0))?;
    let last = "SELECT max(issued) FROM (SELECT issued FROM documents ORDER BY id DESC LIMIT ?1)";
    let last_issued: Option<Option<i64>> = db.query_row(last, [TAIL], |row| row.get(0)).optional()?;
    let backlog = Backlog::load(db, documents)?;
    let open = [ReportState::Queued, ReportState::InFlight, ReportState::Held];
    let prints =
        |states: &[PrintState]| backlog.prints().filter(|(_, state)| states.contains(state)).count() as u64;
    Ok(AtRest {
        documents,
        last_issued: last_issued.flatten(),
        unsent: open.into_iter().map(|state| backlog.count(state)).sum(),
        oldest_unsent: backlog.oldest_issued(),
        held: backlog.count(ReportState::Held),
        rejected: backlog.count(ReportState::Rejected).saturating_sub(backlog.corrected()),
        prints_pending: prints(&[PrintState::Pending, PrintState::Printing]),
        prints_unsure: prints(&[PrintState::Unconfirmed, PrintState::Failed]),
    })
}
