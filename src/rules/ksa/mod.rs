//! The authority's own rules (business-rules.md section 2), each evaluated as
//! its stylesheet does: with the same contexts, the same comparisons and the
//! same gaps. Where edition 3.2.7 asks for more, [`Measure::BothEditions`] asks
//! for it too.

mod allowances;
mod amounts;
mod breakdown;
mod buyer;
mod currency;
mod delivery;
mod evaluation;
mod exact;
mod header;
mod identifiers;
mod lines;
mod payment;
mod prepayments;
mod references;
mod seller;
mod stamp;
#[cfg(test)]
mod tests;

use super::facts::{AllowanceCharge, Facts, TaxCategory, Text};
use super::forms::{character, has_flags, is_longer, length, trim, written};
use super::term::Term;
use super::violation::{Violations, Wrong};
use super::{Context, Measure};

/// Every rule of the authority on one document.
pub(super) fn run(facts: &Facts<'_>, context: &Context, out: &mut Violations) {
    let judged = Judged::new(facts, context);
    if evaluation::run(&judged, out) {
        return;
    }
    header::run(&judged, out);
    currency::run(&judged, out);
    references::run(&judged, out);
    stamp::run(&judged, out);
    seller::run(&judged, out);
    buyer::run(&judged, out);
    delivery::run(&judged, out);
    payment::run(&judged, out);
    allowances::run(&judged, out);
    breakdown::run(&judged, out);
    amounts::run(&judged, out);
    lines::run(&judged, out);
    prepayments::run(&judged, out);
}

/// A document under judgement with what many rules ask of it.
struct Judged<'f> {
    facts: &'f Facts<'f>,
    /// Whether edition 3.2.7 counts as well.
    both: bool,
    /// Seconds since 1970 in Riyadh's time of day.
    riyadh: i64,
    /// `InvoiceTypeCode/@name`, the empty text if absent.
    name: &'f str,
    /// The flags of a tax invoice stand in any `name` of the document.
    standard: bool,
    /// The flags of a simplified one do.
    simplified: bool,
    /// Those of a simplified summary do.
    summary: bool,
    /// `InvoiceTypeCode/@name` begins with 01.
    named_standard: bool,
    /// It begins with 02.
    named_simplified: bool,
}

/// Riyadh is three hours east of Greenwich all year.
const RIYADH: i64 = 3 * 3600;

impl<'f> Judged<'f> {
    fn new(facts: &'f Facts<'f>, context: &Context) -> Judged<'f> {
        let name = written(&facts.type_name);
        let any = |kind: &str, summary: bool| {
            has_flags(name, kind, summary)
                || facts.elsewhere.names.iter().any(|name| has_flags(name, kind, summary))
        };
        Judged {
            facts,
            both: context.measure == Measure::BothEditions,
            riyadh: context.now.saturating_add(RIYADH),
            name,
            standard: any("01", false),
            simplified: any("02", false),
            summary: any("02", true),
            named_standard: facts.type_code.is_some() && name.starts_with("01"),
            named_simplified: facts.type_code.is_some() && name.starts_with("02"),
        }
    }

    /// The flags of a simplified document stand in `InvoiceTypeCode/@name` itself.
    fn is_simplified_type(&self) -> bool {
        self.facts.type_code.is_some() && has_flags(self.name, "02", false)
    }

    /// Credit or debit note.
    fn is_note(&self) -> bool {
        matches!(written(&self.facts.type_code), "381" | "383")
    }

    /// The export flag of `InvoiceTypeCode/@name`.
    fn is_export(&self) -> bool {
        character(self.name, 5) == Some('1')
    }
}

/// `cbc:ChargeIndicator` as a truth value.
fn is_charge(entry: &AllowanceCharge<'_>) -> Option<bool> {
    match trim(written(&entry.indicator)) {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Whether the category has this code, blanks around it dropped.
fn is_category(category: &TaxCategory<'_>, code: &str) -> bool {
    trim(written(&category.id)) == code
}

/// Z, E or O, blanks around it dropped.
fn is_untaxed(category: &TaxCategory<'_>) -> bool {
    matches!(trim(written(&category.id)), "Z" | "E" | "O")
}

/// Whether the tax scheme is VAT, in any case of letters.
fn is_vat(category: &TaxCategory<'_>) -> bool {
    trim(written(&category.scheme)).eq_ignore_ascii_case("VAT")
}

/// A text that may be absent but not longer than `most`.
fn at_most(rule: &'static str, term: Term, text: &Text<'_>, most: usize, out: &mut Violations) {
    let text = written(text);
    if is_longer(text, most) {
        out.add(rule, term, Wrong::Length { found: length(text), least: 0, most });
    }
}

/// A text that may be absent, but neither empty nor longer than `most`.
fn one_to(rule: &'static str, term: Term, text: &Text<'_>, most: usize, out: &mut Violations) {
    if let Some(text) = text.as_deref().filter(|text| text.is_empty() || is_longer(text, most)) {
        out.add(rule, term, Wrong::Length { found: length(text), least: 1, most });
    }
}
