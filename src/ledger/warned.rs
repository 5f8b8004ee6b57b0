//! Answers of the authority that accepted a document and still found something,
//! read beside a running till or at rest.

use std::path::Path;

use rusqlite::Connection;

use super::audit::open_with;
use super::ids::DocumentId;
use super::opening::{FILE_NAME, load_packers};
use super::{OpenError, StorageError, database};

/// One accepted document with the answer that warned of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warned {
    pub number: String,
    pub id: DocumentId,
    /// When the answer came, seconds UTC.
    pub at: i64,
    /// The answer; empty if it cannot be read.
    pub body: Vec<u8>,
}

impl Warned {
    /// The newest `limit` reported documents with warnings and, among the newest
    /// `limit` cleared ones, those with warnings; newest first. True with them if
    /// there are more.
    ///
    /// # Errors
    /// If the ledger is missing, of another version, or damaged.
    pub fn newest(dir: &Path, limit: usize) -> Result<(Vec<Warned>, bool), OpenError> {
        let path = dir.join(FILE_NAME);
        let db = open_with(&path, database::open_resting)?;
        newest(&db, limit).map_err(|source| OpenError::Storage { path, source })
    }
}

fn newest(db: &Connection, limit: usize) -> Result<(Vec<Warned>, bool), StorageError> {
    let mut answers = load_packers(db)?.remove(&1);
    let mut statement = db.prepare(
        "SELECT id, number, at, body, verdict, state FROM (
             SELECT * FROM (
                 SELECT a.id, a.document, a.started_at + a.duration_ms / 1000 AS at, a.body, a.verdict, a.state
                 FROM attempts AS a INDEXED BY attempts_notable
                 WHERE a.state IN ('ReportedWithWarnings', 'Cleared', 'Rejected') AND a.state = 'ReportedWithWarnings'
                 ORDER BY a.id DESC LIMIT ?1)
             UNION ALL
             SELECT * FROM (
                 SELECT a.id, a.document, a.started_at + a.duration_ms / 1000 AS at, a.body, a.verdict, a.state
                 FROM attempts AS a INDEXED BY attempts_notable
                 WHERE a.state IN ('ReportedWithWarnings', 'Cleared', 'Rejected') AND a.state = 'Cleared'
                 ORDER BY a.id DESC LIMIT ?1)
         ) AS a JOIN (SELECT id AS document, number FROM documents) USING (document)
         ORDER BY id DESC",
    )?;
    let mut rows = statement.query([limit as i64 + 1])?;
    let (mut found, mut reported, mut cleared) = (Vec::new(), 0, 0);
    while let Some(row) = rows.next()? {
        let Some((id, _)) = DocumentId::from_part(row.get(0)?) else { continue };
        let of_state = if row.get::<_, String>(5)? == "Cleared" { &mut cleared } else { &mut reported };
        *of_state += 1;
        let plain = row.get::<_, String>(5)? == "Cleared" && row.get::<_, String>(4)? == "accepted";
        if plain || *of_state > limit {
            continue;
        }
        let packed: Option<Vec<u8>> = row.get(3)?;
        let body = packed.and_then(|packed| answers.as_mut()?.unpack(&packed).ok()).unwrap_or_default();
        found.push(Warned { number: row.get(1)?, id, at: row.get(2)?, body });
    }
    Ok((found, reported > limit || cleared > limit))
}
