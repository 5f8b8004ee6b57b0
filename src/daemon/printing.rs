//! The printer's thread: one job at a time, from the stored document to the
//! paper. Its own pace and its own troubles never reach the sale.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::handover::{Handover, handover};
use super::press::Press;
use crate::ledger::{Ledger, LedgerGone, PrintJobId, PrintState, StorageError};
use crate::printer::Printer;
use crate::text::Bilingual;

/// First and longest pause before a printer that was not there is tried again.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// Rings when there may be something to print, and says when to stop.
#[derive(Default)]
pub struct Doorbell {
    state: Mutex<Rung>,
    changed: Condvar,
}

#[derive(Default)]
struct Rung {
    rung: bool,
    stop: bool,
}

impl Doorbell {
    /// There is something to print.
    pub fn ring(&self) {
        self.set(|state| state.rung = true);
    }

    /// Finish the job in hand and end.
    pub fn stop(&self) {
        self.set(|state| state.stop = true);
    }

    fn set(&self, change: impl FnOnce(&mut Rung)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    fn stopped(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stop
    }

    /// Waits until rung, stopped, or the time is up; false if stopped.
    fn wait(&self, longest: Option<Duration>) -> bool {
        let quiet = |state: &mut Rung| !state.rung && !state.stop;
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = match longest {
            None => self.changed.wait_while(state, quiet).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                self.changed.wait_timeout_while(state, time, quiet).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.rung = false;
        !state.stop
    }
}

/// What the printer's thread works with.
pub struct Printing {
    /// Where the jobs come from and their states go.
    pub ledger: Ledger,
    /// Turns a document into a print job.
    pub press: Arc<Press>,
    /// The way to the paper.
    pub printer: Box<dyn Printer>,
    /// Rings for each new job.
    pub doorbell: Arc<Doorbell>,
    /// The last fault, for status; none while all is well.
    pub fault: Arc<Mutex<Option<Bilingual>>>,
}

/// How one job ended.
enum Outcome {
    Done,
    /// Nothing left for the printer: the same job may be tried again.
    NotThere,
    /// The ledger could not give or take a job; it is asked again.
    LedgerTrouble,
}

impl Printing {
    /// Starts the thread; it ends after [`Doorbell::stop`].
    pub fn start(self) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("printer".to_owned()).spawn(move || self.run())
    }

    fn run(mut self) {
        let mut pause = RETRY.0;
        let mut waiting: Option<PrintJobId> = None;
        self.revive();
        while !self.doorbell.stopped() {
            match self.next(&mut waiting) {
                Ok(Some(Outcome::Done)) => pause = RETRY.0,
                Ok(Some(Outcome::NotThere | Outcome::LedgerTrouble)) => {
                    self.doorbell.wait(Some(pause));
                    pause = (pause * 2).min(RETRY.1);
                }
                Ok(None) => {
                    self.doorbell.wait(None);
                }
                Err(LedgerGone::Stopped) => return,
                Err(LedgerGone::Fault) => {
                    self.doorbell.wait(Some(pause));
                }
            }
        }
    }

    /// Receipts that failed before the last stop wait again: not a byte of them
    /// had gone out.
    fn revive(&self) {
        let revived = self.ledger.run_blocking(|store| -> Result<(), StorageError> {
            for job in store.print_jobs(usize::MAX)? {
                if job.state == PrintState::Failed {
                    store.set_print_state(job.id, PrintState::Pending, job.fault.as_deref())?;
                }
            }
            Ok(())
        });
        if let Ok(Err(error)) = revived {
            tracing::error!(%error, "receipts that failed earlier were not taken up again");
        }
    }

    /// Takes the next job, if there is one, to its end.
    fn next(&mut self, waiting: &mut Option<PrintJobId>) -> Result<Option<Outcome>, LedgerGone> {
        let again = waiting.take();
        let taken = self.ledger.run_blocking(move |store| -> Result<_, StorageError> {
            if let Some(job) = again
                && store.print_job(job)?.is_some_and(|job| job.state == PrintState::Failed)
            {
                store.set_print_state(job, PrintState::Pending, None)?;
            }
            let Some(job) = store.next_print_job() else { return Ok(None) };
            store.set_print_state(job, PrintState::Printing, None)?;
            let stored = store.document(job.document)?.ok_or(StorageError::NoDocument(job.document))?;
            Ok(Some((job, handover(store, stored)?)))
        })?;
        let (job, document) = match taken {
            Ok(Some(taken)) => taken,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.report(Some(Bilingual::new(error.to_string(), "تعذرت قراءة الفاتورة للطباعة.")));
                *waiting = again;
                return Ok(Some(Outcome::LedgerTrouble));
            }
        };
        let (state, fault, outcome) = self.print(job, &document);
        if matches!(outcome, Outcome::NotThere) {
            *waiting = Some(job);
        }
        self.report(fault.clone());
        let words = fault.map(|fault| fault.en);
        let kept =
            self.ledger.run_blocking(move |store| store.set_print_state(job, state, words.as_deref()))?;
        if let Err(error) = kept {
            tracing::error!(%error, "the state of a print job was not stored");
        }
        Ok(Some(outcome))
    }

    fn print(&mut self, job: PrintJobId, document: &Handover) -> (PrintState, Option<Bilingual>, Outcome) {
        let receipt = match self.press.receipt(document, job.is_copy()) {
            Ok(receipt) => receipt,
            Err(error) => {
                let words = Bilingual::new(error.to_string(), "تعذر رسم الإيصال.");
                return (PrintState::Failed, Some(words), Outcome::Done);
            }
        };
        let name = match job.copy_number() {
            None => document.stored.number.clone(),
            Some(copy) => format!("{}-copy-{copy}", document.stored.number),
        };
        match self.printer.send(&name, &receipt.escpos()) {
            Ok(_) => (PrintState::Printed, None, Outcome::Done),
            Err(error) => {
                let words = Bilingual::new(error.to_string(), error.arabic());
                match error.may_have_printed() {
                    true => (PrintState::Unconfirmed, Some(words), Outcome::Done),
                    false => (PrintState::Failed, Some(words), Outcome::NotThere),
                }
            }
        }
    }

    /// Shows a fault in status, and in the log when it is new.
    fn report(&self, fault: Option<Bilingual>) {
        let mut shown = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = fault.as_ref().filter(|words| shown.as_ref() != Some(*words)) {
            tracing::warn!(printer = self.printer.describe(), fault = words.en, "a receipt was not printed");
        }
        *shown = fault;
    }
}
