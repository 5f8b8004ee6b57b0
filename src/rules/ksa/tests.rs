//! Each rule fires, alone or with those that the same fault must break too.

mod faults;
mod fixture;

use std::collections::BTreeSet;

use faults::{CASES, FORMER};
use fixture::{NOW, credit, invoice, simplified};

use crate::rules::table_ksa::KSA;
use crate::rules::{Context, Edition, Facts, Measure, Text, Violation, Violations, Wrong};

fn judged(facts: &Facts<'_>, measure: Measure) -> Vec<Violation> {
    let mut out = Violations::default();
    super::run(facts, &Context { measure, now: NOW }, &mut out);
    out.into_vec()
}

fn ids(facts: &Facts<'_>, measure: Measure) -> BTreeSet<&'static str> {
    judged(facts, measure).iter().map(|violation| violation.rule).collect()
}

#[test]
fn nothing_fires_on_good_documents() {
    for facts in [invoice(), credit(), simplified()] {
        assert_eq!(judged(&facts, Measure::Current), []);
        assert_eq!(judged(&facts, Measure::BothEditions), []);
    }
}

#[test]
fn each_fault_fires_its_rule() {
    let mut wrong = Vec::new();
    for (rule, base, spoil, also) in CASES {
        let mut facts = base();
        spoil(&mut facts);
        let expected: BTreeSet<&str> = also.iter().copied().chain([*rule]).collect();
        let found = ids(&facts, Measure::Current);
        if found != expected || !ids(&facts, Measure::BothEditions).is_superset(&expected) {
            wrong.push(format!("{rule}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_former_edition_is_stricter() {
    for (rule, base, spoil) in FORMER {
        let mut facts = base();
        spoil(&mut facts);
        assert_eq!(ids(&facts, Measure::Current), BTreeSet::new(), "{rule}");
        assert_eq!(ids(&facts, Measure::BothEditions), BTreeSet::from([*rule]), "{rule}");
    }
}

#[test]
fn each_rule_of_the_table_has_its_fault() {
    let current = CASES.iter().map(|case| case.0).filter(|rule| *rule != "RULE-EVALUATION");
    let former = FORMER.iter().map(|case| case.0);
    let faults: BTreeSet<&str> = current.chain(former).collect();
    let table: BTreeSet<&str> = KSA.iter().map(|rule| rule.id).collect();
    assert_eq!(faults, table);
    assert_eq!(KSA.len(), table.len(), "an id stands twice");
    let only_former = KSA.iter().filter(|rule| rule.edition == Edition::Former).map(|rule| rule.id);
    assert_eq!(only_former.collect::<Vec<_>>(), ["BR-KSA-46", "BR-KSA-54"]);
}

#[test]
fn what_stops_the_stylesheet_is_said_alone() {
    fn twice<T: Clone>(list: &mut Vec<T>) {
        let again = list.clone();
        list.extend(again);
    }
    let several: [fn(&mut Facts<'static>); 12] = [
        |facts| facts.contract_references = vec![text("A"), text("B")],
        |facts| facts.references[1].uuid = text("2"),
        |facts| twice(&mut facts.seller.as_mut().unwrap().ids),
        |facts| twice(&mut facts.seller.as_mut().unwrap().tax_schemes),
        |facts| twice(&mut facts.buyer.as_mut().unwrap().names),
        |facts| twice(&mut facts.buyer.as_mut().unwrap().tax_schemes),
        |facts| twice(&mut facts.deliveries),
        |facts| twice(&mut facts.allowance_charges[0].reasons),
        |facts| twice(&mut facts.lines[0].allowance_charges[0].reasons),
        |facts| twice(&mut facts.lines[0].tax_totals),
        |facts| facts.lines[0].quantity = Some(crate::rules::Number::read("two".into())),
        |facts| {
            let price = facts.lines[0].price.as_mut().unwrap();
            price.base_quantity = Some(crate::rules::Number::read("0.0".into()));
        },
    ];
    for (at, spoil) in several.iter().enumerate() {
        let mut facts = invoice();
        spoil(&mut facts);
        assert_eq!(ids(&facts, Measure::Current), BTreeSet::from(["RULE-EVALUATION"]), "case {at}");
    }
}

#[test]
fn a_day_is_counted_to_the_second() {
    // Issued at 12:00:00 in Riyadh the day before, which is 09:00:00 UTC.
    let late = |clock: &'static str, now: i64| {
        let mut facts = simplified();
        facts.issue_time = text(clock);
        let mut out = Violations::default();
        super::run(&facts, &Context { measure: Measure::Current, now }, &mut out);
        out.into_vec().iter().any(|violation| violation.rule == "BR-KSA-98")
    };
    assert!(!late("12:00:00", NOW) && late("12:00:00", NOW + 1));
    assert!(!late("09:00:00Z", NOW) && late("09:00:00Z", NOW + 1));
}

#[test]
fn today_is_riyadhs() {
    // 21:00 UTC is midnight in Riyadh.
    let midnight = NOW - 12 * 3600;
    let future = |now: i64| {
        let mut facts = invoice();
        facts.issue_date = text("2026-01-03");
        let mut out = Violations::default();
        super::run(&facts, &Context { measure: Measure::Current, now }, &mut out);
        out.into_vec().iter().any(|violation| violation.rule == "BR-KSA-04")
    };
    assert!(future(midnight - 1) && !future(midnight));
}

#[test]
fn sums_say_what_they_should_be() {
    let mut facts = invoice();
    facts.lines[0].net = fixture::amount("99.98");
    let found = judged(&facts, Measure::Current);
    let sums = found.iter().filter_map(|violation| match &violation.wrong {
        Wrong::Sum { found, expected, .. } => {
            Some((violation.rule, violation.at, found.to_string(), expected.to_string()))
        }
        _ => None,
    });
    assert_eq!(
        sums.collect::<Vec<_>>(),
        [
            ("BR-KSA-51", Some(1), "115.00".to_owned(), "114.98".to_owned()),
            ("BR-KSA-EN16931-11", Some(1), "99.98".to_owned(), "100.00".to_owned()),
        ]
    );
}

fn text(text: &'static str) -> Text<'static> {
    Some(text.into())
}
