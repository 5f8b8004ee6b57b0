//! What is wrong with a request, for the person who can mend it.

use serde::Serialize;

use crate::text::{Bilingual, Problem};

/// One thing that must change before a number is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule that refuses it: an official id (`BR-KSA-F-06-C19`) or one of
    /// the till's own (`TILLD-...`).
    pub rule: &'static str,
    /// Where, as a path into the request: `lines[2].price`.
    pub field: String,
    /// What is wrong, with the values.
    pub message: Bilingual,
    /// What to do about it.
    pub remedy: Bilingual,
}

impl Finding {
    /// `problem` at `field`, a path into the request; empty for the request as a whole.
    pub fn at(field: impl Into<String>, problem: Problem) -> Finding {
        Finding {
            rule: problem.rule(),
            field: field.into(),
            message: problem.message(),
            remedy: problem.remedy(),
        }
    }
}
