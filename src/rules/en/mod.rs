//! The EN 16931 stylesheet as the platform runs it, rule by rule: what it
//! compares and where it looks, slips included. A template of the stylesheet
//! that another one shadows is never run and fires nothing here.
//!
//! Own documents are judged by the former edition as well wherever it differs.

mod amounts;
mod breakdown;
mod categories;
mod document;
mod double;
mod evaluation;
mod lines;
mod reductions;
#[cfg(test)]
mod tests;
mod totals;

use super::arithmetic::{add, sub, trim};
use super::facts::{Amount, Facts, Number, TaxCategory, Text};
use super::{Context, Measure, Term, Violations, Wrong};
use crate::money::Decimal;

/// Runs every rule of the stylesheet.
pub(super) fn run(facts: &Facts<'_>, context: &Context, out: &mut Violations) {
    if evaluation::stops(facts, out) {
        return;
    }
    let both = context.measure == Measure::BothEditions;
    let sums = Sums::of(facts);
    document::run(facts, both, out);
    lines::run(facts, both, out);
    reductions::run(facts, out);
    categories::run(facts, &sums, out);
    totals::run(facts, &sums, out);
    breakdown::run(facts, both, out);
    amounts::run(facts, out);
}

/// The id of what stops a stylesheet as a whole.
const EVALUATION: &str = "RULE-EVALUATION";

/// VAT categories that have rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Category {
    S,
    Z,
    E,
    O,
}

impl Category {
    const ALL: [Category; 4] = [Category::S, Category::Z, Category::E, Category::O];

    /// The category of this code, blanks around it dropped.
    fn of(id: &Text<'_>) -> Option<Category> {
        match trim(id.as_deref()?) {
            "S" => Some(Category::S),
            "Z" => Some(Category::Z),
            "E" => Some(Category::E),
            "O" => Some(Category::O),
            _ => None,
        }
    }

    /// The same, if the tax is VAT.
    fn of_vat(category: &TaxCategory<'_>) -> Option<Category> {
        Category::of(&category.id).filter(|_| is_vat(category))
    }
}

/// Whether the scheme of the tax is `VAT`, in any case.
fn is_vat(category: &TaxCategory<'_>) -> bool {
    category.scheme.as_deref().is_some_and(|scheme| trim(scheme).eq_ignore_ascii_case("VAT"))
}

/// Whether a mark of allowance or charge says `true` (or `false`); neither if it says anything else.
fn indicates(indicator: &Text<'_>, charge: bool) -> bool {
    match indicator.as_deref().map(trim) {
        Some("true" | "1") => charge,
        Some("false" | "0") => !charge,
        _ => false,
    }
}

fn value(number: &Option<Number<'_>>) -> Option<Decimal> {
    number.as_ref().and_then(Number::value)
}

fn amount(amount: &Option<Amount<'_>>) -> Option<Decimal> {
    amount.as_ref().and_then(|amount| amount.number.value())
}

/// Whether a number is written without a text.
fn is_blank(number: &Number<'_>) -> bool {
    matches!(number, Number::Text(text) if trim(text).is_empty())
}

fn is_filled(text: &Text<'_>) -> bool {
    text.as_deref().is_some_and(|text| !text.is_empty())
}

/// Absent or written without a text.
fn lacking(text: &Text<'_>) -> Wrong {
    if text.is_some() { Wrong::Empty } else { Wrong::Missing }
}

/// Characters of a text if there are more than `most`.
fn longer(text: &str, most: usize) -> Option<usize> {
    // A text of so few bytes cannot have more characters.
    if text.len() <= most {
        return None;
    }
    Some(text.chars().count()).filter(|count| *count > most)
}

/// At most two decimals.
fn two_decimals(
    rule: &'static str,
    term: Term,
    amount: &Option<Amount<'_>>,
) -> Option<(&'static str, Term, Wrong)> {
    let found = amount.as_ref()?.number.decimals();
    (found > 2).then_some((rule, term, Wrong::Decimals { found, most: 2 }))
}

/// A sum that grew beyond what can be counted is said as such.
fn uncountable(term: Term, found: &str, out: &mut Violations) {
    out.add(EVALUATION, term, Wrong::NotANumber { found: found.to_owned() });
}

/// What several rules add up over the document; `None` is beyond counting.
struct Sums {
    /// All lines of the document.
    lines: Option<Decimal>,
    allowances: Option<Decimal>,
    charges: Option<Decimal>,
    /// Whether the document has any of them.
    has_allowances: bool,
    has_charges: bool,
    /// Lines less allowances plus charges of each category, as [`Category::ALL`].
    taxable: [Option<Decimal>; 4],
    /// Whether a line, allowance or charge of the document has the category under VAT.
    used: [bool; 4],
    /// The same for any place where a category may stand.
    used_anywhere: [bool; 4],
}

impl Sums {
    fn of(facts: &Facts<'_>) -> Sums {
        let zero = Some(Decimal::new(0, 0));
        let mut sums = Sums {
            lines: zero,
            allowances: zero,
            charges: zero,
            has_allowances: false,
            has_charges: false,
            taxable: [zero; 4],
            used: [false; 4],
            used_anywhere: [false; 4],
        };
        sums.add_lines(facts);
        sums.add_reductions(facts);
        sums.look_elsewhere(facts);
        sums
    }

    fn add_lines(&mut self, facts: &Facts<'_>) {
        for line in &facts.lines {
            let net = amount(&line.net).unwrap_or(Decimal::new(0, 0));
            self.lines = self.lines.and_then(|sum| add(sum, net));
            for category in Category::ALL {
                if line.categories.iter().any(|one| Category::of(&one.id) == Some(category)) {
                    let sum = &mut self.taxable[category as usize];
                    *sum = sum.and_then(|sum| add(sum, net));
                }
            }
            mark(&mut self.used, &line.categories);
            for reduction in
                line.allowance_charges.iter().chain(line.price.iter().flat_map(|p| &p.allowance_charges))
            {
                mark(&mut self.used_anywhere, &reduction.categories);
            }
        }
    }

    fn add_reductions(&mut self, facts: &Facts<'_>) {
        for reduction in &facts.allowance_charges {
            let moved = amount(&reduction.amount).unwrap_or(Decimal::new(0, 0));
            let (is_charge, is_allowance) =
                (indicates(&reduction.indicator, true), indicates(&reduction.indicator, false));
            if is_charge {
                self.has_charges = true;
                self.charges = self.charges.and_then(|sum| add(sum, moved));
            } else if is_allowance {
                self.has_allowances = true;
                self.allowances = self.allowances.and_then(|sum| add(sum, moved));
            }
            for category in Category::ALL {
                if reduction.categories.iter().any(|one| Category::of(&one.id) == Some(category)) {
                    let total = &mut self.taxable[category as usize];
                    if is_charge {
                        *total = total.and_then(|sum| add(sum, moved));
                    } else if is_allowance {
                        *total = total.and_then(|all| sub(all, moved));
                    }
                }
            }
            mark(&mut self.used, &reduction.categories);
        }
    }

    fn look_elsewhere(&mut self, facts: &Facts<'_>) {
        let elsewhere = &facts.elsewhere;
        mark(&mut self.used_anywhere, &elsewhere.categories);
        for reduction in &elsewhere.allowance_charges {
            mark(&mut self.used_anywhere, &reduction.categories);
        }
        for line in &elsewhere.lines {
            mark(&mut self.used_anywhere, &line.categories);
            for reduction in
                line.allowance_charges.iter().chain(line.price.iter().flat_map(|p| &p.allowance_charges))
            {
                mark(&mut self.used_anywhere, &reduction.categories);
            }
        }
        for (anywhere, used) in self.used_anywhere.iter_mut().zip(self.used) {
            *anywhere |= used;
        }
    }
}

fn mark(used: &mut [bool; 4], categories: &[TaxCategory<'_>]) {
    for category in categories.iter().filter_map(Category::of_vat) {
        used[category as usize] = true;
    }
}
