//! Clearance: the document with the authority's own stamp and QR code. Everything else stays byte for byte.

use super::authority::Authority;
use super::calendar;
use super::digest;
use super::dom;
use super::judge::{Paper, is_left_out};
use super::tlv;

/// The cleared document, or `None` if the document has no place for the stamp or other prefixes than the
/// profile's, so that the stamp would not be what it says.
///
/// `now`: Unix seconds, the signing time.
pub(super) fn clear(paper: &Paper, authority: &Authority, now: i64) -> Option<String> {
    let cleared = insert(paper, authority, now)?;
    let again = Paper::read(dom::parse(cleared.as_bytes()).ok()?);
    let stamped = again.extensions().is_some() && again.qr.is_some();
    (stamped && again.hash == paper.hash).then_some(cleared)
}

fn insert(paper: &Paper, authority: &Authority, now: i64) -> Option<String> {
    let root = paper.root();
    let seller = root.elements().find(|e| e.is_cac("AccountingSupplierParty"))?;
    let signature = digest::base64(&authority.stamp(&paper.hash));
    let source = &paper.document.source;
    let mut out = String::with_capacity(source.len() + 8192);
    let mut at = root.content_start;
    out.push_str(source.get(..at)?);
    out.push_str(&extensions(paper, authority, &signature, now));
    for child in root.elements() {
        if is_left_out(child) {
            out.push_str(source.get(at..child.span.start)?);
            at = child.span.end;
        } else if child.span == seller.span {
            out.push_str(source.get(at..child.span.start)?);
            at = child.span.start;
            out.push_str(&reference_and_pointer(&qr(paper, authority, &signature)));
        }
    }
    out.push_str(source.get(at..)?);
    Some(out)
}

fn qr(paper: &Paper, authority: &Authority, signature: &str) -> String {
    let root = paper.root();
    let payable = root.cac("LegalMonetaryTotal").map(|t| t.value("PayableAmount")).unwrap_or_default();
    let vat = root.cac("TaxTotal").map(|t| t.value("TaxAmount")).unwrap_or_default();
    let time = format!("{}T{}", paper.issue_date, paper.issue_time);
    let hash = paper.hash_text();
    let mut bytes = Vec::new();
    let texts = [&paper.seller_name, &paper.seller_vat, &time, &payable, &vat, &hash];
    for (tag, text) in (1u8..).zip(texts) {
        tlv::write(&mut bytes, tag, text.as_bytes());
    }
    tlv::write(&mut bytes, 7, signature.as_bytes());
    tlv::write(&mut bytes, 8, &authority.clearance.public_key_der);
    tlv::write(&mut bytes, 9, &authority.clearance.ca_signature);
    digest::base64(&bytes)
}

fn reference_and_pointer(qr: &str) -> String {
    format!(
        "<cac:AdditionalDocumentReference><cbc:ID>QR</cbc:ID><cac:Attachment>\
         <cbc:EmbeddedDocumentBinaryObject mimeCode=\"text/plain\">{qr}</cbc:EmbeddedDocumentBinaryObject>\
         </cac:Attachment></cac:AdditionalDocumentReference>\
         <cac:Signature><cbc:ID>urn:oasis:names:specification:ubl:signature:Invoice</cbc:ID>\
         <cbc:SignatureMethod>urn:oasis:names:specification:ubl:dsig:enveloped:xades</cbc:SignatureMethod>\
         </cac:Signature>"
    )
}

/// SignedProperties in the official layout; `visible` adds the declarations that its digest covers.
fn signed_properties(authority: &Authority, now: i64, visible: bool) -> String {
    let certificate = &authority.clearance;
    let (xades, ds) = if visible {
        (
            " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"",
            " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
        )
    } else {
        ("", "")
    };
    let rows: [(usize, String); 14] = [
        (36, "<xades:SignedSignatureProperties>".into()),
        (40, format!("<xades:SigningTime>{}</xades:SigningTime>", calendar::riyadh_stamp(now))),
        (40, "<xades:SigningCertificate>".into()),
        (44, "<xades:Cert>".into()),
        (48, "<xades:CertDigest>".into()),
        (52, format!("<ds:DigestMethod{ds} Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>")),
        (52, format!("<ds:DigestValue{ds}>{}</ds:DigestValue>", digest::hex_digest(&certificate.text))),
        (48, "</xades:CertDigest>".into()),
        (48, "<xades:IssuerSerial>".into()),
        (52, format!("<ds:X509IssuerName{ds}>{}</ds:X509IssuerName>", certificate.issuer)),
        (52, format!("<ds:X509SerialNumber{ds}>{}</ds:X509SerialNumber>", certificate.serial)),
        (48, "</xades:IssuerSerial>".into()),
        (44, "</xades:Cert>".into()),
        (40, "</xades:SigningCertificate>".into()),
    ];
    let mut out = format!("<xades:SignedProperties{xades} Id=\"xadesSignedProperties\">\n");
    for (column, row) in rows {
        out.push_str(&format!("{:column$}{row}\n", ""));
    }
    out.push_str(&format!("{:36}</xades:SignedSignatureProperties>\n", ""));
    out.push_str(&format!("{:32}</xades:SignedProperties>", ""));
    out
}

fn extensions(paper: &Paper, authority: &Authority, signature: &str, now: i64) -> String {
    let hash = paper.hash_text();
    let properties = signed_properties(authority, now, false);
    let properties_digest = digest::hex_digest(&signed_properties(authority, now, true));
    let certificate = &authority.clearance.text;
    let sha256 = "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    let xpath = |path: &str| {
        format!(
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
             <ds:XPath>not(//ancestor-or-self::{path})</ds:XPath></ds:Transform>"
        )
    };
    let transforms = ["ext:UBLExtensions", "cac:Signature", "cac:AdditionalDocumentReference[cbc:ID='QR']"]
        .map(xpath)
        .concat();
    let ubl = "urn:oasis:names:specification:ubl:schema:xsd:";
    format!(
        "<ext:UBLExtensions><ext:UBLExtension>\
         <ext:ExtensionURI>urn:oasis:names:specification:ubl:dsig:enveloped:xades</ext:ExtensionURI>\
         <ext:ExtensionContent>\
         <sig:UBLDocumentSignatures xmlns:sig=\"{ubl}CommonSignatureComponents-2\" \
         xmlns:sac=\"{ubl}SignatureAggregateComponents-2\" xmlns:sbc=\"{ubl}SignatureBasicComponents-2\">\
         <sac:SignatureInformation><cbc:ID>urn:oasis:names:specification:ubl:signature:1</cbc:ID>\
         <sbc:ReferencedSignatureID>urn:oasis:names:specification:ubl:signature:Invoice\
         </sbc:ReferencedSignatureID>\
         <ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"signature\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\"/>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>\
         <ds:Reference Id=\"invoiceSignedData\" URI=\"\"><ds:Transforms>{transforms}\
         <ds:Transform Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\"/></ds:Transforms>{sha256}\
         <ds:DigestValue>{hash}</ds:DigestValue></ds:Reference>\
         <ds:Reference Type=\"http://www.w3.org/2000/09/xmldsig#SignatureProperties\" \
         URI=\"#xadesSignedProperties\">{sha256}<ds:DigestValue>{properties_digest}</ds:DigestValue>\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue>{signature}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>\
         </ds:KeyInfo><ds:Object>\
         <xades:QualifyingProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" Target=\"signature\">\
         {properties}</xades:QualifyingProperties></ds:Object></ds:Signature></sac:SignatureInformation>\
         </sig:UBLDocumentSignatures></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"
    )
}
