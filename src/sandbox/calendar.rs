//! Dates and times of documents against the sandbox's clock: Riyadh is UTC+3, without daylight saving.

const RIYADH_OFFSET: i64 = 3 * 3600;
const DAY: i64 = 86_400;

/// A civil date that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// Reads `YYYY-MM-DD` and nothing else; the day must exist.
    pub(super) fn parse(text: &str) -> Option<Date> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let date =
            Date { year: number(&bytes[..4])?, month: number(&bytes[5..7])?, day: number(&bytes[8..])? };
        let real = (1..=12).contains(&date.month) && date.day >= 1 && Date::from_days(date.days()) == date;
        real.then_some(date)
    }

    /// The date in Riyadh at a moment (Unix seconds).
    pub(super) fn in_riyadh(unix: i64) -> Date {
        Date::from_days(unix.saturating_add(RIYADH_OFFSET).div_euclid(DAY))
    }

    /// Days since 1970-01-01, proleptic Gregorian; years begin in March here, so the leap day is last.
    fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn from_days(days: i64) -> Date {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date { year, month, day: of_year - (153 * shifted + 2) / 5 + 1 }
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A time of day as a document writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    seconds: i64,
    /// Written with `Z`: UTC instead of Riyadh time.
    pub(super) utc: bool,
}

impl Time {
    /// Reads `HH:MM:SS` or `HH:MM:SSZ` (BR-KSA-70).
    pub(super) fn parse(text: &str) -> Option<Time> {
        let (text, utc) = text.strip_suffix('Z').map_or((text, false), |t| (t, true));
        let bytes = text.as_bytes();
        if bytes.len() != 8 || bytes[2] != b':' || bytes[5] != b':' {
            return None;
        }
        let (h, m, s) = (number(&bytes[..2])?, number(&bytes[3..5])?, number(&bytes[6..])?);
        (h < 24 && m < 60 && s < 60).then_some(Time { seconds: h * 3600 + m * 60 + s, utc })
    }
}

/// The moment (Unix seconds) of a date and time of a document.
pub(super) fn moment(date: Date, time: Time) -> i64 {
    date.days() * DAY + time.seconds - if time.utc { 0 } else { RIYADH_OFFSET }
}

/// A moment as HTTP headers write it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn http_date(unix: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, of_day) = (unix.div_euclid(DAY), unix.rem_euclid(DAY));
    let date = Date::from_days(days);
    let name = |names: &[&'static str], at: i64| {
        usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
    };
    let (day, month) = (name(&DAYS, days.rem_euclid(7)), name(&MONTHS, date.month - 1));
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{day}, {:02} {month} {:04} {hour:02}:{minute:02}:{second:02} GMT", date.day, date.year)
}

/// `YYYY-MM-DDTHH:MM:SS` in Riyadh, as a QR code and a signing time write it.
pub(super) fn riyadh_stamp(unix: i64) -> String {
    let of_day = unix.saturating_add(RIYADH_OFFSET).rem_euclid(DAY);
    format!("{}T{:02}:{:02}:{:02}", Date::in_riyadh(unix), of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn only_dates_that_exist() {
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "2026-04-31",
            "2026/01/01",
            "2100-02-29",
        ] {
            assert!(Date::parse(bad).is_none(), "{bad}");
        }
        for good in ["2024-02-29", "2000-02-29", "1999-12-31", "2026-03-14"] {
            assert_eq!(Date::parse(good).unwrap().to_string(), good);
        }
    }

    #[test]
    fn riyadh_is_three_hours_ahead() {
        // 2026-03-14T21:05:09 in Riyadh
        let at = moment(Date::parse("2026-03-14").unwrap(), Time::parse("21:05:09").unwrap());
        assert_eq!(at, 1_773_511_509);
        assert_eq!(riyadh_stamp(at), "2026-03-14T21:05:09");
        assert_eq!(moment(Date::parse("2026-03-14").unwrap(), Time::parse("18:05:09Z").unwrap()), at);
        assert_eq!(Date::in_riyadh(at + 3 * 3600).to_string(), "2026-03-15");
        assert!(Time::parse("24:00:00").is_none() && Time::parse("1:00:00").is_none());
    }
}
