//! What is wrong with a value, in a sentence: the same for every reader.

use super::super::violation::{Because, Form, How, Violation, Wrong};
use crate::text::Bilingual;

/// What is wrong, in a sentence that begins with a small letter in English.
pub(super) fn cause(violation: &Violation) -> Bilingual {
    let (en, ar) = (violation.term.en(), violation.term.ar());
    match &violation.wrong {
        Wrong::Missing => {
            Bilingual::new(format!("the {en} is missing."), format!("{ar}: القيمة غير موجودة."))
        }
        Wrong::Empty => {
            Bilingual::new(format!("the {en} is written but empty."), format!("{ar}: القيمة فارغة."))
        }
        Wrong::MissingBecause { because } => {
            let why = because_words(*because);
            Bilingual::new(
                format!("the {en} is missing; it is required {}.", why.en),
                format!("{ar}: القيمة غير موجودة وهي مطلوبة {}.", why.ar),
            )
        }
        Wrong::Forbidden { because } => {
            let why = because_words(*because);
            Bilingual::new(
                format!("the {en} must not be written {}.", why.en),
                format!("{ar}: لا تجوز كتابة هذه القيمة {}.", why.ar),
            )
        }
        Wrong::Count { found, expected } => Bilingual::new(
            format!("the {en} stands {found} times; {expected} is right."),
            format!("{ar}: العدد {found} والصحيح {expected}."),
        ),
        Wrong::Length { found, least, most } => Bilingual::new(
            format!("the {en} has {found} characters; {least} to {most} are allowed."),
            format!("{ar}: عدد الأحرف {found} والمسموح من {least} إلى {most}."),
        ),
        Wrong::Form { found, form } => {
            let form = form_words(*form);
            Bilingual::new(
                format!("the {en} \"{}\" is not {}.", shown(found), form.en),
                format!("{ar}: القيمة \"{}\" ليست {}.", shown(found), form.ar),
            )
        }
        Wrong::Code { found, list } => Bilingual::new(
            format!("the {en} \"{}\" is not in the code list {list}.", shown(found)),
            format!("{ar}: الرمز \"{}\" ليس من قائمة الرموز {list}.", shown(found)),
        ),
        Wrong::NotFixed { found, expected } => Bilingual::new(
            format!("the {en} is \"{}\"; only {expected} is right.", shown(found)),
            format!("{ar}: القيمة \"{}\" والصحيح {expected} فقط.", shown(found)),
        ),
        Wrong::Differs { found, other, expected } => Bilingual::new(
            format!("the {en} is \"{}\", but the {} is \"{}\".", shown(found), other.en(), shown(expected)),
            format!("{ar}: القيمة \"{}\" بينما {} هو \"{}\".", shown(found), other.ar(), shown(expected)),
        ),
        Wrong::SameAs { found, other } => Bilingual::new(
            format!("the {en} \"{}\" is the same as the {}.", shown(found), other.en()),
            format!("{ar}: القيمة \"{}\" هي نفسها {}.", shown(found), other.ar()),
        ),
        Wrong::Sum { found, expected, how } => {
            let how = how_words(*how);
            Bilingual::new(
                format!("the {en} is {found}, but {} is {expected}.", how.en),
                format!("{ar}: القيمة {found} بينما {} يساوي {expected}.", how.ar),
            )
        }
        Wrong::Decimals { found, most } => Bilingual::new(
            format!("the {en} has {found} decimals; at most {most} are allowed."),
            format!("{ar}: عدد المنازل العشرية {found} والحد الأعلى {most}."),
        ),
        Wrong::Negative { found } => Bilingual::new(
            format!("the {en} is {}; it must not be below zero.", shown(found)),
            format!("{ar}: القيمة {} ولا يجوز أن تكون أقل من صفر.", shown(found)),
        ),
        Wrong::NotPositive { found } => Bilingual::new(
            format!("the {en} is {}; it must be above zero.", shown(found)),
            format!("{ar}: القيمة {} ويجب أن تكون أكبر من صفر.", shown(found)),
        ),
        Wrong::NotZero { found } => Bilingual::new(
            format!("the {en} is {}; only zero is right here.", shown(found)),
            format!("{ar}: القيمة {} والصحيح هنا صفر.", shown(found)),
        ),
        Wrong::Range { found, least, most } => Bilingual::new(
            format!("the {en} is {}; {least} to {most} is allowed.", shown(found)),
            format!("{ar}: القيمة {} والمسموح من {least} إلى {most}.", shown(found)),
        ),
        Wrong::NotANumber { found } => Bilingual::new(
            format!("the {en} \"{}\" is not a number.", shown(found)),
            format!("{ar}: القيمة \"{}\" ليست رقمًا.", shown(found)),
        ),
        Wrong::Future { found } => Bilingual::new(
            format!("the {en} {} is in the future.", shown(found)),
            format!("{ar}: {} في المستقبل.", shown(found)),
        ),
        Wrong::Late { found } => Bilingual::new(
            format!("the document was issued at {}, more than 24 hours ago.", shown(found)),
            format!("صدر المستند في {} أي قبل أكثر من 24 ساعة.", shown(found)),
        ),
        Wrong::Before { found, other, value } => Bilingual::new(
            format!("the {en} {} lies before the {} {}.", shown(found), other.en(), shown(value)),
            format!("{ar}: {} قبل {} {}.", shown(found), other.ar(), shown(value)),
        ),
    }
}

/// A value of the document, cut where it would fill the screen.
fn shown(value: &str) -> String {
    const MOST: usize = 60;
    if value.chars().count() <= MOST {
        return value.to_owned();
    }
    let head: String = value.chars().take(MOST).collect();
    format!("{head}...")
}

fn because_words(because: Because) -> Bilingual {
    let (en, ar) = match because {
        Because::Standard => ("on a tax invoice", "في الفاتورة الضريبية"),
        Because::StandardInvoice => ("on a tax invoice of type 388", "في الفاتورة الضريبية من نوع 388"),
        Because::Simplified => ("on a simplified document", "في المستند المبسط"),
        Because::Note => ("on a credit or debit note", "في الإشعار الدائن أو المدين"),
        Because::Summary => ("on a summary invoice", "في الفاتورة المجمعة"),
        Because::Export => ("on an export invoice", "في فاتورة التصدير"),
        Because::SelfBilled => ("on a self-billed invoice", "في الفوترة الذاتية"),
        Because::SaudiBuyer => {
            ("since the buyer's address is in Saudi Arabia", "لأن عنوان المشتري في السعودية")
        }
        Because::NoVatNumber => ("since the buyer has no VAT number", "لأن المشتري بلا رقم ضريبي"),
        Because::Citizen => (
            "since private education and health care are zero-rated for citizens only",
            "لأن التعليم والرعاية الصحية بنسبة صفر للمواطنين فقط",
        ),
        Because::StandardRate => ("where VAT is charged", "حيث تُحتسب الضريبة"),
        Because::NoVatCharged => ("where no VAT is charged", "حيث لا تُحتسب الضريبة"),
        Because::Charge => ("on a charge", "في الرسوم"),
        Because::Percent => ("since a percentage is given", "لوجود نسبة مئوية"),
        Because::Base => ("since a base amount is given", "لوجود مبلغ أساس"),
        Because::Latest => ("since the end of the supply is given", "لوجود تاريخ انتهاء التوريد"),
        Because::Prepaid => ("since an advance is settled", "لوجود دفعة مقدمة"),
        Because::ForeignCurrency => ("since the document is not in riyals", "لأن عملة المستند ليست الريال"),
        Because::Government => ("on an invoice to the government", "في فاتورة للجهات الحكومية"),
        Because::Unused => {
            ("where no line, discount or charge has the category", "إذا لم يستخدم الفئة أي بند أو خصم أو رسم")
        }
    };
    Bilingual::new(en, ar)
}

fn form_words(form: Form) -> Bilingual {
    let (en, ar): (String, String) = match form {
        Form::VatNumber => (
            "a VAT number of 15 digits that begins and ends with 3".into(),
            "رقمًا ضريبيًا من 15 خانة يبدأ وينتهي بالرقم 3".into(),
        ),
        Form::Digits(count) => (format!("a number of {count} digits"), format!("رقمًا من {count} خانات")),
        Form::TenDigitsFrom(first) => (
            format!("a number of 10 digits that begins with {first}"),
            format!("رقمًا من 10 خانات يبدأ بالرقم {first}"),
        ),
        Form::Alphanumeric => ("made of letters and digits only".into(), "مكوّنة من حروف وأرقام فقط".into()),
        Form::Date => {
            ("a day of the calendar in the form YYYY-MM-DD".into(), "تاريخًا صحيحًا بالصيغة YYYY-MM-DD".into())
        }
        Form::Time => ("a time in the form hh:mm:ss".into(), "وقتًا بالصيغة hh:mm:ss".into()),
        Form::Uuid => {
            ("a UUID of hexadecimal digits in the form 8-4-4-4-12".into(), "معرّفًا بصيغة UUID".into())
        }
        Form::TypeName => {
            ("01 or 02 followed by five flags of 0 or 1".into(), "01 أو 02 تليها خمس خانات من 0 أو 1".into())
        }
        Form::Counter => ("a whole number in digits".into(), "رقمًا صحيحًا".into()),
        Form::Boolean => ("true or false".into(), "true أو false".into()),
        Form::Telephone => (
            "a telephone number: 0 or + and 4 to 15 digits".into(),
            "رقم هاتف: 0 أو + ثم من 4 إلى 15 رقمًا".into(),
        ),
        Form::Words => ("a name in words, it has digits only".into(), "اسمًا بالكلمات، فهي أرقام فقط".into()),
        Form::NotInvented => (
            "a real number: eight digits in a row are equal, rising or falling".into(),
            "رقمًا حقيقيًا: فيها ثمانية أرقام متتالية متساوية أو متسلسلة".into(),
        ),
        Form::Trimmed => ("free of blanks around it".into(), "خالية من المسافات حولها".into()),
        Form::Percent => (
            "a percentage from 0 to 100 with at most two decimals and no % sign".into(),
            "نسبة من 0 إلى 100 بمنزلتين عشريتين على الأكثر وبدون علامة %".into(),
        ),
    };
    Bilingual::new(en, ar)
}

fn how_words(how: How) -> Bilingual {
    let (en, ar) = match how {
        How::SumOfLines => ("the sum of the lines", "مجموع البنود"),
        How::SumOfAllowances => ("the sum of the document's discounts", "مجموع خصومات المستند"),
        How::SumOfCharges => ("the sum of the document's charges", "مجموع رسوم المستند"),
        How::LinesLessAllowances => {
            ("the lines less discounts plus charges", "البنود ناقص الخصومات زائد الرسوم")
        }
        How::SumOfSubtotals => ("the sum of the VAT groups", "مجموع ضريبة الفئات"),
        How::ExclusivePlusTax => ("the total without VAT plus VAT", "الإجمالي بدون الضريبة زائد الضريبة"),
        How::InclusiveLessPrepaid => (
            "the total with VAT less advances plus rounding",
            "الإجمالي شامل الضريبة ناقص المدفوع مقدمًا زائد التقريب",
        ),
        How::TaxableTimesRate => ("the taxable amount times the rate", "المبلغ الخاضع مضروبًا في النسبة"),
        How::GroupTaxable => {
            ("the group's lines less discounts plus charges", "بنود الفئة ناقص الخصومات زائد الرسوم")
        }
        How::QuantityTimesPrice => {
            ("quantity times price less discounts plus charges", "الكمية في السعر ناقص الخصومات زائد الرسوم")
        }
        How::NetPlusTax => ("the line without VAT plus its VAT", "مبلغ البند زائد ضريبته"),
        How::BaseTimesPercent => ("the base times the percentage", "الأساس مضروبًا في النسبة"),
        How::BaseLessAllowance => ("the base less the discount", "الأساس ناقص الخصم"),
        How::PrepaymentSum => ("the sum of the advances with VAT", "مجموع الدفعات المقدمة شاملة الضريبة"),
    };
    Bilingual::new(en, ar)
}
