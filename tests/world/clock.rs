//! The time of a world: virtual, with a wall clock on the till that the script
//! sets wrong, while the authority's own clock is right.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tilld::ledger::Clock;
use tokio::time::Instant;

/// 22 November 2026, 12:00 in Riyadh: when every world begins.
pub const NOON: i64 = 1_795_338_000;
/// No pinned moment.
const FREE: i64 = i64::MIN;

/// One world's clocks. Only to be asked inside its runtime, whose time it is.
pub struct WorldClock {
    start: Instant,
    /// Where in the day the world begins, unix seconds UTC.
    base: i64,
    /// Seconds that the till's wall clock is ahead.
    drift: AtomicI64,
    /// The fault-free run sells at the moments of the run that it is compared with.
    pinned: AtomicI64,
}

impl WorldClock {
    pub fn new(base: i64) -> WorldClock {
        WorldClock { start: Instant::now(), base, drift: AtomicI64::new(0), pinned: AtomicI64::new(FREE) }
    }

    /// Milliseconds since the beginning.
    pub fn ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    /// The true time, which is the authority's, unix seconds UTC.
    pub fn truth(&self) -> i64 {
        self.base + i64::try_from(self.ms() / 1_000).unwrap()
    }

    pub fn set_drift(&self, seconds: i64) {
        self.drift.store(seconds, Ordering::SeqCst);
    }

    pub fn is_right(&self) -> bool {
        self.drift.load(Ordering::SeqCst) == 0
    }

    pub fn pin(&self, moment: i64) {
        self.pinned.store(moment, Ordering::SeqCst);
    }

    /// Waits until `ms` after the beginning.
    pub async fn reach(&self, ms: u64) {
        tokio::time::sleep_until(self.start + Duration::from_millis(ms)).await;
    }
}

impl Clock for WorldClock {
    fn now(&self) -> i64 {
        match self.pinned.load(Ordering::SeqCst) {
            FREE => self.truth() + self.drift.load(Ordering::SeqCst),
            pinned => pinned,
        }
    }

    fn uptime(&self) -> Option<i64> {
        let free = self.pinned.load(Ordering::SeqCst) == FREE;
        free.then(|| 1_000 + i64::try_from(self.ms() / 1_000).unwrap())
    }
}
