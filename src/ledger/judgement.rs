//! Holds a ledger against its machine and against everything that remembers how
//! far the till has come. Reads only; what is done about it stands in
//! recovery.rs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::activities::{self, LogHead};
use super::database::unsigned;
use super::ids::{ChainId, DocumentId};
use super::mark::{Mark, Reading};
use super::succession::Chain;
use super::{OpenError, StorageError};
use crate::chain::Icv;

/// What one witness says.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub path: PathBuf,
    pub reading: Reading,
}

/// The ledger as it stands in its file, and the machine it stands on.
pub(super) struct View<'a> {
    pub db: &'a Connection,
    pub path: &'a Path,
    pub ledger: [u8; 16],
    pub chains: &'a BTreeMap<ChainId, Chain>,
    pub documents: u64,
    pub log: LogHead,
    /// `None` if the machine cannot be told from others: then it is not judged.
    pub machine: Option<[u8; 32]>,
    /// The mark that ends with the boot, the one that may stand for the anchor.
    pub run_time: Option<&'a Path>,
}

/// Whether the till may go on.
#[derive(Debug)]
pub(super) enum Verdict {
    Sound,
    /// The anchor says nothing, but this witness agrees with the ledger.
    Remake {
        witness: PathBuf,
    },
    Wrong(OpenError),
}

impl View<'_> {
    /// The anchor's word counts as every other witness's; beyond that it must not
    /// be missing while the ledger has documents that could be issued again.
    pub fn judge(&self, anchor: &Seen, others: &[Seen]) -> Result<Verdict, StorageError> {
        let found = match self.wrong_machine()? {
            Some(error) => Some(error),
            None => self.contradiction(anchor, others)?,
        };
        if let Some(error) = found {
            return Ok(Verdict::Wrong(error));
        }
        if anchor.reading.mark().is_some() || !self.could_go_on() {
            return Ok(Verdict::Sound);
        }
        // A medium that was away may know no more than an old copy of the ledger:
        // it can contradict, and never vouch.
        let vouches = |seen: &&Seen| self.run_time == Some(seen.path.as_path());
        let agrees = others
            .iter()
            .filter(vouches)
            .find(|seen| seen.reading.mark().is_some_and(|mark| self.is_up_to_date(mark)));
        Ok(match agrees {
            Some(witness) => Verdict::Remake { witness: witness.path.clone() },
            None => Verdict::Wrong(self.silent(anchor)),
        })
    }

    fn silent(&self, anchor: &Seen) -> OpenError {
        let (path, anchor_path) = (self.path.to_owned(), anchor.path.clone());
        match anchor.reading {
            Reading::Damaged => OpenError::MarkDamaged { path, anchor: anchor_path },
            Reading::Absent | Reading::Mark(_) => {
                OpenError::MarkMissing { path, anchor: anchor_path, documents: self.documents }
            }
        }
    }

    /// Documents stand in a chain that is not closed.
    fn could_go_on(&self) -> bool {
        self.chains.values().any(|chain| !chain.closed && chain.tip().is_some())
    }

    fn is_up_to_date(&self, mark: &Mark) -> bool {
        mark.ledger == self.ledger && (mark.documents, mark.activities) == (self.documents, self.log.entries)
    }

    fn wrong_machine(&self) -> Result<Option<OpenError>, StorageError> {
        let Some(here) = self.machine else { return Ok(None) };
        // A till that was set up for an image, and never had a certificate.
        if self.chains.is_empty() {
            return Ok(None);
        }
        let bound = binding(self.db)?;
        let elsewhere = bound.is_some_and(|machine| machine != here);
        Ok(elsewhere.then(|| OpenError::OtherMachine { path: self.path.to_owned() }))
    }

    fn contradiction(&self, anchor: &Seen, others: &[Seen]) -> Result<Option<OpenError>, StorageError> {
        let mut marks: Vec<(&Path, &Mark)> = Vec::new();
        for seen in [anchor].into_iter().chain(others) {
            let Some(mark) = seen.reading.mark() else { continue };
            if !self.is_settled(mark)? {
                marks.push((&seen.path, mark));
            }
        }
        let foreign = marks.iter().find(|(_, mark)| mark.documents > 0 && mark.ledger != self.ledger);
        if let Some((mark, _)) = foreign {
            let (path, anchor) = (self.path.to_owned(), (*mark).to_owned());
            return Ok(Some(OpenError::ForeignMark { path, anchor }));
        }
        marks.retain(|(_, mark)| mark.ledger == self.ledger);
        let elsewhere = |mark: &Mark| {
            mark.documents > 0 && mark.machine.zip(self.machine).is_some_and(|(there, here)| there != here)
        };
        if marks.iter().any(|(_, mark)| elsewhere(mark)) {
            return Ok(Some(OpenError::OtherMachine { path: self.path.to_owned() }));
        }
        if let Some((by, mark)) = marks.iter().max_by_key(|(_, mark)| mark.documents)
            && self.documents < mark.documents
        {
            let (path, mark_path) = (self.path.to_owned(), (*by).to_owned());
            let (found, known) = (self.documents, mark.documents);
            return Ok(Some(OpenError::Behind { path, mark: mark_path, found, known }));
        }
        for (by, mark) in marks {
            if let Some(error) = self.differs(by, mark)? {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// The document or the entry that the mark names is not the one in the ledger.
    fn differs(&self, by: &Path, mark: &Mark) -> Result<Option<OpenError>, StorageError> {
        let path = || self.path.to_owned();
        if mark.documents > 0 {
            let chain = self.chains.iter().find(|(_, chain)| chain.fingerprint == mark.fingerprint);
            let id = chain.and_then(|(id, _)| DocumentId::new(*id, Icv::new(mark.icv)?));
            let hash = id.map(|id| self.stored_hash(id)).transpose()?.flatten();
            if hash != Some(mark.hash) {
                let at = id.map_or_else(|| format!("ICV {}", mark.icv), |id| id.to_string());
                return Ok(Some(OpenError::Diverged { path: path(), at }));
            }
        }
        if mark.activities == 0 {
            return Ok(None);
        }
        if self.log.entries < mark.activities {
            let (found, known) = (self.log.entries, mark.activities);
            return Ok(Some(OpenError::LogBehind { path: path(), mark: by.to_owned(), found, known }));
        }
        let same = activities::hash_of(self.db, mark.activities)? == Some(mark.log);
        let at = || format!("entry {} of the activity log", mark.activities);
        Ok((!same).then(|| OpenError::Diverged { path: path(), at: at() }))
    }

    /// What the mark tells was dealt with before: the chain that it names is
    /// closed for good, no lower than the mark, and the counter went on above it.
    fn is_settled(&self, mark: &Mark) -> Result<bool, StorageError> {
        if mark.documents == 0 {
            return Ok(false);
        }
        let sql = "SELECT icv, serial FROM closures WHERE fingerprint = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let closed = statement
            .query_row([mark.fingerprint], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)))
            .optional()?;
        Ok(closed.is_some_and(|(icv, serial)| icv >= mark.icv && serial >= mark.serial))
    }

    fn stored_hash(&self, id: DocumentId) -> Result<Option<[u8; 32]>, StorageError> {
        let mut statement = self.db.prepare_cached("SELECT hash FROM documents WHERE id = ?1")?;
        Ok(statement.query_row([id.row()], |row| row.get(0)).optional()?)
    }
}

/// The machine that the ledger was bound to last.
pub(super) fn binding(db: &Connection) -> Result<Option<[u8; 32]>, StorageError> {
    let mut statement = db.prepare_cached("SELECT machine FROM bindings ORDER BY id DESC LIMIT 1")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// The ledger file is gone although a witness says that documents were issued.
pub(super) fn missing(path: &Path, seen: &[&Seen]) -> Option<OpenError> {
    let empty = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    let marks = seen.iter().filter_map(|seen| Some((&seen.path, seen.reading.mark()?)));
    let (anchor, mark) = marks.max_by_key(|(_, mark)| mark.documents)?;
    let documents = mark.documents;
    (documents > 0 && empty).then(|| OpenError::LedgerMissing {
        path: path.to_owned(),
        anchor: anchor.clone(),
        documents,
    })
}
