//! A copy of the ledger that is known to be readable before it counts.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;

use super::{StorageError, database};

/// Writes a compact copy beside a running store, checks every page of it,
/// flushes it, and only then gives it its name. An older copy of that name is
/// replaced by then, not before.
pub(super) fn verified_copy(db: &Connection, to: &Path) -> Result<(), StorageError> {
    let disk = |e: std::io::Error| StorageError::Disk { detail: format!("{}: {e}", to.display()) };
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(disk(error)),
        _ => {}
    }
    let name = part.to_str().ok_or_else(|| StorageError::Disk {
        detail: format!("{}: the path of a backup must be UTF-8", to.display()),
    })?;
    db.execute("VACUUM INTO ?1", [name])?;
    check(part)?;
    File::open(part).and_then(|file| file.sync_all()).map_err(disk)?;
    std::fs::rename(part, to).map_err(disk)?;
    match to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent).and_then(|dir| dir.sync_all()).map_err(disk),
        None => Ok(()),
    }
}

/// Reads every page and index of a ledger file.
pub(super) fn check(path: &Path) -> Result<(), StorageError> {
    integrity(&database::open_reader(path)?)
}

/// `integrity_check` and `foreign_key_check`; takes seconds per hundred thousand documents.
pub(super) fn integrity(db: &Connection) -> Result<(), StorageError> {
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StorageError::Damaged { detail: verdict });
    }
    let mut orphans = db.prepare("PRAGMA foreign_key_check")?;
    if orphans.exists([])? {
        return Err(StorageError::damaged("an entry names a document that does not exist"));
    }
    Ok(())
}
