//! Problem documents (RFC 9457), in English and Arabic: the one form in which
//! the API says no.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::service::Refusal;
use crate::invoice::Finding;
use crate::text::Bilingual;

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    KeyMissing,
    KeyMalformed,
    KeyConflict,
    MediaType,
    BodyTooLarge,
    BodyTimeout,
    BodyBroken,
    MalformedJson,
    InvalidSale,
    InvalidCredit,
    InvalidCorrection,
    BadRequest,
    NoSuchRoute,
    NoSuchDocument,
    MethodNotAllowed,
    VerifyRunning,
    NotOnboarded,
    Clock,
    Expired,
    Unavailable,
    Busy,
    Stopping,
    Timeout,
    Internal,
}

/// One answer that says no.
#[derive(Clone, Debug)]
pub struct Problem {
    pub code: ProblemCode,
    /// Instead of the code's own explanation.
    pub detail: Option<Bilingual>,
    pub findings: Vec<Finding>,
}

impl ProblemCode {
    pub const ALL: [ProblemCode; 24] = [
        ProblemCode::KeyMissing,
        ProblemCode::KeyMalformed,
        ProblemCode::KeyConflict,
        ProblemCode::MediaType,
        ProblemCode::BodyTooLarge,
        ProblemCode::BodyTimeout,
        ProblemCode::BodyBroken,
        ProblemCode::MalformedJson,
        ProblemCode::InvalidSale,
        ProblemCode::InvalidCredit,
        ProblemCode::InvalidCorrection,
        ProblemCode::BadRequest,
        ProblemCode::NoSuchRoute,
        ProblemCode::NoSuchDocument,
        ProblemCode::MethodNotAllowed,
        ProblemCode::VerifyRunning,
        ProblemCode::NotOnboarded,
        ProblemCode::Clock,
        ProblemCode::Expired,
        ProblemCode::Unavailable,
        ProblemCode::Busy,
        ProblemCode::Stopping,
        ProblemCode::Timeout,
        ProblemCode::Internal,
    ];

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            ProblemCode::KeyMissing
            | ProblemCode::KeyMalformed
            | ProblemCode::BodyBroken
            | ProblemCode::MalformedJson
            | ProblemCode::BadRequest => StatusCode::BAD_REQUEST,
            ProblemCode::NoSuchRoute | ProblemCode::NoSuchDocument => StatusCode::NOT_FOUND,
            ProblemCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ProblemCode::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            ProblemCode::KeyConflict => StatusCode::CONFLICT,
            ProblemCode::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ProblemCode::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ProblemCode::InvalidSale | ProblemCode::InvalidCredit | ProblemCode::InvalidCorrection => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            ProblemCode::VerifyRunning => StatusCode::TOO_MANY_REQUESTS,
            ProblemCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ProblemCode::NotOnboarded
            | ProblemCode::Clock
            | ProblemCode::Expired
            | ProblemCode::Unavailable
            | ProblemCode::Busy
            | ProblemCode::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            ProblemCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The member `code`.
    pub const fn word(self) -> &'static str {
        match self {
            ProblemCode::KeyMissing => "idempotency-key-missing",
            ProblemCode::KeyMalformed => "idempotency-key-malformed",
            ProblemCode::KeyConflict => "idempotency-key-conflict",
            ProblemCode::MediaType => "unsupported-media-type",
            ProblemCode::BodyTooLarge => "body-too-large",
            ProblemCode::BodyTimeout => "body-timeout",
            ProblemCode::BodyBroken => "body-broken",
            ProblemCode::MalformedJson => "malformed-json",
            ProblemCode::InvalidSale => "invalid-sale",
            ProblemCode::InvalidCredit => "invalid-credit",
            ProblemCode::InvalidCorrection => "invalid-correction",
            ProblemCode::BadRequest => "bad-request",
            ProblemCode::NoSuchRoute => "no-such-route",
            ProblemCode::NoSuchDocument => "no-such-document",
            ProblemCode::MethodNotAllowed => "method-not-allowed",
            ProblemCode::VerifyRunning => "verify-running",
            ProblemCode::NotOnboarded => "not-onboarded",
            ProblemCode::Clock => "clock-not-trusted",
            ProblemCode::Expired => "certificate-expired",
            ProblemCode::Unavailable => "unavailable",
            ProblemCode::Busy => "busy",
            ProblemCode::Stopping => "stopping",
            ProblemCode::Timeout => "timeout",
            ProblemCode::Internal => "internal",
        }
    }

    /// Title and explanation, each in English and Arabic.
    const fn words(self) -> [(&'static str, &'static str); 2] {
        match self {
            ProblemCode::KeyMissing => [
                ("The sale has no Idempotency-Key", "عملية البيع بلا مفتاح تكرار (Idempotency-Key)"),
                (
                    "Send the header Idempotency-Key with a value of your own for each sale, and the same value when you ask again.",
                    "أرسل الترويسة Idempotency-Key بقيمة خاصة بكل عملية بيع، وبالقيمة نفسها عند إعادة الطلب.",
                ),
            ],
            ProblemCode::KeyMalformed => [
                ("The Idempotency-Key is not usable", "مفتاح التكرار غير صالح"),
                (
                    "An Idempotency-Key is sent once and has 1 to 127 visible ASCII characters, without spaces.",
                    "يُرسل مفتاح التكرار مرة واحدة ويتكون من 1 إلى 127 من رموز ASCII المرئية من دون فراغات.",
                ),
            ],
            ProblemCode::KeyConflict => [
                ("This Idempotency-Key belongs to another sale", "مفتاح التكرار هذا يخص عملية بيع أخرى"),
                (
                    "A sale with other content was already made under this key. Nothing was issued now. Use a new key for a new sale; to see the earlier one, look it up.",
                    "سبق إصدار عملية بيع بمحتوى مختلف بهذا المفتاح، ولم يصدر شيء الآن. استخدم مفتاحاً جديداً لعملية بيع جديدة، وابحث عن السابقة إن أردت الاطلاع عليها.",
                ),
            ],
            ProblemCode::MediaType => [
                ("The request is not JSON by its header", "الطلب ليس بصيغة JSON بحسب ترويسته"),
                (
                    "Send the body as JSON in UTF-8, uncompressed, with the header Content-Type: application/json.",
                    "أرسل المحتوى بصيغة JSON وبترميز UTF-8 من دون ضغط، مع الترويسة Content-Type: application/json.",
                ),
            ],
            ProblemCode::BodyTooLarge => [
                ("The request is too large", "الطلب أكبر من المسموح"),
                (
                    "The body exceeds the limit of this till (api.max_body). Split the sale, or leave out what does not belong to it.",
                    "يتجاوز محتوى الطلب حد هذا الجهاز (api.max_body). قسّم عملية البيع أو احذف ما لا يخصها.",
                ),
            ],
            ProblemCode::BodyTimeout => [
                ("The request did not arrive in time", "لم يصل الطلب كاملاً في الوقت المحدد"),
                (
                    "The body stopped before its end. Nothing was issued. Send the request again with the same Idempotency-Key.",
                    "توقف محتوى الطلب قبل نهايته ولم يصدر شيء. أعد إرسال الطلب بمفتاح التكرار نفسه.",
                ),
            ],
            ProblemCode::BodyBroken => [
                ("The request could not be read", "تعذرت قراءة الطلب"),
                (
                    "The connection or the framing of the body broke. Nothing was issued. Send the request again with the same Idempotency-Key.",
                    "انقطع الاتصال أو اختل تأطير المحتوى ولم يصدر شيء. أعد إرسال الطلب بمفتاح التكرار نفسه.",
                ),
            ],
            ProblemCode::MalformedJson => [
                ("The request is not JSON", "محتوى الطلب ليس JSON سليماً"),
                (
                    "The body is not one well-formed JSON document. Nothing was issued; the findings say what is wrong.",
                    "محتوى الطلب ليس مستند JSON واحداً سليماً. لم يصدر شيء، والملاحظات تبين الخطأ.",
                ),
            ],
            ProblemCode::InvalidSale => [
                ("The sale cannot be issued as it is", "لا يمكن إصدار عملية البيع بصورتها الحالية"),
                (
                    "Nothing was issued and no number was taken. Mend every finding and send the sale again.",
                    "لم يصدر شيء ولم يُستهلك أي رقم. صحح جميع الملاحظات ثم أعد إرسال عملية البيع.",
                ),
            ],
            ProblemCode::InvalidCredit => [
                ("The credit note cannot be issued as it is", "لا يمكن إصدار الإشعار الدائن بصورته الحالية"),
                (
                    "Nothing was issued and no number was taken. Mend every finding and send the credit again.",
                    "لم يصدر شيء ولم يُستهلك أي رقم. صحح جميع الملاحظات ثم أعد إرسال طلب الإرجاع.",
                ),
            ],
            ProblemCode::InvalidCorrection => [
                ("The document cannot be corrected like this", "لا يمكن تصحيح المستند بهذه الصورة"),
                (
                    "Nothing was issued and no number was taken. Mend every finding and send the correction again.",
                    "لم يصدر شيء ولم يُستهلك أي رقم. صحح جميع الملاحظات ثم أعد إرسال التصحيح.",
                ),
            ],
            ProblemCode::BadRequest => [
                ("The request is not understood", "الطلب غير مفهوم"),
                (
                    "Look up documents with exactly one of ?reference=, ?number=, ?icv= or ?qr=, or with /v1/sales/UUID.",
                    "ابحث عن المستندات بواحد فقط من ‎?reference=‎ أو ‎?number=‎ أو ‎?icv=‎ أو ‎?qr=‎، أو بالمسار ‎/v1/sales/UUID‎.",
                ),
            ],
            ProblemCode::NoSuchRoute => [
                ("There is nothing at this address", "لا يوجد شيء على هذا العنوان"),
                (
                    "The addresses are /v1/sales, /v1/sales/UUID, /v1/status, /v1/verify and /v1/sync.",
                    "العناوين المتاحة هي ‎/v1/sales‎ و‎/v1/sales/UUID‎ و‎/v1/status‎ و‎/v1/verify‎ و‎/v1/sync‎.",
                ),
            ],
            ProblemCode::NoSuchDocument => [
                ("There is no such document", "لا يوجد مستند بهذا المعرّف"),
                (
                    "This till has not issued a document with this UUID. Check it, or search by number or reference.",
                    "لم يصدر هذا الجهاز مستنداً بهذا المعرّف. تحقق منه أو ابحث بالرقم أو بالمرجع.",
                ),
            ],
            ProblemCode::MethodNotAllowed => [
                ("This address does not know the method", "هذا العنوان لا يقبل طريقة الطلب هذه"),
                (
                    "The header Allow names the methods that it knows. Issued documents are never changed or deleted.",
                    "الترويسة Allow تبين الطرق المقبولة. المستندات الصادرة لا تُعدّل ولا تُحذف أبداً.",
                ),
            ],
            ProblemCode::VerifyRunning => [
                ("The chain is being verified already", "التحقق من السلسلة جارٍ بالفعل"),
                (
                    "Wait for the verification under way to end, then ask again.",
                    "انتظر انتهاء التحقق الجاري ثم أعد الطلب.",
                ),
            ],
            ProblemCode::NotOnboarded => [
                ("The till has no certificate yet", "لا يملك الجهاز شهادة بعد"),
                (
                    "Onboard the till with an OTP from the Fatoora portal (tilld onboard), then sell.",
                    "سجّل الجهاز برمز التحقق من بوابة فاتورة (tilld onboard) ثم ابدأ البيع.",
                ),
            ],
            ProblemCode::Clock => [
                ("The till's clock cannot be trusted", "لا يمكن الوثوق بساعة الجهاز"),
                (
                    "Set the clock of the machine, then send the sale again with the same Idempotency-Key.",
                    "اضبط ساعة الجهاز ثم أعد إرسال عملية البيع بمفتاح التكرار نفسه.",
                ),
            ],
            ProblemCode::Expired => [
                ("The till's certificate has expired", "انتهت صلاحية شهادة الجهاز"),
                (
                    "Renew the certificate (tilld onboard), then send the sale again with the same Idempotency-Key.",
                    "جدد الشهادة (tilld onboard) ثم أعد إرسال عملية البيع بمفتاح التكرار نفسه.",
                ),
            ],
            ProblemCode::Unavailable => [
                ("The till cannot do this now", "لا يستطيع الجهاز تنفيذ هذا الآن"),
                ("Ask for /v1/status, which says why.", "اطلب ‎/v1/status‎ لمعرفة السبب."),
            ],
            ProblemCode::Busy => [
                ("The till is busy", "الجهاز مشغول"),
                (
                    "Too many requests wait. Send it again in a second with the same Idempotency-Key.",
                    "عدد الطلبات المنتظرة كبير. أعد الإرسال بعد ثانية بمفتاح التكرار نفسه.",
                ),
            ],
            ProblemCode::Stopping => [
                ("The till is being stopped", "يجري إيقاف الجهاز"),
                (
                    "Nothing more is taken on. Send it again with the same Idempotency-Key once the till runs.",
                    "لا تُقبل طلبات جديدة. أعد الإرسال بمفتاح التكرار نفسه بعد تشغيل الجهاز.",
                ),
            ],
            ProblemCode::Timeout => [
                ("The till did not answer in time", "لم يُجب الجهاز في الوقت المحدد"),
                (
                    "Whether the request was carried out is not known. Send it again with the same Idempotency-Key: a sale is never made twice.",
                    "لا يُعرف هل نُفذ الطلب. أعد إرساله بمفتاح التكرار نفسه، فعملية البيع لا تتكرر.",
                ),
            ],
            ProblemCode::Internal => [
                ("A fault of the till", "خلل في الجهاز"),
                (
                    "The fault is in the till's log under the X-Request-Id of this answer. Send a sale again with the same Idempotency-Key: it is never made twice.",
                    "الخلل مدوّن في سجل الجهاز تحت المعرّف X-Request-Id لهذا الرد. أعد إرسال عملية البيع بمفتاح التكرار نفسه، فهي لا تتكرر.",
                ),
            ],
        }
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Problem {
        Problem { code, detail: None, findings: Vec::new() }
    }
}

impl Problem {
    /// A problem with an explanation of its own.
    pub fn explained(code: ProblemCode, detail: Bilingual) -> Problem {
        Problem { detail: Some(detail), ..Problem::from(code) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Findings(findings) => Problem { findings, ..Problem::from(ProblemCode::InvalidSale) },
            Refusal::KeyConflict { number } => conflict(&number),
            Refusal::NotOnboarded => ProblemCode::NotOnboarded.into(),
            Refusal::Clock(detail) => Problem::explained(ProblemCode::Clock, detail),
            Refusal::Expired(detail) => Problem::explained(ProblemCode::Expired, detail),
            Refusal::Unavailable(detail) => Problem::explained(ProblemCode::Unavailable, detail),
            Refusal::Busy => ProblemCode::Busy.into(),
            Refusal::Stopping => ProblemCode::Stopping.into(),
            Refusal::Fault(text) => {
                tracing::error!(fault = %text, "a request met a fault");
                ProblemCode::Internal.into()
            }
        }
    }
}

/// Names the sale that holds the key.
fn conflict(number: &str) -> Problem {
    let detail = Bilingual::new(
        format!(
            "Invoice {number} was already issued under this key, for a sale with other content. Nothing was \
             issued now. Use a new key for a new sale; to see the earlier one, look up that invoice."
        ),
        format!(
            "سبق إصدار الفاتورة {number} بهذا المفتاح لعملية بيع بمحتوى مختلف، ولم يصدر شيء الآن. \
             استخدم مفتاحاً جديداً لعملية بيع جديدة، وابحث عن تلك الفاتورة إن أردت الاطلاع عليها."
        ),
    );
    Problem::explained(ProblemCode::KeyConflict, detail)
}

/// The members, in the order in which they are written.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    title_ar: &'a str,
    status: u16,
    detail: &'a str,
    detail_ar: &'a str,
    code: &'a str,
    findings: &'a [Finding],
    findings_total: usize,
}

/// Findings that one answer tells; a request that breaks more rules than a sale
/// can have lines was not written by a person.
const MOST_FINDINGS: usize = 500;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let [title, detail] = self.code.words();
        let own = self.detail.as_ref().map(|detail| (detail.en.as_str(), detail.ar.as_str()));
        let detail = own.unwrap_or(detail);
        let status = self.code.status();
        let body = Body {
            r#type: format!("urn:problem-type:tilld:{}", self.code.word()),
            title: title.0,
            title_ar: title.1,
            status: status.as_u16(),
            detail: detail.0,
            detail_ar: detail.1,
            code: self.code.word(),
            findings: self.findings.get(..MOST_FINDINGS).unwrap_or(&self.findings),
            findings_total: self.findings.len(),
        };
        // Texts and numbers only: writing them as JSON cannot fail.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if self.code == ProblemCode::Busy || self.code == ProblemCode::VerifyRunning {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_word_and_both_languages() {
        let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
        for (at, code) in ProblemCode::ALL.iter().enumerate() {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            for (english, translated) in code.words() {
                assert!(!english.is_empty() && !arabic(english), "{english}");
                assert!(arabic(translated), "{translated}");
            }
            assert!(ProblemCode::ALL[..at].iter().all(|other| other.word() != code.word()));
        }
    }
}
