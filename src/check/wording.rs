//! What each finding of the stamp's checks says to whom, in English and Arabic.
//! `{found}` and `{expected}` stand for the values of the document.

use crate::text::Bilingual;

/// What the person at the till should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Till {
    /// The document was changed after it was stamped.
    Altered,
    /// The document was made wrong.
    Reissue,
    /// The maker's certificate or settings are wrong.
    Setup,
    /// It is no invoice at all.
    File,
    /// The files do not make a chain.
    Chain,
}

macro_rules! ids {
    ($($id:ident $rule:literal $till:ident $en:literal $ar:literal $mend_en:literal $mend_ar:literal;)*) => {
        /// What can be found beyond the rules on content.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(super) enum Check {
            $(#[doc = $en] $id,)*
        }

        impl Check {
            #[cfg(test)]
            pub(super) const ALL: &'static [Check] = &[$(Check::$id,)*];

            /// The id that stands in reports.
            pub(super) const fn rule(self) -> &'static str {
                match self { $(Check::$id => $rule,)* }
            }

            const fn texts(self) -> (Till, [&'static str; 4]) {
                match self { $(Check::$id => (Till::$till, [$en, $ar, $mend_en, $mend_ar]),)* }
            }
        }
    };
}

ids! {
    NotSigned "NOT-SIGNED" Reissue
        "The document carries no stamp." "المستند لا يحمل ختمًا."
        "Issue it from a registered unit, which stamps it." "أصدره من وحدة مسجلة تختم مستنداتها.";
    HashReference "HASH-REFERENCE" Setup
        "The stamp refers to the invoice {found} times; it must do so once." "يشير الختم إلى الفاتورة {found} مرة، والصحيح مرة واحدة."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    HashUri "HASH-URI" Setup
        "The stamp refers to “{found}” instead of the document itself." "يشير الختم إلى «{found}» بدلًا من المستند نفسه."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    HashTransforms "HASH-TRANSFORMS" Setup
        "The stamp does not name the four prescribed steps of hashing: {found}." "لا يذكر الختم خطوات البصمة الأربع المقررة: {found}."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    HashMethod "HASH-METHOD" Setup
        "The hash of the invoice is said to be made by “{found}” and not by SHA-256." "بصمة الفاتورة محسوبة حسب المذكور بـ«{found}» وليس SHA-256."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    HashValue "HASH-VALUE" Altered
        "The content was changed after it was stamped: its hash is {expected}, the stamp states {found}." "تغيّر المحتوى بعد ختمه: بصمته {expected} بينما يذكر الختم {found}."
        "Get the document as it was issued; if there is none, issue a credit note and a new invoice." "احصل على المستند كما صدر؛ وإن لم يوجد فأصدر إشعارًا دائنًا وفاتورة جديدة.";
    HashForm "HASH-FORM" Reissue
        "The document has no canonical form, so that it has no hash." "لا توجد للمستند صيغة قانونية، فلا بصمة له."
        "Declare every namespace with a full URI and issue the document anew." "عرّف كل نطاق أسماء بمعرّف كامل وأصدر المستند من جديد.";
    SpReference "SP-REFERENCE" Setup
        "The stamp does not refer once to one block of signing details ({found})." "لا يشير الختم مرة واحدة إلى كتلة واحدة من بيانات التوقيع ({found})."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    SpType "SP-TYPE" Setup
        "The reference to the signing details has the type “{found}”." "نوع الإشارة إلى بيانات التوقيع هو «{found}»."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    SpMethod "SP-METHOD" Setup
        "The digest of the signing details is said to be made by “{found}” and not by SHA-256." "بصمة بيانات التوقيع محسوبة حسب المذكور بـ«{found}» وليس SHA-256."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    SpValue "SP-VALUE" Altered
        "The signing details do not have the digest that the stamp states ({found}); theirs is {expected}." "بيانات التوقيع لا توافق البصمة المذكورة في الختم ({found})، وبصمتها {expected}."
        "Get the document as it was issued; if it came so from the software, have that mended and issue it anew." "احصل على المستند كما صدر؛ وإن صدر هكذا من البرنامج فأصلحه وأصدر المستند من جديد.";
    SpLayout "SP-LAYOUT" Setup
        "The signing details are laid out differently from every official sample." "ترتيب أسطر بيانات التوقيع يخالف جميع النماذج الرسمية."
        "Have the software lay them out as the samples do: the platform has refused other layouts." "اجعل البرنامج يرتبها كما في النماذج، فقد رفضت المنصة غيرها.";
    CertCount "CERT-COUNT" Setup
        "The stamp holds {found} certificates; it must hold one." "يحتوي الختم على {found} شهادة، والصحيح شهادة واحدة."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    CertParse "CERT-PARSE" Setup
        "The certificate in the stamp cannot be read." "تعذرت قراءة الشهادة الموجودة في الختم."
        "Stamp with the certificate as the platform issued it." "اختم بالشهادة كما أصدرتها المنصة.";
    CertBlanks "CERT-BLANKS" Setup
        "The certificate's text has blanks or line breaks in it." "نص الشهادة يحتوي على فراغات أو أسطر."
        "Write the certificate in one line." "اكتب الشهادة في سطر واحد.";
    CertCurve "CERT-CURVE" Setup
        "The certificate's key is of the kind {found}; stamps need {expected}." "مفتاح الشهادة من نوع {found}، والأختام تتطلب {expected}."
        "Register the unit with a key on secp256k1 and issue the document anew." "سجّل الوحدة بمفتاح secp256k1 وأصدر المستند من جديد.";
    CertDigestMethod "CERT-DIGEST-METHOD" Setup
        "The digest of the certificate is said to be made by “{found}” and not by SHA-256." "بصمة الشهادة محسوبة حسب المذكور بـ«{found}» وليس SHA-256."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    CertDigest "CERT-DIGEST" Altered
        "The certificate is not the one that the signing details name: digest {found} instead of {expected}." "الشهادة ليست المذكورة في بيانات التوقيع: البصمة {found} بدلًا من {expected}."
        "Get the document as it was issued; if it came so from the software, have that mended." "احصل على المستند كما صدر؛ وإن صدر هكذا من البرنامج فأصلحه.";
    CertIssuer "CERT-ISSUER" Setup
        "The signing details name “{found}” as the certificate's issuer; it is “{expected}”." "تذكر بيانات التوقيع «{found}» جهة إصدار للشهادة، وهي «{expected}»."
        "Have the software write the issuer as the certificate has it." "اجعل البرنامج يكتب جهة الإصدار كما في الشهادة.";
    CertSerial "CERT-SERIAL" Setup
        "The signing details state the certificate number {found}; it is {expected}." "تذكر بيانات التوقيع رقم الشهادة {found}، وهو {expected}."
        "Have the software write the serial number in decimal digits." "اجعل البرنامج يكتب الرقم التسلسلي بالأرقام العشرية.";
    SigningTime "SIGNING-TIME" Setup
        "The signing time “{found}” is not a date and time as prescribed." "وقت التوقيع «{found}» ليس تاريخًا ووقتًا بالصيغة المقررة."
        "Write it as YYYY-MM-DDThh:mm:ss." "اكتبه بالصيغة YYYY-MM-DDThh:mm:ss.";
    CertValidity "CERT-VALIDITY" Setup
        "The document was signed on {found}; the certificate is valid {expected}." "وُقّع المستند في {found}، والشهادة صالحة {expected}."
        "Renew the certificate, check the clock, and issue the document anew." "جدّد الشهادة وتحقق من الساعة ثم أصدر المستند من جديد.";
    CertVat "CERT-VAT" Setup
        "The seller's VAT number {found} is not the one that the certificate is for ({expected})." "رقم ضريبة البائع {found} ليس الرقم الصادرة له الشهادة ({expected})."
        "Correct the seller's VAT number, or register the unit for it." "صحّح الرقم الضريبي للبائع أو سجّل الوحدة له.";
    CertNoVat "CERT-VAT" Setup
        "The certificate carries no VAT number." "الشهادة لا تحمل رقمًا ضريبيًا."
        "Stamp with the certificate that the platform issued for the unit." "اختم بالشهادة التي أصدرتها المنصة للوحدة.";
    CertExpected "CERT-EXPECTED" Setup
        "The document was stamped with another certificate than the one given (number {found})." "خُتم المستند بشهادة غير الشهادة المعطاة (رقم {found})."
        "Ask which unit issued it." "اسأل عن الوحدة التي أصدرته.";
    SigCount "SIG-COUNT" Altered
        "The document holds {found} signatures; it must hold one." "يحتوي المستند على {found} توقيعًا، والصحيح توقيع واحد."
        "Get the document as it was issued." "احصل على المستند كما صدر.";
    SigId "SIG-ID" Setup
        "The signature is named “{found}” instead of “{expected}”." "اسم التوقيع «{found}» بدلًا من «{expected}»."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    SigC14n "SIG-C14N" Setup
        "The stamp names “{found}” as its canonical form." "يذكر الختم «{found}» صيغةً قانونية له."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    SigMethod "SIG-METHOD" Setup
        "The stamp names “{found}” as its way of signing." "يذكر الختم «{found}» طريقةً للتوقيع."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    SigFrame "SIG-FRAME" Setup
        "A fixed text of the stamp is “{found}” instead of “{expected}”." "نص ثابت في الختم هو «{found}» بدلًا من «{expected}»."
        "Have the software that stamped it mended, then issue the document anew." "أصلح البرنامج الذي ختمه ثم أصدر المستند من جديد.";
    SigBase64 "SIG-BASE64" Altered
        "The signature cannot be read." "تعذرت قراءة التوقيع."
        "Get the document as it was issued." "احصل على المستند كما صدر.";
    SigNoCert "SIG-NOCERT" Setup
        "Without a readable certificate the signature cannot be checked." "لا يمكن التحقق من التوقيع دون شهادة مقروءة."
        "Stamp with the certificate as the platform issued it." "اختم بالشهادة كما أصدرتها المنصة.";
    SigDer "SIG-DER" Setup
        "The signature is not in the prescribed form (DER)." "التوقيع ليس بالصيغة المقررة (DER)."
        "Have the software write the signature in DER." "اجعل البرنامج يكتب التوقيع بصيغة DER.";
    SigValue "SIG-VALUE" Altered
        "The signature does not belong to this document and certificate." "التوقيع لا يخص هذا المستند وهذه الشهادة."
        "Get the document as it was issued; if it came so from the software, its key and certificate do not belong together." "احصل على المستند كما صدر؛ وإن صدر هكذا فالمفتاح والشهادة غير متطابقين.";
    QrMissing "QR-MISSING" Reissue
        "The document has no QR code." "المستند بلا رمز استجابة سريعة."
        "Issue the document anew with a QR code." "أصدر المستند من جديد مع رمز الاستجابة السريعة.";
    QrCount "QR-COUNT" Reissue
        "The document has {found} QR codes; it must have one." "في المستند {found} رموز استجابة سريعة، والصحيح رمز واحد."
        "Issue the document anew with one QR code." "أصدر المستند من جديد برمز واحد.";
    QrLength "QR-LENGTH" Reissue
        "The QR code has {found} characters; at most {expected} are accepted." "في رمز الاستجابة السريعة {found} حرفًا، والحد الأقصى {expected}."
        "Shorten the seller's name." "اختصر اسم البائع.";
    QrBase64 "QR-BASE64" Reissue
        "The QR code cannot be read: it is not base64." "تعذرت قراءة رمز الاستجابة السريعة: ليس بترميز base64."
        "Issue the document anew; the text may have no blanks or line breaks." "أصدر المستند من جديد؛ لا يجوز أن يحتوي النص على فراغات أو أسطر.";
    QrTlv "QR-TLV" Reissue
        "The QR code breaks off in the middle of a value." "ينقطع رمز الاستجابة السريعة في منتصف قيمة."
        "Issue the document anew." "أصدر المستند من جديد.";
    QrTlvDup "QR-TLV-DUP" Reissue
        "A value stands twice in the QR code (tags {found})." "قيمة مكررة في رمز الاستجابة السريعة (الحقول {found})."
        "Issue the document anew with each value once." "أصدر المستند من جديد بكل قيمة مرة واحدة.";
    QrTlvOrder "QR-TLV-ORDER" Reissue
        "The values of the QR code are out of order (tags {found})." "قيم رمز الاستجابة السريعة ليست بالترتيب (الحقول {found})."
        "Issue the document anew with the values in order." "أصدر المستند من جديد بالقيم مرتبة.";
    QrTlvTag "QR-TLV-TAG" Reissue
        "The QR code has a value of an unknown kind (tag {found})." "في رمز الاستجابة السريعة قيمة من نوع غير معروف (الحقل {found})."
        "Issue the document anew with tags 1 to 9 alone." "أصدر المستند من جديد بالحقول من 1 إلى 9 فقط.";
    QrTlvEmpty "QR-TLV-EMPTY" Reissue
        "Tag {found} of the QR code is empty." "الحقل {found} في رمز الاستجابة السريعة فارغ."
        "Issue the document anew with that value." "أصدر المستند من جديد بهذه القيمة.";
    QrUtf8 "QR-UTF8" Reissue
        "Tag {found} of the QR code is not readable text." "الحقل {found} في رمز الاستجابة السريعة ليس نصًا مقروءًا."
        "Issue the document anew with the text in UTF-8." "أصدر المستند من جديد بالنص بترميز UTF-8.";
    QrTag1 "QR-TAG-1" Reissue
        "The QR code names the seller “{found}”, the document “{expected}”." "يسمي رمز الاستجابة السريعة البائع «{found}» والمستند «{expected}»."
        "Issue the document anew with one name in both." "أصدر المستند من جديد باسم واحد في الموضعين.";
    QrTag2 "QR-TAG-2" Reissue
        "The QR code has the VAT number “{found}”, the document {expected}." "في رمز الاستجابة السريعة الرقم الضريبي «{found}» وفي المستند {expected}."
        "Issue the document anew with one VAT number in both." "أصدر المستند من جديد برقم ضريبي واحد في الموضعين.";
    QrTag3 "QR-TAG-3" Reissue
        "The QR code has the time “{found}”, the document {expected}." "في رمز الاستجابة السريعة الوقت «{found}» وفي المستند {expected}."
        "Issue the document anew with one date and time in both." "أصدر المستند من جديد بتاريخ ووقت واحد في الموضعين.";
    QrTag4 "QR-TAG-4" Reissue
        "The QR code has the total “{found}”, the document {expected}." "في رمز الاستجابة السريعة الإجمالي «{found}» وفي المستند {expected}."
        "Issue the document anew with the amount payable in the QR code, written alike." "أصدر المستند من جديد بالمبلغ المستحق في الرمز مكتوبًا كما في المستند.";
    QrTag4Basis "QR-TAG-4-BASIS" Reissue
        "The QR code has the total with VAT ({found}) instead of the amount payable ({expected})." "في رمز الاستجابة السريعة الإجمالي شامل الضريبة ({found}) بدلًا من المبلغ المستحق ({expected})."
        "Have the software put the amount payable there, as every official sample does." "اجعل البرنامج يضع المبلغ المستحق كما في النماذج الرسمية.";
    QrTag5 "QR-TAG-5" Reissue
        "The QR code has the VAT “{found}”, the document {expected}." "في رمز الاستجابة السريعة الضريبة «{found}» وفي المستند {expected}."
        "Issue the document anew with one VAT total in both, written alike." "أصدر المستند من جديد بإجمالي ضريبة واحد في الموضعين.";
    QrTag5Basis "QR-TAG-5-BASIS" Reissue
        "The QR code has the VAT in the invoice's currency ({found}) instead of riyals ({expected})." "في رمز الاستجابة السريعة الضريبة بعملة الفاتورة ({found}) بدلًا من الريال ({expected})."
        "Have the software put the VAT in riyals there, as every official sample does." "اجعل البرنامج يضع الضريبة بالريال كما في النماذج الرسمية.";
    QrTag6 "QR-TAG-6" Altered
        "The QR code has the hash “{found}”, the document {expected}." "في رمز الاستجابة السريعة البصمة «{found}» وللمستند {expected}."
        "Get the document as it was issued; if it came so from the software, have that mended." "احصل على المستند كما صدر؛ وإن صدر هكذا من البرنامج فأصلحه.";
    QrTag7 "QR-TAG-7" Altered
        "The signature in the QR code is not that of the stamp." "التوقيع في رمز الاستجابة السريعة ليس توقيع الختم."
        "Get the document as it was issued; if it came so from the software, have that mended." "احصل على المستند كما صدر؛ وإن صدر هكذا من البرنامج فأصلحه.";
    QrTag8 "QR-TAG-8" Altered
        "The public key in the QR code is not that of the certificate." "المفتاح العام في رمز الاستجابة السريعة ليس مفتاح الشهادة."
        "Get the document as it was issued; if it came so from the software, have that mended." "احصل على المستند كما صدر؛ وإن صدر هكذا من البرنامج فأصلحه.";
    QrTag9 "QR-TAG-9" Altered
        "The issuer's signature in the QR code is not that of the certificate." "توقيع جهة الإصدار في رمز الاستجابة السريعة ليس توقيع الشهادة."
        "Get the document as it was issued; if it came so from the software, have that mended." "احصل على المستند كما صدر؛ وإن صدر هكذا من البرنامج فأصلحه.";
    QrNoCert "QR-NOCERT" Setup
        "Without a readable certificate the QR code cannot be compared with it." "لا يمكن مقارنة رمز الاستجابة السريعة دون شهادة مقروءة."
        "Stamp with the certificate as the platform issued it." "اختم بالشهادة كما أصدرتها المنصة.";
    Icv "ICV" Reissue
        "The invoice counter is {found}; it must be one whole number from 1 on." "عدّاد الفواتير هو {found}، ويجب أن يكون عددًا صحيحًا واحدًا من 1 فما فوق."
        "Issue the document anew with the next counter of its unit." "أصدر المستند من جديد بالعدّاد التالي للوحدة.";
    PihCount "PIH-COUNT" Reissue
        "The document names {found} previous hashes; it must name one." "يذكر المستند {found} بصمة سابقة، والصحيح بصمة واحدة."
        "Issue the document anew with the hash of the one before it." "أصدر المستند من جديد ببصمة المستند السابق.";
    PihBase64 "PIH-BASE64" Reissue
        "The hash of the previous document cannot be read: “{found}”." "تعذرت قراءة بصمة المستند السابق: «{found}»."
        "Issue the document anew with the hash of the one before it." "أصدر المستند من جديد ببصمة المستند السابق.";
    PihLength "PIH-LENGTH" Reissue
        "The hash of the previous document has {found} bytes; a SHA-256 has {expected}." "بصمة المستند السابق {found} بايت، وطول SHA-256 هو {expected}."
        "Issue the document anew with the hash of the one before it." "أصدر المستند من جديد ببصمة المستند السابق.";
    PihHex "PIH-HEX" Reissue
        "The hash of the previous document is written in hexadecimal, which is for the first document's constant only." "بصمة المستند السابق مكتوبة بالست عشري، وهو لثابت المستند الأول فقط."
        "Have the software write the base64 of the 32 bytes." "اجعل البرنامج يكتب base64 للبايتات الاثنتين والثلاثين.";
    PihValue "PIH-VALUE" Reissue
        "The document follows {found}; it should follow {expected}." "يتبع المستند {found}، والصحيح أن يتبع {expected}."
        "Look for a missing document between the two." "ابحث عن مستند مفقود بينهما.";
    ExtraUuid "EXTRA-UUID" Reissue
        "The document identifier “{found}” is not a UUID." "معرّف المستند «{found}» ليس UUID."
        "Issue the document anew with a UUID in the form 8-4-4-4-12." "أصدر المستند من جديد بمعرّف UUID بالصيغة 8-4-4-4-12.";
    ExtraSubtype "EXTRA-SUBTYPE" Reissue
        "The kind of document “{found}” is not 01 or 02 and five flags." "نوع المستند «{found}» ليس 01 أو 02 متبوعًا بخمس علامات."
        "Issue the document anew with one of these kinds." "أصدر المستند من جديد بأحد هذه الأنواع.";
    ExtraProfile "EXTRA-PROFILE" Reissue
        "The process is “{found}” instead of “{expected}”." "الإجراء هو «{found}» بدلًا من «{expected}»."
        "Have the software write the fixed text." "اجعل البرنامج يكتب النص الثابت.";
    ExtraTaxCurrency "EXTRA-TAX-CURRENCY" Reissue
        "VAT is stated in “{found}” instead of {expected}." "الضريبة مذكورة بعملة «{found}» بدلًا من {expected}."
        "State VAT in riyals." "اذكر الضريبة بالريال.";
    ExtraVatTotals "EXTRA-VAT-TOTALS" Reissue
        "The two VAT totals are in one currency and differ: {found} and {expected}." "إجماليا الضريبة بعملة واحدة ومختلفان: {found} و{expected}."
        "Issue the document anew with one VAT total in both places." "أصدر المستند من جديد بإجمالي ضريبة واحد في الموضعين.";
    ExtraEmpty "EXTRA-EMPTY" Reissue
        "The field {found} is empty." "الحقل {found} فارغ."
        "Fill it or leave it out." "املأه أو احذفه.";
    ChainIcv "CHAIN-ICV" Chain
        "The counter {found} follows {expected}." "العدّاد {found} يلي {expected}."
        "Look for the missing or doubled document; counters grow by one." "ابحث عن المستند المفقود أو المكرر؛ العدّاد يزيد واحدًا.";
    ChainNoIcv "CHAIN-ICV" Chain
        "The document has no usable counter." "ليس للمستند عدّاد صالح."
        "Check this document by itself." "افحص هذا المستند وحده.";
    ChainUuid "CHAIN-UUID" Chain
        "The identifier {found} stands in {expected} as well." "المعرّف {found} موجود أيضًا في {expected}."
        "Look for a document that was copied." "ابحث عن مستند منسوخ.";
    ChainFirstPih "CHAIN-FIRST-PIH" Chain
        "The first document follows {found}; it should follow {expected}." "يتبع المستند الأول {found}، والصحيح أن يتبع {expected}."
        "Begin with the first document of the unit, or give the hash before it." "ابدأ بأول مستند للوحدة أو أعطِ البصمة التي قبله.";
    ChainFirstIcv "CHAIN-FIRST-ICV" Chain
        "The first counter is {found}, not 1." "أول عدّاد هو {found} وليس 1."
        "Begin with the first document of the unit, or give the hash before it." "ابدأ بأول مستند للوحدة أو أعطِ البصمة التي قبله.";
    ChainPih "CHAIN-PIH" Chain
        "The document follows {found}; the one before it has the hash {expected}." "يتبع المستند {found}، وبصمة الذي قبله {expected}."
        "Look for a document that was changed, left out or put in." "ابحث عن مستند عُدّل أو حُذف أو أُضيف.";
    ChainEmpty "CHAIN-EMPTY" Chain
        "There is no document with a counter." "لا يوجد مستند له عدّاد."
        "Give the documents of one unit." "أعطِ مستندات وحدة واحدة.";
    ByteOrderMark "XML-BOM" File
        "The file begins with a byte order mark." "يبدأ الملف بعلامة ترتيب البايتات."
        "Have the software write UTF-8 without it." "اجعل البرنامج يكتب UTF-8 دونها.";
    NoRule "RULE-COVERAGE" File
        "The file is no invoice: no rule applies to it." "الملف ليس فاتورة: لا تنطبق عليه أي قاعدة."
        "Give an invoice or note in UBL 2.1." "أعطِ فاتورة أو إشعارًا بصيغة UBL 2.1.";
}

impl Check {
    /// For the accountant: what is wrong.
    pub(super) fn message(self, found: &str, expected: &str) -> Bilingual {
        let (_, [en, ar, ..]) = self.texts();
        let fill = |text: &str| fill(text, found, expected);
        Bilingual::new(fill(en), fill(ar))
    }

    /// For the accountant: what to do.
    pub(super) fn remedy(self) -> Bilingual {
        let (_, [_, _, en, ar]) = self.texts();
        Bilingual::new(en, ar)
    }

    /// For the cashier: what to do now, if the document cannot stand.
    pub(super) fn cashier(self) -> Bilingual {
        self.texts().0.words()
    }
}

/// Not `replace` twice: a value may hold a placeholder.
fn fill(text: &str, found: &str, expected: &str) -> String {
    let mut out = String::with_capacity(text.len() + found.len() + expected.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let (value, name) = if rest.get(at..).is_some_and(|tail| tail.starts_with("{found}")) {
            (found, "{found}")
        } else {
            (expected, "{expected}")
        };
        out.push_str(value);
        rest = rest.get(at + name.len()..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

impl Till {
    fn words(self) -> Bilingual {
        match self {
            Till::Altered => Bilingual::new(
                "Do not accept this document or hand it out: it was changed. Set it aside and call the person in charge.",
                "لا تقبل هذا المستند ولا تسلّمه: جرى تغييره. ضعه جانبًا وأبلغ المسؤول.",
            ),
            Till::Reissue => Bilingual::new(
                "Do not give this document to the customer; tell the person in charge that it has to be issued anew.",
                "لا تسلّم هذا المستند للعميل، وأبلغ المسؤول بأنه يجب إصداره من جديد.",
            ),
            Till::Setup => Bilingual::new(
                "Do not give this document to the customer; tell the person in charge that the till which made it needs mending.",
                "لا تسلّم هذا المستند للعميل، وأبلغ المسؤول بأن نقطة البيع التي أصدرته تحتاج إلى إصلاح.",
            ),
            Till::File => Bilingual::new(
                "This file is no invoice that can be used; ask for it again where it came from.",
                "هذا الملف ليس فاتورة صالحة، اطلبه من جديد من مصدره.",
            ),
            Till::Chain => Bilingual::new(
                "Nothing to do at the till; give these files to the person in charge.",
                "لا يلزمك شيء عند نقطة البيع، سلّم هذه الملفات إلى المسؤول.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_speaks_both_languages_to_everybody() {
        for id in Check::ALL {
            let (_, texts) = id.texts();
            let [en, ar, mend_en, mend_ar] = texts;
            for text in [en, mend_en] {
                assert!(text.is_ascii() || text.contains('“'), "{id:?}: {text}");
            }
            for text in [ar, mend_ar] {
                assert!(text.chars().any(|c| ('\u{621}'..='\u{64a}').contains(&c)), "{id:?}: {text}");
            }
            for name in ["{found}", "{expected}"] {
                assert_eq!(en.contains(name), ar.contains(name), "{id:?} leaves {name} out of one language");
            }
            let filled = id.message("{expected}", "x");
            assert!(!filled.en.replace("{expected}", "").contains(['{', '}']), "{}", filled.en);
        }
    }
}
