//! One check: what was looked at, how bad it is, what was found, what to do.

use serde::Serialize;

use crate::text::Bilingual;

/// How bad it is, as monitoring plugins say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    Warning,
    Critical,
    /// It could not be found out.
    Unknown,
}

impl Level {
    pub const ALL: [Level; 4] = [Level::Ok, Level::Warning, Level::Critical, Level::Unknown];

    /// The exit code of a monitoring plugin.
    pub const fn exit_code(self) -> u8 {
        match self {
            Level::Ok => 0,
            Level::Warning => 1,
            Level::Critical => 2,
            Level::Unknown => 3,
        }
    }

    /// In capitals, as monitoring shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Ok => "OK",
            Level::Warning => "WARNING",
            Level::Critical => "CRITICAL",
            Level::Unknown => "UNKNOWN",
        }
    }

    pub const fn arabic(self) -> &'static str {
        match self {
            Level::Ok => "سليم",
            Level::Warning => "تحذير",
            Level::Critical => "حرج",
            Level::Unknown => "غير معروف",
        }
    }

    /// Which of two counts: what is known to be critical above what is not
    /// known, and that above a warning.
    pub const fn weight(self) -> u8 {
        match self {
            Level::Ok => 0,
            Level::Warning => 1,
            Level::Unknown => 2,
            Level::Critical => 3,
        }
    }

    #[must_use]
    pub const fn worse(self, other: Level) -> Level {
        if other.weight() > self.weight() { other } else { self }
    }
}

/// Declares what is looked at: the id for machines, the title for people.
macro_rules! subjects {
    ($( $name:ident = $id:literal, $en:literal, $ar:literal; )*) => {
        /// What a check looks at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Subject { $( $name, )* }

        impl Subject {
            pub const ALL: &'static [Subject] = &[ $( Subject::$name ),* ];

            /// Stays the same for ever: monitoring goes by it.
            pub const fn id(self) -> &'static str {
                match self { $( Subject::$name => $id, )* }
            }

            pub fn title(self) -> Bilingual {
                match self { $( Subject::$name => Bilingual::new($en, $ar), )* }
            }
        }
    };
}

subjects! {
    Configuration = "configuration", "Configuration", "الإعدادات";
    Service = "service", "Service", "الخدمة";
    Selling = "selling", "Selling", "البيع";
    Ledger = "ledger", "Ledger", "السجل";
    Mark = "mark", "High-water mark", "علامة آخر فاتورة";
    DataDirectory = "data-directory", "Data directory", "مجلد البيانات";
    FileSystem = "file-system", "File system of the data", "نظام ملفات البيانات";
    DiskSpace = "disk-space", "Disk space", "مساحة القرص";
    Anchor = "anchor", "Place of the mark", "موضع العلامة";
    Vault = "vault", "Vault", "الخزنة";
    Identity = "identity", "Key and certificate", "المفتاح والشهادة";
    Expiry = "certificate-expiry", "Validity of the certificate", "صلاحية الشهادة";
    Successor = "certificate-successor", "Renewal under way", "تجديد جارٍ";
    Seller = "certificate-seller", "Certificate and settings", "الشهادة والإعدادات";
    Environment = "environment", "Environment", "البيئة";
    Endpoint = "endpoint", "Address of the platform", "عنوان المنصة";
    ClockSet = "clock", "Clock", "الساعة";
    ClockOrder = "clock-order", "Clock and last invoice", "الساعة وآخر فاتورة";
    ClockSynchronised = "clock-synchronised", "Time synchronisation", "مزامنة الوقت";
    ClockAuthority = "clock-authority", "Clock and the platform's", "الساعة وساعة المنصة";
    NetworkName = "network-name", "Network: name", "الشبكة: الاسم";
    NetworkConnection = "network-connection", "Network: connection", "الشبكة: الاتصال";
    NetworkTls = "network-tls", "Network: encryption", "الشبكة: التشفير";
    NetworkAnswer = "network-answer", "Network: answer", "الشبكة: الرد";
    Queue = "queue", "Waiting to be reported", "بانتظار الإبلاغ";
    Reporting = "reporting", "Reporting", "الإبلاغ";
    Rejected = "rejected", "Rejected invoices", "فواتير مرفوضة";
    Held = "held", "Invoices held back", "فواتير موقوفة";
    Printer = "printer", "Printer", "الطابعة";
    Receipts = "receipts", "Receipts", "الإيصالات";
    CoreDumps = "core-dumps", "Memory kept private", "خصوصية الذاكرة";
    Memory = "memory", "Free memory", "الذاكرة المتاحة";
    Machine = "machine", "Machine", "الجهاز";
}

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub subject: Subject,
    pub level: Level,
    pub finding: Bilingual,
    /// What to do; none where nothing is to be done.
    pub remedy: Option<Bilingual>,
}

impl Check {
    pub(super) fn ok(subject: Subject, en: impl Into<String>, ar: impl Into<String>) -> Check {
        Check { subject, level: Level::Ok, finding: Bilingual::new(en, ar), remedy: None }
    }

    pub(super) fn new(subject: Subject, level: Level, finding: Bilingual, remedy: Bilingual) -> Check {
        Check { subject, level, finding, remedy: Some(remedy) }
    }

    /// It could not be found out, because.
    pub(super) fn unknown(subject: Subject, because: &Bilingual) -> Check {
        let remedy = Bilingual::new(
            "Run it as root or as the user of the service: sudo -u tilld tilld doctor",
            "شغّل الفحص بصلاحية root أو بمستخدم الخدمة: sudo -u tilld tilld doctor",
        );
        Check { subject, level: Level::Unknown, finding: because.clone(), remedy: Some(remedy) }
    }

    /// As [`Check::unknown`] where running it as somebody else changes nothing.
    pub(super) fn undecided(subject: Subject, because: &Bilingual) -> Check {
        Check { subject, level: Level::Unknown, finding: because.clone(), remedy: None }
    }
}
