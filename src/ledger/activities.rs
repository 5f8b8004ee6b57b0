//! The activity log: what was done to the till beside issuing documents, by
//! whom and when (prohibited-functions.md P5, P7). Rows are only ever added;
//! each carries a hash over the row before and its own content, and the
//! high-water mark knows the newest, so that a row that was changed, moved or
//! taken away is found.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::database::{Durability, signed, unsigned};
use super::{StorageError, Store};

const LABEL: &[u8] = b"tilld activity 1\n";
/// Entries that one question answers at most.
const MOST_LISTED: usize = 10_000;
/// Bytes of the name of who did it, and of what more there is to say.
const ACTOR_BYTES: usize = 200;

/// Declares what can be done, with the word in the log.
macro_rules! whats {
    ($( $(#[$doc:meta])* $name:ident = $word:literal, )*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum What { $( $(#[$doc])* $name, )* }

        impl What {
            pub const ALL: &'static [What] = &[ $( What::$name ),* ];

            /// The word in the log.
            pub const fn word(self) -> &'static str {
                match self { $( What::$name => $word, )* }
            }
        }
    };
}

whats! {
    /// The ledger was made.
    Created = "created",
    /// The ledger was converted to a newer schema.
    Migrated = "migrated",
    /// The ledger was bound to the machine it runs on.
    Bound = "bound",
    /// A certificate began to stamp: its chain was opened.
    ChainOpened = "chain-opened",
    /// The high-water mark was lost and made again from another witness.
    MarkRemade = "mark-remade",
    /// Chains were closed by an operator's decision, since documents may be lost.
    Recovered = "recovered",
    /// A vault that this machine cannot open was moved aside.
    VaultSetAside = "vault-set-aside",
    /// The till got its first certificate, or one in another's place.
    Onboarded = "onboarded",
    /// The till's certificate was renewed.
    Renewed = "renewed",
    /// Somebody asked for something that is worth remembering.
    Asked = "asked",
    /// A document that was held goes on its way to the authority.
    Released = "released",
    /// The daemon was started or stopped.
    Started = "started",
    Stopped = "stopped",
}

/// An entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Who did it: `tilld`, `uid 1000`... No secret, at most 200 bytes.
    pub actor: String,
    pub what: What,
    /// More about it, in the field's own terms. No secrets.
    pub detail: Map<String, Value>,
}

impl Activity {
    /// Something that the program did by itself.
    pub fn own<const N: usize>(what: What, detail: [(&str, Value); N]) -> Activity {
        Activity::by("tilld", what, detail)
    }

    /// Something that somebody did.
    pub fn by<const N: usize>(actor: &str, what: What, detail: [(&str, Value); N]) -> Activity {
        let detail = detail.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Activity { actor: actor.to_owned(), what, detail }
    }
}

/// An entry as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityRecord {
    /// 1, 2, 3...
    pub id: u64,
    /// Seconds since 1970, UTC.
    pub at: i64,
    pub actor: String,
    /// A word of [`What`], or of a newer version.
    pub what: String,
    /// A JSON object.
    pub detail: String,
    pub hash: [u8; 32],
}

impl ActivityRecord {
    /// Whether it carries the hash over the entry before, whose hash is `before`,
    /// and its own content.
    pub fn follows(&self, before: &[u8; 32]) -> bool {
        self.hash == self.hashed(before)
    }

    /// The hash over the row before and this one's content; lengths stand before
    /// texts, so that no two contents are the same bytes.
    fn hashed(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix(LABEL);
        digest.update(before);
        digest.update(self.id.to_be_bytes());
        digest.update(self.at.to_be_bytes());
        for text in [&self.actor, &self.what, &self.detail] {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
        digest.finalize().into()
    }
}

/// The newest entry: how many there are, and its hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LogHead {
    pub entries: u64,
    pub hash: [u8; 32],
}

/// Where the log stands.
pub(super) fn head(db: &Connection) -> Result<LogHead, StorageError> {
    let mut statement = db.prepare_cached("SELECT id, hash FROM activities ORDER BY id DESC LIMIT 1")?;
    let found = statement.query_row([], |row| Ok(LogHead { entries: unsigned(row, 0)?, hash: row.get(1)? }));
    Ok(found.optional()?.unwrap_or_default())
}

/// The hash of an entry; `None` if there is no such entry.
pub(super) fn hash_of(db: &Connection, id: u64) -> Result<Option<[u8; 32]>, StorageError> {
    let mut statement = db.prepare_cached("SELECT hash FROM activities WHERE id = ?1")?;
    Ok(statement.query_row([signed(id)], |row| row.get(0)).optional()?)
}

/// Adds an entry inside the caller's transaction; gives the new head.
pub(super) fn insert(
    db: &Connection,
    head: LogHead,
    at: i64,
    activity: &Activity,
) -> Result<LogHead, StorageError> {
    let unwritable = |error: serde_json::Error| StorageError::Internal { detail: error.to_string() };
    let mut record = ActivityRecord {
        id: head.entries + 1,
        at,
        actor: cut(&activity.actor),
        what: activity.what.word().to_owned(),
        detail: serde_json::to_string(&activity.detail).map_err(unwritable)?,
        hash: [0; 32],
    };
    record.hash = record.hashed(&head.hash);
    let sql = "INSERT INTO activities (id, at, actor, what, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?.execute((
        signed(record.id),
        record.at,
        &record.actor,
        &record.what,
        &record.detail,
        record.hash,
    ))?;
    Ok(LogHead { entries: record.id, hash: record.hash })
}

/// Who did it, within bounds and never empty.
fn cut(actor: &str) -> String {
    let end = (0..=ACTOR_BYTES.min(actor.len())).rev().find(|end| actor.is_char_boundary(*end));
    match &actor[..end.unwrap_or(0)] {
        "" => "unknown".to_owned(),
        actor => actor.to_owned(),
    }
}

/// The newest entries, newest first.
pub(super) fn newest(db: &Connection, limit: usize) -> Result<Vec<ActivityRecord>, StorageError> {
    let sql = "SELECT id, at, actor, what, detail, hash FROM activities ORDER BY id DESC LIMIT ?1";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([limit.min(MOST_LISTED) as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The entries from the first to the last one of a period, in order; gives the
/// hash before the first.
pub(super) fn between(
    db: &Connection,
    period: &Range<i64>,
    mut each: impl FnMut(ActivityRecord) -> std::io::Result<()>,
) -> Result<std::io::Result<[u8; 32]>, StorageError> {
    let sql = "SELECT id, at, actor, what, detail, hash FROM activities
               WHERE id BETWEEN (SELECT min(id) FROM activities WHERE at >= ?1 AND at < ?2)
                            AND (SELECT max(id) FROM activities WHERE at >= ?1 AND at < ?2) ORDER BY id";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query((period.start, period.end))?;
    let mut before = None;
    while let Some(row) = rows.next()? {
        let record = read(row)?;
        if before.is_none() {
            before = Some(hash_of(db, record.id - 1)?.unwrap_or_default());
        }
        if let Err(error) = each(record) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(before.unwrap_or_default()))
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<ActivityRecord> {
    Ok(ActivityRecord {
        id: unsigned(row, 0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        what: row.get(3)?,
        detail: row.get(4)?,
        hash: row.get(5)?,
    })
}

/// Whether the newest entry that tells of the schema names this version.
pub(super) fn tells_of_schema(db: &Connection, version: i64) -> Result<bool, StorageError> {
    let sql = "SELECT detail FROM activities WHERE what IN ('created', 'migrated') ORDER BY id DESC LIMIT 1";
    let found: Option<String> = db.query_row(sql, [], |row| row.get(0)).optional()?;
    let told = found.and_then(|detail| serde_json::from_str::<Value>(&detail).ok());
    Ok(told.is_some_and(|detail| detail["schema"] == version))
}

/// Walks the whole log: how many entries there are, and what is wrong with them
/// in words, each with its number.
pub(super) fn walk(db: &Connection) -> Result<(u64, Vec<String>), StorageError> {
    let sql = "SELECT id, at, actor, what, detail, hash FROM activities ORDER BY id";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    let (mut before, mut entries, mut found) = (LogHead::default(), 0, Vec::new());
    while let Some(row) = rows.next()? {
        let record = read(row)?;
        if record.id != before.entries + 1 {
            found.push(format!("entry {} follows entry {}: entries are missing", record.id, before.entries));
        } else if record.hash != record.hashed(&before.hash) {
            found.push(format!("entry {} was changed, or the one before it was", record.id));
        }
        before = LogHead { entries: record.id, hash: record.hash };
        entries += 1;
    }
    Ok((entries, found))
}

impl Store {
    /// Writes an entry into the activity log; when it returns, it survives a
    /// power cut.
    ///
    /// # Errors
    /// If it could not be stored; nothing is logged then.
    pub fn note(&mut self, activity: Activity) -> Result<(), StorageError> {
        let (head, now) = (self.log, self.clock.now());
        self.log = self.write(Durability::PowerCut, |db| insert(db, head, now, &activity))?;
        self.write_mark();
        Ok(())
    }

    /// The newest entries of the activity log, newest first; at most 10,000.
    pub fn activities(&self, limit: usize) -> Result<Vec<ActivityRecord>, StorageError> {
        newest(&self.db, limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(entries: usize) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE activities (id INTEGER PRIMARY KEY, at, actor, what, detail, hash)")
            .unwrap();
        let mut head = LogHead::default();
        for n in 0..entries {
            let activity = Activity::by("uid 7", What::Asked, [("n", n.into())]);
            head = insert(&db, head, 100 + n as i64, &activity).unwrap();
        }
        assert_eq!(super::head(&db).unwrap(), head);
        db
    }

    #[test]
    fn every_change_is_found() {
        assert_eq!(walk(&log(5)).unwrap(), (5, Vec::new()));
        let changes = [
            "UPDATE activities SET at = at + 1 WHERE id = 3",
            "UPDATE activities SET actor = 'uid 8' WHERE id = 1",
            "UPDATE activities SET what = 'bound' WHERE id = 5",
            "UPDATE activities SET detail = '{}' WHERE id = 2",
            "UPDATE activities SET actor = 'uid 7asked', what = '' WHERE id = 2",
            "DELETE FROM activities WHERE id = 4",
            "DELETE FROM activities WHERE id = 1",
            "UPDATE activities SET id = 9 WHERE id = 5",
            "UPDATE activities SET hash = zeroblob(32) WHERE id = 5",
        ];
        for sql in changes {
            let db = log(5);
            db.execute_batch(sql).unwrap();
            assert!(!walk(&db).unwrap().1.is_empty(), "{sql}");
        }
    }

    #[test]
    fn who_did_it_is_bounded_and_never_nobody() {
        assert_eq!(cut(""), "unknown");
        assert_eq!(cut("uid 0"), "uid 0");
        let long = cut(&"س".repeat(200));
        assert!(long.len() <= ACTOR_BYTES && long.chars().all(|c| c == 'س'));
    }

    #[test]
    fn the_words_of_the_log_are_all_different() {
        let words: std::collections::BTreeSet<&str> = What::ALL.iter().map(|what| what.word()).collect();
        assert_eq!(words.len(), What::ALL.len());
    }
}
