//! What the till has to do: documents to report, receipts to print.

use super::check::{Check, Level, Subject};
use super::facts::{Facts, Identity, Measure, Paper, Queue, Receipts, Spool, Till};
use super::limits;
use super::network::said;
use super::time::span;
use crate::text::Bilingual;

pub(super) fn checks(facts: &Facts, till: &Till) -> Vec<Check> {
    let mut checks = Vec::new();
    match &till.queue {
        Ok(found) => {
            checks.push(queue(facts.now, found));
            checks.extend(reporting(found));
            checks.push(rejected(found));
            checks.push(held(found));
        }
        Err(because) => checks.push(Check::unknown(Subject::Queue, because)),
    }
    checks.push(printer(till));
    checks.extend(till.receipts.as_ref().ok().map(receipts));
    checks
}

/// Seconds since the oldest unreported document was issued.
fn age(now: i64, queue: &Queue) -> Option<i64> {
    queue.oldest.filter(|_| queue.unsent > 0).map(|oldest| now.saturating_sub(oldest).max(0))
}

fn queue(now: i64, queue: &Queue) -> Check {
    let subject = Subject::Queue;
    let Some(age) = age(now, queue) else {
        return Check::ok(subject, "nothing waits", "لا شيء ينتظر");
    };
    let (count, how) = (queue.unsent, span(age));
    let (mut en, mut ar) =
        (format!("{count} wait, the oldest for {how}"), format!("المنتظر {count} وأقدمها منذ {how}"));
    let level = match age {
        _ if age >= limits::QUEUE_CRITICAL => Level::Critical,
        _ if age >= limits::QUEUE_WARNING => Level::Warning,
        _ => return Check::ok(subject, en, ar),
    };
    if age >= limits::QUEUE_BREACH {
        en.push_str(": the 24 hours are over (BR-KSA-98)");
        ar.push_str(": انقضت مهلة 24 ساعة (BR-KSA-98)");
    } else if age >= limits::QUEUE_LAST_HOUR {
        en.push_str(": the last hour before the legal 24");
        ar.push_str(": الساعة الأخيرة قبل انقضاء المهلة النظامية 24 ساعة");
    } else {
        let left = span(limits::QUEUE_BREACH - age);
        en.push_str(&format!(", {left} before the legal 24 hours"));
        ar.push_str(&format!("، الباقي {left} من مهلة 24 ساعة"));
    }
    Check::new(
        subject,
        level,
        Bilingual::new(en, ar),
        Bilingual::new(
            "See the network checks and bring a line to the till (a phone's hotspot will do); the service must run. \
             What is late is sent all the same; tell the authority about a failure (failure notification).",
            "راجع فحوص الشبكة وصِل الجهاز بخط (تكفي نقطة اتصال هاتف) والخدمة تعمل. يُرسل المتأخر أيضًا، وأبلغ الهيئة \
             بالعطل (إشعار العطل).",
        ),
    )
}

fn reporting(queue: &Queue) -> Option<Check> {
    let paused = queue.paused.as_ref()?;
    Some(Check::new(
        Subject::Reporting,
        Level::Warning,
        Bilingual::new(format!("nothing is sent: {}", paused.en), format!("توقف الإرسال: {}", paused.ar)),
        Bilingual::new("Do what it says. Selling goes on.", "اتبع ما ورد. يستمر البيع."),
    ))
}

/// ` (T07-000002, T07-000009, +3)`.
fn named(numbers: &[String], count: u64) -> String {
    if numbers.is_empty() {
        return String::new();
    }
    match count.saturating_sub(numbers.len() as u64) {
        0 => format!(" ({})", numbers.join(", ")),
        more => format!(" ({}, +{more})", numbers.join(", ")),
    }
}

fn rejected(queue: &Queue) -> Check {
    let subject = Subject::Rejected;
    if queue.rejected == 0 {
        return Check::ok(subject, "none", "لا يوجد");
    }
    let which = named(&queue.rejected_numbers, queue.rejected);
    Check::new(
        subject,
        Level::Warning,
        Bilingual::new(
            format!("{} were rejected by the platform{which}", queue.rejected),
            format!("رفضت المنصة {}{which}", queue.rejected),
        ),
        Bilingual::new(
            "tilld show NUMBER says why; correct the cause, then tilld correct --number NUMBER.",
            "السبب بالأمر tilld show NUMBER، صحّحه ثم نفّذ tilld correct --number NUMBER.",
        ),
    )
}

fn held(queue: &Queue) -> Check {
    let subject = Subject::Held;
    if queue.held == 0 {
        return Check::ok(subject, "none", "لا يوجد");
    }
    let which = named(&queue.held_numbers, queue.held);
    Check::new(
        subject,
        Level::Warning,
        Bilingual::new(
            format!("{} wait for somebody{which}", queue.held),
            format!("{} بانتظار تدخل{which}", queue.held),
        ),
        Bilingual::new(
            "tilld show NUMBER says why; correct the cause.",
            "السبب بالأمر tilld show NUMBER، فصحّحه.",
        ),
    )
}

fn printer(till: &Till) -> Check {
    let subject = Subject::Printer;
    match &till.printer {
        Paper::None => Check::ok(subject, "none is set up", "لم تُضبط طابعة"),
        Paper::Tcp { target, reached: Ok(()) } => {
            Check::ok(subject, format!("{target} takes a connection"), format!("{target} تقبل الاتصال"))
        }
        Paper::Tcp { target, reached: Err(fault) } => {
            let (en, ar) = said(fault);
            Check::new(
                subject,
                Level::Warning,
                Bilingual::new(
                    format!("{target} takes no connection: {en}"),
                    format!("{target} لا تقبل الاتصال: {ar}"),
                ),
                Bilingual::new(
                    "Switch the printer on, look at its cable and its address (hold FEED while switching it on: it \
                     prints it). Selling goes on, receipts wait.",
                    "شغّل الطابعة وافحص سلكها وعنوانها (اضغط FEED أثناء التشغيل فتطبعه). يستمر البيع وتنتظر الإيصالات.",
                ),
            )
        }
        Paper::Folder { target, spool } => match spool {
            Ok(Spool::Writable) => {
                Check::ok(subject, format!("{target} takes receipts"), format!("{target} يقبل الإيصالات"))
            }
            Ok(bad) => folder(target, bad),
            Err(because) => Check::unknown(subject, because),
        },
    }
}

fn folder(target: &str, bad: &Spool) -> Check {
    let (en, ar) = match bad {
        Spool::ReadOnly => ("its file system is read-only", "نظام ملفاته للقراءة فقط"),
        Spool::NotAFolder => ("it is not a folder", "ليس مجلدًا"),
        Spool::Denied | Spool::Writable => ("this user may not write there", "لا يسمح بالكتابة فيه"),
    };
    Check::new(
        Subject::Printer,
        Level::Warning,
        Bilingual::new(format!("{target} takes no receipts: {en}"), format!("{target} لا يقبل الإيصالات: {ar}")),
        Bilingual::new(
            "Give the folder to the user of the service, or name another one in [printer] target.",
            "اجعل المجلد ملكًا لمستخدم الخدمة، أو اذكر غيره في [printer] target.",
        ),
    )
}

fn receipts(receipts: &Receipts) -> Check {
    let subject = Subject::Receipts;
    let Receipts { pending, unconfirmed, failed, fault } = receipts;
    if let Some(fault) = fault {
        return Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("the printer's last fault: {}", fault.en),
                format!("آخر خلل في الطابعة: {}", fault.ar),
            ),
            Bilingual::new(
                format!(
                    "{pending} wait, {failed} failed. Put the printer right; then reprint what is missing."
                ),
                format!("المنتظر {pending} والفاشل {failed}. أصلح الطابعة ثم أعد طباعة الناقص."),
            ),
        );
    }
    if unconfirmed + failed > 0 {
        return Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("{} may not have come out", unconfirmed + failed),
                format!("قد لا يكون {} منها قد طُبع", unconfirmed + failed),
            ),
            Bilingual::new(
                "Ask the cashier, and reprint those that are missing.",
                "اسأل أمين الصندوق وأعد طباعة الناقص.",
            ),
        );
    }
    Check::ok(subject, format!("{pending} wait to be printed"), format!("بانتظار الطباعة {pending}"))
}

/// What monitoring may draw.
pub(super) fn measures(facts: &Facts) -> Vec<Measure> {
    let Some(till) = &facts.till else { return Vec::new() };
    let mut found = Vec::new();
    let mut add =
        |label, value: i64, unit, warning: &dyn std::fmt::Display, critical: &dyn std::fmt::Display| {
            found.push(Measure {
                label,
                value,
                unit,
                warning: warning.to_string(),
                critical: critical.to_string(),
            });
        };
    // A range `N` alarms above N, `N:` below it (monitoring plugin guidelines).
    if let Ok(queue) = &till.queue {
        let count = i64::try_from(queue.unsent).unwrap_or(i64::MAX);
        add("unsent", count, "", &"", &"");
        let age = age(facts.now, queue).unwrap_or(0);
        add("oldest", age, "s", &(limits::QUEUE_WARNING - 1), &(limits::QUEUE_CRITICAL - 1));
    }
    if let Ok(Identity::Active(bundle)) = &till.identity {
        let days = (bundle.certificate.not_after - facts.now).div_euclid(86_400);
        let range = |days: i64| format!("{days}:");
        add(
            "certificate_days",
            days,
            "",
            &range(limits::EXPIRY_WARNING_DAYS),
            &range(limits::EXPIRY_CRITICAL_DAYS),
        );
    }
    if let Ok(Ok(free)) = till.home.data.as_ref().map(|place| &place.free) {
        let (warning, critical) =
            (format!("{}:", limits::DISK_WARNING), format!("{}:", limits::DISK_CRITICAL));
        add("disk_free", i64::try_from(*free).unwrap_or(i64::MAX), "B", &warning, &critical);
    }
    if let Ok(ahead) = till.clock.authority_ahead {
        let range = |limit: i64| format!("-{limit}:{limit}");
        add(
            "clock_offset",
            ahead,
            "s",
            &range(limits::CLOCK_OFFSET_WARNING),
            &range(limits::CLOCK_OFFSET_CRITICAL),
        );
    }
    found
}
