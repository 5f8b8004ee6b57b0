//! Words for people, in English and Arabic. Every message is keyed by an enum
//! and matched exhaustively, so that a new one cannot lack a language.

mod document_problem;
mod json_type;
mod problem;
pub mod readers;
mod returned;
mod span;
mod stored_problem;

pub use document_problem::{BuyerPart, DocumentProblem};
pub use json_type::JsonType;
pub use problem::Problem;
pub use returned::ReturnProblem;
pub use span::span;
pub use stored_problem::StoredProblem;

/// One message in both languages of the till.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Arabic.
    pub ar: String,
}

impl Bilingual {
    /// The same message in both languages.
    pub fn new(en: impl Into<String>, ar: impl Into<String>) -> Bilingual {
        Bilingual { en: en.into(), ar: ar.into() }
    }
}
