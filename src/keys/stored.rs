//! What the sealed record keeps of a key. A software key is kept as its scalar;
//! of a key in a token only its name is kept, since the key itself never leaves
//! the token. Nothing here gives a secret to another crate (P10).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// What the sealed record keeps of a key. Opaque outside of this crate.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey(pub(super) Kept);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// The secret scalar, 32 bytes big-endian.
    Scalar(Zeroizing<[u8; 32]>),
    Token(TokenKey),
}

/// A key that lies in a token: how to find it again, and how to know it. None
/// of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenKey {
    /// Label of the token.
    pub token: String,
    /// CKA_ID of both halves, in lower-case hexadecimal.
    pub id: String,
    /// DER SubjectPublicKeyInfo, base64.
    pub public_key: String,
}

impl StoredKey {
    pub(super) fn of_scalar(scalar: Zeroizing<[u8; 32]>) -> StoredKey {
        StoredKey(Kept::Scalar(scalar))
    }

    pub(super) fn of_token(key: TokenKey) -> StoredKey {
        StoredKey(Kept::Token(key))
    }
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Scalar(_) => f.write_str("StoredKey(software, secret not shown)"),
            Kept::Token(key) => write!(f, "StoredKey(token `{}`, id {})", key.token, key.id),
        }
    }
}

/// The form of a stored key in the sealed record: the scalar as base64 text, or
/// an object that names a key in a token. For `serde(with)` of the record, so
/// that [`StoredKey`] itself can be written by nobody else.
pub(crate) mod sealed {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(key: &Option<StoredKey>, to: S) -> Result<S::Ok, S::Error> {
        match key.as_ref().map(|key| &key.0) {
            None => to.serialize_none(),
            Some(Kept::Scalar(scalar)) => {
                let text = Zeroizing::new(STANDARD.encode(scalar.as_slice()));
                to.serialize_str(&text)
            }
            Some(Kept::Token(key)) => key.serialize(to),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<StoredKey>, D::Error> {
        from.deserialize_any(Reader)
    }

    /// By hand, since the derived way would hold unwiped copies of the text.
    struct Reader;

    impl<'de> Visitor<'de> for Reader {
        type Value = Option<StoredKey>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a key")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let mut scalar = Zeroizing::new([0u8; 32]);
            // Room for more than 32 bytes, so that a longer text is seen as too long.
            let mut decoded = Zeroizing::new([0u8; 48]);
            match STANDARD.decode_slice(text, decoded.as_mut_slice()) {
                Ok(32) => {
                    scalar.copy_from_slice(decoded.get(..32).unwrap_or_default());
                    Ok(Some(StoredKey::of_scalar(scalar)))
                }
                _ => Err(E::custom("the key is not 32 bytes in base64")),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            let key = TokenKey::deserialize(MapAccessDeserializer::new(map))?;
            Ok(Some(StoredKey::of_token(key)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyError, KeyStore, TillKey};
    use super::*;
    use crate::stamp::Signer as _;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "sealed")]
        key: Option<StoredKey>,
    }

    fn read(text: &str) -> Result<Holder, serde_json::Error> {
        serde_json::from_slice(text.as_bytes())
    }

    fn again(holder: &Holder) -> Holder {
        read(&serde_json::to_string(holder).unwrap()).unwrap()
    }

    #[test]
    fn a_software_key_is_the_base64_of_its_scalar_as_ever() {
        let text = STANDARD.encode([7; 32]);
        let holder = read(&format!("{{\"key\": \"{text}\"}}")).unwrap();
        let key = KeyStore::Vault.open(holder.key.as_ref().unwrap()).unwrap();
        let same = super::super::SoftwareSigner::from_scalar(&[7; 32]).unwrap();
        assert_eq!(key.public_key_der(), same.public_key_der());
        assert_eq!(key.stored(), holder.key.clone().unwrap());
        assert_eq!(serde_json::to_string(&holder).unwrap(), format!("{{\"key\":\"{text}\"}}"));
        assert_eq!(again(&holder), holder);
    }

    #[test]
    fn no_key_and_a_key_in_a_token_come_back_as_they_were() {
        assert_eq!(read(r#"{"key": null}"#).unwrap().key, None);
        assert_eq!(again(&Holder { key: None }), Holder { key: None });
        let key = TokenKey { token: "till".into(), id: "00ff".into(), public_key: "AAAA".into() };
        let holder = Holder { key: Some(StoredKey(Kept::Token(key))) };
        assert_eq!(again(&holder), holder);
    }

    #[test]
    fn a_key_in_a_token_opens_without_it_and_says_why_it_does_not_sign() {
        let public = super::super::SoftwareSigner::from_scalar(&[7; 32]).unwrap().public_key_der();
        let (id, encoded) = ("0123456789abcdef0123456789abcdef", STANDARD.encode(&public));
        let named = |id: &str, public: &str| {
            let text = format!(r#"{{"key": {{"token": "shop 3", "id": "{id}", "public_key": "{public}"}}}}"#);
            KeyStore::Vault.open(read(&text).unwrap().key.as_ref().unwrap())
        };
        let key = named(id, &encoded).unwrap();
        assert_eq!(key.public_key_der(), public);
        let error = key.sign_message(b"a message").unwrap_err().to_string();
        assert!(error.contains("`shop 3`"), "{error}");
        let remedy = if super::super::TOKENS_SUPPORTED { "[keys] store" } else { "--features hsm" };
        assert!(error.contains(remedy), "{error}");
        assert!(key.ready().is_err());
        let again = KeyStore::Vault.open(&key.stored()).unwrap();
        assert_eq!(again.stored(), key.stored());
        for (id, public) in [(id, ""), (id, "AAAA"), ("", encoded.as_str()), ("+123", encoded.as_str())] {
            assert_eq!(named(id, public).unwrap_err(), KeyError::Scalar, "{id} {public}");
        }
    }

    #[test]
    fn nonsense_is_refused_without_repeating_it() {
        let long = STANDARD.encode([7; 33]);
        let short = STANDARD.encode([7; 31]);
        for key in [&format!("\"{long}\""), &format!("\"{short}\""), "\"%%%\"", "7", "[]", "{}", "true"] {
            let error = read(&format!("{{\"key\": {key}}}")).unwrap_err().to_string();
            assert!(!error.contains(&short) && !error.contains(&long), "{error}");
        }
        assert!(read(r#"{"key": {"token": "t", "id": "", "public_key": "", "pin": "1"}}"#).is_err());
    }

    #[test]
    fn a_stored_secret_is_not_in_debug() {
        let key = TillKey::Software(super::super::SoftwareSigner::from_scalar(&[0x41; 32]).unwrap());
        assert_eq!(format!("{:?}", key.stored()), "StoredKey(software, secret not shown)");
        assert_eq!(format!("{key:?}"), "Software(SoftwareSigner(secp256k1, secret not shown))");
    }
}
