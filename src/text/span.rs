//! Lengths of time in words.

use super::Bilingual;

const DAY_SECONDS: u64 = 86_400;

/// `3 days 5 h`, `25 h 20 min`, `4 min`, `12 s`: the two largest units, rounded
/// down. Days begin with the second one, since limits are told in hours.
pub fn span(seconds: u64) -> Bilingual {
    let days = if seconds < 2 * DAY_SECONDS { 0 } else { seconds / DAY_SECONDS };
    let (hours, minutes) = ((seconds - days * DAY_SECONDS) / 3_600, seconds / 60 % 60);
    let (en, ar) = match (days, hours, minutes) {
        (0, 0, 0) => (format!("{seconds} s"), counted(seconds, SECOND)),
        (0, 0, minutes) => (format!("{minutes} min"), counted(minutes, MINUTE)),
        (0, hours, 0) => (format!("{hours} h"), counted(hours, HOUR)),
        (0, hours, minutes) => {
            (format!("{hours} h {minutes} min"), and(counted(hours, HOUR), counted(minutes, MINUTE)))
        }
        (days, 0, _) => (format!("{days} days"), counted(days, DAY)),
        (days, hours, _) => (format!("{days} days {hours} h"), and(counted(days, DAY), counted(hours, HOUR))),
    };
    Bilingual::new(en, ar)
}

fn and(larger: String, smaller: String) -> String {
    format!("{larger} و{smaller}")
}

/// A unit as Arabic counts it: one, two, three to ten, and more.
type Unit = [&'static str; 4];

const SECOND: Unit = ["ثانية واحدة", "ثانيتان", "ثوان", "ثانية"];
const MINUTE: Unit = ["دقيقة واحدة", "دقيقتان", "دقائق", "دقيقة"];
const HOUR: Unit = ["ساعة واحدة", "ساعتان", "ساعات", "ساعة"];
const DAY: Unit = ["يوم واحد", "يومان", "أيام", "يوما"];

fn counted(number: u64, [one, two, few, many]: Unit) -> String {
    match number {
        1 => one.to_owned(),
        2 => two.to_owned(),
        3..=10 => format!("{number} {few}"),
        _ => format!("{number} {many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_units_are_said() {
        for (seconds, en, ar) in [
            (0, "0 s", "0 ثانية"),
            (59, "59 s", "59 ثانية"),
            (60, "1 min", "دقيقة واحدة"),
            (3_599, "59 min", "59 دقيقة"),
            (3_600, "1 h", "ساعة واحدة"),
            (12 * 3_600, "12 h", "12 ساعة"),
            (7_320, "2 h 2 min", "ساعتان ودقيقتان"),
            (86_400, "24 h", "24 ساعة"),
            (3 * 86_400 + 5 * 3_600 + 59, "3 days 5 h", "3 أيام و5 ساعات"),
        ] {
            assert_eq!(span(seconds), Bilingual::new(en, ar));
        }
        assert!(span(u64::MAX).en.contains("days"));
    }
}
