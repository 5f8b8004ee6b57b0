//! The days that an archive is about.

use std::ops::Range;

use thiserror::Error;

use crate::invoice::IssueMoment;

/// Days of issue in Riyadh time, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    from: String,
    to: String,
    seconds: Range<i64>,
}

/// Why two dates are no period.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PeriodError {
    #[error("{0:?} is no day; write it as 2026-01-31\n{0:?} ليس يوماً؛ اكتبه هكذا 2026-01-31")]
    NoDay(String),
    #[error(
        "the period ends on {to}, before it begins on {from}\nتنتهي الفترة في {to} قبل بدايتها في {from}"
    )]
    Backwards { from: String, to: String },
}

impl Period {
    /// From `2026-01-01` to `2026-01-31`.
    pub fn parse(from: &str, to: &str) -> Result<Period, PeriodError> {
        let day = |text: &str, time: &str| {
            let moment = IssueMoment::parse(text, time).filter(|moment| moment.date() == text);
            moment.map(IssueMoment::unix).ok_or_else(|| PeriodError::NoDay(text.to_owned()))
        };
        let seconds = day(from, "00:00:00")?..day(to, "23:59:59")? + 1;
        if seconds.is_empty() {
            return Err(PeriodError::Backwards { from: from.to_owned(), to: to.to_owned() });
        }
        Ok(Period { from: from.to_owned(), to: to.to_owned(), seconds })
    }

    pub fn from(&self) -> &str {
        &self.from
    }

    pub fn to(&self) -> &str {
        &self.to
    }

    /// Seconds UTC, the end not included.
    pub fn seconds(&self) -> &Range<i64> {
        &self.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_at_midnight_in_riyadh() {
        let day = Period::parse("2026-03-14", "2026-03-14").unwrap();
        assert_eq!(day.seconds(), &(1_773_435_600..1_773_522_000));
        let month = Period::parse("2026-01-01", "2026-01-31").unwrap();
        assert_eq!(month.seconds().end - month.seconds().start, 31 * 86_400);
        for (from, to) in [("2026-02-30", "2026-03-01"), ("2026-1-1", "2026-01-02"), ("x", "y"), ("", "")] {
            assert!(matches!(Period::parse(from, to), Err(PeriodError::NoDay(_))), "{from}");
        }
        assert!(matches!(Period::parse("2026-01-02", "2026-01-01"), Err(PeriodError::Backwards { .. })));
    }
}
