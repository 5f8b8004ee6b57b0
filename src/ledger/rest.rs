//! The ledger of a till that does not run, at a glance, and what its next start
//! would say of it. Needs no lock and leaves no trace.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::audit::open_with;
use super::backlog::Backlog;
use super::database;
use super::judgement::{self, Seen, Verdict, View};
use super::mark::MarkFile;
use super::opening::{FILE_NAME, Held, fact, load_packers, tail};
use super::state::{PrintState, ReportState};
use super::{OpenError, StorageError};

/// Where a ledger lies and what is asked of it, as for a start.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub dir: &'a Path,
    pub anchor: &'a Path,
    /// Marks beside the anchor; those that cannot be read say nothing.
    pub witnesses: &'a [PathBuf],
    /// The one of them that ends with the boot.
    pub run_time: Option<&'a Path>,
    /// Fingerprint of this machine; none where the hardware does not tell.
    pub machine: Option<[u8; 32]>,
}

/// What the file holds.
#[derive(Debug)]
pub struct AtRest {
    pub documents: u64,
    /// The last moment of issue, seconds UTC; none without documents.
    pub last_issued: Option<i64>,
    /// Documents without a final state.
    pub unsent: u64,
    /// Moment of issue of the oldest of them.
    pub oldest_unsent: Option<i64>,
    pub held: u64,
    /// Rejected documents that nothing replaces.
    pub rejected: u64,
    pub prints_pending: u64,
    /// Receipts of which nobody knows whether they came out, and failed ones.
    pub prints_unsure: u64,
    /// Why the next start would refuse to go on: the marks, or the machine.
    pub refusal: Option<OpenError>,
}

/// Reads the ledger in a data directory.
///
/// # Errors
/// If it is missing, of another version, or damaged.
pub fn look(place: &Place<'_>) -> Result<AtRest, OpenError> {
    let path = place.dir.join(FILE_NAME);
    let failed = |source| OpenError::Mark { anchor: place.anchor.to_owned(), source };
    let anchor =
        Seen { path: place.anchor.to_owned(), reading: MarkFile::peek(place.anchor).map_err(failed)? };
    let others: Vec<Seen> = place
        .witnesses
        .iter()
        .filter_map(|path| Some(Seen { path: path.clone(), reading: MarkFile::peek(path).ok()? }))
        .collect();
    let seen: Vec<&Seen> = [&anchor].into_iter().chain(&others).collect();
    if let Some(error) = judgement::missing(&path, &seen) {
        return Err(error);
    }
    let db = open_with(&path, database::open_resting)?;
    let found = read(&db, &path, place, &anchor, &others);
    found.map_err(|source| OpenError::Storage { path, source })
}

fn read(
    db: &Connection,
    path: &Path,
    place: &Place<'_>,
    anchor: &Seen,
    others: &[Seen],
) -> Result<AtRest, StorageError> {
    let held = Held::load(db)?;
    let tail = tail(db, path, &held, &mut load_packers(db)?)?;
    let Held { chains, documents, last_issued, log, .. } = held;
    let ledger = fact(db, "ledger")?;
    let Place { machine, run_time, .. } = *place;
    let view = View { db, path, ledger, chains: &chains, documents, log, machine, run_time };
    let refusal = match view.judge(anchor, others)? {
        Verdict::Wrong(error) => Some(error),
        Verdict::Sound | Verdict::Remake { .. } => tail,
    };
    let backlog = Backlog::load(db, documents)?;
    let open = [ReportState::Queued, ReportState::InFlight, ReportState::Held];
    let prints =
        |states: &[PrintState]| backlog.prints().filter(|(_, state)| states.contains(state)).count() as u64;
    Ok(AtRest {
        documents,
        last_issued: (documents > 0).then_some(last_issued),
        unsent: open.into_iter().map(|state| backlog.count(state)).sum(),
        oldest_unsent: backlog.oldest_issued(),
        held: backlog.count(ReportState::Held),
        rejected: backlog.count(ReportState::Rejected).saturating_sub(backlog.corrected()),
        prints_pending: prints(&[PrintState::Pending, PrintState::Printing]),
        prints_unsure: prints(&[PrintState::Unconfirmed, PrintState::Failed]),
        refusal,
    })
}
