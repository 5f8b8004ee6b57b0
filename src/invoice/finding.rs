//! What is wrong with a request, for the person who can mend it.

use serde::Serialize;

use crate::text::Bilingual;

/// One thing that must change before a number is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule that refuses it: an official id (`BR-KSA-F-06-C19`) or one of
    /// the till's own (`TILLD-...`).
    pub rule: &'static str,
    /// Where, as a path into the request: `lines[2].price`.
    pub field: String,
    pub message: Bilingual,
    pub remedy: Bilingual,
}
