//! One thread for each PKCS#11 module. A token's library may take its time or
//! hang; the till waits for it so long and no longer, and never calls it from
//! two threads at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicU8, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// The job was not done: the thread is at another one for too long, is gone, or
/// could not be started.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoAnswer;

const UNDER_WAY: u8 = 0;
const ENDED: u8 = 1;
const GIVEN_UP: u8 = 2;

/// A thread that owns an `S` and does one job after the other.
pub(super) struct Worker<S> {
    jobs: Sender<Job<S>>,
    /// Jobs that their callers gave up and that have not ended yet.
    stuck: Arc<AtomicIsize>,
    thread: Arc<JoinHandle<()>>,
}

impl<S> Clone for Worker<S> {
    fn clone(&self) -> Worker<S> {
        let Worker { jobs, stuck, thread } = self;
        Worker { jobs: jobs.clone(), stuck: Arc::clone(stuck), thread: Arc::clone(thread) }
    }
}

impl<S: 'static> Worker<S> {
    /// Starts the thread; `make` runs on it.
    pub fn start(make: impl FnOnce() -> S + Send + 'static) -> Result<Worker<S>, NoAnswer> {
        let (jobs, waiting) = mpsc::channel::<Job<S>>();
        let work = move || {
            let mut state = make();
            while let Ok(job) = waiting.recv() {
                job(&mut state);
            }
        };
        let thread = thread::Builder::new().name("tilld-pkcs11".to_owned()).spawn(work);
        let thread = Arc::new(thread.map_err(|_| NoAnswer)?);
        Ok(Worker { jobs, stuck: Arc::new(AtomicIsize::new(0)), thread })
    }

    /// Does `job` there and waits for its result, at most for `patience`. While
    /// an earlier job hangs, the answer is no at once. A job that was given up
    /// before it began is never begun.
    pub fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        self.post(job)?.wait(patience)
    }

    fn post<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<Posted<T>, NoAnswer> {
        if self.stuck.load(Ordering::SeqCst) > 0 {
            return Err(NoAnswer);
        }
        let (answer, result) = mpsc::sync_channel(1);
        let stage = Arc::new(AtomicU8::new(UNDER_WAY));
        let (stuck, theirs) = (Arc::clone(&self.stuck), Arc::clone(&stage));
        let job = move |state: &mut S| {
            if theirs.load(Ordering::SeqCst) == UNDER_WAY {
                // Nobody may be waiting any more.
                let _ = answer.send(job(state));
            }
            if theirs.swap(ENDED, Ordering::SeqCst) == GIVEN_UP {
                stuck.fetch_sub(1, Ordering::SeqCst);
            }
        };
        self.jobs.send(Box::new(job)).map_err(|_| NoAnswer)?;
        Ok(Posted { result, stage, stuck: Arc::clone(&self.stuck) })
    }

    /// Whether the thread has ended, as a panic in a job makes it.
    pub fn is_gone(&self) -> bool {
        self.thread.is_finished()
    }
}

/// A job in the line or under way.
struct Posted<T> {
    result: Receiver<T>,
    stage: Arc<AtomicU8>,
    stuck: Arc<AtomicIsize>,
}

impl<T> Posted<T> {
    fn wait(self, patience: Duration) -> Result<T, NoAnswer> {
        self.result.recv_timeout(patience).or_else(|_| {
            let given_up =
                self.stage.compare_exchange(UNDER_WAY, GIVEN_UP, Ordering::SeqCst, Ordering::SeqCst);
            match given_up {
                Ok(_) => {
                    self.stuck.fetch_add(1, Ordering::SeqCst);
                    Err(NoAnswer)
                }
                // It ended in the very moment.
                Err(_) => self.result.try_recv().map_err(|_| NoAnswer),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn jobs_are_done_in_turn_on_one_state() {
        let worker = Worker::start(|| 40).unwrap();
        let add = |state: &mut i32| {
            *state += 1;
            *state
        };
        assert_eq!(worker.ask(LONG, add), Ok(41));
        assert_eq!(worker.clone().ask(LONG, add), Ok(42));
    }

    #[test]
    fn a_job_that_hangs_is_given_up_and_no_other_waits_for_it() {
        let worker = Worker::start(|| 0).unwrap();
        let (begun, wait_begun) = mpsc::channel();
        let (release, hang) = mpsc::channel::<()>();
        let (ended, wait_ended) = mpsc::channel();
        let posted = worker.post(move |state: &mut i32| {
            begun.send(()).unwrap();
            hang.recv().unwrap();
            *state += 1;
        });
        let posted = posted.unwrap();
        let behind = worker.post(|state| *state += 100).unwrap();
        wait_begun.recv().unwrap();
        assert_eq!(posted.wait(Duration::ZERO), Err(NoAnswer));
        assert_eq!(behind.wait(Duration::ZERO), Err(NoAnswer));
        // With all the patience there is: the answer comes at once.
        assert_eq!(worker.ask(LONG, |state| *state += 10), Err(NoAnswer));
        release.send(()).unwrap();
        // A job behind them in the line, sent past the mark, shows when they have ended.
        worker.jobs.send(Box::new(move |state| ended.send(*state).unwrap())).unwrap();
        assert_eq!(wait_ended.recv(), Ok(1), "a job that was given up was done after all");
        assert_eq!(worker.ask(LONG, |state| *state), Ok(1));
    }

    #[test]
    fn a_panic_in_a_job_is_no_panic_of_the_till() {
        let worker = Worker::start(|| ()).unwrap();
        let quiet: Result<(), NoAnswer> =
            worker.ask(LONG, |()| std::panic::resume_unwind(Box::new("a job that panics")));
        assert_eq!(quiet, Err(NoAnswer));
        while !worker.is_gone() {
            thread::yield_now();
        }
        assert_eq!(worker.ask(LONG, |()| ()), Err(NoAnswer));
    }
}
