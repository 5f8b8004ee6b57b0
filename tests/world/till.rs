//! The till's ledger as the driver's queue: the same steps that the ledger
//! thread takes, one after the other, on the world's own store, with slow and
//! full disks and the ends that the script has for it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tilld::fatoora::Verdict;
use tilld::invoice::Subtype;
use tilld::ledger::{DocumentId, ReportState};
use tilld::report::{Begun, HoldReason, Queue, QueueError, Record, Waiting, ledger_queue};
use tokio::sync::{mpsc, oneshot};

use crate::clock::WorldClock;
use crate::flaws::Flaw;
use crate::script::Point;
use crate::world::{Open, World};

type Job = Box<dyn FnOnce(&World) + Send>;

/// The driver's way to the ledger of one life.
#[derive(Clone)]
pub struct Till {
    life: u32,
    clock: Arc<WorldClock>,
    jobs: mpsc::UnboundedSender<Job>,
}

/// The way, and what stands for the ledger's thread behind it. It does what it
/// was asked even if nobody waits for the answer any more.
pub fn till(world: Arc<World>, life: u32) -> (Till, impl Future<Output = ()>) {
    let clock = world.clock.clone();
    let (jobs, mut asked) = mpsc::unbounded_channel::<Job>();
    let thread = async move {
        while let Some(job) = asked.recv().await {
            let slow = world.script.disk;
            if slow > 0 {
                let wait = world.draw(0, slow);
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            if world.is_gone(life) {
                return;
            }
            job(&world);
        }
    };
    (Till { life, clock, jobs }, thread)
}

impl Till {
    /// Runs `work` when its turn has come; without an answer there is none, ever.
    async fn run<R: Send + 'static>(&self, work: impl FnOnce(&World) -> Option<R> + Send + 'static) -> R {
        let (say, hear) = oneshot::channel();
        let job = move |world: &World| {
            if let Some(done) = work(world) {
                let _ = say.send(done);
            }
        };
        let _ = self.jobs.send(Box::new(job));
        match hear.await {
            Ok(done) => done,
            Err(_) => pending().await,
        }
    }
}

impl Queue for Till {
    type Id = DocumentId;

    async fn queued(&self, limit: usize) -> Result<Vec<Waiting<DocumentId>>, QueueError> {
        let offer = move |open: &mut Open| ledger_queue::queued(&mut open.store, limit);
        let hide = move |world: &World| {
            let mut offered = world.store(offer)?;
            if let (true, Ok(offered)) = (world.has(Flaw::HidesOne), &mut offered) {
                offered.retain(|waiting| waiting.id.icv().get() != 3);
            }
            Some(offered)
        };
        self.run(hide).await
    }

    async fn begin(&self, id: DocumentId, now: i64) -> Result<Begun, QueueError> {
        let taken_up = self.clock.ms();
        self.run(move |world| begin(world, id, now, taken_up)).await
    }

    async fn finish(&self, id: DocumentId, ended: Record) -> Result<(), QueueError> {
        let life = self.life;
        self.run(move |world| finish(world, life, id, ended)).await
    }

    async fn hold(&self, id: DocumentId, reason: HoldReason) -> Result<(), QueueError> {
        let hold = move |open: &mut Open| {
            let held = ledger_queue::hold(&mut open.store, id, reason);
            open.flushed();
            held
        };
        self.run(move |world| world.store(hold)).await
    }
}

fn begin(world: &World, id: DocumentId, now: i64, taken_up: u64) -> Option<Result<Begun, QueueError>> {
    if world.strike(Point::BeforeBegin) {
        return None;
    }
    let mut begun = world.store(|open| ledger_queue::begin(&mut open.store, id, now))?;
    if let Ok(Begun::Document { submission, .. }) = &mut begun {
        let mut state = world.state();
        state.taken_up.insert(submission.uuid, taken_up);
        let attempts = state.begun.entry(id).or_default();
        *attempts += 1;
        if *attempts > 1 && world.has(Flaw::ChangesBytes) {
            submission.xml.push(b'\n');
        }
    }
    Some(begun)
}

fn finish(world: &World, life: u32, id: DocumentId, mut ended: Record) -> Option<Result<(), QueueError>> {
    if world.strike(Point::BeforeWrite) {
        return None;
    }
    if world.disk_full() {
        world.tell(format!("  the disk is full: {id}"));
        return Some(Err(QueueError::Failed("full".to_owned())));
    }
    spoil(world, &mut ended);
    let state = ended.outcome.state;
    let off = matches!(ended.answer.verdict, Verdict::ClearanceOff { .. });
    if world.has(Flaw::LosesOutcome) && state.is_final() && id.icv().get().is_multiple_of(3) {
        return Some(Ok(()));
    }
    let (done, uuid, standard, receipt) = world.store(|open| {
        let stored = open.store.document(id).ok().flatten();
        let standard = stored.as_ref().is_some_and(|stored| stored.kind.subtype == Subtype::Standard);
        let uuid = stored.map(|stored| stored.uuid);
        let waiting = open.store.print_state(id).ok().flatten();
        let done = ledger_queue::finish(&mut open.store, id, ended);
        (done, uuid, standard, open.store.print_state(id).ok().flatten() != waiting)
    })?;
    world.tell(format!("  written: {id} {state}{}", if done.is_ok() { "" } else { " (refused)" }));
    let flushed = matches!(state, ReportState::Cleared | ReportState::Rejected | ReportState::Held);
    if done.is_ok() && (receipt || flushed || (standard && (off || state.is_final()))) {
        world.store(Open::flushed);
    }
    if done.is_ok()
        && state.is_final()
        && let Some(uuid) = uuid
    {
        let ms = world.clock.ms();
        let mut state = world.state();
        state.written.insert(uuid, life);
        state.final_at.insert(id, ms);
    }
    (!world.strike(Point::AfterWrite)).then_some(done)
}

/// The outcome as a faulty till would write it.
fn spoil(world: &World, ended: &mut Record) {
    let state = &mut ended.outcome.state;
    let accepted = matches!(ended.answer.verdict, Verdict::Accepted(_));
    if world.has(Flaw::QueuesAccepted) && accepted {
        *state = ReportState::Queued;
    }
    if world.has(Flaw::RejectsAccepted) && accepted {
        *state = ReportState::Rejected;
    }
    if world.has(Flaw::TakesTroubleForNo) && ended.answer.verdict == Verdict::Unavailable {
        *state = ReportState::Rejected;
    }
    if world.has(Flaw::AltersCleared)
        && let Verdict::Accepted(acceptance) = &mut ended.answer.verdict
        && let Some(cleared) = &mut acceptance.cleared
    {
        cleared.push(b'\n');
    }
}
