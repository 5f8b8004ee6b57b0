//! What can be wrong with naming a document that this till keeps, and with what
//! is asked of it: a credit, a correction, the use of an advance.

use super::{Bilingual, Problem};
use crate::money::Halalas;

/// A fault that only the ledger knows, with the values that make it concrete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredProblem {
    /// Nothing here answers to what was given.
    NotFound,
    /// Several documents answer to it; each by number, moment and UUID.
    Several { candidates: Vec<String> },
    /// The original was rejected, so that it is corrected and not credited.
    OriginalRejected { number: String },
    /// A standard original that the authority has not cleared yet.
    OriginalNotCleared { number: String },
    /// The stored facts do not allow a return line by line; says why, in English.
    Unfit { number: String, why: String },
    /// What the ledger itself refused, in its own words.
    Refused { words: Bilingual },
    /// A document of this till, named as one of another system.
    KeptHere { number: String },
    /// Not rejected, so that there is nothing to correct.
    NotRejected { number: String, state: &'static str },
    /// Corrected before; the UUID of the document that replaces it.
    Corrected { number: String, by: String },
    /// Not exactly one of the ways to name the rejected document.
    OneRejected { accepted: &'static [&'static str] },
    /// An amount, quantity or rate of a document that the customer holds.
    FixedAmounts,
    /// A new sale in the place of a document that the customer holds.
    SaleOnSimplified,
    /// A sale and changes at once.
    SaleAndChanges,
    /// Two reasons for the lines of one VAT subtotal; their line numbers.
    TwoReasons { first: u32, second: u32 },
    /// The certificate does not cover documents of this subtype.
    NotCovered { standard: bool },
    /// The document named as an advance is none.
    NoAdvance { number: String },
    /// The advance was rejected.
    AdvanceRejected { number: String },
    /// Number, date and time do not belong to one document.
    AdvanceDiffers { number: String, date: String, time: String },
    /// More than the advance has left, VAT included.
    AdvanceTooMuch { number: String, asked: Halalas, left: Halalas },
    /// An earlier document that is dated after today, both as `YYYY-MM-DD` in Riyadh.
    AfterToday { date: String, today: String },
    /// The VAT of a credit note is the same in the currency of its original and in riyals.
    NoteSameVat { tax: Halalas, code: &'static str },
}

impl From<StoredProblem> for Problem {
    fn from(problem: StoredProblem) -> Problem {
        Problem::Stored(problem)
    }
}

impl StoredProblem {
    /// The official rule it would break, or the till's own.
    pub fn rule(&self) -> &'static str {
        use StoredProblem as P;
        match self {
            P::NotFound => "TILLD-NOT-FOUND",
            P::Several { .. } => "TILLD-SEVERAL",
            P::OriginalRejected { .. } => "TILLD-CREDIT-OF-REJECTED",
            P::OriginalNotCleared { .. } => "TILLD-NOT-CLEARED",
            P::Unfit { .. } => "TILLD-CREDIT-UNFIT",
            P::KeptHere { .. } => "TILLD-CREDIT-KEPT-HERE",
            P::Refused { .. } => "TILLD-LEDGER",
            P::NotRejected { .. } => "TILLD-NOT-REJECTED",
            P::Corrected { .. } => "TILLD-CORRECTED",
            P::OneRejected { .. } => "TILLD-CORRECTION-OF",
            P::FixedAmounts => "TILLD-CORRECTION-FIXED",
            P::SaleOnSimplified | P::SaleAndChanges => "TILLD-CORRECTION-SALE",
            P::TwoReasons { .. } => "TILLD-TWO-REASONS",
            P::NotCovered { .. } => "TILLD-CERTIFICATE-TITLE",
            P::NoAdvance { .. } | P::AdvanceDiffers { .. } => "BR-KSA-73",
            P::AdvanceRejected { .. } => "TILLD-ADVANCE-REJECTED",
            P::AdvanceTooMuch { .. } => "TILLD-ADVANCE-TOO-MUCH",
            P::AfterToday { .. } => "BR-KSA-04",
            P::NoteSameVat { .. } => "BR-KSA-97",
        }
    }

    /// What is wrong, with the values.
    pub fn message(&self) -> Bilingual {
        use StoredProblem as P;
        match self {
            P::NotFound => {
                Bilingual::new("This till keeps no such document.", "لا يوجد مستند كهذا في هذا الجهاز.")
            }
            P::Several { candidates } => {
                let list = candidates.join("; ");
                Bilingual::new(
                    format!("Several documents answer to this: {list}."),
                    format!("أكثر من مستند يطابق ذلك: {list}."),
                )
            }
            P::OriginalRejected { number } => Bilingual::new(
                format!("The authority rejected {number}, so it cannot be credited."),
                format!("رفضت الهيئة المستند {number} فلا يصدر عليه إشعار دائن."),
            ),
            P::OriginalNotCleared { number } => Bilingual::new(
                format!("{number} is no tax invoice yet: the authority has not cleared it."),
                format!("المستند {number} ليس فاتورة ضريبية بعد، فلم تعتمده الهيئة."),
            ),
            P::Unfit { number, why } => Bilingual::new(
                format!("{number} cannot be taken back line by line: {why}."),
                format!("لا يمكن إرجاع المستند {number} سطرًا بسطر."),
            ),
            P::KeptHere { number } => Bilingual::new(
                format!("{number} was issued by this till, not by another system."),
                format!("المستند {number} صادر من هذا الجهاز وليس من نظام آخر."),
            ),
            P::Refused { words } => words.clone(),
            P::NotRejected { number, state } => Bilingual::new(
                format!("{number} is {state}, not rejected; there is nothing to correct."),
                format!("المستند {number} غير مرفوض (الحالة {state}) فلا حاجة إلى تصحيحه."),
            ),
            P::Corrected { number, by } => Bilingual::new(
                format!("{number} was corrected already, by the document {by}."),
                format!("سبق تصحيح المستند {number} بالمستند {by}."),
            ),
            P::OneRejected { .. } => Bilingual::new(
                "The rejected document must be named in exactly one way.",
                "يجب تحديد المستند المرفوض بطريقة واحدة فقط.",
            ),
            P::FixedAmounts => Bilingual::new(
                "Amounts, quantities, rates and payments stay as they are: the customer holds this receipt.",
                "المبالغ والكميات والنسب ووسائل الدفع لا تتغير، فالإيصال بيد العميل.",
            ),
            P::SaleOnSimplified => Bilingual::new(
                "A simplified document is not sold anew: the customer holds its receipt.",
                "لا تُستبدل الفاتورة المبسطة بعملية بيع جديدة، فالإيصال بيد العميل.",
            ),
            P::SaleAndChanges => Bilingual::new(
                "A new sale and changes to the old one are sent at once.",
                "أُرسلت عملية بيع جديدة وتغييرات على القديمة معًا.",
            ),
            P::TwoReasons { first, second } => Bilingual::new(
                format!("Lines {first} and {second} share one VAT subtotal, which has room for one reason."),
                format!("السطران {first} و{second} في مجموعة ضريبية واحدة لا تتسع إلا لسبب واحد."),
            ),
            P::NotCovered { standard: true } => Bilingual::new(
                "The certificate of this till covers simplified documents only.",
                "شهادة هذا الجهاز للفواتير المبسطة فقط.",
            ),
            P::NotCovered { standard: false } => Bilingual::new(
                "The certificate of this till covers standard documents only.",
                "شهادة هذا الجهاز للفواتير الضريبية غير المبسطة فقط.",
            ),
            P::NoAdvance { number } => Bilingual::new(
                format!("{number} is not the invoice of an advance."),
                format!("المستند {number} ليس فاتورة دفعة مقدمة."),
            ),
            P::AdvanceRejected { number } => Bilingual::new(
                format!("The authority rejected the advance {number}."),
                format!("رفضت الهيئة فاتورة الدفعة المقدمة {number}."),
            ),
            P::AdvanceDiffers { number, date, time } => Bilingual::new(
                format!("The advance {number} was issued on {date} at {time}; what was sent differs."),
                format!("فاتورة الدفعة المقدمة {number} صدرت في {date} الساعة {time} والمرسل مختلف."),
            ),
            P::AdvanceTooMuch { number, asked, left } => Bilingual::new(
                format!("{asked} of the advance {number} is used, but it has only {left}."),
                format!("المستخدم من الدفعة المقدمة {number} هو {asked} والمتاح {left} فقط."),
            ),
            P::AfterToday { date, today } => Bilingual::new(
                format!(
                    "An earlier document cannot be dated after today: {date} was sent, and it is {today}."
                ),
                format!("لا يمكن أن يكون تاريخ المستند السابق بعد اليوم: المرسل {date} واليوم {today}."),
            ),
            P::NoteSameVat { tax, code } => Bilingual::new(
                format!("The VAT of this credit note would be {tax} in {code} and in SAR alike."),
                format!("ضريبة هذا الإشعار الدائن {tax} متساوية بعملة {code} وبالريال."),
            ),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Bilingual {
        use StoredProblem as P;
        match self {
            P::NotFound => Bilingual::new(
                "Check what was scanned or typed. An invoice of an older system is named with original.external.",
                "راجع ما مُسح أو كُتب. فاتورة النظام السابق تُحدد بواسطة original.external.",
            ),
            P::Several { .. } => Bilingual::new("Name one by its UUID.", "حدد أحدها برقم UUID."),
            P::OriginalRejected { .. } | P::AdvanceRejected { .. } => Bilingual::new(
                "Correct it first (tilld correct), then use the corrected document.",
                "صححه أولًا (tilld correct) ثم استخدم المستند المصحح.",
            ),
            P::OriginalNotCleared { .. } => Bilingual::new(
                "Wait until it is cleared (tilld show), then send this again.",
                "انتظر حتى تعتمده الهيئة (tilld show) ثم أعد الإرسال.",
            ),
            P::Unfit { .. } => Bilingual::new(
                "Send it as original.external with its number, its date and the items that come back.",
                "أرسله في original.external برقمه وتاريخه مع الأصناف المرتجعة.",
            ),
            P::KeptHere { .. } => Bilingual::new(
                "Name it by original.number, so that what is left of it is known.",
                "حدده بواسطة original.number ليُعرف ما تبقى منه.",
            ),
            P::Refused { .. } => Bilingual::new(
                "Nothing was issued. Mend what is named, then send it again.",
                "لم يصدر شيء. صحح المذكور ثم أعد الإرسال.",
            ),
            P::NotRejected { .. } => Bilingual::new(
                "Wait for the authority's answer; take an accepted document back by a credit note.",
                "انتظر رد الهيئة، وألغ المستند المقبول بإشعار دائن.",
            ),
            P::Corrected { .. } => Bilingual::new(
                "If the newer document is rejected, too, correct that one.",
                "إن رُفض المستند الأحدث أيضًا فصححه هو.",
            ),
            P::OneRejected { accepted } => super::problem::one_of(accepted),
            P::FixedAmounts => Bilingual::new(
                "Leave it out. If the sale itself was wrong, correct the document first, then credit it and sell anew; \
                 a standard document takes a whole sale instead of changes.",
                "احذف الحقل. إن كان البيع نفسه خطأ فصحح المستند أولًا ثم أصدر إشعارًا دائنًا وبع من جديد؛ أما الفاتورة \
                 غير المبسطة فتقبل sale كاملًا بدل changes.",
            ),
            P::SaleOnSimplified => Bilingual::new(
                "Send changes instead, or neither to issue it again as it is.",
                "أرسل changes بدلًا من sale، أو لا ترسل أيًا منهما لإعادة إصداره كما هو.",
            ),
            P::SaleAndChanges => Bilingual::new("Send one of them.", "أرسل أحدهما فقط."),
            P::TwoReasons { .. } => {
                Bilingual::new("Send the same reason for both.", "أرسل السبب نفسه لكليهما.")
            }
            P::NotCovered { .. } => Bilingual::new(
                "Set [unit] title to the documents that you issue and onboard the till anew, or use another till.",
                "اضبط title في [unit] حسب ما تصدره من مستندات وأعد تسجيل الجهاز، أو استخدم جهازًا آخر.",
            ),
            P::NoAdvance { .. } => Bilingual::new(
                "Name the prepayment document that the customer got.",
                "اذكر فاتورة الدفعة المقدمة التي استلمها العميل.",
            ),
            P::AdvanceDiffers { .. } => Bilingual::new(
                "Send number, date, time and UUID of one document.",
                "أرسل الرقم والتاريخ والوقت وUUID لمستند واحد.",
            ),
            P::AdvanceTooMuch { left, .. } => {
                Bilingual::new(format!("Use at most {left}."), format!("لا تتجاوز {left}."))
            }
            P::AfterToday { .. } => {
                Bilingual::new("Send the date of issue that stands on it.", "أرسل تاريخ الإصدار المكتوب عليه.")
            }
            P::NoteSameVat { .. } => Bilingual::new(
                "Take this back together with more of the document, or the whole of it, in one credit note,                  so that its VAT is large enough to differ.",
                "أرجع ذلك مع المزيد من المستند أو كامله في إشعار دائن واحد، ليختلف مبلغ الضريبة بين العملتين.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_exist_in_both_languages() {
        let text = || "T1-000001".to_owned();
        let all = [
            StoredProblem::NotFound,
            StoredProblem::Several { candidates: vec![text()] },
            StoredProblem::OriginalRejected { number: text() },
            StoredProblem::Unfit { number: text(), why: text() },
            StoredProblem::KeptHere { number: text() },
            StoredProblem::NotRejected { number: text(), state: "Queued" },
            StoredProblem::Corrected { number: text(), by: text() },
            StoredProblem::OneRejected { accepted: &["uuid", "number"] },
            StoredProblem::FixedAmounts,
            StoredProblem::SaleOnSimplified,
            StoredProblem::SaleAndChanges,
            StoredProblem::TwoReasons { first: 1, second: 2 },
            StoredProblem::NotCovered { standard: true },
            StoredProblem::NotCovered { standard: false },
            StoredProblem::NoAdvance { number: text() },
            StoredProblem::AdvanceRejected { number: text() },
            StoredProblem::AdvanceDiffers { number: text(), date: text(), time: text() },
            StoredProblem::AdvanceTooMuch { number: text(), asked: Halalas::new(2), left: Halalas::new(1) },
            StoredProblem::AfterToday { date: "2026-03-15".to_owned(), today: "2026-03-14".to_owned() },
            StoredProblem::NoteSameVat { tax: Halalas::new(1), code: "USD" },
        ];
        let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
        for problem in all {
            assert!(problem.rule().starts_with("TILLD-") || problem.rule().starts_with("BR-"));
            for words in [problem.message(), problem.remedy()] {
                assert!(!words.en.is_empty() && !arabic(&words.en), "{}", words.en);
                assert!(arabic(&words.ar), "{}", words.ar);
            }
        }
    }
}
