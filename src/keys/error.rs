//! Why there is no key, in words with a remedy. They say nothing of the key itself.

use thiserror::Error;

use super::TokenError;

/// Why a key cannot be made or opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error(
        "the system gave no usable random numbers; the key was not made. Restart the machine and try again"
    )]
    Randomness,
    #[error("the stored key is not a secp256k1 key; restore the vault or onboard this till again")]
    Scalar,
    #[error("the public key cannot be written: {0}")]
    PublicKey(String),
    #[error(transparent)]
    Token(#[from] TokenError),
}
