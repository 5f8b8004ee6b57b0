//! The SignedProperties digest, cut out of the text as submitted (signing.md section 6): no tree, no
//! canonicaliser, so white space and line ends count exactly as they were sent.

use super::super::digest;

const OPEN: &str = "<xades:SignedProperties";
const CLOSE: &str = "</xades:SignedProperties>";
const XADES: &str = " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"";
const DS: &str = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";

/// The digest text that SignedInfo must state; `None` when there is not exactly one such element.
pub(super) fn signed_properties_digest(raw: &str) -> Option<String> {
    Some(digest::hex_digest(&with_declarations(cut(raw)?)))
}

/// The element from its opening to its closing tag.
fn cut(raw: &str) -> Option<&str> {
    let start = raw.find(OPEN)?;
    let length = raw[start..].find(CLOSE)? + CLOSE.len();
    let rest = &raw[start + length..];
    let again = raw[start + OPEN.len()..start + length].contains(OPEN) || rest.contains(OPEN);
    (!again).then(|| &raw[start..start + length])
}

/// Makes the namespace declarations visible that the digest's input has and the document has not.
fn with_declarations(element: &str) -> String {
    let mut out = String::with_capacity(element.len() + 512);
    let mut rest = element;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let end = tag[1..].find([' ', '\t', '\n', '\r', '/', '>']).map_or(tag.len(), |i| i + 1);
        let (head, tail) = tag.split_at(end);
        out.push_str(head);
        let declaration = if head == OPEN {
            XADES
        } else if head.starts_with("<ds:") {
            DS
        } else {
            ""
        };
        if !tail.split('>').next().unwrap_or_default().contains(declaration.trim_start()) {
            out.push_str(declaration);
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_go_before_other_attributes_of_start_tags_only() {
        let cut = "<xades:SignedProperties Id=\"x\"><ds:DigestMethod A=\"b\"/><ds:DigestValue>1</ds:DigestValue></xades:SignedProperties>";
        let expected = format!(
            "<xades:SignedProperties{XADES} Id=\"x\"><ds:DigestMethod{DS} A=\"b\"/><ds:DigestValue{DS}>1</ds:DigestValue></xades:SignedProperties>"
        );
        assert_eq!(with_declarations(cut), expected);
        assert_eq!(with_declarations(&expected), expected);
    }

    #[test]
    fn exactly_one_element() {
        let one = "<xades:SignedProperties Id=\"x\"></xades:SignedProperties>";
        assert!(signed_properties_digest(one).is_some());
        assert!(signed_properties_digest(&format!("{one}{one}")).is_none());
        assert!(signed_properties_digest("<xades:SignedProperties>").is_none());
        assert!(signed_properties_digest("").is_none());
    }
}
