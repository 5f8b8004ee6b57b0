//! The certificate behind a stamp, read once: every text and byte that XAdES
//! and QR take from it (signing.md sections 5 to 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::{Decode, Encode};
use k256::ecdsa::VerifyingKey;
use k256::pkcs8::DecodePublicKey as _;
use sha2::{Digest, Sha256};
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use super::xades::PropertiesFrame;

const UID: &str = "0.9.2342.19200300.100.1.1";
const TITLE: &str = "2.5.4.12";

/// Why a certificate cannot be used for stamping.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// The text is not base64.
    #[error("the certificate is not base64 text")]
    Base64,
    /// Not an X.509 certificate with what a stamp needs; the text says what is wrong.
    #[error("the certificate cannot be read: {0}")]
    Der(String),
}

/// A stamping certificate with everything derived from it.
#[derive(Clone, PartialEq, Eq)]
pub struct StampCertificate {
    text: String,
    der: Vec<u8>,
    digest: String,
    issuer: String,
    serial: String,
    subject: String,
    public_key_der: Vec<u8>,
    key: Option<VerifyingKey>,
    properties: PropertiesFrame,
    signature_der: Vec<u8>,
    not_before: i64,
    not_after: i64,
    vat_number: Option<String>,
    title: Option<String>,
}

impl std::fmt::Debug for StampCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StampCertificate({}, serial {})", self.subject, self.serial)
    }
}

impl StampCertificate {
    /// From the text of `ds:X509Certificate`: base64 DER in one line.
    pub fn from_base64(text: &str) -> Result<StampCertificate, CertificateError> {
        let der = STANDARD.decode(text).map_err(|_| CertificateError::Base64)?;
        let unreadable = |e: der::Error| CertificateError::Der(e.to_string());
        let parsed = Certificate::from_der(&der).map_err(unreadable)?;
        let tbs = parsed.tbs_certificate();
        let validity = tbs.validity();
        let (vat_number, title) = unit_facts(&parsed);
        let digest = hex_digest_base64(&[text]);
        let issuer = rdn_string(tbs.issuer());
        let serial = decimal(tbs.serial_number().as_bytes());
        let public_key_der = tbs.subject_public_key_info().to_der().map_err(unreadable)?;
        Ok(StampCertificate {
            key: VerifyingKey::from_public_key_der(&public_key_der).ok(),
            properties: PropertiesFrame::new(&digest, &issuer, &serial),
            digest,
            issuer,
            serial,
            subject: rdn_string(tbs.subject()),
            public_key_der,
            signature_der: parsed.signature().raw_bytes().to_vec(),
            not_before: unix(&validity.not_before),
            not_after: unix(&validity.not_after),
            vat_number,
            title,
            text: text.to_owned(),
            der,
        })
    }

    /// From a `binarySecurityToken`, which is the certificate's text in base64 once more.
    pub fn from_token(token: &str) -> Result<StampCertificate, CertificateError> {
        let text = STANDARD.decode(token.trim()).map_err(|_| CertificateError::Base64)?;
        let text = String::from_utf8(text).map_err(|_| CertificateError::Base64)?;
        StampCertificate::from_base64(text.trim())
    }

    /// The text that stands in `ds:X509Certificate`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// `CertDigest`: base64 of the lower-case hex SHA-256 of [`Self::text`].
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// `X509IssuerName`: RFC 2253 order, joined by comma and blank.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `X509SerialNumber` in decimal.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Who it was issued to: the distinguished name, for people.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// QR tag 8: DER SubjectPublicKeyInfo.
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    /// The public key, decoded; `None` if it is not one of secp256k1.
    pub(super) fn key(&self) -> Option<&VerifyingKey> {
        self.key.as_ref()
    }

    /// The `SignedProperties` of its stamps.
    pub(super) fn properties(&self) -> &PropertiesFrame {
        &self.properties
    }

    /// QR tag 9: the CA's signature over the certificate, raw DER.
    pub fn signature_der(&self) -> &[u8] {
        &self.signature_der
    }

    /// Seconds since 1970, UTC.
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// Seconds since 1970, UTC.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// UID of the subject alternative name: the VAT number the unit may use.
    pub fn vat_number(&self) -> Option<&str> {
        self.vat_number.as_deref()
    }

    /// `title` of the subject alternative name: which documents are covered, e.g. `1100`.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// SHA-256 of the DER form.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }
}

/// base64 of the lower-case hexadecimal SHA-256 of a text in pieces, the odd
/// form that XAdES here uses.
pub fn hex_digest_base64(pieces: &[&str]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut digest = Sha256::new();
    for piece in pieces {
        digest.update(piece);
    }
    let mut hex = [0u8; 64];
    for (at, byte) in digest.finalize().iter().enumerate() {
        hex[2 * at] = HEX[usize::from(byte >> 4)];
        hex[2 * at + 1] = HEX[usize::from(byte & 15)];
    }
    STANDARD.encode(hex)
}

fn unix(time: &x509_cert::time::Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

/// Relative names from the most specific one on, `DC` in capitals, special
/// characters escaped as RFC 2253 says.
fn rdn_string(name: &Name) -> String {
    let parts: Vec<String> = name.iter().map(|part| part.to_string()).collect();
    // Unrelated to the order in DER, which is the other way round.
    parts.into_iter().rev().collect::<Vec<_>>().join(", ")
}

fn unit_facts(certificate: &Certificate) -> (Option<String>, Option<String>) {
    let alternative = certificate.tbs_certificate().get_extension::<SubjectAltName>().ok().flatten();
    let names = alternative.map(|(_, names)| names.0).unwrap_or_default();
    let directory = names.into_iter().find_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    });
    let Some(directory) = directory else { return (None, None) };
    let find = |oid: &str| {
        directory.iter().find_map(|value| {
            let text = || String::from_utf8(value.value.value().to_vec()).ok();
            if value.oid.to_string() == oid { text() } else { None }
        })
    };
    (find(UID), find(TITLE))
}

/// An unsigned big-endian number in decimal.
pub fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}
