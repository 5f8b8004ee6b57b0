//! The XAdES blocks in the layout of the official samples, byte for byte
//! (signing.md sections 3, 5 and 6).

use super::StampCertificate;
use super::certificate::hex_digest_base64;
use crate::ubl::escape_text;

const EXTENSIONS_1: &str = concat!(
    "<ext:UBLExtensions><ext:UBLExtension>",
    "<ext:ExtensionURI>urn:oasis:names:specification:ubl:dsig:enveloped:xades</ext:ExtensionURI>",
    "<ext:ExtensionContent><sig:UBLDocumentSignatures",
    " xmlns:sig=\"urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2\"",
    " xmlns:sac=\"urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2\"",
    " xmlns:sbc=\"urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2\">",
    "<sac:SignatureInformation><cbc:ID>urn:oasis:names:specification:ubl:signature:1</cbc:ID>",
    "<sbc:ReferencedSignatureID>urn:oasis:names:specification:ubl:signature:Invoice</sbc:ReferencedSignatureID>",
    "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"signature\"><ds:SignedInfo>",
    "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\"/>",
    "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>",
    "<ds:Reference Id=\"invoiceSignedData\" URI=\"\"><ds:Transforms>",
    "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">",
    "<ds:XPath>not(//ancestor-or-self::ext:UBLExtensions)</ds:XPath></ds:Transform>",
    "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">",
    "<ds:XPath>not(//ancestor-or-self::cac:Signature)</ds:XPath></ds:Transform>",
    "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">",
    "<ds:XPath>not(//ancestor-or-self::cac:AdditionalDocumentReference[cbc:ID='QR'])</ds:XPath></ds:Transform>",
    "<ds:Transform Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\"/></ds:Transforms>",
    "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>"
);
const EXTENSIONS_2: &str = concat!(
    "</ds:DigestValue></ds:Reference>",
    "<ds:Reference Type=\"http://www.w3.org/2000/09/xmldsig#SignatureProperties\" URI=\"#xadesSignedProperties\">",
    "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>"
);
const EXTENSIONS_3: &str = "</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>";
const EXTENSIONS_4: &str = "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>";
const EXTENSIONS_5: &str = concat!(
    "</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>",
    "<xades:QualifyingProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" Target=\"signature\">"
);
const EXTENSIONS_6: &str = concat!(
    "</xades:QualifyingProperties></ds:Object></ds:Signature></sac:SignatureInformation>",
    "</sig:UBLDocumentSignatures></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"
);

const QR_1: &str = concat!(
    "<cac:AdditionalDocumentReference><cbc:ID>QR</cbc:ID><cac:Attachment>",
    "<cbc:EmbeddedDocumentBinaryObject mimeCode=\"text/plain\">"
);
const QR_2: &str = "</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>";
/// `cac:Signature`, which says where the signature is.
pub(super) const POINTER: &str = concat!(
    "<cac:Signature><cbc:ID>urn:oasis:names:specification:ubl:signature:Invoice</cbc:ID>",
    "<cbc:SignatureMethod>urn:oasis:names:specification:ubl:dsig:enveloped:xades</cbc:SignatureMethod>",
    "</cac:Signature>"
);

const XADES_NS: &str = " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"";
const DS_NS: &str = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";

/// `xades:SignedProperties` of one certificate, before and behind the signing
/// time: as it stands in the document, and with the namespace declarations
/// that are visible when it is digested. The columns of the layout are part of
/// the contract (signing.md section 6).
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PropertiesFrame {
    stated: [String; 2],
    digested: [String; 2],
}

impl PropertiesFrame {
    /// Made once per certificate, since nothing but the time changes.
    pub(super) fn new(digest: &str, issuer: &str, serial: &str) -> PropertiesFrame {
        let frame = |xades, ds| [before_time(xades), behind_time(ds, digest, issuer, serial)];
        PropertiesFrame { stated: frame("", ""), digested: frame(XADES_NS, DS_NS) }
    }

    /// The digest of `SignedProperties` that `SignedInfo` states.
    pub(super) fn digest(&self, signing_time: &str) -> String {
        let [before, behind] = &self.digested;
        hex_digest_base64(&[before, signing_time, behind])
    }
}

fn before_time(xades: &str) -> String {
    let parts = [
        "<xades:SignedProperties",
        xades,
        " Id=\"xadesSignedProperties\">\n",
        "                                    <xades:SignedSignatureProperties>\n",
        "                                        <xades:SigningTime>",
    ];
    parts.concat()
}

fn behind_time(ds: &str, digest: &str, issuer: &str, serial: &str) -> String {
    let mut issuer_text = String::new();
    escape_text(&mut issuer_text, issuer);
    let parts = [
        "</xades:SigningTime>\n",
        "                                        <xades:SigningCertificate>\n",
        "                                            <xades:Cert>\n",
        "                                                <xades:CertDigest>\n",
        "                                                    <ds:DigestMethod",
        ds,
        " Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\n",
        "                                                    <ds:DigestValue",
        ds,
        ">",
        digest,
        "</ds:DigestValue>\n",
        "                                                </xades:CertDigest>\n",
        "                                                <xades:IssuerSerial>\n",
        "                                                    <ds:X509IssuerName",
        ds,
        ">",
        &issuer_text,
        "</ds:X509IssuerName>\n",
        "                                                    <ds:X509SerialNumber",
        ds,
        ">",
        serial,
        "</ds:X509SerialNumber>\n",
        "                                                </xades:IssuerSerial>\n",
        "                                            </xades:Cert>\n",
        "                                        </xades:SigningCertificate>\n",
        "                                    </xades:SignedSignatureProperties>\n",
        "                                </xades:SignedProperties>",
    ];
    parts.concat()
}

/// Makes the namespaces of a `SignedProperties` element visible, as the digest
/// demands: `xades` on the element itself, `ds` on each `ds:` element.
/// `None` if the text does not begin as that element does.
pub(super) fn digested_form(element: &str) -> Option<String> {
    let rest = element.strip_prefix("<xades:SignedProperties")?;
    let mut out = String::with_capacity(element.len() + 5 * DS_NS.len());
    out.push_str("<xades:SignedProperties");
    out.push_str(XADES_NS);
    let mut rest = rest;
    while let Some(at) = rest.find("<ds:") {
        let name_end = rest[at + 4..].find([' ', '>', '/', '\n', '\t'])? + at + 4;
        out.push_str(&rest[..name_end]);
        out.push_str(DS_NS);
        rest = &rest[name_end..];
    }
    out.push_str(rest);
    Some(out)
}

/// What changes from stamp to stamp.
pub(super) struct Stated<'a> {
    /// Base64 of the invoice hash.
    pub hash: &'a str,
    pub signing_time: &'a str,
    pub properties_digest: &'a str,
    /// Base64 of the DER signature.
    pub signature: &'a str,
}

/// `ext:UBLExtensions` with the whole signature, piece by piece.
pub(super) fn extensions<'a>(certificate: &'a StampCertificate, stated: &Stated<'a>) -> [&'a str; 13] {
    let [before, behind] = &certificate.properties().stated;
    [
        EXTENSIONS_1,
        stated.hash,
        EXTENSIONS_2,
        stated.properties_digest,
        EXTENSIONS_3,
        stated.signature,
        EXTENSIONS_4,
        certificate.text(),
        EXTENSIONS_5,
        before,
        stated.signing_time,
        behind,
        EXTENSIONS_6,
    ]
}

/// The QR reference, piece by piece; the [`POINTER`] follows it.
pub(super) fn qr_reference(qr: &str) -> [&str; 3] {
    [QR_1, qr, QR_2]
}
