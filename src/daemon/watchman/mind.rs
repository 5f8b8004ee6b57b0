//! The watchman's judgement: from what one look saw to what is raised and what
//! ends. No clock and no thread; tests call it with times of their own.

use std::time::Duration;

use crate::report::alarms::{Alarms, Change, Raised, STUCK_AFTER, Seen, Steps, Unsent};
use crate::report::forecast::{Forecast, Sample};
use crate::report::{self, alarms};

/// The client gives up after 30 s; an attempt that is under way for so much
/// longer, in seconds, hangs in the program.
const LONGEST_FLIGHT: u64 = 120;

/// What one look found.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The till's clock, seconds since 1970, UTC.
    pub now: i64,
    /// Since the look before, by a clock that nobody sets.
    pub passed: Duration,
    pub report: report::Status,
    /// Turns of the runtime's heartbeat.
    pub heart: u64,
    /// Answers of the ledger so far.
    pub answers: u64,
    /// As the ledger said last; none if it never answered.
    pub unsent: Option<Unsent>,
    /// Documents that go out by themselves, as the ledger said last.
    pub waiting: u64,
}

/// How long something that should move has not moved.
#[derive(Clone, Copy, Debug, Default)]
struct Pulse {
    last: Option<u64>,
    silent: Duration,
}

impl Pulse {
    /// Seconds of silence as of this look.
    fn look(&mut self, beat: u64, watched: Duration) -> u64 {
        self.silent = if self.last == Some(beat) { self.silent + watched } else { Duration::ZERO };
        self.last = Some(beat);
        self.silent.as_secs()
    }
}

/// What the watchman remembers from look to look.
#[derive(Debug)]
pub struct Mind {
    period: Duration,
    alarms: Alarms,
    forecast: Forecast,
    watched: Duration,
    driver: Pulse,
    ledger: Pulse,
    runtime: Pulse,
}

impl Mind {
    /// `told`: alarms that were raised before the program was started anew.
    pub fn new(
        period: Duration,
        steps: Steps,
        told: impl IntoIterator<Item = (alarms::AlarmId, i64)>,
    ) -> Mind {
        Mind {
            period,
            alarms: Alarms::resumed(steps, told),
            forecast: Forecast::default(),
            watched: Duration::ZERO,
            driver: Pulse::default(),
            ledger: Pulse::default(),
            runtime: Pulse::default(),
        }
    }

    /// What begins and what ends with this look.
    pub fn step(&mut self, look: &Look) -> Vec<Change> {
        // A machine that slept or stood still let nobody beat: of a long gap only
        // as much counts as between two usual looks.
        let watched = look.passed.min(self.period * 2);
        self.watched += watched;
        let status = &look.report;
        self.forecast.note(Sample {
            at: u64::try_from(self.watched.as_millis()).unwrap_or(u64::MAX),
            accepted: status.accepted,
            waiting: look.waiting,
            flowing: status.pause.is_none(),
        });
        let beat = self.driver.look(status.beats, watched);
        let flight = match status.longest_flight {
            seconds if seconds > LONGEST_FLIGHT => seconds.max(STUCK_AFTER + 1),
            _ => 0,
        };
        self.alarms.step(&Seen {
            now: look.now,
            unsent: look.unsent,
            driver_silent: beat.max(flight),
            ledger_silent: self.ledger.look(look.answers, watched),
            runtime_silent: self.runtime.look(look.heart, watched),
        })
    }

    /// Every alarm that is on.
    pub fn raised(&self) -> Vec<Raised> {
        self.alarms.raised()
    }

    /// Seconds until the queue is empty, as far as that was measured.
    pub fn forecast(&self) -> Option<u64> {
        self.forecast.seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(10);
    const NOW: i64 = 1_800_000_000;

    struct Bench {
        mind: Mind,
        look: Look,
    }

    impl Bench {
        fn new() -> Bench {
            let unsent = Some(Unsent::default());
            let look = Look { now: NOW, passed: PERIOD, unsent, ..Look::default() };
            let mut bench = Bench { mind: Mind::new(PERIOD, Steps::default(), []), look };
            assert!(bench.after(PERIOD, |_| {}).is_empty());
            bench
        }

        /// A look after this time, in which everything beats but what `still` takes back.
        fn after(&mut self, passed: Duration, still: impl Fn(&mut Look)) -> Vec<String> {
            let before = self.look.clone();
            self.look.now += passed.as_secs() as i64;
            self.look.passed = passed;
            self.look.report.beats += 1;
            self.look.heart += 1;
            self.look.answers += 1;
            let mut look = self.look.clone();
            still(&mut look);
            look.report.beats = look.report.beats.max(before.report.beats);
            self.look = look;
            let changes = self.mind.step(&self.look);
            let sign = |change: &Change| if matches!(change, Change::Raised(_)) { "+" } else { "-" };
            changes.iter().map(|change| format!("{}{}", sign(change), change.alarm().id)).collect()
        }
    }

    #[test]
    fn a_part_that_does_not_move_for_more_than_thirty_seconds_hangs() {
        type Still = fn(&mut Look);
        let parts: [(&str, Still); 3] = [
            ("driver-stuck", |look| look.report.beats -= 1),
            ("ledger-stuck", |look| look.answers -= 1),
            ("runtime-stuck", |look| look.heart -= 1),
        ];
        for (id, still) in parts {
            let mut bench = Bench::new();
            for _ in 0..3 {
                assert!(bench.after(PERIOD, still).is_empty(), "{id}");
            }
            assert_eq!(bench.after(Duration::from_secs(1), still), [format!("+{id}")]);
            assert!(bench.after(PERIOD, still).is_empty());
            assert_eq!(bench.after(PERIOD, |_| {}), [format!("-{id}")]);
        }
    }

    #[test]
    fn a_machine_that_slept_is_no_till_that_hangs() {
        let mut bench = Bench::new();
        let all_still = |look: &mut Look| {
            look.report.beats -= 1;
            look.answers -= 1;
            look.heart -= 1;
        };
        assert!(bench.after(Duration::from_secs(8 * 3_600), all_still).is_empty());
        assert!(bench.after(PERIOD, all_still).is_empty());
        assert_eq!(bench.after(PERIOD, all_still).len(), 3, "but one that goes on hanging is");
    }

    #[test]
    fn an_attempt_that_never_ends_hangs_while_the_driver_beats() {
        let mut bench = Bench::new();
        assert!(bench.after(PERIOD, |look| look.report.longest_flight = LONGEST_FLIGHT).is_empty());
        assert_eq!(
            bench.after(PERIOD, |look| look.report.longest_flight = LONGEST_FLIGHT + 1),
            ["+driver-stuck"]
        );
        assert_eq!(bench.after(PERIOD, |look| look.report.longest_flight = 0), ["-driver-stuck"]);
    }

    #[test]
    fn a_drain_is_forecast_while_it_is_watched() {
        let mut bench = Bench::new();
        bench.after(PERIOD, |look| look.waiting = 1_000);
        assert_eq!(bench.mind.forecast(), None);
        bench.after(PERIOD, |look| {
            look.waiting = 900;
            look.report.accepted += 100;
        });
        assert_eq!(bench.mind.forecast(), Some(90));
    }
}
