//! The parts of a parsed document that judging and book-keeping need.

use super::super::c14n;
use super::super::digest;
use super::super::dom::{Document, Element};

pub(super) const INVOICE: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
pub(super) const CAC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
pub(super) const CBC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
pub(super) const EXT: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2";

/// Shorthands for the two namespaces of a document's content.
impl Element {
    pub(in crate::sandbox) fn cac(&self, local: &str) -> Option<&Element> {
        self.first(CAC, local)
    }

    pub(in crate::sandbox) fn cbc(&self, local: &str) -> Option<&Element> {
        self.first(CBC, local)
    }

    pub(in crate::sandbox) fn all_cac<'a>(&'a self, local: &'a str) -> impl Iterator<Item = &'a Element> {
        self.all(CAC, local)
    }

    /// Trimmed text of a `cbc` child; empty when it is missing.
    pub(in crate::sandbox) fn value(&self, local: &str) -> String {
        self.cbc(local).map(Element::trimmed).unwrap_or_default()
    }

    /// Follows `cac` children, the first of each name.
    pub(in crate::sandbox) fn down(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |at, local| at.cac(local))
    }

    pub(in crate::sandbox) fn is_cac(&self, local: &str) -> bool {
        self.is(CAC, local)
    }
}

/// Standard documents are cleared, simplified ones reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Kind {
    Standard,
    Simplified,
}

/// A document with its identity read.
pub(in crate::sandbox) struct Paper {
    pub(in crate::sandbox) document: Document,
    /// SHA-256 of the canonical form without the three blocks (signing.md section 2).
    pub(in crate::sandbox) hash: [u8; 32],
    pub(in crate::sandbox) kind: Option<Kind>,
    pub(in crate::sandbox) number: String,
    pub(in crate::sandbox) uuid: String,
    pub(in crate::sandbox) issue_date: String,
    pub(in crate::sandbox) issue_time: String,
    /// `InvoiceTypeCode`
    pub(in crate::sandbox) type_code: String,
    /// `InvoiceTypeCode/@name`
    pub(in crate::sandbox) flags: String,
    pub(in crate::sandbox) icv: String,
    pub(in crate::sandbox) pih: String,
    pub(in crate::sandbox) qr: Option<String>,
    pub(in crate::sandbox) seller_vat: String,
    pub(in crate::sandbox) seller_name: String,
}

impl Paper {
    pub(in crate::sandbox) fn read(document: Document) -> Paper {
        let root = &document.root;
        let type_code = root.cbc("InvoiceTypeCode");
        let flags = type_code.and_then(|e| e.attribute("name")).unwrap_or_default().to_owned();
        let kind = match flags.get(..2) {
            Some("01") => Some(Kind::Standard),
            Some("02") => Some(Kind::Simplified),
            _ => None,
        };
        let seller = root.down(&["AccountingSupplierParty", "Party"]);
        let of_seller = |path: &[&str], local: &str| {
            seller.and_then(|s| s.down(path)).map(|e| e.value(local)).unwrap_or_default()
        };
        Paper {
            hash: digest::sha256(c14n::canonical(&document, &|e| is_left_out(e)).as_bytes()),
            kind,
            number: root.value("ID"),
            uuid: root.value("UUID"),
            issue_date: root.value("IssueDate"),
            issue_time: root.value("IssueTime"),
            type_code: type_code.map(Element::trimmed).unwrap_or_default(),
            flags,
            icv: reference(root, "ICV").map(|r| r.value("UUID")).unwrap_or_default(),
            pih: attachment(root, "PIH").map(Element::trimmed).unwrap_or_default(),
            qr: attachment(root, "QR").map(Element::trimmed),
            seller_vat: of_seller(&["PartyTaxScheme"], "CompanyID"),
            seller_name: of_seller(&["PartyLegalEntity"], "RegistrationName"),
            document,
        }
    }

    pub(in crate::sandbox) fn root(&self) -> &Element {
        &self.document.root
    }

    pub(in crate::sandbox) fn hash_text(&self) -> String {
        digest::base64(&self.hash)
    }

    pub(in crate::sandbox) fn is_note(&self) -> bool {
        matches!(self.type_code.as_str(), "381" | "383")
    }

    pub(in crate::sandbox) fn is_simplified(&self) -> bool {
        self.kind == Some(Kind::Simplified)
    }

    /// The stamp container, if any.
    pub(in crate::sandbox) fn extensions(&self) -> Option<&Element> {
        self.root().first(EXT, "UBLExtensions")
    }
}

/// Children of the root that the invoice hash does not cover: stamp, QR reference, signature pointer.
pub(in crate::sandbox) fn is_left_out(element: &Element) -> bool {
    element.is(EXT, "UBLExtensions")
        || element.is_cac("Signature")
        || (element.is_cac("AdditionalDocumentReference") && element.value("ID") == "QR")
}

/// The `cac:AdditionalDocumentReference` with that id.
pub(in crate::sandbox) fn reference<'a>(root: &'a Element, id: &str) -> Option<&'a Element> {
    root.elements().find(|e| e.is_cac("AdditionalDocumentReference") && e.value("ID") == id)
}

/// The embedded object of that reference.
pub(in crate::sandbox) fn attachment<'a>(root: &'a Element, id: &str) -> Option<&'a Element> {
    reference(root, id)?.cac("Attachment")?.cbc("EmbeddedDocumentBinaryObject")
}
