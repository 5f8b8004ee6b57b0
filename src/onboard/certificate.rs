//! Whether an issued certificate is one that this till can stamp with
//! (csr.md section 5).

use thiserror::Error;

use crate::keys::{Title, UnitProfile};
use crate::stamp::{CertificateError, StampCertificate};

/// Why an issued certificate is of no use to this till.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    #[error(transparent)]
    Unreadable(#[from] CertificateError),
    /// The official sandbox gives every unit the same certificate
    /// (fatoora-api.md section 3.1).
    #[error(
        "the sandbox handed out its canned certificate, which belongs to another key: that is how the official \
         sandbox works, and nothing is wrong with this till. All compliance checks have passed; to stamp and \
         report documents, choose the simulation environment in the settings"
    )]
    SandboxCanned,
    #[error(
        "the certificate belongs to another key than this till's. Run again with a new OTP; if it happens again, \
         tell the authority's support"
    )]
    OtherKey,
    #[error(
        "the certificate is for VAT number {found}, this till is set up for {expected}. Correct the VAT number in \
         the settings, or ask for the OTP as the right taxpayer"
    )]
    OtherVat { expected: String, found: String },
    #[error(
        "the certificate allows documents `{found}`, this till needs `{expected}`. Correct the title in the \
         settings and run again with a new OTP"
    )]
    Title { expected: String, found: String },
    #[error(
        "the certificate's validity is already over by this till's clock. Check date and time of the till; if \
         they are right, run again with a new OTP"
    )]
    Expired { not_after: i64 },
}

impl Unfit {
    /// The same in Arabic.
    pub(super) fn arabic(&self) -> String {
        match self {
            Unfit::Unreadable(_) => "تعذّرت قراءة الشهادة الواردة من الهيئة. أعد المحاولة".to_owned(),
            Unfit::SandboxCanned => "أعطت البيئة التجريبية شهادتها الثابتة التي لا تخص مفتاح هذا الجهاز: هكذا تعمل \
                البيئة التجريبية الرسمية ولا خلل في الجهاز. نجحت كل اختبارات الامتثال؛ للختم والإبلاغ اختر بيئة المحاكاة في الإعدادات"
                .to_owned(),
            Unfit::OtherKey => "الشهادة تخص مفتاحًا آخر غير مفتاح هذا الجهاز. أعد التشغيل برمز تحقق جديد، \
                وإن تكرر ذلك فأبلغ دعم الهيئة"
                .to_owned(),
            Unfit::OtherVat { expected, found } => format!(
                "الشهادة للرقم الضريبي {found} بينما أُعدّ هذا الجهاز للرقم {expected}. صحّح الرقم الضريبي في الإعدادات \
                 أو اطلب رمز التحقق باسم المكلف الصحيح"
            ),
            Unfit::Title { expected, found } => format!(
                "تسمح الشهادة بالفواتير `{found}` بينما يحتاج هذا الجهاز `{expected}`. صحّح نوع الفواتير في الإعدادات وأعد التشغيل برمز تحقق جديد"
            ),
            Unfit::Expired { .. } => "انتهت صلاحية الشهادة بحسب ساعة هذا الجهاز. تحقق من التاريخ والوقت، \
                وإن كانا صحيحين فأعد التشغيل برمز تحقق جديد"
                .to_owned(),
        }
    }
}

/// Reads the certificate of a token and holds it against the till's key and
/// facts. `now` is seconds since 1970, UTC.
pub(super) fn fit(
    token: &str,
    public_key_der: &[u8],
    profile: &UnitProfile,
    now: i64,
) -> Result<StampCertificate, Unfit> {
    let certificate = StampCertificate::from_token(token)?;
    if certificate.public_key_der() != public_key_der {
        return Err(Unfit::OtherKey);
    }
    if certificate.vat_number() != Some(profile.vat.as_str()) {
        let found = certificate.vat_number().unwrap_or("(none)").to_owned();
        return Err(Unfit::OtherVat { expected: profile.vat.clone(), found });
    }
    let title = certificate.title().unwrap_or_default();
    if !Title::parse(&profile.title).is_some_and(|wanted| wanted.is_within(title)) {
        return Err(Unfit::Title { expected: profile.title.clone(), found: title.to_owned() });
    }
    if certificate.not_after() <= now {
        return Err(Unfit::Expired { not_after: certificate.not_after() });
    }
    Ok(certificate)
}
