//! The types of JSON values, in words.

use super::Bilingual;

/// What a value of a request is, or should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// `true` alone.
    True,
    /// Any number.
    Number,
    /// A number, as a JSON number or as text, with an example of its form.
    NumberLike(&'static str),
    /// A text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

impl JsonType {
    /// As it stands in the middle of a sentence.
    pub fn words(self) -> Bilingual {
        match self {
            JsonType::Null => Bilingual::new("null", "قيمة فارغة null"),
            JsonType::Bool => Bilingual::new("true/false", "قيمة منطقية true/false"),
            JsonType::True => Bilingual::new("true", "القيمة true"),
            JsonType::Number => Bilingual::new("a number", "رقم"),
            JsonType::NumberLike(example) => {
                Bilingual::new(format!("a number such as {example}"), format!("رقم مثل {example}"))
            }
            JsonType::Text => Bilingual::new("a text", "نص"),
            JsonType::List => Bilingual::new("a list", "قائمة"),
            JsonType::Object => Bilingual::new("an object", "كائن"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_arabic_words() {
        let all = [
            JsonType::Null,
            JsonType::Bool,
            JsonType::True,
            JsonType::Number,
            JsonType::NumberLike("12.50"),
            JsonType::Text,
            JsonType::List,
            JsonType::Object,
        ];
        for words in all.map(JsonType::words) {
            assert!(words.ar.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c)), "{}", words.ar);
            assert!(words.en.is_ascii(), "{}", words.en);
        }
    }
}
