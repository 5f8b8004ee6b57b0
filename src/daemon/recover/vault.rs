//! The vault with the till's key, as a recovery sees it: usable here, or to be
//! moved aside. It is never deleted.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::daemon::identity::vault_dir;
use crate::invoice::IssueMoment;
use crate::keys::{Vault, VaultError, Wrapping};
use crate::ledger::{Clock as _, SystemClock};

/// What a sealed secret's file ends in.
const SEALED: &str = ".sealed";
/// What a folder that was moved aside begins with, behind the vault's own name.
const UNUSABLE: &str = ".unusable-";

/// How the vault is.
pub enum Condition {
    /// It opens here.
    Usable,
    /// No secret lies there.
    Absent,
    /// It was sealed on another machine, or changed.
    Unusable(String),
    /// This process cannot tell, for one because the daemon's credential is not its own.
    Unknown(String),
}

/// Looks whether every secret opens. Makes no file.
pub fn condition(settings: &Settings) -> Condition {
    let directory = vault_dir(settings);
    let names = match sealed(&directory) {
        Ok(names) if names.is_empty() => return Condition::Absent,
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Condition::Absent,
        Err(error) => return Condition::Unknown(format!("{}: {error}", directory.display())),
    };
    let opened = Wrapping::of_this_process().and_then(|wrapping| Vault::open(&directory, &wrapping));
    let tried = opened.and_then(|vault| names.iter().try_for_each(|name| vault.get(name).map(drop)));
    match tried {
        Ok(()) => Condition::Usable,
        Err(error @ (VaultError::BlobDamaged { .. } | VaultError::KeyDamaged { .. })) => {
            Condition::Unusable(error.to_string())
        }
        Err(error) => Condition::Unknown(error.to_string()),
    }
}

fn sealed(directory: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        names.extend(name.to_string_lossy().strip_suffix(SEALED).map(str::to_owned));
    }
    Ok(names)
}

/// Whether a sealed key is there for the daemon to open.
pub fn is_there(settings: &Settings) -> bool {
    sealed(&vault_dir(settings)).is_ok_and(|names| !names.is_empty())
}

/// Moves the vault to `vault.unusable-DATE`, by one rename.
///
/// # Errors
/// In words; the vault is where it was.
pub fn set_aside(settings: &Settings) -> Result<(), String> {
    let directory = vault_dir(settings);
    if !directory.exists() {
        return Ok(());
    }
    let failed = |error: io::Error| format!("{} could not be moved aside ({error})", directory.display());
    let now = SystemClock.now();
    let date = IssueMoment::from_unix(now).map_or_else(|| now.to_string(), IssueMoment::date);
    let mut target = directory.with_file_name(format!("vault{UNUSABLE}{date}"));
    for again in 2..1000 {
        if !target.exists() {
            break;
        }
        target = directory.with_file_name(format!("vault{UNUSABLE}{date}-{again}"));
    }
    // Renaming onto a folder with content fails, so nothing is ever replaced.
    fs::rename(&directory, &target).map_err(failed)?;
    File::open(&settings.till.data_dir).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// The vaults that were moved aside so far.
pub fn aside(settings: &Settings) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(&settings.till.data_dir) else { return Vec::new() };
    let ours = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("vault{UNUSABLE}")))
    };
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(ours).collect();
    found.sort_unstable();
    found
}
