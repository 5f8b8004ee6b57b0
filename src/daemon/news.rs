//! From what the reporting driver tells to events that people can read, with
//! the document's name beside them; and the printer is woken for a document
//! that may be handed over now.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::events::{EventDocument, EventKind, Events};
use super::handover::Standing;
use super::printing::Doorbell;
use crate::fatoora::DocumentCall;
use crate::invoice::Subtype;
use crate::ledger::{Clock, DocumentId, Ledger, ReportState, Stored};
use crate::report::{HoldReason, Tell, Told};

/// Where the driver's news goes.
pub struct News {
    pub ledger: Ledger,
    pub events: Arc<Events>,
    pub doorbell: Arc<Doorbell>,
    pub clock: Arc<dyn Clock>,
}

impl News {
    /// The driver's end, and the work that publishes until the driver is gone.
    pub fn start(self) -> (Tell<DocumentId>, impl Future<Output = ()> + Send) {
        let (tell, mut told) = mpsc::unbounded_channel();
        let tell: Tell<DocumentId> = Arc::new(move |news| {
            // Nobody hears it only when the till stops.
            let _ = tell.send(news);
        });
        let work = async move {
            while let Some(news) = told.recv().await {
                self.publish(news).await;
            }
        };
        (tell, work)
    }

    async fn publish(&self, news: Told<DocumentId>) {
        let now = self.clock.now();
        match news {
            Told::Paused(pause) => {
                let words = pause.reason.message();
                let data = json!({"reason": pause.reason.word(), "en": words.en, "ar": words.ar});
                self.events.publish(EventKind::ReportingPaused, now, None, data);
            }
            Told::Resumed => self.events.publish(EventKind::ReportingResumed, now, None, Value::Null),
            Told::Sent { id, call: DocumentCall::Clearance } => {
                self.of_document(EventKind::ClearanceSent, now, id, Value::Null).await;
            }
            Told::Sent { .. } => {}
            Told::Ended { id, state, hold, verdict, surprise, at } => {
                let Some(stored) = self.document(id).await else { return };
                if state.is_final() && stored.kind.subtype == Subtype::Standard {
                    self.doorbell.ring();
                }
                let Some(kind) = kind(state, stored.kind.subtype) else { return };
                let standing = Standing::of(stored.kind.subtype, state);
                let data = ended(state, standing, verdict, hold, surprise);
                self.events.publish(kind, at, Some(EventDocument::from(&stored)), data);
            }
        }
    }

    async fn of_document(&self, kind: EventKind, at: i64, id: DocumentId, data: Value) {
        if let Some(stored) = self.document(id).await {
            self.events.publish(kind, at, Some(EventDocument::from(&stored)), data);
        }
    }

    async fn document(&self, id: DocumentId) -> Option<Stored> {
        self.ledger.run(move |store| store.document(id)).await.ok()?.ok()?
    }
}

/// What the event of an ended attempt says.
fn ended(
    state: ReportState,
    standing: Standing,
    verdict: Option<&'static str>,
    hold: Option<HoldReason>,
    surprise: bool,
) -> Value {
    let mut data = json!({"state": state.name(), "verdict": verdict});
    if standing == Standing::ReportedInstead {
        data["clearance"] = Value::from("reported-instead");
    }
    if let Some(reason) = hold {
        let words = reason.message();
        data["reason"] = json!({"code": reason.word(), "en": words.en, "ar": words.ar});
    }
    if surprise {
        data["surprise"] = Value::Bool(true);
    }
    data
}

/// A simplified document that is tried again is not worth an event.
fn kind(state: ReportState, subtype: Subtype) -> Option<EventKind> {
    match state {
        ReportState::Reported => Some(EventKind::DocumentReported),
        ReportState::ReportedWithWarnings => Some(EventKind::DocumentWarned),
        ReportState::Cleared => Some(EventKind::DocumentCleared),
        ReportState::Rejected => Some(EventKind::DocumentRejected),
        ReportState::Held => Some(EventKind::DocumentHeld),
        ReportState::Queued => (subtype == Subtype::Standard).then_some(EventKind::ClearanceAgain),
        ReportState::InFlight => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_what_it_means_for_the_counter() {
        let said = |state, subtype, hold, surprise| {
            ended(state, Standing::of(subtype, state), Some("accepted"), hold, surprise)
        };
        let (standard, simplified) = (Subtype::Standard, Subtype::Simplified);
        let plain = said(ReportState::Reported, simplified, None, false);
        assert_eq!(plain, json!({"state": "Reported", "verdict": "accepted"}));
        let instead = said(ReportState::Reported, standard, None, false);
        assert_eq!(instead["clearance"], "reported-instead");
        assert_eq!(said(ReportState::Cleared, standard, None, false).get("clearance"), None);
        let held = said(ReportState::Held, simplified, Some(HoldReason::TooLarge), true);
        assert_eq!((&held["reason"]["code"], &held["surprise"]), (&json!("too-large"), &json!(true)));
        assert!(held["reason"]["ar"].is_string());
    }

    #[test]
    fn a_counter_hears_of_each_state_that_matters_to_it() {
        for state in ReportState::ALL {
            let (standard, simplified) = (kind(state, Subtype::Standard), kind(state, Subtype::Simplified));
            match state {
                ReportState::InFlight => assert_eq!((standard, simplified), (None, None)),
                ReportState::Queued => {
                    assert_eq!((standard, simplified), (Some(EventKind::ClearanceAgain), None));
                }
                _ => assert!(standard.is_some() && standard == simplified, "{state}"),
            }
        }
    }
}
