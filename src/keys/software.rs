//! The stamping key in software: one secp256k1 scalar, wiped from memory when
//! it is dropped.

use std::fmt;

use k256::ecdsa::signature::Signer as _;
use k256::ecdsa::{DerSignature, SigningKey};
use k256::pkcs8::EncodePublicKey as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::KeyError;
use crate::chain::InvoiceHash;
use crate::stamp::{Signer, SignerError};

/// How often [`SoftwareSigner::generate`] asks for another scalar. A working
/// generator fails once in 2^127 draws; one that fails this often is broken.
const DRAWS: usize = 8;

/// A secp256k1 private key held by this process (csr.md section 1). It signs
/// by RFC 6979, so that the same document always gets the same signature, with
/// the low form of `s`.
pub struct SoftwareSigner {
    /// Wiped on drop by its own type.
    key: SigningKey,
    public_key_der: Vec<u8>,
}

impl SoftwareSigner {
    /// Makes a new key from the randomness that `random` fills in.
    ///
    /// # Errors
    /// [`KeyError::Randomness`] if no draw is a valid scalar.
    pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Result<SoftwareSigner, KeyError> {
        let mut scalar = Zeroizing::new([0u8; 32]);
        for _ in 0..DRAWS {
            random(scalar.as_mut());
            if let Ok(signer) = SoftwareSigner::from_scalar(&scalar) {
                return Ok(signer);
            }
        }
        Err(KeyError::Randomness)
    }

    /// The key with this secret scalar, 32 bytes big-endian.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<SoftwareSigner, KeyError> {
        let key = SigningKey::from_slice(scalar).map_err(|_| KeyError::Scalar)?;
        let public = key.verifying_key().to_public_key_der();
        let public_key_der = public.map_err(|e| KeyError::PublicKey(e.to_string()))?.into_vec();
        Ok(SoftwareSigner { key, public_key_der })
    }

    /// The secret, for the vault alone: nothing outside this crate may see it (P10).
    pub(crate) fn scalar(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = self.key.to_bytes();
        let mut scalar = Zeroizing::new([0u8; 32]);
        scalar.copy_from_slice(&bytes);
        bytes.zeroize();
        scalar
    }

    /// ECDSA with SHA-256 over `message`, ASN.1 DER: the signature of a
    /// certificate request.
    pub fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature: DerSignature = self.key.try_sign(message).map_err(|e| SignerError(e.to_string()))?;
        Ok(signature.as_bytes().to_vec())
    }
}

impl Signer for SoftwareSigner {
    fn sign(&self, hash: &InvoiceHash) -> Result<Vec<u8>, SignerError> {
        self.sign_message(hash.bytes())
    }

    fn public_key_der(&self) -> Vec<u8> {
        self.public_key_der.clone()
    }
}

impl fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SoftwareSigner(secp256k1, secret not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k256::ecdsa::signature::Verifier as _;
    use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
    use k256::ecdsa::{Signature, VerifyingKey};
    use k256::pkcs8::DecodePublicKey as _;
    use sha2::{Digest, Sha256};

    fn signer(seed: u8) -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[seed; 32]).unwrap()
    }

    #[test]
    fn the_hash_is_hashed_once_more_and_s_is_low() {
        for seed in 1..40 {
            let signer = signer(seed);
            let hash = InvoiceHash::new([seed ^ 0x5a; 32]);
            let der = signer.sign(&hash).unwrap();
            let signature = Signature::from_der(&der).unwrap();
            let key = VerifyingKey::from_public_key_der(&signer.public_key_der()).unwrap();
            key.verify(hash.bytes(), &signature).unwrap();
            key.verify_prehash(&Sha256::digest(hash.bytes()), &signature).unwrap();
            assert!(key.verify_prehash(hash.bytes(), &signature).is_err(), "signed the hash itself");
            assert_eq!(signature.normalize_s(), signature, "high s");
            assert_eq!(signer.sign(&hash).unwrap(), der, "not deterministic");
        }
    }

    /// A published vector of RFC 6979 on secp256k1: key 1, SHA-256.
    #[test]
    fn signs_by_rfc_6979() {
        let mut one = [0u8; 32];
        one[31] = 1;
        let signer = SoftwareSigner::from_scalar(&one).unwrap();
        let der = signer.sign_message(b"Satoshi Nakamoto").unwrap();
        let hex: String =
            Signature::from_der(&der).unwrap().to_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8\
             2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
        );
    }

    #[test]
    fn the_public_key_has_the_named_curve_and_88_bytes() {
        let der = signer(7).public_key_der();
        assert_eq!(der.len(), 88);
        // id-ecPublicKey, then secp256k1 (1.3.132.0.10), then an uncompressed point.
        assert_eq!(&der[..2], [0x30, 0x56]);
        assert_eq!(&der[13..20], [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]);
        assert_eq!(der[23], 0x04);
    }

    #[test]
    fn impossible_scalars_and_dead_generators_are_refused() {
        assert!(matches!(SoftwareSigner::from_scalar(&[0; 32]), Err(KeyError::Scalar)));
        assert!(matches!(SoftwareSigner::from_scalar(&[0xff; 32]), Err(KeyError::Scalar)));
        assert!(matches!(SoftwareSigner::generate(&mut |b| b.fill(0)), Err(KeyError::Randomness)));
        let mut draws = 0;
        let late = SoftwareSigner::generate(&mut |b| {
            b.fill(if draws == 0 { 0xff } else { 3 });
            draws += 1;
        });
        assert_eq!(*late.unwrap().scalar(), [3; 32]);
    }

    #[test]
    fn the_secret_is_not_in_debug() {
        let shown = format!("{:?}", signer(0x41));
        assert_eq!(shown, "SoftwareSigner(secp256k1, secret not shown)");
    }
}
