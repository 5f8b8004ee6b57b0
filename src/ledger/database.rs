//! The one way to open the ledger file: pragmas, page size, write transactions.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior};

use super::StorageError;

/// `tild` in ASCII: tells a ledger from any other SQLite file.
pub(super) const APPLICATION_ID: i64 = 0x7469_6C64;

/// Bytes of a database page, fixed when the file is made (measurements in mod.rs).
pub(super) const PAGE_SIZE: u32 = 512;

/// Pages in the write-ahead log at which SQLite itself moves them to the file.
/// The ledger thread does so earlier, between two sales; this is the backstop.
const AUTO_CHECKPOINT_PAGES: u32 = 40_000;

const BUSY_MS: u32 = 5_000;

/// Opens the file for the one writer, and makes it if `create` says so.
pub(super) fn open_writer(path: &Path, create: bool) -> Result<Connection, StorageError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let db = Connection::open_with_flags(path, flags)?;
    db.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_MS};
         PRAGMA page_size = {PAGE_SIZE};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA recursive_triggers = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -2048;
         PRAGMA wal_autocheckpoint = {AUTO_CHECKPOINT_PAGES};"
    ))?;
    let mode: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        let detail = format!("this file system cannot hold a write-ahead log (journal mode {mode})");
        return Err(StorageError::Disk { detail });
    }
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Opens the file to read beside the writer.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StorageError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    reader(Connection::open_with_flags(path, flags)?)
}

/// Opens the file of a till that does not run, to read it without leaving a
/// trace. A file that was closed properly has no write-ahead log; a usual reader
/// would make one beside it, of a user who may not be the till's.
pub(super) fn open_resting(path: &Path) -> Result<Connection, StorageError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        return open_reader(path);
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte))
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    reader(Connection::open_with_flags(uri, flags)?)
}

fn reader(db: Connection) -> Result<Connection, StorageError> {
    db.execute_batch(&format!(
        "PRAGMA busy_timeout = {BUSY_MS};
         PRAGMA query_only = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -2048;"
    ))?;
    Ok(db)
}

/// What a write must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// The power failing right after the commit: one flush.
    PowerCut,
    /// The end of the program, however it ends. For what the start-up rules
    /// restore by themselves after a power cut.
    ProcessEnd,
}

/// Runs `work` in one immediate transaction; any error rolls everything back.
pub(super) fn write<R, E: From<StorageError>>(
    db: &Connection,
    durability: Durability,
    work: impl FnOnce(&Connection) -> Result<R, E>,
) -> Result<R, E> {
    if durability == Durability::PowerCut {
        return transact(db, work);
    }
    db.execute_batch("PRAGMA synchronous = NORMAL").map_err(StorageError::from)?;
    let result = transact(db, work);
    db.execute_batch("PRAGMA synchronous = FULL").map_err(StorageError::from)?;
    result
}

fn transact<R, E: From<StorageError>>(
    db: &Connection,
    work: impl FnOnce(&Connection) -> Result<R, E>,
) -> Result<R, E> {
    let transaction =
        Transaction::new_unchecked(db, TransactionBehavior::Immediate).map_err(StorageError::from)?;
    // Dropping the transaction rolls it back.
    let result = work(db)?;
    transaction.commit().map_err(StorageError::from)?;
    Ok(result)
}

/// Moves the write-ahead log into the file. `Truncate` waits for readers and empties the log.
pub(super) fn checkpoint(db: &Connection, mode: Checkpoint) -> Result<(), StorageError> {
    let sql = match mode {
        Checkpoint::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Checkpoint::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    db.query_row(sql, [], |_| Ok(()))?;
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checkpoint {
    Passive,
    Truncate,
}

/// A counter as SQLite holds it; none here comes near the end of the range.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A column that is never negative.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}
