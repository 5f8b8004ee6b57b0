//! A configuration as TOML text, in the order of the example file, without
//! comments: what `tilld provision` writes.

use toml::{Table, Value};

use super::fragment::{self, ONBOARDING, SECTIONS, Section};
use super::merge::Hidden;

/// The file of a table that was read by [`merge`](super::merge), with a heading.
pub fn emit(heading: &str, table: &Table) -> String {
    let mut text: String = heading.lines().map(|line| format!("# {line}\n")).collect();
    for section in SECTIONS.iter().filter(|section| !section.path.is_empty()) {
        let found = section.path.split('.').try_fold(table, |at, part| at.get(part)?.as_table());
        let Some(found) = found else { continue };
        let plain = |key: &str| fragment::section(&format!("{}.{key}", section.path)).is_none();
        let lines: String = (section.keys.iter().map(|(key, _)| *key).filter(|key| plain(key)))
            .filter_map(|key| found.get(key).map(|value| format!("{key} = {value}\n")))
            .collect();
        put_section(&mut text, section, &lines);
    }
    text
}

/// The section `[onboarding]` with those of its keys that have a value.
pub fn emit_onboarding<'a>(text: &mut String, value: impl Fn(&str) -> Option<&'a Hidden>) {
    let line = |key: &str| value(key).map(|text| format!("{key} = {}\n", Value::String(text.0.to_string())));
    let lines: String = ONBOARDING.keys.iter().filter_map(|(key, _)| line(key)).collect();
    put_section(text, &ONBOARDING, &lines);
}

fn put_section(text: &mut String, section: &Section, lines: &str) {
    if !lines.is_empty() {
        text.push_str(&format!("\n[{}]\n{lines}", section.path));
    }
}
