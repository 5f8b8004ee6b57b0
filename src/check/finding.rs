//! How layers and documents come out, and how findings are collected.

use super::select::shown;
use super::wording::Check;
use crate::rules::{Finding, Layer, Severity};
use crate::text::Bilingual;
use crate::xml::Node;

/// How a layer came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing that the platform refuses.
    Pass,
    /// At least one error.
    Fail,
    /// There was nothing to check.
    Skip,
}

/// How a document came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing was found.
    Pass,
    /// Warnings alone.
    Warn,
    /// At least one error.
    Fail,
}

impl Verdict {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }
}

/// Whether a finding fails its document; `strict` lets warnings fail it too,
/// except the one that depends on when one looks (BR-KSA-98).
pub fn is_failure(found: &Finding, strict: bool) -> bool {
    match found.severity {
        Severity::Error => true,
        Severity::Warning => strict && found.rule != "BR-KSA-98",
    }
}

/// Where something was found, for [`Notes`].
pub(super) enum At<'d> {
    /// At an element that is there.
    Node(Node<'d>),
    /// Where an element should be.
    Path(&'static str),
}

/// Collects the findings of one layer.
pub(super) struct Notes {
    pub layer: Layer,
    pub findings: Vec<Finding>,
}

/// The values that a finding is about, and for the integrator its exact cause.
pub(super) struct Values<'v> {
    pub found: &'v str,
    pub expected: &'v str,
    pub cause: &'v str,
}

/// No values: the words say it all, and `cause` tells the integrator more.
pub(super) fn because(cause: &str) -> Values<'_> {
    Values { found: "", expected: "", cause }
}

/// The value there is and the one there should be.
pub(super) fn values<'v>(found: &'v str, expected: &'v str, cause: &'v str) -> Values<'v> {
    Values { found, expected, cause }
}

impl Notes {
    pub(super) fn new(layer: Layer) -> Notes {
        Notes { layer, findings: Vec::new() }
    }

    pub(super) fn error(&mut self, id: Check, at: At<'_>, values: Values<'_>) {
        self.add(id, Severity::Error, at, values);
    }

    pub(super) fn warn(&mut self, id: Check, at: At<'_>, values: Values<'_>) {
        self.add(id, Severity::Warning, at, values);
    }

    fn add(&mut self, id: Check, severity: Severity, at: At<'_>, values: Values<'_>) {
        let (field, line) = match at {
            At::Node(node) => (node.path(), format!(", line {}", node.line())),
            At::Path(path) => (path.to_owned(), String::new()),
        };
        let (found, expected) = (shown(values.found), shown(values.expected));
        let message = id.message(&found, &expected);
        let rule = id.rule();
        let facts = match (found.is_empty(), expected.is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!(" [found {found}]"),
            (_, false) => format!(" [found {found}; expected {expected}]"),
        };
        let integrator = Bilingual::new(
            format!("{rule} at {field}{line}: {}{facts}", values.cause),
            format!("{rule} في {field}: {}", message.ar),
        );
        let cashier = match severity {
            Severity::Error => id.cashier(),
            Severity::Warning => nothing_to_do(),
        };
        let layer = self.layer;
        let remedy = id.remedy();
        self.findings.push(Finding {
            rule: rule.into(),
            severity,
            layer,
            field,
            request: None,
            message,
            remedy,
            cashier,
            integrator,
        });
    }
}

/// What a warning means at the till.
pub(super) fn nothing_to_do() -> Bilingual {
    Bilingual::new(
        "Nothing to do at the till: the document may be handed out.",
        "لا يلزمك شيء عند نقطة البيع: يمكن تسليم المستند.",
    )
}
