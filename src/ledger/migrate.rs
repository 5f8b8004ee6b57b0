//! From one version of the schema to the next: forward only, each step in one
//! immediate transaction, and never without a verified backup.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;

use super::database::{self, Durability};
use super::{OpenError, StorageError, backup};

/// Version 1, with which every file begins, new ones too.
const SCHEMA: &str = include_str!("schema.sql");

/// The version that this program writes.
pub const SCHEMA_VERSION: i64 = 3;

/// Brings a file of an older version one version further. A step sees SQL
/// only, never the program's types, so that it means the same for ever.
type Step = fn(&Connection) -> rusqlite::Result<()>;

/// `STEPS[n]` leads from version n + 1 to n + 2.
const STEPS: &[Step] =
    &[|db| db.execute_batch(include_str!("schema2.sql")), |db| db.execute_batch(include_str!("schema3.sql"))];

/// Facts that a new file is born with.
pub(super) struct Birth {
    pub ledger: [u8; 16],
    pub uuid_key: [u8; 32],
    /// Content of dictionary 1.
    pub answers: &'static [u8],
    pub answers_sha256: [u8; 32],
}

/// Makes the schema in an empty file, or brings an older file up to date.
/// Returns the path of the backup, if one was needed.
pub(super) fn migrate(db: &Connection, path: &Path, birth: Birth) -> Result<Option<PathBuf>, OpenError> {
    let storage = |source| OpenError::Storage { path: path.to_owned(), source };
    let objects: i64 = pragma(db, "SELECT count(*) FROM sqlite_master").map_err(storage)?;
    let application = pragma(db, "PRAGMA application_id").map_err(storage)?;
    let version = pragma(db, "PRAGMA user_version").map_err(storage)?;
    if objects == 0 && version == 0 && application == 0 {
        create(db, &birth, STEPS).map_err(storage)?;
        return Ok(None);
    }
    if application != database::APPLICATION_ID || version < 1 {
        return Err(OpenError::NotALedger { path: path.to_owned() });
    }
    upgrade(db, path, version, STEPS)
}

/// The first version and every step from there, in one transaction.
fn create(db: &Connection, birth: &Birth, steps: &[Step]) -> Result<(), StorageError> {
    database::write(db, Durability::PowerCut, |db| {
        db.execute_batch(SCHEMA)?;
        steps.iter().try_for_each(|step| step(db))?;
        db.execute(
            "INSERT INTO facts VALUES ('ledger', ?1), ('uuid_key', ?2)",
            (birth.ledger, birth.uuid_key),
        )?;
        db.execute("INSERT INTO dictionaries VALUES (1, ?1, ?2)", (birth.answers, birth.answers_sha256))?;
        stamp_version(db, steps.len() as i64 + 1)?;
        Ok(())
    })
}

fn upgrade(db: &Connection, path: &Path, from: i64, steps: &[Step]) -> Result<Option<PathBuf>, OpenError> {
    let known = steps.len() as i64 + 1;
    if from > known {
        return Err(OpenError::FromTheFuture { path: path.to_owned(), found: from, known });
    }
    if from == known {
        return Ok(None);
    }
    let copy = path.with_extension(format!("v{from}.backup"));
    backup::verified_copy(db, &copy)
        .map_err(|e| OpenError::Backup { path: path.to_owned(), reason: e.to_string() })?;
    let storage = |source| OpenError::Storage { path: path.to_owned(), source };
    for (version, step) in (1..).zip(steps).skip_while(|(version, _)| *version < from) {
        database::write(db, Durability::PowerCut, |db| {
            step(db)?;
            stamp_version(db, version + 1)?;
            Ok::<_, StorageError>(())
        })
        .map_err(storage)?;
    }
    Ok(Some(copy))
}

fn stamp_version(db: &Connection, version: i64) -> rusqlite::Result<()> {
    let application = database::APPLICATION_ID;
    db.execute_batch(&format!("PRAGMA application_id = {application}; PRAGMA user_version = {version};"))
}

fn pragma(db: &Connection, sql: &str) -> Result<i64, StorageError> {
    match db.query_row(sql, [], |row| row.get(0))? {
        Value::Integer(value) => Ok(value),
        _ => Err(StorageError::damaged("the file header cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn birth() -> Birth {
        Birth { ledger: [1; 16], uuid_key: [2; 32], answers: b"answers", answers_sha256: [3; 32] }
    }

    /// A file of version 1.
    fn old_file(dir: &Path) -> (PathBuf, Connection) {
        let path = dir.join("ledger.sqlite");
        let db = database::open_writer(&path, true).unwrap();
        create(&db, &birth(), &[]).unwrap();
        (path, db)
    }

    fn schema(db: &Connection) -> Vec<(String, String)> {
        let sql = "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name";
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn an_old_file_becomes_what_a_new_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let (path, old) = old_file(dir.path());
        let copy = migrate(&old, &path, birth()).unwrap().unwrap();
        assert_eq!(copy, dir.path().join("ledger.v1.backup"));
        assert_eq!(pragma(&old, "PRAGMA user_version").unwrap(), SCHEMA_VERSION);
        let new_path = dir.path().join("new.sqlite");
        let new = database::open_writer(&new_path, true).unwrap();
        assert_eq!(migrate(&new, &new_path, birth()).unwrap(), None);
        assert_eq!(schema(&old), schema(&new));
        assert_eq!(migrate(&old, &path, birth()).unwrap(), None);
    }

    const MORE: &[Step] = &[|db| db.execute_batch("CREATE TABLE added (x INTEGER) STRICT")];
    const WRONG: &[Step] =
        &[|db| db.execute_batch("CREATE TABLE added (x INTEGER) STRICT; CREATE TABLE facts (x)")];

    #[test]
    fn a_step_needs_a_backup_and_runs_once() {
        let dir = tempfile::tempdir().unwrap();
        let (path, db) = old_file(dir.path());
        let copy = upgrade(&db, &path, 1, MORE).unwrap().unwrap();
        assert_eq!(pragma(&db, "PRAGMA user_version").unwrap(), 2);
        assert_eq!(pragma(&db, "SELECT count(*) FROM added").unwrap(), 0);
        let old = Connection::open(copy).unwrap();
        assert_eq!(pragma(&old, "PRAGMA user_version").unwrap(), 1);
        assert!(old.prepare("SELECT * FROM added").is_err());
        assert_eq!(upgrade(&db, &path, 2, MORE).unwrap(), None);
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (path, db) = old_file(dir.path());
        assert!(matches!(upgrade(&db, &path, 1, WRONG), Err(OpenError::Storage { .. })));
        assert_eq!(pragma(&db, "PRAGMA user_version").unwrap(), 1);
        assert!(db.prepare("SELECT * FROM added").is_err());
    }

    #[test]
    fn a_backup_that_cannot_be_made_stops_the_conversion() {
        let dir = tempfile::tempdir().unwrap();
        let (path, db) = old_file(dir.path());
        std::fs::create_dir(dir.path().join("ledger.v1.backup")).unwrap();
        assert!(matches!(upgrade(&db, &path, 1, MORE), Err(OpenError::Backup { .. })));
        assert_eq!(pragma(&db, "PRAGMA user_version").unwrap(), 1);
    }

    #[test]
    fn a_newer_file_and_a_foreign_file_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (path, db) = old_file(dir.path());
        db.execute_batch("PRAGMA user_version = 9").unwrap();
        assert!(matches!(
            migrate(&db, &path, birth()),
            Err(OpenError::FromTheFuture { found: 9, known: SCHEMA_VERSION, .. })
        ));
        let other = dir.path().join("other.sqlite");
        let db = database::open_writer(&other, true).unwrap();
        db.execute_batch("CREATE TABLE notes (x)").unwrap();
        assert!(matches!(migrate(&db, &other, birth()), Err(OpenError::NotALedger { .. })));
    }

    #[test]
    fn the_steps_lead_to_the_version_that_is_written() {
        assert_eq!(STEPS.len() as i64 + 1, SCHEMA_VERSION);
    }
}
