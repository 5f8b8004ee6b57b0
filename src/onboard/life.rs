//! How long a certificate is still good, and when to say so. Pure: the clock
//! comes in as a number.

use crate::text::Bilingual;

const DAY: i64 = 86_400;

/// When people are told that a certificate comes to its end, the earliest
/// first: days before it (fatoora-api.md section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    Days60,
    Days30,
    Days14,
    Days7,
    Days1,
}

impl Alarm {
    /// From the earliest on.
    pub const ALL: [Alarm; 5] = [Alarm::Days60, Alarm::Days30, Alarm::Days14, Alarm::Days7, Alarm::Days1];

    /// It sounds once so many days or fewer are left.
    pub const fn days(self) -> i64 {
        match self {
            Alarm::Days60 => 60,
            Alarm::Days30 => 30,
            Alarm::Days14 => 14,
            Alarm::Days7 => 7,
            Alarm::Days1 => 1,
        }
    }
}

/// Where a certificate stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Nothing to do. `days`: days that are left, a begun one counts.
    Good { days: i64 },
    /// To be renewed. `days` as above; `step`: the latest alarm that is due.
    Due { days: i64, step: Alarm },
    /// Over since that moment, seconds since 1970, UTC.
    Expired { since: i64 },
}

/// The life of a certificate that ends at `not_after`, as of `now`, both in
/// seconds since 1970, UTC. In the very second of `not_after` it counts as
/// over, so that no stamp can fall on the wrong side of it.
pub fn of(not_after: i64, now: i64) -> Life {
    let left = not_after.saturating_sub(now);
    if left <= 0 {
        return Life::Expired { since: not_after };
    }
    let days = left / DAY + i64::from(left % DAY > 0);
    match Alarm::ALL.into_iter().rev().find(|alarm| days <= alarm.days()) {
        Some(step) => Life::Due { days, step },
        None => Life::Good { days },
    }
}

impl Life {
    /// What to tell people, and what to do; `None` while all is well.
    pub fn words(&self) -> Option<Bilingual> {
        match *self {
            Life::Good { .. } => None,
            Life::Due { days, .. } => Some(Bilingual::new(
                format!(
                    "this till's certificate ends in {days} {}; after that it can sell nothing. Ask for a one-time \
                     password (OTP) for renewal on the Fatoora portal and run `tilld renew`; selling goes on meanwhile",
                    if days == 1 { "day" } else { "days" }
                ),
                format!(
                    "تنتهي شهادة هذا الجهاز خلال {} وبعدها يتوقف البيع. اطلب رمز تحقق (OTP) للتجديد من بوابة فاتورة \
                     ونفّذ الأمر tilld renew، ويستمر البيع أثناء ذلك",
                    arabic_days(days)
                ),
            )),
            Life::Expired { .. } => Some(super::NoStamp::Expired { since: 0 }.words()),
        }
    }
}

/// Days with the number that Arabic gives them.
fn arabic_days(days: i64) -> String {
    match days {
        1 => "يوم واحد".to_owned(),
        2 => "يومين".to_owned(),
        3..=10 => format!("{days} أيام"),
        _ => format!("{days} يومًا"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: i64 = 1_900_000_000;

    /// `days` and the alarm, `None` for a good one.
    fn left(seconds: i64) -> (i64, Option<i64>) {
        match of(END, END - seconds) {
            Life::Good { days } => (days, None),
            Life::Due { days, step } => (days, Some(step.days())),
            Life::Expired { since } => {
                assert_eq!(since, END);
                (0, Some(0))
            }
        }
    }

    #[test]
    fn each_alarm_begins_to_the_second() {
        let alarms = [(60, None), (30, Some(60)), (14, Some(30)), (7, Some(14)), (1, Some(7))];
        for (days, before) in alarms {
            assert_eq!(left(days * DAY + 1), (days + 1, before), "a second too early for {days}");
            assert_eq!(left(days * DAY), (days, Some(days)));
            assert_eq!(left(days * DAY - 1), (days, Some(days)));
        }
        assert_eq!(left(61 * DAY), (61, None));
        assert_eq!(left(1), (1, Some(1)));
        assert_eq!(left(0), (0, Some(0)));
        assert_eq!(left(-1), (0, Some(0)));
        assert_eq!(left(-100 * DAY), (0, Some(0)));
    }

    #[test]
    fn no_clock_is_too_wrong() {
        assert_eq!(of(i64::MAX, i64::MIN), Life::Good { days: i64::MAX / DAY + 1 });
        assert_eq!(of(i64::MIN, i64::MAX), Life::Expired { since: i64::MIN });
    }

    #[test]
    fn alarms_have_words_with_the_way_out() {
        assert_eq!(Life::Good { days: 61 }.words(), None);
        for days in [1, 2, 7, 14, 60] {
            let words = of(END, END - days * DAY).words().unwrap();
            assert!(words.en.contains(&format!("in {days} day")) && words.en.contains("tilld renew"));
            assert!(words.ar.contains("tilld renew"), "{}", words.ar);
        }
        assert!(of(END, END).words().unwrap().en.contains("tilld onboard --replace"));
    }
}
