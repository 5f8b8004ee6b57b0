//! Configuration, the running daemon, and the machine under it.

use super::check::{Check, Level, Subject};
use super::facts::{Configuration, Facts, Service, ServiceAnswer};
use super::limits;
use crate::text::Bilingual;

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![configuration(&facts.configuration), service(facts)];
    checks.extend(facts.answer().map(selling));
    checks
}

fn configuration(found: &Configuration) -> Check {
    let subject = Subject::Configuration;
    match found {
        Configuration::Good { files } => {
            let files = files.join(", ");
            Check::ok(subject, format!("good: {files}"), format!("سليمة: {files}"))
        }
        Configuration::Missing { file } => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(format!("there is no file {file}"), format!("الملف {file} غير موجود")),
            Bilingual::new(
                "Name the configuration with --config FILE; a new till gets it with tilld provision, or from the \
                 example in /usr/share/doc/tilld/examples.",
                "حدد ملف الإعدادات بالخيار --config، والجهاز الجديد يعده الأمر tilld provision أو المثال في \
                 /usr/share/doc/tilld/examples.",
            ),
        ),
        Configuration::Wrong { findings } => {
            let list = findings.join("\n");
            Check::new(
                subject,
                Level::Critical,
                Bilingual::new(
                    format!("{} to mend:\n{list}", findings.len()),
                    format!("{} مما يجب إصلاحه:\n{list}", findings.len()),
                ),
                Bilingual::new(
                    "Correct these lines; tilld config check shows whether all is right. A running till keeps its \
                     old settings until it is restarted.",
                    "صحّح هذه الأسطر ثم تحقق بالأمر tilld config check. يبقى الجهاز العامل على إعداداته السابقة حتى يعاد تشغيله.",
                ),
            )
        }
        Configuration::Denied(because) => Check::unknown(subject, because),
    }
}

fn service(facts: &Facts) -> Check {
    let subject = Subject::Service;
    let start = || {
        Bilingual::new(
            "Start it: systemctl restart tilld. If it does not stay up, journalctl -u tilld says why.",
            "شغّلها: systemctl restart tilld. وإن توقفت فالسبب في journalctl -u tilld.",
        )
    };
    match &facts.service {
        Service::Answers(answer) if answer.version != facts.version => Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("version {} runs, and {} is installed", answer.version, facts.version),
                format!("الإصدار العامل {} والمثبت {}", answer.version, facts.version),
            ),
            Bilingual::new(
                "Restart it when no sale is under way: systemctl restart tilld.",
                "أعد تشغيلها في وقت لا بيع فيه: systemctl restart tilld.",
            ),
        ),
        Service::Answers(answer) => Check::ok(
            subject,
            format!("till {} answers, version {}", answer.till, answer.version),
            format!("الجهاز {} يجيب، الإصدار {}", answer.till, answer.version),
        ),
        Service::Stopped { socket } => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!("tilld does not run: nobody answers on {socket}"),
                format!("خدمة tilld متوقفة: لا أحد يجيب على {socket}"),
            ),
            start(),
        ),
        Service::Hangs { socket, seconds } => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!("tilld runs on {socket}, but has not answered within {seconds} s"),
                format!("خدمة tilld على {socket} لم تجب خلال {seconds} ثانية"),
            ),
            start(),
        ),
        Service::Unknown(because) => Check::unknown(subject, because),
    }
}

fn selling(answer: &ServiceAnswer) -> Check {
    match &answer.not_selling {
        None => Check::ok(Subject::Selling, "the till can sell", "الجهاز جاهز للبيع"),
        Some(reason) => Check::new(
            Subject::Selling,
            Level::Critical,
            Bilingual::new(
                format!("the till does not sell: {}", reason.en),
                format!("الجهاز لا يبيع: {}", reason.ar),
            ),
            Bilingual::new(
                "Do what the reason says; the other checks may name its cause.",
                "اتبع ما يقوله السبب، وقد تبين الفحوص الأخرى علته.",
            ),
        ),
    }
}

pub(super) fn machine_checks(facts: &Facts) -> Vec<Check> {
    let mut checks: Vec<Check> = facts.answer().map(core_dumps).into_iter().collect();
    checks.push(memory(facts));
    checks.push(machine(facts));
    checks
}

fn core_dumps(answer: &ServiceAnswer) -> Check {
    let subject = Subject::CoreDumps;
    match &answer.core_limit {
        Ok(0) => Check::ok(subject, "the daemon leaves no core dumps", "لا تترك الخدمة صورًا من ذاكرتها"),
        Ok(_) => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                "the daemon may leave a core dump, and the till's key is in its memory",
                "قد تترك الخدمة صورة من ذاكرتها وفيها مفتاح الجهاز",
            ),
            Bilingual::new(
                "Run it through its systemd unit (LimitCORE=0) and restart it.",
                "شغّلها بوحدة systemd الخاصة بها (LimitCORE=0) وأعد تشغيلها.",
            ),
        ),
        Err(because) => Check::undecided(subject, because),
    }
}

fn memory(facts: &Facts) -> Check {
    let subject = Subject::Memory;
    let free = match facts.machine.memory_available {
        Err(ref because) => return Check::undecided(subject, because),
        Ok(free) => free,
    };
    let level = match free {
        _ if free < limits::MEMORY_CRITICAL => Level::Critical,
        _ if free < limits::MEMORY_WARNING => Level::Warning,
        _ => Level::Ok,
    };
    let mib = free >> 20;
    let (en, ar) = (format!("{mib} MiB of memory are free"), format!("الذاكرة المتاحة {mib} ميبيبايت"));
    if level == Level::Ok {
        return Check::ok(subject, en, ar);
    }
    let remedy = Bilingual::new(
        "Find what takes the memory (top, then M) and end it; a browser or POS window left open for weeks is the \
         usual cause.",
        "ابحث عما يستهلك الذاكرة (top ثم M) وأغلقه، والسبب المعتاد نافذة متصفح أو نقطة بيع مفتوحة منذ أسابيع.",
    );
    Check::new(subject, level, Bilingual::new(en, ar), remedy)
}

fn machine(facts: &Facts) -> Check {
    let subject = Subject::Machine;
    let names = facts.machine.facts.join(", ");
    if facts.machine.has_hardware {
        return Check::ok(subject, format!("told apart by {names}"), format!("يتميز الجهاز بـ {names}"));
    }
    Check::new(
        subject,
        Level::Warning,
        Bilingual::new(
            "no fact of the hardware tells this machine from a copy of its disk",
            "لا يوجد في العتاد ما يميز هذا الجهاز عن نسخة من قرصه",
        ),
        Bilingual::new(
            "Seal the vault with a systemd credential (LoadCredentialEncrypted=tilld.vault-key), best on a machine \
             with TPM2, and never clone a disk that has been onboarded.",
            "اختم الخزنة ببيان اعتماد من systemd (LoadCredentialEncrypted=tilld.vault-key) ويفضل جهاز فيه TPM2، \
             ولا تنسخ قرص جهاز مسجل.",
        ),
    )
}
