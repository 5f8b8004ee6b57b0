//! The one thing the stamp asks of a key.

use thiserror::Error;

use crate::chain::InvoiceHash;

/// A private key that can stamp documents, wherever it lives.
pub trait Signer: Send {
    /// ECDSA on secp256k1 with SHA-256 over the 32 raw bytes of the invoice
    /// hash, which are thereby hashed once more (signing.md section 4).
    /// Returns ASN.1 DER.
    fn sign(&self, hash: &InvoiceHash) -> Result<Vec<u8>, SignerError>;

    /// DER SubjectPublicKeyInfo of the key, 88 bytes.
    fn public_key_der(&self) -> Vec<u8>;
}

/// The key did not sign. Says nothing of the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the stamping key did not sign: {0}")]
pub struct SignerError(pub String);
