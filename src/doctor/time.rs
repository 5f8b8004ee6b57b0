//! The clock: set at all, not behind the last invoice, kept right, and near the
//! platform's.

use super::check::{Check, Level, Subject};
use super::facts::{Facts, Till};
use super::limits;
use super::network::answered;
use crate::text::Bilingual;

pub(super) fn checks(facts: &Facts, till: &Till) -> Vec<Check> {
    let mut checks = vec![set(facts.now)];
    checks.extend(order(facts.now, till));
    checks.push(synchronised(facts));
    checks.extend(authority(till));
    checks
}

/// The day of a moment in Riyadh, `2026-03-14`; the arithmetic of a calendar
/// that begins its years in March.
pub(super) fn day(unix: i64) -> String {
    let days = unix.saturating_add(3 * 3600).div_euclid(86_400);
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Day and minute of a moment in Riyadh.
fn moment(unix: i64) -> String {
    let minutes = unix.saturating_add(3 * 3600).rem_euclid(86_400) / 60;
    format!("{} {:02}:{:02}", day(unix), minutes / 60, minutes % 60)
}

/// A span as people say it: `2 h 5 min`.
pub(super) fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn right() -> Bilingual {
    Bilingual::new(
        "Set the time: timedatectl set-ntp true, or by hand: timedatectl set-time 'YYYY-MM-DD HH:MM'. If it is wrong \
         after every power cut, the battery of the clock is empty.",
        "اضبط الوقت: timedatectl set-ntp true أو يدويًا: timedatectl set-time 'YYYY-MM-DD HH:MM'. وإن اختل بعد كل \
         انقطاع للكهرباء فبطارية الساعة فارغة.",
    )
}

fn set(now: i64) -> Check {
    let subject = Subject::ClockSet;
    if now < limits::CLOCK_EARLIEST {
        return Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!("the clock says {}: it is not set", day(now)),
                format!("تقول الساعة {}: لم تُضبط", day(now)),
            ),
            right(),
        );
    }
    let shown = moment(now);
    Check::ok(subject, format!("{shown} in Riyadh"), format!("{shown} بتوقيت الرياض"))
}

fn order(now: i64, till: &Till) -> Option<Check> {
    let subject = Subject::ClockOrder;
    let last = match &till.ledger {
        Ok(ledger) => ledger.last_issued?,
        // Said at the ledger's own check.
        Err(_) => return None,
    };
    let behind = last.saturating_sub(now);
    if behind <= limits::CLOCK_BEHIND {
        return Some(Check::ok(
            subject,
            "the clock is not behind the last invoice",
            "الساعة ليست متأخرة عن آخر فاتورة",
        ));
    }
    let how = span(behind);
    Some(Check::new(
        subject,
        Level::Critical,
        Bilingual::new(
            format!("the clock is {how} behind the last invoice: the till does not sell"),
            format!("الساعة متأخرة {how} عن آخر فاتورة: لا يبيع الجهاز"),
        ),
        right(),
    ))
}

fn synchronised(facts: &Facts) -> Check {
    let subject = Subject::ClockSynchronised;
    match &facts.machine.synchronised {
        Ok(true) => Check::ok(subject, "the kernel says that the clock is kept right", "الساعة تُضبط تلقائيًا"),
        Ok(false) => Check::new(
            subject,
            Level::Warning,
            Bilingual::new("nothing keeps the clock right", "لا شيء يضبط الساعة تلقائيًا"),
            Bilingual::new(
                "Switch time synchronisation on: timedatectl set-ntp true (systemd-timesyncd or chrony), and let UDP \
                 port 123 out. After a start without a network it takes a few minutes.",
                "شغّل مزامنة الوقت: timedatectl set-ntp true (systemd-timesyncd أو chrony) واسمح بالمنفذ UDP 123. \
                 وتستغرق دقائق بعد تشغيل بلا شبكة.",
            ),
        ),
        Err(because) => Check::undecided(subject, because),
    }
}

/// Nothing to say while the platform itself does not answer: that is another check's.
fn authority(till: &Till) -> Option<Check> {
    let subject = Subject::ClockAuthority;
    let ahead = match &till.clock.authority_ahead {
        Ok(ahead) => *ahead,
        Err(because) => {
            let answered = till.network.as_ref().is_ok_and(answered);
            return answered.then(|| Check::undecided(subject, because));
        }
    };
    let off = ahead.saturating_abs();
    let level = match off {
        _ if off > limits::CLOCK_OFFSET_CRITICAL => Level::Critical,
        _ if off > limits::CLOCK_OFFSET_WARNING => Level::Warning,
        _ => Level::Ok,
    };
    let how = span(off);
    if level == Level::Ok {
        return Some(Check::ok(subject, format!("{how} apart"), format!("الفرق {how}")));
    }
    let (en, ar) = if ahead > 0 { ("behind", "متأخرة") } else { ("ahead of", "متقدمة") };
    Some(Check::new(
        subject,
        level,
        Bilingual::new(
            format!("this clock is {how} {en} the platform's: invoices carry a wrong legal time"),
            format!("الساعة {ar} {how} عن ساعة المنصة: تحمل الفواتير وقتًا نظاميًا خاطئًا"),
        ),
        right(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_riyadh() {
        for (unix, wanted) in [
            (0, "1970-01-01"),
            (1_767_225_600, "2026-01-01"),
            (1_767_214_799, "2025-12-31"),
            (1_767_214_800, "2026-01-01"),
            (1_709_164_800, "2024-02-29"),
            (1_709_251_200, "2024-03-01"),
            (951_782_400, "2000-02-29"),
            (-86_400, "1969-12-31"),
        ] {
            assert_eq!(day(unix), wanted, "{unix}");
        }
        assert_eq!(moment(1_767_214_859), "2026-01-01 00:00");
        assert_eq!(moment(1_767_301_199), "2026-01-01 23:59");
        day(i64::MAX);
        day(i64::MIN);
    }

    #[test]
    fn spans_are_short() {
        let shown = [0, 59, 60, 3599, 3600, 86_399, 90_000, -7200].map(span);
        assert_eq!(
            shown,
            ["0 s", "59 s", "1 min", "59 min", "1 h 0 min", "23 h 59 min", "1 d 1 h", "2 h 0 min"]
        );
    }
}
