//! The store in one piece: what it holds in memory, its mark, its end.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use super::activities::LogHead;
use super::backlog::Backlog;
use super::clock::Clock;
use super::database::{self, Checkpoint, Durability};
use super::guard::{AuthorityTime, Reading};
use super::ids::{ChainId, UuidKey};
use super::lock::{Lock, Presence};
use super::mark::{Mark, MarkFile};
use super::packer::Packer;
use super::succession::{Chain, OnRenewal};
use super::witness::Witness;
use super::{StorageError, backup};
use crate::chain::Head;
use crate::invoice::Seller;
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
    /// Where its chain begins if it has none here yet.
    pub on_renewal: OnRenewal,
}

pub(super) struct ActiveUnit {
    pub chain: ChainId,
    pub unit: Unit,
}

/// The ledger of one till, owned by one thread.
pub struct Store {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
    /// The anchor, the one witness that every sale writes by itself.
    pub(super) mark: MarkFile,
    pub(super) witnesses: Vec<Witness>,
    pub(super) ledger: [u8; 16],
    /// What tells this machine from others; `None` if nothing does.
    pub(super) machine: Option<[u8; 32]>,
    pub(super) uuid_key: UuidKey,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Random,
    pub(super) clock_tolerance: i64,
    /// The first moment since the opening at which the clock looked right.
    pub(super) trusted: Cell<Option<Reading>>,
    /// What the authority's answers say of the time.
    pub(super) authority: AuthorityTime,
    pub(super) chains: BTreeMap<ChainId, Chain>,
    pub(super) unit: Option<ActiveUnit>,
    /// There is a certificate, but its chain may not go on.
    pub(super) shut: bool,
    /// Moment of the last document of any chain, seconds UTC.
    pub(super) last_issued: i64,
    /// The number counter.
    pub(super) serial: u64,
    /// Documents of all chains.
    pub(super) documents: u64,
    /// The newest document's chain, for the mark.
    pub(super) newest: Option<ChainId>,
    /// Where the activity log stands.
    pub(super) log: LogHead,
    pub(super) backlog: Backlog,
    pub(super) packers: HashMap<i64, Packer>,
    pub(super) answers: Packer,
    pub(super) notices: Vec<Notice>,
    /// Why the anchor does not have the newest mark.
    pub(super) mark_fault: Option<String>,
    pub(super) writes: u32,
    // Dropped last: the file is closed before another may open it.
    pub(super) _presence: Option<Presence>,
    pub(super) _lock: Lock,
}

/// Something that opening the store put right by itself, worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The mark was missing or unreadable and was made anew, because this other
    /// witness agreed with the ledger.
    MarkRemade { documents: u64, witness: PathBuf },
    /// A witness other than the anchor could not be read.
    WitnessUnread { witness: PathBuf, reason: String },
    /// The ledger was bound to this machine.
    Bound,
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

    /// The counter behind the numbers: the next one is one more.
    pub fn counter(&self) -> u64 {
        self.serial
    }

    /// The chain that is being continued and its last document.
    pub fn head(&self) -> Option<(ChainId, Option<Head>)> {
        let active = self.unit.as_ref()?;
        Some((active.chain, self.chains.get(&active.chain)?.head))
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

    /// Writes the high-water mark and hands it to the other witnesses. A failure
    /// does not undo what is committed: it is logged once and the next document
    /// tries again.
    pub(super) fn write_mark(&mut self) {
        let mark = self.current_mark();
        for witness in &self.witnesses {
            witness.tell(mark, false);
        }
        let written = self.mark.write(&mark);
        let fault = written.err().map(|error| error.to_string());
        if let Some(fault) = fault.as_ref().filter(|_| self.mark_fault.is_none()) {
            tracing::warn!(fault, "the high-water mark could not be written; selling goes on");
        }
        self.mark_fault = fault;
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
            machine: self.machine,
            activities: self.log.entries,
            log: self.log.hash,
        }
    }

    /// The anchor and the witnesses beside it, and why one does not keep the mark.
    pub fn witnesses(&self) -> Vec<(PathBuf, Option<String>)> {
        let anchor = (self.mark.path().to_owned(), self.mark_fault.clone());
        let others = self.witnesses.iter().map(|witness| (witness.path().to_owned(), witness.fault()));
        [anchor].into_iter().chain(others).collect()
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
