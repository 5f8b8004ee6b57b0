//! Where the PIN of the token comes from: a systemd credential, or else a file
//! that only this user can read. It is read when the token asks for it and
//! wiped at once, so that a corrected PIN needs no restart.

use std::env;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::TokenError;
use crate::keys::vault::{self, VaultError};

/// Name of the credential that a unit passes on.
pub const PIN_CREDENTIAL: &str = "tilld.hsm-pin";
/// No token takes a longer one.
const LONGEST: usize = 256;

/// Where to look for the PIN; holds paths only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinSource {
    credential: Option<PathBuf>,
    file: Option<PathBuf>,
}

impl PinSource {
    /// The credential that systemd passed to this process, if any, and else `file`.
    pub fn of_this_process(file: Option<PathBuf>) -> PinSource {
        PinSource::new(env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from), file)
    }

    /// With a folder of credentials of the caller's choice.
    pub fn new(credentials: Option<PathBuf>, file: Option<PathBuf>) -> PinSource {
        PinSource { credential: credentials.map(|folder| folder.join(PIN_CREDENTIAL)), file }
    }

    /// Whether there is a PIN; for the checks of a till.
    ///
    /// # Errors
    /// If there is none, or none that may be used.
    pub fn check(&self) -> Result<(), TokenError> {
        self.read().map(drop)
    }

    /// The PIN as it stands there now, without line ends.
    ///
    /// # Errors
    /// If there is none, if it is empty or too long, or if others can read the file.
    pub(super) fn read(&self) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        if let Some(path) = &self.credential
            && let Some(found) = vault::read(path).map_err(|error| unreadable(path, &error))?
        {
            return pin(path, &found.bytes);
        }
        let path = self.file.as_deref().ok_or(TokenError::NoPin)?;
        let found = vault::read(path).map_err(|error| unreadable(path, &error))?;
        let found = found.ok_or_else(|| said(path, "there is no such file"))?;
        vault::private(path, &found.about, 0o600).map_err(|error| unreadable(path, &error))?;
        pin(path, &found.bytes)
    }
}

fn pin(path: &Path, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(said(path, "it is empty. Write the PIN into it"));
    }
    if bytes.len() > LONGEST || bytes.iter().any(u8::is_ascii_control) {
        return Err(said(path, "it is not one line of at most 256 bytes. Write the PIN alone into it"));
    }
    Ok(Zeroizing::new(bytes.to_vec()))
}

fn said(path: &Path, why: &str) -> TokenError {
    TokenError::PinUnreadable { why: format!("{}: {why}", path.display()) }
}

/// The vault's words speak of its own remedies, which are not those of a PIN.
fn unreadable(path: &Path, error: &VaultError) -> TokenError {
    match error {
        VaultError::TooOpen { mode, .. } => said(
            path,
            &format!(
                "others than its owner can read it (mode {mode:04o}). Change the PIN of the token, write it there, \
                 and run: chmod 600 {}",
                path.display()
            ),
        ),
        VaultError::Owner { owner, runs_as, .. } => said(
            path,
            &format!(
                "it belongs to user {owner}, but tilld runs as user {runs_as}. Give it to that user with chown"
            ),
        ),
        VaultError::Io { error, .. } => {
            said(path, &format!("{error}. It must be a readable file of tilld's user"))
        }
        _ => said(path, "it is not a plain file with a PIN"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    const SECRET: &str = "73915";

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn why(source: &PinSource) -> String {
        let error = source.read().unwrap_err();
        let shown = format!("{error} {error:?} {source:?}");
        assert!(!shown.contains(SECRET), "{shown}");
        error.to_string()
    }

    #[test]
    fn the_credential_comes_first_and_then_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        let source = PinSource::new(Some(folder.path().to_owned()), Some(file.clone()));
        write(&file, "73915\n", 0o600);
        assert_eq!(source.read().unwrap().as_slice(), b"73915");
        // As systemd shows credentials: readable by the service alone, not writable.
        write(&folder.path().join(PIN_CREDENTIAL), "4444", 0o440);
        assert_eq!(source.read().unwrap().as_slice(), b"4444");
        assert_eq!(PinSource::new(None, Some(file)).read().unwrap().as_slice(), b"73915");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        let source = PinSource::new(None, Some(file.clone()));
        for mode in [0o640, 0o604, 0o660, 0o644] {
            write(&file, SECRET, mode);
            assert!(why(&source).contains("chmod 600"), "{mode:o}");
        }
        write(&file, SECRET, 0o400);
        assert!(source.read().is_ok());
    }

    #[test]
    fn what_is_no_pin_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        let source = PinSource::new(Some(folder.path().to_owned()), Some(file.clone()));
        assert!(why(&source).contains("no such file"));
        assert!(why(&PinSource::new(None, None)).contains("tilld.hsm-pin"));
        for (text, word) in [("", "empty"), ("\n", "empty"), ("73915\n73915\n", "one line")] {
            write(&file, text, 0o600);
            assert!(why(&source).contains(word), "{text:?}");
        }
        write(&file, &"7".repeat(257), 0o600);
        assert!(why(&source).contains("256 bytes"));
        fs::remove_file(&file).unwrap();
        let real = folder.path().join("real");
        write(&real, SECRET, 0o600);
        symlink(&real, &file).unwrap();
        why(&source);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        why(&source);
    }
}
