//! What each problem says to a person, in English and Arabic.

use super::ProblemCode;

impl ProblemCode {
    /// Title and explanation, each in English and Arabic.
    pub(super) const fn words(self) -> [(&'static str, &'static str); 2] {
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
            ProblemCode::NotReleased => [
                ("The document is not sent", "لن يرسل المستند"),
                (
                    "It is not held, or it may never be sent. Nothing has changed.",
                    "المستند غير معلق أو لا يجوز إرساله أبداً. لم يتغير شيء.",
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
                    "It is too late for tilld renew: get a new one with an OTP from the Fatoora portal (tilld onboard --replace), then send the sale again with the same Idempotency-Key.",
                    "فات وقت التجديد (tilld renew): احصل على شهادة جديدة برمز تحقق من بوابة فاتورة (tilld onboard --replace) ثم أعد إرسال عملية البيع بمفتاح التكرار نفسه.",
                ),
            ],
            ProblemCode::ClearanceAway => [
                ("The authority cannot clear a document now", "لا يمكن اعتماد مستند لدى الهيئة الآن"),
                (
                    "Nothing was issued and no number was taken. Send the sale again with the same Idempotency-Key when the line is back.",
                    "لم يصدر شيء ولم يُستهلك أي رقم. أعد إرسال عملية البيع بمفتاح التكرار نفسه عند عودة الاتصال.",
                ),
            ],
            ProblemCode::AwaitingClearance => [
                ("The document is not a tax invoice", "المستند ليس فاتورة ضريبية"),
                ("Only what the authority has cleared is handed out.", "لا يُسلَّم إلا ما اعتمدته الهيئة."),
            ],
            ProblemCode::NotAllowed => [
                ("This user may not touch the till's identity", "لا يحق لهذا المستخدم تغيير هوية الجهاز"),
                (
                    "Only root and the user that tilld runs as may do this. Run the command with sudo.",
                    "هذا متاح فقط للمستخدم الجذر (root) وللمستخدم الذي يعمل به tilld. نفذ الأمر بواسطة sudo.",
                ),
            ],
            ProblemCode::InvalidIdentity => [
                ("The request for another identity is not understood", "طلب تغيير الهوية غير مفهوم"),
                ("Nothing was changed.", "لم يتغير شيء."),
            ],
            ProblemCode::IdentityBusy => [
                ("The till's identity is being changed already", "يجري تغيير هوية الجهاز بالفعل"),
                (
                    "One at a time. Wait until it has ended (tilld status shows it), then ask again.",
                    "عملية واحدة في كل مرة. انتظر انتهاءها (يظهرها tilld status) ثم أعد الطلب.",
                ),
            ],
            ProblemCode::IdentityRefused => [
                ("The till's identity was not changed", "لم تتغير هوية الجهاز"),
                ("The explanation says what to do.", "الشرح يبين ما يجب فعله."),
            ],
            ProblemCode::IdentityLater => [
                ("The till's identity was not changed yet", "لم تتغير هوية الجهاز بعد"),
                ("Ask again later: it goes on where it stopped.", "أعد الطلب لاحقاً وسيكمل من حيث توقف."),
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
