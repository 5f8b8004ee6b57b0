//! Runs a world with its script, then without faults, and holds the two together.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tilld::ledger::DocumentId;

use crate::flaws::Flaw;
use crate::law::{self, End};
use crate::life::live;
use crate::script::Script;
use crate::shop::{BASKETS, Shelf};
use crate::world::World;

/// What one seed came to.
pub struct Outcome {
    pub violations: Vec<String>,
    pub trace: Vec<String>,
    /// Milliseconds from each sale to its end.
    pub delays: Vec<(DocumentId, u64)>,
    pub tally: Tally,
}

/// What happened in one or many worlds.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub worlds: u64,
    pub sales: u64,
    pub refused_sales: u64,
    pub attempts: u64,
    pub ends: u64,
    pub power_cuts: u64,
    pub held: u64,
    /// Acceptances beyond the first, all later than the authority remembers.
    pub accepted_again: u64,
    pub rejected: u64,
    pub cleared: u64,
    /// Longest time from the end of the trouble to rest, in milliseconds.
    pub slowest: u64,
    pub verdicts: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.worlds += other.worlds;
        self.sales += other.sales;
        self.refused_sales += other.refused_sales;
        self.attempts += other.attempts;
        self.ends += other.ends;
        self.power_cuts += other.power_cuts;
        self.held += other.held;
        self.accepted_again += other.accepted_again;
        self.rejected += other.rejected;
        self.cleared += other.cleared;
        self.slowest = self.slowest.max(other.slowest);
        for (word, count) in &other.verdicts {
            *self.verdicts.entry(word).or_default() += count;
        }
    }
}

/// A folder in memory where the machine has one.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).expect("a folder")
}

fn play(
    seed: u64,
    script: Script,
    flaw: Option<Flaw>,
    pins: Option<Vec<i64>>,
    shelf: &Arc<Shelf>,
) -> (Arc<World>, End) {
    let root = folder();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("runtime");
    let world = runtime.block_on(async {
        let world = Arc::new(World::new(seed, script, flaw, pins, root.path().to_owned()));
        live(world.clone(), shelf.clone()).await;
        world
    });
    drop(runtime);
    let end = law::read(root.path());
    (world, end)
}

/// Runs the world that the seed stands for.
pub fn run(seed: u64, flaw: Option<Flaw>, shelf: &Arc<Shelf>) -> Outcome {
    run_script(seed, Script::new(seed, BASKETS), flaw, shelf)
}

/// Runs a script, then its sales without faults, and judges.
pub fn run_script(seed: u64, script: Script, flaw: Option<Flaw>, shelf: &Arc<Shelf>) -> Outcome {
    let (world, end) = play(seed, script, flaw, None, shelf);
    let mut sold = world.state().sold.clone();
    sold.sort_by_key(|sold| sold.sale);
    let calm = Script {
        hour: world.script.hour,
        renewal: world.script.renewal,
        ..Script::calm(&world.script.sales[..sold.len()])
    };
    let pins = sold.iter().map(|sold| sold.issued).collect();
    let (reference, ideal) = play(seed, calm, None, Some(pins), shelf);
    let judged = law::judge(&world, &end, &ideal);
    let delays = law::delays(&world);
    let mut state = world.state();
    let mut violations = std::mem::take(&mut state.violations);
    violations.extend(judged);
    violations.extend(reference.state().violations.iter().map(|what| format!("the fault-free run: {what}")));
    let trouble_over = world.script.horizon.max(state.last_start);
    let again =
        end.rows.iter().map(|row| state.book.entry(&row.document.hash).accepted.len().saturating_sub(1));
    let tally = Tally {
        worlds: 1,
        sales: state.sold.len() as u64,
        refused_sales: u64::from(state.refused_sales),
        attempts: state.begun.values().map(|count| u64::from(*count)).sum(),
        ends: u64::from(state.ended) - 1,
        power_cuts: u64::from(state.power_cuts),
        held: u64::from(state.held),
        accepted_again: again.sum::<usize>() as u64,
        rejected: end.rows.iter().filter(|row| row.state == tilld::ledger::ReportState::Rejected).count()
            as u64,
        cleared: end.rows.iter().filter(|row| row.cleared.is_some()).count() as u64,
        slowest: state.quiet_at.saturating_sub(trouble_over),
        verdicts: std::mem::take(&mut state.verdicts),
    };
    Outcome { violations, delays, trace: std::mem::take(&mut state.trace), tally }
}
