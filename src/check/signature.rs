//! The signature itself: fixed identifiers, algorithms, and ECDSA over the hash
//! of the invoice hash (signing.md section 4).

use k256::ecdsa::signature::Verifier as _;
use k256::ecdsa::signature::hazmat::PrehashVerifier as _;
use k256::ecdsa::{Signature, VerifyingKey};

use super::der::{self, Reader};
use super::encoding::{loose, strict};
use super::finding::{At, Notes, because, values};
use super::hash::{C14N11, stated};
use super::select::{Step, all, anywhere, first, first_anywhere, leading, of_invoice};
use super::wording::Check;
use super::x509::Certificate;
use crate::chain::InvoiceHash;
use crate::xml::{self, Node, Ns};

const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const ENVELOPED: &str = "urn:oasis:names:specification:ubl:dsig:enveloped:xades";
const SIGNATURE_1: &str = "urn:oasis:names:specification:ubl:signature:1";
const SIGNATURE_INVOICE: &str = "urn:oasis:names:specification:ubl:signature:Invoice";

/// Judges the signature and gives the text of `SignatureValue`.
pub(super) fn check(
    notes: &mut Notes,
    root: Node<'_>,
    signature: Node<'_>,
    certificate: Option<&Certificate>,
    hash: Option<&InvoiceHash>,
) -> String {
    check_names(notes, signature);
    check_frame(notes, root);
    let node = first(signature, &[(Ns::Ds, "SignatureValue")]);
    let value = node.map(leading).unwrap_or_default().into_owned();
    let at = || At::Node(node.unwrap_or(signature));
    let data = match strict(&value) {
        Ok(data) => data,
        Err(cause) => {
            notes.error(Check::SigBase64, at(), because(cause));
            return value;
        }
    };
    let Some(certificate) = certificate else {
        notes.error(Check::SigNoCert, at(), because("no certificate to verify with"));
        return value;
    };
    match numbers(&data) {
        Err(cause) => notes.error(Check::SigDer, at(), because(cause)),
        Ok([r, s]) => {
            let key = certificate.verifying_key();
            let scalars = key.zip(scalars(r, s));
            let message = loose(&stated(signature).unwrap_or_default()).unwrap_or_default();
            if scalars.is_none_or(|(key, scalars)| key.verify(&message, &scalars).is_err()) {
                let cause = explain(scalars, signature, &message, hash);
                notes.error(Check::SigValue, at(), because(cause));
            }
        }
    }
    value
}

fn check_names(notes: &mut Notes, signature: Node<'_>) {
    let id = signature.attribute("Id");
    if id != Some("signature") {
        let cause = "Id of ds:Signature";
        notes.error(Check::SigId, At::Node(signature), values(id.unwrap_or("-"), "signature", cause));
    }
    let named = [
        ("CanonicalizationMethod", C14N11, Check::SigC14n, "CanonicalizationMethod must be C14N 1.1"),
        ("SignatureMethod", ECDSA_SHA256, Check::SigMethod, "SignatureMethod must be ECDSA with SHA-256"),
    ];
    for (element, expected, rule, cause) in named {
        let nodes = all(signature, &[(Ns::Ds, "SignedInfo"), (Ns::Ds, element)]);
        let found = nodes.iter().find_map(|node| node.attribute("Algorithm"));
        if found != Some(expected) {
            notes.error(rule, At::Node(signature), values(found.unwrap_or("-"), expected, cause));
        }
    }
}

/// The fixed texts around the signature.
fn check_frame(notes: &mut Notes, root: Node<'_>) {
    const INFORMATION: Step = (Ns::Sac, "SignatureInformation");
    const POINTER: Step = (Ns::Cac, "Signature");
    let target = anywhere(root, (Ns::Ds, "Object"))
        .flat_map(|object| object.all(Ns::Xades, "QualifyingProperties"))
        .find_map(|node| node.attribute("Target"));
    let text = |node: Option<Node<'_>>| node.map(|node| leading(node).into_owned());
    let fixed = [
        ("//ext:ExtensionURI", text(first_anywhere(root, (Ns::Ext, "ExtensionURI"), &[])), ENVELOPED),
        (
            "//sac:SignatureInformation/cbc:ID",
            text(first_anywhere(root, INFORMATION, &[(Ns::Cbc, "ID")])),
            SIGNATURE_1,
        ),
        (
            "//sac:SignatureInformation/sbc:ReferencedSignatureID",
            text(first_anywhere(root, INFORMATION, &[(Ns::Sbc, "ReferencedSignatureID")])),
            SIGNATURE_INVOICE,
        ),
        (
            "/Invoice/cac:Signature/cbc:ID",
            text(of_invoice(root, &[POINTER, (Ns::Cbc, "ID")])),
            SIGNATURE_INVOICE,
        ),
        (
            "/Invoice/cac:Signature/cbc:SignatureMethod",
            text(of_invoice(root, &[POINTER, (Ns::Cbc, "SignatureMethod")])),
            ENVELOPED,
        ),
        ("//ds:Object/xades:QualifyingProperties/@Target", target.map(str::to_owned), "signature"),
    ];
    for (path, found, expected) in fixed {
        if found.as_deref() != Some(expected) {
            let found = found.as_deref().unwrap_or("-");
            notes.error(Check::SigFrame, At::Path(path), values(found, expected, "this text is fixed"));
        }
    }
}

/// The two numbers of a signature in DER.
fn numbers(data: &[u8]) -> Result<[&[u8]; 2], der::Flaw> {
    let mut reader = Reader::new(der::single(data, der::SEQUENCE)?.content);
    let r = der::natural(reader.take(der::INTEGER)?.content)?;
    let s = der::natural(reader.take(der::INTEGER)?.content)?;
    reader.end()?;
    Ok([r, s])
}

/// As the library has it: both in range, and `s` in its lower form, which means the same.
fn scalars(r: &[u8], s: &[u8]) -> Option<Signature> {
    let padded = |number: &[u8]| {
        let mut whole = [0u8; 32];
        whole.get_mut(32usize.checked_sub(number.len())?..)?.copy_from_slice(number);
        Some(whole)
    };
    Signature::from_scalars(padded(r)?, padded(s)?).ok().map(|signature| signature.normalize_s())
}

/// What was signed instead, if it is one of the usual slips.
fn explain(
    scalars: Option<(&VerifyingKey, Signature)>,
    node: Node<'_>,
    message: &[u8],
    hash: Option<&InvoiceHash>,
) -> &'static str {
    let Some((key, signature)) = scalars else {
        return "the key is not on secp256k1, or r or s is out of range";
    };
    let fits = |data: &[u8]| key.verify(data, &signature).is_ok();
    let info = || first(node, &[(Ns::Ds, "SignedInfo")]).and_then(|info| xml::exclusive(info).ok());
    if message.len() == 32 && key.verify_prehash(message, &signature).is_ok() {
        "the digest itself was signed: one SHA-256 too few"
    } else if fits(stated(node).unwrap_or_default().as_bytes()) {
        "the base64 text of the digest was signed instead of its bytes"
    } else if info().is_some_and(|info| fits(&info)) {
        "ds:SignedInfo was signed, which is not what the platform checks"
    } else if hash.is_some_and(|hash| fits(hash.bytes())) {
        "the signature fits the document; DigestValue was changed"
    } else {
        "ECDSA with SHA-256 over the 32 bytes of DigestValue does not verify with the certificate's key"
    }
}
