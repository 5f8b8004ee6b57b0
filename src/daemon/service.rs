//! The till behind the local interface. Here is what it consists of and which
//! work each request is; the work itself is in the files below.

mod advances;
mod clearing;
mod correcting;
mod crediting;
mod dates;
mod following;
mod issuing;
mod lookup;
mod queue;
mod refusals;
mod releasing;
mod state;
mod watching;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::books;
use super::events::Events;
use super::handover::{Handover, handover};
use super::identity::{Desk, Register};
use super::lookout::Lookout;
use super::press::Press;
use super::printing::Doorbell;
use super::reach::Reach;
use crate::api::{
    Caller, CorrectionOrder, CreditOrder, Feed, Form, Found, Idempotency, IdentityOrder, Lookup, QueuePage,
    Refusal, SaleOrder, Sold, Till, wire,
};
use crate::config::ClearanceOffline;
use crate::invoice;
use crate::ledger::{self, Clock, Ledger, StorageError, Store};
use crate::report::{self, Wake, Wakes};
use crate::text::Bilingual;

use lookup::{find, sale};
use refusals::{gone, refusal, storage};
pub use state::verification;

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
    /// How long a sale to a company waits for its clearance.
    pub clearance_wait: Duration,
    /// What becomes of it while the authority cannot be reached.
    pub clearance_offline: ClearanceOffline,
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
    /// What happened lately, for whoever listens.
    pub events: Arc<Events>,
    /// Looks whether the platform can be reached.
    pub reach: Reach,
    /// True once the till is being stopped: nothing is waited for any more.
    pub stopping: watch::Receiver<bool>,
    /// The printer's last fault; none while all is well.
    pub print_fault: Arc<Mutex<Option<Bilingual>>>,
    /// Sees what people must look at.
    pub lookout: Arc<Lookout>,
    /// What is known of the till's identity.
    pub register: Arc<Register>,
    /// Where it is changed.
    pub desk: Arc<Desk>,
}

impl Till for Service {
    async fn sell(&self, order: SaleOrder) -> Result<Sold, Refusal> {
        let SaleOrder { draft, idempotency, caller } = order;
        let policy = self.policy();
        let priced = policy.covers(draft.kind.subtype).and_then(|()| invoice::price(&draft));
        let priced = match priced {
            Ok(priced) => priced,
            // A sale that an earlier version accepted is answered for ever,
            // whatever the rules say today.
            Err(findings) => {
                return self.recall(idempotency).await?.ok_or(Refusal::Findings(findings));
            }
        };
        let today = self.today();
        let make = move |store: &mut Store| {
            today.check(store, &draft, "")?;
            advances::check(store, &draft, "")?;
            crediting::counting(store, &draft.terms.billing_references, "")?;
            Ok(issuing::order(draft.clone(), priced.clone(), policy))
        };
        self.issue(idempotency, caller, make).await
    }

    async fn credit(&self, order: CreditOrder) -> Result<Sold, Refusal> {
        let CreditOrder { draft, idempotency, caller } = order;
        let (policy, today) = (self.policy(), self.today());
        let make = move |store: &mut Store| crediting::order(store, draft.clone(), policy, &today);
        self.issue(idempotency, caller, make).await
    }

    async fn correct(&self, order: CorrectionOrder) -> Result<Sold, Refusal> {
        let CorrectionOrder { draft, idempotency, caller } = order;
        let (policy, today) = (self.policy(), self.today());
        let make = move |store: &mut Store| correcting::order(store, draft.clone(), policy, &today);
        self.issue(idempotency, caller, make).await
    }

    async fn recall(&self, of: Idempotency) -> Result<Option<Sold>, Refusal> {
        let heard = self.events.subscribe();
        let work = move |store: &mut Store| -> Result<Option<Sold>, Refusal> {
            let request = ledger::Idempotency { key: of.key, body_sha256: of.body_sha256 };
            match store.recall(&request) {
                Ok(Some(stored)) => Ok(Some(Sold { sale: sale(store, &stored)?, replayed: true })),
                Ok(None) => Ok(None),
                Err(error) => Err(refusal(error)),
            }
        };
        match self.ledger.run(work).await.map_err(gone)?? {
            Some(sold) => self.cleared(sold, heard).await.map(Some),
            None => Ok(None),
        }
    }

    async fn find(&self, by: Lookup) -> Result<Vec<Found>, Refusal> {
        self.ledger.run(move |store| find(store, by)).await.map_err(gone)?
    }

    async fn document(&self, uuid: Uuid, form: Form) -> Result<Option<Vec<u8>>, Refusal> {
        let work = move |store: &mut Store| handed(store, uuid);
        let Some(document) = self.ledger.run(work).await.map_err(gone)?.map_err(storage)? else {
            return Ok(None);
        };
        if form == Form::Xml {
            return match document.standing.withheld() {
                Some(words) => Err(Refusal::AwaitingClearance(words)),
                None => Ok(Some(document.xml)),
            };
        }
        let press = Arc::clone(&self.press);
        let draw = move || {
            let receipt = press.receipt(&document, false).map_err(|error| error.to_string())?;
            Ok(Some(if form == Form::Png { receipt.png() } else { receipt.escpos() }))
        };
        tokio::task::spawn_blocking(draw)
            .await
            .map_err(|error| Refusal::Fault(error.to_string()))?
            .map_err(|why: String| Refusal::Unavailable(Bilingual::new(why, "تعذر رسم الإيصال.")))
    }

    async fn status(&self) -> Result<wire::Status, Refusal> {
        self.state().await
    }

    async fn reprint(&self, uuid: Uuid, caller: Caller) -> Result<bool, Refusal> {
        let work = move |store: &mut Store| -> Result<Option<String>, StorageError> {
            let Some(stored) = store.by_uuid(&uuid)? else { return Ok(None) };
            // Whoever asks for a copy knows about the first one.
            store.receipts_seen(stored.id)?;
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

    async fn activities(&self, limit: usize) -> Result<wire::ActivityList, Refusal> {
        let listed = self.ledger.run(move |store| store.activities(limit)).await.map_err(gone)?;
        Ok(books::listed(listed.map_err(storage)?))
    }

    async fn queue(&self, page: QueuePage) -> Result<wire::QueueList, Refusal> {
        self.page(page).await
    }

    async fn sync(&self, caller: Caller) -> Result<u64, Refusal> {
        tracing::info!(uid = caller.uid, "sending was asked for");
        self.wakes.ring(Wake::SyncNow);
        self.ledger.run(|store| store.queue_summary().open()).await.map_err(gone)
    }

    async fn identity(&self) -> Result<wire::Identity, Refusal> {
        Ok(self.register.show(self.clock.now()))
    }

    async fn attempts(&self, uuid: Uuid) -> Result<Option<wire::AttemptList>, Refusal> {
        self.attempts_of(uuid).await
    }

    async fn release(&self, uuid: Uuid, caller: Caller) -> Result<Option<wire::Released>, Refusal> {
        self.let_go(uuid, caller).await
    }

    async fn warnings(&self) -> Result<wire::WarningList, Refusal> {
        self.warned().await
    }

    async fn change_identity(&self, order: IdentityOrder) -> Result<wire::IdentityDone, Refusal> {
        Arc::clone(&self.desk).change(order).await
    }

    fn follow(&self, after: Option<String>) -> Result<Box<dyn Feed>, Refusal> {
        Ok(Box::new(following::Following::new(&self.events, after.as_deref())))
    }

    async fn attention(&self) -> Result<wire::AttentionList, Refusal> {
        self.what_to_do().await
    }

    async fn metrics(&self) -> Result<String, Refusal> {
        Ok(self.measured().await)
    }

    async fn receipt_seen(&self, uuid: Uuid) -> Result<Option<u64>, Refusal> {
        self.seen(uuid).await
    }
}

impl Service {
    /// The receipt of a document in a terminal's characters; `None` if there is no such document.
    pub async fn preview(&self, uuid: Uuid) -> Result<Option<String>, String> {
        let found =
            self.ledger.run(move |store| handed(store, uuid)).await.map_err(|error| error.to_string())?;
        let Some(document) = found.map_err(|error| error.to_string())? else { return Ok(None) };
        let receipt = self.press.receipt(&document, false).map_err(|error| error.to_string())?;
        Ok(Some(receipt.preview()))
    }
}

fn handed(store: &mut Store, uuid: Uuid) -> Result<Option<Handover>, StorageError> {
    let Some(stored) = store.by_uuid(&uuid)? else { return Ok(None) };
    handover(store, stored).map(Some)
}

#[cfg(test)]
mod tests;
