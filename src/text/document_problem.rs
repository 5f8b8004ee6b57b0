//! What can be wrong with a document as a whole: fields that do not go together,
//! or that its kind demands. In words for the cashier and the integrator.

use super::{Bilingual, Problem};
use crate::money::{Halalas, Rate};

/// A part of the buyer that a document demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuyerPart {
    Name,
    /// VAT number or another identifier.
    Id,
    Street,
    Building,
    District,
    City,
    PostalCode,
    Country,
}

impl BuyerPart {
    /// Its words, and its field in the request.
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            BuyerPart::Name => ("name", "اسم", "buyer.name"),
            BuyerPart::Id => ("VAT number or other identifier", "الرقم الضريبي أو معرف آخر", "buyer.id"),
            BuyerPart::Street => ("street", "شارع", "buyer.address.street"),
            BuyerPart::Building => ("building number", "رقم مبنى", "buyer.address.building"),
            BuyerPart::District => ("district", "حي", "buyer.address.district"),
            BuyerPart::City => ("city", "مدينة", "buyer.address.city"),
            BuyerPart::PostalCode => ("postal code", "الرمز البريدي", "buyer.address.postal_code"),
            BuyerPart::Country => ("country", "دولة", "buyer.address.country"),
        }
    }
}

/// A fault between fields, with the values that make it concrete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentProblem {
    /// A text of a wrong length, in characters, against an official rule.
    Length { found: usize, least: usize, most: usize, rule: &'static str },
    /// No calendar date.
    Date { found: String },
    /// No time of day.
    Time { found: String },
    /// No UUID.
    Uuid { found: String },
    /// Shelf prices and net prices in one document.
    MixedPrices,
    /// Zero where an amount must be.
    AmountNotPositive { rule: &'static str },
    /// A discount as an amount and as a percentage.
    TwoDiscounts,
    /// A percentage that is none.
    Percent { found: String },
    /// A charge whose category and rate no line has.
    ChargeWithoutLine { category: &'static str, rate: Rate },
    /// Not in UNTDID 7161.
    ChargeCode { found: String },
    /// A flag that this subtype cannot carry, or not with the other one.
    Flag { flag: &'static str, rule: &'static str },
    /// The buyer lacks what a document of this kind demands.
    BuyerPart { part: BuyerPart, rule: &'static str },
    /// No VAT number of a buyer.
    BuyerVatNumber { found: String },
    /// An identifier of a buyer with something else than letters and digits.
    BuyerIdCharacters { found: String },
    /// Exports go to buyers without a Saudi VAT number.
    ExportVatNumber,
    /// Exports are zero-rated as such.
    ExportCategory,
    /// A Saudi postal code has five digits.
    PostalCode { found: String },
    /// Not in ISO 3166-1.
    Country { found: String },
    /// A summary without its period.
    SummaryPeriod,
    /// A period that ends before it begins.
    SupplyOrder { from: String, until: String },
    /// A note without the document that it corrects.
    NoOriginal,
    /// A note without its reason.
    NoReason,
    /// A field that only notes have.
    OnlyOnNotes,
    /// Advances are used up by invoices.
    OnlyOnInvoices,
    /// Not in ISO 4217, or the riyal.
    Currency { found: String },
    /// Simplified documents are in riyals.
    CurrencyOnSimplified,
    /// A rate of exchange that is zero, too long or too large.
    ExchangeRate { found: String },
    /// The VAT is the same in both currencies.
    SameVatInRiyals { tax: Halalas, code: &'static str },
    /// A rounding of a riyal or more.
    Rounding { found: String },
    /// A rounding that leaves less than nothing to pay, or of nothing; `of` is owed without it.
    RoundingExceeds { rounding: Halalas, of: Halalas },
    /// Money taken where money is to be given back.
    TendersOnRefund { owed: Halalas },
}

impl From<DocumentProblem> for Problem {
    fn from(problem: DocumentProblem) -> Problem {
        Problem::Document(problem)
    }
}

impl DocumentProblem {
    /// The official rule it would break, or the till's own.
    pub fn rule(&self) -> &'static str {
        use DocumentProblem as P;
        match self {
            P::Length { rule, .. }
            | P::AmountNotPositive { rule }
            | P::Flag { rule, .. }
            | P::BuyerPart { rule, .. } => rule,
            P::Date { .. } => "BR-KSA-F-01",
            P::Time { .. } => "BR-KSA-F-05",
            P::Uuid { .. } => "TILLD-UUID",
            P::MixedPrices => "TILLD-MIXED-PRICES",
            P::TwoDiscounts => "TILLD-TWO-DISCOUNTS",
            P::Percent { .. } => "BR-KSA-DEC-01",
            P::ChargeWithoutLine { .. } => "TILLD-CHARGE-GROUP",
            P::ChargeCode { .. } => "BR-KSA-CL-06",
            P::BuyerVatNumber { .. } => "BR-KSA-44",
            P::BuyerIdCharacters { .. } => "BR-KSA-14",
            P::ExportVatNumber => "BR-KSA-46",
            P::ExportCategory => "TILLD-EXPORT",
            P::PostalCode { .. } => "BR-KSA-67",
            P::Country { .. } => "BR-CL-14",
            P::SummaryPeriod => "BR-KSA-72",
            P::SupplyOrder { .. } => "BR-KSA-36",
            P::NoOriginal => "BR-KSA-56",
            P::NoReason => "BR-KSA-17",
            P::OnlyOnNotes => "TILLD-ONLY-ON-NOTES",
            P::OnlyOnInvoices => "TILLD-ONLY-ON-INVOICES",
            P::Currency { .. } => "BR-KSA-CL-01",
            P::CurrencyOnSimplified => "TILLD-CURRENCY",
            P::ExchangeRate { .. } => "BR-KSA-90",
            P::SameVatInRiyals { .. } => "BR-KSA-97",
            P::Rounding { .. } | P::RoundingExceeds { .. } => "TILLD-ROUNDING",
            P::TendersOnRefund { .. } => "TILLD-TENDERS-EXCEED",
        }
    }

    /// What is wrong, with the values.
    pub fn message(&self) -> Bilingual {
        use DocumentProblem as P;
        match self {
            P::Length { found, least, most, .. } => Bilingual::new(
                format!("The text has {found} characters; {least} to {most} are allowed."),
                format!("طول النص {found} حرفًا والمسموح من {least} إلى {most}."),
            ),
            P::Date { found } => Bilingual::new(
                format!("\"{found}\" is not a date of the calendar."),
                format!("\"{found}\" ليس تاريخًا صحيحًا."),
            ),
            P::Time { found } => Bilingual::new(
                format!("\"{found}\" is not a time of day."),
                format!("\"{found}\" ليس وقتًا صحيحًا."),
            ),
            P::Uuid { found } => Bilingual::new(
                format!("\"{found}\" is not a UUID."),
                format!("\"{found}\" ليس رقم UUID صحيحًا."),
            ),
            P::MixedPrices => Bilingual::new(
                "Shelf prices with VAT and net prices without VAT stand in one document.",
                "المستند يجمع أسعارًا شاملة للضريبة وأسعارًا غير شاملة.",
            ),
            P::AmountNotPositive { .. } => {
                Bilingual::new("The amount is not above zero.", "المبلغ ليس أكبر من صفر.")
            }
            P::TwoDiscounts => Bilingual::new(
                "The discount is given as an amount and as a percentage.",
                "الخصم محدد بمبلغ ونسبة معًا.",
            ),
            P::Percent { found } => Bilingual::new(
                format!("{found} is not a percentage from 0 to 100 with at most two decimals."),
                format!("{found} ليست نسبة من 0 إلى 100 بمنزلتين عشريتين على الأكثر."),
            ),
            P::ChargeWithoutLine { category, rate } => Bilingual::new(
                format!("The charge has VAT {category} {rate} %, but no line has it."),
                format!("الرسم خاضع للفئة {category} بنسبة {rate} ولا يوجد صنف بها."),
            ),
            P::ChargeCode { found } => Bilingual::new(
                format!("\"{found}\" is not a reason code for charges."),
                format!("\"{found}\" ليس رمزًا معروفًا لسبب الرسم."),
            ),
            P::Flag { flag, .. } => Bilingual::new(
                format!("The flag {flag} is not allowed on this document."),
                format!("الصفة {flag} غير مسموحة في هذا المستند."),
            ),
            P::BuyerPart { part, .. } => {
                let (english, arabic, _) = part.words();
                Bilingual::new(
                    format!("This document must state the buyer's {english}."),
                    format!("هذا المستند يتطلب بيان المشتري: {arabic}."),
                )
            }
            P::BuyerVatNumber { found } => Bilingual::new(
                format!("\"{found}\" is no VAT number: that has 15 digits and begins and ends with 3."),
                format!("\"{found}\" ليس رقمًا ضريبيًا: الرقم الضريبي 15 رقمًا يبدأ وينتهي بالرقم 3."),
            ),
            P::BuyerIdCharacters { found } => Bilingual::new(
                format!("\"{found}\" is no identifier: that has Latin letters and digits only."),
                format!("\"{found}\" ليس رقم هوية: رقم الهوية حروف وأرقام لاتينية فقط."),
            ),
            P::ExportVatNumber => Bilingual::new(
                "The buyer of an export has no Saudi VAT number.",
                "مشتري الصادرات لا يذكر له رقم ضريبي سعودي.",
            ),
            P::ExportCategory => Bilingual::new(
                "An export has a line that is not zero-rated as an export.",
                "فاتورة التصدير تحتوي على صنف غير خاضع لنسبة الصفر بسبب التصدير.",
            ),
            P::PostalCode { found } => Bilingual::new(
                format!("\"{found}\" is not a Saudi postal code of five digits."),
                format!("\"{found}\" ليس رمزًا بريديًا سعوديًا من خمسة أرقام."),
            ),
            P::Country { found } => Bilingual::new(
                format!("\"{found}\" is not a country code."),
                format!("\"{found}\" ليس رمز دولة."),
            ),
            P::SummaryPeriod => Bilingual::new(
                "A summary must state the first and the last day of supply.",
                "الفاتورة الملخصة تتطلب تاريخ أول توريد وآخره.",
            ),
            P::SupplyOrder { from, until } => Bilingual::new(
                format!("The supply ends on {until}, before it begins on {from}."),
                format!("تاريخ نهاية التوريد {until} قبل بدايته {from}."),
            ),
            P::NoOriginal => Bilingual::new(
                "A note must name the invoice that it corrects.",
                "الإشعار يتطلب رقم الفاتورة الأصلية.",
            ),
            P::NoReason => Bilingual::new("A note must state its reason.", "الإشعار يتطلب ذكر سبب الإصدار."),
            P::OnlyOnNotes => {
                Bilingual::new("Only a note corrects another document.", "هذا الحقل للإشعارات فقط.")
            }
            P::OnlyOnInvoices => Bilingual::new(
                "Only an invoice uses up advances.",
                "خصم الدفعات المقدمة يكون في الفواتير فقط.",
            ),
            P::Currency { found } => Bilingual::new(
                format!("\"{found}\" is not the code of a foreign currency."),
                format!("\"{found}\" ليس رمز عملة أجنبية."),
            ),
            P::CurrencyOnSimplified => Bilingual::new(
                "A simplified document is always in riyals.",
                "الفاتورة المبسطة تصدر بالريال السعودي فقط.",
            ),
            P::ExchangeRate { found } => Bilingual::new(
                format!("{found} is not a usable exchange rate."),
                format!("{found} ليس سعر صرف صالحًا."),
            ),
            P::SameVatInRiyals { tax, code } => Bilingual::new(
                format!("The VAT is {tax} in {code} and in SAR alike."),
                format!("مبلغ الضريبة {tax} متساوٍ بعملة {code} وبالريال."),
            ),
            P::Rounding { found } => Bilingual::new(
                format!("{found} is not a rounding of less than one."),
                format!("{found} ليس تقريبًا أقل من واحد."),
            ),
            P::RoundingExceeds { rounding, of } => Bilingual::new(
                format!("The rounding of {rounding} is larger than the {of} that is owed."),
                format!("التقريب {rounding} أكبر من المستحق {of}."),
            ),
            P::TendersOnRefund { owed } => Bilingual::new(
                format!("The advance is larger than the invoice by {owed}, so nothing is paid."),
                format!("الدفعة المقدمة تزيد على الفاتورة بمبلغ {owed} فلا يستحق سداد."),
            ),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Bilingual {
        use DocumentProblem as P;
        match self {
            P::Length { .. } => Bilingual::new("Change its length.", "غيّر طول النص."),
            P::Date { .. } => Bilingual::new("Write it as 2026-02-28.", "اكتبه هكذا 2026-02-28."),
            P::Time { .. } => {
                Bilingual::new("Write it as 21:05:09, in Riyadh time.", "اكتبه هكذا 21:05:09 بتوقيت الرياض.")
            }
            P::Uuid { .. } => Bilingual::new(
                "Send the UUID of the prepayment document, or leave it out.",
                "أرسل رقم UUID لفاتورة الدفعة المقدمة أو احذفه.",
            ),
            P::MixedPrices => Bilingual::new(
                "Send shelf_price on every line, or net_price on every line.",
                "أرسل shelf_price لكل الأصناف أو net_price لكلها.",
            ),
            P::AmountNotPositive { .. } => {
                Bilingual::new("Correct it, or leave the entry out.", "صححه أو احذف البند.")
            }
            P::TwoDiscounts => Bilingual::new("Send one of them.", "أرسل أحدهما فقط."),
            P::Percent { .. } => Bilingual::new("Send a percentage such as 12.5.", "أرسل نسبة مثل 12.5."),
            P::ChargeWithoutLine { .. } => {
                Bilingual::new("Sell the charge as a line of its own.", "أضف الرسم كصنف مستقل.")
            }
            P::ChargeCode { .. } => Bilingual::new(
                "Use a code of UNTDID 7161, such as FC for freight or SAA for shipping.",
                "استخدم رمزًا من قائمة UNTDID 7161 مثل FC للشحن.",
            ),
            P::Flag { rule: "BR-KSA-07", .. } => Bilingual::new(
                "An export cannot be self-billed: remove one of the two flags.",
                "لا يجتمع التصدير مع الفوترة الذاتية: احذف إحدى الصفتين.",
            ),
            P::Flag { .. } => Bilingual::new(
                "Remove it, or issue a standard document.",
                "احذفها أو أصدر فاتورة ضريبية غير مبسطة.",
            ),
            P::BuyerPart { part: BuyerPart::PostalCode, rule: "BR-10" } => Bilingual::new(
                "Send buyer.address.postal_code; 00000 where the country has none.",
                "أرسل buyer.address.postal_code أو 00000 إن لم يكن للدولة رموز بريدية.",
            ),
            P::BuyerPart { part, .. } => {
                let (_, _, field) = part.words();
                Bilingual::new(format!("Send {field}."), format!("أرسل {field}."))
            }
            P::BuyerVatNumber { .. } | P::BuyerIdCharacters { .. } => Bilingual::new(
                "Ask the buyer for it, or leave it out if the document may lack it.",
                "اطلبه من المشتري، أو احذفه إن كان غير لازم لهذا المستند.",
            ),
            P::ExportVatNumber => Bilingual::new(
                "Leave vat_number out and send buyer.id, with scheme OTH for a foreign number.",
                "احذف vat_number وأرسل buyer.id بنوع OTH للرقم الأجنبي.",
            ),
            P::ExportCategory => Bilingual::new(
                "Use category Z with VATEX-SA-32 or VATEX-SA-33, or remove the flag.",
                "استخدم الفئة Z مع VATEX-SA-32 أو VATEX-SA-33 أو احذف صفة التصدير.",
            ),
            P::PostalCode { .. } => {
                Bilingual::new("Ask the buyer for the national address.", "اطلب العنوان الوطني من المشتري.")
            }
            P::Country { .. } => Bilingual::new(
                "Use the two capital letters of ISO 3166-1, such as SA or AE.",
                "استخدم حرفين كبيرين وفق ISO 3166-1 مثل SA أو AE.",
            ),
            P::SummaryPeriod => {
                Bilingual::new("Send supply with date and until.", "أرسل supply وفيه date و until.")
            }
            P::SupplyOrder { .. } => Bilingual::new("Correct the two dates.", "صحح التاريخين."),
            P::NoOriginal => Bilingual::new(
                "Send originals with number and, if known, date.",
                "أرسل originals وفيه number و date إن عرف.",
            ),
            P::NoReason => Bilingual::new("Send reason.", "أرسل reason."),
            P::OnlyOnNotes => Bilingual::new(
                "Remove it, or set document to debit_note; a credit note has its own request.",
                "احذفه أو اجعل document إشعارًا مدينًا؛ للإشعار الدائن طلب مستقل.",
            ),
            P::OnlyOnInvoices => Bilingual::new("Remove prepayments.", "احذف prepayments."),
            P::Currency { .. } => Bilingual::new(
                "Use a code of ISO 4217 such as USD; leave currency out for riyals.",
                "استخدم رمزًا من ISO 4217 مثل USD، واحذف currency للريال.",
            ),
            P::CurrencyOnSimplified => Bilingual::new(
                "Send riyals; foreign cash is a tender.",
                "أرسل المبالغ بالريال؛ النقد الأجنبي وسيلة دفع فقط.",
            ),
            P::ExchangeRate { .. } => Bilingual::new(
                "Send riyals for one unit, above zero, at most 1000000, at most 14 characters, such as 3.75.",
                "أرسل قيمة الوحدة بالريال: أكبر من صفر ولا تتجاوز 14 خانة مثل 3.75.",
            ),
            P::SameVatInRiyals { .. } => Bilingual::new(
                "Check the rate; issue the document in riyals if it is right.",
                "راجع سعر الصرف، وأصدر المستند بالريال إن كان صحيحًا.",
            ),
            P::Rounding { .. } => Bilingual::new(
                "Send two decimals from -0.99 to 0.99.",
                "أرسل قيمة من -0.99 إلى 0.99 بمنزلتين عشريتين.",
            ),
            P::RoundingExceeds { .. } => Bilingual::new("Leave rounding out.", "احذف rounding."),
            P::TendersOnRefund { .. } => Bilingual::new(
                "Leave tenders out; give the rest of the advance back by a credit note.",
                "احذف tenders؛ يرد باقي الدفعة المقدمة بإشعار دائن.",
            ),
        }
    }
}
