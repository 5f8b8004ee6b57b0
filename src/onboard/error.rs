//! What can stop an onboarding, in words for people who know nothing of
//! certificates, in English and Arabic.

use thiserror::Error;

use super::certificate::Unfit;
use super::device::Forbidden;
use super::record::RecordError;
use crate::fatoora::{CallError, Environment, Fault, Message, SetupFault};
use crate::invoice::Finding;
use crate::keys::csr::CsrError;
use crate::keys::{KeyError, VaultError};
use crate::stamp::SealError;
use crate::text::Bilingual;

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

/// Why the till is not active yet.
#[derive(Debug, Error)]
pub enum OnboardError {
    #[error("the till's facts are not in order ({}). Correct them in the settings and run again", listed(.0))]
    Profile(Vec<Finding>),
    #[error("{}", otp_needed(*.answer_lost))]
    OtpNeeded { answer_lost: bool },
    #[error("{}", otp_refused(*.answer_lost))]
    OtpRefused { answer_lost: bool },
    #[error(
        "the authority at this address does not issue {environment} certificates: environment and address do not \
         belong together. Correct the environment in the settings, ask for an OTP in that environment's part of \
         the portal, and run again"
    )]
    WrongTemplate { environment: Environment },
    #[error("the authority refused the certificate request{}. Correct what it names in the settings and run again", shown(.0))]
    CsrRefused(Vec<Message>),
    #[error(
        "the authority refused compliance document {step}{}. Correct what it names in the settings (mostly the \
         seller's name, VAT number or address) and run again; no new OTP is needed",
        shown(findings)
    )]
    ChecksFailed { step: &'static str, findings: Vec<Message> },
    #[error(
        "the authority still misses compliance checks{}, although it accepted them. Wait a few minutes and run \
         again; no new OTP is needed",
        shown(.0)
    )]
    MissingSteps(Vec<Message>),
    #[error("the authority refused the production certificate{}. Run again; if it stays so, move the vault away and onboard with a new OTP", shown(.0))]
    ProductionRefused(Vec<Message>),
    #[error(
        "the authority no longer accepts this till's compliance certificate (expired, or withdrawn on the portal). \
         Ask for a new OTP on the portal and run again; the key stays"
    )]
    ComplianceLapsed,
    #[error("{}", trouble_text(trouble, detail))]
    Network { trouble: Trouble, detail: String },
    #[error(transparent)]
    Certificate(#[from] Unfit),
    #[error(
        "this till already has a {environment} identity for VAT number {vat}, under other facts. It is not replaced \
         by accident: put the old settings back, or move the vault away first if this till really becomes another"
    )]
    AlreadyActive { environment: Environment, vat: String },
    #[error(
        "this till's certificate can no longer be used (state: {state}). Move the vault to a safe place and onboard \
         the till again with a new OTP"
    )]
    Ended { state: &'static str },
    #[error("the till's clock shows an impossible date. Set date and time and run again")]
    Clock,
    #[error("compliance document {step} could not be made: {why}. Check the seller's facts in the settings")]
    Sample { step: &'static str, why: String },
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Csr(#[from] CsrError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
}

impl From<VaultError> for OnboardError {
    fn from(error: VaultError) -> OnboardError {
        OnboardError::Record(RecordError::Vault(error))
    }
}

impl OnboardError {
    /// The whole message in both languages.
    pub fn words(&self) -> Bilingual {
        Bilingual::new(self.to_string(), self.arabic())
    }

    /// Whether the same run may simply be tried again later.
    pub const fn is_passing(&self) -> bool {
        use Trouble::{Lost, Offline, Throttled, Unavailable};
        matches!(
            self,
            OnboardError::Network { trouble: Offline | Lost | Unavailable | Throttled, .. }
                | OnboardError::MissingSteps(_)
        )
    }

    fn arabic(&self) -> String {
        match self {
            OnboardError::Profile(findings) => {
                let texts: Vec<String> =
                    findings.iter().map(|f| format!("{}: {}", f.field, f.message.ar)).collect();
                format!("بيانات الجهاز غير صحيحة ({}). صحّحها في الإعدادات وأعد التشغيل", texts.join("؛ "))
            }
            OnboardError::OtpNeeded { answer_lost: false } => {
                "يلزم رمز تحقق (OTP) من ستة أرقام من بوابة فاتورة، صالح لساعة واحدة ولمرة واحدة".to_owned()
            }
            OnboardError::OtpNeeded { answer_lost: true } => {
                "انقطع الطلب السابق قبل وصول الرد وربما استُهلك رمز التحقق. اطلب رمزًا جديدًا من بوابة فاتورة".to_owned()
            }
            OnboardError::OtpRefused { answer_lost } => {
                let lost = if *answer_lost { " وربما استُهلك في طلب سابق انقطع قبل وصول الرد." } else { "" };
                format!(
                    "رفضت الهيئة رمز التحقق: إما استُخدم من قبل، أو مضت عليه ساعة، أو يخص رقمًا ضريبيًا آخر أو بيئة أخرى.{lost} \
                     تحقق من الرقم الضريبي واطلب رمزًا جديدًا من بوابة فاتورة وأعد التشغيل"
                )
            }
            OnboardError::WrongTemplate { environment } => format!(
                "الجهة على هذا العنوان لا تصدر شهادات بيئة {environment}: البيئة والعنوان غير متوافقين. صحّح البيئة في الإعدادات \
                 واطلب رمز تحقق من القسم الخاص بها في البوابة وأعد التشغيل"
            ),
            OnboardError::CsrRefused(messages) => {
                format!("رفضت الهيئة طلب الشهادة{}. صحّح ما تذكره في الإعدادات وأعد التشغيل", shown(messages))
            }
            OnboardError::ChecksFailed { step, findings } => format!(
                "رفضت الهيئة مستند الامتثال {step}{}. صحّح ما تذكره في الإعدادات (غالبًا اسم البائع أو رقمه الضريبي أو عنوانه) \
                 وأعد التشغيل، ولا يلزم رمز تحقق جديد",
                shown(findings)
            ),
            OnboardError::MissingSteps(messages) => format!(
                "تقول الهيئة إن اختبارات امتثال ما زالت ناقصة{} مع أنها قبلتها. انتظر بضع دقائق وأعد التشغيل، ولا يلزم رمز تحقق جديد",
                shown(messages)
            ),
            OnboardError::ProductionRefused(messages) => format!(
                "رفضت الهيئة إصدار شهادة الإنتاج{}. أعد التشغيل، وإن استمر ذلك فانقل مجلد المفاتيح وسجّل الجهاز برمز تحقق جديد",
                shown(messages)
            ),
            OnboardError::ComplianceLapsed => {
                "لم تعد الهيئة تقبل شهادة الامتثال لهذا الجهاز (انتهت أو أُلغيت من البوابة). اطلب رمز تحقق جديدًا وأعد التشغيل، \
                 ويبقى المفتاح كما هو"
                    .to_owned()
            }
            OnboardError::Network { trouble, .. } => trouble_arabic(trouble).to_owned(),
            OnboardError::Certificate(unfit) => unfit.arabic(),
            OnboardError::AlreadyActive { environment, vat } => format!(
                "لهذا الجهاز هوية سارية في بيئة {environment} للرقم الضريبي {vat} ولا تُستبدل خطأً. أعد الإعدادات السابقة، \
                 أو انقل مجلد المفاتيح أولًا إن كان الجهاز سيصبح جهازًا آخر فعلًا"
            ),
            OnboardError::Ended { .. } => {
                "لم تعد شهادة هذا الجهاز صالحة للاستخدام. انقل مجلد المفاتيح إلى مكان آمن وسجّل الجهاز من جديد برمز تحقق جديد"
                    .to_owned()
            }
            OnboardError::Clock => "تاريخ الجهاز غير معقول. اضبط التاريخ والوقت وأعد التشغيل".to_owned(),
            OnboardError::Sample { .. } | OnboardError::Seal(_) => {
                "تعذّر إعداد مستند الامتثال. تحقق من بيانات البائع في الإعدادات".to_owned()
            }
            OnboardError::Csr(_) => "تعذّر إعداد طلب الشهادة. تحقق من بيانات الجهاز في الإعدادات".to_owned(),
            OnboardError::Key(KeyError::Token(error)) => error.words().ar,
            OnboardError::Key(_) => "تعذّر إنشاء مفتاح الختم. أعد تشغيل الجهاز وحاول من جديد".to_owned(),
            OnboardError::Record(RecordError::Vault(VaultError::Busy { .. })) => {
                "نسخة أخرى من البرنامج تعمل على مجلد المفاتيح نفسه. انتظر حتى تنتهي أو أوقفها".to_owned()
            }
            OnboardError::Record(_) => {
                "تعذّر استخدام مجلد المفاتيح. اعرض الرسالة الإنجليزية على الدعم الفني".to_owned()
            }
            OnboardError::Forbidden(_) => "خلل في البرنامج. أبلغ الجهة المطوّرة".to_owned(),
        }
    }
}

/// What a call that hands out a CSID met on its way, or `None` if the
/// authority answered with a refusal of its own.
pub(super) fn trouble(error: &CallError) -> Option<Trouble> {
    match &error.fault {
        Fault::Refused => None,
        Fault::Setup(fault) => Some(Trouble::Setup(*fault)),
        Fault::Throttled { .. } => Some(Trouble::Throttled),
        Fault::Offline(_) => Some(Trouble::Offline),
        Fault::Lost(_) => Some(Trouble::Lost),
        Fault::Unavailable | Fault::Unreadable(_) => Some(Trouble::Unavailable),
    }
}

const fn otp_needed(answer_lost: bool) -> &'static str {
    if answer_lost {
        "the last request was cut off before its answer came, and its OTP may be used up. Ask for a new OTP on the \
         Fatoora portal and give it here"
    } else {
        "a one-time password is needed: six digits from the Fatoora portal, good for one hour and one till"
    }
}

const fn otp_refused(answer_lost: bool) -> &'static str {
    if answer_lost {
        "the authority refused the OTP: an earlier request was cut off before its answer came and has probably used \
         it up. Ask for a new OTP on the Fatoora portal and run again"
    } else {
        "the authority refused the OTP: it was used before, is older than one hour, or belongs to another VAT number \
         or environment. Check the VAT number in the settings, ask for a new OTP on the Fatoora portal, and run again"
    }
}

fn trouble_text(trouble: &Trouble, detail: &str) -> String {
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
    };
    if detail.is_empty() { text.to_owned() } else { format!("{text} ({detail})") }
}

const fn trouble_arabic(trouble: &Trouble) -> &'static str {
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
    }
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!("{}: {}", f.field, f.message.en)).collect::<Vec<_>>().join("; ")
}

/// The authority's own words, the first few of them.
fn shown(messages: &[Message]) -> String {
    let texts: Vec<String> = messages
        .iter()
        .take(5)
        .map(|message| match (message.code.as_str(), message.message.as_str()) {
            ("", text) => text.to_owned(),
            (code, "") => code.to_owned(),
            (code, text) => format!("{code}: {text}"),
        })
        .collect();
    if texts.is_empty() { String::new() } else { format!(" [{}]", texts.join("; ")) }
}
