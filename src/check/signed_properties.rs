//! The digest of `xades:SignedProperties` (signing.md section 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::finding::{At, Notes, because, values};
use super::hash::{SHA256, digest_method, references};
use super::select::{all, leading};
use super::wording::Check;
use crate::stamp::hex_digest_base64;
use crate::xml::{self, Node, Ns};

const TYPE: &str = "http://www.w3.org/2000/09/xmldsig#SignatureProperties";

/// Indents, line by line, in the official samples; the opening tag's own is not digested.
const LAYOUT: [usize; 16] = [36, 40, 40, 44, 48, 52, 52, 48, 48, 52, 52, 48, 44, 40, 36, 32];

/// Judges the reference to the signing details, and their layout.
pub(super) fn check(notes: &mut Notes, signature: Node<'_>) {
    let references = references(signature, "URI", "#xadesSignedProperties");
    let path = [(Ns::Ds, "Object"), (Ns::Xades, "QualifyingProperties"), (Ns::Xades, "SignedProperties")];
    let mut details = all(signature, &path);
    details.retain(|node| node.attribute("Id") == Some("xadesSignedProperties"));
    let ([reference], [details]) = (references.as_slice(), details.as_slice()) else {
        let found = format!("{}, {}", references.len(), details.len());
        let cause = "ds:Reference with URI #xadesSignedProperties and xades:SignedProperties with that Id \
                     must each stand once (references, elements)";
        return notes.error(Check::SpReference, At::Node(signature), values(&found, "1, 1", cause));
    };
    let kind = reference.attribute("Type");
    if kind != Some(TYPE) {
        let cause = "Type of the reference to the signed properties";
        notes.error(Check::SpType, At::Node(*reference), values(kind.unwrap_or("-"), TYPE, cause));
    }
    let method = digest_method(*reference);
    if method != Some(SHA256) {
        let cause = "DigestMethod of the reference to the signed properties";
        notes.error(Check::SpMethod, At::Node(*reference), values(method.unwrap_or("-"), SHA256, cause));
    }
    let stated = reference.child(Ns::Ds, "DigestValue").map(leading).unwrap_or_default();
    match xml::exclusive(*details) {
        Ok(form) => check_form(notes, *reference, &stated, &String::from_utf8_lossy(&form)),
        Err(error) => notes.error(Check::HashForm, At::Node(*details), because(&error.to_string())),
    }
}

fn check_form(notes: &mut Notes, reference: Node<'_>, stated: &str, canonical: &str) {
    let form = with_empty_tags(canonical);
    let computed = hex_digest_base64(&[&form]);
    if stated != computed {
        let cause = explain(stated, canonical, &form);
        notes.error(Check::SpValue, At::Node(reference), values(stated, &computed, cause));
    }
    let indents = indents(&form);
    if indents != LAYOUT {
        let found = format!("{:?}", indents.iter().take(20).collect::<Vec<_>>());
        let cause = "blanks at the start of the lines inside xades:SignedProperties";
        notes.warn(Check::SpLayout, At::Node(reference), values(&found, &format!("{LAYOUT:?}"), cause));
    }
}

/// What was digested instead, if it is one of the usual slips.
fn explain(stated: &str, canonical: &str, form: &str) -> &'static str {
    let raw = |text: &str| STANDARD.encode(Sha256::digest(text));
    let squeezed = squeeze(form);
    let slips = [
        (
            hex_digest_base64(&[canonical]),
            "the digest is that of exclusive C14N, where empty elements have two tags",
        ),
        (hex_digest_base64(&[&squeezed]), "the digest is that of the block without its white space"),
        (
            hex_digest_base64(&[&squeeze(canonical)]),
            "the digest is that of exclusive C14N without white space",
        ),
        (raw(form), "the digest is written as base64 of its bytes, not of its lower-case hex"),
        (raw(canonical), "the digest is that of exclusive C14N, as base64 of its bytes"),
    ];
    let slip = slips.into_iter().find(|(digest, _)| digest == stated);
    slip.map_or(
        "DigestValue is not base64 of the hex SHA-256 of the block as it stands, namespaces shown",
        |(_, w)| w,
    )
}

/// White space between tags taken out.
fn squeeze(form: &str) -> String {
    let mut out = String::with_capacity(form.len());
    for (at, piece) in form.split('>').enumerate() {
        if at > 0 {
            out.push('>');
        }
        let trimmed = piece.trim_start();
        out.push_str(if at > 0 && trimmed.starts_with('<') { trimmed } else { piece });
    }
    out
}

/// Elements without content as one tag, `<x/>`.
fn with_empty_tags(form: &str) -> String {
    let mut out = String::with_capacity(form.len());
    let mut rest = form;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let inside = tag.get(1..).unwrap_or("");
        match empty_pair(inside) {
            Some((start, after)) => {
                out.extend(["<", start, "/>"]);
                rest = after;
            }
            None => {
                out.push('<');
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The start tag's inside and what follows the end tag, if that comes at once.
fn empty_pair(inside: &str) -> Option<(&str, &str)> {
    let end = inside.find(['<', '>'])?;
    let (start, after) = inside.split_at(end);
    let name = start.split(char::is_whitespace).next().filter(|name| !name.is_empty())?;
    let after = after.strip_prefix("></")?.strip_prefix(name)?.strip_prefix('>')?;
    Some((start, after))
}

/// How many blanks follow each line break that stands between tags.
fn indents(form: &str) -> Vec<usize> {
    let pieces = form.split(">\n").skip(1);
    pieces
        .filter_map(|piece| {
            let blanks = piece.bytes().take_while(|b| *b == b' ').count();
            (piece.as_bytes().get(blanks) == Some(&b'<')).then_some(blanks)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_elements_become_one_tag() {
        for (from, to) in [
            ("<a></a>", "<a/>"),
            ("<a b=\"c d\"></a><a>x</a>", "<a b=\"c d\"/><a>x</a>"),
            ("<a><b></b></a>", "<a><b/></a>"),
            ("<a></ab>", "<a></ab>"),
            ("<a b=\">\"></a>", "<a b=\">\"></a>"),
            ("<ds:D x=\"1\"></ds:D>\n<e> </e>", "<ds:D x=\"1\"/>\n<e> </e>"),
        ] {
            assert_eq!(with_empty_tags(from), to);
        }
    }

    #[test]
    fn indents_are_those_between_tags() {
        assert_eq!(indents("<a>\n  <b>x\n y</b>\n\n<c>\n</c>\n d</a>"), [2, 0]);
        assert_eq!(squeeze("<a> \n<b> x </b> y</a>"), "<a><b> x </b> y</a>");
    }
}
