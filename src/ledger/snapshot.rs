//! The ledger as it was at one moment, document by document, read beside a
//! running till or at rest. What is damaged is told, and the reading goes on.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::activities::{self, ActivityRecord};
use super::attempts::{self, Attempt};
use super::audit::open_with;
use super::document::kind_from;
use super::ids::{ChainId, DocumentId, UuidKey};
use super::lookup::first_at;
use super::opening::{FILE_NAME, Held, fact, load_packers};
use super::packer::Packer;
use super::succession::Chain;
use super::{OpenError, StorageError, database};
use crate::chain::{InvoiceHash, PreviousHash};
use crate::invoice::Kind;
use crate::stamp::{self, StampCertificate};

/// A ledger in one read transaction.
pub struct Snapshot {
    db: Connection,
    path: PathBuf,
    chains: BTreeMap<ChainId, Chain>,
    packers: HashMap<i64, Packer>,
    /// Length and time of a file that is read without locks, since no till ran.
    resting: Option<(u64, Option<SystemTime>)>,
}

/// A chain as an export names it.
pub struct ChainRecord<'s> {
    pub id: ChainId,
    pub certificate: &'s StampCertificate,
    /// The platform's environment that issued the certificate, by its word.
    pub environment: &'s str,
    /// The chain that it continues.
    pub continues: Option<ChainId>,
    pub closed: bool,
}

/// A document's row as it stands; what cannot be read is absent.
pub struct DocumentRecord {
    pub id: DocumentId,
    pub uuid: Option<Uuid>,
    pub number: Option<String>,
    pub kind: Option<Kind>,
    /// Seconds UTC.
    pub issued: i64,
    pub hash: Option<InvoiceHash>,
    pub previous: Option<PreviousHash>,
    /// The UUID of the rejected document that this one replaces.
    pub corrects: Option<Uuid>,
    /// The word of its report state.
    pub state: String,
    /// Why it is held.
    pub held: Option<String>,
    /// The stamped bytes, or why they cannot be read.
    pub xml: Result<Vec<u8>, String>,
    /// What the authority cleared.
    pub cleared: Option<Result<Vec<u8>, String>>,
}

impl DocumentRecord {
    /// What of it cannot be read, in words; none if it is whole.
    pub fn damage(&self) -> Option<String> {
        let columns = [
            ("UUID", self.uuid.is_none()),
            ("number", self.number.is_none()),
            ("kind", self.kind.is_none()),
            ("hash", self.hash.is_none()),
            ("previous hash", self.previous.is_none()),
        ];
        let columns =
            columns.into_iter().filter(|(_, lost)| *lost).map(|(what, _)| format!("no valid {what}"));
        let cleared = self.cleared.as_ref().and_then(|cleared| cleared.as_ref().err());
        let bytes = self.xml.as_ref().err().into_iter().chain(cleared).cloned();
        let all: Vec<String> = columns.chain(bytes).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Where a walk through the documents of a period stands.
pub struct Walk {
    rows: Range<i64>,
    /// Documents that replace one of the period and were stamped after it.
    late: std::vec::IntoIter<i64>,
}

impl Snapshot {
    /// Begins to read the ledger in a data directory; what is written from now
    /// on is not seen.
    ///
    /// # Errors
    /// If it is missing, of another version, or damaged as a whole.
    pub fn open(dir: &Path) -> Result<Snapshot, OpenError> {
        let path = dir.join(FILE_NAME);
        let resting = (!log_of(&path).exists()).then(|| standing(&path));
        let db = open_with(&path, database::open_resting)?;
        let read = || -> Result<_, StorageError> {
            db.execute_batch("BEGIN")?;
            Ok((Held::load(&db)?.chains, load_packers(&db)?))
        };
        let (chains, packers) = read().map_err(|source| OpenError::Storage { path: path.clone(), source })?;
        Ok(Snapshot { db, path, chains, packers, resting })
    }

    /// Whether nothing was written under this reader. A till that started
    /// meanwhile does not know of one that reads without locks.
    pub fn is_undisturbed(&self) -> bool {
        match self.resting {
            None => true,
            Some(before) => !log_of(&self.path).exists() && standing(&self.path) == before,
        }
    }

    /// Every chain, the oldest first.
    pub fn chains(&self) -> impl Iterator<Item = ChainRecord<'_>> {
        self.chains.iter().map(|(id, chain)| ChainRecord {
            id: *id,
            certificate: &chain.certificate,
            environment: &chain.environment,
            continues: chain.continues,
            closed: chain.closed,
        })
    }

    /// The documents of a chain that were stamped in a period (seconds UTC), and
    /// those stamped later that keep a moment of issue in it.
    pub fn walk(&mut self, chain: ChainId, period: &Range<i64>) -> Result<Walk, StorageError> {
        let Some(known) = self.chains.get(&chain) else { return Ok(Walk::none()) };
        let Some(head) = known.head else { return Ok(Walk::none()) };
        let (base, _) = DocumentId::rows_of(chain);
        let (first, last) = (base + database::signed(known.first()), base + database::signed(head.icv.get()));
        let from = self.border(first, last, period.start)?;
        let end = self.border(first, last, period.end)?;
        let mut statement = self.db.prepare_cached(
            "SELECT id FROM documents INDEXED BY documents_corrects
             WHERE corrects IS NOT NULL AND id BETWEEN ?1 AND ?2 AND issued >= ?3 AND issued < ?4 ORDER BY id",
        )?;
        let rows = statement.query_map((end, last, period.start, period.end), |row| row.get(0))?;
        let late = rows.collect::<Result<Vec<i64>, _>>()?.into_iter();
        Ok(Walk { rows: from..end, late })
    }

    /// The first row of a chain that was stamped at a moment or later. Corrections
    /// that stand between the last document before it and the first one after it
    /// keep an older moment of issue: their stamps say on which side they are.
    fn border(&mut self, first: i64, last: i64, moment: i64) -> Result<i64, StorageError> {
        let mut row = first_at(&self.db, first, last, moment)?;
        while row > first && self.stamped(row - 1)?.is_some_and(|stamped| stamped >= moment) {
            row -= 1;
        }
        Ok(row)
    }

    /// When a correction was stamped, seconds UTC; `None` for any other document.
    fn stamped(&mut self, row: i64) -> Result<Option<i64>, StorageError> {
        let record = self.document(row)?.filter(|record| record.corrects.is_some());
        let xml = record.and_then(|record| record.xml.ok());
        Ok(xml.and_then(|xml| Some(stamp::verify(&xml).ok()?.signed.unix())))
    }

    /// The next document of a walk.
    pub fn next(&mut self, walk: &mut Walk) -> Result<Option<DocumentRecord>, StorageError> {
        while let Some(row) = walk.rows.next().or_else(|| walk.late.next()) {
            if let Some(record) = self.document(row)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    fn document(&mut self, row: i64) -> Result<Option<DocumentRecord>, StorageError> {
        let Some(id) = DocumentId::from_row(row) else { return Ok(None) };
        let sql = "SELECT uuid, number, kind, issued, hash, previous, xml,
                          (SELECT uuid FROM documents AS old WHERE old.id = documents.corrects),
                          (SELECT state FROM work WHERE id = documents.id << 16),
                          (SELECT note FROM work WHERE id = documents.id << 16),
                          (SELECT state FROM attempts WHERE id BETWEEN documents.id << 16
                             AND (documents.id << 16) | 0xFFFF ORDER BY id DESC LIMIT 1)
                   FROM documents WHERE id = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let found = statement.query_row([row], |row| Ok(read(row, id))).optional()?;
        let Some((mut record, packed)) = found else { return Ok(None) };
        let packer = self.chains.get(&id.chain()).and_then(|chain| self.packers.get_mut(&chain.dictionary));
        let unpack = |packed: Option<Vec<u8>>, packer: Option<&mut Packer>| {
            let packed = packed.ok_or("its bytes are missing")?;
            let packer = packer.ok_or("the dictionary that its bytes need is damaged")?;
            packer.unpack(&packed).map_err(|error| error.to_string())
        };
        let sql = "SELECT xml FROM clearances WHERE document = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let cleared: Option<Option<Vec<u8>>> =
            statement.query_row([row], |row| Ok(row.get(0).ok())).optional()?;
        let mut packer = packer;
        record.xml = unpack(packed, packer.as_deref_mut());
        record.cleared = cleared.map(|packed| unpack(packed, packer));
        Ok(Some(record))
    }

    /// The documents of a UUID, an invoice number or an ICV, newest first; the
    /// first reading that finds something counts.
    pub fn find(&mut self, name: &str) -> Result<Vec<DocumentRecord>, StorageError> {
        if let Ok(uuid) = Uuid::try_parse(name) {
            let row = UuidKey::new(fact(&self.db, "uuid_key")?).find(&uuid).map(DocumentId::row);
            let found = row.map(|row| self.document(row)).transpose()?.flatten();
            // A damaged row may have lost its UUID.
            return Ok(found.into_iter().filter(|found| found.uuid.is_none_or(|own| own == uuid)).collect());
        }
        let mut rows =
            self.rows("SELECT id FROM documents WHERE number = ?1 ORDER BY id DESC LIMIT 100", name)?;
        if rows.is_empty() && name.parse::<u32>().is_ok() {
            rows = self.rows("SELECT (id << 32) + ?1 FROM chains ORDER BY id DESC LIMIT 100", name)?;
        }
        let mut found = Vec::new();
        for row in rows {
            found.extend(self.document(row)?);
        }
        Ok(found)
    }

    fn rows(&self, sql: &str, name: &str) -> Result<Vec<i64>, StorageError> {
        let mut statement = self.db.prepare(sql)?;
        let rows = statement.query_map([name], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every attempt of a document in order, one at a time.
    pub fn attempts<E: From<StorageError>>(
        &mut self,
        id: DocumentId,
        each: impl FnMut(Attempt) -> Result<(), E>,
    ) -> Result<(), E> {
        attempts::each(&self.db, self.packers.get_mut(&1), (id, 1), each)
    }

    /// The newest attempts of a document, in order, and the number of the last.
    pub fn newest_attempts(
        &mut self,
        id: DocumentId,
        limit: u32,
    ) -> Result<(Vec<Attempt>, u32), StorageError> {
        let last = attempts::last(&self.db, id)?;
        let mut found = Vec::new();
        let from = last.saturating_sub(limit) + 1;
        attempts::each(&self.db, self.packers.get_mut(&1), (id, from), |attempt| {
            found.push(attempt);
            Ok::<_, StorageError>(())
        })?;
        Ok((found, last))
    }

    /// The entries of the activity log from the first to the last of a period
    /// (seconds UTC), and the hash before them.
    pub fn activities(
        &self,
        period: &Range<i64>,
        each: impl FnMut(ActivityRecord) -> std::io::Result<()>,
    ) -> Result<std::io::Result<[u8; 32]>, StorageError> {
        activities::between(&self.db, period, each)
    }
}

impl Walk {
    fn none() -> Walk {
        Walk { rows: 0..0, late: Vec::new().into_iter() }
    }
}

/// A row without trusting any of its columns; the packed bytes stand beside it.
fn read(row: &Row<'_>, id: DocumentId) -> (DocumentRecord, Option<Vec<u8>>) {
    let uuid = |column| row.get::<_, [u8; 16]>(column).ok().map(Uuid::from_bytes);
    let hash = |column| row.get::<_, [u8; 32]>(column).ok().map(InvoiceHash::new);
    let previous = match row.get::<_, Option<Vec<u8>>>(5) {
        Ok(None) => Some(PreviousHash::Genesis),
        Ok(Some(bytes)) => bytes.try_into().ok().map(|bytes| PreviousHash::Document(InvoiceHash::new(bytes))),
        Err(_) => None,
    };
    let open = row.get::<_, Option<String>>(8).ok().flatten();
    let last = row.get::<_, Option<String>>(10).ok().flatten();
    let record = DocumentRecord {
        id,
        uuid: uuid(0),
        number: row.get(1).ok(),
        kind: row.get(2).ok().and_then(kind_from),
        issued: row.get(3).unwrap_or_default(),
        hash: hash(4),
        previous,
        corrects: uuid(7),
        held: row.get(9).ok().flatten().filter(|_| open.as_deref() == Some("Held")),
        state: open.or(last).unwrap_or_else(|| "unknown".to_owned()),
        xml: Err(String::new()),
        cleared: None,
    };
    (record, row.get(6).ok())
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn standing(path: &Path) -> (u64, Option<SystemTime>) {
    std::fs::metadata(path).map_or((0, None), |facts| (facts.len(), facts.modified().ok()))
}
