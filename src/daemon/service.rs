//! The till behind the local interface: sales into the ledger, look-ups out of
//! it, and the state of everything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
use uuid::Uuid;

use super::findings::{findings, numbers_in};
use super::press::Press;
use super::printing::Doorbell;
use crate::api::{
    self, Caller, Form, Found, Idempotency, Lookup, Refusal, Sale, SaleOrder, Sold, Till, wire,
};
use crate::invoice::{self, Finding, InvoiceNumber, IssueMoment};
use crate::ledger::{
    self, AppendError, Clock, Ledger, LedgerGone, Order, PrintState, ReportState, StorageError, Store,
    Stored, audit,
};
use crate::report::{self, Wake, Wakes};
use crate::rules;
use crate::text::{Bilingual, Problem};
use crate::ubl;

/// Documents of which one look-up answers at most.
const MOST_FOUND: usize = 50;
/// Open print jobs that status counts.
const MOST_PRINTS: usize = 10_000;

/// Facts that do not change while the daemon runs.
pub struct Facts {
    /// The till's name.
    pub till: String,
    /// The platform's environment by its word in the settings.
    pub environment: String,
    /// Shown when the address is not the platform's own.
    pub address_override: Option<String>,
    /// Where the ledger lies.
    pub data_dir: PathBuf,
    /// The file of its high-water mark.
    pub anchor: PathBuf,
    /// The printer as the settings name it.
    pub printer: String,
    /// Whether a sale prints at once.
    pub print: bool,
    /// The one that stamps, for status.
    pub certificate: Option<wire::Certificate>,
    /// Why the till cannot sell, if it was started without an identity; what
    /// else speaks against a sale the ledger says at every moment.
    pub not_ready: Option<Bilingual>,
}

/// The running till.
pub struct Service {
    /// What does not change.
    pub facts: Facts,
    /// All that is stored, behind its own thread.
    pub ledger: Ledger,
    /// The till's clock.
    pub clock: Arc<dyn Clock>,
    /// Draws receipts for look-ups.
    pub press: Arc<Press>,
    /// Wakes the printer's thread.
    pub doorbell: Arc<Doorbell>,
    /// Wakes the reporting driver.
    pub wakes: Arc<Wakes>,
    /// How reporting goes.
    pub report: watch::Receiver<report::Status>,
    /// The printer's last fault; none while all is well.
    pub print_fault: Arc<Mutex<Option<Bilingual>>>,
}

impl Till for Service {
    async fn sell(&self, order: SaleOrder) -> Result<Sold, Refusal> {
        let SaleOrder { draft, idempotency, caller } = order;
        let priced = match invoice::price(&draft) {
            Ok(priced) => priced,
            // A sale that an earlier version accepted is answered for ever,
            // whatever the rules say today.
            Err(findings) => {
                return self.recall(idempotency).await?.ok_or(Refusal::Findings(findings));
            }
        };
        let order = Order {
            kind: draft.kind,
            terms: draft.terms,
            priced,
            reference: draft.reference,
            idempotency: Some(ledger::Idempotency {
                key: idempotency.key,
                body_sha256: idempotency.body_sha256,
            }),
            print: self.facts.print,
            returns: None,
            corrects: None,
        };
        let (stored, sale) = self
            .ledger
            .run(move |store| {
                let stored = store.append(order).map_err(refusal)?;
                let sale = sale(store, &stored)?;
                Ok((stored, sale))
            })
            .await
            .map_err(gone)??;
        if !stored.replayed {
            tracing::info!(number = stored.number, icv = stored.icv.get(), uid = caller.uid, "sold");
            self.doorbell.ring();
            self.wakes.ring(Wake::Sale);
        }
        Ok(Sold { sale, replayed: stored.replayed })
    }

    async fn recall(&self, of: Idempotency) -> Result<Option<Sold>, Refusal> {
        let work = move |store: &mut Store| -> Result<Option<Sold>, Refusal> {
            let request = ledger::Idempotency { key: of.key, body_sha256: of.body_sha256 };
            match store.recall(&request) {
                Ok(Some(stored)) => Ok(Some(Sold { sale: sale(store, &stored)?, replayed: true })),
                Ok(None) => Ok(None),
                Err(error) => Err(refusal(error)),
            }
        };
        self.ledger.run(work).await.map_err(gone)?
    }

    async fn find(&self, by: Lookup) -> Result<Vec<Found>, Refusal> {
        self.ledger.run(move |store| find(store, by)).await.map_err(gone)?
    }

    async fn document(&self, uuid: Uuid, form: Form) -> Result<Option<Vec<u8>>, Refusal> {
        let work = move |store: &mut Store| with_xml(store, uuid);
        let Some((stored, xml)) = self.ledger.run(work).await.map_err(gone)?.map_err(storage)? else {
            return Ok(None);
        };
        if form == Form::Xml {
            return Ok(Some(xml));
        }
        let press = Arc::clone(&self.press);
        let draw = move || {
            let receipt = press.receipt(&stored, &xml, false).map_err(|error| error.to_string())?;
            Ok(Some(if form == Form::Png { receipt.png() } else { receipt.escpos() }))
        };
        tokio::task::spawn_blocking(draw)
            .await
            .map_err(|error| Refusal::Fault(error.to_string()))?
            .map_err(|why: String| Refusal::Unavailable(Bilingual::new(why, "تعذر رسم الإيصال.")))
    }

    async fn status(&self) -> Result<wire::Status, Refusal> {
        let work = |store: &mut Store| -> Result<_, StorageError> {
            let last = store.newest(1)?.into_iter().next();
            let prints: Vec<PrintState> =
                store.print_jobs(MOST_PRINTS)?.into_iter().map(|job| job.state).collect();
            let rejected = numbers_in(store, ReportState::Rejected)?;
            let held = numbers_in(store, ReportState::Held)?;
            let ready = store.ready().map_err(|error| error.words());
            Ok((store.queue_summary(), last, prints, (rejected, held), ready))
        };
        let (queue, last, prints, (rejected, held), ready) =
            self.ledger.run(work).await.map_err(gone)?.map_err(storage)?;
        let not_ready = self.facts.not_ready.clone().or(ready.err());
        let certificate = self.facts.certificate.clone();
        let pause = self.report.borrow().pause;
        let mut environment = self.facts.environment.clone();
        if let Some(address) = &self.facts.address_override {
            environment = format!("{environment} (address overridden: {address})");
        }
        let states = [
            (ReportState::Queued, queue.queued),
            (ReportState::InFlight, queue.in_flight),
            (ReportState::Held, queue.held),
            (ReportState::Reported, queue.reported),
            (ReportState::ReportedWithWarnings, queue.reported_with_warnings),
            (ReportState::Cleared, queue.cleared),
            (ReportState::Rejected, queue.rejected),
        ];
        Ok(wire::Status {
            till: self.facts.till.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            environment,
            time: moment_text(self.clock.now()),
            selling: wire::Selling { ready: not_ready.is_none(), reason: not_ready.map(wire::Words::from) },
            documents: queue.documents,
            last: last.map(|last| wire::Last {
                icv: last.icv.get(),
                number: last.number,
                hash: last.hash.to_base64(),
                issued_at: api::wire::riyadh(last.issued),
            }),
            queue: wire::Queue {
                states: states.into_iter().map(|(state, count)| (state.name().to_owned(), count)).collect(),
                unsent: queue.open(),
                rejected,
                held,
                oldest_unsent_at: queue.oldest_unsent.map(moment_text),
                next_attempt_at: queue.next_due_at.map(moment_text),
                paused: pause.map(|pause| pause.reason.message().into()),
            },
            printing: self.printing(&prints),
            certificate,
        })
    }

    async fn reprint(&self, uuid: Uuid, caller: Caller) -> Result<bool, Refusal> {
        let work = move |store: &mut Store| -> Result<Option<String>, StorageError> {
            let Some(stored) = store.by_uuid(&uuid)? else { return Ok(None) };
            store.add_copy(stored.id)?;
            Ok(Some(stored.number))
        };
        let Some(number) = self.ledger.run(work).await.map_err(gone)?.map_err(storage)? else {
            return Ok(false);
        };
        tracing::info!(number, uid = caller.uid, "a copy is printed");
        self.doorbell.ring();
        Ok(true)
    }

    async fn verify(&self) -> Result<wire::Verification, Refusal> {
        let (dir, anchor) = (self.facts.data_dir.clone(), self.facts.anchor.clone());
        let walk = tokio::task::spawn_blocking(move || verification(&dir, &anchor));
        walk.await
            .map_err(|error| Refusal::Fault(error.to_string()))?
            .map_err(|why| Refusal::Unavailable(Bilingual::new(why, "تعذر فحص السجل.")))
    }

    async fn sync(&self, caller: Caller) -> Result<u64, Refusal> {
        tracing::info!(uid = caller.uid, "sending was asked for");
        self.wakes.ring(Wake::SyncNow);
        self.ledger.run(|store| store.queue_summary().open()).await.map_err(gone)
    }
}

impl Service {
    fn printing(&self, prints: &[PrintState]) -> wire::Printing {
        let mut states = BTreeMap::new();
        for state in prints {
            *states.entry(state.name().to_owned()).or_insert(0) += 1;
        }
        let fault = self.print_fault.lock().unwrap_or_else(PoisonError::into_inner).clone();
        wire::Printing { target: self.facts.printer.clone(), states, fault: fault.map(wire::Words::from) }
    }
}

impl Service {
    /// The receipt of a document in a terminal's characters; `None` if there is no such document.
    pub async fn preview(&self, uuid: Uuid) -> Result<Option<String>, String> {
        let found =
            self.ledger.run(move |store| with_xml(store, uuid)).await.map_err(|error| error.to_string())?;
        let Some((stored, xml)) = found.map_err(|error| error.to_string())? else { return Ok(None) };
        let receipt = self.press.receipt(&stored, &xml, false).map_err(|error| error.to_string())?;
        Ok(Some(receipt.preview()))
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
        message: wire::Words {
            en: what,
            ar: "السجل لا يطابق علامة آخر فاتورة: قد تكون فواتير حُذفت منه.".to_owned(),
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
        findings: mark.into_iter().chain(findings).collect(),
    })
}

/// What never changes about a document, made from what is stored alone: the
/// first answer to a sale and every later one are the same bytes.
fn sale(store: &mut Store, stored: &Stored) -> Result<Sale, Refusal> {
    let xml = store.xml(stored.id).map_err(storage)?;
    let reading = ubl::read(&xml).map_err(|error| Refusal::Fault(error.to_string()))?;
    let number = InvoiceNumber::parse(&stored.number).map_err(|error| Refusal::Fault(error.to_string()))?;
    Ok(Sale {
        uuid: stored.uuid,
        number,
        icv: stored.icv,
        issued: stored.issued,
        kind: stored.kind,
        hash: stored.hash,
        net: reading.tax_exclusive,
        vat: stored.tax,
        payable: stored.payable,
        change: stored.change,
        qr: reading.qr.unwrap_or_default(),
        reference: stored.reference.clone(),
    })
}

fn with_xml(store: &mut Store, uuid: Uuid) -> Result<Option<(Stored, Vec<u8>)>, StorageError> {
    let Some(stored) = store.by_uuid(&uuid)? else { return Ok(None) };
    let xml = store.xml(stored.id)?;
    Ok(Some((stored, xml)))
}

fn find(store: &mut Store, by: Lookup) -> Result<Vec<Found>, Refusal> {
    let documents = match by {
        Lookup::Uuid(uuid) => store.by_uuid(&uuid).map(|found| found.into_iter().collect()),
        Lookup::Number(number) => store.by_number(&number),
        Lookup::Reference(reference) => store.by_reference(&reference),
        Lookup::Icv(icv) => store.by_icv(icv),
    };
    let documents: Vec<Stored> = documents.map_err(storage)?;
    documents.iter().take(MOST_FOUND).map(|stored| found(store, stored)).collect()
}

fn found(store: &mut Store, stored: &Stored) -> Result<Found, Refusal> {
    let attempts = store.attempts(stored.id).map_err(storage)?;
    let state = store.report_state(stored.id).map_err(storage)?;
    let held = store.held_reason(stored.id).map_err(storage)?;
    let last = attempts.last().map(|attempt| match &attempt.error {
        Some(error) => error.clone(),
        None => attempt.verdict.clone(),
    });
    Ok(Found {
        sale: sale(store, stored)?,
        report: wire::Report {
            state: state.name().to_owned(),
            attempts: attempts.len() as u64,
            note: held.or(last.filter(|_| state != ReportState::Reported)),
            findings: attempts.last().map(|attempt| findings(state, &attempt.body)).unwrap_or_default(),
        },
        print: store
            .print_state(stored.id)
            .map_err(storage)?
            .map(|state| wire::Print { state: state.name().to_owned() }),
    })
}

fn moment_text(unix: i64) -> String {
    IssueMoment::from_unix(unix).map_or_else(|| unix.to_string(), api::wire::riyadh)
}

fn gone(error: LedgerGone) -> Refusal {
    match error {
        LedgerGone::Stopped => Refusal::Stopping,
        LedgerGone::Fault => Refusal::Fault(error.to_string()),
    }
}

fn storage(error: StorageError) -> Refusal {
    refusal(AppendError::Storage(error))
}

fn refusal(error: AppendError) -> Refusal {
    let words = error.words();
    match error {
        AppendError::KeyConflict { number } => Refusal::KeyConflict { number },
        AppendError::BuyerIsSeller => {
            Refusal::Findings(vec![Finding::at("buyer.vat_number", Problem::BuyerIsSeller)])
        }
        AppendError::NoIdentity => Refusal::NotOnboarded,
        AppendError::ClockBehind { .. }
        | AppendError::ClockJumped { .. }
        | AppendError::NotYetValid { .. }
        | AppendError::ClockUnusable => Refusal::Clock(words),
        AppendError::Expired { .. } => Refusal::Expired(words),
        AppendError::Rules(findings) => Refusal::Findings(findings.into_iter().map(of_rule).collect()),
        AppendError::Return(_) | AppendError::Correction(_) => Refusal::Unavailable(words),
        AppendError::Seal(_) | AppendError::Storage(_) => {
            tracing::error!(error = words.en, "the ledger refused");
            Refusal::Unavailable(words)
        }
    }
}

/// A broken rule as the finding on a request that it is.
fn of_rule(found: rules::Finding) -> Finding {
    let rule = rules::rule(&found.rule).map_or("RULE-EVALUATION", |rule| rule.id);
    Finding { rule, field: found.field, message: found.message, remedy: found.remedy }
}

#[cfg(test)]
mod tests;
