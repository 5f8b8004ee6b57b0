//! The namespaces that documents of this trade use, as small values.

/// A namespace. `Other` is any that is not listed; its URI is at the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ns {
    /// No namespace.
    None,
    /// UBL Invoice.
    Invoice,
    /// UBL common aggregate components.
    Cac,
    /// UBL common basic components.
    Cbc,
    /// UBL common extension components.
    Ext,
    /// UBL common signature components.
    Sig,
    /// UBL signature aggregate components.
    Sac,
    /// UBL signature basic components.
    Sbc,
    /// XML signature.
    Ds,
    /// XAdES 1.3.2.
    Xades,
    /// XAdES 1.4.1.
    Xades141,
    /// `xsi:` attributes.
    Xsi,
    /// The namespace of the prefix `xml`.
    Xml,
    /// Any other.
    Other,
}

pub(super) const XML_URI: &str = "http://www.w3.org/XML/1998/namespace";
pub(super) const XMLNS_URI: &str = "http://www.w3.org/2000/xmlns/";

const KNOWN: [(Ns, &str, &str); 13] = [
    (Ns::None, "", ""),
    (Ns::Invoice, "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", ""),
    (Ns::Cac, "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2", "cac"),
    (Ns::Cbc, "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2", "cbc"),
    (Ns::Ext, "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2", "ext"),
    (Ns::Sig, "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2", "sig"),
    (Ns::Sac, "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2", "sac"),
    (Ns::Sbc, "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2", "sbc"),
    (Ns::Ds, "http://www.w3.org/2000/09/xmldsig#", "ds"),
    (Ns::Xades, "http://uri.etsi.org/01903/v1.3.2#", "xades"),
    (Ns::Xades141, "http://uri.etsi.org/01903/v1.4.1#", "xades141"),
    (Ns::Xsi, "http://www.w3.org/2001/XMLSchema-instance", "xsi"),
    (Ns::Xml, XML_URI, "xml"),
];

impl Ns {
    /// The namespace with this URI; `Other` if it is not one of the listed.
    pub fn of(uri: &str) -> Ns {
        KNOWN.iter().find(|(_, known, _)| *known == uri).map_or(Ns::Other, |(ns, _, _)| *ns)
    }

    /// Its URI; empty for `None` and `Other`.
    pub fn uri(self) -> &'static str {
        KNOWN.iter().find(|(ns, _, _)| *ns == self).map_or("", |(_, uri, _)| uri)
    }

    /// The prefix it goes by in messages; empty for the invoice's own, `None` and `Other`.
    pub fn usual_prefix(self) -> &'static str {
        KNOWN.iter().find(|(ns, _, _)| *ns == self).map_or("", |(_, _, prefix)| prefix)
    }
}
