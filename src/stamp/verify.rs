//! Reads a finished document again and checks everything the stamp claims:
//! hash, SignedProperties, certificate, signature and QR (signing.md section 10).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k256::ecdsa::DerSignature;
use k256::ecdsa::signature::Verifier as _;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::certificate::hex_digest_base64;
use super::qr::{QrError, QrFields, cut};
use super::{CertificateError, StampCertificate, xades};
use crate::chain::{InvoiceHash, Link};
use crate::invoice::{IssueMoment, Kind, Subtype};
use crate::money::Halalas;
use crate::ubl::{self, Element, ReadError, Tree, TreeError};

/// What a document that passed says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The hash, computed from the content.
    pub hash: InvoiceHash,
    /// Counter and previous hash (KSA-16, KSA-13).
    pub link: Link,
    /// KSA-1.
    pub uuid: Uuid,
    /// BT-1.
    pub number: String,
    /// Type code and flags (BT-3, KSA-2).
    pub kind: Kind,
    /// BT-2 and KSA-25, in Riyadh time.
    pub issued: IssueMoment,
    /// `xades:SigningTime`: the moment of issue, or a later one on a document
    /// that was issued again. No key covers it, so a caller that knows which of
    /// the two is right should compare.
    pub signed: IssueMoment,
    /// BT-115.
    pub payable: Halalas,
    /// BT-110.
    pub tax: Halalas,
    /// Payload of the QR code, in base64.
    pub qr: String,
    /// `ds:X509Certificate`, so that a caller can tell which certificate stamped it.
    pub certificate: String,
}

/// The first thing found wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Not XML as it is read here.
    #[error(transparent)]
    Xml(#[from] TreeError),
    /// A field is missing or has no sensible value.
    #[error(transparent)]
    Content(#[from] ReadError),
    /// Written in another way than the canonical one, so that its bytes are not what was hashed.
    #[error("the document is not in the canonical form that is hashed (signing.md section 2)")]
    NotCanonical,
    /// A part of the stamp is not there.
    #[error("the stamp lacks {0}")]
    Missing(&'static str),
    /// The content was altered, or the stated hash was.
    #[error("the content does not have the hash that the stamp states: it was altered after it was stamped")]
    Hash,
    /// The signed properties were altered, or their digest was.
    #[error("the digest of the signed properties does not fit")]
    SignedProperties,
    /// The embedded certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Digest, issuer or serial number are not those of the certificate.
    #[error("the stamp says of its certificate what the certificate does not: {0}")]
    CertificateFacts(&'static str),
    /// Stamped before it was issued, or later when the certificate was not valid.
    #[error(
        "the signing time is neither the document's moment of issue nor a later one within the certificate's validity"
    )]
    SigningTime,
    /// ECDSA says no.
    #[error("the signature does not belong to the hash and the certificate's key")]
    Signature,
    /// The QR payload cannot be read.
    #[error(transparent)]
    Qr(#[from] QrError),
    /// A part of the stamp is not laid out as this till lays it out, and was therefore not sealed here.
    #[error("{0} is not written as this till writes it")]
    Layout(&'static str),
    /// The tag of the QR code that says something else than the document.
    #[error("QR tag {0} differs from the document")]
    QrTag(u8),
}

/// Checks a stamped document in the canonical form that this till writes.
pub fn verify(xml: &[u8]) -> Result<Verified, VerifyError> {
    verify_with(xml, None)
}

/// As [`verify`]; a document stamped with `known` spares reading the certificate again.
pub fn verify_with(xml: &[u8], known: Option<&StampCertificate>) -> Result<Verified, VerifyError> {
    let tree = Tree::parse(xml)?;
    if !tree.is_plain() {
        return Err(VerifyError::NotCanonical);
    }
    let root = tree.root();
    let blocks = Blocks::find(root)?;
    let hash = hash_of(tree.text(), root, &blocks)?;
    let stamp = Stamp::read(blocks.extensions)?;
    if stamp.digest != hash.to_base64() {
        return Err(VerifyError::Hash);
    }
    check_signed_properties(&stamp)?;
    let read;
    let certificate = match known.filter(|known| known.text() == stamp.certificate) {
        Some(known) => known,
        None => {
            read = StampCertificate::from_base64(stamp.certificate)?;
            &read
        }
    };
    check_certificate(&stamp, certificate)?;
    let key = certificate.key().ok_or(VerifyError::Signature)?;
    let der = STANDARD.decode(stamp.signature).map_err(|_| VerifyError::Signature)?;
    let signature = DerSignature::try_from(der.as_slice()).map_err(|_| VerifyError::Signature)?;
    key.verify(hash.bytes(), &signature).map_err(|_| VerifyError::Signature)?;
    let verified = facts(root, &stamp, hash, blocks.qr, certificate)?;
    let signing_time = stamp.signing_time();
    check_qr(root, &verified, &stamp, certificate)?;
    check_layout(&blocks, &verified, &stamp, &signing_time, certificate)?;
    Ok(verified)
}

/// Whatever no digest covers is fixed text: the blocks must be those that this
/// till writes, to the byte.
fn check_layout(
    blocks: &Blocks<'_, '_>,
    verified: &Verified,
    stamp: &Stamp<'_, '_>,
    signing_time: &str,
    certificate: &StampCertificate,
) -> Result<(), VerifyError> {
    let stated = xades::Stated {
        hash: stamp.digest,
        signing_time,
        properties_digest: stamp.properties_digest,
        signature: stamp.signature,
    };
    if !is_written_as(blocks.extensions.raw(), &xades::extensions(certificate, &stated)) {
        return Err(VerifyError::Layout("ext:UBLExtensions"));
    }
    let pointer = blocks.pointer.raw() == xades::POINTER;
    if !(pointer && is_written_as(blocks.qr.raw(), &xades::qr_reference(&verified.qr))) {
        return Err(VerifyError::Layout("the QR reference or cac:Signature"));
    }
    Ok(())
}

/// Whether a text is these pieces, one behind the other.
fn is_written_as(text: &str, pieces: &[&str]) -> bool {
    pieces.iter().try_fold(text, |rest, piece| rest.strip_prefix(piece)) == Some("")
}

/// The three blocks that are not part of the hash.
struct Blocks<'t, 'a> {
    extensions: Element<'t, 'a>,
    qr: Element<'t, 'a>,
    pointer: Element<'t, 'a>,
}

impl<'t, 'a> Blocks<'t, 'a> {
    fn find(root: Element<'t, 'a>) -> Result<Blocks<'t, 'a>, VerifyError> {
        Ok(Blocks {
            extensions: root.child("ext:UBLExtensions").ok_or(VerifyError::Missing("ext:UBLExtensions"))?,
            qr: ubl::reference(root, "QR").ok_or(VerifyError::Missing("the QR reference (BR-KSA-27)"))?,
            pointer: root.child("cac:Signature").ok_or(VerifyError::Missing("cac:Signature (BR-KSA-60)"))?,
        })
    }
}

/// SHA-256 over the document as it stands, without the three blocks. The
/// remaining bytes must be canonical: no empty-element tag may be left in them.
fn hash_of(text: &str, root: Element<'_, '_>, blocks: &Blocks<'_, '_>) -> Result<InvoiceHash, VerifyError> {
    let mut cuts = [blocks.extensions.range(), blocks.qr.range(), blocks.pointer.range()];
    cuts.sort_by_key(|cut| cut.start);
    let document = root.range();
    let mut digest = Sha256::new();
    let mut from = document.start;
    for to in cuts.into_iter().chain(std::iter::once(document.end..document.end)) {
        let kept = text.get(from..to.start).ok_or(VerifyError::NotCanonical)?;
        if kept.contains("/>") {
            return Err(VerifyError::NotCanonical);
        }
        digest.update(kept);
        from = to.end;
    }
    Ok(InvoiceHash::new(digest.finalize().into()))
}

/// The parts of the XAdES block, as written.
struct Stamp<'t, 'a> {
    digest: &'a str,
    properties_digest: &'a str,
    signature: &'a str,
    certificate: &'a str,
    properties: Element<'t, 'a>,
}

impl<'t, 'a> Stamp<'t, 'a> {
    fn read(extensions: Element<'t, 'a>) -> Result<Stamp<'t, 'a>, VerifyError> {
        let signature = extensions
            .find("ext:UBLExtension/ext:ExtensionContent/sig:UBLDocumentSignatures/sac:SignatureInformation/ds:Signature")
            .ok_or(VerifyError::Missing("ds:Signature"))?;
        let info = signature.child("ds:SignedInfo").ok_or(VerifyError::Missing("ds:SignedInfo"))?;
        let digest_of = |what: &'static str, attribute: &str, value: &str| {
            info.children()
                .find(|child| {
                    child.name() == "ds:Reference" && child.attribute(attribute).as_deref() == Some(value)
                })
                .and_then(|reference| reference.child("ds:DigestValue"))
                .map(|digest| digest.inner())
                .ok_or(VerifyError::Missing(what))
        };
        let inner = |path: &str, what: &'static str| {
            signature.find(path).map(|element| element.inner()).ok_or(VerifyError::Missing(what))
        };
        Ok(Stamp {
            digest: digest_of("the reference invoiceSignedData", "Id", "invoiceSignedData")?,
            properties_digest: digest_of(
                "the reference to the signed properties",
                "URI",
                "#xadesSignedProperties",
            )?,
            signature: inner("ds:SignatureValue", "ds:SignatureValue")?,
            certificate: inner("ds:KeyInfo/ds:X509Data/ds:X509Certificate", "ds:X509Certificate")?,
            properties: signature
                .find("ds:Object/xades:QualifyingProperties/xades:SignedProperties")
                .ok_or(VerifyError::Missing("xades:SignedProperties"))?,
        })
    }

    /// As written; empty if there is none.
    fn signing_time(&self) -> Cow<'t, str> {
        self.properties.text_of("xades:SignedSignatureProperties/xades:SigningTime").unwrap_or_default()
    }
}

fn check_signed_properties(stamp: &Stamp<'_, '_>) -> Result<(), VerifyError> {
    let digested = xades::digested_form(stamp.properties.raw()).ok_or(VerifyError::SignedProperties)?;
    if hex_digest_base64(&[&digested]) == stamp.properties_digest {
        Ok(())
    } else {
        Err(VerifyError::SignedProperties)
    }
}

fn check_certificate(stamp: &Stamp<'_, '_>, certificate: &StampCertificate) -> Result<(), VerifyError> {
    let cert = stamp
        .properties
        .find("xades:SignedSignatureProperties/xades:SigningCertificate/xades:Cert")
        .ok_or(VerifyError::Missing("xades:Cert"))?;
    let says = |path: &str, value: &str| cert.text_of(path).is_some_and(|text| text == value);
    if !says("xades:CertDigest/ds:DigestValue", certificate.digest()) {
        return Err(VerifyError::CertificateFacts("digest"));
    }
    if !says("xades:IssuerSerial/ds:X509IssuerName", certificate.issuer()) {
        return Err(VerifyError::CertificateFacts("issuer"));
    }
    if !says("xades:IssuerSerial/ds:X509SerialNumber", certificate.serial()) {
        return Err(VerifyError::CertificateFacts("serial number"));
    }
    Ok(())
}

/// The moment of a stamp: that of the issue, or a later one at which the
/// certificate was valid. Riyadh time without a suffix, as documents have it.
fn signed(
    signing_time: &str,
    issued: IssueMoment,
    certificate: &StampCertificate,
) -> Result<IssueMoment, VerifyError> {
    if signing_time == issued.to_string() {
        return Ok(issued);
    }
    let parts = signing_time.split_once('T').and_then(|(date, time)| IssueMoment::parse(date, time));
    let valid = certificate.not_before()..=certificate.not_after();
    parts
        .filter(|at| *at > issued && valid.contains(&at.unix()) && at.to_string() == signing_time)
        .ok_or(VerifyError::SigningTime)
}

fn facts(
    root: Element<'_, '_>,
    stamp: &Stamp<'_, '_>,
    hash: InvoiceHash,
    qr: Element<'_, '_>,
    certificate: &StampCertificate,
) -> Result<Verified, VerifyError> {
    let text = |path: &'static str| root.text_of(path).ok_or(ReadError::Missing(path));
    let code = text("cbc:InvoiceTypeCode")?;
    let name = root.child("cbc:InvoiceTypeCode").and_then(|e| e.attribute("name")).unwrap_or_default();
    let kind = Kind::parse(&code, &name).ok_or(ReadError::Missing("cbc:InvoiceTypeCode"))?;
    let amount = |path: &'static str| {
        Halalas::parse(&text(path)?).map_err(|_| VerifyError::from(ReadError::Missing(path)))
    };
    let issued = IssueMoment::parse(&text("cbc:IssueDate")?, &text("cbc:IssueTime")?)
        .ok_or(ReadError::Missing("cbc:IssueDate"))?;
    Ok(Verified {
        hash,
        link: ubl::link(root)?,
        uuid: Uuid::parse_str(&text("cbc:UUID")?).map_err(|_| ReadError::Missing("cbc:UUID"))?,
        number: text("cbc:ID")?.into_owned(),
        kind,
        issued,
        signed: signed(&stamp.signing_time(), issued, certificate)?,
        payable: amount("cac:LegalMonetaryTotal/cbc:PayableAmount")?,
        tax: ubl::with_subtotals(root)
            .and_then(|total| total.text_of("cbc:TaxAmount"))
            .and_then(|text| Halalas::parse(&text).ok())
            .ok_or(ReadError::Missing("cac:TaxTotal with subtotals"))?,
        qr: qr
            .text_of("cac:Attachment/cbc:EmbeddedDocumentBinaryObject")
            .ok_or(VerifyError::Missing("the QR text"))?
            .into_owned(),
        certificate: stamp.certificate.to_owned(),
    })
}

fn check_qr(
    root: Element<'_, '_>,
    verified: &Verified,
    stamp: &Stamp<'_, '_>,
    certificate: &StampCertificate,
) -> Result<(), VerifyError> {
    let qr = QrFields::decode(&verified.qr)?;
    let seller = "cac:AccountingSupplierParty/cac:Party";
    let name =
        root.text_of(&format!("{seller}/cac:PartyLegalEntity/cbc:RegistrationName")).unwrap_or_default();
    let vat = root.text_of(&format!("{seller}/cac:PartyTaxScheme/cbc:CompanyID")).unwrap_or_default();
    let payable = root.text_of("cac:LegalMonetaryTotal/cbc:PayableAmount").unwrap_or_default();
    let tax = root.text_of("cac:TaxTotal/cbc:TaxAmount").unwrap_or_default();
    let ninth = match verified.kind.subtype {
        Subtype::Simplified => Some(certificate.signature_der()),
        // The authority writes the final QR of a standard document.
        Subtype::Standard => qr.certificate_signature.as_deref(),
    };
    let tags = [
        qr.seller == cut(&name, 255),
        qr.vat_number == vat,
        qr.issued == verified.issued.to_string(),
        qr.payable == payable,
        qr.tax == tax,
        qr.hash == stamp.digest,
        qr.signature == stamp.signature,
        qr.public_key == certificate.public_key_der(),
        qr.certificate_signature.as_deref() == ninth,
    ];
    match (1u8..).zip(tags).find(|(_, same)| !same) {
        Some((tag, _)) => Err(VerifyError::QrTag(tag)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = include_str!("../../tests/vectors/simplified-388.signed.xml");

    /// The document with another signing time, and the digest that goes with it.
    fn signed_at(time: &str) -> String {
        let digest = |xml: &str| {
            let tree = Tree::parse(xml.as_bytes()).unwrap();
            let extensions = tree.root().child("ext:UBLExtensions").unwrap();
            let stamp = Stamp::read(extensions).unwrap();
            hex_digest_base64(&[&xades::digested_form(stamp.properties.raw()).unwrap()])
        };
        let time = format!("<xades:SigningTime>{time}</xades:SigningTime>");
        let altered = SIGNED.replace("<xades:SigningTime>2026-03-14T21:05:09</xades:SigningTime>", &time);
        altered.replace(&digest(SIGNED), &digest(&altered))
    }

    #[test]
    fn the_signing_time_is_the_moment_of_issue_or_a_later_one_of_a_valid_certificate() {
        for time in ["2026-03-14T21:05:09", "2026-03-14T21:05:10", "2026-03-15T00:00:00"] {
            let verified = verify(signed_at(time).as_bytes()).unwrap();
            assert_eq!((verified.signed.to_string().as_str(), verified.issued.unix()), (time, 1_773_511_509));
        }
        // The certificate has ended in 2099.
        let wrong = ["2026-03-14T21:05:08", "2099-01-01T00:00:00", "2026-03-14T21:05:10Z", "2026-03-15", ""];
        for time in wrong {
            assert_eq!(verify(signed_at(time).as_bytes()), Err(VerifyError::SigningTime), "{time}");
        }
    }
}
