//! Process, number, moment and kind of the document.

use super::super::facts::Facts;
use super::super::forms::{
    begins_like_uuid, character, compared_date, date, days, is_blank, is_date, is_plain_time, is_type_name,
    length, time, trim, written,
};
use super::super::term::Term;
use super::super::violation::{Because, Form, Violations, Wrong};
use super::Judged;

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    process_and_number(judged, out);
    kind(judged, out);
    for (term, date) in dates(judged.facts) {
        one_date(judged, term, date, out);
    }
    late(judged, out);
}

/// BR-KSA-EN16931-01, BR-KSA-03, BR-KSA-70.
fn process_and_number(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    let profile = written(&facts.profile);
    if trim(profile) != "reporting:1.0" {
        let expected = "reporting:1.0".to_owned();
        out.add("BR-KSA-EN16931-01", Term::Profile, Wrong::NotFixed { found: profile.to_owned(), expected });
    }
    let uuid = written(&facts.uuid);
    if uuid.is_empty() {
        out.add("BR-KSA-03", Term::Uuid, Wrong::Missing);
    } else if !begins_like_uuid(uuid) {
        out.add("BR-KSA-03", Term::Uuid, Wrong::Form { found: uuid.to_owned(), form: Form::Uuid });
    }
    let clock = written(&facts.issue_time);
    if clock.is_empty() {
        out.add("BR-KSA-70", Term::IssueTime, Wrong::Missing);
    } else if !is_plain_time(clock) {
        out.add("BR-KSA-70", Term::IssueTime, Wrong::Form { found: clock.to_owned(), form: Form::Time });
    }
}

/// BR-KSA-05, BR-KSA-06, BR-KSA-F-06-C40, BR-KSA-07, BR-KSA-31.
fn kind(judged: &Judged<'_>, out: &mut Violations) {
    let (facts, name) = (judged.facts, judged.name);
    let Some(code) = facts.type_code.as_deref() else { return };
    // The rule lets an empty code pass; BR-04 does not.
    if !is_blank(code) && !matches!(trim(code), "388" | "383" | "381" | "386") {
        let list = "388, 383, 381, 386";
        out.add("BR-KSA-05", Term::TypeCode, Wrong::Code { found: code.to_owned(), list });
    }
    let lengths = if judged.both { 7..=7 } else { 7..=9 };
    if !is_type_name(name, lengths) {
        out.add("BR-KSA-06", Term::TypeName, Wrong::Form { found: name.to_owned(), form: Form::TypeName });
    }
    let found = length(name);
    if !(7..=9).contains(&found) {
        out.add("BR-KSA-F-06-C40", Term::TypeName, Wrong::Length { found, least: 7, most: 9 });
    }
    if judged.is_export() && character(name, 7) == Some('1') {
        out.add("BR-KSA-07", Term::TypeName, Wrong::Forbidden { because: Because::SelfBilled });
    }
    let export_asked = judged.both && judged.is_export();
    let right = (3..=6).all(|at| matches!(character(name, at), Some('0' | '1')));
    if judged.named_simplified && (!right || character(name, 7) != Some('0') || export_asked) {
        out.add("BR-KSA-31", Term::TypeName, Wrong::Forbidden { because: Because::Simplified });
    }
}

/// Every date that BR-KSA-F-01 and BR-KSA-04 look at, with its term.
fn dates<'f>(facts: &'f Facts<'f>) -> impl Iterator<Item = (Term, &'f str)> {
    let own = facts.issue_date.as_deref().map(|date| (Term::IssueDate, date));
    let originals = facts.billing_references.iter().chain(&facts.elsewhere.billing_references);
    let originals = originals.filter_map(|reference| Some((Term::OriginalDate, reference.date.as_deref()?)));
    let supplies = facts.deliveries.iter().chain(&facts.elsewhere.deliveries).flat_map(|delivery| {
        let actual = delivery.actual.as_deref().map(|date| (Term::SupplyDate, date));
        actual.into_iter().chain(delivery.latest.as_deref().map(|date| (Term::SupplyEnd, date)))
    });
    let advances = facts.lines.iter().flat_map(|line| &line.references);
    let advances = advances.filter_map(|reference| Some((Term::PrepaymentDate, reference.date.as_deref()?)));
    let others = facts.elsewhere.dates.iter().filter_map(|(name, date)| match name.as_ref() {
        "IssueDate" => Some((Term::IssueDate, date.as_ref())),
        "DueDate" | "TaxPointDate" => Some((Term::Date, date.as_ref())),
        _ => None,
    });
    own.into_iter().chain(originals).chain(supplies).chain(advances).chain(others)
}

/// BR-KSA-F-01 on any date, BR-KSA-04 on every date of issue.
fn one_date(judged: &Judged<'_>, term: Term, text: &str, out: &mut Violations) {
    if !is_date(text) {
        out.add("BR-KSA-F-01", term, Wrong::Form { found: text.to_owned(), form: Form::Date });
    }
    let of_issue = matches!(term, Term::IssueDate | Term::OriginalDate | Term::PrepaymentDate);
    let today = judged.riyadh.div_euclid(86_400);
    if of_issue && compared_date(text).is_some_and(|date| days(date) > today) {
        out.add("BR-KSA-04", term, Wrong::Future { found: text.to_owned() });
    }
}

/// BR-KSA-98: a simplified document is issued not more than 24 hours ago.
fn late(judged: &Judged<'_>, out: &mut Violations) {
    let facts = judged.facts;
    let (Some(day), Some(clock)) = (&facts.issue_date, &facts.issue_time) else { return };
    if !judged.named_simplified {
        return;
    }
    let (Some(date), Some((seconds, zone))) = (date(trim(day)), time(clock)) else { return };
    // Without a zone the moment is Riyadh's; `riyadh` counts in that zone too.
    let issued = days(date) * 86_400 + seconds + zone.map_or(0, |zone| super::RIYADH - zone);
    if judged.riyadh.saturating_sub(issued) > 86_400 {
        out.add("BR-KSA-98", Term::IssueDate, Wrong::Late { found: format!("{day} {clock}") });
    }
}
