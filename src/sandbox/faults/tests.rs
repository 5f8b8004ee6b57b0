//! Rules read, shown and drawn.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::super::book::Endpoint;
use super::super::super::environment::Environment;
use super::super::rule::read_rules;
use super::*;

fn script(rules: Value) -> FaultScript {
    let mut script = FaultScript::default();
    script.set(read_rules("rules", &rules).unwrap(), 100);
    script
}

fn facts(endpoint: Endpoint) -> Facts<'static> {
    Facts { endpoint, env: Environment::Core, attempt: 1, uuid: None, icv: None, at: 100 }
}

fn words(script: &mut FaultScript, facts: &Facts<'_>) -> String {
    script.draw(facts).words().unwrap_or_default()
}

#[test]
fn the_first_that_fits_wins_and_is_used_up() {
    let mut script = script(json!([
        {"action": "drop", "match": "production"},
        {"action": "503-html", "match": {"endpoint": ["reporting", "production"]}, "times": 2},
        {"action": "504-after-accept", "times": "always"},
    ]));
    let production = facts(Endpoint::Production);
    let played: Vec<String> = (0..4).map(|_| words(&mut script, &production)).collect();
    assert_eq!(played, ["drop", "html-503", "html-503", "504-after-accept"]);
    assert_eq!(words(&mut script, &facts(Endpoint::Check)), "504-after-accept");
    let shown = script.show();
    assert_eq!(
        (&shown[1]["played"], &shown[1]["over"], &shown[2]["over"]),
        (&json!(2), &json!(true), &json!(false))
    );
    script.add(vec![FaultRule::new(FaultAction::Reset)], 100);
    assert_eq!(words(&mut script, &production), "reset", "added rules come first");
    script.set(Vec::new(), 100);
    assert_eq!(words(&mut script, &production), "");
}

#[test]
fn calls_are_counted_whoever_wins() {
    let mut script = script(json!([
        {"action": "drop", "match": {"nth": [1, 3]}},
        {"action": "401", "match": {"nth": 2}},
        {"action": "404", "match": {"after": 3, "every": 2}},
    ]));
    let call = facts(Endpoint::Check);
    let played: Vec<String> = (0..8).map(|_| words(&mut script, &call)).collect();
    assert_eq!(played, ["drop", "401", "drop", "", "404", "", "404", ""]);
}

#[test]
fn every_condition_must_hold() {
    let mut script = script(json!([
        {"action": "drop", "times": "always", "match": {"endpoint": "reporting", "env": "core", "attempt": [2, 3],
            "icv": 7, "uuid": "AB-cd", "window": [10, 20]}},
    ]));
    assert!(script.asks_icv());
    let good = Facts { attempt: 2, uuid: Some("ab-CD"), icv: Some(7), at: 110, ..facts(Endpoint::Reporting) };
    assert_eq!(words(&mut script, &good), "drop");
    for bad in [
        Facts { endpoint: Endpoint::Clearance, ..good },
        Facts { env: Environment::Simulation, ..good },
        Facts { attempt: 1, ..good },
        Facts { icv: Some(8), ..good },
        Facts { icv: None, ..good },
        Facts { uuid: Some("ab"), ..good },
        Facts { uuid: None, ..good },
        Facts { at: 109, ..good },
        Facts { at: 120, ..good },
    ] {
        assert_eq!(words(&mut script, &bad), "");
    }
    assert_eq!(words(&mut script, &Facts { at: 119, ..good }), "drop");
}

#[test]
fn delays_combine_with_each_other_and_with_a_fault() {
    let mut script = script(json!([
        {"action": "slow", "milliseconds": 200},
        {"action": "slow", "bytes_per_second": 100},
        {"action": "slow", "bytes_per_second": 50, "milliseconds": 5},
        {"action": "drop"},
    ]));
    let drawn = script.draw(&facts(Endpoint::Check));
    assert_eq!((drawn.delay, drawn.bytes_per_second), (Duration::from_millis(205), Some(50)));
    assert_eq!(drawn.words().as_deref(), Some("slow+drop"));
    assert_eq!(FaultRule::new(FaultAction::Slow).milliseconds, 1000);
}

#[test]
fn connections_have_rules_of_their_own() {
    let mut script = script(json!([{"action": "connect-reset", "match": {"nth": 2}}, {"action": "drop"}]));
    assert_eq!(words(&mut script, &facts(Endpoint::Check)), "drop");
    let struck: Vec<bool> = (0..3).map(|_| script.draw_connection(100).is_some()).collect();
    assert_eq!(struck, [false, true, false]);
}

#[test]
fn a_rule_that_is_shown_can_be_read_again() {
    let rules = json!([
        {"action": "stall", "seconds": 5, "match": {"nth": [1, 2], "env": ["core"]}},
        {"action": "accept-then-stall"},
        {"action": "429", "retry_after": {"date": 7}},
        {"action": "429", "retry_after": null},
        {"action": "429", "retry_after": "date"},
        {"action": "401", "form": "html", "match": {"window": [0, 60]}},
        {"action": "wrong-json", "form": "truncated", "match": {"every": 3, "after": 1}},
        {"action": "clock", "seconds": -86400},
        {"action": "slow", "bytes_per_second": 10},
        {"action": "400", "findings": [{"code": "BR-KSA-08", "category": "KSA", "message": "m"},
            {"type": "WARNING", "code": "W"}]},
    ]);
    for rule in rules.as_array().unwrap() {
        let first = FaultRule::read(rule).unwrap().show();
        let second = FaultRule::read(&Value::Object(first.clone())).unwrap().show();
        assert_eq!(first, second);
    }
}

#[test]
fn bad_rules_are_refused_by_the_field() {
    for (rule, field) in [
        (json!("drop"), "rules[0]"),
        (json!({}), "rules[0].action"),
        (json!({"action": "melt"}), "rules[0].action"),
        (json!({"action": "accept-then-slow"}), "rules[0].action"),
        (json!({"action": "drop", "match": "printer"}), "rules[0].match"),
        (json!({"action": "drop", "match": {"endpoint": ["check", "x"]}}), "rules[0].match.endpoint[1]"),
        (json!({"action": "drop", "match": {"env": "sandbox"}}), "rules[0].match.env"),
        (json!({"action": "drop", "match": {"nth": 0}}), "rules[0].match.nth"),
        (json!({"action": "drop", "match": {"window": [5, 5]}}), "rules[0].match.window"),
        (json!({"action": "drop", "match": {"port": 1}}), "rules[0].match.port"),
        (json!({"action": "connect-stall", "match": {"icv": 1}}), "rules[0].match"),
        (json!({"action": "drop", "times": 0}), "rules[0].times"),
        (json!({"action": "drop", "wait": 0}), "rules[0].wait"),
        (json!({"action": "drop", "form": "html"}), "rules[0].form"),
        (json!({"action": "401", "form": "rubbish"}), "rules[0].form"),
        (json!({"action": "stall", "seconds": 999_999}), "rules[0].seconds"),
        (json!({"action": "slow", "bytes_per_second": 0}), "rules[0].bytes_per_second"),
        (json!({"action": "429", "retry_after": "soon"}), "rules[0].retry_after"),
        (json!({"action": "400"}), "rules[0].findings"),
        (json!({"action": "400", "findings": [{"message": "m"}]}), "rules[0].findings[0].code"),
        (
            json!({"action": "400", "findings": [{"code": "X", "category": "Y"}]}),
            "rules[0].findings[0].category",
        ),
        (json!({"action": "drop", "findings": [{"code": "X"}]}), "rules[0].findings"),
    ] {
        let refused = read_rules("rules", &json!([rule])).unwrap_err();
        assert_eq!(refused.field, field, "{refused}");
    }
}
