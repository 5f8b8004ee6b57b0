//! The embedded certificate, and what the stamp says of it (signing.md sections 5 and 6).

use super::encoding::{loose, without_blanks};
use super::finding::{At, Notes, Values, because, values};
use super::hash::SHA256;
use super::moment;
use super::select::{PARTY, Step, all, first, first_anywhere, leading, of_invoice, pieces};
use super::wording::Check;
use super::x509::{Certificate, Key};
use crate::stamp::hex_digest_base64;
use crate::xml::{Node, Ns};

/// Signing times are seen in local time and in UTC: three hours, and five minutes for clocks.
const SLACK: i64 = 3 * 3600 + 5 * 60;

/// Judges the certificate and gives it back if it can be read.
pub(super) fn check(
    notes: &mut Notes,
    root: Node<'_>,
    signature: Node<'_>,
    given: Option<&[u8]>,
) -> Option<Certificate> {
    let path = [(Ns::Ds, "KeyInfo"), (Ns::Ds, "X509Data"), (Ns::Ds, "X509Certificate")];
    let texts: Vec<String> = all(signature, &path).into_iter().flat_map(pieces).collect();
    if texts.len() != 1 {
        let count = texts.len().to_string();
        let cause = "ds:X509Certificate must stand once, with one text";
        notes.error(Check::CertCount, At::Node(signature), values(&count, "1", cause));
    }
    let body = texts.first()?;
    let at = first(signature, &path).unwrap_or(signature);
    let read = loose(body).and_then(|der| Certificate::read(&der).map(|read| (der, read)));
    let (der, certificate) = match read {
        Ok(read) => read,
        Err(cause) => {
            notes.error(Check::CertParse, At::Node(at), because(cause));
            return None;
        }
    };
    let packed = without_blanks(body);
    if packed != *body {
        notes.warn(Check::CertBlanks, At::Node(at), because("the text must be one line of base64"));
    }
    if let Key::Other(kind) = &certificate.key {
        notes.error(Check::CertCurve, At::Node(at), values(kind, "secp256k1", "the key of the certificate"));
    }
    check_digest(notes, signature, &packed);
    check_issuer(notes, signature, &certificate);
    check_time(notes, signature, &certificate);
    check_vat_number(notes, root, &certificate);
    if given.is_some_and(|given| given != der) {
        let cause = "the embedded certificate is not the given one";
        notes.error(Check::CertExpected, At::Node(at), values(&certificate.serial, "", cause));
    }
    Some(certificate)
}

const CERT_DIGEST: &str = "//xades:CertDigest";
const ISSUER_SERIAL: &str = "//xades:IssuerSerial";

fn check_digest(notes: &mut Notes, signature: Node<'_>, text: &str) {
    let method = anywhere(signature, (Ns::Xades, "CertDigest"), &[(Ns::Ds, "DigestMethod")])
        .and_then(|node| node.attribute("Algorithm"));
    if method != Some(SHA256) {
        let cause = "DigestMethod of the certificate";
        notes.error(
            Check::CertDigestMethod,
            At::Path(CERT_DIGEST),
            values(method.unwrap_or("-"), SHA256, cause),
        );
    }
    let path = [(Ns::Xades, "Cert"), (Ns::Xades, "CertDigest"), (Ns::Ds, "DigestValue")];
    let stated = stated(signature, (Ns::Xades, "SigningCertificate"), &path);
    let computed = hex_digest_base64(&[text]);
    if stated != computed {
        let cause = "DigestValue is not base64 of the hex SHA-256 of the certificate's base64 text";
        notes.error(Check::CertDigest, At::Path(CERT_DIGEST), values(&stated, &computed, cause));
    }
}

fn check_issuer(notes: &mut Notes, signature: Node<'_>, certificate: &Certificate) {
    let issuer = certificate.issuer.text();
    let stated_issuer = stated(signature, (Ns::Xades, "IssuerSerial"), &[(Ns::Ds, "X509IssuerName")]);
    if stated_issuer != issuer {
        let cause = if parts(&stated_issuer) == parts(&issuer) {
            "the parts of the name are right, their order or spacing is not"
        } else {
            "X509IssuerName must be the certificate's issuer, most specific part first, joined by comma and blank"
        };
        notes.error(Check::CertIssuer, At::Path(ISSUER_SERIAL), values(&stated_issuer, &issuer, cause));
    }
    let serial = stated(signature, (Ns::Xades, "IssuerSerial"), &[(Ns::Ds, "X509SerialNumber")]);
    if serial != certificate.serial {
        let cause = "X509SerialNumber must be the certificate's serial number in decimal";
        notes.error(Check::CertSerial, At::Path(ISSUER_SERIAL), values(&serial, &certificate.serial, cause));
    }
}

fn parts(name: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = name.split(',').map(str::trim).collect();
    parts.sort_unstable();
    parts
}

fn check_time(notes: &mut Notes, signature: Node<'_>, certificate: &Certificate) {
    const FIELD: &str = "//xades:SigningTime";
    let time = stated(signature, (Ns::Xades, "SignedSignatureProperties"), &[(Ns::Xades, "SigningTime")]);
    let Some(at) = moment::read(&time) else {
        let cause = "SigningTime must be YYYY-MM-DDThh:mm:ss, Z allowed, and exist in the calendar";
        return notes.error(
            Check::SigningTime,
            At::Path(FIELD),
            Values { found: &time, expected: "", cause },
        );
    };
    let Certificate { not_before, not_after, .. } = certificate;
    if at < not_before - SLACK || at > not_after + SLACK {
        let valid = format!("{} – {}", moment::show(*not_before), moment::show(*not_after));
        let cause = "SigningTime lies outside the validity of the certificate";
        notes.error(Check::CertValidity, At::Path(FIELD), values(&time, &valid, cause));
    }
}

fn check_vat_number(notes: &mut Notes, root: Node<'_>, certificate: &Certificate) {
    const FIELD: &str = "/Invoice/cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID";
    let [supplier, party] = PARTY;
    let seller = of_invoice(root, &[supplier, party, (Ns::Cac, "PartyTaxScheme"), (Ns::Cbc, "CompanyID")]);
    let seller = seller.map(leading);
    match certificate.vat_numbers.first() {
        None => {
            let cause = "no UID in a directory name of the subject alternative name";
            notes.warn(Check::CertNoVat, At::Path(FIELD), because(cause));
        }
        Some(first)
            if certificate.vat_numbers.iter().all(|number| seller.as_deref() != Some(number.as_str())) =>
        {
            let cause = "UID of the certificate's subject alternative name against the seller's CompanyID";
            notes.error(
                Check::CertVat,
                At::Path(FIELD),
                values(seller.as_deref().unwrap_or_default(), first, cause),
            );
        }
        Some(_) => {}
    }
}

fn anywhere<'d>(signature: Node<'d>, start: Step, path: &[Step]) -> Option<Node<'d>> {
    first_anywhere(signature, start, path)
}

fn stated(signature: Node<'_>, start: Step, path: &[Step]) -> String {
    anywhere(signature, start, path).map(leading).unwrap_or_default().into_owned()
}
