//! What the states of a bundle mean, and why a till may not stamp, in words for
//! people who know nothing of certificates, in English and Arabic.

use thiserror::Error;

use super::device::Device;
use crate::text::Bilingual;

/// Why a till may not stamp documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoStamp {
    #[error(
        "this till has no certificate yet. Ask for a one-time password (OTP) on the Fatoora portal and run \
         `tilld onboard`"
    )]
    NoIdentity,
    /// `since`: seconds since 1970, UTC.
    #[error(
        "this till's certificate has expired, and what it would issue now would be rejected. Check date and time \
         of the till first. If they are right, ask for a one-time password (OTP) on the Fatoora portal and run \
         `tilld renew`; if the authority refuses that, run `tilld onboard --replace TILLNAME`"
    )]
    Expired { since: i64 },
    #[error(
        "the authority does not accept this till's certificate (revoked or suspended, or a fault on its side). The till \
         goes on selling, and what it issues waits. Look on the Fatoora portal what became of the certificate and of \
         the VAT registration. If the certificate is revoked, ask for a one-time password (OTP) there and run \
         `tilld onboard --replace TILLNAME`; if it is good, run `tilld renew` again later"
    )]
    Revoked,
    #[error(
        "the sandbox handed out its canned certificate, which belongs to another key, so this till cannot stamp with \
         it. Nothing is wrong with the till: choose the simulation environment in the settings and run `tilld onboard`"
    )]
    SandboxCanned,
}

impl NoStamp {
    /// The whole message in both languages.
    pub fn words(&self) -> Bilingual {
        let arabic = match self {
            NoStamp::NoIdentity => {
                "لا توجد شهادة لهذا الجهاز بعد. اطلب رمز تحقق (OTP) من بوابة فاتورة ونفّذ الأمر tilld onboard"
            }
            NoStamp::Expired { .. } => {
                "انتهت صلاحية شهادة هذا الجهاز وستُرفض أي فاتورة يصدرها الآن. تحقق أولًا من تاريخ الجهاز ووقته، فإن كانا \
                 صحيحين فاطلب رمز تحقق (OTP) من بوابة فاتورة ونفّذ الأمر tilld renew، وإن رفضته الهيئة فنفّذ \
                 tilld onboard --replace مع اسم الجهاز"
            }
            NoStamp::Revoked => {
                "لا تقبل الهيئة شهادة هذا الجهاز (أُلغيت أو عُلّقت، أو لخلل عند الهيئة). يستمر البيع وتنتظر الفواتير. راجع حالة \
                 الشهادة والتسجيل الضريبي في بوابة فاتورة. إن كانت ملغاة فاطلب رمز تحقق (OTP) منها ونفّذ الأمر \
                 tilld onboard --replace مع اسم الجهاز، وإن كانت سارية فأعد tilld renew لاحقًا"
            }
            NoStamp::SandboxCanned => {
                "أعطت البيئة التجريبية شهادتها الثابتة التي تخص مفتاحًا آخر فلا يمكن الختم بها. لا خلل في الجهاز: اختر بيئة \
                 المحاكاة في الإعدادات ونفّذ الأمر tilld onboard"
            }
        };
        Bilingual::new(self.to_string(), arabic)
    }
}

/// What onboarding and renewal tell while they run.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// The bundle in the making has come to this state, and it is stored.
    State(&'a Device),
    /// What was begun is not gone on with.
    StartedOver(StartedOver),
}

/// Why a bundle in the making began anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedOver {
    /// The shop corrected its facts; the key stays.
    Facts,
    /// The settings name another environment; a new key is made.
    Environment,
    /// A renewal is wanted instead of a replacement, or the reverse; a new key
    /// is made.
    Road,
}

impl StartedOver {
    /// The same in words.
    pub fn words(self) -> Bilingual {
        match self {
            StartedOver::Facts => Bilingual::new(
                "the settings of this unit have changed since the last attempt: the certificate request is made anew",
                "تغيّرت بيانات هذه الوحدة في الإعدادات منذ المحاولة السابقة، لذلك يُعدّ طلب الشهادة من جديد",
            ),
            StartedOver::Environment => Bilingual::new(
                "the settings name another environment than at the last attempt: it begins anew with a new key",
                "تشير الإعدادات إلى بيئة غير بيئة المحاولة السابقة، لذلك يبدأ التسجيل من جديد بمفتاح جديد",
            ),
            StartedOver::Road => Bilingual::new(
                "the last attempt was of the other kind (a replacement instead of a renewal, or the reverse): it is \
                 given up, and a new one begins with a new key",
                "كانت المحاولة السابقة من النوع الآخر (استبدال بدل التجديد أو العكس)، لذلك تُترك وتبدأ محاولة جديدة بمفتاح جديد",
            ),
        }
    }
}

impl Device {
    /// What the state means, in one sentence for people.
    pub fn words(&self) -> Bilingual {
        let (english, arabic) = match self {
            Device::Blank => ("nothing has been made yet", "لم يبدأ شيء بعد"),
            Device::KeyMade => ("the key is made and sealed", "أُنشئ المفتاح وحُفظ مختومًا"),
            Device::CsrMade { unanswered: 0 } => (
                "the certificate request is made; a one-time password (OTP) is needed",
                "أُعدّ طلب الشهادة ويلزم رمز تحقق (OTP)",
            ),
            Device::CsrMade { .. } => (
                "the certificate request was sent and the answer has not come; if it is lost, the OTP may be used up",
                "أُرسل طلب الشهادة ولم يصل الرد، وإن فُقد الرد فربما استُهلك رمز التحقق",
            ),
            Device::OtpRefused { .. } => (
                "the authority refused the OTP; a new one is needed",
                "رفضت الهيئة رمز التحقق ويلزم رمز جديد",
            ),
            Device::Compliance { .. } => (
                "the compliance certificate is here; the checks come next",
                "وصلت شهادة الامتثال والخطوة التالية اختبارات الامتثال",
            ),
            Device::Checking { done, of, .. } => {
                return Bilingual::new(
                    format!("{done} of {of} compliance checks are passed"),
                    format!("اجتاز الجهاز {done} من {of} من اختبارات الامتثال"),
                );
            }
            Device::ChecksFailed { .. } => (
                "the authority found a fault in a compliance document; correct the settings and run again",
                "وجدت الهيئة خطأ في أحد مستندات الامتثال، صحّح الإعدادات وأعد التشغيل",
            ),
            Device::SandboxCanned => return NoStamp::SandboxCanned.words(),
            Device::Active { .. } => ("the certificate is good", "الشهادة سارية"),
            Device::Expired { since } => return NoStamp::Expired { since: *since }.words(),
            Device::Revoked => return NoStamp::Revoked.words(),
        };
        Bilingual::new(english, arabic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_words_in_two_languages() {
        let id = || "1".to_owned();
        let states = [
            Device::Blank,
            Device::KeyMade,
            Device::CsrMade { unanswered: 0 },
            Device::CsrMade { unanswered: 1 },
            Device::OtpRefused { answer_lost: false },
            Device::Compliance { request_id: id() },
            Device::Checking { request_id: id(), done: 2, of: 6 },
            Device::ChecksFailed { request_id: id(), done: 2, of: 6, findings: Vec::new() },
            Device::SandboxCanned,
            Device::Active { until: 9 },
            Device::Expired { since: 9 },
            Device::Revoked,
        ];
        let begun = [StartedOver::Facts, StartedOver::Environment, StartedOver::Road];
        let words = states.iter().map(Device::words).chain(begun.map(StartedOver::words));
        for words in words.chain([NoStamp::NoIdentity.words()]) {
            assert!(words.en.len() > 15 && words.en.is_ascii(), "{}", words.en);
            assert!(words.ar.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)), "{}", words.ar);
        }
    }
}
