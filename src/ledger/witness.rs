//! Who remembers how far the till has come: the anchor, which every sale writes
//! itself, and further witnesses (a run-time mark that ends with the boot, a
//! file on another medium), each with a thread of its own. A witness that hangs
//! or fails stops no sale: only the newest mark waits for it, and what is wrong
//! is logged once and shown.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::mark::{Mark, MarkFile, Reading};

/// How long the opening waits for what the witnesses say, all together.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How long the closing waits for each witness to write its last mark.
const FAREWELL: Duration = Duration::from_secs(2);
/// A witness does nothing but write a small file.
const STACK: usize = 128 << 10;

/// A witness beside the anchor.
#[derive(Debug)]
pub(super) struct Witness {
    path: PathBuf,
    desk: Arc<Desk>,
    ended: Receiver<()>,
}

/// Where the ledger's thread and the witness's meet.
#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The newest mark, and whether it may take the place of any other.
    wanted: Option<(Mark, bool)>,
    stop: bool,
    fault: Option<String>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a witness says at the opening.
#[derive(Debug)]
pub(super) struct Testimony {
    pub path: PathBuf,
    pub reading: io::Result<Reading>,
}

/// Asks every witness at once; one that does not answer in time is an error.
pub(super) fn call(paths: &[PathBuf]) -> io::Result<Vec<(Witness, Testimony)>> {
    let started: io::Result<Vec<_>> = paths.iter().map(|path| start(path)).collect();
    let until = Instant::now() + ANSWER_WITHIN;
    let heard = started?.into_iter().map(|(witness, answer)| {
        let left = until.saturating_duration_since(Instant::now());
        let reading = answer.recv_timeout(left).unwrap_or_else(|_| {
            let waited = ANSWER_WITHIN.as_secs();
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {waited} s")))
        });
        let path = witness.path.clone();
        (witness, Testimony { path, reading })
    });
    Ok(heard.collect())
}

fn start(path: &Path) -> io::Result<(Witness, Receiver<io::Result<Reading>>)> {
    let desk = Arc::new(Desk::default());
    let (say, answer) = sync_channel(1);
    let (end, ended) = sync_channel::<()>(1);
    let (own, there) = (Arc::clone(&desk), path.to_owned());
    std::thread::Builder::new().name("witness".to_owned()).stack_size(STACK).spawn(move || {
        serve(&there, &own, &say);
        // Nobody may wait for it any more.
        let _ = end.try_send(());
    })?;
    Ok((Witness { path: path.to_owned(), desk, ended }, answer))
}

impl Witness {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands the mark over without waiting. `settled`: what the witness said so
    /// far was heard and dealt with, so that this one may take its place.
    pub fn tell(&self, mark: Mark, settled: bool) {
        let mut state = self.desk.state();
        let settled = settled || state.wanted.is_some_and(|(_, settled)| settled);
        state.wanted = Some((mark, settled));
        self.desk.wake.notify_one();
    }

    /// Why it does not remember what it should.
    pub fn fault(&self) -> Option<String> {
        self.desk.state().fault.clone()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.desk.state().stop = true;
        self.desk.wake.notify_one();
        // A thread that hangs in a dead network mount is left behind.
        let _ = self.ended.recv_timeout(FAREWELL);
    }
}

/// The witness's thread: says what it knows, then writes what it is told.
fn serve(path: &Path, desk: &Desk, say: &SyncSender<io::Result<Reading>>) {
    // The opening may have given up waiting.
    let _ = say.try_send(MarkFile::peek(path));
    let mut pen = Pen::default();
    loop {
        let mut state = desk.state();
        while state.wanted.is_none() && !state.stop {
            state = desk.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let Some((mark, settled)) = state.wanted.take() else { break };
        drop(state);
        let fault = pen.write(path, &mark, settled).err();
        let mut state = desk.state();
        if let Some(fault) = fault.as_ref().filter(|_| state.fault.is_none()) {
            tracing::warn!(witness = %path.display(), fault, "a witness does not keep the high-water mark; selling goes on");
        }
        state.fault = fault;
    }
    pen.finish();
}

/// The witness's file while it can be written.
#[derive(Default)]
struct Pen {
    file: Option<MarkFile>,
    /// What it wrote last: anything else in the file is another's.
    last: Option<Mark>,
}

impl Pen {
    /// Writes the mark, unless the file knows more than it or belongs to another
    /// ledger: a witness is never made to forget without being heard.
    fn write(&mut self, path: &Path, mark: &Mark, settled: bool) -> Result<(), String> {
        let written = self.try_write(path, mark, settled);
        if written.is_err() {
            // Opened again for the next mark: the medium may come back.
            self.file = None;
        }
        written
    }

    fn try_write(&mut self, path: &Path, mark: &Mark, settled: bool) -> Result<(), String> {
        let words = |error: io::Error| error.to_string();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(MarkFile::open(path).map_err(words)?),
        };
        let found = file.read().map_err(words)?;
        let own = found.mark().copied() == self.last && self.last.is_some();
        if let (Reading::Mark(found), false) = (found, settled || own) {
            if found.ledger != mark.ledger && found.says_something() {
                return Err("it belongs to another ledger".to_owned());
            }
            if self.last.is_some() {
                return Err("somebody else writes to it: this till may run twice".to_owned());
            }
            if found.documents > mark.documents || found.activities > mark.activities {
                return Err("it knows more than this ledger: restart tilld to have it heard".to_owned());
            }
        }
        file.write(mark).map_err(words)?;
        self.last = Some(*mark);
        Ok(())
    }

    fn finish(self) {
        if let Some(file) = self.file
            && let Err(error) = file.sync()
        {
            tracing::warn!(%error, "a witness could not be flushed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(documents: u64) -> Mark {
        Mark {
            ledger: [1; 16],
            documents,
            serial: documents,
            fingerprint: [2; 32],
            icv: documents,
            hash: [3; 32],
            machine: Some([4; 32]),
            activities: 1,
            log: [5; 32],
        }
    }

    fn one(path: &Path) -> (Witness, Testimony) {
        call(&[path.to_owned()]).unwrap().remove(0)
    }

    #[test]
    fn a_witness_tells_what_it_was_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let (witness, said) = one(&path);
        assert_eq!(said.reading.unwrap(), Reading::Absent);
        for n in 1..=20 {
            witness.tell(mark(n), false);
        }
        drop(witness);
        assert_eq!(one(&path).1.reading.unwrap(), Reading::Mark(mark(20)));
    }

    #[test]
    fn it_does_not_forget_unless_it_was_heard() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        one(&path).0.tell(mark(9), false);
        for other in [mark(5), Mark { ledger: [9; 16], ..mark(12) }] {
            let (witness, _) = one(&path);
            witness.tell(other, false);
            drop(witness);
            assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(mark(9)));
        }
        let (witness, _) = one(&path);
        witness.tell(mark(5), true);
        // Told twice before it woke up, perhaps: still settled.
        witness.tell(mark(6), false);
        drop(witness);
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(mark(6)));
    }

    #[test]
    fn another_machine_at_the_same_file_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let mut pen = Pen::default();
        pen.write(&path, &mark(1), false).unwrap();
        MarkFile::open(&path).unwrap().write(&Mark { machine: Some([7; 32]), ..mark(1) }).unwrap();
        let fault = pen.write(&path, &mark(2), false).unwrap_err();
        assert!(fault.contains("twice"), "{fault}");
    }

    #[test]
    fn a_medium_that_is_not_there_is_a_fault_and_no_folder_is_made_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stick").join("mark");
        let mut pen = Pen::default();
        assert!(pen.write(&path, &mark(1), false).is_err());
        assert!(!dir.path().join("stick").exists());
        std::fs::create_dir(dir.path().join("stick")).unwrap();
        pen.write(&path, &mark(2), false).unwrap();
        assert_eq!(MarkFile::peek(&path).unwrap(), Reading::Mark(mark(2)));
    }
}
