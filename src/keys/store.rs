//! Where new keys are made, and how stored ones are opened again.

use super::hsm::KeyId;
use super::stored::Kept;
use super::{HsmKey, KeyError, Pkcs11Settings, SoftwareSigner, StoredKey, TillKey};

/// Where new keys are made; stored ones are opened where they lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyStore {
    /// Made in software and sealed in the vault.
    #[default]
    Vault,
    /// Made in a security token and never out of it.
    Pkcs11(Pkcs11Settings),
}

impl KeyStore {
    /// Makes a new key, in software from `random`, in a token from the token's
    /// own generator under an identifier from `random`. Waits for a token up to
    /// a minute.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if `random` gives nothing usable,
    /// [`KeyError::Token`] if the token does not make one.
    pub fn generate(&self, random: &mut dyn FnMut(&mut [u8])) -> Result<TillKey, KeyError> {
        match self {
            KeyStore::Vault => SoftwareSigner::generate(random).map(TillKey::Software),
            KeyStore::Pkcs11(settings) => {
                let mut id = [0u8; 16];
                random(&mut id);
                if id == [0u8; 16] {
                    return Err(KeyError::Randomness);
                }
                HsmKey::generate(settings, KeyId(id)).map(TillKey::Hsm)
            }
        }
    }

    /// Opens a key that was stored. A software key opens in every store, so
    /// that a till which moves to a token sells with its old key until it is
    /// renewed. A key in a token opens without the token: it signs once the
    /// token is there, and [`TillKey::ready`] tells whether it is.
    ///
    /// # Errors
    /// [`KeyError::Scalar`] if what was stored is damaged.
    pub fn open(&self, stored: &StoredKey) -> Result<TillKey, KeyError> {
        let settings = match self {
            KeyStore::Vault => None,
            KeyStore::Pkcs11(settings) => Some(settings),
        };
        match &stored.0 {
            Kept::Scalar(scalar) => SoftwareSigner::from_scalar(scalar).map(TillKey::Software),
            Kept::Token(key) => HsmKey::open(settings, key).map(TillKey::Hsm),
        }
    }
}
