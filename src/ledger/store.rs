//! The store in one piece: what it holds in memory, and which chain it continues.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::backlog::Backlog;
use super::clock::Clock;
use super::database::{self, Checkpoint, Durability};
use super::ids::{ChainId, UuidKey};
use super::lock::Lock;
use super::mark::{Mark, MarkFile};
use super::packer::Packer;
use super::{ActivateError, StorageError, backup, sample};
use crate::chain::Head;
use crate::invoice::{InvoiceNumber, Seller};
use crate::stamp::{Signer, StampCertificate};

/// Fills a buffer with random bytes.
pub type Random = Box<dyn FnMut(&mut [u8]) -> io::Result<()> + Send>;

/// zstd level of documents; the measurements stand in mod.rs.
pub(super) const LEVEL: i32 = 5;

/// Writes after which the log is moved into the file between two sales: about a
/// thousand sales with their reports, or six megabytes. A long log means that a
/// page which many sales touch is written to the file once for all of them.
const CHECKPOINT_EVERY: u32 = 3_000;

/// The identity that stamps: a certificate, its key, and the seller in its name.
pub struct Unit {
    pub certificate: StampCertificate,
    pub signer: Box<dyn Signer>,
    pub seller: Arc<Seller>,
    /// The platform's environment that issued the certificate, by its word.
    pub environment: String,
    /// What the invoice numbers of this till begin with; the counter follows.
    pub number_prefix: String,
    /// Signed sample documents of this unit, of the shapes it will store; they
    /// become the dictionary when the chain is opened. Empty: the store seals
    /// a sample by itself.
    pub dictionary: Vec<u8>,
}

/// A chain that this ledger has, or had.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub fingerprint: [u8; 32],
    pub certificate: StampCertificate,
    pub dictionary: i64,
    pub closed: bool,
    pub head: Option<Head>,
}

pub(super) struct ActiveUnit {
    pub chain: ChainId,
    pub unit: Unit,
}

/// The ledger of one till, owned by one thread.
pub struct Store {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
    pub(super) mark: MarkFile,
    pub(super) ledger: [u8; 16],
    pub(super) uuid_key: UuidKey,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Random,
    pub(super) clock_tolerance: i64,
    /// Wall clock and uptime at the opening, when the clock was trusted.
    pub(super) trusted: (i64, Option<i64>),
    pub(super) chains: BTreeMap<ChainId, Chain>,
    pub(super) unit: Option<ActiveUnit>,
    /// Moment of the last document of any chain, seconds UTC.
    pub(super) last_issued: i64,
    /// The number counter.
    pub(super) serial: u64,
    /// Documents of all chains.
    pub(super) documents: u64,
    /// The newest document's chain, for the mark.
    pub(super) newest: Option<ChainId>,
    pub(super) backlog: Backlog,
    pub(super) packers: HashMap<i64, Packer>,
    pub(super) answers: Packer,
    pub(super) notices: Vec<Notice>,
    pub(super) mark_fault: bool,
    pub(super) writes: u32,
    // Dropped last: the file is closed before another may open it.
    pub(super) _lock: Lock,
}

/// Something that opening the store put right by itself, worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The mark was missing or unreadable and was made anew from the ledger.
    MarkRecreated { documents: u64 },
    /// Attempts were in flight when the program ended; they will be sent again.
    Interrupted { attempts: usize },
    /// Receipts were being printed when the program ended; a person must look.
    Unconfirmed { prints: usize },
    /// The schema was brought up to date; the file before is kept here.
    Migrated { backup: PathBuf },
    /// Every chain was closed because documents are lost to this file.
    ChainsClosed { reason: String },
}

impl Store {
    /// What opening put right.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The ledger file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Documents of all chains.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// The chain that is being continued and its last document.
    pub fn head(&self) -> Option<(ChainId, Option<Head>)> {
        let active = self.unit.as_ref()?;
        Some((active.chain, self.chains.get(&active.chain)?.head))
    }

    /// Opens the chain of a certificate, or continues the one it has. From here
    /// on sales can be stored.
    pub fn activate(&mut self, unit: Unit) -> Result<ChainId, ActivateError> {
        if unit.number_prefix.ends_with(|c: char| c.is_ascii_digit()) {
            let why = "it must not end in a digit, or prefix and counter could not be told apart";
            return Err(ActivateError::Prefix(unit.number_prefix, why.to_owned()));
        }
        let first_number = format!("{}000001", unit.number_prefix);
        InvoiceNumber::parse(&first_number)
            .map_err(|e| ActivateError::Prefix(unit.number_prefix.clone(), e.to_string()))?;
        let fingerprint = unit.certificate.fingerprint();
        if self.is_closed(&fingerprint)? {
            return Err(ActivateError::Closed);
        }
        let known = self.chains.iter().find(|(_, chain)| chain.fingerprint == fingerprint);
        let chain = match known {
            Some((id, _)) => *id,
            None => self.open_chain(&unit, fingerprint)?,
        };
        self.unit = Some(ActiveUnit { chain, unit });
        Ok(chain)
    }

    /// Takes the identity away: sales are refused until the next [`Store::activate`].
    pub fn deactivate(&mut self) {
        self.unit = None;
    }

    fn is_closed(&self, fingerprint: &[u8; 32]) -> Result<bool, StorageError> {
        let mut statement = self.db.prepare_cached("SELECT 1 FROM closures WHERE fingerprint = ?1")?;
        Ok(statement.exists([fingerprint])?)
    }

    fn open_chain(&mut self, unit: &Unit, fingerprint: [u8; 32]) -> Result<ChainId, ActivateError> {
        let last = self.chains.keys().next_back().map_or(0, |id| id.get());
        let id = ChainId::new(last + 1).ok_or(ActivateError::TooManyChains(ChainId::MAX))?;
        let content = match unit.dictionary.as_slice() {
            [] => sample::dictionary(unit),
            given => given.to_vec(),
        };
        let now = self.clock.now();
        let dictionary = self.write(Durability::PowerCut, |db| {
            let sha256: [u8; 32] = Sha256::digest(&content).into();
            db.execute(
                "INSERT INTO dictionaries (id, content, sha256)
                 SELECT coalesce(max(id), 0) + 1, ?1, ?2 FROM dictionaries",
                (&content, sha256),
            )?;
            let dictionary = db.last_insert_rowid();
            db.execute(
                "INSERT INTO chains (id, fingerprint, certificate, environment, dictionary, opened_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (id.get(), fingerprint, unit.certificate.text(), &unit.environment, dictionary, now),
            )?;
            Ok::<_, StorageError>(dictionary)
        })?;
        self.packers.insert(dictionary, Packer::new(&content, LEVEL)?);
        let certificate = unit.certificate.clone();
        self.chains.insert(id, Chain { fingerprint, certificate, dictionary, closed: false, head: None });
        Ok(id)
    }

    /// The compressor of a chain's documents.
    pub(super) fn packer(&mut self, chain: ChainId) -> Result<&mut Packer, StorageError> {
        let dictionary = self
            .chains
            .get(&chain)
            .map(|chain| chain.dictionary)
            .ok_or_else(|| StorageError::damaged(format!("chain {chain} is missing")))?;
        self.packers
            .get_mut(&dictionary)
            .ok_or_else(|| StorageError::damaged(format!("dictionary {dictionary} is missing")))
    }

    /// One write transaction; nothing in memory may change before it returned.
    pub(super) fn write<R, E: From<StorageError>>(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<R, E>,
    ) -> Result<R, E> {
        self.writes += 1;
        database::write(&self.db, durability, work)
    }

    /// Writes the high-water mark. A failure does not undo what is committed:
    /// it is logged once and the next document tries again.
    pub(super) fn write_mark(&mut self) {
        let written = self.mark.write(&self.current_mark());
        match written {
            Ok(()) => self.mark_fault = false,
            Err(error) if !self.mark_fault => {
                self.mark_fault = true;
                tracing::warn!(%error, "the high-water mark could not be written; selling goes on");
            }
            Err(_) => {}
        }
    }

    pub(super) fn current_mark(&self) -> Mark {
        let newest = self.newest.and_then(|id| self.chains.get(&id));
        let head = newest.and_then(|chain| chain.head);
        Mark {
            ledger: self.ledger,
            documents: self.documents,
            serial: self.serial,
            fingerprint: newest.map_or([0; 32], |chain| chain.fingerprint),
            icv: head.map_or(0, |head| head.icv.get()),
            hash: head.map_or([0; 32], |head| *head.hash.bytes()),
        }
    }

    /// Whether the high-water mark could not be written since the last document.
    pub fn mark_is_stale(&self) -> bool {
        self.mark_fault
    }

    /// The most that the ledger file may grow to, so that it cannot crowd out the
    /// rest of a small disk. At the limit sales fail with [`StorageError::DiskFull`];
    /// a limit below the present size stops growth at once.
    pub fn limit_file(&mut self, bytes: u64) -> Result<(), StorageError> {
        let pages = bytes / u64::from(database::PAGE_SIZE);
        self.db.query_row(&format!("PRAGMA max_page_count = {}", pages.max(1)), [], |_| Ok(()))?;
        Ok(())
    }

    /// Work for a quiet moment between two sales: moves the write-ahead log into
    /// the file once it is long enough, so that no sale has to. True if it did.
    pub fn tidy(&mut self) -> bool {
        if self.writes < CHECKPOINT_EVERY {
            return false;
        }
        self.writes = 0;
        if let Err(error) = database::checkpoint(&self.db, Checkpoint::Passive) {
            tracing::warn!(%error, "the write-ahead log could not be moved; it is tried again later");
        }
        true
    }

    /// Writes a compact, verified copy of the ledger; selling waits meanwhile.
    pub fn backup(&self, to: &Path) -> Result<(), StorageError> {
        backup::verified_copy(&self.db, to)
    }

    /// Ends properly: empties the log into the file, closes it, flushes the mark.
    pub fn close(mut self) -> Result<(), StorageError> {
        database::checkpoint(&self.db, Checkpoint::Truncate)?;
        self.write_mark();
        let synced = self.mark.sync();
        self.db.flush_prepared_statement_cache();
        self.db.close().map_err(|(_, error)| error)?;
        synced.map_err(|e| StorageError::Disk { detail: format!("high-water mark: {e}") })
    }
}
