//! What each entry says, in both languages, and what does it.

use super::{CertificateAlarm, Entry, Held, Kind, Paper, Raised, Rejected, Urgency, urgency};
use crate::fatoora::SetupFault;
use crate::report::brake::PauseReason;
use crate::report::settle::HoldReason;
use crate::report::status::{Odd, Pause};
use crate::text::{Bilingual, span};

impl Entry {
    fn new(id: impl Into<String>, kind: Kind, urgency: Urgency, what: Bilingual, todo: Bilingual) -> Entry {
        Entry { id: id.into(), kind, urgency, since: None, what, todo, command: None, call: None }
    }

    /// Nobody knows since when if it is 0: the document cannot be read.
    fn since(self, since: i64) -> Entry {
        Entry { since: (since > 0).then_some(since), ..self }
    }

    fn command(self, command: impl Into<String>) -> Entry {
        Entry { command: Some(command.into()), ..self }
    }

    fn call(self, call: impl Into<String>) -> Entry {
        Entry { call: Some(call.into()), ..self }
    }
}

pub fn not_selling(why: &Bilingual, clock: bool) -> Entry {
    if clock {
        let todo = Bilingual::new(
            "Set the clock of this machine right and keep it so (a time service); the till itself never sets it.",
            "اضبط ساعة الجهاز وفعّل خدمة ضبط الوقت؛ لا يضبط tilld الساعة بنفسه.",
        );
        return Entry::new("clock", Kind::Clock, Urgency::Critical, why.clone(), todo)
            .command("tilld doctor");
    }
    let todo = Bilingual::new(
        "Nothing can be sold until this is mended; tilld doctor lists what stands in the way.",
        "لا يمكن البيع قبل معالجة ذلك؛ يعرض tilld doctor ما يمنع البيع.",
    );
    Entry::new("selling", Kind::Selling, Urgency::Critical, why.clone(), todo).command("tilld doctor")
}

pub fn stuck(alarm: &Raised) -> Entry {
    let todo = Bilingual::new(
        "Wait a minute for the service manager; then start the till anew. If it comes again, hand the log to support.",
        "انتظر دقيقة حتى يعيد مدير الخدمات التشغيل، ثم أعد تشغيل الجهاز. إن تكرر ذلك فأرسل السجل إلى الدعم.",
    );
    Entry::new(alarm.id.word(), Kind::Stuck, Urgency::Critical, alarm.words.clone(), todo)
        .since(alarm.since)
        .command("systemctl restart tilld")
}

pub fn age(alarm: &Raised) -> Entry {
    let todo = Bilingual::new(
        "Bring the line back or mend what the other entries name; the documents go by themselves then.",
        "أعد الاتصال أو عالج ما تذكره البنود الأخرى؛ ترسل المستندات بعدها تلقائيا.",
    );
    Entry::new("age", Kind::Age, urgency(alarm.level), alarm.words.clone(), todo)
        .since(alarm.since)
        .command("tilld sync now")
        .call("POST /v1/sync")
}

pub fn paused(pause: Pause, till: &str) -> Entry {
    let (urgency, todo) = match pause.reason {
        PauseReason::Offline | PauseReason::Throttled | PauseReason::Trouble => (
            Urgency::Warning,
            Bilingual::new(
                "Check cable, router and provider; tilld doctor walks the way to the platform.",
                "افحص الكابل وجهاز الشبكة ومزود الخدمة؛ يفحص tilld doctor الطريق إلى المنصة.",
            ),
        ),
        PauseReason::Setup(SetupFault::Credentials) => (
            Urgency::Critical,
            Bilingual::new(
                "Look into the Fatoora portal whether the device is revoked; then ask there for an OTP and renew.",
                "تحقق في بوابة فاتورة من إلغاء الجهاز، ثم اطلب منها رمز تحقق وجدد الشهادة.",
            ),
        ),
        PauseReason::Setup(SetupFault::Forbidden) => (
            Urgency::Critical,
            Bilingual::new(
                "Ask the network provider, or try another line; then send at once.",
                "راجع مزود الشبكة أو جرب خطا آخر، ثم أرسل فورا.",
            ),
        ),
        PauseReason::Setup(SetupFault::Address) => (
            Urgency::Critical,
            Bilingual::new(
                "Mend [fatoora] environment and base_url in the settings and start the till anew.",
                "صحح environment و base_url في قسم [fatoora] من الإعدادات وأعد تشغيل الجهاز.",
            ),
        ),
        PauseReason::Setup(SetupFault::Certificate | SetupFault::Tls) => (
            Urgency::Critical,
            Bilingual::new(
                "Mend what stands between the till and the platform (date, captive portal, proxy, extra CA file).",
                "عالج ما يعترض الطريق إلى المنصة (التاريخ أو بوابة دخول الشبكة أو الوكيل أو ملف الشهادات الإضافي).",
            ),
        ),
        PauseReason::Setup(SetupFault::Proxy) => (
            Urgency::Critical,
            Bilingual::new(
                "Mend [fatoora] proxy or its credentials in the settings, or ask who runs the proxy; then start the till anew.",
                "صحح proxy أو بيانات دخوله في قسم [fatoora] من الإعدادات، أو راجع المسؤول عن الوكيل، ثم أعد تشغيل الجهاز.",
            ),
        ),
        PauseReason::Setup(SetupFault::Method | SetupFault::Version | SetupFault::ContentType) => {
            (Urgency::Critical, Bilingual::new("Install a newer tilld.", "ثبت إصدارا أحدث من tilld."))
        }
        PauseReason::CertificatePermissions => (
            Urgency::Critical,
            Bilingual::new(
                "Mend [unit] title and the VAT number in the settings, then onboard the till anew.",
                "صحح title في قسم [unit] والرقم الضريبي في الإعدادات ثم سجل الجهاز من جديد.",
            ),
        ),
        PauseReason::NoCredentials => {
            (Urgency::Critical, Bilingual::new("Onboard the till.", "سجل الجهاز في المنصة."))
        }
    };
    let id = format!("paused:{}", pause.reason.word());
    let entry = Entry::new(id, Kind::Paused, urgency, pause.reason.message(), todo).since(pause.since);
    match pause.reason {
        PauseReason::Setup(SetupFault::Credentials) => {
            entry.command("tilld renew").call("POST /v1/identity/renewal")
        }
        PauseReason::CertificatePermissions => {
            entry.command(format!("tilld onboard --replace {till}")).call("POST /v1/identity/onboarding")
        }
        PauseReason::NoCredentials => entry.command("tilld onboard").call("POST /v1/identity/onboarding"),
        PauseReason::Setup(SetupFault::Address) => entry.command("tilld config check"),
        PauseReason::Setup(SetupFault::Forbidden) => entry.command("tilld sync now").call("POST /v1/sync"),
        _ => entry.command("tilld doctor"),
    }
}

pub fn certificate(alarm: &CertificateAlarm) -> Entry {
    let urgency = if alarm.days_left > 7 { Urgency::Warning } else { Urgency::Critical };
    let todo = Bilingual::new(
        "Ask for an OTP on the Fatoora portal and renew; selling goes on meanwhile.",
        "اطلب رمز تحقق من بوابة فاتورة ثم جدد الشهادة؛ يستمر البيع أثناء ذلك.",
    );
    Entry::new("certificate", Kind::Certificate, urgency, alarm.words.clone(), todo)
        .command("tilld renew")
        .call("POST /v1/identity/renewal")
}

pub fn clock(ahead: i64) -> Entry {
    let off = span(ahead.unsigned_abs());
    let (en, ar) =
        if ahead > 0 { ("behind", "متأخرة عن") } else { ("ahead of", "متقدمة على") };
    let what = Bilingual::new(
        format!("The till's clock is {} {en} the authority's.", off.en),
        format!("ساعة الجهاز {ar} ساعة الهيئة بمقدار {}.", off.ar),
    );
    let todo = Bilingual::new(
        "Set the clock of this machine right and keep it so (a time service); invoices carry its time.",
        "اضبط ساعة الجهاز وفعّل خدمة ضبط الوقت؛ فوقت الفاتورة يؤخذ منها.",
    );
    Entry::new("clock-off", Kind::Clock, Urgency::Warning, what, todo).command("tilld doctor")
}

pub fn odd(odd: &Odd) -> Entry {
    let http = odd.http.map_or_else(|| "-".to_owned(), |http| http.to_string());
    let detail = if odd.detail.is_empty() { String::new() } else { format!(": {}", odd.detail) };
    let what = Bilingual::new(
        format!(
            "What answers at the platform's address says nothing that can be understood (HTTP {http}{detail})."
        ),
        format!("يرد عنوان المنصة بما لا يمكن فهمه (HTTP {http}{detail})."),
    );
    let todo = Bilingual::new(
        "Documents are sent again by themselves, slowly. Look for a login page of the network, a proxy or a wrong \
         base_url; tilld doctor walks the way.",
        "يعاد إرسال المستندات تلقائيا على مهل. تحقق من صفحة دخول للشبكة أو وكيل أو base_url خاطئ؛ يفحص tilld doctor الطريق.",
    );
    Entry::new("answer", Kind::Answer, Urgency::Warning, what, todo).since(odd.since).command("tilld doctor")
}

pub fn copy(number: &str, since: i64) -> Entry {
    let what = Bilingual::new(
        format!("Fatoora already knew {number} when it was sent for the first time."),
        format!("كانت المنصة تعرف المستند {number} قبل إرساله لأول مرة."),
    );
    let todo = Bilingual::new(
        "Find out whether a copy of this till is at work (a cloned disk or virtual machine) and stop it. It happens \
         also if an earlier ledger of this till was lost. The entry goes by itself after a week.",
        "تحقق من وجود نسخة أخرى تعمل من هذا الجهاز (قرص أو جهاز افتراضي منسوخ) وأوقفها. يحدث ذلك أيضا إذا فقد سجل سابق \
         لهذا الجهاز. يختفي هذا البند تلقائيا بعد أسبوع.",
    );
    Entry::new("copy", Kind::Copy, Urgency::Critical, what, todo).since(since).command("tilld activity")
}

pub fn parked(paper: &Paper) -> Entry {
    let Paper { number, uuid, since } = paper;
    let what = Bilingual::new(
        format!("{number}, a standard document, still waits for its clearance: it is no tax invoice yet."),
        format!("المستند القياسي {number} ما زال ينتظر الاعتماد وليس فاتورة ضريبية بعد."),
    );
    let todo = Bilingual::new(
        "Do not hand it out. Bring the line back; once it is cleared, print it and give it to the buyer.",
        "لا تسلمه للعميل. أعد الاتصال، وبعد اعتماده اطبعه وسلمه للمشتري.",
    );
    Entry::new(format!("parked:{uuid}"), Kind::Parked, Urgency::Warning, what, todo)
        .since(*since)
        .command("tilld sync now")
        .call("POST /v1/sync")
}

pub fn more_parked(count: u64) -> Entry {
    let what = Bilingual::new(
        format!("{count} more standard documents wait for their clearance."),
        format!("عدد المستندات القياسية الأخرى التي تنتظر الاعتماد: {count}."),
    );
    let todo = Bilingual::new(
        "Do not hand them out. Bring the line back; tilld queue lists them.",
        "لا تسلمها للعملاء. أعد الاتصال؛ يعرضها tilld queue.",
    );
    Entry::new("parked:more", Kind::Parked, Urgency::Warning, what, todo).command("tilld queue")
}

pub fn rejected(rejected: &Rejected) -> Entry {
    let Rejected { paper: Paper { number, uuid, since }, finding } = rejected;
    let (en, ar) = match finding {
        None => (String::new(), String::new()),
        Some((code, words)) if code.is_empty() => (format!(" {}", words.en), format!(" {}", words.ar)),
        Some((code, words)) => (format!(" {code}: {}", words.en), format!(" {code}: {}", words.ar)),
    };
    let what = Bilingual::new(
        format!("Fatoora rejected {number}.{en}"),
        format!("رفضت المنصة المستند {number}.{ar}"),
    );
    let todo = Bilingual::new(
        format!(
            "`tilld show {number}` has all findings. Mend the cause in the settings, the item data or the buyer's data, \
             then issue it once more. It needs no credit note."
        ),
        format!(
            "يعرض tilld show {number} جميع الملاحظات. عالج السبب في الإعدادات أو بيانات الأصناف أو المشتري ثم أعد إصداره. \
             لا يلزم إشعار دائن."
        ),
    );
    Entry::new(format!("rejected:{uuid}"), Kind::Rejected, Urgency::Critical, what, todo)
        .since(*since)
        .command(format!("tilld correct --number {number}"))
        .call(format!("POST /v1/corrections {{\"rejected\":{{\"uuid\":\"{uuid}\"}}}}"))
}

pub fn more_rejected(count: u64) -> Entry {
    let what = Bilingual::new(
        format!("Fatoora rejected {count} more."),
        format!("عدد المستندات المرفوضة الأخرى: {count}."),
    );
    let todo = Bilingual::new(
        "Mend what rejects so many first; each shows here as the earlier ones are corrected.",
        "عالج سبب كثرة الرفض أولا؛ ويظهر كل منها هنا بعد تصحيح ما قبله.",
    );
    Entry::new("rejected:more", Kind::Rejected, Urgency::Critical, what, todo).command("tilld status")
}

pub fn held(held: &Held) -> Entry {
    let Held { paper: Paper { number, uuid, since }, reason } = held;
    let reason = HoldReason::from_word(reason);
    let why = reason.map_or_else(
        || Bilingual::new("It cannot be read from the ledger.", "تعذرت قراءته من السجل."),
        HoldReason::message,
    );
    let what = Bilingual::new(
        format!("{number} is held back. {}", why.en),
        format!("المستند {number} موقوف. {}", why.ar),
    );
    let again = || {
        Bilingual::new(
            format!(
                "`tilld show {number} --attempts` has the answers. Mend the cause, then let it go again."
            ),
            format!("يعرض tilld show {number} --attempts الردود. عالج السبب ثم أعد إرساله."),
        )
    };
    let by_hand = || {
        Bilingual::new(
            "Hand it to support; sending the same bytes again changes nothing.",
            "أحله إلى الدعم؛ فإعادة إرسال المستند نفسه لن تغير شيئا.",
        )
    };
    let back = || {
        Bilingual::new(
            "Have its entry brought back from the newest backup that verifies; then it can be released.",
            "اطلب استعادة قيده من أحدث نسخة احتياطية سليمة، ثم يمكن إعادة إرساله.",
        )
    };
    let id = format!("held:{uuid}");
    let entry = |todo| Entry::new(id, Kind::Held, Urgency::Critical, what, todo).since(*since);
    match reason {
        Some(HoldReason::TooLarge | HoldReason::FormerCertificate | HoldReason::OtherEnvironment) => {
            entry(by_hand()).command(format!("tilld show {number}"))
        }
        Some(HoldReason::Unreadable) => entry(back()).command("tilld verify"),
        None => entry(by_hand()).command("tilld verify"),
        Some(_) => entry(again())
            .command(format!("tilld release {number}"))
            .call(format!("POST /v1/sales/{uuid}/release")),
    }
}

pub fn more_held(count: u64) -> Entry {
    let what = Bilingual::new(
        format!("{count} more are held back."),
        format!("عدد المستندات الموقوفة الأخرى: {count}."),
    );
    let todo = Bilingual::new(
        "Mend the common cause; each shows here as the earlier ones are released.",
        "عالج السبب المشترك؛ ويظهر كل منها هنا بعد إعادة إرسال ما قبله.",
    );
    Entry::new("held:more", Kind::Held, Urgency::Critical, what, todo).command("tilld status")
}

pub fn elsewhere(count: u64) -> Entry {
    let what = Bilingual::new(
        format!("{count} of another environment are kept and never sent to the present one."),
        format!("عدد المستندات الصادرة لبيئة أخرى: {count}؛ تحفظ ولا ترسل إلى البيئة الحالية."),
    );
    let todo = Bilingual::new("Nothing, if they were tests.", "لا يلزم أي إجراء إن كانت تجربة.");
    Entry::new("held:other-environment", Kind::Held, Urgency::Notice, what, todo)
}

pub fn printer(fault: &Bilingual) -> Entry {
    let todo = Bilingual::new(
        "Mend the printer; what waits is printed by itself then.",
        "أصلح الطابعة؛ يطبع ما ينتظر بعدها تلقائيا.",
    );
    Entry::new("printer", Kind::Printer, Urgency::Warning, fault.clone(), todo).command("tilld doctor")
}

pub fn receipt(paper: &Paper) -> Entry {
    let Paper { number, uuid, since } = paper;
    let what = Bilingual::new(
        format!("Nobody knows whether the receipt of {number} came out."),
        format!("لا يعرف هل خرج إيصال {number} من الطابعة."),
    );
    let todo = Bilingual::new(
        "Ask the cashier. If the paper is missing, print a copy; if it is there, say so with the request .../printed.",
        "اسأل الكاشير. إن لم يخرج الإيصال فاطبع نسخة، وإن خرج فأكد ذلك بالطلب المنتهي بـ printed.",
    );
    Entry::new(format!("receipt:{uuid}"), Kind::Receipt, Urgency::Warning, what, todo)
        .since(*since)
        .command(format!("tilld reprint {number}"))
        .call(format!("POST /v1/sales/{uuid}/printed"))
}

pub fn more_receipts(count: u64) -> Entry {
    let what = Bilingual::new(
        format!("{count} more receipts may not have come out."),
        format!("عدد الإيصالات الأخرى التي قد لا تكون طبعت: {count}."),
    );
    let todo = Bilingual::new(
        "Each shows here as the earlier ones are settled.",
        "يظهر كل منها هنا بعد معالجة ما قبله.",
    );
    Entry::new("receipt:more", Kind::Receipt, Urgency::Warning, what, todo).command("tilld status")
}

pub fn witness(path: &str, fault: &str) -> Entry {
    let what = Bilingual::new(
        format!("{path} does not keep the high-water mark ({fault}). The till sells all the same."),
        format!("لا تُحفظ علامة آخر فاتورة في {path}. البيع مستمر."),
    );
    let todo = Bilingual::new("Bring the medium back.", "أعد توصيل القرص أو المجلد.");
    Entry::new(format!("witness:{path}"), Kind::Witness, Urgency::Warning, what, todo).command("tilld doctor")
}

pub fn hook(fault: &str) -> Entry {
    let what = Bilingual::new(
        format!("The command that tells people of alarms does not work: {fault}"),
        format!("الأمر الذي يبلغ عن التنبيهات لا يعمل: {fault}"),
    );
    let todo = Bilingual::new(
        "Mend [alarms] command or the program that it names. The entry goes with the next alarm that is told.",
        "صحح command في قسم [alarms] أو البرنامج الذي يشير إليه. يختفي هذا البند مع أول تنبيه يصل.",
    );
    Entry::new("hook", Kind::Hook, Urgency::Warning, what, todo).command("tilld config check")
}
