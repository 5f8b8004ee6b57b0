//! Stands in for the access to tokens in a program without the feature `hsm`.

use k256::ecdsa::VerifyingKey;

use super::{KeyId, Pkcs11Settings, TokenError};

fn none<T>(settings: &Pkcs11Settings) -> Result<T, TokenError> {
    Err(TokenError::NoSupport { token: settings.token.clone() })
}

pub(super) fn generate(settings: &Pkcs11Settings, _id: KeyId) -> Result<VerifyingKey, TokenError> {
    none(settings)
}

pub(super) fn sign(settings: &Pkcs11Settings, _id: KeyId, _digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
    none(settings)
}

pub(super) fn check(settings: &Pkcs11Settings, _id: KeyId) -> Result<(), TokenError> {
    none(settings)
}
