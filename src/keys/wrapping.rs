//! Where the key comes from that seals the vault, in this order: a systemd
//! credential (which systemd keeps under the TPM or the host's key), or else a
//! key file that only this user can read, bound to this machine.

use std::env;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::files;
use super::machine::Machine;
use super::vault::{OwnFile, VaultError, holds_blobs, mark, private, read};

/// Name of the credential that a unit passes on.
pub const CREDENTIAL: &str = "tilld.vault-key";
/// The machine-bound key file: random bytes behind [`MAGIC`].
const BOUND_FILE: &str = "vault.bound";
/// Key file of the first layout: 32 bytes, bound to nothing.
const PLAIN_FILE: &str = "vault.key";
const MAGIC: &[u8; 8] = b"tilldk2\n";
/// Bytes that a credential must have at least: 32, as good generators give.
const CREDENTIAL_LEAST: usize = 32;

/// A key of 32 bytes that is wiped when it is dropped.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// What seals a vault, for status and doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A systemd credential; no key lies on the disk.
    Credential,
    /// A key file, bound to these facts of the machine.
    BoundFile {
        /// Names of the facts.
        facts: Vec<&'static str>,
        /// Whether one of them is of the hardware, so that a copied disk alone
        /// opens nothing.
        hardware: bool,
    },
}

impl KeySource {
    /// Stands in [`KeySource::text`] if nothing of the hardware is in the key.
    pub const OPENS_BY_COPY: &'static str = "a copied disk can open it";

    /// In words.
    pub fn text(&self) -> String {
        match self {
            KeySource::Credential => "systemd credential".to_owned(),
            KeySource::BoundFile { facts, hardware } => {
                let mut facts = facts.join(", ");
                if !*hardware {
                    facts = format!("{facts}; {}", KeySource::OPENS_BY_COPY);
                }
                format!("key file bound to this machine ({facts})")
            }
        }
    }
}

/// What this process has at hand to open a vault.
pub struct Wrapping {
    credential: Option<Zeroizing<Vec<u8>>>,
    machine: Machine,
}

impl std::fmt::Debug for Wrapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wrapping")
            .field("credential", &self.credential.is_some())
            .field("machine", &self.machine.names())
            .finish()
    }
}

impl Wrapping {
    /// The credential that systemd passed to this process, if any, and the
    /// machine it runs on.
    pub fn of_this_process() -> Result<Wrapping, VaultError> {
        let directory = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let path = directory.map(|directory| directory.join(CREDENTIAL));
        let credential = path.as_deref().map(read).transpose()?.flatten().map(|file| file.bytes);
        Wrapping::new(credential, Machine::read(Path::new("/")))
    }

    /// With a credential and a machine of the caller's choice.
    pub fn new(credential: Option<Zeroizing<Vec<u8>>>, machine: Machine) -> Result<Wrapping, VaultError> {
        match &credential {
            Some(bytes) if bytes.len() < CREDENTIAL_LEAST => {
                Err(VaultError::CredentialShort { found: bytes.len(), least: CREDENTIAL_LEAST })
            }
            _ => Ok(Wrapping { credential, machine }),
        }
    }
}

/// The keys of a vault: one that seals from now on, and those that older blobs
/// may still lie under.
pub(super) struct Keys {
    /// Seals and opens.
    pub current: Key,
    /// Only opens; each with the file that holds it.
    pub former: Vec<(Key, PathBuf)>,
    /// What `current` comes from.
    pub source: KeySource,
}

/// Finds the keys of the vault in `directory`, or makes the first one.
pub(super) fn keys(directory: &Path, wrapping: &Wrapping) -> Result<Keys, VaultError> {
    let bound_path = directory.join(BOUND_FILE);
    let plain_path = directory.join(PLAIN_FILE);
    let bound = read_bound(&bound_path, &wrapping.machine)?;
    let plain = read_plain(&plain_path)?.map(|key| (key, plain_path));
    let source = bound_source(&wrapping.machine);
    if let Some(credential) = &wrapping.credential {
        let bound = bound.map(|key| (key, bound_path));
        return Ok(Keys {
            current: derive(b"tilld vault credential 2\n", credential, &[]),
            former: bound.into_iter().chain(plain).collect(),
            source: KeySource::Credential,
        });
    }
    if bound.is_none() && plain.is_none() && holds_blobs(directory)? {
        return Err(VaultError::KeyMissing { path: bound_path });
    }
    let current = match bound {
        Some(key) => key,
        None => make_bound(&bound_path, &wrapping.machine)?,
    };
    Ok(Keys { current, former: plain.into_iter().collect(), source })
}

/// The key that seals the vault now, without making or removing any; `None` if
/// nothing was ever sealed there.
pub(super) fn known(directory: &Path, wrapping: &Wrapping) -> Result<Option<(Key, KeySource)>, VaultError> {
    if let Some(credential) = &wrapping.credential {
        let key = derive(b"tilld vault credential 2\n", credential, &[]);
        return Ok(holds_blobs(directory)?.then_some((key, KeySource::Credential)));
    }
    let path = directory.join(BOUND_FILE);
    match read_bound(&path, &wrapping.machine)? {
        Some(key) => Ok(Some((key, bound_source(&wrapping.machine)))),
        None if holds_blobs(directory)? => Err(VaultError::KeyMissing { path }),
        None => Ok(None),
    }
}

fn bound_source(machine: &Machine) -> KeySource {
    KeySource::BoundFile { facts: machine.names(), hardware: machine.has_hardware() }
}

fn make_bound(path: &Path, machine: &Machine) -> Result<Key, VaultError> {
    let mut content = Zeroizing::new([0u8; 40]);
    let (magic, random) = content.split_at_mut(MAGIC.len());
    magic.copy_from_slice(MAGIC);
    getrandom::fill(random).map_err(|_| VaultError::Randomness)?;
    let created = files::create(path, content.as_ref(), &mark()?);
    created.map_err(|error| VaultError::Io { path: path.to_owned(), error })?;
    // If another process was faster, its file is the one.
    read_bound(path, machine)?.ok_or_else(|| VaultError::KeyMissing { path: path.to_owned() })
}

fn read_bound(path: &Path, machine: &Machine) -> Result<Option<Key>, VaultError> {
    let Some(OwnFile { bytes, about }) = read(path)? else { return Ok(None) };
    private(path, &about, 0o600)?;
    let random = bytes.strip_prefix(MAGIC.as_slice()).filter(|random| is_key(random));
    let random = random.ok_or_else(|| VaultError::KeyDamaged { path: path.to_owned() })?;
    Ok(Some(derive(b"tilld vault bound 2\n", random, &machine.fingerprint())))
}

fn read_plain(path: &Path) -> Result<Option<Key>, VaultError> {
    let Some(OwnFile { bytes, about }) = read(path)? else { return Ok(None) };
    private(path, &about, 0o600)?;
    if !is_key(&bytes) {
        return Err(VaultError::KeyDamaged { path: path.to_owned() });
    }
    let mut key = Key::new([0u8; 32]);
    key.copy_from_slice(&bytes);
    Ok(Some(key))
}

fn is_key(bytes: &[u8]) -> bool {
    bytes.len() == 32 && bytes.iter().any(|b| *b != 0)
}

/// SHA-256 over a label of its own, the secret and what it is bound to. The
/// secret is as random as a key, so one hash is enough.
fn derive(label: &[u8], secret: &[u8], bound_to: &[u8]) -> Key {
    let mut digest = Sha256::new();
    digest.update(label);
    digest.update((secret.len() as u64).to_be_bytes());
    digest.update(secret);
    digest.update(bound_to);
    let mut key = Key::new([0u8; 32]);
    key.copy_from_slice(&digest.finalize());
    key
}
