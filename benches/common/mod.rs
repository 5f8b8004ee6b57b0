//! What the benches share: measuring side by side, one line per budget, and the
//! sales that are measured.
#![allow(dead_code)]

pub mod sales;
pub mod till;

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long the rounds of one thing took.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The fastest round: what the work costs when nobody else wants the core.
    pub fn least(&self) -> Duration {
        self.0.iter().min().copied().unwrap_or_default()
    }

    /// The round that so many percent of the rounds did not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((sorted.len() * percent / 100).min(last)).copied().unwrap_or_default()
    }
}

/// One thing to be timed. What it gives is kept from the optimiser.
pub struct Task<'a> {
    run: Box<dyn FnMut() + 'a>,
    times: Times,
}

impl<'a> Task<'a> {
    pub fn new<T>(mut run: impl FnMut() -> T + 'a) -> Task<'a> {
        let run = move || {
            black_box(run());
        };
        Task { run: Box::new(run), times: Times::default() }
    }

    pub fn least(&self) -> Duration {
        self.times.least()
    }
}

/// Runs every task once per round, one behind the other, so that whatever
/// disturbs the machine disturbs ours and the limit alike.
pub fn interleave(rounds: usize, tasks: &mut [&mut Task<'_>]) {
    for task in tasks.iter_mut() {
        (task.run)();
    }
    for _ in 0..rounds {
        for task in tasks.iter_mut() {
            let began = Instant::now();
            (task.run)();
            task.times.push(began.elapsed());
        }
    }
}

/// `1 in N` of the usual rounds if `TILLD_BENCH_QUICK` is set, for a look in passing.
pub fn rounds(usual: usize) -> usize {
    if std::env::var_os("TILLD_BENCH_QUICK").is_some() { (usual / 10).max(1) } else { usual }
}

/// One line of the table that `run.sh` collects: budget, what, limit, measured,
/// ratio or value, what is allowed, verdict.
pub fn verdict(budget: &str, what: &str, limit: &str, measured: &str, value: f64, most: f64, unit: &str) {
    let met = if value <= most { "met" } else { "MISSED" };
    println!(
        "{budget} | {what} | {limit} | {measured} | {} | {} | {met}",
        number(value, unit),
        number(most, unit)
    );
}

/// As [`verdict`] for a figure without a budget of its own.
pub fn remark(budget: &str, what: &str, limit: &str, measured: &str, value: &str) {
    println!("{budget} | {what} | {limit} | {measured} | {value} | - | -");
}

/// Times against a limit in the same run.
pub fn ratio(budget: &str, what: &str, ours: Duration, limit: (&str, Duration), most: f64) {
    let value = ours.as_secs_f64() / limit.1.as_secs_f64();
    verdict(budget, what, &format!("{} {}", limit.0, micros(limit.1)), &micros(ours), value, most, "x");
}

pub fn micros(time: Duration) -> String {
    format!("{:.1} us", time.as_secs_f64() * 1e6)
}

fn number(value: f64, unit: &str) -> String {
    match unit {
        "x" => format!("{value:.2} x"),
        "M" => format!("{value:.2} M"),
        _ if unit.is_empty() => format!("{value:.3}"),
        _ => format!("{value:.0} {unit}"),
    }
}

/// The value behind `--name` on the command line. Cargo's own `--bench` is passed over.
pub fn argument(name: &str) -> Option<String> {
    let mut given = std::env::args().skip_while(|argument| argument != name);
    given.next()?;
    given.next()
}

/// Bytes that this process caused to be written to the disk so far.
pub fn disk_bytes() -> Option<u64> {
    let io = std::fs::read_to_string("/proc/self/io").ok()?;
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "))?;
    line.parse().ok()
}
