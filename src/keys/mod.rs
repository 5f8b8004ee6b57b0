//! The till's key: made here, sealed at rest, never shown. This folder owns
//! the key in software and the stores that keys are made in, the certificate request (csr.md) and the vault that
//! keeps secrets on disk. It is the only folder that asks the operating system
//! for randomness.

pub mod csr;
mod error;
mod files;
mod hsm;
mod machine;
mod process;
mod profile;
mod software;
mod store;
mod stored;
mod till_key;
mod vault;
mod wrapping;

pub use error::KeyError;
pub use hsm::{HsmKey, PIN_CREDENTIAL, PinSource, Pkcs11Settings, TOKENS_SUPPORTED, TokenError};
pub use machine::Machine;
pub use process::keep_memory_private;
pub use profile::{Title, UnitProfile};
pub use software::SoftwareSigner;
pub use store::KeyStore;
pub use stored::StoredKey;
pub(crate) use stored::sealed;
pub use till_key::TillKey;
pub use vault::{Vault, VaultError, VaultLock};
pub use wrapping::{CREDENTIAL, KeySource, Wrapping};

/// Fills `buffer` from the operating system's generator, in the shape that the
/// pure folders and [`SoftwareSigner::generate`] take. If the system has no
/// randomness to give (it never happens once a machine has booted), the buffer
/// is all zeros, which key generation refuses.
pub fn os_random(buffer: &mut [u8]) {
    if getrandom::fill(buffer).is_err() {
        buffer.fill(0);
    }
}
