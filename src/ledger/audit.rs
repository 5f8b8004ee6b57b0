//! Walks chains from their bytes: every document is unpacked, its hash, stamp
//! and QR verified, its link followed, and its row compared with what it says;
//! what stands beside the bytes is held against them in evidence.rs.
//! Reads beside a running daemon, a few hundred documents at a time, so that
//! neither memory nor the write-ahead log grows with the length of the walk.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::activities::{self, ActivityRecord};
use super::database::signed;
use super::document::kind_from;
use super::evidence::{self, Exhibit};
use super::ids::{ChainId, DocumentId};
use super::judgement::{self, Seen, Verdict, View};
use super::mark::MarkFile;
use super::migrate::SCHEMA_VERSION;
use super::opening::{FILE_NAME, Held, fact, load_packers};
use super::packer::Packer;
use super::succession::{Chain, load_chains};
use super::{OpenError, StorageError, backup, database};
use crate::chain::{Head, InvoiceHash, Link, PreviousHash, follow};
use crate::stamp::{self, Verified};

/// Documents that are read in one go.
const CHUNK: u64 = 256;

/// Findings that are listed; the rest are counted.
const MOST_FINDINGS: usize = 1_000;

/// Something wrong with one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub document: DocumentId,
    pub what: String,
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub chains: u64,
    pub documents: u64,
    /// The first [`MOST_FINDINGS`].
    pub findings: Vec<Finding>,
    pub findings_total: u64,
    /// Entries of the activity log.
    pub activities: u64,
    /// What is wrong with the activity log, in words.
    pub log: Vec<String>,
}

/// Verifies every document of every chain in a data directory, and the activity
/// log. `progress` hears
/// how many documents are done. Needs no lock and changes nothing.
pub fn verify_chain(dir: &Path, mut progress: impl FnMut(u64)) -> Result<Report, OpenError> {
    let path = dir.join(FILE_NAME);
    let storage = |source| OpenError::Storage { path: path.clone(), source };
    let db = open(&path)?;
    let chains = load_chains(&db).map_err(storage)?;
    let mut packers = load_packers(&db).map_err(storage)?;
    let (activities, log) = activities::walk(&db).map_err(storage)?;
    let mut report = Report { chains: chains.len() as u64, activities, log, ..Report::default() };
    for id in chains.keys() {
        let mut walk = Walk::new(*id, 1);
        loop {
            let before = walk.documents;
            let found = walk_chunk(&db, &chains, &mut packers, &mut walk, CHUNK).map_err(storage)?;
            report.add(found);
            progress(report.documents + walk.documents);
            if walk.documents == before {
                break;
            }
        }
        report.documents += walk.documents;
    }
    Ok(report)
}

/// Holds the ledger against the high-water mark: `Some` says why the two do not
/// go together: documents or entries of the log that were written here are
/// missing from the file, the mark belongs to another ledger, or one of the two is
/// missing. A till that never sold has nothing to compare.
/// Needs no lock; the mark is read first, since a running till writes it after
/// the document.
pub fn compare_mark(dir: &Path, anchor: &Path) -> Result<Option<OpenError>, OpenError> {
    let failed = |source| OpenError::Mark { anchor: anchor.to_owned(), source };
    let seen = Seen { path: anchor.to_owned(), reading: MarkFile::peek(anchor).map_err(failed)? };
    let path = dir.join(FILE_NAME);
    if !path.exists() {
        return Ok(judgement::missing(&path, &[&seen]));
    }
    let db = open_with(&path, database::open_resting)?;
    let judged = Held::load(&db).and_then(|held| {
        let view = View {
            db: &db,
            path: &path,
            ledger: fact(&db, "ledger")?,
            chains: &held.chains,
            documents: held.documents,
            log: held.log,
            machine: None,
            run_time: None,
        };
        view.judge(&seen, &[])
    });
    match judged {
        Ok(Verdict::Wrong(error)) => Ok(Some(error)),
        Ok(Verdict::Sound | Verdict::Remake { .. }) => Ok(None),
        Err(source) => Err(OpenError::Storage { path, source }),
    }
}

/// The newest entries of the activity log, newest first, read beside a running
/// till or at rest.
pub fn activities(dir: &Path, limit: usize) -> Result<Vec<ActivityRecord>, OpenError> {
    let path = dir.join(FILE_NAME);
    let db = open(&path)?;
    activities::newest(&db, limit).map_err(|source| OpenError::Storage { path, source })
}

/// Reads every page and index of the file (`integrity_check`); takes long.
pub fn check_file(dir: &Path) -> Result<(), OpenError> {
    let path = dir.join(FILE_NAME);
    let db = open(&path)?;
    backup::integrity(&db).map_err(|source| OpenError::Storage { path, source })
}

fn open(path: &Path) -> Result<Connection, OpenError> {
    open_with(path, database::open_reader)
}

/// Opens a ledger of this version to read it, in the way of `reader`.
pub(super) fn open_with(
    path: &Path,
    reader: fn(&Path) -> Result<Connection, StorageError>,
) -> Result<Connection, OpenError> {
    let storage = |source: StorageError| OpenError::Storage { path: path.to_owned(), source };
    if !path.exists() {
        return Err(OpenError::NoLedger { path: path.to_owned() });
    }
    let db = reader(path).map_err(storage)?;
    let read =
        |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| storage(error.into()));
    if read("PRAGMA application_id")? != database::APPLICATION_ID {
        return Err(OpenError::NotALedger { path: path.to_owned() });
    }
    let found = read("PRAGMA user_version")?;
    if found < SCHEMA_VERSION {
        return Err(OpenError::FromThePast { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    if found > SCHEMA_VERSION {
        return Err(OpenError::FromTheFuture { path: path.to_owned(), found, known: SCHEMA_VERSION });
    }
    Ok(db)
}

impl Report {
    fn add(&mut self, findings: Vec<Finding>) {
        self.findings_total += findings.len() as u64;
        let room = MOST_FINDINGS.saturating_sub(self.findings.len());
        self.findings.extend(findings.into_iter().take(room));
    }

    /// Nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings_total == 0 && self.log.is_empty()
    }
}

/// Where a walk along one chain stands.
pub(super) struct Walk {
    chain: ChainId,
    next: u64,
    head: Option<Head>,
    started: bool,
    pub documents: u64,
}

impl Walk {
    /// From the document with the ICV `first` on, or from the chain's own first
    /// one if that is later.
    pub fn new(chain: ChainId, first: u64) -> Walk {
        Walk { chain, next: first, head: None, started: false, documents: 0 }
    }
}

/// The next documents of a chain.
pub(super) fn walk_chunk(
    db: &Connection,
    chains: &BTreeMap<ChainId, Chain>,
    packers: &mut HashMap<i64, Packer>,
    walk: &mut Walk,
    limit: u64,
) -> Result<Vec<Finding>, StorageError> {
    let lost = || StorageError::damaged(format!("chain {} is missing", walk.chain));
    let chain = chains.get(&walk.chain).ok_or_else(lost)?;
    let (base, last) = DocumentId::rows_of(walk.chain);
    if !walk.started {
        walk.head = match walk.next {
            next if next <= chain.first() => chain.before,
            next => stored_head(db, base + signed(next) - 1)?,
        };
        walk.started = true;
    }
    let mut statement = db.prepare_cached(
        "SELECT id, uuid, number, kind, issued, hash, previous, payable, tax, xml, corrects, paid, currency
         FROM documents WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut rows = statement.query((base + signed(walk.next), last, signed(limit)))?;
    let mut findings = Vec::new();
    while let Some(row) = rows.next()? {
        let line = Line::read(row)?;
        let (mut found, sound) = inspect(&line, chain, packers.get_mut(&chain.dictionary), walk.head);
        if let Some((verified, xml)) = &sound {
            found.extend(evidence::inspect(db, chains, packers, &line.exhibit(verified, xml))?);
        }
        findings.extend(found.into_iter().map(|what| Finding { document: line.id, what }));
        walk.head = Some(Head { icv: line.id.icv(), hash: line.hash });
        walk.next = line.id.icv().get() + 1;
        walk.documents += 1;
    }
    Ok(findings)
}

/// The head before the first document of a walk that begins in the middle.
fn stored_head(db: &Connection, row: i64) -> Result<Option<Head>, StorageError> {
    let Some(id) = DocumentId::from_row(row) else { return Ok(None) };
    let mut statement = db.prepare_cached("SELECT hash FROM documents WHERE id = ?1")?;
    let hash = statement.query_row([row], |row| row.get::<_, [u8; 32]>(0)).optional()?;
    Ok(hash.map(|hash| Head { icv: id.icv(), hash: InvoiceHash::new(hash) }))
}

/// A row as it stands, whatever it says.
struct Line {
    id: DocumentId,
    uuid: Uuid,
    number: String,
    kind: i64,
    issued: i64,
    hash: InvoiceHash,
    previous: Option<[u8; 32]>,
    payable: i64,
    tax: i64,
    xml: Vec<u8>,
    corrects: Option<i64>,
    paid: Option<Vec<u8>>,
    currency: Option<String>,
}

impl Line {
    fn read(row: &Row<'_>) -> Result<Line, StorageError> {
        let id = DocumentId::from_row(row.get(0)?);
        Ok(Line {
            id: id.ok_or_else(|| StorageError::damaged("a document has no valid id"))?,
            uuid: Uuid::from_bytes(row.get(1)?),
            number: row.get(2)?,
            kind: row.get(3)?,
            issued: row.get(4)?,
            hash: InvoiceHash::new(row.get(5)?),
            previous: row.get(6)?,
            payable: row.get(7)?,
            tax: row.get(8)?,
            xml: row.get(9)?,
            corrects: row.get(10)?,
            paid: row.get(11)?,
            currency: row.get(12)?,
        })
    }

    fn exhibit<'a>(&'a self, verified: &'a Verified, xml: &'a [u8]) -> Exhibit<'a> {
        Exhibit {
            id: self.id,
            verified,
            xml,
            corrects: self.corrects,
            paid: self.paid.as_deref(),
            currency: self.currency.as_deref(),
        }
    }

    fn link(&self) -> Link {
        let previous = match self.previous {
            None => PreviousHash::Genesis,
            Some(hash) => PreviousHash::Document(InvoiceHash::new(hash)),
        };
        Link { icv: self.id.icv(), previous }
    }
}

/// Everything wrong with the bytes of one document, and the bytes if they verify.
fn inspect(
    line: &Line,
    chain: &Chain,
    packer: Option<&mut Packer>,
    head: Option<Head>,
) -> (Vec<String>, Option<(Verified, Vec<u8>)>) {
    let mut found = Vec::new();
    let lost = || StorageError::damaged("the dictionary that its bytes need is damaged");
    let verified = match packer.ok_or_else(lost).and_then(|packer| packer.unpack(&line.xml)) {
        Err(error) => Err(error.to_string()),
        Ok(xml) => match stamp::verify_with(&xml, Some(&chain.certificate)) {
            Ok(verified) => Ok((verified, xml)),
            Err(error) => Err(error.to_string()),
        },
    };
    match &verified {
        Err(error) => found.push(error.clone()),
        Ok((verified, _)) => {
            if verified.certificate != chain.certificate.text() {
                found.push("it is stamped with another certificate than its chain's".to_owned());
            }
            found.extend(differences(line, verified));
        }
    }
    if let Err(broken) = follow(head, line.link(), line.hash) {
        found.push(broken.to_string());
    }
    (found, verified.ok())
}

/// Row columns that say something else than the document.
fn differences(line: &Line, verified: &Verified) -> Vec<String> {
    let same = [
        ("hash", verified.hash == line.hash),
        ("ICV", verified.link.icv == line.id.icv()),
        ("previous hash", verified.link == line.link()),
        ("UUID", verified.uuid == line.uuid),
        ("number", verified.number == line.number),
        ("kind", kind_from(line.kind) == Some(verified.kind)),
        ("moment of issue", verified.issued.unix() == line.issued),
        ("payable amount", verified.payable.get() == line.payable),
        ("VAT", verified.tax.get() == line.tax),
    ];
    let wrong = same.into_iter().filter(|(_, same)| !same);
    wrong.map(|(what, _)| format!("the row's {what} is not the document's")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Icv;

    #[test]
    fn findings_are_bounded_and_counted() {
        let document = DocumentId::new(ChainId::new(1).unwrap(), Icv::FIRST).unwrap();
        let mut report = Report::default();
        report.add(vec![Finding { document, what: "x".into() }; MOST_FINDINGS + 5]);
        report.add(vec![Finding { document, what: "y".into() }]);
        assert_eq!(report.findings.len(), MOST_FINDINGS);
        assert_eq!(report.findings_total, MOST_FINDINGS as u64 + 6);
        assert!(!report.is_clean());
    }
}
