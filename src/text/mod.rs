//! Words for people, in English and Arabic.

/// One message in both languages of the till.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Bilingual {
    pub en: String,
    pub ar: String,
}

impl Bilingual {
    pub fn new(en: impl Into<String>, ar: impl Into<String>) -> Bilingual {
        Bilingual { en: en.into(), ar: ar.into() }
    }
}
