//! The ledger thread and the handle that everyone else holds. Work is sent as
//! closures over a bounded channel and answered one by one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::{StorageError, Store};

/// Jobs that may wait; more callers wait for room.
const ROOM: usize = 64;

type Job = Box<dyn FnOnce(&mut Store) + Send>;

enum Message {
    Job(Job),
    Stop,
}

/// The ledger did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LedgerGone {
    #[error("the ledger is closed; tilld is stopping")]
    Stopped,
    #[error(
        "a fault of the program interrupted the work on the ledger; nothing was stored. Please report it"
    )]
    Fault,
}

/// A handle to the ledger thread. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    jobs: mpsc::Sender<Message>,
}

impl Ledger {
    /// Gives the store to a thread of its own. The thread ends after
    /// [`Ledger::stop`], or when the last handle is gone, and then closes the
    /// store properly; its result says whether that worked.
    pub fn start(store: Store) -> std::io::Result<(Ledger, JoinHandle<Result<(), StorageError>>)> {
        let (jobs, queue) = mpsc::channel(ROOM);
        let thread =
            std::thread::Builder::new().name("ledger".to_owned()).spawn(move || serve(store, queue))?;
        Ok((Ledger { jobs }, thread))
    }

    /// Runs `work` on the ledger thread and waits for its result.
    pub async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> R + Send + 'static,
    ) -> Result<R, LedgerGone> {
        let (job, answer) = job(work);
        self.jobs.send(job).await.map_err(|_| LedgerGone::Stopped)?;
        // A job that panicked, or that was still waiting at the end, is dropped with its sender.
        answer.await.map_err(|_| self.why())
    }

    /// As [`Ledger::run`] for threads without a runtime; never call it from a task.
    pub fn run_blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> R + Send + 'static,
    ) -> Result<R, LedgerGone> {
        let (job, answer) = job(work);
        self.jobs.blocking_send(job).map_err(|_| LedgerGone::Stopped)?;
        answer.blocking_recv().map_err(|_| self.why())
    }

    /// Hands `work` over if there is room at once, and waits for nothing; its
    /// result is for `work` itself to pass on. False: there was no room, or the
    /// ledger is closed.
    pub fn try_run(&self, work: impl FnOnce(&mut Store) + Send + 'static) -> bool {
        self.jobs.try_send(Message::Job(Box::new(work))).is_ok()
    }

    /// Whether the ledger thread has ended or is about to.
    pub fn is_closed(&self) -> bool {
        self.jobs.is_closed()
    }

    /// Asks the thread to finish what waits, close the store and end.
    pub async fn stop(&self) {
        // An error means that it has ended already.
        let _ = self.jobs.send(Message::Stop).await;
    }

    /// As [`Ledger::stop`] for threads without a runtime.
    pub fn stop_blocking(&self) {
        let _ = self.jobs.blocking_send(Message::Stop);
    }

    fn why(&self) -> LedgerGone {
        if self.jobs.is_closed() { LedgerGone::Stopped } else { LedgerGone::Fault }
    }
}

fn job<R: Send + 'static>(
    work: impl FnOnce(&mut Store) -> R + Send + 'static,
) -> (Message, oneshot::Receiver<R>) {
    let (reply, answer) = oneshot::channel();
    let job = move |store: &mut Store| {
        // The caller may have gone away; the work is done all the same.
        let _ = reply.send(work(store));
    };
    (Message::Job(Box::new(job)), answer)
}

fn serve(mut store: Store, mut queue: mpsc::Receiver<Message>) -> Result<(), StorageError> {
    while let Some(message) = queue.blocking_recv() {
        match message {
            Message::Stop => queue.close(),
            Message::Job(job) => run_job(&mut store, job)?,
        }
        if queue.is_empty() {
            store.tidy();
        }
    }
    store.close()
}

/// A panic in a job is a fault of that job alone: its transaction was rolled
/// back as it unwound, and what the store holds in memory is read again.
fn run_job(store: &mut Store, job: Job) -> Result<(), StorageError> {
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(store))) else { return Ok(()) };
    let what = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    tracing::error!(panic = %what, "a job on the ledger panicked; the ledger goes on");
    store.reload()
}
