//! The configuration: fragments of TOML -> merged -> validated [`Settings`].
//! One main file plus the drop-ins `FILE.d/*.toml` in the order of their names.
//! All that is wrong is found at once. There are no secrets in it.

mod alarms;
mod csv;
mod emit;
mod fragment;
mod install;
mod keys;
mod merge;
mod otp;
mod provision;
mod set;
mod settings;
mod validate;

use std::fmt;
use std::path::{Path, PathBuf};

pub use fragment::{SECTIONS, Section};
pub use install::install;
pub use otp::otp_digits;
pub use provision::{Existing, OtpPlace, Provision, provision};
pub use set::{Named, TillFile, till_files};
pub use settings::{
    Alarms, Api, ChainOnRenewal, ClearanceOffline, Fatoora, KeySettings, Log, LogLevel, PrintPolicy, Printer,
    ReceiptLines, Settings, Till, Unit, UnitTitle,
};

/// The platform's environments, as the files name them.
pub use crate::fatoora::Environment;

/// Where the configuration is looked for if the command line does not say.
pub const DEFAULT_FILE: &str = "/etc/tilld/tilld.toml";
/// Where the daemon listens if the configuration does not say.
pub const DEFAULT_SOCKET: &str = "/run/tilld/tilld.sock";

/// The place a value was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub file: PathBuf,
    /// Counted from 1; absent for what is missing.
    pub line: Option<usize>,
}

/// One thing to mend in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFinding {
    pub origin: Origin,
    /// Full path of the key (`till.name`); empty for the file as a whole.
    pub key: String,
    /// What is wrong, to be read after the key.
    pub problem: String,
    /// What would be accepted.
    pub accepted: String,
}

impl ConfigFinding {
    fn new(origin: Origin, key: &str, problem: String, accepted: &str) -> ConfigFinding {
        ConfigFinding { origin, key: key.to_owned(), problem, accepted: accepted.to_owned() }
    }
}

impl fmt::Display for ConfigFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin.file.display())?;
        if let Some(line) = self.origin.line {
            write!(f, ":{line}")?;
        }
        let subject = if self.key.is_empty() { "this file" } else { &self.key };
        write!(f, ": {subject} {}; accepted: {}", self.problem, self.accepted)
    }
}

/// A configuration that the till cannot run on, with everything to mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Never empty; in the order of the files.
    pub findings: Vec<ConfigFinding>,
    /// A file could not be read at all.
    pub unreadable: bool,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.findings.len();
        let things = if count == 1 { "thing" } else { "things" };
        write!(f, "the configuration has {count} {things} to mend:")?;
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        Ok(())
    }
}

/// Reads the main file and its drop-ins and validates the whole.
///
/// # Errors
/// Every finding of every file at once; also when a file cannot be read.
pub fn load(main: &Path) -> Result<Settings, ConfigError> {
    let mut findings = Vec::new();
    let files = read_files(main, &mut findings);
    // Without a file there is nothing to judge: only say what could not be read.
    if !findings.is_empty() {
        return Err(ConfigError { findings, unreadable: true });
    }
    let settings = parse(&files)?;
    check_files(&settings, main, &mut findings);
    if findings.is_empty() { Ok(settings) } else { Err(ConfigError { findings, unreadable: false }) }
}

/// Validates texts that were read already, the main file first.
///
/// # Errors
/// Every finding of every file at once.
pub fn parse(files: &[(PathBuf, String)]) -> Result<Settings, ConfigError> {
    let (merged, findings) = merge::merge(files);
    if is_broken(&findings) {
        return Err(ConfigError { findings, unreadable: false });
    }
    let main = files.first().map(|(path, _)| path.as_path()).unwrap_or(Path::new(""));
    let mut settings = validate::validate(merged, main, findings)?;
    settings.sources = files.iter().map(|(path, _)| path.clone()).collect();
    Ok(settings)
}

/// A file that is not TOML would only make every key look missing.
fn is_broken(findings: &[ConfigFinding]) -> bool {
    findings.iter().any(|finding| finding.key.is_empty())
}

fn unreadable(file: &Path, error: &std::io::Error) -> ConfigFinding {
    let origin = Origin { file: file.to_owned(), line: None };
    ConfigFinding::new(origin, "", format!("cannot be read ({error})"), "a readable TOML file in UTF-8")
}

fn read_files(main: &Path, findings: &mut Vec<ConfigFinding>) -> Vec<(PathBuf, String)> {
    let mut paths = vec![main.to_owned()];
    match merge::drop_ins(main) {
        Ok(more) => paths.extend(more),
        Err(error) => {
            let mut folder = main.as_os_str().to_owned();
            folder.push(".d");
            findings.push(unreadable(Path::new(&folder), &error));
        }
    }
    let mut files = Vec::new();
    for path in paths {
        match std::fs::read_to_string(&path) {
            Ok(text) => files.push((path, text)),
            Err(error) => findings.push(unreadable(&path, &error)),
        }
    }
    files
}

/// What only the disk can tell: files that the settings name must be there.
fn check_files(settings: &Settings, main: &Path, findings: &mut Vec<ConfigFinding>) {
    let Some(path) = &settings.fatoora.extra_ca else { return };
    let problem = match std::fs::read_to_string(path) {
        Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => return,
        Ok(_) => format!("names {}, which holds no PEM certificate", path.display()),
        Err(error) => format!("names {}, which cannot be read ({error})", path.display()),
    };
    let origin = Origin { file: main.to_owned(), line: None };
    let accepted = fragment::accepted("fatoora.extra_ca");
    findings.push(ConfigFinding::new(origin, "fatoora.extra_ca", problem, accepted));
}
