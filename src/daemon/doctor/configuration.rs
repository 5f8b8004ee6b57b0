//! The configuration, as a fact and not as a condition.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use crate::config::{self, ConfigError, Settings};
use crate::doctor::{Configuration, could_not};
use crate::text::Bilingual;

/// Reads it; no settings if they cannot be used.
pub(super) fn read(file: &Path) -> (Configuration, Option<Settings>) {
    match config::load(file) {
        Ok(settings) => {
            let files = settings.sources.iter().map(|file| file.display().to_string()).collect();
            (Configuration::Good { files }, Some(settings))
        }
        Err(error) => (why(file, &error), None),
    }
}

fn why(file: &Path, error: &ConfigError) -> Configuration {
    if error.unreadable {
        // The error of the reading itself has gone into its words: ask once more.
        let kinds = error.findings.iter().map(|finding| File::open(&finding.origin.file).map(|_| ()));
        for kind in kinds.filter_map(Result::err).map(|error| error.kind()) {
            if kind == ErrorKind::PermissionDenied {
                let what = Bilingual::new(
                    format!("{} may not be read by this user", file.display()),
                    format!("لا يسمح لهذا المستخدم بقراءة {}", file.display()),
                );
                return Configuration::Denied(could_not(what, "permission denied"));
            }
        }
        if matches!(File::open(file), Err(error) if error.kind() == ErrorKind::NotFound) {
            return Configuration::Missing { file: file.display().to_string() };
        }
    }
    Configuration::Wrong { findings: error.findings.iter().map(ToString::to_string).collect() }
}
