//! The lives of the program: it is opened, runs, ends as the script says, and
//! is opened again on what the end left of its files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tilld::fatoora::Credentials;
use tilld::ledger::{DocumentId, Recovery, Store, Surroundings};
use tilld::report::{self, Access, CredentialsSource, Parts, Settings, Status, Tell, Told, Wakes};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::common::Seeded;
use crate::flaws::Flaw;
use crate::gateway::Gateway;
use crate::script::{Manner, When};
use crate::shop::{self, Shelf};
use crate::till::till;
use crate::world::{Open, World, wal};

/// Within this time after the last trouble every document has its end:
/// milliseconds.
pub const BOUND: u64 = 150 * 60_000;

/// The program while it runs.
struct Running {
    driver: JoinHandle<()>,
    ledger: JoinHandle<()>,
    printer: JoinHandle<()>,
    cancel: watch::Sender<bool>,
}

/// From the first sale to rest.
pub async fn live(world: Arc<World>, shelf: Arc<Shelf>) {
    world.tell(format!("world {}", world.seed));
    let around = [
        tokio::spawn(shop::sell(world.clone(), shelf)),
        tokio::spawn(ring(world.clone())),
        tokio::spawn(set_clock(world.clone())),
        tokio::spawn(end_in_time(world.clone())),
    ];
    let mut home = world.root.join("0");
    for life in 0.. {
        let Some(mut running) = start(&world, life, &home) else { break };
        let ended = tokio::select! {
            biased;
            () = world.reaper.notified() => true,
            () = rest(&world) => false,
            ended = &mut running.driver => {
                world.wrong(format!("the driver ended by itself: {ended:?}"));
                false
            }
        };
        let end = world.take_wanted().filter(|_| ended);
        let manner = end.map_or(Manner::Stop, |end| end.manner);
        home = stop(&world, running, manner, &home).await;
        let Some(end) = end else { break };
        sleep(Duration::from_millis(end.away)).await;
    }
    for task in around {
        task.abort();
    }
    world.state().quiet_at = world.clock.ms();
    *world.till.lock().unwrap() = None;
    fs::write(world.root.join("last"), home.to_str().unwrap()).unwrap();
}

fn start(world: &Arc<World>, life: u32, home: &Path) -> Option<Running> {
    let store = match open(world, home) {
        Ok(store) => store,
        Err(error) => {
            world.wrong(format!("the ledger does not open: {error}"));
            return None;
        }
    };
    let mut state = world.state();
    state.last_start = world.clock.ms();
    (state.told, state.flying, state.quiet) = Default::default();
    // What the ledger does not know any more after a power cut, the till does not know.
    state.written.retain(|uuid, _| {
        let stored = store.by_uuid(uuid).expect("read").expect("there");
        store.report_state(stored.id).expect("state").is_final()
    });
    drop(state);
    world.tell(format!("life {life} begins with {} documents", store.documents()));
    let wakes = Arc::new(Wakes::new());
    let durable = wal(home);
    *world.till.lock().unwrap() =
        Some(Open { life, store, home: home.to_owned(), durable, wakes: wakes.clone() });
    let (cancel, cancelled) = watch::channel(false);
    let (status, _) = watch::channel(Status::default());
    let mut dice = Seeded::new(world.seed ^ u64::from(life).wrapping_mul(0xABCD));
    let more = usize::from(world.has(Flaw::OneMore));
    let (queue, thread) = till(world.clone(), life);
    let ledger = tokio::spawn(thread);
    let parts = Parts {
        queue,
        authority: Arc::new(Gateway { world: world.clone(), life }),
        credentials: credentials(world),
        clock: world.clock.clone(),
        wakes,
        cancel: cancelled,
        status,
        settings: Settings { in_flight: world.script.in_flight + more, ..Settings::default() },
        jitter: Box::new(move || dice.next() as u32),
        tell: hear(world, life),
    };
    let driver = tokio::spawn(report::run(parts));
    let printer = tokio::spawn(shop::print(world.clone(), life));
    Some(Running { driver, ledger, printer, cancel })
}

/// What a document is sent with: those of the certificate that stamped it.
fn credentials(world: &Arc<World>) -> CredentialsSource<DocumentId> {
    let world = Arc::downgrade(world);
    let [first, second] = ["1", "2"].map(|token| Arc::new(Credentials::new(token, "secret")));
    Arc::new(move |id: DocumentId| {
        let Some(world) = world.upgrade() else { return Access::Missing };
        let renewed = world.state().certificates == 2;
        match (renewed, id.chain().get()) {
            (false, _) => Access::Current(first.clone()),
            (true, 1) => {
                let forgets = world.script.renewal.is_some_and(|renewal| renewal.forgets);
                let own = (!forgets).then(|| first.clone());
                Access::Former { own, current: Some(second.clone()) }
            }
            (true, _) => Access::Current(second.clone()),
        }
    })
}

/// News is of what the ledger has written, and nothing is told of a program that
/// has ended.
fn hear(world: &Arc<World>, life: u32) -> Tell<DocumentId> {
    let world = Arc::downgrade(world);
    Arc::new(move |told| {
        let Some(world) = world.upgrade() else { return };
        match told {
            // It may be the only sign of a copy of this till: never without a reason.
            Told::Ended { id, surprise: true, .. } if world.state().power_cuts == 0 => {
                world.wrong(format!("{id} is told to be a surprise, and it was sent before"));
            }
            Told::Ended { id, state, .. } if state.is_final() && !world.is_gone(life) => {
                let written = world.store(|open| open.store.report_state(id).expect("read"));
                if written != Some(state) {
                    world.wrong(format!("{id} is told to be {state}, and the ledger says {written:?}"));
                }
            }
            Told::Paused(pause) => world.tell(format!("reporting pauses: {}", pause.reason.word())),
            Told::Resumed => world.tell("reporting goes on"),
            Told::Ended { .. } | Told::Sent { .. } => {}
        }
    })
}

fn open(world: &World, home: &Path) -> Result<Store, String> {
    let random = world.random.clone();
    *random.lock().unwrap() = Seeded::new(world.seed.wrapping_mul(1_000) + 999);
    let surroundings = Surroundings {
        random: Box::new(move |bytes| {
            random.lock().unwrap().fill(bytes);
            Ok(())
        }),
        recovery: Recovery::Refuse,
        alone: false,
        ..Surroundings::new(world.clock.clone())
    };
    let data = home.join("data");
    let mut store = Store::open_with(&data, &home.join("mark"), surroundings).map_err(|e| e.to_string())?;
    let unit = shop::unit(world.state().certificates);
    store.activate(unit).map_err(|e| e.to_string())?;
    Ok(store)
}

/// Ends the program and gives the folder that it will find at its next start.
async fn stop(world: &Arc<World>, running: Running, manner: Manner, home: &Path) -> PathBuf {
    if manner == Manner::Stop {
        let _ = running.cancel.send(true);
        if tokio::time::timeout(Duration::from_secs(20), running.driver).await.is_err() {
            world.wrong("the driver does not stop");
        }
        // What it was asked before is still done.
        let _ = running.ledger.await;
        running.printer.abort();
        let open = world.till.lock().unwrap().take().expect("it runs");
        if let Err(error) = open.store.close() {
            world.wrong(format!("the ledger does not close: {error}"));
        }
        world.state().ended += 1;
        return home.to_owned();
    }
    let open = world.till.lock().unwrap().take().expect("it runs");
    running.driver.abort();
    running.ledger.abort();
    running.printer.abort();
    let _ = running.driver.await;
    let next = leave(world, &open, manner);
    drop(open);
    let mut state = world.state();
    state.ended += 1;
    state.power_cuts += u32::from(manner == Manner::PowerCut);
    next
}

/// The files as a crash or a power cut leaves them, in a folder of their own.
/// An end in this process would put them in order.
fn leave(world: &World, open: &Open, manner: Manner) -> PathBuf {
    let next = world.root.join((open.life + 1).to_string());
    let (from, to) = (open.home.join("data"), next.join("data"));
    fs::create_dir_all(&to).unwrap();
    fs::copy(from.join("ledger.sqlite"), to.join("ledger.sqlite")).unwrap();
    fs::copy(open.home.join("mark"), next.join("mark")).unwrap();
    let log = fs::read(from.join("ledger.sqlite-wal")).unwrap_or_default();
    let kept = match manner {
        Manner::PowerCut if world.has(Flaw::LosesSale) => log.len() / 2,
        Manner::PowerCut => usize::try_from(open.durable).unwrap().min(log.len()),
        Manner::Crash | Manner::Stop => log.len(),
    };
    fs::write(to.join("ledger.sqlite-wal"), &log[..kept]).unwrap();
    next
}

/// Waits until the trouble is over and all is done.
async fn rest(world: &World) {
    world.clock.reach(world.script.horizon).await;
    loop {
        if shop::tidy(world) {
            return;
        }
        let last = world.state().last_start.max(world.script.horizon);
        let night = if world.script.utc_dates { 3 * 3_600_000 } else { 0 };
        if world.clock.ms() > last + BOUND + night {
            let summary = world.store(|open| open.store.queue_summary());
            world.wrong(format!("a document starves: {summary:?}"));
            return;
        }
        sleep(Duration::from_secs(5)).await;
    }
}

async fn ring(world: Arc<World>) {
    for (at, wake) in &world.script.rings {
        world.clock.reach(*at).await;
        world.tell(format!("rings {wake:?}"));
        world.store(|open| open.wakes.ring(*wake));
    }
}

async fn set_clock(world: Arc<World>) {
    for (at, drift) in &world.script.drifts {
        world.clock.reach(*at).await;
        world.tell(format!("the wall clock is {drift} s ahead"));
        world.clock.set_drift(*drift);
    }
}

async fn end_in_time(world: Arc<World>) {
    let at = |when: &When| if let When::At(ms) = when { Some(*ms) } else { None };
    let mut moments: Vec<u64> = world.script.ends.iter().filter_map(|end| at(&end.when)).collect();
    moments.sort_unstable();
    for ms in moments {
        world.clock.reach(ms).await;
        if world.till.lock().unwrap().is_some() {
            world.strike_at(When::At(ms));
        }
    }
}
