//! Named secrets at rest: each blob is sealed by XChaCha20-Poly1305 under one
//! wrapping key, with its name as associated data, so that one blob cannot be
//! put in the place of another.
//!
//! The wrapping key is a file beside the blobs that only its owner can read. It
//! keeps secrets out of logs, bundles and copies of single files; where the key
//! comes from is decided in one function, `wrapping_key`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use super::files;

const KEY_FILE: &str = "vault.key";
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
    #[error("{} is missing, but sealed secrets are there that only it can open. Restore the whole directory from a backup, or move it away and onboard this till again", path.display())]
    KeyMissing { path: PathBuf },
    #[error("{} is damaged. Restore the whole directory from a backup, or move it away and onboard this till again", path.display())]
    KeyDamaged { path: PathBuf },
    #[error("{} cannot be opened: it was changed, or it was sealed on another machine or under another name. Restore the whole directory from a backup, or move it away and onboard this till again", path.display())]
    BlobDamaged { path: PathBuf },
    #[error("{name:?} cannot name a secret: a name has 1 to 32 small letters, digits and dashes")]
    Name { name: String },
    #[error("the system gave no random numbers, so nothing was sealed. Restart the machine and try again")]
    Randomness,
    #[error("another tilld is working with {}. Wait until it has finished, or stop it", path.display())]
    Busy { path: PathBuf },
}

/// A directory of sealed secrets.
pub struct Vault {
    directory: PathBuf,
    key: Zeroizing<[u8; 32]>,
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
    /// Opens the vault in `directory`; makes the directory (0700) and the key
    /// (0600) on first use.
    ///
    /// # Errors
    /// Refuses a directory or key that others can read or that another user
    /// owns, and a missing key while sealed blobs are there.
    pub fn open(directory: &Path) -> Result<Vault, VaultError> {
        make_directory(directory).map_err(|error| VaultError::Io { path: directory.to_owned(), error })?;
        let about = fs::metadata(directory);
        let about = about.map_err(|error| VaultError::Io { path: directory.to_owned(), error })?;
        private(directory, &about, 0o700)?;
        let key = wrapping_key(directory)?;
        Ok(Vault { directory: directory.to_owned(), key })
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
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
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
        let damaged = || VaultError::BlobDamaged { path: path.clone() };
        let rest = blob.strip_prefix(MAGIC.as_slice()).ok_or_else(damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let associated = associated(name);
        let payload = Payload { msg: sealed, aad: &associated };
        let secret = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        Ok(Some(Zeroizing::new(secret)))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.key).into())
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
fn mark() -> Result<String, VaultError> {
    let random = getrandom::u64().map_err(|_| VaultError::Randomness)?;
    Ok(format!("{random:016x}"))
}

/// The key under which this vault is sealed: read from its file, or made on the
/// first use of an empty vault.
fn wrapping_key(directory: &Path) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let path = directory.join(KEY_FILE);
    if let Some(key) = read_key(&path)? {
        return Ok(key);
    }
    if holds_blobs(directory)? {
        return Err(VaultError::KeyMissing { path });
    }
    let mut key = Zeroizing::new([0u8; 32]);
    getrandom::fill(key.as_mut()).map_err(|_| VaultError::Randomness)?;
    let mark = mark()?;
    let created = files::create(&path, key.as_ref(), &mark);
    if created.map_err(|error| VaultError::Io { path: path.clone(), error })? {
        return Ok(key);
    }
    // Another process was faster; its key is the one.
    read_key(&path)?.ok_or(VaultError::KeyMissing { path })
}

fn read_key(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, VaultError> {
    let Some(OwnFile { bytes, about }) = read(path)? else { return Ok(None) };
    private(path, &about, 0o600)?;
    let mut key = Zeroizing::new([0u8; 32]);
    if bytes.len() != key.len() || bytes.iter().all(|b| *b == 0) {
        return Err(VaultError::KeyDamaged { path: path.to_owned() });
    }
    key.copy_from_slice(&bytes);
    Ok(Some(key))
}

/// Content and metadata of the same open file.
struct OwnFile {
    bytes: Zeroizing<Vec<u8>>,
    about: fs::Metadata,
}

/// Reads a file of the vault, if it is there; symbolic links are not followed.
fn read(path: &Path) -> Result<Option<OwnFile>, VaultError> {
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

fn private(path: &Path, about: &fs::Metadata, right: u32) -> Result<(), VaultError> {
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

fn holds_blobs(directory: &Path) -> Result<bool, VaultError> {
    let failed = |error| VaultError::Io { path: directory.to_owned(), error };
    for entry in fs::read_dir(directory).map_err(failed)? {
        if entry.map_err(failed)?.file_name().to_string_lossy().ends_with(SUFFIX) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn vault() -> (tempfile::TempDir, Vault) {
        let directory = tempfile::tempdir().unwrap();
        let vault = Vault::open(&directory.path().join("vault")).unwrap();
        (directory, vault)
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn keeps_secrets_across_openings_and_shows_none() {
        let (_directory, vault) = vault();
        assert!(vault.get("device").unwrap().is_none());
        vault.put("device", b"the secret of the till").unwrap();
        vault.put("device", b"the newer secret of the till").unwrap();
        let again = Vault::open(vault.directory()).unwrap();
        assert_eq!(again.get("device").unwrap().unwrap().as_slice(), b"the newer secret of the till");
        let raw = fs::read(vault.directory().join("device.sealed")).unwrap();
        assert!(!raw.windows(6).any(|w| w == b"secret"));
        assert!(format!("{again:?}").ends_with("key not shown)"));
    }

    #[test]
    fn everything_is_for_the_owner_alone() {
        let (_directory, vault) = vault();
        vault.put("device", b"x").unwrap();
        let _lock = vault.lock().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(vault.directory()), 0o700);
        for entry in fs::read_dir(vault.directory()).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }

    #[test]
    fn refuses_what_others_can_read() {
        let (_directory, vault) = vault();
        let key = vault.directory().join(KEY_FILE);
        for mode in [0o640, 0o604, 0o660] {
            chmod(&key, mode);
            let refused = Vault::open(vault.directory()).unwrap_err();
            assert!(matches!(refused, VaultError::TooOpen { mode: m, .. } if m == mode), "{refused}");
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
        chmod(&key, 0o600);
        chmod(vault.directory(), 0o750);
        let refused = Vault::open(vault.directory()).unwrap_err();
        assert!(refused.to_string().contains("chmod 700"), "{refused}");
    }

    #[test]
    fn a_lost_key_is_not_replaced_over_sealed_secrets() {
        let (_directory, vault) = vault();
        vault.put("device", b"x").unwrap();
        fs::remove_file(vault.directory().join(KEY_FILE)).unwrap();
        assert!(matches!(Vault::open(vault.directory()), Err(VaultError::KeyMissing { .. })));
        fs::write(vault.directory().join(KEY_FILE), [0; 32]).unwrap();
        chmod(&vault.directory().join(KEY_FILE), 0o600);
        assert!(matches!(Vault::open(vault.directory()), Err(VaultError::KeyDamaged { .. })));
    }

    #[test]
    fn changed_moved_and_foreign_blobs_are_noticed() {
        let (_directory, vault) = vault();
        vault.put("device", b"one").unwrap();
        let path = vault.directory().join("device.sealed");
        let good = fs::read(&path).unwrap();
        for at in [0, 8, 31, 32, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(matches!(vault.get("device"), Err(VaultError::BlobDamaged { .. })), "byte {at}");
        }
        fs::write(&path, &good[..20]).unwrap();
        assert!(matches!(vault.get("device"), Err(VaultError::BlobDamaged { .. })));
        fs::write(vault.directory().join("other.sealed"), &good).unwrap();
        assert!(
            matches!(vault.get("other"), Err(VaultError::BlobDamaged { .. })),
            "taken under another name"
        );
        let (_other_directory, other) = self::vault();
        fs::write(other.directory().join("device.sealed"), &good).unwrap();
        assert!(matches!(other.get("device"), Err(VaultError::BlobDamaged { .. })), "opened by another key");
    }

    #[test]
    fn a_link_in_the_place_of_a_blob_is_not_followed() {
        let (directory, vault) = vault();
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, b"x").unwrap();
        std::os::unix::fs::symlink(&elsewhere, vault.directory().join("device.sealed")).unwrap();
        assert!(matches!(vault.get("device"), Err(VaultError::Io { .. })));
        vault.put("device", b"mine").unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), b"x");
        assert_eq!(vault.get("device").unwrap().unwrap().as_slice(), b"mine");
    }

    #[test]
    fn names_cannot_leave_the_directory() {
        let (_directory, vault) = vault();
        for name in ["", "../x", "a/b", "Device", "a.b", "x\0", &"a".repeat(33)] {
            assert!(matches!(vault.put(name, b""), Err(VaultError::Name { .. })), "{name:?}");
        }
    }

    #[test]
    fn one_works_at_a_time_and_leftovers_go() {
        let (_directory, vault) = vault();
        let leftover = vault.directory().join("device.sealed.0123.unfinished");
        fs::write(&leftover, b"half").unwrap();
        let lock = vault.lock().unwrap();
        assert!(!leftover.exists());
        let other = Vault::open(vault.directory()).unwrap();
        assert!(matches!(other.lock(), Err(VaultError::Busy { .. })));
        drop(lock);
        other.lock().unwrap();
    }
}
