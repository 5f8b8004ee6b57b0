//! The judgement of a document: everything that can be said from its bytes, the signer and the clock alone.
//! What needs memory (duplicates, ICV and PIH continuity) is the book's.

mod arithmetic;
mod categories;
mod cutting;
mod fields;
mod findings;
mod lines;
mod order;
mod paper;
mod qr;
mod seal;

use super::digest;
use super::dom;
pub(super) use findings::{Category, Findings};
pub(super) use paper::{Kind, Paper, is_left_out};
pub(super) use seal::Signers;

/// A submitted document as the body of a call gave it.
pub(super) struct Submission<'a> {
    pub(super) invoice_hash: &'a str,
    pub(super) uuid: &'a str,
    /// Base64 of the XML.
    pub(super) invoice: &'a str,
}

/// Outcome of a judgement.
pub(super) struct Verdict {
    pub(super) findings: Findings,
    /// `None` when the bytes are no XML document.
    pub(super) paper: Option<Paper>,
    /// The stated hash and UUID are those of the document, so its identity can be booked.
    pub(super) identity: bool,
    /// Base64 text of the certificate in a stamp that verifies.
    pub(super) stamped_by: Option<String>,
}

/// Judges a document.
///
/// * `now`: Unix seconds.
/// * `signers`: the certificates that a stamp may carry.
pub(super) fn judge(submission: &Submission<'_>, signers: &Signers<'_>, now: i64) -> Verdict {
    let mut findings = Findings::default();
    let Some(bytes) = digest::from_base64(submission.invoice) else {
        findings.error(Category::Xsd, "XSD_ZATCA_INVALID", "'invoice' is not base64");
        return Verdict { findings, paper: None, identity: false, stamped_by: None };
    };
    let document = match dom::parse(&bytes) {
        Ok(document) => document,
        Err(fault) => {
            findings.error(Category::Xsd, "XSD_ZATCA_INVALID", fault.to_string());
            return Verdict { findings, paper: None, identity: false, stamped_by: None };
        }
    };
    let paper = Paper::read(document);
    let identity = identity(&paper, submission, &mut findings);
    order::check(&paper.document, &mut findings);
    fields::check(&paper, now, &mut findings);
    arithmetic::check(&paper, &mut findings);
    // The parser accepted the bytes as UTF-8.
    let raw = std::str::from_utf8(&bytes).unwrap_or_default();
    let stamped_by = stamp(&paper, raw, signers, &mut findings);
    permissions(&paper, signers, &mut findings);
    Verdict { findings, paper: Some(paper), identity, stamped_by }
}

fn identity(paper: &Paper, submission: &Submission<'_>, findings: &mut Findings) -> bool {
    let same_uuid = !paper.uuid.is_empty() && submission.uuid == paper.uuid;
    if !same_uuid {
        let message = "the uuid of the request is not the cbc:UUID of the document";
        findings.error(Category::Uuid, "INVOICE_UUID_VALIDATION", message);
    }
    let same_hash = submission.invoice_hash == paper.hash_text();
    if !same_hash {
        let message = "the invoiceHash of the request is not the hash of the document";
        findings.error(Category::Hashing, "invalid-invoice-hash", message);
    }
    same_uuid && same_hash
}

/// Stamp and QR: required and strict for simplified documents; for standard ones, which the platform stamps
/// itself, faults of a stamp that is there are warnings.
fn stamp(paper: &Paper, raw: &str, signers: &Signers<'_>, findings: &mut Findings) -> Option<String> {
    if !paper.is_simplified() && paper.extensions().is_none() {
        return None;
    }
    let mut own = Findings::default();
    let seal = seal::check(paper, raw, signers, &mut own);
    qr::check(paper, seal.as_ref(), &mut own);
    if paper.is_simplified() {
        findings.absorb(own);
    } else {
        findings.absorb_as_warnings(own);
    }
    seal.filter(|s| s.verifies).map(|s| s.certificate.text)
}

/// What the certificate of the credentials allows (`certificate-permissions`).
fn permissions(paper: &Paper, signers: &Signers<'_>, findings: &mut Findings) {
    let certificate = signers.current;
    let code = "certificate-permissions";
    if paper.seller_vat != certificate.uid {
        let message = "User only allowed to use the vat number that exists in the authentication certificate";
        findings.error(Category::Certificate, code, message);
    }
    let (flag, word) = match paper.kind {
        Some(Kind::Standard) => (0, "Standard"),
        Some(Kind::Simplified) => (1, "Simplified"),
        None => return,
    };
    if certificate.title.as_bytes().get(flag) != Some(&b'1') {
        findings.error(Category::Certificate, code, format!("CSID does not cover {word} documents"));
    }
}

#[cfg(test)]
mod tests;
