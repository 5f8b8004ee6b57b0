//! The high-water mark: how far this till has come, in a small file outside
//! the database. A database that knows less than the mark is an old copy, and
//! going on with it would issue numbers twice.
//!
//! The mark is rewritten after each commit without a flush of its own, since a
//! sale may cost only one. A power cut can therefore leave it some documents
//! behind the database, which is harmless, but never ahead of it. Two slots in
//! two file system pages take turns, so a torn write leaves the one before.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

const MAGIC: [u8; 8] = *b"tilldmk2";
/// The layout before: without machine and activity log.
const MAGIC_1: [u8; 8] = *b"tilldmk1";
const SLOT: u64 = 4096;
const LENGTH: usize = 224;
const LENGTH_1: usize = 152;
const CHECK: usize = 32;

/// What the mark knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Fact `ledger` of the database the mark belongs to.
    pub ledger: [u8; 16],
    /// Documents of all chains together; never falls.
    pub documents: u64,
    /// The till's number counter.
    pub serial: u64,
    /// The newest document: certificate of its chain, ICV, hash. Zeros if there is none.
    pub fingerprint: [u8; 32],
    pub icv: u64,
    pub hash: [u8; 32],
    /// The machine that wrote it; `None` if it cannot be told from others.
    pub machine: Option<[u8; 32]>,
    /// Entries of the activity log, and the hash of the newest.
    pub activities: u64,
    pub log: [u8; 32],
}

impl Mark {
    fn encode(&self, turn: u64) -> [u8; LENGTH] {
        let mut out = [0u8; LENGTH];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&MAGIC);
        put(&turn.to_be_bytes());
        put(&self.ledger);
        put(&self.documents.to_be_bytes());
        put(&self.serial.to_be_bytes());
        put(&self.fingerprint);
        put(&self.icv.to_be_bytes());
        put(&self.hash);
        put(&self.machine.unwrap_or_default());
        put(&self.activities.to_be_bytes());
        put(&self.log);
        let check = Sha256::digest(&out[..LENGTH - CHECK]);
        out[LENGTH - CHECK..].copy_from_slice(&check);
        out
    }

    /// Reads a slot of either layout.
    fn decode(slot: &[u8]) -> Option<(u64, Mark)> {
        let length = match slot.get(..MAGIC.len())? {
            magic if magic == MAGIC => LENGTH,
            magic if magic == MAGIC_1 => LENGTH_1,
            _ => return None,
        };
        let (body, check) = slot.get(..length)?.split_at(length - CHECK);
        if Sha256::digest(body).as_slice() != check {
            return None;
        }
        let number = |at: usize| body.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes);
        let hash = |at: usize| -> Option<[u8; 32]> { body.get(at..at + 32)?.try_into().ok() };
        let mark = Mark {
            ledger: body.get(16..32)?.try_into().ok()?,
            documents: number(32)?,
            serial: number(40)?,
            fingerprint: hash(48)?,
            icv: number(80)?,
            hash: hash(88)?,
            // What the layout before does not say.
            machine: hash(120).filter(|machine| *machine != [0; 32]),
            activities: number(152).unwrap_or(0),
            log: hash(160).unwrap_or_default(),
        };
        Some((number(8)?, mark))
    }

    /// Whether a till stands behind it that has issued or logged anything.
    pub fn says_something(&self) -> bool {
        self.documents > 0 || self.activities > 0
    }
}

/// What stands at the path of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// No file, or an empty one.
    Absent,
    Mark(Mark),
    /// Content, but no valid slot: the file was edited or damaged.
    Damaged,
}

impl Reading {
    pub fn mark(&self) -> Option<&Mark> {
        match self {
            Reading::Mark(mark) => Some(mark),
            Reading::Absent | Reading::Damaged => None,
        }
    }
}

/// The open mark file.
#[derive(Debug)]
pub(super) struct MarkFile {
    path: PathBuf,
    file: File,
    turn: u64,
    alone: bool,
}

impl MarkFile {
    /// Reads the newer valid slot without making the file.
    pub fn peek(path: &Path) -> io::Result<Reading> {
        match File::open(path) {
            Ok(file) => read(&file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Reading::Absent),
            Err(error) => Err(error),
        }
    }

    /// Opens the file, or makes it in a folder that is there.
    pub fn open(path: &Path) -> io::Result<MarkFile> {
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        let turn = newest(&file)?.map_or(0, |(turn, _)| turn);
        Ok(MarkFile { path: path.to_owned(), file, turn, alone: false })
    }

    /// As [`MarkFile::open`], and keeps every other till from doing the same while
    /// it is open. A file system without locks is no reason not to sell.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if another process has it.
    pub fn open_alone(path: &Path) -> io::Result<MarkFile> {
        let mark = MarkFile::open(path)?;
        mark.lock()?;
        Ok(MarkFile { alone: true, ..mark })
    }

    fn lock(&self) -> io::Result<()> {
        match flock(&self.file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Err(io::ErrorKind::WouldBlock.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the open file says now.
    pub fn read(&self) -> io::Result<Reading> {
        read(&self.file)
    }

    /// Writes the mark into the older slot, without a flush. A file that somebody
    /// deleted or replaced is made again, and flushed that once.
    pub fn write(&mut self, mark: &Mark) -> io::Result<()> {
        if self.file.metadata()?.nlink() == 0 {
            let again = if self.alone { MarkFile::open_alone } else { MarkFile::open };
            *self = again(&self.path)?;
            self.put(mark)?;
            return self.sync();
        }
        self.put(mark)
    }

    fn put(&mut self, mark: &Mark) -> io::Result<()> {
        let turn = self.turn.wrapping_add(1);
        self.file.write_all_at(&mark.encode(turn), turn % 2 * SLOT)?;
        self.turn = turn;
        Ok(())
    }

    /// Flushes the mark and the directory entry that names it.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()?;
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
            _ => Ok(()),
        }
    }
}

fn read(file: &File) -> io::Result<Reading> {
    match newest(file)? {
        Some((_, mark)) => Ok(Reading::Mark(mark)),
        None if file.metadata()?.len() == 0 => Ok(Reading::Absent),
        None => Ok(Reading::Damaged),
    }
}

/// The valid slot of the later turn.
fn newest(file: &File) -> io::Result<Option<(u64, Mark)>> {
    let mut found = None;
    for slot in [0, SLOT] {
        let mut bytes = [0u8; LENGTH];
        let length = read_up_to(file, &mut bytes, slot)?;
        let read = bytes.get(..length).and_then(Mark::decode);
        if read.is_some_and(|(turn, _)| found.is_none_or(|(best, _)| turn > best)) {
            found = read;
        }
    }
    Ok(found)
}

/// Fills the buffer as far as the file goes; gives how far that was.
fn read_up_to(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(n: u64) -> Mark {
        Mark {
            ledger: [1; 16],
            documents: n,
            serial: n + 5,
            fingerprint: [2; 32],
            icv: n,
            hash: [n as u8; 32],
            machine: n.is_multiple_of(2).then_some([3; 32]),
            activities: n + 7,
            log: [4; 32],
        }
    }

    /// A slot as the first layout had it.
    fn slot_1(turn: u64, mark: &Mark) -> Vec<u8> {
        let numbers = |n: u64| n.to_be_bytes().to_vec();
        let mut slot = [MAGIC_1.to_vec(), numbers(turn), mark.ledger.to_vec()].concat();
        slot.extend([numbers(mark.documents), numbers(mark.serial), mark.fingerprint.to_vec()].concat());
        slot.extend([numbers(mark.icv), mark.hash.to_vec()].concat());
        let check = Sha256::digest(&slot);
        slot.extend(check);
        assert_eq!(slot.len(), LENGTH_1);
        slot
    }

    #[test]
    fn the_last_mark_is_read_and_a_torn_slot_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Absent);
        let mut file = MarkFile::open(&path).unwrap();
        for n in 1..=5 {
            file.write(&mark(n)).unwrap();
            assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(mark(n)));
        }
        file.sync().unwrap();
        // Turn 5 went to slot 1: tear it.
        let raw = OpenOptions::new().write(true).open(&path).unwrap();
        raw.write_all_at(&[0xFF; 9], SLOT + 60).unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(mark(4)));
        let mut again = MarkFile::open(&path).unwrap();
        again.write(&mark(6)).unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(mark(6)));
    }

    #[test]
    fn a_mark_of_the_layout_before_is_read_and_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let mut bytes = slot_1(8, &mark(8));
        bytes.resize(SLOT as usize, 0);
        // The newer slot ends where the file ends.
        bytes.extend(slot_1(9, &mark(9)));
        std::fs::write(&path, bytes).unwrap();
        let old = Mark { machine: None, activities: 0, log: [0; 32], ..mark(9) };
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(old));
        let mut file = MarkFile::open(&path).unwrap();
        file.write(&mark(10)).unwrap();
        assert_eq!(file.read().unwrap(), Reading::Mark(mark(10)));
        file.write(&mark(12)).unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(mark(12)));
    }

    #[test]
    fn an_edited_mark_is_no_missing_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        std::fs::write(&path, "").unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Absent);
        let mut file = MarkFile::open(&path).unwrap();
        file.write(&mark(1)).unwrap();
        let raw = OpenOptions::new().write(true).open(&path).unwrap();
        // The counter in the only slot.
        raw.write_all_at(&[9], SLOT + 39).unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Damaged);
        std::fs::write(&path, "7 invoices").unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Damaged);
    }
}
