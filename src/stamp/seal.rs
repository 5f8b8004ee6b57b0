//! Puts the stamp on a document: hash, signature, QR, splice, and read it all again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::qr::{QrError, QrFields, cut};
use super::{Signer, SignerError, StampCertificate, VerifyError, verify_with, xades};
use crate::chain::{InvoiceHash, Link};
use crate::invoice::{Invoice, IssueMoment, Subtype};
use crate::ubl::{self, Body, XML_DECLARATION};

/// A finished document: the exact bytes to store, print from and send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The whole document, canonical, with its stamp.
    pub xml: Vec<u8>,
    /// The invoice hash: the PIH of the next document.
    pub hash: InvoiceHash,
    /// Payload of the QR code, in base64.
    pub qr: String,
    /// The place in the chain that it states.
    pub link: Link,
}

/// Why no document came to be. Nothing was numbered or stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The QR payload cannot be made.
    #[error(transparent)]
    Qr(#[from] QrError),
    /// The finished document failed its verification.
    #[error("the finished document does not pass its own check: {0}")]
    Check(#[from] VerifyError),
    /// The finished document reads differently from the one that was to be sealed; names the field.
    #[error("the finished document says something else than what was sealed ({0})")]
    Differs(&'static str),
}

/// Stamps a document at its moment of issue and verifies what came out by
/// reading it again.
pub fn seal(
    invoice: &Invoice,
    link: &Link,
    certificate: &StampCertificate,
    signer: &dyn Signer,
) -> Result<Sealed, SealError> {
    seal_at(invoice, link, invoice.header.issued, certificate, signer)
}

/// As [`seal`], stamped at `signed`, which is not before the moment of issue. A
/// correction keeps the moment of the document that it replaces (signing.md
/// section 8), and today's certificate may not have been valid then: its
/// `SigningTime` is the time at which it is really signed.
pub fn seal_at(
    invoice: &Invoice,
    link: &Link,
    signed: IssueMoment,
    certificate: &StampCertificate,
    signer: &dyn Signer,
) -> Result<Sealed, SealError> {
    let sealed = stamp_at(invoice, link, signed, certificate, signer)?;
    let verified = verify_with(&sealed.xml, Some(certificate))?;
    let header = &invoice.header;
    let same = [
        ("hash", verified.hash == sealed.hash),
        ("place in the chain", verified.link == *link),
        ("UUID", verified.uuid == header.uuid),
        ("number", verified.number == header.number.as_str()),
        ("kind", verified.kind == header.kind),
        ("moment of issue", verified.issued == header.issued),
        ("signing time", verified.signed == signed),
        ("payable amount", verified.payable == invoice.priced.totals.payable),
        ("VAT", verified.tax == invoice.priced.totals.tax),
        ("QR", verified.qr == sealed.qr),
    ];
    match same.iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(SealError::Differs(what)),
        None => Ok(sealed),
    }
}

/// Stamps a document without reading it again; [`seal`] is what callers want.
pub fn stamp(
    invoice: &Invoice,
    link: &Link,
    certificate: &StampCertificate,
    signer: &dyn Signer,
) -> Result<Sealed, SealError> {
    stamp_at(invoice, link, invoice.header.issued, certificate, signer)
}

fn stamp_at(
    invoice: &Invoice,
    link: &Link,
    signed: IssueMoment,
    certificate: &StampCertificate,
    signer: &dyn Signer,
) -> Result<Sealed, SealError> {
    let body = ubl::write(invoice, link);
    let hash = InvoiceHash::new(Sha256::digest(&body.bytes).into());
    let signature = STANDARD.encode(signer.sign(&hash)?);
    let header = &invoice.header;
    let signing_time = signed.to_string();
    let hash_text = hash.to_base64();
    let qr = QrFields {
        seller: cut(&header.seller.name, 255).to_owned(),
        vat_number: header.seller.vat.as_str().to_owned(),
        issued: header.issued.to_string(),
        payable: invoice.priced.totals.payable.to_string(),
        tax: invoice.tax_in_riyals().to_string(),
        hash: hash_text.clone(),
        signature: signature.clone(),
        public_key: certificate.public_key_der().to_vec(),
        certificate_signature: match header.kind.subtype {
            Subtype::Simplified => Some(certificate.signature_der().to_vec()),
            Subtype::Standard => None,
        },
    }
    .encode()?;
    let digest = certificate.properties().digest(&signing_time);
    let stated = xades::Stated {
        hash: &hash_text,
        signing_time: &signing_time,
        properties_digest: &digest,
        signature: &signature,
    };
    let xml = splice(&body, &xades::extensions(certificate, &stated), &xades::qr_reference(&qr));
    Ok(Sealed { xml, hash, qr, link: *link })
}

/// The finished bytes: the body with the three blocks at their places.
fn splice(body: &Body, extensions: &[&str], qr: &[&str]) -> Vec<u8> {
    let Body { bytes, extensions_at, stamp_at } = body;
    let blocks: usize = extensions.iter().chain(qr).map(|piece| piece.len()).sum();
    let length = XML_DECLARATION.len() + bytes.len() + blocks + xades::POINTER.len();
    let mut xml = Vec::with_capacity(length);
    xml.extend_from_slice(XML_DECLARATION.as_bytes());
    xml.extend_from_slice(&bytes[..*extensions_at]);
    extensions.iter().for_each(|piece| xml.extend_from_slice(piece.as_bytes()));
    xml.extend_from_slice(&bytes[*extensions_at..*stamp_at]);
    qr.iter().for_each(|piece| xml.extend_from_slice(piece.as_bytes()));
    xml.extend_from_slice(xades::POINTER.as_bytes());
    xml.extend_from_slice(&bytes[*stamp_at..]);
    xml
}
