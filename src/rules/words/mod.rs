//! Violations in words: what is wrong with which value of this document, and
//! what each of the three readers does about it.

mod about;
mod advice;
mod cause;

pub use about::about;

use super::finding::Finding;
use super::table::Rule;
use super::term::Term;
use super::violation::Violation;
use crate::text::Bilingual;

/// Puts a violation of `rule` into words.
pub fn finding(rule: &Rule, violation: &Violation) -> Finding {
    let cause = cause::cause(violation);
    Finding {
        rule: std::borrow::Cow::Borrowed(rule.id),
        severity: rule.severity,
        layer: rule.layer,
        field: place(violation),
        request: asked(violation),
        message: located(violation, &cause),
        remedy: advice::remedy(violation),
        cashier: advice::cashier(violation),
        integrator: advice::integrator(rule, violation, &cause),
    }
}

fn is_of_line(term: Term) -> bool {
    term.path().starts_with("cac:InvoiceLine")
}

/// The path with its position: `cac:InvoiceLine[3]/cbc:ID`.
fn place(violation: &Violation) -> String {
    let path = violation.term.path();
    match violation.at {
        None => path.to_owned(),
        Some(at) => match path.split_once('/') {
            Some((first, rest)) => format!("{first}[{at}]/{rest}"),
            None => format!("{path}[{at}]"),
        },
    }
}

/// The field of a request that sets it, with the line that it is in. Others of
/// several stand in the document in another order than in a request.
fn asked(violation: &Violation) -> Option<String> {
    let field = violation.term.request()?;
    let line = violation.at.filter(|_| is_of_line(violation.term)).and_then(|at| at.checked_sub(1));
    Some(match (line, field.strip_prefix("lines")) {
        (Some(line), Some(rest)) => format!("lines[{line}]{rest}"),
        _ => field.to_owned(),
    })
}

fn located(violation: &Violation, cause: &Bilingual) -> Bilingual {
    let Bilingual { en, ar } = cause;
    match violation.at {
        Some(at) if is_of_line(violation.term) => {
            Bilingual::new(format!("Line {at}: {en}"), format!("البند {at}: {ar}"))
        }
        Some(at) => Bilingual::new(format!("No. {at}: {en}"), format!("رقم {at}: {ar}")),
        None => {
            let mut letters = en.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            Bilingual::new(format!("{first}{}", letters.as_str()), ar.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Decimal;
    use crate::rules::{Edition, Form, Guard, How, Layer, Severity, Wrong};

    const RULE: Rule = Rule {
        id: "BR-CO-10",
        layer: Layer::En16931,
        severity: Severity::Warning,
        edition: Edition::Both,
        guard: Guard::Request,
    };

    #[test]
    fn a_wrong_sum_names_both_figures_to_everyone() {
        let wrong = Wrong::Sum {
            found: Decimal::new(1000, 2),
            expected: Decimal::new(1150, 2),
            how: How::SumOfLines,
        };
        let finding =
            finding(&RULE, &Violation { rule: "BR-CO-10", term: Term::TotalLineNet, at: None, wrong });
        assert_eq!(
            finding.message.en,
            "The sum of the lines without VAT is 10.00, but the sum of the lines is 11.50."
        );
        assert!(finding.message.ar.contains("10.00") && finding.message.ar.contains("11.50"));
        assert!(finding.integrator.en.starts_with("BR-CO-10 at Invoice/cac:LegalMonetaryTotal"));
    }

    #[test]
    fn a_line_is_named_by_its_place() {
        let wrong = Wrong::Form { found: "12345".into(), form: Form::Words };
        let found = finding(&RULE, &Violation { rule: "x", term: Term::ItemName, at: Some(3), wrong });
        assert_eq!(found.field, "cac:InvoiceLine[3]/cac:Item/cbc:Name");
        assert!(
            found.message.en.starts_with("Line 3: the name of the item \"12345\""),
            "{}",
            found.message.en
        );
        assert_eq!(found.request.as_deref(), Some("lines[2].name"));
        assert!(found.cashier.en.contains("item 3"));
        assert!(found.integrator.en.contains("\"lines.name\""));
    }

    #[test]
    fn every_term_has_an_arabic_name_of_its_own() {
        let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
        let mut names: Vec<&str> = Term::ALL.iter().map(|term| term.ar()).collect();
        assert!(names.iter().all(|name| arabic(name)));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Term::ALL.len());
    }

    #[test]
    fn a_long_value_is_cut() {
        let wrong = Wrong::Form { found: "ب".repeat(70), form: Form::Words };
        let violation = Violation { rule: "x", term: Term::ItemName, at: None, wrong };
        let words = finding(&RULE, &violation).message;
        assert_eq!(words.en.matches('ب').count(), 60);
        assert!(words.en.contains("...\""), "{}", words.en);
    }
}
