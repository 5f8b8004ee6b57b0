//! Anybody's certificate: whatever a common library reads is read here, also
//! with a key that no stamp may have. Our own certificate is read more strictly
//! by the room `stamp`.

use jiff::civil::DateTime;
use k256::ecdsa::VerifyingKey;
use k256::pkcs8::EncodePublicKey as _;

use super::der::{self, Flaw, Reader};
use super::names::Name;

const EC_KEY: &str = "1.2.840.10045.2.1";
const SECP256K1: &str = "1.3.132.0.10";
const ALTERNATIVE_NAME: &str = "2.5.29.17";
/// UID, which holds the VAT number of the unit.
const UID: &str = "0.9.2342.19200300.100.1.1";

/// Bytes of a serial number. The standard has 20; writing one out takes the square of its length.
const MOST_OF_SERIAL: usize = 1024;

/// The facts of a certificate that a stamp is compared with.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub issuer: Name,
    /// Serial number in decimal.
    pub serial: String,
    /// Seconds since 1970, UTC.
    pub not_before: i64,
    /// Seconds since 1970, UTC.
    pub not_after: i64,
    pub key: Key,
    /// DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// The issuer's signature over the certificate.
    pub signature: Vec<u8>,
    /// Each UID of the alternative name.
    pub vat_numbers: Vec<String>,
}

/// Its public key.
#[derive(Clone, Debug)]
pub(super) enum Key {
    /// On the curve that stamps are made with.
    Secp256k1(Box<VerifyingKey>),
    /// Any other; its name or object identifier.
    Other(String),
}

impl Certificate {
    /// Reads DER.
    pub(super) fn read(data: &[u8]) -> Result<Certificate, Flaw> {
        let mut outer = Reader::new(der::single(data, der::SEQUENCE)?.content);
        let mut body = Reader::new(outer.take(der::SEQUENCE)?.content);
        algorithm(outer.take(der::SEQUENCE)?.content)?;
        let signature = der::bits(outer.take(der::BIT_STRING)?.content)?.to_vec();
        outer.end()?;

        let version = version(&mut body)?;
        let serial = der::integer(body.take(der::INTEGER)?.content)?;
        if serial.len() > MOST_OF_SERIAL {
            return Err("its serial number is too long");
        }
        let serial = decimal(serial);
        algorithm(body.take(der::SEQUENCE)?.content)?;
        let issuer = Name::read(body.take(der::SEQUENCE)?.content)?;
        let mut validity = Reader::new(body.take(der::SEQUENCE)?.content);
        let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
        validity.end()?;
        Name::read(body.take(der::SEQUENCE)?.content)?;
        let key_info = body.take(der::SEQUENCE)?;
        let (key, public_key) = public_key(key_info.content, key_info.whole)?;
        for unique_id in [0x81, 0x82] {
            if let Some(item) = body.maybe(unique_id)? {
                der::bits(item.content)?;
            }
        }
        let vat_numbers = match body.maybe(0xa3)? {
            Some(item) => vat_numbers(item.content)?,
            None => Vec::new(),
        };
        body.end()?;
        if version > 2 || version == 1 {
            return Err("its version is neither 1 nor 3");
        }
        Ok(Certificate { issuer, serial, not_before, not_after, key, public_key, signature, vat_numbers })
    }

    /// Whether the key lies on secp256k1.
    pub(super) fn verifying_key(&self) -> Option<&VerifyingKey> {
        match &self.key {
            Key::Secp256k1(key) => Some(key),
            Key::Other(_) => None,
        }
    }
}

fn version(body: &mut Reader<'_>) -> Result<u8, Flaw> {
    let Some(item) = body.maybe(0xa0)? else { return Ok(0) };
    match der::natural(der::single(item.content, der::INTEGER)?.content)? {
        [] | [0] => Err("a default value is written out"),
        [version] => Ok(*version),
        _ => Err("its version is neither 1 nor 3"),
    }
}

/// Object identifier and the parameters behind it.
fn algorithm(content: &[u8]) -> Result<(String, Option<der::Item<'_>>), Flaw> {
    let mut reader = Reader::new(content);
    let id = der::oid(reader.take(der::OID)?.content)?;
    let parameters = if reader.is_empty() { None } else { Some(reader.any()?) };
    reader.end()?;
    // Signatures with ECDSA or RSA have no parameters, or say so with NULL.
    let bare = id.starts_with("1.2.840.10045.4.") || id.starts_with("1.2.840.113549.1.1.1");
    if bare && parameters.is_some_and(|item| item.tag != der::NULL || !item.content.is_empty()) {
        return Err("its signature algorithm has parameters that do not belong to it");
    }
    Ok((id, parameters))
}

/// The key, and its `SubjectPublicKeyInfo` with the point written in full.
fn public_key(content: &[u8], whole: &[u8]) -> Result<(Key, Vec<u8>), Flaw> {
    let mut reader = Reader::new(content);
    let (id, parameters) = algorithm(reader.take(der::SEQUENCE)?.content)?;
    let point = der::bits(reader.take(der::BIT_STRING)?.content)?;
    reader.end()?;
    if id != EC_KEY {
        let name = other_key(&id).ok_or("the kind of its key is not known")?;
        return Ok((Key::Other(name.to_owned()), whole.to_vec()));
    }
    let curve = parameters.filter(|item| item.tag == der::OID).ok_or("the curve of its key is not named")?;
    let curve = der::oid(curve.content)?;
    if curve == SECP256K1 {
        let key = VerifyingKey::from_sec1_bytes(point).map_err(|_| "its key is no point of secp256k1")?;
        let info = key.to_public_key_der().map_err(|_| "its key cannot be written")?;
        return Ok((Key::Secp256k1(Box::new(key)), info.into_vec()));
    }
    let (name, bytes) = match curve.as_str() {
        "1.2.840.10045.3.1.1" => ("P-192", 24),
        "1.3.132.0.33" => ("P-224", 28),
        "1.2.840.10045.3.1.7" => ("P-256", 32),
        "1.3.132.0.34" => ("P-384", 48),
        "1.3.132.0.35" => ("P-521", 66),
        "1.3.36.3.3.2.8.1.1.7" => ("brainpoolP256r1", 32),
        "1.3.36.3.3.2.8.1.1.11" => ("brainpoolP384r1", 48),
        "1.3.36.3.3.2.8.1.1.13" => ("brainpoolP512r1", 64),
        _ => return Err("the curve of its key is not known"),
    };
    let full = point.first() == Some(&4) && point.len() == 1 + 2 * bytes;
    let short = matches!(point.first(), Some(2 | 3)) && point.len() == 1 + bytes;
    if full || short {
        Ok((Key::Other(name.to_owned()), whole.to_vec()))
    } else {
        Err("its key is no point of its curve")
    }
}

/// The kinds of keys beside those on elliptic curves that are in use.
fn other_key(id: &str) -> Option<&'static str> {
    Some(match id {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.113549.1.3.1" | "1.2.840.10046.2.1" => "DH",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" | "2.16.840.1.101.3.4.3.18" | "2.16.840.1.101.3.4.3.19" => "ML-DSA",
        _ => return None,
    })
}

fn time(reader: &mut Reader<'_>) -> Result<i64, Flaw> {
    const WRONG: Flaw = "a date of its validity is broken";
    let item = reader.any()?;
    let digits = item.content.strip_suffix(b"Z").ok_or(WRONG)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(WRONG);
    }
    let number = |from: usize, to: usize| {
        digits.get(from..to).map(|d| d.iter().fold(0i16, |sum, b| sum * 10 + i16::from(b - b'0')))
    };
    let (year, rest) = match (item.tag, digits.len()) {
        (der::UTC_TIME, 12) => {
            let short = number(0, 2).ok_or(WRONG)?;
            (if short >= 50 { 1900 + short } else { 2000 + short }, 2)
        }
        (der::GENERALIZED_TIME, 14) => (number(0, 4).ok_or(WRONG)?, 4),
        _ => return Err(WRONG),
    };
    let part = |at: usize| number(rest + at, rest + at + 2).and_then(|n| i8::try_from(n).ok()).ok_or(WRONG);
    let moment =
        DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).map_err(|_| WRONG)?;
    if year == 0 {
        return Err(WRONG);
    }
    Ok(super::moment::unix(moment))
}

/// Each UID of the directory names in the subject's alternative name.
fn vat_numbers(content: &[u8]) -> Result<Vec<String>, Flaw> {
    let mut extensions = Reader::new(der::single(content, der::SEQUENCE)?.content);
    if extensions.is_empty() {
        return Err("its list of extensions is empty");
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    while !extensions.is_empty() {
        let mut extension = Reader::new(extensions.take(der::SEQUENCE)?.content);
        let id = der::oid(extension.take(der::OID)?.content)?;
        if let Some(critical) = extension.maybe(der::BOOLEAN)?
            && critical.content != [0xff]
        {
            return Err("an extension is not written as DER demands");
        }
        let value = extension.take(der::OCTET_STRING)?.content;
        extension.end()?;
        if id == ALTERNATIVE_NAME {
            found = uids(value)?;
        }
        if !seen.insert(id) {
            return Err("it has an extension twice");
        }
    }
    Ok(found)
}

fn uids(value: &[u8]) -> Result<Vec<String>, Flaw> {
    let mut names = Reader::new(der::single(value, der::SEQUENCE)?.content);
    let mut found = Vec::new();
    while !names.is_empty() {
        let name = names.any()?;
        match name.tag {
            0xa4 => {
                let name = Name::read(der::single(name.content, der::SEQUENCE)?.content)?;
                found.extend(name.values(UID).map(str::to_owned));
            }
            0xa0 | 0x81 | 0x82 | 0xa3 | 0xa5 | 0x86 | 0x87 | 0x88 => {}
            _ => return Err("its alternative name has a part of an unknown kind"),
        }
    }
    Ok(found)
}

/// A two's complement integer in decimal.
fn decimal(bytes: &[u8]) -> String {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            let (flipped, over) = (!*byte).overflowing_add(u8::from(carry));
            *byte = flipped;
            carry = over;
        }
    }
    let digits = crate::stamp::decimal(&magnitude);
    if negative { format!("-{digits}") } else { digits }
}
