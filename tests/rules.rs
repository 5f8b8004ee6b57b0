//! The rule table against the list of official ids: none missing, none twice,
//! none unknown, and each kept from firing on our own documents in a way that
//! is said. That each predicate fires is shown beside the predicates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use tilld::rules::{Edition, Guard, Layer, Severity, rule, rules};

/// Every id of the two stylesheets, both editions.
#[rustfmt::skip]
const IDS: [&str; 248] = [
    "BR-02", "BR-03", "BR-04", "BR-05", "BR-06", "BR-08", "BR-09", "BR-10", "BR-13", "BR-14", "BR-15",
    "BR-16", "BR-21", "BR-22", "BR-24", "BR-25", "BR-26", "BR-31", "BR-32", "BR-36", "BR-37", "BR-41",
    "BR-43", "BR-45", "BR-46", "BR-47", "BR-48", "BR-49", "BR-52", "BR-53", "BR-54", "BR-55", "BR-CL-01",
    "BR-CL-03", "BR-CL-04", "BR-CL-05", "BR-CL-14", "BR-CL-16", "BR-CL-18", "BR-CO-04", "BR-CO-10",
    "BR-CO-11", "BR-CO-12", "BR-CO-13", "BR-CO-14", "BR-CO-15", "BR-CO-16", "BR-CO-17", "BR-CO-18",
    "BR-DEC-01", "BR-DEC-02", "BR-DEC-05", "BR-DEC-06", "BR-DEC-09", "BR-DEC-10", "BR-DEC-11", "BR-DEC-12",
    "BR-DEC-13", "BR-DEC-14", "BR-DEC-15", "BR-DEC-16", "BR-DEC-17", "BR-DEC-18", "BR-DEC-19", "BR-DEC-20",
    "BR-DEC-23", "BR-DEC-24", "BR-DEC-25", "BR-DEC-27", "BR-DEC-28", "BR-E-01", "BR-E-05", "BR-E-06",
    "BR-E-07", "BR-E-08", "BR-E-09", "BR-KSA-F-06-C1", "BR-KSA-F-06-C2", "BR-KSA-F-06-C8",
    "BR-KSA-F-06-C10", "BR-KSA-F-06-C17", "BR-KSA-F-06-C18", "BR-KSA-F-06-C19", "BR-KSA-F-06-C20",
    "BR-KSA-F-06-C27", "BR-KSA-F-06-C30", "BR-KSA-F-06-C31", "BR-KSA-F-C-01", "BR-O-01", "BR-O-08",
    "BR-O-09", "BR-S-01", "BR-S-05", "BR-S-06", "BR-S-07", "BR-S-08", "BR-S-09", "BR-S-10", "BR-Z-01",
    "BR-Z-05", "BR-Z-06", "BR-Z-07", "BR-Z-08", "BR-Z-09", "BR-CL-KSA-14", "BR-CUSTOM-VALIDATION-01",
    "BR-KSA-03", "BR-KSA-04", "BR-KSA-05", "BR-KSA-06", "BR-KSA-07", "BR-KSA-08", "BR-KSA-09", "BR-KSA-10",
    "BR-KSA-11", "BR-KSA-12", "BR-KSA-13", "BR-KSA-14", "BR-KSA-15", "BR-KSA-16", "BR-KSA-17", "BR-KSA-18",
    "BR-KSA-19", "BR-KSA-20", "BR-KSA-21", "BR-KSA-22", "BR-KSA-23", "BR-KSA-24", "BR-KSA-25", "BR-KSA-26",
    "BR-KSA-27", "BR-KSA-28", "BR-KSA-29", "BR-KSA-30", "BR-KSA-31", "BR-KSA-33", "BR-KSA-34", "BR-KSA-35",
    "BR-KSA-36", "BR-KSA-37", "BR-KSA-39", "BR-KSA-40", "BR-KSA-42", "BR-KSA-44", "BR-KSA-46", "BR-KSA-49",
    "BR-KSA-51", "BR-KSA-52", "BR-KSA-53", "BR-KSA-54", "BR-KSA-56", "BR-KSA-60", "BR-KSA-61", "BR-KSA-63",
    "BR-KSA-66", "BR-KSA-67", "BR-KSA-68", "BR-KSA-69", "BR-KSA-70", "BR-KSA-71", "BR-KSA-72", "BR-KSA-73",
    "BR-KSA-74", "BR-KSA-75", "BR-KSA-76", "BR-KSA-77", "BR-KSA-78", "BR-KSA-79", "BR-KSA-80", "BR-KSA-81",
    "BR-KSA-82", "BR-KSA-83", "BR-KSA-84", "BR-KSA-85", "BR-KSA-87", "BR-KSA-88", "BR-KSA-89", "BR-KSA-90",
    "BR-KSA-92", "BR-KSA-93", "BR-KSA-94", "BR-KSA-95", "BR-KSA-96", "BR-KSA-97", "BR-KSA-98", "BR-KSA-99",
    "BR-KSA-CL-01", "BR-KSA-CL-02", "BR-KSA-CL-03", "BR-KSA-CL-04", "BR-KSA-CL-06", "BR-KSA-CL-07",
    "BR-KSA-DEC-01", "BR-KSA-DEC-02", "BR-KSA-DEC-03", "BR-KSA-DEC-04", "BR-KSA-DEC-06",
    "BR-KSA-EN16931-01", "BR-KSA-EN16931-02", "BR-KSA-EN16931-03", "BR-KSA-EN16931-04", "BR-KSA-EN16931-05",
    "BR-KSA-EN16931-06", "BR-KSA-EN16931-07", "BR-KSA-EN16931-08", "BR-KSA-EN16931-09", "BR-KSA-EN16931-11",
    "BR-KSA-EN16931-12", "BR-KSA-F-01", "BR-KSA-F-02", "BR-KSA-F-04", "BR-KSA-F-05", "BR-KSA-F-06-C3",
    "BR-KSA-F-06-C4", "BR-KSA-F-06-C5", "BR-KSA-F-06-C6", "BR-KSA-F-06-C7", "BR-KSA-F-06-C9",
    "BR-KSA-F-06-C11", "BR-KSA-F-06-C12", "BR-KSA-F-06-C13", "BR-KSA-F-06-C14", "BR-KSA-F-06-C15",
    "BR-KSA-F-06-C16", "BR-KSA-F-06-C21", "BR-KSA-F-06-C22", "BR-KSA-F-06-C23", "BR-KSA-F-06-C24",
    "BR-KSA-F-06-C25", "BR-KSA-F-06-C26", "BR-KSA-F-06-C28", "BR-KSA-F-06-C29", "BR-KSA-F-06-C32",
    "BR-KSA-F-06-C33", "BR-KSA-F-06-C34", "BR-KSA-F-06-C35", "BR-KSA-F-06-C36", "BR-KSA-F-06-C37",
    "BR-KSA-F-06-C38", "BR-KSA-F-06-C39", "BR-KSA-F-06-C40", "BR-KSA-F-07", "BR-KSA-F-08", "BR-KSA-F-09",
    "BR-KSA-F-10", "BR-KSA-F-11", "BR-KSA-F-12", "BR-KSA-F-13",
];

/// Not a rule but the end of all rules: a stylesheet that cannot be evaluated.
const STOPPED: &str = "RULE-EVALUATION";

#[test]
fn every_official_id_stands_in_the_table_once() {
    let mut seen = BTreeMap::new();
    for rule in rules() {
        *seen.entry(rule.id).or_insert(0) += 1;
    }
    let official: BTreeSet<&str> = IDS.into_iter().chain([STOPPED]).collect();
    assert_eq!(official.len(), 249, "an id stands twice in the list");
    assert_eq!(seen.keys().copied().collect::<BTreeSet<_>>(), official);
    let twice: Vec<_> = seen.into_iter().filter(|(_, times)| *times != 1).collect();
    assert_eq!(twice, []);
}

#[test]
fn every_id_is_found_by_its_name() {
    for id in IDS {
        assert_eq!(rule(id).map(|rule| rule.id), Some(id));
    }
    assert!(rule("BR-KSA-F-03").is_none(), "in the written standard, but in no stylesheet");
}

#[test]
fn what_nothing_can_cause_has_a_reason() {
    for rule in rules() {
        if let Guard::Built(reason) = rule.guard {
            assert!(reason.split(' ').count() >= 5, "{}: {reason:?} explains nothing", rule.id);
        }
    }
}

#[test]
fn layers_and_editions_have_their_numbers() {
    let count = |layer, edition| {
        let of = rules().filter(|rule| rule.id != STOPPED && rule.layer == layer);
        of.filter(|rule| rule.edition == edition).count()
    };
    let numbers = [Layer::En16931, Layer::Ksa]
        .map(|layer| [Edition::Both, Edition::Current, Edition::Former].map(|edition| count(layer, edition)));
    assert_eq!(numbers, [[100, 3, 1], [116, 26, 2]]);
}

/// Id, and the letters of both editions, of each row of the specification.
fn rows(text: &str) -> impl Iterator<Item = (&str, char, char)> {
    text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| BR-")?.split(" | ");
        let id = line[2..].split(' ').next()?;
        let mut letter = || cells.next()?.chars().next();
        letter()?;
        Some((id, letter()?, letter()?))
    })
}

/// Where the specification lies beside the project, the list is held to it.
#[test]
fn the_list_is_that_of_the_specification() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/spec/business-rules.md");
    let Ok(text) = fs::read_to_string(path) else { return };
    let listed: Vec<&str> = rows(&text).map(|row| row.0).collect();
    assert_eq!(listed, IDS);
    for (id, former, current) in rows(&text) {
        let rule = rule(id).unwrap();
        let edition = match (former, current) {
            (_, '-') => Edition::Former,
            ('-', _) => Edition::Current,
            _ => Edition::Both,
        };
        assert_eq!(rule.edition, edition, "{id}");
        let letter = if current == '-' { former } else { current };
        let severity = if letter == 'E' { Severity::Error } else { Severity::Warning };
        assert_eq!(rule.severity, severity, "{id}");
    }
}
