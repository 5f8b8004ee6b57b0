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
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

const MAGIC: [u8; 8] = *b"tilldmk1";
const SLOT: u64 = 4096;
const LENGTH: usize = 152;

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
        let check = Sha256::digest(&out[..LENGTH - 32]);
        out[LENGTH - 32..].copy_from_slice(&check);
        out
    }

    fn decode(bytes: &[u8; LENGTH]) -> Option<(u64, Mark)> {
        let (body, check) = bytes.split_at(LENGTH - 32);
        if Sha256::digest(body).as_slice() != check || !body.starts_with(&MAGIC) {
            return None;
        }
        let number = |at: usize| body.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes);
        let mark = Mark {
            ledger: body.get(16..32)?.try_into().ok()?,
            documents: number(32)?,
            serial: number(40)?,
            fingerprint: body.get(48..80)?.try_into().ok()?,
            icv: number(80)?,
            hash: body.get(88..120)?.try_into().ok()?,
        };
        Some((number(8)?, mark))
    }
}

/// The open mark file.
#[derive(Debug)]
pub(super) struct MarkFile {
    path: PathBuf,
    file: File,
    turn: u64,
}

impl MarkFile {
    /// Reads the newer valid slot without making the file.
    pub fn peek(path: &Path) -> io::Result<Option<Mark>> {
        match File::open(path) {
            Ok(file) => Ok(newest(&file)?.map(|(_, mark)| mark)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> io::Result<MarkFile> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent)?;
        }
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        let turn = newest(&file)?.map_or(0, |(turn, _)| turn);
        Ok(MarkFile { path: path.to_owned(), file, turn })
    }

    /// Writes the mark into the older slot, without a flush.
    pub fn write(&mut self, mark: &Mark) -> io::Result<()> {
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

/// The valid slot of the later turn.
fn newest(file: &File) -> io::Result<Option<(u64, Mark)>> {
    let mut found = None;
    for slot in [0, SLOT] {
        let mut bytes = [0u8; LENGTH];
        match file.read_exact_at(&mut bytes, slot) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => continue,
            Err(error) => return Err(error),
        }
        let read = Mark::decode(&bytes);
        if read.is_some_and(|(turn, _)| found.is_none_or(|(best, _)| turn > best)) {
            found = read;
        }
    }
    Ok(found)
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
        }
    }

    #[test]
    fn the_last_mark_is_read_and_a_torn_slot_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state").join("mark");
        assert_eq!(MarkFile::peek(&path).unwrap(), None);
        let mut file = MarkFile::open(&path).unwrap();
        for n in 1..=5 {
            file.write(&mark(n)).unwrap();
            assert_eq!(MarkFile::peek(&path).unwrap(), Some(mark(n)));
        }
        file.sync().unwrap();
        // Turn 5 went to slot 1: tear it.
        let raw = OpenOptions::new().write(true).open(&path).unwrap();
        raw.write_all_at(&[0xFF; 9], SLOT + 60).unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Some(mark(4)));
        let mut again = MarkFile::open(&path).unwrap();
        again.write(&mark(6)).unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Some(mark(6)));
    }
}
