//! A finding on a document, in words for the three people who read one: the
//! cashier at the till, the accountant who owns the numbers, the integrator
//! whose program sent them.

use std::borrow::Cow;

use super::table::{Layer, Severity};
use crate::text::Bilingual;

/// What is wrong with a document and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Official id (`BR-KSA-..`), or the id of the check that failed.
    pub rule: Cow<'static, str>,
    /// What the authority makes of it.
    pub severity: Severity,
    /// The part of the judgement that it belongs to.
    pub layer: Layer,
    /// Path in the document, below the root `Invoice`.
    pub field: String,
    /// Path in the request that sets it (`lines[2].name`), if one does.
    pub request: Option<String>,
    /// For the accountant: what is wrong, with the values.
    pub message: Bilingual,
    /// For the accountant: how it is put right.
    pub remedy: Bilingual,
    /// For the cashier: what to do at the till now.
    pub cashier: Bilingual,
    /// For the integrator: rule, place and cause, and the field of a request that sets it.
    pub integrator: Bilingual,
}
