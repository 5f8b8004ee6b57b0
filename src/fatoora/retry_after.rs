//! The `Retry-After` header: seconds or an HTTP date.

/// When the authority wants to hear from us again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds from the arrival of the answer.
    Seconds(u64),
    /// Unix seconds UTC, by the authority's clock.
    At(i64),
}

/// Longer wishes are cut to this many seconds: a day would let documents go
/// past their deadline, and no limit of the platform lasts an hour.
const LONGEST: i64 = 3600;

impl RetryAfter {
    pub(super) fn parse(text: &str) -> Option<RetryAfter> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(RetryAfter::Seconds(text.parse().unwrap_or(u64::MAX)));
        }
        http_date(text).map(RetryAfter::At)
    }

    /// Seconds to wait at `now`, the authority's clock in unix seconds where
    /// the answer had one, else ours. Between 0 and 3600.
    pub fn wait(self, now: i64) -> u64 {
        let wanted = match self {
            RetryAfter::Seconds(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX),
            RetryAfter::At(moment) => moment.saturating_sub(now),
        };
        wanted.clamp(0, LONGEST).unsigned_abs()
    }
}

/// Unix seconds of `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn http_date(text: &str) -> Option<i64> {
    let moment =
        jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(moment.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        assert_eq!(RetryAfter::parse(" 120 "), Some(RetryAfter::Seconds(120)));
        assert_eq!(RetryAfter::parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(RetryAfter::At(784_111_777)));
        for bad in ["", "-1", "soon", "1.5", "Sun, 99 Nov 1994"] {
            assert_eq!(RetryAfter::parse(bad), None, "{bad}");
        }
        assert_eq!(RetryAfter::parse("99999999999999999999999"), Some(RetryAfter::Seconds(u64::MAX)));
    }

    #[test]
    fn waits_are_bounded() {
        assert_eq!(RetryAfter::Seconds(u64::MAX).wait(0), 3600);
        assert_eq!(RetryAfter::At(i64::MIN).wait(i64::MAX), 0);
        assert_eq!(RetryAfter::At(130).wait(100), 30);
    }
}
