//! Moments as the checks compare them: seconds since 1970, UTC.

use jiff::civil::DateTime;

/// A clock reading taken as UTC.
pub(super) fn unix(moment: DateTime) -> i64 {
    let since = moment - DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    // A span of civil time here is days and clock parts, which cannot overflow.
    i64::from(since.get_days()) * 86_400
        + i64::from(since.get_hours()) * 3600
        + since.get_minutes() * 60
        + since.get_seconds()
}

/// Reads `YYYY-MM-DDThh:mm:ss`, with or without `Z`.
pub(super) fn read(text: &str) -> Option<i64> {
    let plain = text.strip_suffix('Z').unwrap_or(text);
    let form = b"0000-00-00T00:00:00";
    let fits = plain.len() == form.len()
        && plain.bytes().zip(form).all(|(c, f)| if *f == b'0' { c.is_ascii_digit() } else { c == *f });
    if !fits {
        return None;
    }
    let part = |from: usize, to: usize| plain.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| i8::try_from(part(from, from + 2)?).ok();
    let year = part(0, 4).filter(|year| *year > 0)?;
    let moment = DateTime::new(year, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, 0);
    moment.ok().map(unix)
}

/// For people: `2026-03-14 18:05:09 UTC`.
pub(super) fn show(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_that_exist() {
        assert_eq!(read("1970-01-01T00:00:00"), Some(0));
        assert_eq!(read("2024-02-29T23:59:59Z"), Some(1_709_251_199));
        assert_eq!(read("1969-12-31T23:59:58"), Some(-2));
        for bad in [
            "2023-02-29T00:00:00",
            "2024-01-01T24:00:00",
            "2024-01-01T00:00:60",
            "0000-01-01T00:00:00",
            "2024-01-01T00:00:00ZZ",
            "2024-01-01 00:00:00",
            "2024-1-1T0:0:0",
            "",
            "2024-01-01T00:00:00+03:00",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(show(1_709_251_199), "2024-02-29 23:59:59 UTC");
    }
}
