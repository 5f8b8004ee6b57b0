//! Why a document cannot be read, in words for people.

use crate::text::Bilingual;

/// A document that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {} {}", self.message().en, self.remedy().en)]
pub struct XmlError {
    /// What is wrong.
    pub fault: Fault,
    /// Line of the document, from 1.
    pub line: u32,
}

/// What is wrong with the XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Larger than [`super::MAX_BYTES`].
    Size,
    /// Deeper than [`super::MAX_DEPTH`].
    Depth,
    /// More than [`super::MAX_NODES`].
    Nodes,
    /// More than [`super::MAX_ATTRIBUTES`] on one element.
    Attributes,
    /// A name longer than [`super::MAX_NAME`].
    LongName,
    /// More than [`super::MAX_ENTITIES`].
    Entities,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// US-ASCII is declared, and other characters are used.
    NotAscii,
    /// Another encoding is declared or used.
    Encoding(String),
    /// A document type declaration.
    Doctype,
    /// A character that XML forbids, by its number.
    Character(u32),
    /// The line `<?xml ...?>` is wrong or in the wrong place.
    Declaration,
    /// No element at all.
    Empty,
    /// A tag that breaks the rules.
    Tag,
    /// A name that breaks the rules.
    Name,
    /// An attribute without `="..."` or without space before it.
    AttributeForm,
    /// The same attribute twice.
    AttributeTwice(String),
    /// `<` inside an attribute's value.
    LessThan,
    /// A prefix that no `xmlns:` declares.
    Prefix(String),
    /// A namespace declaration that is forbidden, or no URI.
    Namespace(String),
    /// A wrong or repeated `xml:id`.
    Id,
    /// An end tag that does not match.
    EndTag {
        /// The element that is open.
        open: String,
        /// The end tag that stands there.
        found: String,
    },
    /// The document ends inside this element.
    Unclosed(String),
    /// Text or a second element beside the document element.
    Outside,
    /// `]]>` in text.
    Brackets,
    /// A comment that does not end, or holds `--`.
    Comment,
    /// A processing instruction that breaks the rules.
    Instruction,
    /// A CDATA section that does not end.
    Cdata,
    /// `&` that begins no reference to a known entity.
    Entity,
    /// A reference to a character that does not exist or is forbidden.
    Reference,
}

impl XmlError {
    /// The id of the rule that is broken: `XML-...`.
    pub fn rule(&self) -> &'static str {
        match self.fault {
            Fault::Size | Fault::Nodes | Fault::Attributes | Fault::LongName | Fault::Entities => "XML-SIZE",
            Fault::Depth => "XML-DEPTH",
            Fault::Encoding(_) => "XML-ENCODING",
            Fault::Doctype => "XML-DOCTYPE",
            _ => "XML-WELLFORMED",
        }
    }

    /// What is wrong.
    pub fn message(&self) -> Bilingual {
        self.fault.message()
    }

    /// What to do about it.
    pub fn remedy(&self) -> Bilingual {
        match self.rule() {
            "XML-SIZE" | "XML-DEPTH" => Bilingual::new(
                "Check that this file is an invoice; real invoices are far smaller.",
                "تأكد من أن الملف فاتورة؛ الفواتير الحقيقية أصغر من ذلك بكثير.",
            ),
            "XML-ENCODING" => Bilingual::new(
                "Save the document as UTF-8 and declare encoding=\"UTF-8\".",
                "احفظ المستند بترميز UTF-8 وصرّح بذلك encoding=\"UTF-8\".",
            ),
            "XML-DOCTYPE" => Bilingual::new(
                "Remove the <!DOCTYPE ...> declaration; invoices have none.",
                "احذف التصريح <!DOCTYPE ...>؛ الفواتير لا تحتوي عليه.",
            ),
            _ => Bilingual::new(
                "Mend this place in the program that writes the document, and write it anew.",
                "صحّح هذا الموضع في البرنامج الذي يكتب المستند ثم أعد كتابته.",
            ),
        }
    }
}

impl Fault {
    fn message(&self) -> Bilingual {
        let (en, ar) = match self {
            Fault::Size | Fault::Nodes | Fault::Depth => self.bound(),
            Fault::Attributes | Fault::LongName | Fault::Entities => self.bound(),
            Fault::NotUtf8 | Fault::Doctype | Fault::Declaration | Fault::Empty => self.of_document(),
            Fault::Outside | Fault::NotAscii => self.of_document(),
            Fault::Tag | Fault::Name | Fault::AttributeForm | Fault::LessThan | Fault::Id => self.of_tag(),
            Fault::Brackets | Fault::Comment | Fault::Instruction => self.of_content(),
            Fault::Cdata | Fault::Entity | Fault::Reference => self.of_content(),
            Fault::Encoding(_) | Fault::Character(_) | Fault::AttributeTwice(_) | Fault::Prefix(_) => {
                return self.with_value();
            }
            Fault::Namespace(_) | Fault::EndTag { .. } | Fault::Unclosed(_) => return self.with_value(),
        };
        Bilingual::new(en, ar)
    }

    fn bound(&self) -> (&'static str, &'static str) {
        match self {
            Fault::Depth => ("Elements nest deeper than 100 levels.", "تداخل العناصر أعمق من 100 مستوى."),
            Fault::Nodes => ("The document has more than a million parts.", "في المستند أكثر من مليون جزء."),
            Fault::Attributes => ("An element has more than 200 attributes.", "لأحد العناصر أكثر من 200 سمة."),
            Fault::LongName => ("A name is longer than 1000 characters.", "أحد الأسماء أطول من 1000 حرف."),
            Fault::Entities => (
                "The document has more than 100000 entity references.",
                "في المستند أكثر من 100000 إحالة إلى كيانات.",
            ),
            _ => ("The document is larger than 8 MiB.", "المستند أكبر من 8 ميبيبايت."),
        }
    }

    fn of_document(&self) -> (&'static str, &'static str) {
        match self {
            Fault::NotUtf8 => ("The bytes are not valid UTF-8.", "البايتات ليست UTF-8 صحيحة."),
            Fault::NotAscii => (
                "The document declares US-ASCII but holds other characters.",
                "يصرّح المستند بالترميز US-ASCII لكنه يحتوي على أحرف أخرى.",
            ),
            Fault::Doctype => (
                "A document type declaration (DOCTYPE) is not allowed.",
                "لا يُسمح بتصريح نوع المستند (DOCTYPE).",
            ),
            Fault::Declaration => (
                "The XML declaration is malformed or not at the very start.",
                "تصريح XML غير صحيح أو ليس في أول المستند تماماً.",
            ),
            Fault::Outside => (
                "There is text or another element outside the document element.",
                "يوجد نص أو عنصر آخر خارج العنصر الجذر.",
            ),
            _ => ("The document has no element.", "لا يوجد أي عنصر في المستند."),
        }
    }

    fn of_tag(&self) -> (&'static str, &'static str) {
        match self {
            Fault::Name => ("A name is missing or malformed.", "اسم ناقص أو غير صحيح."),
            Fault::AttributeForm => {
                ("An attribute is not written as name=\"value\".", "سمة غير مكتوبة بصيغة name=\"value\".")
            }
            Fault::LessThan => {
                ("An attribute's value holds '<'; write &lt;.", "قيمة سمة تحتوي على '<'؛ اكتب &lt;.")
            }
            Fault::Id => (
                "An xml:id is not a name or stands twice in the document.",
                "قيمة xml:id ليست اسماً أو مكررة في المستند.",
            ),
            _ => ("A tag is malformed.", "وسم غير صحيح."),
        }
    }

    fn of_content(&self) -> (&'static str, &'static str) {
        match self {
            Fault::Brackets => ("The text holds ']]>'; write ]]&gt;.", "النص يحتوي على ']]>'؛ اكتب ]]&gt;."),
            Fault::Comment => ("A comment does not end or holds '--'.", "تعليق غير منتهٍ أو يحتوي على '--'."),
            Fault::Instruction => ("A processing instruction is malformed.", "تعليمة معالجة غير صحيحة."),
            Fault::Cdata => ("A CDATA section does not end.", "مقطع CDATA غير منتهٍ."),
            Fault::Entity => (
                "'&' begins no known entity; write &amp; for the character itself.",
                "الرمز '&' لا يبدأ كياناً معروفاً؛ اكتب &amp; للرمز نفسه.",
            ),
            _ => ("A character reference names no allowed character.", "إحالة إلى حرف غير مسموح به."),
        }
    }

    fn with_value(&self) -> Bilingual {
        match self {
            Fault::Encoding(name) => Bilingual::new(
                format!("The encoding is {}, not UTF-8.", short(name)),
                format!("الترميز هو {} وليس UTF-8.", short(name)),
            ),
            Fault::Character(code) => Bilingual::new(
                format!("The character U+{code:04X} is not allowed in XML."),
                format!("الحرف U+{code:04X} غير مسموح به في XML."),
            ),
            Fault::AttributeTwice(name) => Bilingual::new(
                format!("The attribute {} stands twice on one element.", short(name)),
                format!("السمة {} مكررة في العنصر نفسه.", short(name)),
            ),
            Fault::Prefix(name) => Bilingual::new(
                format!("The prefix {} is not declared.", short(name)),
                format!("البادئة {} غير مصرّح بها.", short(name)),
            ),
            Fault::Namespace(name) => Bilingual::new(
                format!("The declaration of the namespace '{}' is not allowed.", short(name)),
                format!("تصريح فضاء الأسماء '{}' غير مسموح به.", short(name)),
            ),
            Fault::EndTag { open, found } => Bilingual::new(
                format!("</{}> stands where </{}> is due.", short(found), short(open)),
                format!("ورد </{}> حيث يجب أن يرد </{}>.", short(found), short(open)),
            ),
            Fault::Unclosed(name) => Bilingual::new(
                format!("The document ends inside the element {}.", short(name)),
                format!("ينتهي المستند داخل العنصر {}.", short(name)),
            ),
            _ => Bilingual::default(),
        }
    }
}

/// Enough of a hostile name to recognise it.
fn short(name: &str) -> String {
    let mut start: String = name.chars().take(60).collect();
    if start.len() < name.len() {
        start.push('…');
    }
    start
}
