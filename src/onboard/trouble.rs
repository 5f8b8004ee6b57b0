//! What a call to the authority met on its way, in words, in English and Arabic.

use super::error::OnboardError;
use crate::fatoora::{CallError, Fault, SetupFault};

/// Why a call could not be finished; running again goes on where it stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing has left the till.
    Offline,
    /// The connection broke; the authority may have acted.
    Lost,
    /// The authority is down or says something unreadable.
    Unavailable,
    /// The authority asks for a pause.
    Throttled,
    /// What in the set-up makes the authority refuse every call.
    Setup(SetupFault),
}

/// A call that failed before the authority judged it.
pub(super) fn network(error: &CallError) -> OnboardError {
    let detail = match &error.fault {
        Fault::Offline(detail) | Fault::Lost(detail) | Fault::Unreadable(detail) => detail.clone(),
        _ => error.http.map(|http| format!("HTTP {http}")).unwrap_or_default(),
    };
    // A refusal of its own has been dealt with where the call was made.
    OnboardError::Network { trouble: trouble(error).unwrap_or(Trouble::Unavailable), detail }
}

/// What a call that hands out a CSID met on its way, or `None` if the
/// authority answered with a refusal of its own.
fn trouble(error: &CallError) -> Option<Trouble> {
    match &error.fault {
        Fault::Refused => None,
        Fault::Setup(fault) => Some(Trouble::Setup(*fault)),
        Fault::Throttled { .. } => Some(Trouble::Throttled),
        Fault::Offline(_) => Some(Trouble::Offline),
        Fault::Lost(_) => Some(Trouble::Lost),
        Fault::Unavailable | Fault::Unreadable(_) => Some(Trouble::Unavailable),
    }
}

/// In English, with a technical detail for support.
pub(super) fn trouble_text(trouble: &Trouble, detail: &str) -> String {
    let text = match trouble {
        Trouble::Offline => {
            "the authority cannot be reached. Check the network and run again; it goes on where it stopped"
        }
        Trouble::Lost => {
            "the connection broke before the answer came. Run again; it goes on where it stopped"
        }
        Trouble::Unavailable => {
            "the authority's service is not working now. Run again later; it goes on where it stopped"
        }
        Trouble::Throttled => {
            "the authority asks for a pause. Run again in a few minutes; it goes on where it stopped"
        }
        Trouble::Setup(SetupFault::Credentials) => {
            "the authority does not accept this till's credentials. Check that environment and address belong together"
        }
        Trouble::Setup(SetupFault::Forbidden) => {
            "the authority's gateway refuses this network's address. Use another network, or tell your provider and the authority's support"
        }
        Trouble::Setup(SetupFault::Address) => {
            "nothing answers at the authority's address. Check environment and address in the settings"
        }
        Trouble::Setup(SetupFault::Method | SetupFault::Version | SetupFault::ContentType) => {
            "the authority no longer takes this form of request. Update tilld"
        }
        Trouble::Setup(SetupFault::Certificate) => {
            "the server's certificate cannot be trusted. Check date and time of the till and the network; something may be listening in between"
        }
        Trouble::Setup(SetupFault::Tls) => {
            "the server speaks no TLS that may be used (1.2 or newer), so nothing was sent to it. Use another network, or have the authority's host passed through"
        }
        Trouble::Setup(SetupFault::Proxy) => {
            "the network's proxy wants a name and a password, or others (407). Write NAME:PASSWORD into the file of [fatoora] proxy_credentials_file"
        }
    };
    if detail.is_empty() { text.to_owned() } else { format!("{text} ({detail})") }
}

/// The same in Arabic.
pub(super) const fn trouble_arabic(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Offline => "تعذّر الوصول إلى الهيئة. تحقق من الشبكة وأعد التشغيل، وسيكمل من حيث توقف",
        Trouble::Lost => "انقطع الاتصال قبل وصول الرد. أعد التشغيل، وسيكمل من حيث توقف",
        Trouble::Unavailable => "خدمة الهيئة لا تعمل الآن. أعد التشغيل لاحقًا، وسيكمل من حيث توقف",
        Trouble::Throttled => "تطلب الهيئة التمهل. أعد التشغيل بعد بضع دقائق، وسيكمل من حيث توقف",
        Trouble::Setup(SetupFault::Credentials) => {
            "لا تقبل الهيئة بيانات دخول هذا الجهاز. تحقق من توافق البيئة والعنوان"
        }
        Trouble::Setup(SetupFault::Forbidden) => {
            "ترفض بوابة الهيئة عنوان هذه الشبكة. استخدم شبكة أخرى أو أبلغ مزود الخدمة ودعم الهيئة"
        }
        Trouble::Setup(SetupFault::Address) => {
            "لا أحد يجيب على عنوان الهيئة المحدد. تحقق من البيئة والعنوان في الإعدادات"
        }
        Trouble::Setup(SetupFault::Method | SetupFault::Version | SetupFault::ContentType) => {
            "لم تعد الهيئة تقبل هذه الصيغة من الطلبات. حدّث البرنامج"
        }
        Trouble::Setup(SetupFault::Certificate) => {
            "لا يمكن الوثوق بشهادة الخادم. تحقق من تاريخ الجهاز ووقته ومن الشبكة"
        }
        Trouble::Setup(SetupFault::Tls) => {
            "لا يدعم الخادم تشفيرًا مقبولًا (TLS 1.2 أو أحدث) فلم يرسل إليه شيء. استخدم شبكة أخرى أو اطلب استثناء عنوان الهيئة"
        }
        Trouble::Setup(SetupFault::Proxy) => {
            "يطلب وسيط الشبكة اسمًا وكلمة مرور أو غيرهما (407). اكتب NAME:PASSWORD في ملف [fatoora] proxy_credentials_file"
        }
    }
}
