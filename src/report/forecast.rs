//! How long the queue still takes at the rate that was measured while it
//! drained. Pure: samples come in, each with its time.

use std::collections::VecDeque;

/// Only the last so many milliseconds count.
const WINDOW: u64 = 10 * 60_000;
/// Never more samples than this, however often one comes.
const MOST: usize = 256;

/// A picture of the flow at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Milliseconds by a clock that nobody sets.
    pub at: u64,
    /// Documents accepted since the start of the program.
    pub accepted: u64,
    /// Documents that wait to be sent.
    pub waiting: u64,
    /// No pause holds the queue.
    pub flowing: bool,
}

impl Sample {
    const fn drains(&self) -> bool {
        self.flowing && self.waiting > 0
    }
}

/// The rate of the recent past.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    samples: VecDeque<Sample>,
}

impl Forecast {
    /// Takes a sample, not older than the one before.
    pub fn note(&mut self, sample: Sample) {
        self.samples.push_back(sample);
        let since = sample.at.saturating_sub(WINDOW);
        while self.samples.len() > MOST || self.samples.front().is_some_and(|first| first.at < since) {
            self.samples.pop_front();
        }
    }

    /// Seconds until the queue is empty, rounded up. None while nothing waits,
    /// while the queue is paused, or as long as nothing was measured: only the
    /// time in which documents waited and could go tells the rate.
    pub fn seconds(&self) -> Option<u64> {
        let last = self.samples.back().filter(|last| last.drains())?;
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
        let (mut accepted, mut took) = (0u64, 0u64);
        for (from, to) in pairs.filter(|(from, to)| from.drains() && to.drains()) {
            accepted = accepted.saturating_add(to.accepted.saturating_sub(from.accepted));
            took = took.saturating_add(to.at.saturating_sub(from.at));
        }
        if accepted == 0 {
            return None;
        }
        let millis = u128::from(last.waiting) * u128::from(took) / u128::from(accepted);
        Some(u64::try_from(millis.div_ceil(1_000)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draining(at: u64, accepted: u64, waiting: u64) -> Sample {
        Sample { at: at * 1_000, accepted, waiting, flowing: true }
    }

    fn forecast(samples: &[Sample]) -> Option<u64> {
        let mut forecast = Forecast::default();
        samples.iter().for_each(|sample| forecast.note(*sample));
        forecast.seconds()
    }

    #[test]
    fn the_rate_of_the_drain_tells_its_end() {
        let samples = [draining(0, 0, 1_000), draining(10, 50, 950), draining(20, 100, 900)];
        assert_eq!(forecast(&samples), Some(180), "5 a second");
        assert_eq!(forecast(&[draining(0, 0, 10), draining(10, 3, 7)]), Some(24), "rounded up");
    }

    #[test]
    fn nothing_is_said_before_anything_was_measured() {
        assert_eq!(forecast(&[]), None);
        assert_eq!(forecast(&[draining(0, 7, 5)]), None);
        assert_eq!(forecast(&[draining(0, 7, 5), draining(10, 7, 5)]), None);
        assert_eq!(forecast(&[draining(0, 0, 5), draining(10, 5, 0)]), None, "nothing waits");
        let paused = Sample { flowing: false, ..draining(20, 5, 5) };
        assert_eq!(forecast(&[draining(0, 0, 9), draining(10, 4, 5), paused]), None);
    }

    #[test]
    fn idle_and_paused_times_say_nothing_of_the_rate() {
        let idle = [draining(0, 0, 0), draining(300, 0, 100), draining(310, 20, 80)];
        assert_eq!(forecast(&idle), Some(40));
        let paused = |at| Sample { flowing: false, ..draining(at, 0, 100) };
        assert_eq!(
            forecast(&[paused(0), paused(300), draining(310, 0, 100), draining(320, 20, 80)]),
            Some(40)
        );
    }

    #[test]
    fn only_the_window_counts_and_the_memory_is_bounded() {
        let old = [draining(0, 0, 9_000), draining(10, 5_000, 4_000)];
        let now = [draining(1_000, 5_000, 4_000), draining(1_010, 5_010, 3_990)];
        assert_eq!(forecast(&[old, now].concat()), Some(3_990));
        let mut forecast = Forecast::default();
        for at in 0..10_000 {
            forecast.note(Sample { at, accepted: at, waiting: u64::MAX, flowing: true });
        }
        assert_eq!(forecast.samples.len(), MOST);
        assert_eq!(forecast.seconds(), Some(u64::MAX.div_ceil(1_000)));
    }
}
