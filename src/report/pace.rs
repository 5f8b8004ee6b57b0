//! The speed of sending. Without a word from the authority it is as fast as
//! the documents in flight allow; after a 429 it is the rate that the
//! authority was seen to take, with one document in flight at first.

use super::backoff::Moment;

/// Proper answers in a row after which one more document may be in flight.
const STEP_UP: u32 = 10;
/// So often the pace is eased when no 429 came, and by how much.
const EASE_EVERY: u64 = 5_000;
const EASE_PERCENT: u64 = 97;
/// Shorter intervals than this, in microseconds, are no limit any more.
const NEGLIGIBLE: u64 = 5_000;
/// Rates are measured over at least this long.
const SHORTEST_CYCLE: u64 = 1_000;
const SLOWEST: u64 = 10_000_000;

/// Concurrency and interval between documents.
#[derive(Debug)]
pub(super) struct Pace {
    configured: usize,
    allowed: usize,
    good_in_row: u32,
    /// Microseconds between two documents; 0 without a limit.
    interval: u64,
    /// When the next document may leave, in microseconds.
    next: u64,
    /// Start and proper answers of the cycle since the last 429.
    cycle: Option<(Moment, u64)>,
    eased: Moment,
}

impl Pace {
    pub fn new(in_flight: usize) -> Pace {
        let configured = in_flight.clamp(1, 4);
        Pace {
            configured,
            allowed: configured,
            good_in_row: 0,
            interval: 0,
            next: 0,
            cycle: None,
            eased: Moment(0),
        }
    }

    /// How many documents may be in flight now.
    pub fn in_flight(&self) -> usize {
        self.allowed
    }

    /// When the next document may leave.
    pub fn next(&self) -> Moment {
        Moment(self.next.div_ceil(1_000))
    }

    pub fn begun(&mut self, now: Moment) {
        if self.cycle.is_none() {
            self.cycle = Some((now, 0));
        }
        if self.interval > 0 {
            // Late starts may catch up by half an interval, so that the rate holds on average.
            let now = now.0.saturating_mul(1_000);
            self.next = self.next.max(now.saturating_sub(self.interval / 2)).saturating_add(self.interval);
        }
    }

    /// A proper answer.
    pub fn good(&mut self, now: Moment) {
        if let Some((_, answers)) = &mut self.cycle {
            *answers += 1;
        }
        self.good_in_row += 1;
        if self.good_in_row >= STEP_UP && self.allowed < self.configured {
            self.allowed += 1;
            self.good_in_row = 0;
        }
        if self.interval > 0 && now.since(self.eased) >= EASE_EVERY {
            self.eased = now;
            self.interval = self.interval * EASE_PERCENT / 100;
            if self.interval < NEGLIGIBLE {
                self.interval = 0;
            }
        }
    }

    /// A 429: one at a time, at the rate that was taken since the last one.
    /// Several 429 of one burst count once.
    pub fn throttled(&mut self, now: Moment) {
        self.good_in_row = 0;
        self.allowed = 1;
        self.eased = now;
        let Some((since, answers)) = self.cycle else { return };
        if answers == 0 {
            return;
        }
        let cycle = now.since(since).max(SHORTEST_CYCLE);
        // 5 % slower than what went through.
        self.interval = (cycle.saturating_mul(1_050) / answers).min(SLOWEST);
        self.cycle = Some((now, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token bucket as gateways have it, and documents of a given round trip
    /// in virtual time. Gives documents taken per second in the last minute.
    fn rate(limit: u64, in_flight: usize, round_trip: u64) -> u64 {
        let mut pace = Pace::new(in_flight);
        let (mut tokens, mut free_at, mut held) = (limit * 1_000, vec![0_u64; 4], 0_u64);
        let (mut taken, minute) = (0, 60_000);
        for now in 0..2 * minute {
            tokens = (tokens + limit).min(limit * 1_000);
            let busy = free_at.iter().filter(|at| **at > now).count();
            if busy >= pace.in_flight() || now < held || Moment(now) < pace.next() {
                continue;
            }
            pace.begun(Moment(now));
            let slot = free_at.iter_mut().min().expect("four slots");
            *slot = now + round_trip;
            if tokens >= 1_000 {
                tokens -= 1_000;
                pace.good(Moment(now + round_trip));
                taken += u64::from(now >= minute);
            } else {
                pace.throttled(Moment(now));
                held = now + 1_000;
            }
        }
        taken / 60
    }

    #[test]
    fn a_limit_is_used_but_not_fought() {
        for (in_flight, round_trip) in [(1, 1), (2, 20), (4, 100)] {
            let got = rate(20, in_flight, round_trip);
            assert!((17..=20).contains(&got), "{got} of 20 with {in_flight} in flight");
        }
    }

    #[test]
    fn without_a_429_there_is_no_limit() {
        let mut pace = Pace::new(9);
        assert_eq!(pace.in_flight(), 4);
        for now in 0..100 {
            pace.begun(Moment(now));
            pace.good(Moment(now));
            assert_eq!(pace.next(), Moment(0));
        }
        pace.throttled(Moment(200));
        assert_eq!(pace.in_flight(), 1);
        for _ in 0..STEP_UP {
            pace.good(Moment(201));
        }
        assert_eq!(pace.in_flight(), 2);
    }

    #[test]
    fn a_burst_of_429_counts_once() {
        let mut pace = Pace::new(4);
        pace.begun(Moment(0));
        for _ in 0..20 {
            pace.good(Moment(500));
        }
        pace.throttled(Moment(1_000));
        let interval = pace.interval;
        pace.throttled(Moment(1_001));
        pace.throttled(Moment(1_002));
        assert_eq!((pace.interval, interval), (52_500, 52_500));
    }
}
