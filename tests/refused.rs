//! A refused request takes no number and no ICV, and says why: one for every
//! official rule that a request can break, one setting for every rule that only
//! settings can break, and one request for every fault that the till itself knows.

mod common;
#[path = "refused/problems.rs"]
mod problems;
#[path = "refused/requests.rs"]
mod requests;
#[path = "refused/rules.rs"]
mod rule_table;
#[path = "refused/settings.rs"]
mod settings;
#[path = "refused/till.rs"]
mod till;

use std::collections::BTreeSet;

use requests::{
    Ask, advance, charged, charged_line, dollars, export, external, note, sale, standard, summary,
};
use till::RealTill;
use tilld::rules::{self, Guard};
use tilld::text::Problem;

fn guarded(guard: Guard) -> BTreeSet<&'static str> {
    rules::rules().filter(|rule| rule.guard == guard).map(|rule| rule.id).collect()
}

#[test]
fn every_request_is_right_before_it_is_made_wrong() {
    let mut till = RealTill::open();
    for body in
        [sale(), standard(), export(), summary(), dollars(), note(), charged(), charged_line(), advance()]
    {
        till.accepted(&Ask::Sale(body));
    }
    till.accepted(&Ask::Credit(external()));
}

#[test]
fn what_breaks_a_rule_is_refused_by_it_and_takes_nothing() {
    let mut till = RealTill::open();
    for entry in rule_table::table() {
        let found = till.refused(&entry.ask);
        let rules: Vec<&str> = found.iter().map(|one| one.rule.as_str()).collect();
        assert!(rules.contains(&entry.found), "{} is refused with {rules:?}: {:?}", entry.rule, entry.ask);
        for official in rules.iter().filter(|rule| !rule.starts_with("TILLD-")) {
            let guard = rules::rule(official).map(|rule| rule.guard);
            assert_eq!(guard, Some(Guard::Request), "{official} is found on a request");
        }
    }
}

#[test]
fn the_table_has_every_rule_that_a_request_can_break() {
    let listed: BTreeSet<&str> = rule_table::table().iter().map(|entry| entry.rule).collect();
    assert_eq!(listed, guarded(Guard::Request));
}

#[test]
fn settings_that_break_a_rule_are_refused_when_they_are_loaded() {
    settings::read(settings::example()).unwrap();
    for entry in settings::table() {
        let error = settings::read(entry.settings()).map(|_| ()).expect_err(entry.rule);
        assert!(entry.is_in(&error), "{}: {error:#?}", entry.rule);
    }
}

#[test]
fn the_table_has_every_rule_that_only_settings_can_break() {
    let listed: BTreeSet<&str> = settings::table().iter().map(|entry| entry.rule).collect();
    // Some are broken by requests as well.
    let by_both = listed.intersection(&guarded(Guard::Request)).copied().collect::<BTreeSet<_>>();
    assert_eq!(&listed - &by_both, guarded(Guard::Settings));
}

/// Asks for everything in the table and returns the names of its variants.
fn provoke(till: &mut RealTill, table: Vec<(Problem, Ask)>) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for (problem, ask) in table {
        let found = till.refused(&ask);
        let (rule, message, remedy) = (problem.rule(), problem.message(), problem.remedy());
        let such = found.iter().any(|one| one.rule == rule && one.message == message && one.remedy == remedy);
        assert!(such, "{problem:?} is not among {found:#?}");
        names.insert(problems::name(&problem).1);
    }
    names
}

#[test]
fn every_fault_that_the_till_knows_has_its_request() {
    let mut till = RealTill::open();
    let mut of_sales = provoke(&mut till, problems::of_texts());
    of_sales.extend(provoke(&mut till, problems::of_lines()));
    let of_documents = provoke(&mut till, problems::of_documents());
    let returns = problems::of_returns(&mut till);
    let of_returns = provoke(&mut till, returns);
    // The other two lists.
    // What only the stored documents tell stands beside the service (src/daemon/service/tests).
    of_sales.extend(["Document", "Return", "Stored"]);
    let all = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(of_sales, all(problems::SALE));
    assert_eq!(of_documents, all(problems::DOCUMENT));
    assert_eq!(of_returns, all(problems::RETURN));
}
