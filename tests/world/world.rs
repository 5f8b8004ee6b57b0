//! One world: its script, its clocks, its authority, the till while it runs, and
//! what is watched while it does.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use tilld::fatoora::Submission;
use tilld::ledger::{DocumentId, PrintJobId, Store};
use tilld::report::Wakes;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::book::Book;
use crate::clock::WorldClock;
use crate::common::Seeded;
use crate::fate::mixed;
use crate::flaws::Flaw;
use crate::script::{End, Manner, Point, Script, Weather, When};

/// The program while it runs.
pub struct Open {
    pub life: u32,
    pub store: Store,
    pub home: PathBuf,
    /// Bytes of the write-ahead log that a power cut leaves.
    pub durable: u64,
    pub wakes: Arc<Wakes>,
}

/// A sale that the POS application has an answer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    pub sale: usize,
    pub id: DocumentId,
    pub uuid: Uuid,
    /// Unix seconds UTC.
    pub issued: i64,
    pub print: bool,
    pub standard: bool,
}

#[derive(Default)]
pub struct State {
    pub trace: Vec<String>,
    pub violations: Vec<String>,
    pub book: Book,
    pub sold: Vec<Sold>,
    /// The bytes of each document when they first left.
    pub sent: BTreeMap<Uuid, Submission>,
    /// Acceptances that the program of this life has been told of, and those
    /// that its ledger has written.
    pub told: BTreeMap<Uuid, u32>,
    pub written: BTreeMap<Uuid, u32>,
    pub flying: BTreeMap<u32, usize>,
    /// When the authority asked this life for silence, and until when, in milliseconds.
    pub quiet: Vec<(u64, u64)>,
    /// When the driver last took a document up.
    pub taken_up: BTreeMap<Uuid, u64>,
    /// Attempts begun per document.
    pub begun: BTreeMap<DocumentId, u32>,
    /// When each document was sold, and when its end was written, in milliseconds.
    pub sold_at: BTreeMap<DocumentId, u64>,
    pub final_at: BTreeMap<DocumentId, u64>,
    /// Receipts that came out, and jobs that a person has seen to.
    pub paper: BTreeMap<PrintJobId, u32>,
    pub verdicts: BTreeMap<&'static str, u64>,
    pub power_cuts: u32,
    pub ended: u32,
    pub held: u32,
    pub refused_sales: u32,
    pub last_start: u64,
    pub quiet_at: u64,
    pub shop_done: bool,
    /// Certificates that the till has got.
    pub certificates: u8,
    reached: BTreeMap<Point, u32>,
    wanted: Option<End>,
    spent: Vec<bool>,
}

pub struct World {
    pub seed: u64,
    pub script: Script,
    pub clock: Arc<WorldClock>,
    pub flaw: Option<Flaw>,
    /// The moments of issue that the fault-free run repeats.
    pub pins: Option<Vec<i64>>,
    pub root: PathBuf,
    pub till: Mutex<Option<Open>>,
    /// What the ledger draws its randomness from; set before each sale, so that
    /// a sale gets the same whatever went before.
    pub random: Arc<Mutex<Seeded>>,
    pub reaper: Notify,
    state: Mutex<State>,
    dice: Mutex<Seeded>,
}

impl World {
    pub fn new(
        seed: u64,
        script: Script,
        flaw: Option<Flaw>,
        pins: Option<Vec<i64>>,
        root: PathBuf,
    ) -> World {
        let mut state = State { spent: vec![false; script.ends.len()], certificates: 1, ..State::default() };
        state.book.utc_dates = script.utc_dates;
        state.book.flaws = flaw.map(Flaw::of_authority).unwrap_or_default();
        let base = crate::clock::NOON + script.hour * 3_600;
        World {
            seed,
            clock: Arc::new(WorldClock::new(base)),
            flaw,
            pins,
            root,
            till: Mutex::new(None),
            random: Arc::new(Mutex::new(Seeded::new(seed))),
            reaper: Notify::new(),
            state: Mutex::new(state),
            dice: Mutex::new(Seeded::new(seed.wrapping_mul(31).wrapping_add(7))),
            script,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A number from `low` to `high` by the world's dice.
    pub fn draw(&self, low: u64, high: u64) -> u64 {
        self.dice.lock().unwrap().between(low, high)
    }

    pub fn tell(&self, what: impl AsRef<str>) {
        let ms = self.clock.ms();
        let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        let line = format!("+{hours:02}:{minutes:02}:{seconds:02}.{:03}  {}", ms % 1_000, what.as_ref());
        self.state().trace.push(line);
    }

    /// Something that must never be.
    pub fn wrong(&self, what: impl AsRef<str>) {
        self.tell(format!("VIOLATION {}", what.as_ref()));
        self.state().violations.push(what.as_ref().to_owned());
    }

    pub fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn open_windows(&self) -> impl Iterator<Item = (Weather, u64)> {
        let ms = self.clock.ms();
        let open = self.script.windows.iter().filter(move |window| window.is_open(ms));
        open.map(|window| (window.weather, window.percent))
    }

    pub fn is_cut(&self) -> bool {
        self.open_windows().any(|(weather, _)| weather == Weather::Cut)
    }

    pub fn clearance_on(&self) -> bool {
        !self.open_windows().any(|(weather, _)| weather == Weather::ClearanceOff)
    }

    /// Whether a write meets a full disk.
    pub fn disk_full(&self) -> bool {
        self.open_windows()
            .any(|(weather, percent)| weather == Weather::DiskFull && self.draw(1, 100) <= percent)
    }

    /// A pause of so many milliseconds; in a coarse world it ends on a full second,
    /// so that much happens at the same instant.
    pub async fn nap(&self, low: u64, high: u64) {
        let until = self.clock.ms() + self.draw(low, high);
        self.clock.reach(if self.script.coarse { until.next_multiple_of(1_000) } else { until }).await;
    }

    /// What stands in the way of one attempt.
    pub fn weather(&self, uuid: Uuid) -> Option<Weather> {
        if let Some((sale, weather)) = self.script.cursed
            && self.clock.ms() < self.script.horizon
            && self.state().sold.iter().any(|sold| sold.sale == sale && sold.uuid == uuid)
        {
            return Some(weather);
        }
        if self.is_cut() {
            return Some(Weather::Cut);
        }
        let hits = self.open_windows().find(|(weather, percent)| {
            let concerns = !matches!(weather, Weather::ClearanceOff | Weather::DiskFull);
            concerns && self.draw(1, 100) <= *percent
        });
        match hits?.0 {
            Weather::Mixed => Some(mixed(&mut self.dice.lock().unwrap())),
            weather => Some(weather),
        }
    }

    /// The program comes to a point at which the script may end it. True if it
    /// ends here and goes no further.
    pub fn strike(&self, point: Point) -> bool {
        let mut state = self.state();
        let count = state.reached.entry(point).or_default();
        *count += 1;
        let when = When::Nth(point, *count);
        self.reap(state, when)
    }

    /// As [`World::strike`], for the ends that come at a time.
    pub fn strike_at(&self, when: When) {
        let state = self.state();
        self.reap(state, when);
    }

    fn reap(&self, mut state: MutexGuard<'_, State>, when: When) -> bool {
        let found =
            (0..self.script.ends.len()).find(|at| !state.spent[*at] && self.script.ends[*at].when == when);
        let Some(at) = found.filter(|_| state.wanted.is_none()) else { return false };
        let end = self.script.ends[at];
        state.spent[at] = true;
        state.wanted = Some(end);
        drop(state);
        self.tell(format!("the program ends: {end:?}"));
        self.reaper.notify_one();
        end.manner != Manner::Stop
    }

    /// A person restarts the till, as a refusal told him to.
    pub fn restart(&self) {
        let end = End { when: When::At(self.clock.ms()), manner: Manner::Stop, away: 4_000 };
        let mut state = self.state();
        if state.wanted.is_none() {
            state.wanted = Some(end);
            drop(state);
            self.tell("somebody restarts the till");
            self.reaper.notify_one();
        }
    }

    pub fn take_wanted(&self) -> Option<End> {
        self.state().wanted.take()
    }

    /// Whether the program of this life does nothing any more.
    pub fn is_gone(&self, life: u32) -> bool {
        let dying = self.state().wanted.is_some_and(|end| end.manner != Manner::Stop);
        let current = self.till.lock().unwrap().as_ref().map(|open| open.life);
        dying || current != Some(life)
    }

    /// Work on the store of the program that runs now.
    pub fn store<R>(&self, work: impl FnOnce(&mut Open) -> R) -> Option<R> {
        self.till.lock().unwrap().as_mut().map(work)
    }
}

impl Open {
    /// What is written up to here survives a power cut.
    pub fn flushed(&mut self) {
        self.durable = wal(&self.home);
    }
}

/// Bytes of the write-ahead log.
pub fn wal(home: &std::path::Path) -> u64 {
    std::fs::metadata(home.join("data").join("ledger.sqlite-wal")).map_or(0, |file| file.len())
}
