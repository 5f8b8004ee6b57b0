//! The Arabic words of what can stop an onboarding or a renewal.

use super::error::{OnboardError, shown};
use super::record::RecordError;
use super::trouble::trouble_arabic;
use crate::keys::{KeyError, VaultError};

impl OnboardError {
    pub(super) fn arabic(&self) -> String {
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
                format!("رفضت الهيئة طلب الشهادة{}. صحّح ما تذكره في الإعدادات وأعد التشغيل، واطلب رمزًا جديدًا إن لم يعد الرمز مقبولًا", shown(messages))
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
                "رفضت الهيئة إصدار شهادة الإنتاج{}. اطلب رمز تحقق جديدًا وأعد التشغيل، وإن استمر ذلك فأبلغ دعم الهيئة",
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
                 أو نفّذ tilld onboard --replace مع اسم الجهاز إن أردت له هوية أخرى فعلًا، وتُحفظ الهوية القديمة حتى تُرسل فواتيرها"
            ),
            OnboardError::Ended(why) => why.words().ar,
            OnboardError::NothingToRenew => {
                "لا توجد شهادة لهذا الجهاز بعد فلا شيء يُجدَّد. اطلب رمز تحقق من بوابة فاتورة ونفّذ الأمر tilld onboard".to_owned()
            }
            OnboardError::RenewalElsewhere { environment, vat } => format!(
                "شهادة هذا الجهاز للرقم الضريبي {vat} في بيئة {environment} بينما تذكر الإعدادات غير ذلك، والتجديد لا يغيّرهما. \
                 أعد الإعدادات السابقة، أو نفّذ tilld onboard --replace مع اسم الجهاز إن أردت له هوية أخرى فعلًا"
            ),
            OnboardError::OldRefused { expired, answer_lost } => old_refused(*expired, *answer_lost).to_owned(),
            OnboardError::Clock => "تاريخ الجهاز غير معقول. اضبط التاريخ والوقت وأعد التشغيل".to_owned(),
            OnboardError::Sample { .. } | OnboardError::Seal(_) => {
                "تعذّر إعداد مستند الامتثال. تحقق من بيانات البائع في الإعدادات".to_owned()
            }
            OnboardError::Csr(_) => "تعذّر إعداد طلب الشهادة. تحقق من بيانات الجهاز في الإعدادات".to_owned(),
            OnboardError::Key(error) => key(error).to_owned(),
            OnboardError::Record(error) => record(error).to_owned(),
            OnboardError::Forbidden(_) => "خلل في البرنامج. أبلغ الجهة المطوّرة".to_owned(),
        }
    }
}

const fn old_refused(expired: bool, answer_lost: bool) -> &'static str {
    match (expired, answer_lost) {
        (true, _) => {
            "لا تجدد الهيئة شهادة هذا الجهاز لأنها انتهت، ولم يُستهلك رمز التحقق. نفّذ به الأمر \
             tilld onboard --replace مع اسم الجهاز ليحصل على شهادة جديدة، وتُحفظ القديمة حتى تُرسل فواتيرها"
        }
        (false, true) => {
            "لم تعد الهيئة تقبل شهادة هذا الجهاز: انقطع تجديد سابق قبل وصول الرد وربما أُلغيت به. لم يُستهلك رمز التحقق، \
             فنفّذ به الأمر tilld onboard --replace مع اسم الجهاز ليحصل على شهادة جديدة، وتُحفظ القديمة حتى تُرسل فواتيرها"
        }
        (false, false) => {
            "لم تعد الهيئة تقبل شهادة هذا الجهاز: أُلغيت أو عُلّقت (من البوابة أو لانتهاء التسجيل الضريبي)، أو انتهت وساعة \
             الجهاز خاطئة. لم يُستهلك رمز التحقق. راجع الشهادة في بوابة فاتورة، فإن كانت قد انتهت فعلًا فنفّذ الأمر \
             tilld onboard --replace مع اسم الجهاز ليحصل على شهادة جديدة، وتُحفظ القديمة"
        }
    }
}

const fn record(error: &RecordError) -> &'static str {
    match error {
        RecordError::Key(error) => key(error),
        RecordError::Vault(VaultError::Busy { .. }) => {
            "نسخة أخرى من البرنامج تعمل على مجلد المفاتيح نفسه. انتظر حتى تنتهي أو أوقفها"
        }
        RecordError::Vault(VaultError::TooOpen { .. } | VaultError::Owner { .. }) => {
            "صلاحيات مجلد المفاتيح أو مالكه غير صحيحة. صحّحها كما تبيّن الرسالة الإنجليزية وأعد التشغيل"
        }
        RecordError::Vault(
            VaultError::KeyMissing { .. } | VaultError::KeyDamaged { .. } | VaultError::BlobDamaged { .. },
        ) => {
            "تعذّر فتح مجلد المفاتيح: نُقل من جهاز آخر أو تغيّر أو فُقد مفتاحه. على جهازه الأصلي استعد المجلد كاملًا من نسخة \
             احتياطية، أما الجهاز الجديد فيُسجَّل جهازًا مستقلًا"
        }
        RecordError::Newer { .. } => "كُتبت هوية هذا الجهاز بإصدار أحدث من البرنامج. ثبّت الإصدار الأحدث من جديد",
        RecordError::Unreadable(_) | RecordError::Incomplete { .. } => {
            "الهوية المحفوظة تالفة. استعد مجلد المفاتيح من نسخة احتياطية، أو انقله إلى مكان آمن وسجّل الجهاز من جديد"
        }
        RecordError::State(_) => "خلل في البرنامج. أبلغ الجهة المطوّرة",
        RecordError::Vault(_) => "تعذّر استخدام مجلد المفاتيح. اعرض الرسالة الإنجليزية على الدعم الفني",
    }
}

const fn key(error: &KeyError) -> &'static str {
    match error {
        KeyError::Token(error) => error.arabic(),
        _ => "تعذّر إنشاء مفتاح الختم أو فتحه. أعد تشغيل الجهاز وحاول من جديد",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fatoora::{Environment, SetupFault};
    use crate::onboard::{NoStamp, Trouble, Unfit};

    fn all() -> Vec<OnboardError> {
        use OnboardError as E;
        let (environment, vat) = (Environment::Production, String::new);
        let path = std::path::PathBuf::new;
        let records = [
            RecordError::Key(KeyError::Randomness),
            RecordError::Vault(VaultError::Busy { path: path() }),
            RecordError::Vault(VaultError::KeyMissing { path: path() }),
            RecordError::Vault(VaultError::BlobDamaged { path: path() }),
            RecordError::Vault(VaultError::TooOpen { path: path(), mode: 0o644, right: 0o600 }),
            RecordError::Vault(VaultError::Randomness),
            RecordError::Newer { found: 3 },
            RecordError::Unreadable(String::new()),
            RecordError::Incomplete { state: "active", what: "key" },
        ];
        let unfit = [
            Unfit::SandboxCanned,
            Unfit::OtherKey,
            Unfit::OtherVat { expected: vat(), found: vat() },
            Unfit::Title { expected: vat(), found: vat() },
            Unfit::Expired { not_after: 0 },
        ];
        let troubles =
            [Trouble::Offline, Trouble::Lost, Trouble::Unavailable, Trouble::Throttled].into_iter().chain(
                [SetupFault::Credentials, SetupFault::Forbidden, SetupFault::Certificate].map(Trouble::Setup),
            );
        let flags = [(false, false), (false, true), (true, false)];
        let mut all = vec![
            E::Profile(Vec::new()),
            E::WrongTemplate { environment },
            E::CsrRefused(Vec::new()),
            E::ChecksFailed { step: "standard-compliant", findings: Vec::new() },
            E::MissingSteps(Vec::new()),
            E::ProductionRefused(Vec::new()),
            E::ComplianceLapsed,
            E::AlreadyActive { environment, vat: vat() },
            E::NothingToRenew,
            E::RenewalElsewhere { environment, vat: vat() },
            E::Clock,
            E::Sample { step: "standard-compliant", why: String::new() },
        ];
        all.extend(flags.map(|(expired, answer_lost)| E::OldRefused { expired, answer_lost }));
        all.extend([true, false].map(|answer_lost| E::OtpNeeded { answer_lost }));
        all.extend([true, false].map(|answer_lost| E::OtpRefused { answer_lost }));
        all.extend([NoStamp::Expired { since: 0 }, NoStamp::Revoked, NoStamp::NoIdentity].map(E::Ended));
        all.extend(records.map(E::Record));
        all.extend(unfit.map(E::Certificate));
        all.extend(troubles.map(|trouble| E::Network { trouble, detail: String::new() }));
        all
    }

    #[test]
    fn whatever_stops_it_is_said_in_two_languages() {
        for error in all() {
            let words = error.words();
            let arabic = words.ar.chars().filter(|c| ('\u{600}'..='\u{6ff}').contains(c)).count();
            assert!(words.en.len() > 30 && arabic > 15, "{error:?}: {words:?}");
            assert!(words.en.is_ascii(), "{}", words.en);
        }
    }

    /// No word sends anyone to move a vault that holds an identity.
    #[test]
    fn an_identity_is_never_moved_away_by_our_words() {
        for error in all().iter().filter(|error| !matches!(error, OnboardError::Record(_))) {
            let words = error.words();
            assert!(!words.en.contains("vault") && !words.ar.contains("مجلد المفاتيح"), "{words:?}");
        }
    }
}
