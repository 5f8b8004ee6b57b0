//! The till's ledger as the driver's queue: the same steps that the ledger
//! thread takes, on the world's own store, with slow and full disks and the
//! ends that the script has for it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tilld::fatoora::Verdict;
use tilld::ledger::{DocumentId, ReportState, Store};
use tilld::report::{Begun, HoldReason, Queue, QueueError, Record, Waiting, ledger_queue};

use crate::flaws::Flaw;
use crate::script::Point;
use crate::world::World;

#[derive(Clone)]
pub struct Till {
    pub world: Arc<World>,
    pub life: u32,
}

impl Till {
    /// Waits as long as the disk takes; for ever if the program is gone.
    async fn step(&self) {
        let slow = self.world.script.disk;
        if slow > 0 {
            let wait = self.world.draw(0, slow);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        if self.world.is_gone(self.life) {
            pending::<()>().await;
        }
    }

    async fn strike(&self, point: Point) {
        if self.world.strike(point) {
            pending::<()>().await;
        }
    }

    fn on_store<R>(&self, work: impl FnOnce(&mut Store) -> R) -> R {
        self.world.store(|open| work(&mut open.store)).expect("it runs")
    }

    /// The outcome as a faulty till would write it.
    fn spoil(&self, ended: &mut Record) {
        let state = &mut ended.outcome.state;
        let accepted = matches!(ended.answer.verdict, Verdict::Accepted(_));
        if self.world.has(Flaw::QueuesAccepted) && accepted {
            *state = ReportState::Queued;
        }
        if self.world.has(Flaw::RejectsAccepted) && accepted {
            *state = ReportState::Rejected;
        }
        if self.world.has(Flaw::TakesTroubleForNo) && ended.answer.verdict == Verdict::Unavailable {
            *state = ReportState::Rejected;
        }
        if self.world.has(Flaw::AltersCleared)
            && let Verdict::Accepted(acceptance) = &mut ended.answer.verdict
            && let Some(cleared) = &mut acceptance.cleared
        {
            cleared.push(b'\n');
        }
    }
}

impl Queue for Till {
    type Id = DocumentId;

    async fn queued(&self, limit: usize) -> Result<Vec<Waiting<DocumentId>>, QueueError> {
        self.step().await;
        let mut offered = self.on_store(|store| ledger_queue::queued(store, limit))?;
        if self.world.has(Flaw::HidesOne) {
            offered.retain(|waiting| waiting.id.icv().get() != 3);
        }
        Ok(offered)
    }

    async fn begin(&self, id: DocumentId, now: i64) -> Result<Begun, QueueError> {
        self.step().await;
        self.strike(Point::BeforeBegin).await;
        let mut begun = self.on_store(|store| ledger_queue::begin(store, id, now))?;
        if let Begun::Document { submission, .. } = &mut begun {
            let mut state = self.world.state();
            let attempts = state.begun.entry(id).or_default();
            *attempts += 1;
            if *attempts > 1 && self.world.has(Flaw::ChangesBytes) {
                submission.xml.push(b'\n');
            }
        }
        Ok(begun)
    }

    async fn finish(&self, id: DocumentId, mut ended: Record) -> Result<(), QueueError> {
        self.step().await;
        self.strike(Point::BeforeWrite).await;
        if self.world.disk_full() {
            self.world.tell(format!("  the disk is full: {id}"));
            return Err(QueueError::Failed("full".to_owned()));
        }
        self.spoil(&mut ended);
        let state = ended.outcome.state;
        let lost = self.world.has(Flaw::LosesOutcome) && state.is_final() && id.icv().get() % 3 == 0;
        if lost {
            return Ok(());
        }
        let done = self.on_store(|store| {
            let uuid = store.document(id).ok().flatten().map(|stored| stored.uuid);
            ledger_queue::finish(store, id, ended).map(|()| uuid)
        });
        self.world.tell(format!("  written: {id} {state}{}", if done.is_ok() { "" } else { " (refused)" }));
        let uuid = done?;
        if matches!(state, ReportState::Cleared | ReportState::Rejected | ReportState::Held) {
            self.world.store(crate::world::Open::flushed);
        }
        if state.is_final()
            && let Some(uuid) = uuid
        {
            self.world.state().written.insert(uuid, self.life);
        }
        self.strike(Point::AfterWrite).await;
        Ok(())
    }

    async fn hold(&self, id: DocumentId, reason: HoldReason) -> Result<(), QueueError> {
        self.step().await;
        self.on_store(|store| ledger_queue::hold(store, id, reason))?;
        self.world.store(crate::world::Open::flushed);
        Ok(())
    }
}
