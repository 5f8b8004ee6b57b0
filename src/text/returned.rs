//! What can be wrong with a return, in words for the cashier and the integrator.

use super::{Bilingual, Problem};
use crate::money::{Halalas, Quantity};

/// Why a credit note is refused, with the values that make it concrete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReturnProblem {
    /// Not exactly one of the ways to name the original.
    OneOriginal { accepted: &'static [&'static str] },
    /// Not exactly one of the ways to say what comes back.
    OneWanted { accepted: &'static [&'static str] },
    /// Not exactly one of the ways to name a line.
    OneLineKey { accepted: &'static [&'static str] },
    /// A flag that means nothing unless it is true.
    OnlyTrue,
    /// No base64 text of a receipt's QR.
    QrText,
    /// An original of another system, of which no line is known here.
    ItemsNeeded,
    /// Items are priced afresh only if the original is not known here.
    ItemsForbidden,
    /// A buyer is named afresh only if the original is not known here.
    BuyerForbidden,
    /// No listed reason.
    ReasonCode { accepted: &'static [&'static str] },
    /// The original is a credit note.
    OriginalIsCredit,
    /// Nothing was named.
    NoLines,
    /// Everything came back before.
    NothingLeft,
    /// An amount of a document that cost nothing.
    NothingPaid,
    /// A number that the original does not have; `most` is its last.
    NoSuchLine { line: u32, most: u32 },
    /// A barcode or article number that the original does not have.
    NoSuchItem,
    /// Several lines have the barcode or article number.
    Ambiguous { lines: Vec<u32> },
    /// The same line twice in one request.
    LineTwice { line: u32 },
    /// All of the line came back before.
    LineGone { line: u32 },
    /// Line 0.
    LineFromOne,
    /// Zero or less.
    NothingWanted,
    /// More than is left of the line.
    TooMuch { line: u32, wanted: Quantity, left: Quantity, sold: Quantity },
    /// More than is left of the document, VAT included.
    AmountTooMuch { wanted: Halalas, left: Halalas },
    /// The means of the refund do not add up to it.
    TendersDiffer { paid: Halalas, refund: Halalas },
}

impl From<ReturnProblem> for Problem {
    fn from(problem: ReturnProblem) -> Problem {
        Problem::Return(problem)
    }
}

impl ReturnProblem {
    /// The official rule it would break, or the till's own.
    pub fn rule(&self) -> &'static str {
        match self {
            ReturnProblem::OneOriginal { .. } => "TILLD-CREDIT-ORIGINAL",
            ReturnProblem::OneWanted { .. } | ReturnProblem::OnlyTrue => "TILLD-CREDIT-WHAT",
            ReturnProblem::OneLineKey { .. } => "TILLD-CREDIT-LINE",
            ReturnProblem::QrText => "TILLD-QR",
            ReturnProblem::ItemsNeeded | ReturnProblem::ItemsForbidden => "TILLD-CREDIT-ITEMS",
            ReturnProblem::BuyerForbidden => "TILLD-CREDIT-BUYER",
            ReturnProblem::ReasonCode { .. } => "BR-KSA-17",
            ReturnProblem::OriginalIsCredit => "TILLD-CREDIT-OF-CREDIT",
            ReturnProblem::NoLines => "BR-16",
            ReturnProblem::NothingLeft | ReturnProblem::LineGone { .. } => "TILLD-CREDIT-NOTHING-LEFT",
            ReturnProblem::NothingPaid => "TILLD-CREDIT-NOTHING-PAID",
            ReturnProblem::NoSuchLine { .. } | ReturnProblem::NoSuchItem | ReturnProblem::LineFromOne => {
                "TILLD-CREDIT-NO-LINE"
            }
            ReturnProblem::Ambiguous { .. } => "TILLD-CREDIT-AMBIGUOUS",
            ReturnProblem::LineTwice { .. } => "TILLD-CREDIT-LINE-TWICE",
            ReturnProblem::NothingWanted => "BR-22",
            ReturnProblem::TooMuch { .. } | ReturnProblem::AmountTooMuch { .. } => "TILLD-CREDIT-TOO-MUCH",
            ReturnProblem::TendersDiffer { .. } => "TILLD-TENDERS-DIFFER",
        }
    }

    /// What is wrong, with the values.
    pub fn message(&self) -> Bilingual {
        match self {
            ReturnProblem::OneOriginal { .. } => Bilingual::new(
                "The original document must be named in exactly one way.",
                "يجب تحديد المستند الأصلي بطريقة واحدة فقط.",
            ),
            ReturnProblem::OneWanted { .. } => Bilingual::new(
                "What comes back must be said in exactly one way.",
                "يجب تحديد ما يُرتجع بطريقة واحدة فقط.",
            ),
            ReturnProblem::OneLineKey { .. } => Bilingual::new(
                "The line must be named in exactly one way.",
                "يجب تحديد السطر بطريقة واحدة فقط.",
            ),
            ReturnProblem::OnlyTrue => {
                Bilingual::new("Only true means something here.", "القيمة المقبولة هنا هي true فقط.")
            }
            ReturnProblem::QrText => {
                Bilingual::new("This is not the text of an invoice's QR code.", "هذا ليس نص رمز QR لفاتورة.")
            }
            ReturnProblem::ItemsNeeded => Bilingual::new(
                "The original is not kept here, so the items that come back must be sent.",
                "المستند الأصلي غير محفوظ هنا، ولذلك يجب إرسال الأصناف المرتجعة.",
            ),
            ReturnProblem::ItemsForbidden => Bilingual::new(
                "The items of a document kept here are known and must not be sent.",
                "أصناف المستند المحفوظ هنا معروفة ولا ترسل من جديد.",
            ),
            ReturnProblem::BuyerForbidden => Bilingual::new(
                "The buyer of a document kept here is known and must not be sent.",
                "المشتري في المستند المحفوظ هنا معروف ولا يرسل من جديد.",
            ),
            ReturnProblem::ReasonCode { .. } => {
                Bilingual::new("This reason is not one of the list.", "السبب ليس من القائمة.")
            }
            ReturnProblem::OriginalIsCredit => Bilingual::new(
                "The original is a credit note, which cannot be credited.",
                "المستند الأصلي إشعار دائن ولا يمكن إصدار إشعار دائن له.",
            ),
            ReturnProblem::NoLines => {
                Bilingual::new("No line is named that comes back.", "لم يُحدد أي صنف مرتجع.")
            }
            ReturnProblem::NothingLeft => Bilingual::new(
                "Everything of this document has been credited before.",
                "سبق إصدار إشعار دائن لكامل هذا المستند.",
            ),
            ReturnProblem::NothingPaid => Bilingual::new(
                "Nothing was paid for this document, so no amount can be credited.",
                "لم يُدفع شيء مقابل هذا المستند فلا يوجد مبلغ يُرد.",
            ),
            ReturnProblem::NoSuchLine { line, most } => Bilingual::new(
                format!("The original has no line {line}; its last is {most}."),
                format!("لا يوجد في المستند الأصلي سطر رقم {line}؛ آخر سطر رقمه {most}."),
            ),
            ReturnProblem::NoSuchItem => Bilingual::new(
                "No line of the original has this code.",
                "لا يوجد في المستند الأصلي صنف بهذا الرمز.",
            ),
            ReturnProblem::Ambiguous { lines } => {
                let lines = listed(lines);
                Bilingual::new(
                    format!("Lines {lines} of the original have this code."),
                    format!("الأسطر {lines} في المستند الأصلي تحمل هذا الرمز."),
                )
            }
            ReturnProblem::LineTwice { line } => {
                Bilingual::new(format!("Line {line} is named twice."), format!("السطر {line} مكرر."))
            }
            ReturnProblem::LineGone { line } => Bilingual::new(
                format!("All of line {line} has come back before."),
                format!("سبق إرجاع كامل كمية السطر {line}."),
            ),
            ReturnProblem::LineFromOne => {
                Bilingual::new("Lines are counted from 1.", "يبدأ ترقيم الأسطر من 1.")
            }
            ReturnProblem::NothingWanted => Bilingual::new(
                "Nothing above zero is to come back.",
                "الكمية أو المبلغ المرتجع ليس أكبر من صفر.",
            ),
            ReturnProblem::TooMuch { line, wanted, left, sold } => Bilingual::new(
                format!(
                    "{wanted} of line {line} are to come back, but only {left} of the {sold} sold are left."
                ),
                format!("المطلوب إرجاعه من السطر {line} هو {wanted} والمتبقي {left} فقط من أصل {sold}."),
            ),
            ReturnProblem::AmountTooMuch { wanted, left } => Bilingual::new(
                format!("{wanted} is to be credited, but only {left} is left of this document."),
                format!("المبلغ المطلوب {wanted} والمتبقي من المستند {left} فقط."),
            ),
            ReturnProblem::TendersDiffer { paid, refund } => Bilingual::new(
                format!("The means of the refund add up to {paid}, but {refund} is refunded."),
                format!("مجموع وسائل الاسترداد {paid} والمبلغ المسترد {refund}."),
            ),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Bilingual {
        match self {
            ReturnProblem::OneOriginal { accepted }
            | ReturnProblem::OneWanted { accepted }
            | ReturnProblem::OneLineKey { accepted } => super::problem::one_of(accepted),
            ReturnProblem::ReasonCode { accepted } => {
                let accepted = accepted.join(", ");
                Bilingual::new(
                    format!("Use one of: {accepted}; or send an object with text."),
                    format!("استخدم أحد القيم: {accepted}؛ أو أرسل كائنًا فيه text."),
                )
            }
            ReturnProblem::OnlyTrue => {
                Bilingual::new("Send true or leave it out.", "أرسل true أو احذف الحقل.")
            }
            ReturnProblem::QrText => Bilingual::new(
                "Scan the receipt again, or name it by its number.",
                "امسح رمز الإيصال مرة أخرى أو اكتب رقم الفاتورة.",
            ),
            ReturnProblem::ItemsNeeded => Bilingual::new(
                "Send items with name, quantity, price and VAT, as in a sale.",
                "أرسل items بالاسم والكمية والسعر والضريبة كما في البيع.",
            ),
            ReturnProblem::ItemsForbidden => Bilingual::new(
                "Send whole, lines or amount instead.",
                "أرسل whole أو lines أو amount بدلًا منها.",
            ),
            ReturnProblem::BuyerForbidden => Bilingual::new("Leave the buyer out.", "احذف بيانات المشتري."),
            ReturnProblem::OriginalIsCredit => Bilingual::new(
                "If the credit note was a mistake, sell the goods again.",
                "إذا صدر الإشعار الدائن بالخطأ فأصدر فاتورة جديدة.",
            ),
            ReturnProblem::NoLines => Bilingual::new(
                "Name the lines that come back, or send whole.",
                "حدد الأسطر المرتجعة أو أرسل whole.",
            ),
            ReturnProblem::NothingLeft => Bilingual::new(
                "Check that it is the right receipt; its credit notes are listed with it.",
                "تأكد من الإيصال الصحيح؛ إشعاراته الدائنة مذكورة معه.",
            ),
            ReturnProblem::NothingPaid => Bilingual::new(
                "Name the lines that come back, or send whole.",
                "حدد الأسطر المرتجعة أو أرسل whole.",
            ),
            ReturnProblem::NoSuchLine { .. } | ReturnProblem::NoSuchItem | ReturnProblem::LineFromOne => {
                Bilingual::new(
                    "Check that it is the right receipt and count its lines from 1.",
                    "تأكد من الإيصال الصحيح وعدّ أسطره من 1.",
                )
            }
            ReturnProblem::Ambiguous { .. } => {
                Bilingual::new("Name the line by its number.", "حدد السطر برقمه.")
            }
            ReturnProblem::LineTwice { .. } => {
                Bilingual::new("Name it once with the whole quantity.", "اذكره مرة واحدة بالكمية كاملة.")
            }
            ReturnProblem::LineGone { .. } => Bilingual::new(
                "Leave the line out; check that it is the right receipt.",
                "احذف السطر وتأكد من الإيصال الصحيح.",
            ),
            ReturnProblem::NothingWanted => {
                Bilingual::new("Send a number above zero.", "أرسل رقمًا أكبر من صفر.")
            }
            ReturnProblem::TooMuch { left, .. } => Bilingual::new(
                format!("Take back at most {left}; the rest belongs to another receipt."),
                format!("أرجع {left} على الأكثر؛ الباقي يخص إيصالًا آخر."),
            ),
            ReturnProblem::AmountTooMuch { left, .. } => {
                Bilingual::new(format!("Credit at most {left}."), format!("لا تتجاوز {left}."))
            }
            ReturnProblem::TendersDiffer { refund, .. } => Bilingual::new(
                format!("Refund exactly {refund}, or leave tenders out."),
                format!("أعد {refund} بالضبط أو احذف tenders."),
            ),
        }
    }
}

fn listed(lines: &[u32]) -> String {
    lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
