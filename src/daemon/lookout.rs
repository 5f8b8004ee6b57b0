//! Where all rooms can be seen from: gathers what the attention list, the
//! metrics and the watchman judge, each from its own place.

mod board;
mod counted;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::identity::Register;
use crate::ledger::Clock;
use crate::onboard::life::{self, Life};
use crate::report;
use crate::report::alarms::Raised;
use crate::report::attention::{self, CertificateAlarm, Facts};
use crate::text::Bilingual;

pub use board::Board;
pub use counted::{Counted, count};

/// What the entries come from, beside the ledger.
pub struct Lookout {
    /// The till's name.
    pub till: String,
    pub clock: Arc<dyn Clock>,
    pub register: Arc<Register>,
    pub report: watch::Receiver<report::Status>,
    pub print_fault: Arc<Mutex<Option<Bilingual>>>,
    /// What the watchman saw last.
    pub board: Arc<Board>,
}

impl Lookout {
    /// What a person must do now, as the ledger was counted.
    pub fn attention(&self, counted: &Counted) -> Vec<attention::Entry> {
        let mut entries = attention::list(&self.facts(counted, self.board.raised()));
        self.board.date(&mut entries, self.clock.now());
        entries
    }

    fn facts(&self, counted: &Counted, alarms: Vec<Raised>) -> Facts {
        let now = self.clock.now();
        let status = self.report.borrow().clone();
        let no_identity = self.register.not_ready(now).map(|words| (words, false));
        let certificate = self.register.certificate().and_then(|certificate| {
            let life = life::of(certificate.not_after(), now);
            let days_left = match life {
                Life::Good { days } | Life::Due { days, .. } => days,
                Life::Expired { .. } => 0,
            };
            // The register knows more than the calendar: that it is not taken any more.
            let alarm = self.register.show(now).certificate.and_then(|shown| shown.alarm)?;
            Some(CertificateAlarm { words: Bilingual::new(alarm.en, alarm.ar), days_left })
        });
        Facts {
            now,
            till: self.till.clone(),
            not_selling: no_identity.or_else(|| counted.not_ready.clone()),
            pause: status.pause,
            alarms,
            certificate,
            clock_ahead: counted.clock_ahead(),
            odd: status.odd,
            rejected: counted.rejected.clone(),
            held: counted.held.clone(),
            elsewhere: counted.unreported.excused,
            parked: counted.parked.clone(),
            copy: self.board.copy(now),
            printer_fault: self.print_fault.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            unconfirmed: counted.unconfirmed.clone(),
            witnesses: counted.witnesses.clone(),
            hook_fault: self.board.hook_fault(),
        }
    }
}
