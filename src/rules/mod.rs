//! The official rules on what a document says: EN 16931 and the authority's
//! own (business-rules.md), as predicates over [`Facts`]. The same code judges
//! any XML file and, before a number is taken, every document of this till.
//! Nothing here knows of XML, signatures or clocks: the moment arrives as an
//! argument.

mod arithmetic;
mod codes;
mod digits;
mod en;
mod facts;
mod finding;
mod forms;
mod from_invoice;
mod from_xml;
mod ksa;
mod number;
mod subjects;
mod table;
mod table_en;
mod table_ksa;
mod term;
mod violation;
mod words;

pub use facts::{
    Address, AllowanceCharge, Amount, BillingReference, Contact, Delivery, Elsewhere, ExchangeRate, Facts,
    Line, MonetaryTotal, Number, Party, PartyId, PaymentMeans, PrepaymentReference, Price, Reference,
    Signature, SignatureInformation, Subtotal, TaxCategory, TaxScheme, TaxTotal, Text,
};
pub use finding::Finding;
pub use from_invoice::from_invoice;
pub use from_xml::from_xml;
pub use table::{Edition, Guard, Layer, Measure, Rule, Severity};
pub use term::Term;
pub use violation::{Because, Form, How, Violation, Violations, Wrong};
pub use words::{about, finding};

/// What a rule may know besides the document.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// By which edition the document is judged.
    pub measure: Measure,
    /// Now, seconds since 1970 UTC; rules compare it in Riyadh time.
    pub now: i64,
}

/// The rules of one stylesheet that the document breaks, in the order of its
/// parts; none for a layer that is not a stylesheet.
pub fn violations(layer: Layer, facts: &Facts<'_>, context: &Context) -> Vec<Violation> {
    let mut out = Violations::default();
    match layer {
        Layer::En16931 => en::run(facts, context, &mut out),
        Layer::Ksa => ksa::run(facts, context, &mut out),
        _ => {}
    }
    out.into_vec()
}

/// The same in words for people.
pub fn findings(layer: Layer, facts: &Facts<'_>, context: &Context) -> Vec<Finding> {
    let in_words = |found: &Violation| {
        let rule = rule(found.rule).unwrap_or(&UNLISTED);
        Finding { rule: found.rule.into(), layer, ..words::finding(rule, found) }
    };
    violations(layer, facts, context).iter().map(in_words).collect()
}

/// Of an id that the table lacks, which a test forbids: still an error, never silence.
const UNLISTED: Rule = Rule {
    id: "RULE-EVALUATION",
    layer: Layer::Ksa,
    severity: Severity::Error,
    edition: Edition::Both,
    guard: Guard::Built("no predicate names a rule that is not in the table"),
};

/// The table of both stylesheets. `RULE-EVALUATION`, by which either may stop
/// as a whole, stands in it once.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    table_en::EN16931.iter().chain(table_ksa::KSA)
}

/// The rule of this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}
