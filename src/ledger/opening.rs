//! From files to a store that may sell: lock, schema, the tail of the chain
//! verified again, the high-water mark compared, interrupted work put right.
//! Nothing here takes longer with more documents stored.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::audit::{self, Walk};
use super::backlog::Backlog;
use super::clock::Clock;
use super::database::{self, Durability, signed, unsigned};
use super::ids::{ChainId, DocumentId, PrintJobId, UuidKey};
use super::lock::{self, Lock};
use super::mark::{Mark, MarkFile};
use super::migrate::{self, Birth};
use super::packer::{ANSWERS, Packer};
use super::state::{PrintState, ReportState};
use super::store::{Chain, LEVEL, Notice, Random};
use super::{OpenError, StorageError, Store};
use crate::chain::{Head, InvoiceHash};
use crate::stamp::StampCertificate;

/// The ledger's name in the data directory.
pub const FILE_NAME: &str = "ledger.sqlite";

/// Documents at the end of the chain that are verified again on every start.
const TAIL: u64 = 16;

/// What the store takes from the world.
pub struct Surroundings {
    pub clock: Arc<dyn Clock>,
    pub random: Random,
    /// Seconds that the clock may be behind the last document; within them a
    /// document takes the moment of the one before.
    pub clock_tolerance: i64,
    pub recovery: Recovery,
}

/// What to do with a ledger that the high-water mark contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Refuse and say what to do.
    Refuse,
    /// An operator's decision that the newest file is lost: keep what is there
    /// for reading, but close its chains, so that only a newly onboarded
    /// certificate can go on. The number counter goes on above the lost numbers.
    CloseChains,
}

impl Surroundings {
    /// The machine's randomness, two minutes of tolerance, no recovery.
    pub fn new(clock: Arc<dyn Clock>) -> Surroundings {
        let random: Random = Box::new(|buffer| getrandom::fill(buffer).map_err(std::io::Error::other));
        Surroundings { clock, random, clock_tolerance: 120, recovery: Recovery::Refuse }
    }
}

impl Store {
    /// Opens the ledger in `dir`, or makes it, as the one writer. `anchor` is the
    /// path of the high-water mark, best outside `dir`.
    pub fn open(dir: &Path, anchor: &Path, clock: Arc<dyn Clock>) -> Result<Store, OpenError> {
        Store::open_with(dir, anchor, Surroundings::new(clock))
    }

    /// As [`Store::open`], with everything it takes from the world.
    pub fn open_with(dir: &Path, anchor: &Path, mut with: Surroundings) -> Result<Store, OpenError> {
        lock::private_directory(dir)?;
        let lock = Lock::take(dir)?;
        let path = dir.join(FILE_NAME);
        let mark_failed = |source| OpenError::Mark { anchor: anchor.to_owned(), source };
        let mark = MarkFile::peek(anchor).map_err(mark_failed)?;
        let missing = missing(&path, anchor, mark.as_ref());
        if let (Some(error), Recovery::Refuse) = (missing, with.recovery) {
            return Err(error);
        }
        let storage = |source| OpenError::Storage { path: path.clone(), source };
        let birth = birth(&mut with.random).map_err(storage)?;
        let db = database::open_writer(&path, true).map_err(storage)?;
        let backup = migrate::migrate(&db, &path, birth)?;
        let mut store = load(db, path.clone(), anchor, with, lock)?;
        store.notices.extend(backup.map(|backup| Notice::Migrated { backup }));
        store.verify_tail()?;
        Ok(store)
    }

    /// Compares with the mark, and writes it where the ledger is ahead.
    fn settle_mark(&mut self, anchor: &Path, mark: Option<Mark>, how: Recovery) -> Result<(), OpenError> {
        match (mark, self.contradiction(anchor, mark.as_ref())?) {
            (Some(mark), Some(error)) => match how {
                Recovery::Refuse => return Err(error),
                Recovery::CloseChains => self.close_chains(&mark, &error.to_string())?,
            },
            (None, _) if self.documents > 0 => {
                self.notices.push(Notice::MarkRecreated { documents: self.documents });
            }
            _ => {}
        }
        let failed = |source| OpenError::Mark { anchor: anchor.to_owned(), source };
        let current = self.current_mark();
        self.mark.write(&current).map_err(failed)?;
        self.mark.sync().map_err(failed)
    }

    fn contradiction(&self, anchor: &Path, mark: Option<&Mark>) -> Result<Option<OpenError>, OpenError> {
        let Some(mark) = mark.filter(|mark| mark.documents > 0) else { return Ok(None) };
        let path = self.path.clone();
        if mark.ledger != self.ledger {
            return Ok(Some(OpenError::ForeignMark { path, anchor: anchor.to_owned() }));
        }
        if self.documents < mark.documents {
            return Ok(Some(OpenError::Behind { path, found: self.documents, known: mark.documents }));
        }
        let chain = self.chains.iter().find(|(_, chain)| chain.fingerprint == mark.fingerprint);
        let id = chain.and_then(|(id, _)| DocumentId::new(*id, crate::chain::Icv::new(mark.icv)?));
        let hash = match id {
            Some(id) => self.stored_hash(id).map_err(|source| self.storage(source))?,
            None => None,
        };
        if hash != Some(mark.hash) {
            let at = id.map_or_else(|| format!("ICV {}", mark.icv), |id| id.to_string());
            return Ok(Some(OpenError::Diverged { path, at }));
        }
        Ok(None)
    }

    fn stored_hash(&self, id: DocumentId) -> Result<Option<[u8; 32]>, StorageError> {
        let mut statement = self.db.prepare_cached("SELECT hash FROM documents WHERE id = ?1")?;
        Ok(statement.query_row([id.row()], |row| row.get(0)).optional()?)
    }

    /// Closes every chain in the file and the one that the mark names.
    fn close_chains(&mut self, mark: &Mark, reason: &str) -> Result<(), OpenError> {
        let mut lost: BTreeMap<[u8; 32], u64> = BTreeMap::new();
        for chain in self.chains.values_mut().filter(|chain| !chain.closed) {
            chain.closed = true;
            lost.insert(chain.fingerprint, chain.head.map_or(0, |head| head.icv.get()));
        }
        let icv = lost.entry(mark.fingerprint).or_default();
        *icv = mark.icv.max(*icv);
        let (now, serial) = (self.clock.now(), self.serial.max(mark.serial));
        let closed = self.write(Durability::PowerCut, |db| {
            for (fingerprint, icv) in &lost {
                db.execute(
                    "INSERT OR IGNORE INTO closures (fingerprint, closed_at, icv, serial, reason)
                     SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM closures WHERE fingerprint = ?1)",
                    (fingerprint, now, signed(*icv), signed(serial), reason),
                )?;
            }
            Ok::<_, StorageError>(())
        });
        closed.map_err(|source| self.storage(source))?;
        self.serial = serial;
        self.notices.push(Notice::ChainsClosed { reason: reason.to_owned() });
        Ok(())
    }

    /// The last documents of the newest chain, verified from their bytes.
    fn verify_tail(&mut self) -> Result<(), OpenError> {
        let Some(chain) = self.newest else { return Ok(()) };
        let Some(head) = self.chains.get(&chain).and_then(|chain| chain.head) else { return Ok(()) };
        let first = head.icv.get().saturating_sub(TAIL - 1).max(1);
        let mut walk = Walk::new(chain, first);
        let findings = audit::walk(self, &mut walk, TAIL).map_err(|source| self.storage(source))?;
        match findings.into_iter().next() {
            None => Ok(()),
            Some(finding) => Err(OpenError::Tail {
                path: self.path.clone(),
                document: finding.document,
                finding: finding.what,
            }),
        }
    }

    fn storage(&self, source: StorageError) -> OpenError {
        OpenError::Storage { path: self.path.clone(), source }
    }
}

/// The ledger file is gone although the mark says that documents were issued.
fn missing(path: &Path, anchor: &Path, mark: Option<&Mark>) -> Option<OpenError> {
    let documents = mark.map_or(0, |mark| mark.documents);
    let empty = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    (documents > 0 && empty).then(|| OpenError::LedgerMissing {
        path: path.to_owned(),
        anchor: anchor.to_owned(),
        documents,
    })
}

fn birth(random: &mut Random) -> Result<Birth, StorageError> {
    let mut birth = Birth {
        ledger: [0; 16],
        uuid_key: [0; 32],
        answers: ANSWERS,
        answers_sha256: Sha256::digest(ANSWERS).into(),
    };
    for buffer in [&mut birth.ledger[..], &mut birth.uuid_key[..]] {
        random(buffer).map_err(|e| StorageError::Internal { detail: format!("no randomness: {e}") })?;
    }
    Ok(birth)
}

fn load(
    db: Connection,
    path: PathBuf,
    anchor: &Path,
    with: Surroundings,
    lock: Lock,
) -> Result<Store, OpenError> {
    let storage = |source| OpenError::Storage { path: path.clone(), source };
    let mark_failed = |source| OpenError::Mark { anchor: anchor.to_owned(), source };
    let old_mark = MarkFile::peek(anchor).map_err(mark_failed)?;
    let mark = MarkFile::open(anchor).map_err(mark_failed)?;
    let mut packers = load_packers(&db).map_err(storage)?;
    let answers = packers.remove(&1);
    let answers = answers.ok_or_else(|| storage(StorageError::damaged("dictionary 1 is missing")))?;
    let mut store = Store {
        ledger: fact(&db, "ledger").map_err(storage)?,
        uuid_key: UuidKey::new(fact(&db, "uuid_key").map_err(storage)?),
        db,
        path: path.clone(),
        mark,
        trusted: (with.clock.now(), with.clock.uptime()),
        clock: with.clock,
        random: with.random,
        clock_tolerance: with.clock_tolerance,
        chains: BTreeMap::new(),
        unit: None,
        last_issued: 0,
        serial: 0,
        documents: 0,
        newest: None,
        backlog: Backlog::default(),
        packers,
        answers,
        notices: Vec::new(),
        mark_fault: false,
        writes: 0,
        _lock: lock,
    };
    store.reload().map_err(storage)?;
    store.settle_mark(anchor, old_mark, with.recovery)?;
    store.resume().map_err(storage)?;
    Ok(store)
}

fn fact<const N: usize>(db: &Connection, name: &str) -> Result<[u8; N], StorageError> {
    Ok(db.query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| row.get(0))?)
}

/// Every dictionary, checked by its hash.
pub(super) fn load_packers(db: &Connection) -> Result<HashMap<i64, Packer>, StorageError> {
    let mut statement = db.prepare("SELECT id, content, sha256 FROM dictionaries")?;
    let mut rows = statement.query([])?;
    let mut packers = HashMap::new();
    while let Some(row) = rows.next()? {
        let (id, content): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if Sha256::digest(&content).as_slice() != row.get::<_, [u8; 32]>(2)? {
            return Err(StorageError::damaged(format!("dictionary {id} does not have its hash")));
        }
        packers.insert(id, Packer::new(&content, LEVEL)?);
    }
    Ok(packers)
}

/// Every chain with its last document.
pub(super) fn load_chains(db: &Connection) -> Result<BTreeMap<ChainId, Chain>, StorageError> {
    let mut statement = db.prepare(
        "SELECT id, fingerprint, certificate, dictionary,
                EXISTS (SELECT 1 FROM closures WHERE closures.fingerprint = chains.fingerprint)
         FROM chains",
    )?;
    let mut rows = statement.query([])?;
    let mut chains = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let damaged = |what: String| StorageError::damaged(format!("chain {number}: {what}"));
        let id = ChainId::new(number).ok_or_else(|| damaged("impossible number".into()))?;
        let certificate = StampCertificate::from_base64(&row.get::<_, String>(2)?)
            .map_err(|error| damaged(error.to_string()))?;
        let chain = Chain {
            fingerprint: row.get(1)?,
            certificate,
            dictionary: row.get(3)?,
            closed: row.get(4)?,
            head: None,
        };
        if chain.fingerprint != chain.certificate.fingerprint() {
            return Err(damaged("the certificate is not the one it was opened with".into()));
        }
        chains.insert(id, chain);
    }
    Ok(chains)
}

struct Last {
    head: Head,
    issued: i64,
    serial: u64,
}

/// The last document of a chain; its moment is that of the last one which does
/// not keep the moment of a document that it replaces.
fn last_document(db: &Connection, chain: ChainId) -> Result<Option<Last>, StorageError> {
    let (first, last) = DocumentId::rows_of(chain);
    let mut statement = db.prepare_cached(
        "SELECT id, hash,
                coalesce((SELECT issued FROM documents AS inner
                          WHERE id BETWEEN ?1 AND ?2
                            AND (corrects IS NULL
                                 OR issued <> (SELECT issued FROM documents WHERE id = inner.corrects))
                          ORDER BY id DESC LIMIT 1), 0),
                serial
         FROM documents WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
    )?;
    let row = statement
        .query_row([first, last], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get(2)?, unsigned(row, 3)?))
        })
        .optional()?;
    let Some((row, hash, issued, serial)) = row else { return Ok(None) };
    let id = DocumentId::from_row(row).ok_or_else(|| StorageError::damaged("a document has no valid id"))?;
    Ok(Some(Last { head: Head { icv: id.icv(), hash: InvoiceHash::new(hash) }, issued, serial }))
}

impl Store {
    /// Reads everything that is held in memory from the file again. After an
    /// unexpected fault this is how the store finds its feet.
    pub(super) fn reload(&mut self) -> Result<(), StorageError> {
        let mut chains = load_chains(&self.db)?;
        let (mut documents, mut last_issued, mut newest) = (0, 0, None);
        let lost = "SELECT coalesce(max(serial), 0) FROM closures";
        let mut serial: u64 = self.db.query_row(lost, [], |row| unsigned(row, 0))?;
        for (id, chain) in &mut chains {
            let Some(last) = last_document(&self.db, *id)? else { continue };
            chain.head = Some(last.head);
            documents += last.head.icv.get();
            if last.serial >= serial {
                newest = Some(*id);
            }
            serial = serial.max(last.serial);
            last_issued = last_issued.max(last.issued);
        }
        self.backlog = Backlog::load(&self.db, documents)?;
        (self.chains, self.documents, self.last_issued) = (chains, documents, last_issued);
        (self.serial, self.newest) = (serial, newest);
        Ok(())
    }

    /// Puts right what the end of the program interrupted: an attempt in flight
    /// is queued again, a receipt being printed is unconfirmed.
    fn resume(&mut self) -> Result<(), StorageError> {
        let flying: Vec<DocumentId> = self.backlog.in_state(ReportState::InFlight).collect();
        let printing: Vec<PrintJobId> = self
            .backlog
            .prints()
            .filter(|(_, state)| *state == PrintState::Printing)
            .map(|(job, _)| job)
            .collect();
        for id in &flying {
            self.interrupt_attempt(*id)?;
        }
        for job in &printing {
            self.set_print_state(*job, PrintState::Unconfirmed, Some("the program ended while it printed"))?;
        }
        if !flying.is_empty() {
            self.notices.push(Notice::Interrupted { attempts: flying.len() });
        }
        if !printing.is_empty() {
            self.notices.push(Notice::Unconfirmed { prints: printing.len() });
        }
        Ok(())
    }
}
