//! What a document says: structure and official rules, joined from their rooms.

use super::Board;
use super::finding::{At, Notes, because};
use super::select::is_invoice;
use super::wording::Check;
use crate::rules::{self, Context, Finding, Layer, Measure, Severity};
use crate::schema::{self, Structure};
use crate::text::Bilingual;
use crate::xml::{Dom, XmlError};

/// Judges the structure of UBL 2.1.
pub(super) fn structure(board: &mut Board, dom: &Dom) {
    let mut findings: Vec<Finding> = schema::check(dom).iter().map(misbuilt).collect();
    if dom.has_byte_order_mark() {
        let mut notes = Notes::new(Layer::Xsd);
        let cause = "EF BB BF before the document; UTF-8 needs no byte order mark";
        notes.warn(Check::ByteOrderMark, At::Path("/"), because(cause));
        findings.extend(notes.findings);
    }
    board.put(Layer::Xsd, findings);
}

/// Judges what the document says by EN 16931 and the authority's rules, as the
/// platform does today.
pub(super) fn rules(board: &mut Board, dom: &Dom, now: i64) {
    if !is_invoice(dom.root()) {
        for layer in [Layer::En16931, Layer::Ksa] {
            let mut notes = Notes::new(layer);
            let cause = "the document element is not Invoice of UBL 2.1";
            notes.error(Check::NoRule, At::Node(dom.root()), because(cause));
            board.close(notes);
        }
        return;
    }
    let facts = rules::from_xml(dom.root());
    let context = Context { measure: Measure::Current, now };
    for layer in [Layer::En16931, Layer::Ksa] {
        board.put(layer, rules::findings(layer, &facts, &context));
    }
}

/// A document that no parser should read.
pub(super) fn unreadable(error: &XmlError) -> Finding {
    let place = (format!("line {}", error.line), format!("السطر {}", error.line));
    of_structure(error.rule(), place, error.message(), error.remedy())
}

fn misbuilt(found: &Structure) -> Finding {
    let line = found.line;
    let place = (format!("{}, line {line}", found.path), format!("{}، السطر {line}", found.path));
    let finding = of_structure(found.rule(), place, found.message(), found.remedy());
    Finding { field: found.path.clone(), ..finding }
}

fn of_structure(
    rule: &'static str,
    place: (String, String),
    message: Bilingual,
    remedy: Bilingual,
) -> Finding {
    Finding {
        rule: rule.into(),
        severity: Severity::Error,
        layer: Layer::Xsd,
        cashier: Check::NoRule.cashier(),
        integrator: Bilingual::new(
            format!("{rule} at {}: {}", place.0, message.en),
            format!("{rule} في {}: {}", place.1, message.ar),
        ),
        field: place.0,
        request: None,
        message,
        remedy,
    }
}
