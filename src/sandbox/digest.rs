//! Base64, SHA-256 and the signature check, in the forms that documents and answers use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k256::ecdsa::signature::Verifier;
use k256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Strict base64: padding required, no white space inside.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Base64 of the lower-case hex text of SHA-256: the form of the certificate and SignedProperties digests
/// (signing.md sections 5 and 6).
pub(super) fn hex_digest(text: &str) -> String {
    base64(hex(&sha256(text.as_bytes())).as_bytes())
}

/// ECDSA over secp256k1 with SHA-256 of `message`; takes high-S values too, as official samples have them.
pub(super) fn verifies(key: &VerifyingKey, message: &[u8], der_signature: &[u8]) -> bool {
    Signature::from_der(der_signature).is_ok_and(|s| key.verify(message, &s.normalize_s()).is_ok())
}
