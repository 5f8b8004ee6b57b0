//! The QR code against document, stamp and certificate (signing.md section 7).

use super::super::digest;
use super::super::tlv;
use super::findings::{Category, Findings};
use super::paper::Paper;
use super::seal::Seal;

/// Longest QR text (BR-CL-KSA-14).
const MAX_TEXT: usize = 1000;

/// Judges the QR text of a stamped document.
pub(in crate::sandbox) fn check(paper: &Paper, seal: Option<&Seal>, findings: &mut Findings) {
    let Some(text) = &paper.qr else {
        findings.error(Category::Qr, "QRCODE_INVALID", "the document has no QR reference");
        return;
    };
    if text.is_empty() || text.chars().count() > MAX_TEXT {
        let message = format!("the QR text is empty or longer than {MAX_TEXT} characters");
        findings.rule(true, "BR-CL-KSA-14", message);
    }
    let bytes = digest::from_base64(text);
    let Some(tags) = bytes.as_deref().and_then(tlv::read) else {
        findings.error(Category::Qr, "QRCODE_INVALID", "the QR text is not base64 of ascending TLV entries");
        return;
    };
    let wanted = if paper.is_simplified() { 9 } else { 8 };
    if tags.len() < wanted || (tags.len() > wanted && paper.is_simplified()) {
        let message = format!("the QR code has {} tags instead of {wanted}", tags.len());
        findings.error(Category::Qr, "QRCODE_INVALID", message);
        return;
    }
    check_content(paper, &tags, findings);
    if let Some(seal) = seal {
        check_stamp(seal, &tags, findings);
    }
}

fn check_content(paper: &Paper, tags: &[&[u8]], findings: &mut Findings) {
    let root = paper.root();
    let payable = root.cac("LegalMonetaryTotal").map(|t| t.value("PayableAmount")).unwrap_or_default();
    let vat = root.cac("TaxTotal").map(|t| t.value("TaxAmount")).unwrap_or_default();
    let mut name = Vec::new();
    tlv::write(&mut name, 1, paper.seller_name.as_bytes());
    let expected: [(usize, &str, &[u8]); 5] = [
        (1, "seller name", name.get(2..).unwrap_or_default()),
        (2, "seller VAT number", paper.seller_vat.as_bytes()),
        (4, "total with VAT", payable.as_bytes()),
        (5, "VAT total", vat.as_bytes()),
        (6, "invoice hash", &paper.hash_text().into_bytes()),
    ];
    for (tag, what, value) in expected {
        if tags.get(tag - 1).copied() != Some(value) {
            let message = format!("QR tag {tag} ({what}) does not match the document");
            findings.error(Category::Qr, "QRCODE_INVALID", message);
        }
    }
    if tags.get(2).copied() != Some(timestamp(paper).as_bytes()) {
        let message = "time on QR code does not match the issue date (BT-2) and time (KSA-25)";
        findings.error(Category::Qr, "invoiceTimeStamp_QRCODE_INVALID", message);
    }
}

/// Issue date and time in Riyadh without a suffix; a document in UTC is converted.
fn timestamp(paper: &Paper) -> String {
    use super::super::calendar::{Date, Time, moment, riyadh_stamp};
    match (Date::parse(&paper.issue_date), Time::parse(&paper.issue_time)) {
        (Some(date), Some(time)) if time.utc => riyadh_stamp(moment(date, time)),
        _ => format!("{}T{}", paper.issue_date, paper.issue_time),
    }
}

fn check_stamp(seal: &Seal, tags: &[&[u8]], findings: &mut Findings) {
    if tags.get(6).copied() != Some(seal.signature.as_bytes()) {
        findings.error(Category::Qr, "QRCODE_INVALID", "QR tag 7 (signature) differs from SignatureValue");
    }
    if tags.get(7).copied() != Some(seal.certificate.public_key_der.as_slice()) {
        findings.error(Category::Qr, "QRCODE_INVALID", "QR tag 8 (public key) is not the certificate's key");
    }
    if tags.get(8).is_some_and(|tag| *tag != seal.certificate.ca_signature.as_slice()) {
        let message = "QR tag 9 is not the signature of the certificate";
        findings.error(Category::Qr, "CERTIFICATE_SIGNATURE_QRCODE_INVALID", message);
    }
}
