//! What can be wrong with a sale, in words for the cashier and the integrator.

use super::{Bilingual, DocumentProblem, JsonType, ReturnProblem, StoredProblem};
use crate::money::{Decimal, Halalas};

/// A fault in a request, with the values that make it concrete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The body is no JSON; `what` is the reader's remark.
    NotJson { what: String },
    /// A number where a text belongs, and the like.
    WrongType { expected: JsonType, found: JsonType },
    /// A key that has no meaning here; `accepted` are those that have one.
    UnknownField { accepted: &'static [&'static str] },
    /// The same key twice in one object.
    FieldTwice,
    /// A field that must be there is not.
    Missing,
    /// A text of a wrong length, in characters.
    Length { found: usize, least: usize, most: usize },
    /// Control characters, which XML cannot hold.
    ControlCharacters,
    /// Not digits with at most one point.
    NotANumber,
    /// Finer than the field allows.
    TooManyDecimals { allowed: u32 },
    /// Below zero.
    Negative,
    /// Zero or below where something must be sold.
    NotPositive,
    /// Above the bound of the field, in its own unit.
    TooLarge { most: Decimal },
    /// A list that is too long.
    TooMany { found: usize, most: usize },
    /// Not one of the fixed values; `rule` is the official rule that fixes them.
    NotAccepted { accepted: &'static [&'static str], rule: &'static str },
    /// Nothing was sold.
    NoLines,
    /// Fewer than three characters, in characters.
    NameTooShort { found: usize },
    /// Digits do not name an item.
    NameOnlyDigits,
    /// Not a code of UN/ECE recommendation 20 by its form.
    UnitCode,
    /// Neither shelf price nor net price.
    NoPrice,
    /// Shelf price and net price at once.
    TwoPrices,
    /// Category S with a reason for not charging VAT.
    ReasonForbidden,
    /// Z, E or O without the reason.
    ReasonMissing { category: &'static str },
    /// A reason of another category, or none of the list.
    ReasonCode { accepted: Vec<&'static str> },
    /// Out of scope without words of the taxpayer's own.
    ReasonText,
    /// What a party's own check found.
    Party { rule: &'static str, message: Bilingual },
    /// Private education or health care without the citizen's name.
    CitizenName,
    /// Private education or health care without the citizen's national id.
    CitizenId,
    /// Nobody sells to himself.
    BuyerIsSeller,
    /// A discount above what it is taken off, both in halalas.
    DiscountExceeds { discount: Halalas, of: Halalas },
    /// One line above the bound, in riyals.
    LineTooLarge { found: Halalas, most: &'static str },
    /// The whole sale above the bound, in riyals.
    PayableTooLarge { found: Halalas, most: &'static str },
    /// Paid less than owed.
    TendersFallShort { paid: Halalas, payable: Halalas },
    /// More charged without cash than owed; only cash gives change.
    TendersExceed { paid: Halalas, payable: Halalas },
    /// Fields that do not go together, or that a kind of document demands.
    Document(DocumentProblem),
    /// What only a return can have wrong.
    Return(ReturnProblem),
    /// What only the ledger knows.
    Stored(StoredProblem),
}

impl Problem {
    /// The official rule it would break, or the till's own.
    pub fn rule(&self) -> &'static str {
        match self {
            Problem::NotJson { .. } => "TILLD-JSON",
            Problem::WrongType { .. } => "TILLD-TYPE",
            Problem::UnknownField { .. } => "TILLD-UNKNOWN-FIELD",
            Problem::FieldTwice => "TILLD-FIELD-TWICE",
            Problem::Missing => "TILLD-MISSING",
            Problem::Length { .. } => "TILLD-LENGTH",
            Problem::ControlCharacters => "TILLD-CHARACTERS",
            Problem::NotANumber => "TILLD-NUMBER",
            Problem::TooManyDecimals { .. } => "TILLD-DECIMALS",
            Problem::Negative => "BR-KSA-F-04",
            Problem::NotPositive => "BR-22",
            Problem::TooLarge { .. } => "TILLD-TOO-LARGE",
            Problem::TooMany { .. } => "TILLD-TOO-MANY",
            Problem::NotAccepted { rule, .. } => rule,
            Problem::NoLines => "BR-16",
            Problem::NameTooShort { .. } => "BR-KSA-F-06-C19",
            Problem::NameOnlyDigits => "BR-KSA-F-C-01",
            Problem::UnitCode => "TILLD-UNIT",
            Problem::NoPrice => "BR-26",
            Problem::TwoPrices => "TILLD-TWO-PRICES",
            Problem::ReasonForbidden => "BR-S-10",
            Problem::ReasonMissing { category } => match *category {
                "E" => "BR-KSA-23",
                "O" => "BR-KSA-24",
                _ => "BR-KSA-69",
            },
            Problem::ReasonCode { .. } => "BR-KSA-CL-04",
            Problem::ReasonText => "BR-KSA-83",
            Problem::Party { rule, .. } => rule,
            Problem::CitizenName => "BR-KSA-25",
            Problem::CitizenId => "BR-KSA-49",
            Problem::BuyerIsSeller => "BR-CUSTOM-VALIDATION-01",
            Problem::DiscountExceeds { .. } => "BR-KSA-F-04",
            Problem::LineTooLarge { .. } | Problem::PayableTooLarge { .. } => "TILLD-TOO-LARGE",
            Problem::TendersFallShort { .. } => "TILLD-TENDERS-SHORT",
            Problem::TendersExceed { .. } => "TILLD-TENDERS-EXCEED",
            Problem::Document(problem) => problem.rule(),
            Problem::Return(problem) => problem.rule(),
            Problem::Stored(problem) => problem.rule(),
        }
    }

    /// What is wrong, with the values.
    pub fn message(&self) -> Bilingual {
        match self {
            Problem::NotJson { what } => Bilingual::new(
                format!("The request is not valid JSON: {what}."),
                format!("الطلب ليس بصيغة JSON صحيحة: {what}."),
            ),
            Problem::WrongType { expected, found } => {
                let (expected, found) = (expected.words(), found.words());
                Bilingual::new(
                    format!("{} is expected here, but {} was sent.", expected.en, found.en),
                    format!("نوع القيمة غير صحيح: المطلوب {} والمرسل {}.", expected.ar, found.ar),
                )
            }
            Problem::UnknownField { .. } => {
                Bilingual::new("This field is not known.", "هذا الحقل غير معروف.")
            }
            Problem::FieldTwice => Bilingual::new("This field is given twice.", "هذا الحقل مكرر."),
            Problem::Missing => Bilingual::new("This field is missing.", "هذا الحقل مفقود."),
            Problem::Length { found, least, most } => Bilingual::new(
                format!("The text has {found} characters; {least} to {most} are allowed."),
                format!("طول النص {found} حرفًا والمسموح من {least} إلى {most}."),
            ),
            Problem::ControlCharacters => Bilingual::new(
                "The text has control characters, which an invoice cannot hold.",
                "النص يحتوي على رموز تحكم لا تقبلها الفاتورة.",
            ),
            Problem::NotANumber => {
                Bilingual::new("This is not a plain number.", "القيمة ليست رقمًا صحيح الصياغة.")
            }
            Problem::TooManyDecimals { allowed } => Bilingual::new(
                format!("The number has more than {allowed} decimals."),
                format!("الرقم يحتوي على أكثر من {allowed} منازل عشرية."),
            ),
            Problem::Negative => Bilingual::new("The number is negative.", "الرقم سالب."),
            Problem::NotPositive => {
                Bilingual::new("The quantity is not above zero.", "الكمية ليست أكبر من صفر.")
            }
            Problem::TooLarge { most } => Bilingual::new(
                format!("The number is larger than {most}."),
                format!("الرقم أكبر من الحد الأعلى {most}."),
            ),
            Problem::TooMany { found, most } => Bilingual::new(
                format!("There are {found} entries; at most {most} are allowed."),
                format!("عدد العناصر {found} والحد الأعلى {most}."),
            ),
            Problem::NotAccepted { .. } => Bilingual::new(
                "This value is not one of the accepted ones.",
                "القيمة ليست من القيم المقبولة.",
            ),
            Problem::NoLines => Bilingual::new("The sale has no lines.", "عملية البيع لا تحتوي على أصناف."),
            Problem::NameTooShort { found } => Bilingual::new(
                format!("The item's name has {found} characters; at least 3 are required."),
                format!("اسم الصنف مكون من {found} حرف والحد الأدنى 3 أحرف."),
            ),
            Problem::NameOnlyDigits => {
                Bilingual::new("The item's name has digits only.", "اسم الصنف مكون من أرقام فقط.")
            }
            Problem::UnitCode => Bilingual::new(
                "The unit is not a UN/ECE code of one to three capital letters or digits.",
                "رمز وحدة القياس غير صحيح.",
            ),
            Problem::NoPrice => Bilingual::new("The line has no price.", "الصنف بلا سعر."),
            Problem::TwoPrices => Bilingual::new(
                "The line has a shelf price and a net price.",
                "للصنف سعران: شامل الضريبة وغير شامل.",
            ),
            Problem::ReasonForbidden => Bilingual::new(
                "A line with standard VAT carries no exemption reason.",
                "الصنف الخاضع للضريبة لا يحمل سببًا للإعفاء.",
            ),
            Problem::ReasonMissing { category } => Bilingual::new(
                format!("VAT category {category} needs the reason why no VAT is charged."),
                format!("فئة الضريبة {category} تتطلب سبب عدم احتساب الضريبة."),
            ),
            Problem::ReasonCode { .. } => Bilingual::new(
                "The reason code does not belong to this VAT category.",
                "رمز السبب لا يخص فئة الضريبة هذه.",
            ),
            Problem::ReasonText => Bilingual::new(
                "This reason has no fixed text; the taxpayer writes it.",
                "لا يوجد نص ثابت لهذا السبب ويجب كتابته.",
            ),
            Problem::Party { message, .. } => message.clone(),
            Problem::CitizenName => Bilingual::new(
                "Zero-rated education or health care needs the citizen's name.",
                "التعليم أو الرعاية الصحية بنسبة صفر يتطلب اسم المواطن.",
            ),
            Problem::CitizenId => Bilingual::new(
                "Zero-rated education or health care needs the citizen's national id.",
                "التعليم أو الرعاية الصحية بنسبة صفر يتطلب رقم الهوية الوطنية.",
            ),
            Problem::BuyerIsSeller => Bilingual::new(
                "The buyer's VAT number is the seller's own.",
                "الرقم الضريبي للمشتري هو نفسه رقم البائع.",
            ),
            Problem::DiscountExceeds { discount, of } => Bilingual::new(
                format!("The discount of {discount} is larger than the {of} it is taken off."),
                format!("الخصم {discount} أكبر من المبلغ {of}."),
            ),
            Problem::LineTooLarge { found, most } => Bilingual::new(
                format!("The line amounts to {found}; {most} is the most."),
                format!("قيمة الصنف {found} والحد الأعلى {most}."),
            ),
            Problem::PayableTooLarge { found, most } => Bilingual::new(
                format!("The sale amounts to {found}; {most} is the most."),
                format!("قيمة البيع {found} والحد الأعلى {most}."),
            ),
            Problem::TendersFallShort { paid, payable } => Bilingual::new(
                format!("{paid} is paid, but {payable} is owed."),
                format!("المدفوع {paid} والمستحق {payable}."),
            ),
            Problem::TendersExceed { paid, payable } => Bilingual::new(
                format!("{paid} is charged without cash, but only {payable} is owed."),
                format!("المدفوع بغير النقد {paid} والمستحق {payable} فقط."),
            ),
            Problem::Document(problem) => problem.message(),
            Problem::Return(problem) => problem.message(),
            Problem::Stored(problem) => problem.message(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Bilingual {
        match self {
            Problem::NotJson { .. } => Bilingual::new("Send one JSON object.", "أرسل كائن JSON واحدًا."),
            Problem::WrongType { expected, .. } => {
                let expected = expected.words();
                Bilingual::new(format!("Send {}.", expected.en), format!("المطلوب إرسال {}.", expected.ar))
            }
            Problem::UnknownField { accepted } => {
                let accepted = accepted.join(", ");
                Bilingual::new(
                    format!("Remove it or correct its name; known here: {accepted}."),
                    format!("احذفه أو صحح اسمه؛ المعروف هنا: {accepted}."),
                )
            }
            Problem::FieldTwice => Bilingual::new("Send it once.", "أرسله مرة واحدة."),
            Problem::Missing => Bilingual::new("Add it.", "أضفه."),
            Problem::Length { .. } => Bilingual::new("Change its length.", "غيّر طول النص."),
            Problem::ControlCharacters => Bilingual::new(
                "Remove line breaks, tabs and other control characters.",
                "احذف رموز التحكم والأسطر الجديدة.",
            ),
            Problem::NotANumber => Bilingual::new(
                "Write Western digits with a point, such as 12.50; no exponent, no thousands mark.",
                "اكتب الرقم هكذا 12.50 دون فواصل للآلاف.",
            ),
            Problem::TooManyDecimals { allowed } => Bilingual::new(
                format!("Round it to {allowed} decimals."),
                format!("قرّبه إلى {allowed} منازل عشرية."),
            ),
            Problem::Negative => Bilingual::new(
                "Send zero or more; goods that come back are a credit note.",
                "أرسل صفرًا أو أكثر؛ المرتجع يكون بإشعار دائن.",
            ),
            Problem::NotPositive => Bilingual::new(
                "Remove the line or correct its quantity; goods that come back are a credit note.",
                "احذف الصنف أو صحح الكمية؛ المرتجع يكون بإشعار دائن.",
            ),
            Problem::TooLarge { .. } | Problem::LineTooLarge { .. } | Problem::PayableTooLarge { .. } => {
                Bilingual::new(
                    "Check the number; split the sale if it is right.",
                    "راجع الرقم، وقسّم البيع إن كان صحيحًا.",
                )
            }
            Problem::TooMany { .. } => Bilingual::new("Split the sale.", "قسّم عملية البيع."),
            Problem::NotAccepted { accepted, .. } => one_of(accepted),
            Problem::NoLines => Bilingual::new("Ring up at least one item.", "أضف صنفًا واحدًا على الأقل."),
            Problem::NameTooShort { .. } | Problem::NameOnlyDigits => Bilingual::new(
                "Give the item a name in words in the item master.",
                "اكتب للصنف اسمًا بالكلمات في بيانات الأصناف.",
            ),
            Problem::UnitCode => Bilingual::new(
                "Use PCE, KGM, LTR or MTR, for example.",
                "استخدم مثلًا PCE أو KGM أو LTR أو MTR.",
            ),
            Problem::NoPrice | Problem::TwoPrices => Bilingual::new(
                "Send either shelf_price (VAT included) or net_price (without VAT).",
                "أرسل shelf_price شاملًا الضريبة أو net_price بدونها.",
            ),
            Problem::ReasonForbidden => {
                Bilingual::new("Remove reason_code and reason.", "احذف reason_code و reason.")
            }
            Problem::ReasonMissing { .. } => Bilingual::new(
                "Send vat as an object with category and reason_code, such as VATEX-SA-35.",
                "أرسل vat ككائن فيه category و reason_code مثل VATEX-SA-35.",
            ),
            Problem::ReasonCode { accepted } => one_of(accepted),
            Problem::ReasonText => Bilingual::new("Send the text in reason.", "أرسل النص في reason."),
            Problem::Party { .. } => {
                Bilingual::new("Ask the buyer for the right number.", "اطلب الرقم الصحيح من المشتري.")
            }
            Problem::CitizenName => Bilingual::new("Send buyer.name.", "أرسل buyer.name."),
            Problem::CitizenId => Bilingual::new(
                "Send buyer.id with scheme NAT and ten digits.",
                "أرسل buyer.id بنوع NAT وعشرة أرقام.",
            ),
            Problem::BuyerIsSeller => {
                Bilingual::new("Correct it or leave the buyer out.", "صححه أو احذف بيانات المشتري.")
            }
            Problem::DiscountExceeds { .. } => Bilingual::new("Lower the discount.", "خفّض الخصم."),
            Problem::TendersFallShort { .. } => {
                Bilingual::new("Take the rest from the customer.", "استلم باقي المبلغ من العميل.")
            }
            Problem::TendersExceed { .. } => Bilingual::new(
                "Charge cards no more than what is owed; only cash gives change.",
                "لا تخصم من البطاقة أكثر من المستحق؛ الباقي للنقد فقط.",
            ),
            Problem::Document(problem) => problem.remedy(),
            Problem::Return(problem) => problem.remedy(),
            Problem::Stored(problem) => problem.remedy(),
        }
    }
}

pub(super) fn one_of(accepted: &[&str]) -> Bilingual {
    let accepted = accepted.join(", ");
    Bilingual::new(format!("Use one of: {accepted}."), format!("استخدم أحد القيم: {accepted}."))
}
