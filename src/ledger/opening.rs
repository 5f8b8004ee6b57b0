//! From files to a store that may sell: lock, schema, machine and marks judged,
//! the tail of the chain verified again, interrupted work put right.
//! Nothing here takes longer with more documents stored.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::activities::{self, LogHead};
use super::audit::{self, Walk};
use super::backlog::Backlog;
use super::clock::Clock;
use super::database::{self, unsigned};
use super::guard::{self, AuthorityTime};
use super::ids::{ChainId, DocumentId, PrintJobId, UuidKey};
use super::judgement::{self, Seen, Verdict, View};
use super::lock::{self, Lock, Presence};
use super::mark::MarkFile;
use super::migrate::{self, Birth};
use super::packer::{ANSWERS, Packer};
use super::recovery::Recovery;
use super::state::{PrintState, ReportState};
use super::store::{LEVEL, Notice, Random};
use super::succession::{Chain, last_document, load_chains};
use super::witness::{self, Witness};
use super::{OpenError, StorageError, Store};

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
    /// What tells this machine from a copy of its disk; `None` if nothing does,
    /// and then no machine is refused.
    pub machine: Option<[u8; 32]>,
    /// Files beside the anchor that remember how far the till has come. They may
    /// be missing, and their folders are never made.
    pub witnesses: Vec<PathBuf>,
    /// The one of them that ends with the boot: it alone may stand for an anchor
    /// that is missing.
    pub run_time: Option<PathBuf>,
    /// Whether a copy of the ledger must not be open on this machine at the same
    /// time. Ledgers with the same randomness are copies in this sense.
    pub alone: bool,
}

impl Surroundings {
    /// The machine's randomness, two minutes of tolerance, no recovery, no
    /// machine, no witness but the anchor.
    pub fn new(clock: Arc<dyn Clock>) -> Surroundings {
        let random: Random = Box::new(|buffer| getrandom::fill(buffer).map_err(std::io::Error::other));
        Surroundings {
            clock,
            random,
            clock_tolerance: guard::TOLERANCE,
            recovery: Recovery::Refuse,
            machine: None,
            witnesses: Vec::new(),
            run_time: None,
            alone: true,
        }
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
        let mut ready = Ready::new(dir, anchor, &mut with)?;
        let verdict = match (ready.judge()?, &with.recovery) {
            (Verdict::Wrong(error), Recovery::Refuse) => return Err(error),
            (verdict, _) => verdict,
        };
        ready.verify_tail()?;
        let (seen, migrated) = (ready.seen(), ready.migrated.take());
        let how = std::mem::replace(&mut with.recovery, Recovery::Refuse);
        let mut store = ready.into_store(anchor, with)?;
        store.settle(verdict, &seen, how, migrated.as_deref())?;
        store.resume().map_err(|source| store.storage(source))?;
        store.notices.extend(migrated.map(|backup| Notice::Migrated { backup }));
        Ok(store)
    }

    /// Looks at a ledger as a start would, and says why it would be refused. A
    /// ledger of an older version is converted, as a start would; nothing else is
    /// changed, and no file is made.
    pub fn examine(dir: &Path, anchor: &Path, mut with: Surroundings) -> Result<(), OpenError> {
        let path = dir.join(FILE_NAME);
        if std::fs::metadata(&path).map_or(true, |file| file.len() == 0) {
            let all = [anchor].into_iter().chain(with.witnesses.iter().map(PathBuf::as_path));
            let seen = all
                .filter_map(|path| Some(Seen { path: path.to_owned(), reading: MarkFile::peek(path).ok()? }));
            let seen: Vec<Seen> = seen.collect();
            let missing = judgement::missing(&path, &seen.iter().collect::<Vec<_>>());
            return Err(missing.unwrap_or(OpenError::NoLedger { path }));
        }
        with.recovery = Recovery::Refuse;
        let mut ready = Ready::new(dir, anchor, &mut with)?;
        match ready.judge()? {
            Verdict::Wrong(error) => Err(error),
            Verdict::Sound | Verdict::Remake { .. } => ready.verify_tail(),
        }
    }

    /// Reads everything that is held in memory from the file again. After an
    /// unexpected fault this is how the store finds its feet.
    pub(super) fn reload(&mut self) -> Result<(), StorageError> {
        let held = Held::load(&self.db)?;
        self.backlog = Backlog::load(&self.db, held.documents)?;
        (self.chains, self.documents, self.last_issued) = (held.chains, held.documents, held.last_issued);
        (self.serial, self.newest, self.log) = (held.serial, held.newest, held.log);
        Ok(())
    }
}

/// What the file says of the till as a whole.
pub(super) struct Held {
    pub chains: BTreeMap<ChainId, Chain>,
    pub documents: u64,
    /// Seconds UTC.
    pub last_issued: i64,
    pub serial: u64,
    pub newest: Option<ChainId>,
    pub log: LogHead,
}

impl Held {
    pub fn load(db: &Connection) -> Result<Held, StorageError> {
        let mut chains = load_chains(db)?;
        let (mut documents, mut last_issued, mut newest, mut issued) = (0, 0, None, 0);
        for (id, chain) in &mut chains {
            let Some(last) = last_document(db, *id)? else { continue };
            chain.head = Some(last.head);
            documents += chain.documents();
            // A chain that begins with a correction repeats the counter.
            if last.serial >= issued {
                (newest, issued) = (Some(*id), last.serial);
            }
            last_issued = last_issued.max(last.issued);
        }
        let lost = "SELECT max(coalesce((SELECT max(serial) FROM closures), 0),
                               coalesce((SELECT max(serial) FROM floors), 0))";
        let lost = db.query_row(lost, [], |row| unsigned(row, 0))?;
        Ok(Held {
            chains,
            documents,
            last_issued,
            serial: issued.max(lost),
            newest,
            log: activities::head(db)?,
        })
    }
}

/// A ledger that is locked and read, and what the witnesses say of it; nothing
/// is judged or changed yet.
struct Ready {
    db: Connection,
    path: PathBuf,
    ledger: [u8; 16],
    held: Held,
    packers: HashMap<i64, Packer>,
    machine: Option<[u8; 32]>,
    anchor: Seen,
    others: Vec<Seen>,
    run_time: Option<PathBuf>,
    witnesses: Vec<Witness>,
    /// The copy of the file as it was, if it was converted.
    migrated: Option<PathBuf>,
    notices: Vec<Notice>,
    // Dropped last: the file is closed before another may open it.
    presence: Option<Presence>,
    lock: Lock,
}

impl Ready {
    fn new(dir: &Path, anchor: &Path, with: &mut Surroundings) -> Result<Ready, OpenError> {
        lock::private_directory(dir)?;
        let lock = Lock::take(dir)?;
        let path = dir.join(FILE_NAME);
        let mark_failed = |source| OpenError::Mark { anchor: anchor.to_owned(), source };
        let anchor = Seen { path: anchor.to_owned(), reading: MarkFile::peek(anchor).map_err(mark_failed)? };
        let (mut witnesses, mut others, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        for (witness, said) in witness::call(&with.witnesses).map_err(mark_failed)? {
            match said.reading {
                Ok(reading) => others.push(Seen { path: said.path, reading }),
                Err(error) => {
                    notices.push(Notice::WitnessUnread { witness: said.path, reason: error.to_string() });
                }
            }
            witnesses.push(witness);
        }
        let seen: Vec<&Seen> = [&anchor].into_iter().chain(&others).collect();
        if let (Some(error), Recovery::Refuse) = (judgement::missing(&path, &seen), &with.recovery) {
            return Err(error);
        }
        let storage = |source| OpenError::Storage { path: path.clone(), source };
        let birth = birth(&mut with.random).map_err(storage)?;
        let db = database::open_writer(&path, true).map_err(storage)?;
        let migrated = migrate::migrate(&db, &path, birth)?;
        let ledger = fact(&db, "ledger").map_err(storage)?;
        Ok(Ready {
            ledger,
            presence: with.alone.then(|| Presence::claim(&ledger, &path)).transpose()?,
            held: Held::load(&db).map_err(storage)?,
            packers: load_packers(&db).map_err(storage)?,
            machine: with.machine,
            run_time: with.run_time.clone(),
            path,
            db,
            anchor,
            others,
            witnesses,
            migrated,
            notices,
            lock,
        })
    }

    fn judge(&self) -> Result<Verdict, OpenError> {
        let view = View {
            db: &self.db,
            path: &self.path,
            ledger: self.ledger,
            chains: &self.held.chains,
            documents: self.held.documents,
            log: self.held.log,
            machine: self.machine,
            run_time: self.run_time.as_deref(),
        };
        view.judge(&self.anchor, &self.others).map_err(|source| self.storage(source))
    }

    /// What every witness that could be read says, the anchor first.
    fn seen(&self) -> Vec<Seen> {
        [&self.anchor].into_iter().chain(&self.others).cloned().collect()
    }

    fn verify_tail(&mut self) -> Result<(), OpenError> {
        let found = tail(&self.db, &self.path, &self.held, &mut self.packers);
        found.map_err(|source| self.storage(source))?.map_or(Ok(()), Err)
    }

    fn into_store(mut self, anchor: &Path, with: Surroundings) -> Result<Store, OpenError> {
        let storage = |source| OpenError::Storage { path: self.path.clone(), source };
        let mark = open_anchor(anchor)?;
        let answers = self.packers.remove(&1);
        let answers = answers.ok_or_else(|| storage(StorageError::damaged("dictionary 1 is missing")))?;
        let uuid_key = UuidKey::new(fact(&self.db, "uuid_key").map_err(storage)?);
        let backlog = Backlog::load(&self.db, self.held.documents).map_err(storage)?;
        Ok(Store {
            ledger: self.ledger,
            uuid_key,
            db: self.db,
            path: self.path,
            mark,
            witnesses: self.witnesses,
            machine: self.machine,
            trusted: Cell::new(None),
            authority: AuthorityTime::default(),
            clock: with.clock,
            random: with.random,
            clock_tolerance: with.clock_tolerance,
            chains: self.held.chains,
            unit: None,
            shut: false,
            last_issued: self.held.last_issued,
            serial: self.held.serial,
            documents: self.held.documents,
            newest: self.held.newest,
            log: self.held.log,
            backlog,
            packers: self.packers,
            answers,
            notices: self.notices,
            mark_fault: None,
            writes: 0,
            _presence: self.presence,
            _lock: self.lock,
        })
    }

    fn storage(&self, source: StorageError) -> OpenError {
        OpenError::Storage { path: self.path.clone(), source }
    }
}

/// The last documents of the newest chain, verified from their bytes: what is
/// wrong with the first that does not verify.
pub(super) fn tail(
    db: &Connection,
    path: &Path,
    held: &Held,
    packers: &mut HashMap<i64, Packer>,
) -> Result<Option<OpenError>, StorageError> {
    let Some(chain) = held.newest else { return Ok(None) };
    let Some(head) = held.chains.get(&chain).and_then(|chain| chain.head) else { return Ok(None) };
    let mut walk = Walk::new(chain, head.icv.get().saturating_sub(TAIL - 1));
    let findings = audit::walk_chunk(db, &held.chains, packers, &mut walk, TAIL)?;
    Ok(findings.into_iter().next().map(|finding| OpenError::Tail {
        path: path.to_owned(),
        document: finding.document,
        finding: finding.what,
    }))
}

/// Opens the anchor's file, or makes it with the folder that it lies in.
fn open_anchor(anchor: &Path) -> Result<MarkFile, OpenError> {
    let made = match anchor.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => std::fs::create_dir_all(parent),
        None => Ok(()),
    };
    let opened = made.and_then(|()| MarkFile::open_alone(anchor));
    opened.map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => OpenError::MarkInUse { anchor: anchor.to_owned() },
        _ => OpenError::Mark { anchor: anchor.to_owned(), source },
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

pub(super) fn fact<const N: usize>(db: &Connection, name: &str) -> Result<[u8; N], StorageError> {
    Ok(db.query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| row.get(0))?)
}

/// Every dictionary whose bytes have their hash. One that was damaged on the disk
/// is left out: what needs it cannot be read, and everything else can.
pub(super) fn load_packers(db: &Connection) -> Result<HashMap<i64, Packer>, StorageError> {
    let mut statement = db.prepare("SELECT id, content, sha256 FROM dictionaries")?;
    let mut rows = statement.query([])?;
    let mut packers = HashMap::new();
    while let Some(row) = rows.next()? {
        let (id, content): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let hash: [u8; 32] = row.get(2)?;
        let known = [content.as_slice(), ANSWERS];
        match known.into_iter().find(|content| Sha256::digest(content).as_slice() == hash) {
            Some(content) => drop(packers.insert(id, Packer::new(content, LEVEL)?)),
            None => tracing::error!(
                dictionary = id,
                "a dictionary is damaged: documents that need it cannot be read"
            ),
        }
    }
    Ok(packers)
}

impl Store {
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
