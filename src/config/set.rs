//! Makes the provisioning files of a whole chain: a template with what all
//! tills share, and a table with a row for each till. Texts in, texts out.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Value;
use zeroize::Zeroizing;

use super::csv::{self, Row};
use super::emit::{emit, emit_onboarding};
use super::fragment;
use super::merge::Merge;
use super::provision::{fill, judge, new_serial};
use super::{ConfigError, ConfigFinding, Origin};

/// The provisioning file of one till.
pub struct TillFile {
    /// `T07.toml`
    pub name: String,
    /// May hold an OTP.
    pub text: Zeroizing<String>,
}

const NAME: &str = "till.name";
const HEADING: &str = "The provisioning file of one till: tilld provision FILE\n\
    Every key is explained in /usr/share/doc/tilld/examples/tilld.toml.";
/// What no two tills of a business share.
const OWN: [&str; 6] = [
    NAME,
    "till.number_prefix",
    "unit.common_name",
    "unit.serial_number",
    "onboarding.otp_file",
    "onboarding.otp",
];

/// A text and the name of its file, for the findings.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

/// One file per row of the table. Its first row names the keys (`till.name`,
/// `printer.target`, `onboarding.otp_file`); an empty cell leaves what the
/// template says; a list has one entry per line of its cell.
///
/// # Errors
/// Every finding of every row at once; then there is no file at all.
pub fn till_files(table: Named<'_>, template: Named<'_>) -> Result<Vec<TillFile>, ConfigError> {
    let mut base = Merge::default();
    base.provisioning(template.path, template.text);
    let mut findings = base.findings.clone();
    let rows = csv::rows(table.text).unwrap_or_else(|error| {
        let accepted = "cells divided by commas, in quotes if they hold commas, quotes or line ends";
        findings.push(finding(table, Some(error.line), "", error.problem, accepted));
        Vec::new()
    });
    let Some((header, rows)) = rows.split_first() else {
        if findings.is_empty() {
            findings.push(finding(table, None, "", "is empty", "a row of keys and a row for each till"));
        }
        return refused(findings);
    };
    check_header(table, header, &mut findings);
    if rows.is_empty() {
        findings.push(finding(
            table,
            None,
            "",
            "has no row of a till",
            "a row of keys and a row for each till",
        ));
    }
    if !findings.is_empty() {
        return refused(findings);
    }
    let set = Set { table, base, keys: &header.cells };
    set.files(rows)
}

fn refused<T>(findings: Vec<ConfigFinding>) -> Result<T, ConfigError> {
    Err(ConfigError { findings, unreadable: false })
}

fn finding(file: Named<'_>, line: Option<usize>, key: &str, problem: &str, accepted: &str) -> ConfigFinding {
    let origin = Origin { file: file.path.to_owned(), line };
    ConfigFinding::new(origin, key, problem.to_owned(), accepted)
}

fn check_header(table: Named<'_>, header: &Row, findings: &mut Vec<ConfigFinding>) {
    let line = Some(header.line);
    for (at, key) in header.cells.iter().enumerate() {
        if fragment::accepted(key).is_empty() || fragment::section(key).is_some() {
            let known = "keys with their section, such as till.name, printer.target or onboarding.otp_file";
            findings.push(finding(table, line, key, "is not a key", known));
        } else if header.cells.iter().take(at).any(|earlier| earlier == key) {
            findings.push(finding(table, line, key, "is there twice", "each key once"));
        }
    }
    if !header.cells.iter().any(|key| key == NAME) {
        findings.push(finding(
            table,
            line,
            NAME,
            "has no column",
            "a column till.name, after which the files are named",
        ));
    }
}

struct Set<'a> {
    table: Named<'a>,
    base: Merge,
    keys: &'a [String],
}

impl Set<'_> {
    fn files(&self, rows: &[Row]) -> Result<Vec<TillFile>, ConfigError> {
        let mut files = Vec::new();
        let mut findings: Vec<ConfigFinding> = Vec::new();
        let mut taken = BTreeMap::new();
        for row in rows {
            match self.file(row, &mut taken) {
                Ok(file) => files.push(file),
                Err(found) => findings.extend(found),
            }
        }
        if findings.is_empty() { Ok(files) } else { refused(self.gathered(findings, rows.len())) }
    }

    fn file(
        &self,
        row: &Row,
        taken: &mut BTreeMap<(&'static str, String), usize>,
    ) -> Result<TillFile, Vec<ConfigFinding>> {
        let origin = Origin { file: self.table.path.to_owned(), line: Some(row.line) };
        let (wanted, found) = (self.keys.len(), row.cells.len());
        if wanted != found {
            let problem = format!("has {found} cells in this row and {wanted} keys");
            return Err(vec![ConfigFinding::new(
                origin,
                "",
                problem,
                "a cell for each key, which may be empty",
            )]);
        }
        let mut all = self.base.clone();
        for (key, cell) in self.keys.iter().zip(&row.cells).filter(|(_, cell)| !cell.trim().is_empty()) {
            all.set(key, cell.trim(), origin.clone());
        }
        let written = all.clone();
        let mut findings = self.shared(row.line, &written, taken);
        // The till makes its serial number itself; here any will do.
        let filled = fill(&mut all, |_| new_serial(&mut |bytes| bytes.fill(0)));
        match judge(all, self.table.path, None, &filled) {
            Ok((settings, _)) if findings.is_empty() => {
                let mut text = emit(HEADING, &written.table);
                emit_onboarding(&mut text, |key| written.onboarding().get(key));
                Ok(TillFile { name: format!("{}.toml", settings.till.name), text: Zeroizing::new(text) })
            }
            Ok(_) => Err(findings),
            Err(error) => {
                findings.extend(error.findings.into_iter().map(|found| self.blamed(found, row.line)));
                Err(findings)
            }
        }
    }

    /// Values of this row that an earlier one has as well, and that only one till may have.
    fn shared(
        &self,
        line: usize,
        row: &Merge,
        taken: &mut BTreeMap<(&'static str, String), usize>,
    ) -> Vec<ConfigFinding> {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        let value = |key: &str| match key {
            "till.number_prefix" => text(key).or_else(|| text(NAME).map(|name| format!("{name}-"))),
            // A file of one name may lie beside each till's own provisioning file.
            "onboarding.otp_file" if !self.keys.iter().any(|column| column == key) => None,
            _ => match key.strip_prefix("onboarding.") {
                Some(name) => row.onboarding().get(name).map(|hidden| hidden.0.to_string()),
                None => text(key),
            },
        };
        let mut findings = Vec::new();
        for key in OWN {
            let Some(value) = value(key) else { continue };
            let earlier = *taken.entry((key, value)).or_insert(line);
            if earlier != line {
                let problem = format!("is the same as in line {earlier}");
                findings.push(finding(
                    self.table,
                    Some(line),
                    key,
                    &problem,
                    "a value of its own for each till",
                ));
            }
        }
        findings
    }

    /// What is missing is missing in this row.
    fn blamed(&self, mut found: ConfigFinding, line: usize) -> ConfigFinding {
        if found.origin.line.is_none() && found.origin.file == self.table.path {
            found.origin.line = Some(line);
        }
        found
    }

    /// What is wrong in the template, or missing in every row, is said once.
    fn gathered(&self, findings: Vec<ConfigFinding>, rows: usize) -> Vec<ConfigFinding> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let named = |found: &ConfigFinding| (found.key.clone(), found.problem.clone());
        for found in &findings {
            *counts.entry(named(found)).or_default() += 1;
        }
        let mut gathered: Vec<ConfigFinding> = Vec::new();
        for mut found in findings {
            let everywhere = rows > 1 && counts.get(&named(&found)) == Some(&rows);
            if everywhere && found.origin.file == self.table.path && found.problem == "is missing" {
                found.origin.line = None;
            }
            if !gathered.contains(&found) {
                gathered.push(found);
            }
        }
        gathered
    }
}
