//! Named secrets at rest: each blob is sealed by XChaCha20-Poly1305 under one
//! wrapping key, with its name as associated data, so that one blob cannot be
//! put in the place of another.
//!
//! Where the wrapping key comes from is told in `wrapping.rs`. Blobs that lie
//! under an older key are sealed anew when the vault is opened, and then the
//! older key goes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use super::files;
use super::wrapping::{self, Key, KeySource, Keys, Wrapping};

const LOCK_FILE: &str = "vault.lock";
const SUFFIX: &str = ".sealed";
/// First bytes of every blob; the number is the version of the layout
/// `magic, nonce (24), ciphertext with tag (16)`.
const MAGIC: &[u8; 8] = b"tilldv1\n";
const NONCE: usize = 24;
/// No secret of a till is anywhere near this; a larger file is not one of ours.
const LARGEST: u64 = 16 << 20;

/// What keeps the vault from being used, and what to do about it.
#[derive(Debug, Error)]
pub enum VaultError {
    #[error("{}: {error}. Check that the directory exists, that its disk has space, and that this user may write there", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} is readable by others than its owner (mode {mode:04o}). If nobody else can have read it, run: chmod {right:o} {}; otherwise onboard this till again with a new key", path.display(), path.display())]
    TooOpen { path: PathBuf, mode: u32, right: u32 },
    #[error("{} belongs to user {owner}, but this program runs as user {runs_as}. Run it as the user of the service, or give the directory back with chown", path.display())]
    Owner { path: PathBuf, owner: u32, runs_as: u32 },
    #[error("sealed secrets are there, but the key that opens them is not: neither {} nor a systemd credential. If the vault was sealed by a credential, pass it on: systemd-run --pty --uid=tilld -p LoadCredentialEncrypted=tilld.vault-key tilld ... runs a command as the unit does; otherwise run tilld recover with --vault-aside and onboard this till again", path.display())]
    KeyMissing { path: PathBuf },
    #[error("{} is damaged. Restore the whole directory from a backup, or run tilld recover, which moves it aside, and onboard this till again", path.display())]
    KeyDamaged { path: PathBuf },
    #[error("{} cannot be opened: it was changed, or it was sealed on another machine (a copied disk or image) or with another credential. On the machine it belongs to, restore the whole directory from a backup. If there is none, or this machine takes the other's place, run tilld recover: it closes the chains, moves the directory aside and says how to onboard anew", path.display())]
    BlobDamaged { path: PathBuf },
    #[error("{name:?} cannot name a secret: a name has 1 to 32 small letters, digits and dashes")]
    Name { name: String },
    #[error("the system gave no random numbers, so nothing was sealed. Restart the machine and try again")]
    Randomness,
    #[error(
        "the systemd credential for the vault has {found} bytes; at least {least} are needed. Make one with: head -c 32 /dev/urandom | systemd-creds encrypt --name=tilld.vault-key - FILE"
    )]
    CredentialShort { found: usize, least: usize },
    #[error("another tilld is working with {}. Wait until it has finished, or stop it", path.display())]
    Busy { path: PathBuf },
}

/// A directory of sealed secrets.
pub struct Vault {
    directory: PathBuf,
    key: Key,
    source: KeySource,
}

/// While it lives, no other process changes this vault by way of [`Vault::lock`].
#[derive(Debug)]
pub struct VaultLock {
    _file: File,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({}, key not shown)", self.directory.display())
    }
}

impl Vault {
    /// Opens the vault in `directory`; makes the directory (0700) and, unless a
    /// credential is the key, the key file (0600) on first use. Blobs that lie
    /// under an older key are sealed anew.
    ///
    /// # Errors
    /// Refuses a directory or key that others can read or that another user
    /// owns, a missing key while sealed blobs are there, and blobs of another machine.
    pub fn open(directory: &Path, wrapping: &Wrapping) -> Result<Vault, VaultError> {
        make_directory(directory).map_err(|error| VaultError::Io { path: directory.to_owned(), error })?;
        let about = fs::metadata(directory);
        let about = about.map_err(|error| VaultError::Io { path: directory.to_owned(), error })?;
        private(directory, &about, 0o700)?;
        let Keys { current, former, source } = wrapping::keys(directory, wrapping)?;
        let vault = Vault { directory: directory.to_owned(), key: current, source };
        if !former.is_empty() {
            vault.renew(&former)?;
        }
        Ok(vault)
    }

    /// Opens a vault only to look into it: nothing is made, renewed or removed.
    /// `None` if nothing was ever sealed there.
    ///
    /// # Errors
    /// As [`Vault::open`]. A vault that still lies under an older key looks
    /// damaged, or its key missing, until the daemon has opened it once.
    pub fn look(directory: &Path, wrapping: &Wrapping) -> Result<Option<Vault>, VaultError> {
        let about = match fs::metadata(directory) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(VaultError::Io { path: directory.to_owned(), error }),
        };
        private(directory, &about, 0o700)?;
        let found = wrapping::known(directory, wrapping)?;
        Ok(found.map(|(key, source)| Vault { directory: directory.to_owned(), key, source }))
    }

    /// What seals it.
    pub fn source(&self) -> &KeySource {
        &self.source
    }

    /// Seals anew what lies under a former key, then removes the former keys.
    /// Interrupted anywhere, every blob still has its key.
    fn renew(&self, former: &[(Key, PathBuf)]) -> Result<(), VaultError> {
        let _lock = self.lock()?;
        for name in blobs(&self.directory)? {
            let blob = self.directory.join(format!("{name}{SUFFIX}"));
            let Some(OwnFile { bytes, .. }) = read(&blob)? else { continue };
            if unseal(&self.key, &name, &bytes).is_some() {
                continue;
            }
            let secret = former.iter().find_map(|(key, _)| unseal(key, &name, &bytes));
            self.put(&name, &secret.ok_or(VaultError::BlobDamaged { path: blob })?)?;
        }
        for (_, path) in former {
            fs::remove_file(path).map_err(|error| VaultError::Io { path: path.clone(), error })?;
        }
        files::sync_directory_of(&self.directory.join(LOCK_FILE))
            .map_err(|error| VaultError::Io { path: self.directory.clone(), error })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps every other process from changing the vault until the lock is dropped.
    pub fn lock(&self) -> Result<VaultLock, VaultError> {
        let path = self.directory.join(LOCK_FILE);
        let options = || OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = options().map_err(|error| VaultError::Io { path: path.clone(), error })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(VaultError::Busy { path: self.directory.clone() });
            }
            Err(fs::TryLockError::Error(error)) => return Err(VaultError::Io { path, error }),
        }
        self.clean();
        Ok(VaultLock { _file: file })
    }

    /// Seals `secret` under `name`, in place of what was there. When it
    /// returns, the blob is on the disk.
    pub fn put(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        let path = self.path(name)?;
        let mut nonce = [0u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| VaultError::Randomness)?;
        let associated = associated(name);
        let payload = Payload { msg: secret, aad: &associated };
        let sealed = XChaCha20Poly1305::new(&(*self.key).into()).encrypt(&XNonce::from(nonce), payload);
        // Sealing fails only for texts of more than 256 GiB, which no caller holds in memory.
        let sealed = sealed.map_err(|_| VaultError::BlobDamaged { path: path.clone() })?;
        let blob = [MAGIC.as_slice(), &nonce, &sealed].concat();
        let mark = mark()?;
        files::replace(&path, &blob, &mark).map_err(|error| VaultError::Io { path, error })
    }

    /// The secret under `name`, or `None` if there is none.
    pub fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let path = self.path(name)?;
        let Some(OwnFile { bytes: blob, .. }) = read(&path)? else { return Ok(None) };
        let secret = unseal(&self.key, name, &blob).ok_or(VaultError::BlobDamaged { path })?;
        Ok(Some(secret))
    }

    /// Removes the secret under `name`, if there is one. When it returns, it is
    /// gone from the directory on the disk as well.
    pub fn remove(&self, name: &str) -> Result<(), VaultError> {
        let path = self.path(name)?;
        let gone = match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        gone.and_then(|()| files::sync_directory_of(&path)).map_err(|error| VaultError::Io { path, error })
    }

    fn path(&self, name: &str) -> Result<PathBuf, VaultError> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=32).contains(&name.len()) || !name.bytes().all(fits) {
            return Err(VaultError::Name { name: name.to_owned() });
        }
        Ok(self.directory.join(format!("{name}{SUFFIX}")))
    }

    /// Removes what a power cut left half-written. Such a file is never read,
    /// so a failure to remove it can wait for the next time.
    fn clean(&self) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().ends_with(files::UNFINISHED) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Makes the directory and those above it that are missing, and flushes its
/// name to the disk: a key in a directory that a power cut undoes is lost.
fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(above) = directory.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_directory(above)?;
    }
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => files::sync_directory_of(directory),
    }
}

/// The associated data of a blob: layout and name.
fn associated(name: &str) -> Vec<u8> {
    [MAGIC.as_slice(), name.as_bytes()].concat()
}

/// Sixteen random hexadecimal digits that keep two unfinished files apart.
pub(super) fn mark() -> Result<String, VaultError> {
    let random = getrandom::u64().map_err(|_| VaultError::Randomness)?;
    Ok(format!("{random:016x}"))
}

/// The secret in a blob of that name; `None` if the key is another one or the
/// blob was changed.
fn unseal(key: &Key, name: &str, blob: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let rest = blob.strip_prefix(MAGIC.as_slice())?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    let associated = associated(name);
    let payload = Payload { msg: sealed, aad: &associated };
    let cipher = XChaCha20Poly1305::new(&(**key).into());
    cipher.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

/// Content and metadata of the same open file.
pub(super) struct OwnFile {
    pub bytes: Zeroizing<Vec<u8>>,
    pub about: fs::Metadata,
}

/// Reads a file of the vault, if it is there; symbolic links are not followed.
pub(super) fn read(path: &Path) -> Result<Option<OwnFile>, VaultError> {
    let failed = |error| VaultError::Io { path: path.to_owned(), error };
    // Not blocking, so that a pipe in the place of a file cannot hang the till.
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(VaultError::BlobDamaged { path: path.to_owned() });
    }
    // Room for all of it, so that no unwiped copy is left by a growing buffer.
    let mut bytes = Zeroizing::new(Vec::with_capacity(about.len() as usize + 1));
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(OwnFile { bytes, about }))
}

pub(super) fn private(path: &Path, about: &fs::Metadata, right: u32) -> Result<(), VaultError> {
    let mode = about.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(VaultError::TooOpen { path: path.to_owned(), mode, right });
    }
    let runs_as = rustix::process::geteuid().as_raw();
    if about.uid() != runs_as {
        return Err(VaultError::Owner { path: path.to_owned(), owner: about.uid(), runs_as });
    }
    Ok(())
}

pub(super) fn holds_blobs(directory: &Path) -> Result<bool, VaultError> {
    Ok(!blobs(directory)?.is_empty())
}

/// The names of the sealed secrets.
fn blobs(directory: &Path) -> Result<Vec<String>, VaultError> {
    let failed = |error| VaultError::Io { path: directory.to_owned(), error };
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        names.extend(name.to_string_lossy().strip_suffix(SUFFIX).map(str::to_owned));
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
