//! How the till is, and whether every stored document still is as it was sealed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Instant;

use super::Service;
use super::queue::next_try;
use super::refusals::{gone, storage};
use super::watching::moment as moment_text;
use crate::api::{self, Refusal, wire};
use crate::daemon::findings::numbers_in;
use crate::daemon::lookout::count;
use crate::ledger::{self, ClockReport, PrintState, ReportState, StorageError, Store, audit};

/// Open print jobs that status counts.
const MOST_PRINTS: usize = 10_000;

impl Service {
    pub(super) async fn state(&self) -> Result<wire::Status, Refusal> {
        let work = |store: &mut Store| -> Result<_, StorageError> {
            let last = store.newest(1)?.into_iter().next();
            let prints: Vec<PrintState> =
                store.print_jobs(MOST_PRINTS)?.into_iter().map(|job| job.state).collect();
            let rejected = numbers_in(store, ReportState::Rejected)?;
            let held = numbers_in(store, ReportState::Held)?;
            let ready = store.ready().map_err(|error| error.words());
            let (witnesses, clock) = (store.witnesses(), store.clock_report());
            Ok((count(store)?, last, prints, (rejected, held), ready, witnesses, clock))
        };
        let (counted, last, prints, (rejected, held), ready, witnesses, clock) =
            self.ledger.run(work).await.map_err(gone)?.map_err(storage)?;
        let queue = counted.queue;
        let not_ready = self.register.not_ready(self.clock.now()).or(ready.err());
        let identity = self.register.show(self.clock.now());
        let (pause, clearance_off) = {
            let report = self.report.borrow();
            (report.pause, report.clearance_off_at)
        };
        Ok(wire::Status {
            till: self.facts.till.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            environment: self.facts.environment.clone(),
            time: moment_text(self.clock.now()),
            clock: Some(shown(clock)),
            selling: wire::Selling { ready: not_ready.is_none(), reason: not_ready.map(wire::Words::from) },
            documents: queue.documents,
            last: last.map(|last| wire::Last {
                icv: last.icv.get(),
                number: last.number,
                hash: last.hash.to_base64(),
                issued_at: api::wire::riyadh(last.issued),
            }),
            queue: wire::Queue {
                states: queue.by_state().map(|(state, count)| (state.name().to_owned(), count)).into(),
                unsent: queue.open(),
                corrected: queue.corrected,
                awaiting_clearance: queue.awaiting_clearance,
                clearance_off_at: clearance_off.map(moment_text),
                rejected,
                held,
                oldest_unsent_at: queue.oldest_unsent.map(moment_text),
                next_attempt_at: queue.next_due_at.map(|due| moment_text(next_try(due, pause))),
                paused: pause.map(|pause| pause.reason.message().into()),
            },
            printing: self.printing(&prints),
            certificate: identity.certificate.clone(),
            address_override: self.facts.address_override.clone(),
            identity: Some(identity),
            witnesses: witnesses
                .into_iter()
                .map(|(path, fault)| wire::Witness { path: path.display().to_string(), fault })
                .collect(),
            watch: self.watch(&counted),
        })
    }

    fn printing(&self, prints: &[PrintState]) -> wire::Printing {
        let mut states = BTreeMap::new();
        for state in prints {
            *states.entry(state.name().to_owned()).or_insert(0) += 1;
        }
        let fault = self.print_fault.lock().unwrap_or_else(PoisonError::into_inner).clone();
        wire::Printing { target: self.facts.printer.clone(), states, fault: fault.map(wire::Words::from) }
    }
}

/// Walks all chains in a data directory, and holds the ledger against its
/// high-water mark.
pub fn verification(dir: &Path, anchor: &Path) -> Result<wire::Verification, String> {
    let began = Instant::now();
    let words = |error: ledger::OpenError| error.to_string();
    let missing = audit::compare_mark(dir, anchor).map_err(words)?;
    let report = audit::verify_chain(dir, |_| {}).map_err(words)?;
    let mark = missing.map(|what| wire::VerifyFinding {
        code: "TILLD-MARK".to_owned(),
        document: "ledger".to_owned(),
        icv: None,
        message: wire::Words::from(what.words()),
    });
    let log = report.log.iter().map(|what| wire::VerifyFinding {
        code: "TILLD-LOG".to_owned(),
        document: "activity log".to_owned(),
        icv: None,
        message: wire::Words {
            en: format!("the activity log was changed: {what}"),
            ar: format!("غُير سجل النشاط: {what}"),
        },
    });
    let findings = report.findings.iter().map(|finding| wire::VerifyFinding {
        code: "TILLD-VERIFY".to_owned(),
        document: finding.document.to_string(),
        icv: Some(finding.document.icv().get()),
        message: wire::Words {
            en: finding.what.clone(),
            ar: format!("المستند لا يجتاز الفحص: {}", finding.what),
        },
    });
    Ok(wire::Verification {
        documents: report.documents,
        chains: report.chains,
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        findings: mark.into_iter().chain(log).chain(findings).collect(),
    })
}

fn shown(clock: ClockReport) -> wire::Clock {
    let (ahead, age) = clock.authority.unzip();
    wire::Clock {
        state: clock.state.word().to_owned(),
        refuses: clock.state.refuses(),
        authority_ahead_seconds: ahead,
        authority_heard_seconds_ago: age,
        words: clock.words.map(wire::Words::from),
    }
}
