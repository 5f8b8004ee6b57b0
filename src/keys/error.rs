//! Why there is no key, in words with a remedy. They say nothing of the key itself.

use thiserror::Error;

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
    /// The record names a key in a token, and the settings name no token.
    #[error(
        "this till's key lies in the security token `{token}`, but the settings do not name its module. \
         Set [keys] store = \"pkcs11\" with pkcs11_module and pkcs11_token again"
    )]
    TokenNotSet {
        /// Label of the token.
        token: String,
    },
    /// As [`KeyError::TokenNotSet`], in a program that knows no tokens at all.
    #[error(
        "this till's key lies in the security token `{token}`, and this tilld was built without PKCS#11. \
         Install a tilld built with the feature `hsm` (cargo build --release --features hsm)"
    )]
    NoTokenSupport {
        /// Label of the token.
        token: String,
    },
}
