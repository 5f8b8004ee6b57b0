//! Submission attempts as they are recorded and read.

use rusqlite::{Connection, Row};

use super::database::{signed, unsigned};
use super::ids::DocumentId;
use super::packer::Packer;
use super::state::ReportState;
use super::{StorageError, Store};
use crate::chain::InvoiceHash;

/// One attempt as it ended. Times are seconds UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    pub started_at: i64,
    pub duration_ms: u64,
    /// `reporting`, `clearance`.
    pub endpoint: String,
    pub http: Option<u16>,
    /// Headers of the answer that matter.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The word of the verdict.
    pub verdict: String,
    /// What went wrong on the way; for a held document, why it is held.
    pub error: Option<String>,
    /// The invoice that the authority cleared and stamped.
    pub cleared: Option<Vec<u8>>,
}

/// An attempt as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// 1, 2, 3... within the document.
    pub number: u32,
    /// The hash that was sent: the document's, which never changes.
    pub hash: InvoiceHash,
    pub started_at: i64,
    pub duration_ms: u64,
    pub endpoint: String,
    pub http: Option<u16>,
    pub headers: Vec<(String, String)>,
    /// At most [`BODY_BOUND`] bytes of the answer.
    pub body: Vec<u8>,
    /// The full length of the answer.
    pub body_length: u64,
    pub verdict: String,
    pub error: Option<String>,
    /// The document's state after it.
    pub state: ReportState,
    /// Why the stored answer cannot be read.
    pub damage: Option<String>,
}

impl Store {
    /// Endpoint and verdict of every attempt of a document, in order.
    pub fn course(&self, id: DocumentId) -> Result<Vec<(String, String)>, StorageError> {
        let sql = "SELECT endpoint, verdict FROM attempts WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([id.part(1), id.part(DocumentId::MOST_PARTS)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?));
        }
        Ok(found)
    }

    /// Every attempt of a document, in order.
    pub fn attempts(&mut self, id: DocumentId) -> Result<Vec<Attempt>, StorageError> {
        all(&self.db, &mut self.answers, id)
    }
}

/// Every attempt of a document, in order; an answer that does not unpack is an error.
pub(super) fn all(
    db: &Connection,
    answers: &mut Packer,
    id: DocumentId,
) -> Result<Vec<Attempt>, StorageError> {
    let mut found = Vec::new();
    each(db, Some(answers), (id, 1), |attempt| match &attempt.damage {
        Some(damage) => Err(StorageError::damaged(damage.clone())),
        None => {
            found.push(attempt);
            Ok(())
        }
    })?;
    Ok(found)
}

/// The number of a document's last attempt; 0 if it was never sent.
pub(super) fn last(db: &Connection, id: DocumentId) -> Result<u32, StorageError> {
    let mut statement =
        db.prepare_cached("SELECT coalesce(max(id) & 0xFFFF, 0) FROM attempts WHERE id BETWEEN ?1 AND ?2")?;
    Ok(statement.query_row([id.part(1), id.part(DocumentId::MOST_PARTS)], |row| row.get(0))?)
}

/// The attempts of a document from a number on, in order, one at a time.
pub(super) fn each<E: From<StorageError>>(
    db: &Connection,
    mut answers: Option<&mut Packer>,
    (id, from): (DocumentId, u32),
    mut each: impl FnMut(Attempt) -> Result<(), E>,
) -> Result<(), E> {
    let read = |error: rusqlite::Error| E::from(StorageError::from(error));
    let mut statement = db
        .prepare_cached(
            "SELECT a.id & 0xFFFF, a.started_at, a.duration_ms, a.endpoint, a.http, a.headers, a.body, a.body_length,
                    a.verdict, a.error, a.state, d.hash
             FROM attempts a JOIN documents d ON d.id = a.document
             WHERE a.id BETWEEN ?1 AND ?2 ORDER BY a.id",
        )
        .map_err(read)?;
    let mut rows = statement.query([id.part(from.into()), id.part(DocumentId::MOST_PARTS)]).map_err(read)?;
    while let Some(row) = rows.next().map_err(read)? {
        let (body, damage) = match row.get::<_, Option<Vec<u8>>>(6).map_err(read)? {
            None => (Vec::new(), None),
            Some(packed) => match answers.as_deref_mut().map(|packer| packer.unpack(&packed)) {
                Some(Ok(body)) => (body, None),
                Some(Err(error)) => (Vec::new(), Some(error.to_string())),
                None => (Vec::new(), Some("the dictionary of answers is damaged".to_owned())),
            },
        };
        each(Attempt { damage, ..read_attempt(row, body).map_err(E::from)? })?;
    }
    Ok(())
}

pub(super) fn insert_attempt(
    db: &Connection,
    id: DocumentId,
    number: u32,
    attempt: &AttemptRecord,
    body: Option<&[u8]>,
    state: ReportState,
) -> Result<(), StorageError> {
    // Half a year of tries at the slowest pace: from there on they are only counted,
    // and the last place is kept for how it ended.
    let number = i64::from(number).min(DocumentId::MOST_PARTS);
    if number == DocumentId::MOST_PARTS && !state.is_final() {
        return Ok(());
    }
    let headers: Vec<String> =
        attempt.headers.iter().map(|(name, value)| format!("{name}: {}", one_line(value))).collect();
    let headers = (!headers.is_empty()).then(|| headers.join("\n"));
    db.prepare_cached(
        "INSERT INTO attempts (id, started_at, duration_ms, endpoint, http, headers, body, body_length, verdict,
                               error, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(rusqlite::params![
        id.part(number),
        attempt.started_at,
        signed(attempt.duration_ms),
        attempt.endpoint,
        attempt.http,
        headers,
        body,
        attempt.body.len() as i64,
        attempt.verdict,
        attempt.error,
        state.name(),
    ])?;
    Ok(())
}

fn one_line(value: &str) -> String {
    value.replace(['\r', '\n'], " ")
}

pub(super) fn read_state(row: &Row<'_>, column: usize) -> Result<ReportState, StorageError> {
    let name: String = row.get(column)?;
    ReportState::from_name(&name)
        .ok_or_else(|| StorageError::damaged(format!("an attempt has the unknown state {name}")))
}

fn read_attempt(row: &Row<'_>, body: Vec<u8>) -> Result<Attempt, StorageError> {
    let headers: Option<String> = row.get(5)?;
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Attempt {
        number: row.get(0)?,
        hash: InvoiceHash::new(row.get(11)?),
        started_at: row.get(1)?,
        duration_ms: unsigned(row, 2)?,
        endpoint: row.get(3)?,
        http: row.get(4)?,
        headers: headers.unwrap_or_default().lines().filter_map(pair).collect(),
        body,
        body_length: unsigned(row, 7)?,
        verdict: row.get(8)?,
        error: row.get(9)?,
        state: read_state(row, 10)?,
        damage: None,
    })
}
