//! What is wrong with a request, for the three people who read it: the cashier
//! at the till, the accountant who owns the numbers, the integrator whose
//! program sent it.

use serde::Serialize;

use crate::text::{Bilingual, Problem, readers};

/// How grave a finding is. What the till refuses by itself is an error; a rule
/// that it runs on the finished document has the gravity that the authority
/// gives it. Either way nothing is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The authority would take the document with a message; the till does not issue it.
    Warning,
    /// Refused.
    Error,
}

/// One thing that must change before a number is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule that refuses it: an official id (`BR-KSA-F-06-C19`) or one of
    /// the till's own (`TILLD-...`).
    pub rule: &'static str,
    pub severity: Severity,
    /// Where, as a path into the request: `lines[2].price`.
    pub field: String,
    /// For the accountant: what is wrong, with the values.
    pub message: Bilingual,
    /// For the accountant: what to do about it.
    pub remedy: Bilingual,
    /// For the cashier: what to do at the till now.
    pub cashier: Bilingual,
    /// For the integrator: rule, path into the request, cause.
    pub integrator: Bilingual,
}

impl Finding {
    /// `problem` at `field`, a path into the request; empty for the request as a whole.
    pub fn at(field: impl Into<String>, problem: Problem) -> Finding {
        let (rule, field, message) = (problem.rule(), field.into(), problem.message());
        Finding {
            severity: Severity::Error,
            remedy: problem.remedy(),
            cashier: readers::cashier(&problem, &field),
            integrator: readers::integrator(rule, &field, &message),
            rule,
            field,
            message,
        }
    }

    /// A fault in the settings of the till.
    pub fn of_settings(
        rule: &'static str,
        field: impl Into<String>,
        message: Bilingual,
        remedy: Bilingual,
    ) -> Finding {
        let field = field.into();
        Finding {
            severity: Severity::Error,
            remedy,
            cashier: readers::cashier_on_settings(),
            integrator: readers::integrator(rule, &field, &message),
            rule,
            field,
            message,
        }
    }

    /// The same under another rule.
    pub fn under(self, rule: &'static str) -> Finding {
        let integrator = readers::integrator(rule, &self.field, &self.message);
        Finding { rule, integrator, ..self }
    }

    /// The same where the path begins further up: `prefix` ends with a point.
    pub fn below(self, prefix: &str) -> Finding {
        let field = format!("{prefix}{}", self.field);
        let integrator = readers::integrator(self.rule, &field, &self.message);
        Finding { field, integrator, ..self }
    }
}
