//! What is at stake when a ledger must not go on: read without the lock and
//! without changing anything, for people who have to decide.

use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension;

use super::database::{self, unsigned};
use super::mark::{MarkFile, Reading};
use super::opening::FILE_NAME;
use super::{OpenError, StorageError};

/// What the file and the witnesses say, each for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    /// `None` if there is no ledger file.
    pub ledger: Option<Holdings>,
    /// The anchor first.
    pub witnesses: Vec<Word>,
}

/// What the ledger file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    pub documents: u64,
    /// Without a final answer of the authority.
    pub unsent: u64,
    /// The highest number counter.
    pub counter: u64,
    /// The newest document: its number, ICV and moment of issue, seconds UTC.
    pub last: Option<(String, u64, i64)>,
}

/// What one witness says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub path: PathBuf,
    pub known: Known,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Documents, and the number counter of the newest.
    Mark {
        documents: u64,
        counter: u64,
    },
    Nothing,
    /// Edited or damaged.
    Damaged,
    /// Why it cannot be read.
    Unread(String),
}

impl Stakes {
    /// Reads the ledger in `dir`, the anchor and the other witnesses.
    pub fn read(dir: &Path, anchor: &Path, witnesses: &[PathBuf]) -> Result<Stakes, OpenError> {
        let path = dir.join(FILE_NAME);
        let storage = |source| OpenError::Storage { path: path.clone(), source };
        let empty = std::fs::metadata(&path).map_or(true, |file| file.len() == 0);
        let ledger = if empty { None } else { Some(holdings(&path).map_err(storage)?) };
        let all = [anchor].into_iter().chain(witnesses.iter().map(PathBuf::as_path));
        Ok(Stakes { ledger, witnesses: all.map(word).collect() })
    }

    /// The most that any witness knows: documents and number counter.
    pub fn known(&self) -> (u64, u64) {
        let marks = self.witnesses.iter().map(|word| match word.known {
            Known::Mark { documents, counter } => (documents, counter),
            Known::Nothing | Known::Damaged | Known::Unread(_) => (0, 0),
        });
        marks.fold((0, 0), |most, one| (most.0.max(one.0), most.1.max(one.1)))
    }
}

fn word(path: &Path) -> Word {
    let known = match MarkFile::peek(path) {
        Ok(Reading::Mark(mark)) => Known::Mark { documents: mark.documents, counter: mark.serial },
        Ok(Reading::Absent) => Known::Nothing,
        Ok(Reading::Damaged) => Known::Damaged,
        Err(error) => Known::Unread(error.to_string()),
    };
    Word { path: path.to_owned(), known }
}

fn holdings(path: &Path) -> Result<Holdings, StorageError> {
    let db = database::open_resting(path)?;
    let count = |sql: &str| db.query_row(sql, [], |row| unsigned(row, 0));
    let last = db
        .query_row(
            "SELECT number, id & 0xFFFFFFFF, issued FROM documents ORDER BY serial DESC, id DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, unsigned(row, 1)?, row.get(2)?)),
        )
        .optional()?;
    Ok(Holdings {
        documents: count("SELECT count(*) FROM documents")?,
        unsent: count("SELECT count(*) FROM work WHERE task = 0")?,
        counter: count("SELECT coalesce(max(serial), 0) FROM documents")?,
        last,
    })
}
