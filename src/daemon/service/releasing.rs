//! What was sent and answered, and letting a held document go again.

use serde_json::json;
use uuid::Uuid;

use super::Service;
use super::refusals::{gone, storage};
use crate::api::{Caller, Refusal, wire};
use crate::daemon::events::EventKind;
use crate::daemon::evidence;
use crate::ledger::{Activity, OpenError, ReleaseError, ReportState, StorageError, Store, Stored, What};
use crate::report::{HoldReason, Wake};
use crate::text::Bilingual;

impl Service {
    /// Read on a thread and a connection of its own: the ledger's thread sells.
    pub(super) async fn attempts_of(&self, uuid: Uuid) -> Result<Option<wire::AttemptList>, Refusal> {
        let dir = self.facts.data_dir.clone();
        let read = move || evidence::attempts(&dir, &uuid.to_string());
        Ok(beside(read).await?.into_iter().next())
    }

    pub(super) async fn warned(&self) -> Result<wire::WarningList, Refusal> {
        let dir = self.facts.data_dir.clone();
        beside(move || evidence::warnings(&dir)).await
    }

    pub(super) async fn let_go(&self, uuid: Uuid, caller: Caller) -> Result<Option<wire::Released>, Refusal> {
        let environment = self.facts.environment.clone();
        let actor = caller.uid.map_or_else(|| "unknown".to_owned(), |uid| format!("uid {uid}"));
        let work = move |store: &mut Store| release(store, uuid, &environment, &actor);
        let Some((stored, was)) = self.ledger.run(work).await.map_err(gone)?? else { return Ok(None) };
        tracing::info!(number = stored.number, uid = caller.uid, was, "a held document is sent again");
        let data = json!({ "was": was });
        self.events.publish(EventKind::DocumentReleased, self.clock.now(), Some((&stored).into()), data);
        self.wakes.ring(Wake::Sale);
        Ok(Some(wire::Released {
            uuid: uuid.to_string(),
            number: stored.number,
            was,
            state: ReportState::Queued.name().to_owned(),
        }))
    }
}

/// Runs what reads the data directory beside the till.
async fn beside<R: Send + 'static>(
    read: impl FnOnce() -> Result<R, OpenError> + Send + 'static,
) -> Result<R, Refusal> {
    let read = tokio::task::spawn_blocking(read).await.map_err(|error| Refusal::Fault(error.to_string()))?;
    read.map_err(|error| Refusal::Unavailable(error.words()))
}

/// The document that goes on its way, and why it was held.
fn release(
    store: &mut Store,
    uuid: Uuid,
    environment: &str,
    actor: &str,
) -> Result<Option<(Stored, Option<String>)>, Refusal> {
    let stored = match store.by_uuid(&uuid) {
        Ok(Some(stored)) => stored,
        Ok(None) => return Ok(None),
        Err(StorageError::Damaged { .. }) => return Err(never(HoldReason::Unreadable)),
        Err(error) => return Err(storage(error)),
    };
    let chains = store.known_chains().map_err(storage)?;
    if chains.iter().any(|chain| chain.id == stored.chain && chain.environment != environment) {
        return Err(never(HoldReason::OtherEnvironment));
    }
    let was = store.held_reason(stored.id).map_err(storage)?;
    let detail = [("number", json!(stored.number)), ("uuid", json!(uuid.to_string())), ("held", json!(was))];
    match store.release_for(stored.id, &Activity::by(actor, What::Released, detail)) {
        Ok(()) => Ok(Some((stored, was))),
        Err(ReleaseError::NotHeld(state)) => Err(Refusal::NotReleased(not_held(&stored.number, state))),
        Err(ReleaseError::Unreadable(_)) => Err(never(HoldReason::Unreadable)),
        Err(ReleaseError::Storage(error)) => Err(storage(error)),
    }
}

fn never(reason: HoldReason) -> Refusal {
    Refusal::NotReleased(reason.message())
}

fn not_held(number: &str, state: ReportState) -> Bilingual {
    match state {
        ReportState::Queued | ReportState::InFlight | ReportState::Held => Bilingual::new(
            format!("{number} is on its way already ({state}); there is nothing to release."),
            format!("المستند {number} في طريقه إلى الهيئة بالفعل ({state}) ولا حاجة إلى إعادة إرساله."),
        ),
        ReportState::Rejected => Bilingual::new(
            format!(
                "{number} was rejected, and the same bytes would be rejected again. Issue it once more with tilld correct."
            ),
            format!("رُفض المستند {number} وسيُرفض مرة أخرى كما هو. أعد إصداره بواسطة tilld correct."),
        ),
        ReportState::Reported | ReportState::ReportedWithWarnings | ReportState::Cleared => Bilingual::new(
            format!("The authority has {number} already ({state}); it is never sent twice."),
            format!("المستند {number} لدى الهيئة بالفعل ({state}) ولا يرسل مرتين أبداً."),
        ),
    }
}
