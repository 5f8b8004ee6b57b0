//! The till's key as the rest of the till sees it: it signs, wherever it lives.

use super::{SoftwareSigner, StoredKey};
use crate::chain::InvoiceHash;
use crate::stamp::{Signer, SignerError};

/// The private key of this till.
#[derive(Debug)]
pub enum TillKey {
    /// In this process, sealed in the vault at rest.
    Software(SoftwareSigner),
}

impl TillKey {
    /// ECDSA with SHA-256 over `message`, ASN.1 DER with the low form of `s`:
    /// the signature of a certificate request.
    ///
    /// # Errors
    /// In words with what to do, if the key cannot be reached.
    pub fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        match self {
            TillKey::Software(key) => key.sign_message(message),
        }
    }

    /// What the sealed record keeps to open this key again.
    pub fn stored(&self) -> StoredKey {
        match self {
            TillKey::Software(key) => StoredKey::of_scalar(key.scalar()),
        }
    }
}

impl Signer for TillKey {
    fn sign(&self, hash: &InvoiceHash) -> Result<Vec<u8>, SignerError> {
        match self {
            TillKey::Software(key) => key.sign(hash),
        }
    }

    fn public_key_der(&self) -> Vec<u8> {
        match self {
            TillKey::Software(key) => key.public_key_der(),
        }
    }
}
