//! Waits between attempts, in milliseconds, with jitter from a source that is
//! passed in (fatoora-api.md section 4: 1 s, 2, 4, ... up to 5 minutes, +-20 %).

/// A point of the driver's monotonic time in milliseconds. Wall-clock jumps
/// never move a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// `milliseconds` later.
    #[must_use]
    pub const fn plus(self, milliseconds: u64) -> Moment {
        Moment(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to here; 0 if it is later.
    pub const fn since(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Random numbers for the jitter, evenly spread over all of `u32`.
pub type Jitter = Box<dyn FnMut() -> u32 + Send>;

/// A wait that grows by a factor up to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff {
    pub first: u64,
    pub factor: u64,
    pub cap: u64,
}

/// Trouble of server or line: the same bytes again, soon.
pub(super) const TRANSIENT: Backoff = Backoff { first: 1_000, factor: 2, cap: 300_000 };
/// An answer that could not be understood: this document again, slowly. The
/// first step is short, because the answer to a duplicate clears it up.
pub(super) const SLOW: Backoff = Backoff { first: 5_000, factor: 4, cap: 900_000 };
/// 429 without `Retry-After`.
pub(super) const THROTTLED: Backoff = Backoff { first: 30_000, factor: 2, cap: 300_000 };
/// The whole service in trouble: one document asks for all.
pub(super) const TROUBLE: Backoff = Backoff { first: 1_000, factor: 2, cap: 30_000 };
/// Right after the network came back: names and routes follow within seconds.
pub(super) const RETURNING: Backoff = Backoff { first: 1_000, factor: 2, cap: 16_000 };

impl Backoff {
    /// The wait after `strikes` failures in a row (1 for the first).
    pub fn wait(self, strikes: u32) -> u64 {
        let steps = strikes.saturating_sub(1).min(32);
        self.first.saturating_mul(self.factor.saturating_pow(steps)).min(self.cap)
    }
}

/// +-20 %.
pub(super) fn spread(milliseconds: u64, random: u32) -> u64 {
    let percent = 80 + u64::from(random % 41);
    milliseconds.saturating_mul(percent) / 100
}

/// +0 to 20 %, where the wait is a promise not to come earlier.
pub(super) fn stretch(milliseconds: u64, random: u32) -> u64 {
    let percent = 100 + u64::from(random % 21);
    milliseconds.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap() {
        let waits: Vec<u64> = (0..=11).map(|strikes| TRANSIENT.wait(strikes) / 1000).collect();
        assert_eq!(waits, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(TRANSIENT.wait(u32::MAX), 300_000);
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        for random in (0..=u32::MAX).step_by(9_999_991) {
            assert!((800..=1200).contains(&spread(1000, random)));
            assert!((1000..=1200).contains(&stretch(1000, random)));
        }
        assert_eq!((spread(1000, 0), spread(1000, 40), stretch(1000, 20)), (800, 1200, 1200));
    }
}
