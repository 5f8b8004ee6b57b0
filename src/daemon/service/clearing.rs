//! The clearance of standard documents as the counter sees it: whether one could
//! be cleared now, the wait for the authority's answer, and its words.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::Service;
use super::lookup::sale;
use super::refusals::{gone, storage};
use crate::api::{Refusal, Sold, wire};
use crate::daemon::events::{Event, EventDocument, EventKind, Events};
use crate::daemon::findings::findings;
use crate::invoice::Subtype;
use crate::ledger::{Clock, Ledger, ReportState, Store, Stored};
use crate::report::{HoldReason, Pause, PauseReason, Status, Wake};
use crate::text::Bilingual;
use crate::ubl;

impl Service {
    /// Refuses if a standard document would not be cleared now: nothing can be
    /// sent at all, or nobody answers at the platform's address.
    pub(super) async fn clearable(&self) -> Result<(), Refusal> {
        let pause = self.report.borrow().pause;
        if let Some(pause) = pause
            && stands(&pause, self.clock.now(), self.facts.clearance_wait)
        {
            return Err(away(Some(pause.reason)));
        }
        if (self.reach)().await { Ok(()) } else { Err(away(None)) }
    }

    /// The answer with what the authority makes of a standard document, waited
    /// for within limits; the answer at once for any other.
    pub(super) async fn cleared(
        &self,
        sold: Sold,
        heard: broadcast::Receiver<Event>,
    ) -> Result<Sold, Refusal> {
        if !sold.sale.clearance.as_ref().is_some_and(wire::Clearance::is_waiting) {
            return Ok(sold);
        }
        self.wakes.ring(Wake::Urgent);
        let wait = Wait {
            uuid: sold.sale.uuid,
            heard,
            until: Instant::now() + self.facts.clearance_wait,
            report: self.report.clone(),
            stopping: self.stopping.clone(),
            ledger: self.ledger.clone(),
            clock: Arc::clone(&self.clock),
        };
        let document = EventDocument {
            uuid: sold.sale.uuid,
            number: sold.sale.number.as_str().to_owned(),
            icv: sold.sale.icv.get(),
        };
        let tell = (!sold.replayed).then(|| Arc::clone(&self.events));
        // On its own, so that a POS which hangs up does not end it.
        let waiting = tokio::spawn(async move { wait.end(document, tell).await });
        waiting.await.map_err(|error| Refusal::Fault(error.to_string()))?;
        let uuid = sold.sale.uuid;
        let again = move |store: &mut Store| match store.by_uuid(&uuid).map_err(storage)? {
            Some(stored) => sale(store, &stored).map(Some),
            None => Ok(None),
        };
        let now = self.ledger.run(again).await.map_err(gone)??;
        Ok(Sold { sale: now.unwrap_or(sold.sale), replayed: sold.replayed })
    }
}

/// One wait for the end of one document.
struct Wait {
    uuid: Uuid,
    heard: broadcast::Receiver<Event>,
    until: Instant,
    report: watch::Receiver<Status>,
    stopping: watch::Receiver<bool>,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
}

impl Wait {
    /// Waits; what is not decided then is told to be parked.
    async fn end(mut self, document: EventDocument, tell: Option<Arc<Events>>) {
        self.wait().await;
        if let Some(events) = tell
            && self.is_open().await
        {
            let words = waiting();
            let data = json!({"en": words.en, "ar": words.ar});
            events.publish(EventKind::DocumentParked, self.clock.now(), Some(document), data);
        }
    }

    async fn wait(&mut self) {
        if self.paused(stands) || *self.stopping.borrow() {
            return;
        }
        loop {
            let event = tokio::select! {
                event = self.heard.recv() => event,
                () = tokio::time::sleep_until(self.until) => return,
                _ = self.stopping.wait_for(|stop| *stop) => return,
            };
            let about_it = match event {
                Ok(event) => event
                    .document
                    .as_ref()
                    .is_some_and(|document| document.uuid == self.uuid)
                    .then_some(event.kind),
                Err(RecvError::Lagged(_)) => Some(EventKind::ClearanceAgain),
                Err(RecvError::Closed) => return,
            };
            match about_it {
                None | Some(EventKind::DocumentStored | EventKind::ClearanceSent) => {}
                Some(_) if !self.is_open().await => return,
                // Tried, and nothing goes before the wait is over.
                Some(_) if self.paused(lasts) => return,
                Some(_) => {}
            }
        }
    }

    fn paused(&self, how: impl Fn(&Pause, i64, Duration) -> bool) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        self.report.borrow().pause.as_ref().is_some_and(|pause| how(pause, self.clock.now(), left))
    }

    /// Whether the authority has not answered for good, and nobody holds it.
    async fn is_open(&self) -> bool {
        let uuid = self.uuid;
        let state = self.ledger.run(move |store| match store.by_uuid(&uuid) {
            Ok(Some(stored)) => store.report_state(stored.id).ok(),
            Ok(None) | Err(_) => None,
        });
        matches!(state.await, Ok(Some(ReportState::Queued | ReportState::InFlight)))
    }
}

/// Whether a pause outlasts the wait even for a standard document, for which a
/// line that is away and a service in trouble are asked again at once.
fn stands(pause: &Pause, now: i64, wait: Duration) -> bool {
    let asked_again = matches!(pause.reason, PauseReason::Offline | PauseReason::Trouble);
    !asked_again && lasts(pause, now, wait)
}

/// Whether nothing is sent for longer than somebody waits.
fn lasts(pause: &Pause, now: i64, wait: Duration) -> bool {
    let ahead = u64::try_from(pause.until.saturating_sub(now)).unwrap_or(0);
    pause.reason.needs_person() || ahead > wait.as_secs().max(1)
}

/// The refusal before a number is taken; with the reason if one is known.
fn away(reason: Option<PauseReason>) -> Refusal {
    let why = reason.map_or_else(
        || {
            Bilingual::new(
                "The authority cannot be reached, and an invoice to a company counts only once it is cleared.",
                "لا يمكن الوصول إلى الهيئة، وفاتورة المنشأة لا تُعد فاتورة إلا بعد اعتمادها.",
            )
        },
        PauseReason::message,
    );
    Refusal::ClearanceAway(Bilingual::new(
        format!(
            "{} Nothing was issued and no number was taken. Send it again with the same Idempotency-Key when the \
             authority can be reached; simplified invoices go on.",
            why.en
        ),
        format!(
            "{} لم يصدر شيء ولم يُستهلك أي رقم. أعد الإرسال بمفتاح التكرار نفسه عند إمكان الوصول إلى الهيئة، \
             والفواتير المبسطة مستمرة.",
            why.ar
        ),
    ))
}

/// What the authority made of a standard document so far, from what is stored
/// alone; none of a simplified one. `own_qr` is that of our own stamp.
pub(super) fn clearance(
    store: &mut Store,
    stored: &Stored,
    own_qr: Option<&str>,
) -> Result<Option<wire::Clearance>, Refusal> {
    if stored.kind.subtype == Subtype::Simplified {
        return Ok(None);
    }
    let state = store.report_state(stored.id).map_err(storage)?;
    let (word, words) = match state {
        ReportState::Queued | ReportState::InFlight => ("waiting", waiting()),
        ReportState::Held => ("held", held(store.held_reason(stored.id).map_err(storage)?)),
        ReportState::Cleared => ("cleared", cleared()),
        ReportState::Rejected => ("rejected", rejected()),
        ReportState::Reported | ReportState::ReportedWithWarnings => ("reported-instead", reported_instead()),
    };
    let qr = match state {
        ReportState::Cleared => store.cleared_xml(stored.id).map_err(storage)?.and_then(|xml| qr_of(&xml)),
        ReportState::Reported | ReportState::ReportedWithWarnings => own_qr.map(str::to_owned),
        _ => None,
    };
    let findings = match state {
        ReportState::Queued | ReportState::InFlight => Vec::new(),
        _ => {
            let attempts = store.attempts(stored.id).map_err(storage)?;
            attempts.last().map(|attempt| findings(state, &attempt.body)).unwrap_or_default()
        }
    };
    Ok(Some(wire::Clearance { state: word.to_owned(), words: words.into(), findings, qr }))
}

fn qr_of(xml: &[u8]) -> Option<String> {
    match ubl::read(xml) {
        Ok(reading) => reading.qr,
        Err(error) => {
            tracing::error!(%error, "a cleared document cannot be read back");
            None
        }
    }
}

fn waiting() -> Bilingual {
    Bilingual::new(
        "It is no tax invoice yet: the authority has not cleared it. Hand nothing over. It is sent by itself until the \
         authority answers; then the receipt prints, and the event document.cleared tells it.",
        "ليست فاتورة ضريبية بعد، فلم تعتمدها الهيئة. لا تسلّم شيئاً. يُعاد إرسالها تلقائياً حتى ترد الهيئة، \
         وعندها يُطبع الإيصال ويُعلن ذلك بالحدث document.cleared.",
    )
}

fn cleared() -> Bilingual {
    Bilingual::new(
        "The authority cleared it. The cleared version is the invoice, with the authority's QR code.",
        "اعتمدتها الهيئة. النسخة المعتمدة هي الفاتورة، وعليها رمز الاستجابة السريعة من الهيئة.",
    )
}

fn reported_instead() -> Bilingual {
    Bilingual::new(
        "The authority's clearance is off, so that it was reported instead. It is the invoice, with the till's own \
         stamp and QR code.",
        "خدمة الاعتماد لدى الهيئة متوقفة، فجرى الإبلاغ عنها بدلاً من ذلك. وهي الفاتورة بختم الجهاز ورمزه.",
    )
}

fn rejected() -> Bilingual {
    Bilingual::new(
        "The authority rejected it: it is no tax invoice. The findings say why. Issue it again, put right: \
         POST /v1/corrections, tilld correct.",
        "رفضتها الهيئة، فليست فاتورة ضريبية. الملاحظات تبين السبب. أعد إصدارها بعد التصحيح: \
         ‎POST /v1/corrections‎ أو tilld correct.",
    )
}

fn held(reason: Option<String>) -> Bilingual {
    let why = reason.as_deref().and_then(HoldReason::from_word).map_or_else(
        || {
            Bilingual::new(
                "The document waits for a person; ask support.",
                "المستند بانتظار تدخل شخص، راجع الدعم.",
            )
        },
        HoldReason::message,
    );
    Bilingual::new(
        format!("It is no tax invoice yet. {}", why.en),
        format!("ليست فاتورة ضريبية بعد. {}", why.ar),
    )
}
