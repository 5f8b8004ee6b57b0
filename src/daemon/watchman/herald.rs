//! Tells of alarms by the command of the settings, on a thread of its own: one
//! run at a time, each within its time, the rest waiting in a bounded queue.

use std::collections::VecDeque;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Told;
use crate::ledger::Unreported;
use crate::report::alarms::{self, Change};

/// Changes that wait for the command; there are never more alarms than this.
const ROOM: usize = 64;
/// Between two looks whether the command has ended.
const NAP: Duration = Duration::from_millis(20);
/// Between two tries of a command that failed: most likely the line is down, which
/// is why there is an alarm.
pub const AGAIN: Duration = Duration::from_secs(60);
/// Tries of one change; then it is given up.
const MOST_TRIES: u32 = 60;
/// How long a stop waits for the command under way.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Where the command finds the programs that it starts.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The command as the settings have it.
#[derive(Clone, Debug)]
pub struct HookCommand {
    /// Program by its absolute path, and arguments.
    pub words: Vec<String>,
    pub within: Duration,
    /// The pause before a change that it did not take is tried again.
    pub again: Duration,
}

/// The watchman's end.
pub struct Herald {
    queue: Option<SyncSender<(Change, Value)>>,
    fault: Arc<Mutex<Option<String>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Herald {
    /// Starts the thread. Without a command it only keeps what was told.
    pub fn start(till: String, hook: Option<HookCommand>, told: Told) -> std::io::Result<Herald> {
        let (queue, changes) = sync_channel(ROOM);
        let fault = Arc::new(Mutex::new(None));
        let stopping = Arc::new(AtomicBool::new(false));
        let work = Work { till, hook, told, fault: Arc::clone(&fault), stopping: Arc::clone(&stopping) };
        let thread =
            std::thread::Builder::new().name("herald".to_owned()).spawn(move || work.run(&changes))?;
        Ok(Herald { queue: Some(queue), fault, stopping, thread: Some(thread) })
    }

    /// Hands a change over; never waits.
    pub fn tell(&self, change: Change, unreported: Unreported, now: i64) {
        let facts = json!({
            "at": now,
            "unreported": unreported.count,
            "oldest_issued_at": unreported.oldest,
            "deadline_at": unreported.oldest.map(alarms::deadline),
        });
        let told = self.queue.as_ref().is_some_and(|queue| queue.try_send((change, facts)).is_ok());
        if !told {
            tracing::error!("the alarm command is too far behind; this change is not told by it");
        }
    }

    /// Why the command did not do its work the last time; none if it did.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the thread: the command under way gets a moment more, what still
    /// waits is not told any more and is told after the next start.
    pub fn stop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been logged.
            let _ = thread.join();
        }
    }
}

struct Work {
    till: String,
    hook: Option<HookCommand>,
    told: Told,
    fault: Arc<Mutex<Option<String>>>,
    stopping: Arc<AtomicBool>,
}

/// A change that the command did not take.
struct Missed {
    change: Change,
    facts: Value,
    tries: u32,
}

impl Work {
    fn run(mut self, changes: &Receiver<(Change, Value)>) {
        let mut missed: VecDeque<Missed> = VecDeque::new();
        while let Some(turn) = self.next(changes, &mut missed) {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            let Missed { change, facts, tries } = turn;
            if self.tell(&change, &facts) || tries + 1 >= MOST_TRIES {
                self.told.keep(&change);
            } else {
                missed.push_back(Missed { change, facts, tries: tries + 1 });
            }
        }
    }

    /// The next change to tell: a new one, or else one that was missed, after a
    /// pause. None at the end.
    fn next(&self, changes: &Receiver<(Change, Value)>, missed: &mut VecDeque<Missed>) -> Option<Missed> {
        let again = self.hook.as_ref().map_or(AGAIN, |hook| hook.again);
        let heard = match missed.is_empty() {
            true => changes.recv().map_err(|_| RecvTimeoutError::Disconnected),
            false => changes.recv_timeout(again),
        };
        match heard {
            Ok((change, facts)) => {
                // What an alarm was before matters to nobody any more.
                missed.retain(|earlier| earlier.change.alarm().id != change.alarm().id);
                Some(Missed { change, facts, tries: 0 })
            }
            Err(RecvTimeoutError::Timeout) => missed.pop_front(),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// True if the command took it, or there is none.
    fn tell(&self, change: &Change, facts: &Value) -> bool {
        let Some(hook) = &self.hook else { return true };
        let input = input(&self.till, change, facts);
        let fault = call(hook, input.to_string().as_bytes(), &self.stopping).err();
        if let Some(fault) = &fault {
            tracing::error!(alarm = %change.alarm().id, fault, "the alarm command did not do its work; it is tried again");
        }
        let taken = fault.is_none();
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        taken
    }
}

/// What the command reads on its standard input.
fn input(till: &str, change: &Change, facts: &Value) -> Value {
    let alarm = change.alarm();
    let turn = match change {
        Change::Raised(_) => "raised",
        Change::Ended(_) => "ended",
    };
    let mut input = json!({
        "till": till,
        "alarm": alarm.id.word(),
        "level": alarm.level.word(),
        "turn": turn,
        "since": alarm.since,
        "words": {"en": alarm.words.en, "ar": alarm.words.ar},
    });
    if let (Some(input), Some(facts)) = (input.as_object_mut(), facts.as_object()) {
        input.extend(facts.clone());
    }
    input
}

/// Runs the command once: no shell, no environment but a search path, in a
/// process group of its own that is killed as a whole when the time is up.
fn call(hook: &HookCommand, input: &[u8], stopping: &AtomicBool) -> Result<(), String> {
    let Some((program, arguments)) = hook.words.split_first() else { return Ok(()) };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("{program} cannot be started ({error})"))?;
    // A few hundred bytes always fit into the pipe; a command that reads nothing
    // closes it, which is its own affair.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input);
    }
    let mut end = Instant::now() + hook.within;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                // What it left running is no till's business to keep.
                kill(&mut child);
                return if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}")) };
            }
            Err(error) => {
                kill(&mut child);
                return Err(format!("{program} cannot be watched ({error})"));
            }
            Ok(None) => {}
        }
        if stopping.load(Ordering::SeqCst) {
            end = end.min(Instant::now() + LAST_WORDS);
        }
        if Instant::now() >= end {
            kill(&mut child);
            return Err(format!("{program} did not end within {} s and was killed", hook.within.as_secs()));
        }
        std::thread::sleep(NAP);
    }
}

/// The command and what it started.
fn kill(child: &mut Child) {
    let group = rustix::process::Pid::from_child(child);
    // It may have ended in this moment.
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    let _ = child.wait();
}

#[cfg(test)]
mod tests;
