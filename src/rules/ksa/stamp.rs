//! The fixed identifiers around the cryptographic stamp of simplified documents.

use super::super::facts::Text;
use super::super::forms::{trim, written};
use super::super::term::Term;
use super::super::violation::{Because, Violations, Wrong};
use super::Judged;

const INFORMATION: &str = "urn:oasis:names:specification:ubl:signature:1";
const SIGNATURE: &str = "urn:oasis:names:specification:ubl:signature:Invoice";
const METHOD: &str = "urn:oasis:names:specification:ubl:dsig:enveloped:xades";

pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) {
    if judged.named_simplified {
        present(judged, out);
    }
    if !judged.simplified {
        return;
    }
    // The rules stand at each attachment but those of a PIH.
    let attachments = judged.facts.references.iter().filter(|reference| reference.attached);
    for reference in attachments.filter(|reference| trim(written(&reference.id)) != "PIH") {
        identifiers(judged, written(&reference.object).is_empty(), out);
    }
}

/// BR-KSA-60.
fn present(judged: &Judged<'_>, out: &mut Violations) {
    let mut signatures = judged.facts.signatures.iter();
    if !signatures
        .any(|signature| !written(&signature.id).is_empty() || !written(&signature.method).is_empty())
    {
        let because = Because::Simplified;
        out.add("BR-KSA-60", Term::Signature, Wrong::MissingBecause { because });
    }
}

/// BR-KSA-28, BR-KSA-29, BR-KSA-30.
fn identifiers(judged: &Judged<'_>, nothing_attached: bool, out: &mut Violations) {
    let facts = judged.facts;
    let ids = || facts.signature_information.iter().map(|information| &information.id);
    if nothing_attached || !ids().any(|id| written(id) == INFORMATION) {
        out.add("BR-KSA-28", Term::SignatureInformation, not_fixed(ids().next(), INFORMATION));
    }
    let referenced = facts.signature_information.first().map(|information| &information.referenced);
    let signatures = || facts.signatures.iter().map(|signature| &signature.id);
    if !signatures().any(|id| written(id) == SIGNATURE) {
        out.add("BR-KSA-29", Term::SignatureId, not_fixed(signatures().next(), SIGNATURE));
    } else if referenced.is_none_or(|id| trim(written(id)) != SIGNATURE) {
        out.add("BR-KSA-29", Term::SignatureId, not_fixed(referenced, SIGNATURE));
    }
    let methods = || facts.signatures.iter().map(|signature| &signature.method);
    if nothing_attached || !methods().any(|method| written(method) == METHOD) {
        out.add("BR-KSA-30", Term::SignatureMethod, not_fixed(methods().next(), METHOD));
    }
}

/// Another text than the only right one.
fn not_fixed(found: Option<&Text<'_>>, expected: &str) -> Wrong {
    let found = found.map_or("", |text| written(text)).to_owned();
    Wrong::NotFixed { found, expected: expected.to_owned() }
}
