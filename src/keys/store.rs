//! Where new keys are made, and how stored ones are opened again.

use super::stored::Kept;
use super::{KeyError, SoftwareSigner, StoredKey, TillKey};

/// Where new keys are made; stored ones are opened where they lie.
#[derive(Clone, Debug, Default)]
pub enum KeyStore {
    /// Made in software and sealed in the vault.
    #[default]
    Vault,
}

impl KeyStore {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if `random` gives nothing usable.
    pub fn generate(&self, random: &mut dyn FnMut(&mut [u8])) -> Result<TillKey, KeyError> {
        match self {
            KeyStore::Vault => SoftwareSigner::generate(random).map(TillKey::Software),
        }
    }

    /// Opens a key that was stored. A software key opens in every store, so
    /// that a till which moves to a token sells with its old key until it is
    /// renewed.
    ///
    /// # Errors
    /// [`KeyError::Scalar`] for a damaged one; [`KeyError::NoTokenSupport`] if
    /// it lies in a token.
    pub fn open(&self, stored: &StoredKey) -> Result<TillKey, KeyError> {
        match &stored.0 {
            Kept::Scalar(scalar) => SoftwareSigner::from_scalar(scalar).map(TillKey::Software),
            Kept::Token(key) => Err(KeyError::NoTokenSupport { token: key.token.clone() }),
        }
    }
}
