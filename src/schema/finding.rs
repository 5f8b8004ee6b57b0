//! What is wrong with a document's structure, in words for people.

use super::model::Simple;
use crate::text::Bilingual;

/// One place where a document's structure is not that of a UBL invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// Line of the element's start tag, from 1.
    pub line: u32,
    /// The element: `/Invoice/cac:InvoiceLine[2]/cbc:ID`.
    pub path: String,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong with an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The document element is not one that UBL knows.
    Root {
        /// The element that stands there.
        found: String,
    },
    /// The element inside has no place here.
    Unexpected {
        /// The element that stands there.
        found: String,
        /// What may stand there; `*` is any element of another vocabulary.
        expected: Vec<String>,
    },
    /// The element inside belongs here, but earlier.
    Order {
        /// The element that comes too late.
        found: String,
        /// The element that it must not follow.
        after: String,
    },
    /// The element inside may stand once only.
    TooMany {
        /// The repeated element.
        found: String,
    },
    /// A required element is missing inside.
    Missing {
        /// One of these is due.
        expected: Vec<String>,
    },
    /// An element that must be known is not.
    Unknown {
        /// The element.
        found: String,
    },
    /// Text where only elements may stand.
    Text {
        /// The text.
        found: String,
    },
    /// The value has not the form of its type.
    Value {
        /// The form that is due.
        form: Simple,
        /// The value that stands there.
        found: String,
    },
    /// An attribute that the element does not have.
    UnknownAttribute {
        /// Its name.
        name: String,
    },
    /// A required attribute is missing.
    MissingAttribute {
        /// Its name.
        name: String,
    },
    /// The value of an attribute has not the form of its type.
    AttributeValue {
        /// The attribute.
        name: String,
        /// The form that is due.
        form: Simple,
        /// The value that stands there.
        found: String,
    },
    /// The same Id twice in the document.
    DoubleId {
        /// The Id.
        found: String,
    },
    /// `xsi:nil`, which no element of UBL may have.
    Nil,
    /// `xsi:type` with a type that the element cannot have.
    Type {
        /// The value of the attribute.
        found: String,
    },
}

impl Structure {
    /// The id of the rule: structure has only one.
    pub fn rule(&self) -> &'static str {
        "XSD"
    }

    /// What is wrong.
    pub fn message(&self) -> Bilingual {
        self.wrong.message()
    }

    /// What to do about it.
    pub fn remedy(&self) -> Bilingual {
        self.wrong.remedy()
    }
}

impl Wrong {
    fn message(&self) -> Bilingual {
        match self {
            Wrong::Root { found } => both(
                format!("The document element is {}, which UBL does not know.", short(found)),
                format!("العنصر الجذر هو {} وهو غير معروف في UBL.", short(found)),
            ),
            Wrong::Unexpected { found, .. } => both(
                format!("The element {} is not allowed here.", short(found)),
                format!("العنصر {} غير مسموح به هنا.", short(found)),
            ),
            Wrong::Order { found, after } => both(
                format!("The element {} stands after {after}, but belongs before it.", short(found)),
                format!("العنصر {} ورد بعد {after} ومكانه قبله.", short(found)),
            ),
            Wrong::TooMany { found } => both(
                format!("The element {} may stand here only once.", short(found)),
                format!("لا يُسمح بالعنصر {} هنا إلا مرة واحدة.", short(found)),
            ),
            Wrong::Missing { expected } => both(
                format!("A required element is missing: {}.", list(expected, "or")),
                format!("عنصر مطلوب ناقص: {}.", list(expected, "أو")),
            ),
            Wrong::Unknown { found } => both(
                format!("The element {} is not known.", short(found)),
                format!("العنصر {} غير معروف.", short(found)),
            ),
            Wrong::Text { found } => both(
                format!("The text '{}' stands where only elements may stand.", short(found)),
                format!("النص '{}' ورد حيث لا يُسمح إلا بالعناصر.", short(found)),
            ),
            Wrong::Value { form, found } => both(
                format!("The value '{}' is not {}.", short(found), form.words().0),
                format!("القيمة '{}' ليست {}.", short(found), form.words().1),
            ),
            _ => self.attribute_message(),
        }
    }

    fn attribute_message(&self) -> Bilingual {
        match self {
            Wrong::UnknownAttribute { name } => both(
                format!("The element has no attribute {}.", short(name)),
                format!("العنصر لا يقبل السمة {}.", short(name)),
            ),
            Wrong::MissingAttribute { name } => both(
                format!("The required attribute {name} is missing."),
                format!("السمة المطلوبة {name} ناقصة."),
            ),
            Wrong::AttributeValue { name, form, found } => both(
                format!("The attribute {name} is '{}', which is not {}.", short(found), form.words().0),
                format!("قيمة السمة {name} هي '{}' وهي ليست {}.", short(found), form.words().1),
            ),
            Wrong::DoubleId { found } => both(
                format!("The Id '{}' stands twice in the document.", short(found)),
                format!("المعرّف '{}' مكرر في المستند.", short(found)),
            ),
            Wrong::Type { found } => both(
                format!("The element cannot have the xsi:type '{}'.", short(found)),
                format!("لا يمكن أن يكون نوع العنصر xsi:type هو '{}'.", short(found)),
            ),
            _ => both("The element may not have xsi:nil.", "لا يُسمح بالسمة xsi:nil في هذا العنصر."),
        }
    }

    fn remedy(&self) -> Bilingual {
        match self {
            Wrong::Root { .. } => {
                both("Begin the document with <Invoice>.", "ابدأ المستند بالعنصر <Invoice>.")
            }
            Wrong::Unexpected { expected, .. } if expected.is_empty() => {
                both("Remove the element.", "احذف هذا العنصر.")
            }
            Wrong::Unexpected { expected, .. } => both(
                format!("Remove it, or write what may stand here: {}.", list(expected, "or")),
                format!("احذفه أو اكتب ما يُسمح به هنا: {}.", list(expected, "أو")),
            ),
            Wrong::Order { after, .. } => both(
                format!("Move it before {after}; UBL fixes the order of elements."),
                format!("انقله إلى ما قبل {after}؛ ترتيب العناصر في UBL ثابت."),
            ),
            Wrong::TooMany { .. } => both("Keep one and remove the others.", "أبقِ واحداً واحذف الباقي."),
            Wrong::Missing { .. } => both("Add it in its place.", "أضفه في مكانه."),
            Wrong::Unknown { .. } => {
                both("Use an element of UBL or of XML signatures.", "استخدم عنصراً من UBL أو من تواقيع XML.")
            }
            Wrong::Text { .. } => both("Remove the text.", "احذف النص."),
            Wrong::Value { form, .. } | Wrong::AttributeValue { form, .. } => form.example(),
            Wrong::MissingAttribute { name } => {
                both(format!("Add {name}=\"...\" to the element."), format!("أضف {name}=\"...\" إلى العنصر."))
            }
            Wrong::DoubleId { .. } => both("Give each its own Id.", "أعطِ كل عنصر معرّفاً خاصاً به."),
            Wrong::UnknownAttribute { .. } | Wrong::Nil | Wrong::Type { .. } => {
                both("Remove the attribute.", "احذف السمة.")
            }
        }
    }
}

impl Simple {
    /// The form in words, to follow "is not".
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Simple::Text => ("text", "نصاً"),
            Simple::Language => ("a language tag", "رمز لغة"),
            Simple::Uri => ("a URI", "عنوان URI"),
            Simple::Id => ("a name that can be an Id", "اسماً صالحاً كمعرّف"),
            Simple::Base64 => ("base64", "بترميز base64"),
            Simple::Boolean => ("true or false", "true أو false"),
            Simple::Date => ("a date", "تاريخاً"),
            Simple::Time => ("a time", "وقتاً"),
            Simple::DateTime => ("a date and time", "تاريخاً ووقتاً"),
            Simple::Decimal => ("a decimal number", "عدداً عشرياً"),
            Simple::Integer => ("a whole number", "عدداً صحيحاً"),
            Simple::Choice(_) => ("one of the allowed values", "من القيم المسموح بها"),
        }
    }

    fn example(self) -> Bilingual {
        let (en, ar) = match self {
            Simple::Text => ("Write text.", "اكتب نصاً."),
            Simple::Language => ("Write a tag such as ar or en.", "اكتب رمزاً مثل ar أو en."),
            Simple::Uri => ("Write a URI such as urn:example:1.", "اكتب عنواناً مثل urn:example:1."),
            Simple::Id => ("Write a name that begins with a letter.", "اكتب اسماً يبدأ بحرف."),
            Simple::Base64 => {
                ("Encode the bytes in base64, filled up with =.", "رمّز البايتات بـ base64 مع الإكمال بـ =.")
            }
            Simple::Boolean => ("Write true or false.", "اكتب true أو false."),
            Simple::Date => (
                "Write a day of the calendar as YYYY-MM-DD, without spaces.",
                "اكتب يوماً صحيحاً بصيغة YYYY-MM-DD دون مسافات.",
            ),
            Simple::Time => ("Write hh:mm:ss, without spaces.", "اكتب hh:mm:ss دون مسافات."),
            Simple::DateTime => ("Write YYYY-MM-DDThh:mm:ss.", "اكتب YYYY-MM-DDThh:mm:ss."),
            Simple::Decimal => (
                "Write digits with a point for the decimal places, such as 115.00.",
                "اكتب أرقاماً مع نقطة للكسور مثل 115.00.",
            ),
            Simple::Integer => ("Write digits only.", "اكتب أرقاماً فقط."),
            Simple::Choice(_) => {
                return both(
                    format!("Write one of {}.", self.choices().join(", ")),
                    format!("اكتب واحدة من {}.", self.choices().join("، ")),
                );
            }
        };
        both(en, ar)
    }
}

fn both(en: impl Into<String>, ar: impl Into<String>) -> Bilingual {
    Bilingual::new(en, ar)
}

/// Enough of a hostile value to recognise it.
fn short(text: &str) -> String {
    let mut start: String = text.chars().take(60).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// The first few names of a list.
fn list(names: &[String], or: &str) -> String {
    let first: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
    let more = if names.len() > first.len() { ", …" } else { "" };
    format!("{}{more}", first.join(&format!(" {or} ")))
}
