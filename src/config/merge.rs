//! Reads the main file and its drop-ins into one fragment. Keys are read one by
//! one, so that a mistake in one does not hide the next; a later file wins key
//! by key. Where each value came from is kept for the findings. The section
//! `[onboarding]` of a provisioning file is kept apart: it never becomes
//! configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};
use zeroize::Zeroizing;

use super::fragment::{self, Fragment, ONBOARDING};
use super::{ConfigFinding, Origin};

/// A value of `[onboarding]`, wiped when dropped and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub Zeroizing<String>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(not shown)")
    }
}

/// All files together.
#[derive(Debug, Default)]
pub struct Merged {
    pub fragment: Fragment,
    /// Full key path to the file and line that had the last word.
    pub origins: BTreeMap<String, Origin>,
    /// `otp_file` and `otp` of a provisioning file.
    pub onboarding: BTreeMap<String, Hidden>,
}

/// Reads files in order; each is a path and its text.
pub fn merge(files: &[(PathBuf, String)]) -> (Merged, Vec<ConfigFinding>) {
    let mut merge = Merge::default();
    for (path, text) in files {
        merge.file(path, text);
    }
    merge.finish(files.first().map_or(Path::new(""), |(path, _)| path))
}

impl Merge {
    /// All that was read, as one fragment, and what was found on the way; `main`
    /// is the file to blame for the whole.
    pub fn finish(self, main: &Path) -> (Merged, Vec<ConfigFinding>) {
        let Merge { table, origins, onboarding, mut findings } = self;
        // Each key passed on its own already, so together they pass too; should
        // that ever not hold, it is said instead of assumed.
        let fragment = Fragment::deserialize(Value::Table(table)).unwrap_or_else(|error| {
            let file = main.to_owned();
            findings.push(ConfigFinding::new(
                Origin { file, line: None },
                "",
                error.message().to_owned(),
                "see the example file",
            ));
            Fragment::default()
        });
        (Merged { fragment, origins, onboarding }, findings)
    }
}

/// The drop-ins of a main file, `FILE.d/*.toml`, sorted by name.
pub fn drop_ins(main: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folder = main.as_os_str().to_owned();
    folder.push(".d");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        // An editor's hidden leftovers (.#x.toml) are not drop-ins.
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Files being read into one another.
#[derive(Clone, Default)]
pub struct Merge {
    /// The values, in sections as in a file.
    pub table: Table,
    origins: BTreeMap<String, Origin>,
    onboarding: BTreeMap<String, Hidden>,
    pub findings: Vec<ConfigFinding>,
}

/// The file being read.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
    provisions: bool,
}

impl Source<'_> {
    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Origin { file: self.path.to_owned(), line: Some(line) }
    }
}

impl Merge {
    /// Reads a file of configuration.
    pub fn file(&mut self, path: &Path, text: &str) {
        self.read(&Source { path, text, provisions: false });
    }

    /// Reads a provisioning file, which may have a section `[onboarding]` besides.
    pub fn provisioning(&mut self, path: &Path, text: &str) {
        self.read(&Source { path, text, provisions: true });
    }

    /// The keys of `[onboarding]`.
    pub fn onboarding(&self) -> &BTreeMap<String, Hidden> {
        &self.onboarding
    }

    /// The value of a key by its full path, as far as it is known.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let first = self.table.get(parts.next()?)?;
        parts.try_fold(first, |at, part| at.get(part))
    }

    /// Puts text in the place of a key, by the kind of value that the key takes:
    /// text, a number, or a list with one entry per line.
    pub fn set(&mut self, key: &str, text: &str, origin: Origin) {
        let (path, name) = key.rsplit_once('.').unwrap_or(("", key));
        if path == ONBOARDING.path {
            self.onboarding.insert(name.to_owned(), Hidden(Zeroizing::new(text.to_owned())));
        } else {
            let list = || text.lines().map(|line| Value::String(line.to_owned())).collect();
            let kinds = [
                Some(Value::String(text.to_owned())),
                text.trim().parse().ok().map(Value::Integer),
                text.trim().parse().ok().map(Value::Boolean),
                Some(Value::Array(list())),
            ];
            let fits = |value: &Value| {
                Fragment::deserialize(Value::Table(nested(path, name, value.clone()))).is_ok()
            };
            match kinds.into_iter().flatten().find(fits) {
                Some(value) => insert(&mut self.table, path, name, value),
                None => {
                    let problem = "is of the wrong kind (text)".to_owned();
                    let accepted = fragment::accepted(key);
                    return self.findings.push(ConfigFinding::new(origin, key, problem, accepted));
                }
            }
        }
        self.origins.insert(key.to_owned(), origin);
    }

    fn read(&mut self, source: &Source<'_>) {
        let text = source.text;
        let (parsed, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let origin = source.origin(error.span().map_or(0, |span| span.start));
            self.findings.push(ConfigFinding::new(
                origin,
                "",
                format!("is not TOML here: {}", error.message()),
                "lines such as [till] and name = \"T07\"",
            ));
        }
        if errors.is_empty() {
            self.section(source, "", parsed.get_ref());
        }
    }

    fn section(&mut self, source: &Source<'_>, path: &str, table: &DeTable<'_>) {
        // Only called with paths of SECTIONS.
        let Some(section) = fragment::section(path) else { return };
        for (name, value) in table {
            let origin = source.origin(name.span().start);
            let name: &str = name.get_ref();
            let key = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            let onboarding = source.provisions && key == ONBOARDING.path;
            if !onboarding && !section.keys.iter().any(|(known, _)| *known == name) {
                self.unknown(origin, path, &key, section);
            } else if fragment::section(&key).is_some() {
                match value.get_ref() {
                    DeValue::Table(inner) => self.section(source, &key, inner),
                    other => self.wrong_kind(origin, &key, other),
                }
            } else {
                self.value(origin, path, name, &key, value);
            }
        }
    }

    fn unknown(&mut self, origin: Origin, path: &str, key: &str, section: &fragment::Section) {
        let names: Vec<&str> = section.keys.iter().map(|(name, _)| *name).collect();
        let problem = if key == ONBOARDING.path {
            "belongs into a provisioning file (`tilld provision`), not into a configuration".to_owned()
        } else if path.is_empty() {
            "is not a section of this file".to_owned()
        } else {
            format!("is not a key of [{path}]")
        };
        self.findings.push(ConfigFinding::new(origin, key, problem, &names.join(", ")));
    }

    fn wrong_kind(&mut self, origin: Origin, key: &str, value: &DeValue<'_>) {
        let problem = format!("is of the wrong kind ({})", value.type_str());
        self.findings.push(ConfigFinding::new(origin, key, problem, fragment::accepted(key)));
    }

    fn value(&mut self, origin: Origin, path: &str, name: &str, key: &str, spanned: &Spanned<DeValue<'_>>) {
        if path == ONBOARDING.path {
            let DeValue::String(text) = spanned.get_ref() else {
                return self.wrong_kind(origin, key, spanned.get_ref());
            };
            self.onboarding.insert(name.to_owned(), Hidden(Zeroizing::new(text.to_string())));
            self.origins.insert(key.to_owned(), origin);
            return;
        }
        let deserializer = toml::de::ValueDeserializer::from(spanned.clone());
        let Ok(value) = Value::deserialize(deserializer) else {
            return self.wrong_kind(origin, key, spanned.get_ref());
        };
        let alone = nested(path, name, value.clone());
        if Fragment::deserialize(Value::Table(alone)).is_err() {
            return self.wrong_kind(origin, key, spanned.get_ref());
        }
        insert(&mut self.table, path, name, value);
        self.origins.insert(key.to_owned(), origin);
    }
}

/// A file with this one key.
fn nested(path: &str, name: &str, value: Value) -> Table {
    let mut table = Table::new();
    insert(&mut table, path, name, value);
    table
}

fn insert(table: &mut Table, path: &str, name: &str, value: Value) {
    let mut at = table;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let entry = at.entry(part).or_insert_with(|| Value::Table(Table::new()));
        match entry {
            Value::Table(inner) => at = inner,
            // Sections are only ever tables here.
            _ => return,
        }
    }
    at.insert(name.to_owned(), value);
}
