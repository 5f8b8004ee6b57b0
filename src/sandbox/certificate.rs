//! Reading certificates and names: what a stamp, a QR code and the register need to know of them.

use der::asn1::{Any, ObjectIdentifier};
use der::{Decode, Encode, Tag, Tagged};
use k256::ecdsa::VerifyingKey;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Time;

use super::digest;

pub(super) const OID_COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// surname, which the platform uses for the unit's serial number (csr.md section 3.2).
pub(super) const OID_SURNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.4");
pub(super) const OID_COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
pub(super) const OID_ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
pub(super) const OID_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
pub(super) const OID_TITLE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.12");
pub(super) const OID_CATEGORY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.15");
pub(super) const OID_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.26");
pub(super) const OID_UID: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1");
const OID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const OID_SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");

/// What the sandbox reads from a certificate.
#[derive(Clone)]
pub(super) struct CertificateFacts {
    /// Base64 of the DER, the text of `ds:X509Certificate`.
    pub(super) text: String,
    /// Issuer as `CN=.., DC=..` (signing.md section 6).
    pub(super) issuer: String,
    /// Serial number in decimal.
    pub(super) serial: String,
    /// DER of the SubjectPublicKeyInfo: QR tag 8.
    pub(super) public_key_der: Vec<u8>,
    /// The CA's signature value: QR tag 9.
    pub(super) ca_signature: Vec<u8>,
    pub(super) key: VerifyingKey,
    /// VAT number.
    pub(super) uid: String,
    /// Document kinds `TSCZ`.
    pub(super) title: String,
    /// `1-..|2-..|3-..` of the unit.
    pub(super) unit: String,
    /// Beginning of validity, Unix seconds.
    pub(super) not_before: i64,
    /// End of validity, Unix seconds.
    pub(super) not_after: i64,
}

impl CertificateFacts {
    /// Reads base64 text of a DER certificate; `None` when it is no certificate on secp256k1.
    pub(super) fn read(text: &str) -> Option<CertificateFacts> {
        let bytes = digest::from_base64(text)?;
        let certificate = Certificate::from_der(&bytes).ok()?;
        let tbs = certificate.tbs_certificate();
        let spki = tbs.subject_public_key_info();
        let san = tbs.get_extension::<SubjectAltName>().ok().flatten().map(|(_, san)| san);
        let unit = san.as_ref().and_then(directory_name);
        let field = |oid| unit.and_then(|name| name_value(name, oid)).unwrap_or_default();
        let moment = |time: Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
        Some(CertificateFacts {
            text: text.to_owned(),
            issuer: reversed_name(tbs.issuer()),
            serial: decimal(tbs.serial_number().as_bytes()),
            public_key_der: spki.to_der().ok()?,
            ca_signature: certificate.signature().as_bytes()?.to_vec(),
            key: secp256k1_key(spki)?,
            uid: field(OID_UID),
            title: field(OID_TITLE),
            unit: field(OID_SURNAME),
            not_before: moment(tbs.validity().not_before),
            not_after: moment(tbs.validity().not_after),
        })
    }
}

/// The directory name inside a subject alternative name.
pub(super) fn directory_name(san: &SubjectAltName) -> Option<&Name> {
    san.0.iter().find_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    })
}

/// The key, if it is an uncompressed or compressed point on secp256k1 with a named curve.
pub(super) fn secp256k1_key(spki: &SubjectPublicKeyInfoOwned) -> Option<VerifyingKey> {
    let curve: ObjectIdentifier = spki.algorithm.parameters.as_ref()?.decode_as().ok()?;
    if spki.algorithm.oid != OID_EC_PUBLIC_KEY || curve != OID_SECP256K1 {
        return None;
    }
    VerifyingKey::from_sec1_bytes(spki.subject_public_key.as_bytes()?).ok()
}

/// The first value of an attribute in a name, when it is a string type.
pub(super) fn name_value(name: &Name, oid: ObjectIdentifier) -> Option<String> {
    name.iter().find(|atv| atv.oid == oid).and_then(|atv| string_value(&atv.value))
}

pub(super) fn string_value(value: &Any) -> Option<String> {
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::TeletexString => {
            std::str::from_utf8(value.value()).ok().map(str::to_owned)
        }
        _ => None,
    }
}

/// The name with its parts in reverse DER order, joined by comma and space, escaped as RFC 2253 says.
pub(super) fn reversed_name(name: &Name) -> String {
    let mut parts: Vec<String> = name
        .iter_rdn()
        .map(|rdn| {
            let members: Vec<String> = rdn
                .iter()
                .map(|atv| {
                    let value = string_value(&atv.value).unwrap_or_default();
                    format!("{}={}", short_name(&atv.oid), escape_rfc2253(&value))
                })
                .collect();
            members.join("+")
        })
        .collect();
    parts.reverse();
    parts.join(", ")
}

fn short_name(oid: &ObjectIdentifier) -> String {
    let dotted = oid.to_string();
    match dotted.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        other => return format!("OID.{other}"),
    }
    .to_owned()
}

fn escape_rfc2253(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        let at_edge = (at == 0 && matches!(c, ' ' | '#')) || (at == last && c == ' ');
        if at_edge || matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A big-endian unsigned number in decimal.
pub(super) fn decimal(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = vec![0]; // least significant first
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8; // below 10
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8); // below 10
            carry /= 10;
        }
    }
    digits.iter().rev().map(|d| char::from(b'0' + d)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_numbers_in_decimal() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[0, 1, 0]), "256");
        assert_eq!(decimal(&[0xff; 8]), u64::MAX.to_string());
        assert_eq!(decimal(&[0xff; 16]), u128::MAX.to_string());
    }

    #[test]
    fn escapes_names() {
        assert_eq!(escape_rfc2253("a,b+c \"d\" "), "a\\,b\\+c \\\"d\\\"\\ ");
        assert_eq!(escape_rfc2253("#x"), "\\#x");
    }

    #[test]
    fn rubbish_is_no_certificate() {
        assert!(CertificateFacts::read("").is_none());
        assert!(CertificateFacts::read("AAAA").is_none());
        assert!(CertificateFacts::read("not base64!").is_none());
    }
}
