//! A till's key in a security token, reached by PKCS#11: made there, used
//! there, and never out of it. The token is asked for when something is to be
//! signed and not before, so that a till starts, answers and reports while its
//! token is away.
//!
//! Only a program with the feature `hsm` talks to tokens; any other one knows
//! such a key by its public half and says what is missing when it should sign.

#[cfg_attr(feature = "hsm", path = "module.rs")]
#[cfg_attr(not(feature = "hsm"), path = "absent.rs")]
mod access;
mod error;
mod pin;
#[cfg(feature = "hsm")]
mod token;
#[cfg(any(feature = "hsm", test))]
mod worker;

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
use k256::ecdsa::{Signature, VerifyingKey};
use k256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use sha2::{Digest as _, Sha256};

pub use error::TokenError;
pub use pin::{PIN_CREDENTIAL, PinSource};

use super::KeyError;
use super::stored::TokenKey;
use crate::stamp::SignerError;

/// Whether this program can talk to tokens at all.
pub const TOKENS_SUPPORTED: bool = cfg!(feature = "hsm");

/// Which token new keys are made in. Holds no PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs11Settings {
    /// The token maker's library.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// Where its PIN is.
    pub pin: PinSource,
}

/// The CKA_ID of both halves of a key pair; random, so that none is ever used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyId(pub(super) [u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl KeyId {
    /// Of 32 hexadecimal digits.
    fn parse(text: &str) -> Option<KeyId> {
        let number = u128::from_str_radix(text, 16).ok()?;
        let id = KeyId(number.to_be_bytes());
        (id.to_string() == text).then_some(id)
    }
}

/// A key in a token.
#[derive(Debug)]
pub struct HsmKey {
    token: String,
    id: KeyId,
    public: VerifyingKey,
    public_key_der: Vec<u8>,
    /// None: the settings name no token.
    settings: Option<Pkcs11Settings>,
}

impl HsmKey {
    /// Makes a new key in the token, under the CKA_ID `id`.
    pub(super) fn generate(settings: &Pkcs11Settings, id: KeyId) -> Result<HsmKey, KeyError> {
        let public = access::generate(settings, id)?;
        let der = public.to_public_key_der().map_err(|error| KeyError::PublicKey(error.to_string()))?;
        let (token, public_key_der) = (settings.token.clone(), der.into_vec());
        Ok(HsmKey { token, id, public, public_key_der, settings: Some(settings.clone()) })
    }

    /// A key that was made before; the token is not asked yet.
    pub(super) fn open(settings: Option<&Pkcs11Settings>, key: &TokenKey) -> Result<HsmKey, KeyError> {
        let public_key_der = STANDARD.decode(&key.public_key).map_err(|_| KeyError::Scalar)?;
        let public = VerifyingKey::from_public_key_der(&public_key_der).map_err(|_| KeyError::Scalar)?;
        let id = KeyId::parse(&key.id).ok_or(KeyError::Scalar)?;
        Ok(HsmKey { token: key.token.clone(), id, public, public_key_der, settings: settings.cloned() })
    }

    pub(super) fn stored(&self) -> TokenKey {
        TokenKey {
            token: self.token.clone(),
            id: self.id.to_string(),
            public_key: STANDARD.encode(&self.public_key_der),
        }
    }

    /// DER SubjectPublicKeyInfo, 88 bytes.
    pub(super) fn public_key_der(&self) -> Vec<u8> {
        self.public_key_der.clone()
    }

    /// Whether the token is there and holds the key, unexportable.
    pub(super) fn ready(&self) -> Result<(), TokenError> {
        access::check(self.settings()?, self.id)
    }

    /// ECDSA with SHA-256 over `message`: hashed here, signed in the token, the
    /// low form of `s`, and verified before it is given away. ASN.1 DER.
    pub(super) fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.sign_digest(&Sha256::digest(message).into()).map_err(|error| SignerError(error.to_string()))
    }

    fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        let raw = access::sign(self.settings()?, self.id, digest)?;
        let wrong = || TokenError::WrongSignature { token: self.token.clone() };
        let signature = Signature::from_slice(&raw).map_err(|_| wrong())?.normalize_s();
        self.public.verify_prehash(digest, &signature).map_err(|_| wrong())?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn settings(&self) -> Result<&Pkcs11Settings, TokenError> {
        let token = || self.token.clone();
        if !TOKENS_SUPPORTED {
            return Err(TokenError::NoSupport { token: token() });
        }
        match &self.settings {
            None => Err(TokenError::NotSet { token: token() }),
            Some(settings) if settings.token != self.token => {
                Err(TokenError::OtherToken { token: token(), set: settings.token.clone() })
            }
            Some(settings) => Ok(settings),
        }
    }
}
