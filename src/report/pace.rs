//! The speed of sending. Without a word from the authority it is as fast as
//! the documents in flight allow; after a 429 it is the rate that the
//! authority was seen to take, with one document in flight at first.

use super::backoff::Moment;

/// Proper answers in a row after which one more document may be in flight.
const STEP_UP: u32 = 10;
/// So often the pace is eased when no 429 came, and by how much.
const EASE_EVERY: u64 = 1_000;
const EASE_PERCENT: u64 = 98;
/// A 429 this long after the last one, in milliseconds, starts anew: a single
/// one says nothing about a rate.
const FORGET: u64 = 30_000;
/// Proper answers that a rate is measured over at least: fewer say more about
/// the waits in between than about the limit.
const EVIDENCE: u64 = 10;
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
    limited_at: Option<Moment>,
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
            limited_at: None,
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

    /// A 429 to an attempt begun at `begun`: one at a time, at the rate that
    /// was taken since the last one. Attempts that were under way at the last
    /// 429 say nothing new.
    pub fn throttled(&mut self, now: Moment, begun: Moment) {
        self.good_in_row = 0;
        self.allowed = 1;
        self.eased = now;
        let Some((since, answers)) = self.cycle else { return };
        let last = self.limited_at;
        if answers == 0 || last.is_some_and(|last| begun <= last) {
            return;
        }
        self.limited_at = Some(now);
        if last.is_none_or(|last| now.since(last) > FORGET) {
            self.cycle = Some((now, 0));
            return;
        }
        if answers < EVIDENCE {
            // Measured further, over this refusal and the wait after it.
            return;
        }
        self.cycle = Some((now, 0));
        let cycle = now.since(since).max(SHORTEST_CYCLE);
        // 5 % slower than what went through, but never less than half of before.
        let slowest = if self.interval > 0 { self.interval * 2 } else { SLOWEST };
        if self.interval > 0 {
            // Counted anew from the next document on. With the wait in it a refusal that has nothing
            // to do with the pace would make the pace slower, and the next one slower still.
            self.cycle = None;
        }
        self.interval = (cycle.saturating_mul(1_050) / answers).min(slowest).min(SLOWEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token bucket as gateways have it, and documents of a given round trip
    /// in virtual time. With `noise` also every so many calls are refused for no
    /// reason. Gives documents taken and calls refused per minute.
    fn rate(limit: u64, in_flight: usize, round_trip: u64, noise: u64) -> (u64, u64) {
        let mut pace = Pace::new(in_flight);
        let mut tokens = limit * 1_000;
        // (answered at, begun at, taken)
        let mut flights: Vec<(u64, u64, bool)> = Vec::new();
        let (mut held, mut taken, mut refused, mut calls) = (0_u64, 0, 0, 0_u64);
        for now in 0..600_000 {
            tokens = (tokens + limit).min(limit * 1_000);
            for (_, begun, good) in flights.extract_if(.., |(at, _, _)| *at <= now) {
                if good {
                    pace.good(Moment(now));
                    taken += 1;
                } else {
                    pace.throttled(Moment(now), Moment(begun));
                    refused += 1;
                    held = now + 1_000;
                }
            }
            if flights.len() >= pace.in_flight() || now < held || Moment(now) < pace.next() {
                continue;
            }
            pace.begun(Moment(now));
            calls += 1;
            let good = tokens >= 1_000 && calls * 7 % noise != 0;
            tokens -= if good { 1_000 } else { 0 };
            // Answers do not keep the order of requests.
            flights.push((now + round_trip + now % 7, now, good));
        }
        (taken / 10, refused / 10)
    }

    #[test]
    fn a_limit_is_used_but_not_fought() {
        for (limit, least) in [(1, 40), (3, 150), (20, 1_100), (50, 2_300)] {
            for (in_flight, round_trip) in [(1, 1), (2, 20), (4, 10), (4, 100), (3, 70)] {
                let (got, refused) = rate(limit, in_flight, round_trip, u64::MAX);
                let words = format!("{limit} per second, {in_flight} in flight, {round_trip} ms");
                assert!((least..=limit * 60).contains(&got), "{got} per minute of {words}");
                assert!(refused <= 15, "{refused} refused per minute of {words}");
            }
        }
    }

    #[test]
    fn refusals_without_a_reason_do_not_add_up() {
        // One of 101 calls is refused, each costs a second, and 17 per second would go through otherwise.
        let (got, _) = rate(1_000, 2, 50, 101);
        assert!(got > 900, "{got} per minute");
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
        pace.throttled(Moment(200), Moment(100));
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
        pace.throttled(Moment(1_000), Moment(900));
        assert_eq!(pace.interval, 0, "one says nothing about a rate");
        for _ in 0..20 {
            pace.good(Moment(2_000));
        }
        pace.throttled(Moment(2_000), Moment(1_900));
        let interval = pace.interval;
        pace.good(Moment(2_001));
        pace.throttled(Moment(2_001), Moment(1_950));
        pace.throttled(Moment(2_002), Moment(2_000));
        assert_eq!((pace.interval, interval), (52_500, 52_500));
    }
}
