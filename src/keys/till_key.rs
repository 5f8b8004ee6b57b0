//! The till's key as the rest of the till sees it: it signs, wherever it lives.

use super::{HsmKey, SoftwareSigner, StoredKey, TokenError};
use crate::chain::InvoiceHash;
use crate::stamp::{Signer, SignerError};

/// The private key of this till.
#[derive(Debug)]
pub enum TillKey {
    /// In this process, sealed in the vault at rest.
    Software(SoftwareSigner),
    /// In a security token.
    Hsm(HsmKey),
}

impl TillKey {
    /// ECDSA with SHA-256 over `message`, ASN.1 DER with the low form of `s`:
    /// the signature of a certificate request. Waits for a token up to ten
    /// seconds.
    ///
    /// # Errors
    /// In words with what to do, if the key cannot be reached.
    pub fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        match self {
            TillKey::Software(key) => key.sign_message(message),
            TillKey::Hsm(key) => key.sign_message(message),
        }
    }

    /// Whether the key could sign now; for status, doctor and the log at start.
    /// Waits for a token up to ten seconds.
    ///
    /// # Errors
    /// What is wrong with the token, or that it is not there.
    pub fn ready(&self) -> Result<(), TokenError> {
        match self {
            TillKey::Software(_) => Ok(()),
            TillKey::Hsm(key) => key.ready(),
        }
    }

    /// What the sealed record keeps to open this key again.
    pub fn stored(&self) -> StoredKey {
        match self {
            TillKey::Software(key) => StoredKey::of_scalar(key.scalar()),
            TillKey::Hsm(key) => StoredKey::of_token(key.stored()),
        }
    }
}

impl Signer for TillKey {
    fn sign(&self, hash: &InvoiceHash) -> Result<Vec<u8>, SignerError> {
        self.sign_message(hash.bytes())
    }

    fn public_key_der(&self) -> Vec<u8> {
        match self {
            TillKey::Software(key) => key.public_key_der(),
            TillKey::Hsm(key) => key.public_key_der(),
        }
    }
}
