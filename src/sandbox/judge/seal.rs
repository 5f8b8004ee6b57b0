//! The stamp of a document: digests, certificate, signature (signing.md sections 3 to 6).

use super::super::calendar;
use super::super::certificate::CertificateFacts;
use super::super::digest;
use super::super::dom::Element;
use super::cutting;
use super::findings::{Category, Findings};
use super::paper::{CAC, CBC, EXT, Paper};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const SIG: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2";
const SAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2";
const SBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2";

const ENVELOPED: &str = "urn:oasis:names:specification:ubl:dsig:enveloped:xades";
const SIGNATURE_ID: &str = "urn:oasis:names:specification:ubl:signature:Invoice";
const INFORMATION_ID: &str = "urn:oasis:names:specification:ubl:signature:1";
const C14N11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
const PROPERTIES_TYPE: &str = "http://www.w3.org/2000/09/xmldsig#SignatureProperties";
const TRANSFORMS: [(&str, Option<&str>); 4] = [
    (XPATH, Some("not(//ancestor-or-self::ext:UBLExtensions)")),
    (XPATH, Some("not(//ancestor-or-self::cac:Signature)")),
    (XPATH, Some("not(//ancestor-or-self::cac:AdditionalDocumentReference[cbc:ID='QR'])")),
    (C14N11, None),
];

/// Whose stamp is expected.
pub(in crate::sandbox) struct Signers<'a> {
    /// The certificate of the credentials that the call came with.
    pub(in crate::sandbox) current: &'a CertificateFacts,
    /// Other certificates issued to the same unit; a stamp by one of them is only a warning.
    pub(in crate::sandbox) others: &'a [CertificateFacts],
}

/// What a good stamp tells the rest of the judgement.
pub(in crate::sandbox) struct Seal {
    /// The text of `ds:SignatureValue`: QR tag 7.
    pub(in crate::sandbox) signature: String,
    pub(in crate::sandbox) certificate: CertificateFacts,
    /// The signature verifies over the recomputed hash with the certificate's key.
    pub(in crate::sandbox) verifies: bool,
}

/// Judges the stamp; `None` when it is too broken to go on.
pub(in crate::sandbox) fn check(
    paper: &Paper,
    raw: &str,
    signers: &Signers<'_>,
    findings: &mut Findings,
) -> Option<Seal> {
    let Some(parts) = Parts::find(paper) else {
        findings.error(
            Category::Signature,
            "invalid-digital-signature",
            "the document has no complete stamp (UBLExtensions with one ds:Signature)",
        );
        return None;
    };
    fixed_strings(paper, &parts, findings);
    if parts.invoice_digest != paper.hash_text() {
        let message = "DigestValue of the invoice differs from the hash of the document";
        findings.error(Category::Hashing, "invalid-invoice-hash", message);
    }
    if cutting::signed_properties_digest(raw).as_deref() != Some(parts.properties_digest.as_str()) {
        findings.error(
            Category::Certificate,
            "signed-properties-hashing",
            "the digest of xades:SignedProperties differs from the element as submitted",
        );
    }
    if calendar_text(&parts.signing_time).is_none() {
        findings.error(Category::Xsd, "XSD_ZATCA_INVALID", "xades:SigningTime is no date and time");
    }
    let Some(certificate) = CertificateFacts::read(&parts.certificate) else {
        let message = "ds:X509Certificate is no certificate with a secp256k1 key";
        findings.error(Category::Certificate, "invalid-certificate", message);
        return None;
    };
    check_certificate(&parts, &certificate, signers, findings);
    let value = digest::from_base64(&parts.signature).unwrap_or_default();
    let verifies = digest::verifies(&certificate.key, &paper.hash, &value);
    if !verifies {
        findings.error(
            Category::Signature,
            "invalid-digital-signature",
            "SignatureValue does not verify over the 32 bytes of the invoice hash",
        );
    }
    Some(Seal { signature: parts.signature, certificate, verifies })
}

fn check_certificate(
    parts: &Parts<'_>,
    certificate: &CertificateFacts,
    signers: &Signers<'_>,
    findings: &mut Findings,
) {
    if digest::hex_digest(&parts.certificate) != parts.certificate_digest {
        let message = "CertDigest differs from the digest of the certificate text";
        findings.error(Category::Certificate, "certificate-hashing", message);
    }
    if parts.issuer != certificate.issuer || parts.serial != certificate.serial {
        let message = format!(
            "IssuerSerial says '{}' {}, the certificate '{}' {}",
            parts.issuer, parts.serial, certificate.issuer, certificate.serial
        );
        findings.error(Category::Certificate, "certificate-issuer-name", message);
    }
    if parts.certificate == signers.current.text {
        return;
    }
    let code = "invalid-signing-certificate";
    if signers.others.iter().any(|c| c.text == parts.certificate) {
        let message = "the stamp's certificate is another one of this unit, not that of the credentials";
        findings.warning(Category::Certificate, code, message);
    } else {
        let message = "the stamp's certificate is not the one that was issued to these credentials";
        findings.error(Category::Certificate, code, message);
    }
}

fn calendar_text(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    Some(calendar::moment(calendar::Date::parse(date)?, calendar::Time::parse(time)?))
}

/// The elements of a stamp.
struct Parts<'a> {
    extension_uri: String,
    information_id: String,
    referenced_id: String,
    signature_element: &'a Element,
    signed_info: &'a Element,
    invoice_reference: &'a Element,
    properties_reference: &'a Element,
    qualifying: &'a Element,
    properties: &'a Element,
    invoice_digest: String,
    properties_digest: String,
    signature: String,
    certificate: String,
    certificate_digest: String,
    digest_method: String,
    issuer: String,
    serial: String,
    signing_time: String,
}

impl<'a> Parts<'a> {
    fn find(paper: &'a Paper) -> Option<Parts<'a>> {
        let extension = only(only(paper.root(), EXT, "UBLExtensions")?, EXT, "UBLExtension")?;
        let content = only(extension, EXT, "ExtensionContent")?;
        let information = only(only(content, SIG, "UBLDocumentSignatures")?, SAC, "SignatureInformation")?;
        let signature = only(information, DS, "Signature")?;
        let signed_info = only(signature, DS, "SignedInfo")?;
        let mut references = signed_info.all(DS, "Reference");
        let (invoice, properties_reference) = (references.next()?, references.next()?);
        if references.next().is_some() {
            return None;
        }
        let key_data = only(only(signature, DS, "KeyInfo")?, DS, "X509Data")?;
        let qualifying = only(only(signature, DS, "Object")?, XADES, "QualifyingProperties")?;
        let properties = only(qualifying, XADES, "SignedProperties")?;
        let own = only(properties, XADES, "SignedSignatureProperties")?;
        let cert = only(only(own, XADES, "SigningCertificate")?, XADES, "Cert")?;
        let cert_digest = only(cert, XADES, "CertDigest")?;
        let issuer_serial = only(cert, XADES, "IssuerSerial")?;
        Some(Parts {
            extension_uri: only(extension, EXT, "ExtensionURI")?.trimmed(),
            information_id: only(information, CBC, "ID")?.trimmed(),
            referenced_id: only(information, SBC, "ReferencedSignatureID")?.trimmed(),
            invoice_digest: only(invoice, DS, "DigestValue")?.trimmed(),
            properties_digest: only(properties_reference, DS, "DigestValue")?.trimmed(),
            signature: only(signature, DS, "SignatureValue")?.trimmed(),
            certificate: only(key_data, DS, "X509Certificate")?.trimmed(),
            certificate_digest: only(cert_digest, DS, "DigestValue")?.trimmed(),
            digest_method: algorithm(cert_digest, "DigestMethod"),
            issuer: only(issuer_serial, DS, "X509IssuerName")?.trimmed(),
            serial: only(issuer_serial, DS, "X509SerialNumber")?.trimmed(),
            signing_time: only(own, XADES, "SigningTime")?.trimmed(),
            signature_element: signature,
            signed_info,
            invoice_reference: invoice,
            properties_reference,
            qualifying,
            properties,
        })
    }
}

fn only<'a>(parent: &'a Element, namespace: &str, local: &str) -> Option<&'a Element> {
    let mut found = parent.elements().filter(|e| e.is(namespace, local));
    let one = found.next()?;
    found.next().is_none().then_some(one)
}

fn algorithm(parent: &Element, local: &str) -> String {
    only(parent, DS, local).and_then(|e| e.attribute("Algorithm")).unwrap_or_default().to_owned()
}

fn fixed_strings(paper: &Paper, parts: &Parts<'_>, findings: &mut Findings) {
    if parts.information_id != INFORMATION_ID {
        findings.rule(true, "BR-KSA-28", "the signature information id is not the fixed URN");
    }
    let pointer = only(paper.root(), CAC, "Signature");
    if parts.referenced_id != SIGNATURE_ID || pointer.is_none_or(|p| p.value("ID") != SIGNATURE_ID) {
        findings.rule(false, "BR-KSA-29", "cac:Signature/ID or ReferencedSignatureID is not the fixed URN");
    }
    if pointer.is_none_or(|p| p.value("SignatureMethod") != ENVELOPED) {
        findings.rule(true, "BR-KSA-30", "cac:Signature/SignatureMethod is not the fixed URN");
    }
    let attribute = |e: &Element, name: &str| e.attribute(name).unwrap_or_default().to_owned();
    let checks = [
        ("ext:ExtensionURI", parts.extension_uri.clone(), ENVELOPED),
        ("ds:Signature/@Id", attribute(parts.signature_element, "Id"), "signature"),
        ("CanonicalizationMethod", algorithm(parts.signed_info, "CanonicalizationMethod"), C14N11),
        ("SignatureMethod", algorithm(parts.signed_info, "SignatureMethod"), ECDSA),
        ("first Reference/@Id", attribute(parts.invoice_reference, "Id"), "invoiceSignedData"),
        ("first Reference/@URI", attribute(parts.invoice_reference, "URI"), ""),
        ("first DigestMethod", algorithm(parts.invoice_reference, "DigestMethod"), SHA256),
        ("second Reference/@Type", attribute(parts.properties_reference, "Type"), PROPERTIES_TYPE),
        ("second Reference/@URI", attribute(parts.properties_reference, "URI"), "#xadesSignedProperties"),
        ("second DigestMethod", algorithm(parts.properties_reference, "DigestMethod"), SHA256),
        ("QualifyingProperties/@Target", attribute(parts.qualifying, "Target"), "signature"),
        ("SignedProperties/@Id", attribute(parts.properties, "Id"), "xadesSignedProperties"),
        ("CertDigest/DigestMethod", parts.digest_method.clone(), SHA256),
    ];
    let mut wrong: Vec<&str> =
        checks.iter().filter(|(_, found, wanted)| found != wanted).map(|(name, _, _)| *name).collect();
    if !transforms_are_right(parts.invoice_reference) {
        wrong.push("ds:Transforms");
    }
    if !wrong.is_empty() {
        let message = format!("the stamp differs from the fixed form in: {}", wrong.join(", "));
        findings.error(Category::Signature, "invalid-digital-signature", message);
    }
}

fn transforms_are_right(reference: &Element) -> bool {
    let Some(list) = only(reference, DS, "Transforms") else { return false };
    let found: Vec<&Element> = list.all(DS, "Transform").collect();
    found.len() == TRANSFORMS.len()
        && found.iter().zip(TRANSFORMS).all(|(element, (algorithm, path))| {
            let own_path = only(element, DS, "XPath").map(Element::trimmed);
            element.attribute("Algorithm") == Some(algorithm) && own_path.as_deref() == path
        })
}
