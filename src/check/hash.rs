//! The invoice hash, and the reference of the stamp to it (signing.md section 2).

use sha2::{Digest, Sha256};

use super::encoding::without_blanks;
use super::finding::{At, Notes, because, values};
use super::select::{all, first, leading};
use super::wording::Check;
use crate::chain::InvoiceHash;
use crate::xml::{self, Dom, Node, Ns, Uncanonical};

pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const C14N11: &str = "http://www.w3.org/2006/12/xml-c14n11";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";

/// Algorithm and expression of each transform, in their order.
const TRANSFORMS: [(&str, Option<&str>); 4] = [
    (XPATH, Some("not(//ancestor-or-self::ext:UBLExtensions)")),
    (XPATH, Some("not(//ancestor-or-self::cac:Signature)")),
    (XPATH, Some("not(//ancestor-or-self::cac:AdditionalDocumentReference[cbc:ID='QR'])")),
    (C14N11, None),
];

/// SHA-256 over the canonical form of the document less extensions, signature pointer and QR code.
pub(super) fn of_document(dom: &Dom) -> Result<InvoiceHash, Uncanonical> {
    let form = xml::inclusive(dom, is_left_out)?;
    Ok(InvoiceHash::new(Sha256::digest(form).into()))
}

fn is_left_out(node: Node<'_>) -> bool {
    let is_qr = || node.all(Ns::Cbc, "ID").any(|id| id.string() == "QR");
    node.is(Ns::Ext, "UBLExtensions")
        || node.is(Ns::Cac, "Signature")
        || (node.is(Ns::Cac, "AdditionalDocumentReference") && is_qr())
}

/// The references of a signature that have an attribute with this value.
pub(super) fn references<'d>(signature: Node<'d>, attribute: &str, value: &str) -> Vec<Node<'d>> {
    let mut found = all(signature, &[(Ns::Ds, "SignedInfo"), (Ns::Ds, "Reference")]);
    found.retain(|node| node.attribute(attribute) == Some(value));
    found
}

/// `DigestValue` of the first reference to the invoice; `None` if there is none.
pub(super) fn stated(signature: Node<'_>) -> Option<String> {
    let references = references(signature, "Id", "invoiceSignedData");
    references
        .into_iter()
        .find_map(|node| node.child(Ns::Ds, "DigestValue"))
        .map(|node| leading(node).into_owned())
}

/// Algorithm of the first `DigestMethod` that names one.
pub(super) fn digest_method(reference: Node<'_>) -> Option<&str> {
    reference.all(Ns::Ds, "DigestMethod").find_map(|node| node.attribute("Algorithm"))
}

/// Judges the reference named `invoiceSignedData`.
pub(super) fn check(notes: &mut Notes, signature: Node<'_>, hash: &str) {
    let references = references(signature, "Id", "invoiceSignedData");
    let [reference] = references.as_slice() else {
        let count = references.len().to_string();
        let cause = "ds:Reference with Id invoiceSignedData must stand once in ds:SignedInfo";
        return notes.error(Check::HashReference, At::Node(signature), values(&count, "1", cause));
    };
    let reference = *reference;
    let uri = reference.attribute("URI");
    if uri != Some("") {
        let cause = "URI must be present and empty, which means the document";
        notes.error(Check::HashUri, At::Node(reference), values(uri.unwrap_or("-"), "", cause));
    }
    check_transforms(notes, reference);
    let method = digest_method(reference);
    if method != Some(SHA256) {
        let cause = "DigestMethod of the invoice reference";
        notes.error(Check::HashMethod, At::Node(reference), values(method.unwrap_or("-"), SHA256, cause));
    }
    let stated = first(reference, &[(Ns::Ds, "DigestValue")]).map(leading).unwrap_or_default();
    if stated != hash {
        let cause = "DigestValue is not the SHA-256 of the canonical document without ext:UBLExtensions, \
                     cac:Signature and the QR reference";
        notes.error(Check::HashValue, At::Node(reference), values(&stated, hash, cause));
    }
}

fn check_transforms(notes: &mut Notes, reference: Node<'_>) {
    let transforms = all(reference, &[(Ns::Ds, "Transforms"), (Ns::Ds, "Transform")]);
    let found = transforms.iter().map(|node| {
        let expression = node.child(Ns::Ds, "XPath").map(|node| without_blanks(&leading(node)));
        (node.attribute("Algorithm"), expression)
    });
    let found: Vec<_> = found.collect();
    let right = found.len() == TRANSFORMS.len()
        && found.iter().zip(TRANSFORMS).all(|((algorithm, expression), (name, body))| {
            *algorithm == Some(name) && expression.as_deref() == body
        });
    if !right {
        let cause = "ds:Transforms must hold three XPath transforms (extensions, signature, QR) and C14N 1.1";
        let count = found.len().to_string();
        notes.error(Check::HashTransforms, At::Node(reference), values(&count, "", cause));
    }
}

/// A document without a canonical form has no hash.
pub(super) fn no_form(notes: &mut Notes, error: &Uncanonical) {
    notes.error(Check::HashForm, At::Path("/Invoice"), because(&error.to_string()));
}
