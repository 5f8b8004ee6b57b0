//! Where the time comes from: the wall clock, or a clock that a test sets.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock as an argument.
pub trait Clock: Send + Sync {
    /// Seconds since 1970, UTC.
    fn now(&self) -> i64;

    /// Seconds since the machine started, sleep included, which nobody can set;
    /// `None` if there is no such measure, and jumps are then not judged.
    fn uptime(&self) -> Option<i64> {
        None
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let seconds = |d: std::time::Duration| i64::try_from(d.as_secs()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => seconds(since),
            Err(before) => -seconds(before.duration()),
        }
    }

    fn uptime(&self) -> Option<i64> {
        Some(rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec)
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct TestClock {
    now: AtomicI64,
    uptime: Mutex<Option<i64>>,
}

impl TestClock {
    pub fn at(unix: i64) -> TestClock {
        TestClock { now: AtomicI64::new(unix), uptime: Mutex::new(None) }
    }

    pub fn set(&self, unix: i64) {
        self.now.store(unix, Ordering::SeqCst);
    }

    /// What the machine says of its time since the start; none until it is set.
    pub fn set_uptime(&self, seconds: i64) {
        *self.uptime.lock().unwrap_or_else(PoisonError::into_inner) = Some(seconds);
    }

    pub fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn uptime(&self) -> Option<i64> {
        *self.uptime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_clock_moves_only_when_told() {
        let clock = TestClock::at(100);
        clock.advance(-30);
        assert_eq!(clock.now(), 70);
        clock.set(5);
        assert_eq!(clock.now(), 5);
    }
}
