//! The moment of issue in Riyadh time (UTC+3 all year), as documents carry it.

use std::fmt;

use jiff::civil::DateTime;

/// Seconds that Riyadh is ahead of UTC; there is no daylight saving time.
pub const RIYADH_OFFSET: i64 = 3 * 3600;

/// A whole second of Riyadh wall-clock time. Documents write it without a zone
/// suffix in `IssueDate`, `IssueTime`, `SigningTime` and QR tag 3 (signing.md section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueMoment(i64);

impl IssueMoment {
    /// From seconds since 1970 in UTC; `None` outside the years 1970 to 9999.
    pub fn from_unix(seconds: i64) -> Option<IssueMoment> {
        const YEAR_9999: i64 = 253_370_000_000;
        (0..YEAR_9999).contains(&seconds).then_some(IssueMoment(seconds))
    }

    /// Seconds since 1970 in UTC.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// From `2026-03-14` and `21:05:09`, both in Riyadh time.
    pub fn parse(date: &str, time: &str) -> Option<IssueMoment> {
        let date: jiff::civil::Date = date.parse().ok()?;
        let time: jiff::civil::Time = time.parse().ok()?;
        let local = date.to_datetime(time);
        let seconds = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
        IssueMoment::from_unix(seconds - RIYADH_OFFSET)
    }

    fn local(self) -> DateTime {
        let days = (self.0 + RIYADH_OFFSET).div_euclid(86_400);
        let seconds = (self.0 + RIYADH_OFFSET).rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        // Cannot fall back: `from_unix` keeps to years that a civil date holds,
        // and hour, minute and second are remainders.
        DateTime::new(
            year,
            month,
            day,
            (seconds / 3600) as i8,
            (seconds % 3600 / 60) as i8,
            (seconds % 60) as i8,
            0,
        )
        .unwrap_or(DateTime::ZERO)
    }

    /// `YYYY-MM-DD`.
    pub fn date(self) -> String {
        let at = self.local();
        format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day())
    }

    /// `HH:MM:SS`.
    pub fn time(self) -> String {
        let at = self.local();
        format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
    }
}

/// Whether a text is a calendar date written as `YYYY-MM-DD`; the rule takes
/// none before the year 2000 (BR-KSA-F-01).
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text >= "2000"
        && IssueMoment::parse(text, "12:00:00").is_some_and(|moment| moment.date() == text)
}

/// Whether a text is a time of day written as `HH:MM:SS` (BR-KSA-F-05).
pub(super) fn is_time(text: &str) -> bool {
    text.len() == 8 && IssueMoment::parse("2026-01-01", text).is_some_and(|moment| moment.time() == text)
}

/// Days since 1970-01-01 to year, month, day of the proleptic Gregorian calendar.
fn civil_from_days(days: i64) -> (i16, i8, i8) {
    let date = jiff::civil::Date::constant(1970, 1, 1)
        .checked_add(jiff::Span::new().days(days))
        .unwrap_or(jiff::civil::Date::ZERO);
    (date.year(), date.month(), date.day())
}

/// `YYYY-MM-DDTHH:MM:SS`, as QR tag 3 and `SigningTime` have it.
impl fmt::Display for IssueMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.local();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_in_riyadh_is_nine_in_the_evening_utc() {
        let last_second = IssueMoment::from_unix(1_773_521_999).unwrap();
        assert_eq!(last_second.to_string(), "2026-03-14T23:59:59");
        assert_eq!(IssueMoment::from_unix(1_773_522_000).unwrap().to_string(), "2026-03-15T00:00:00");
        assert_eq!(IssueMoment::parse("2028-02-29", "12:00:00").unwrap().date(), "2028-02-29");
        assert_eq!(IssueMoment::parse("2026-02-29", "12:00:00"), None);
        assert_eq!(IssueMoment::from_unix(-1), None);
    }

    #[test]
    fn dates_are_those_that_the_rule_takes() {
        assert!(is_date("2000-01-01") && is_date("2028-02-29"));
        for wrong in ["1999-12-31", "2026-02-29", "2026-1-01", "26-01-01", "2026-01-01Z", ""] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }

    #[test]
    fn parses_what_it_writes() {
        for unix in [0, 951_782_400, 1_773_511_509, 4_102_444_799] {
            let moment = IssueMoment::from_unix(unix).unwrap();
            assert_eq!(IssueMoment::parse(&moment.date(), &moment.time()), Some(moment));
        }
    }
}
