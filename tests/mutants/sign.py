"""A complete signer: invoice hash, XAdES block, QR, with the published test key or a fresh one.

Certificates and signatures are deterministic, so that a seed gives the same bytes on every run.
"""

from __future__ import annotations

import base64
import copy
import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree

from ubl import NS, SELLER, Document, Element, build, cut, make

SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SIGNATURE_URN = "urn:oasis:names:specification:ubl:signature:Invoice"
ENVELOPED_URN = "urn:oasis:names:specification:ubl:dsig:enveloped:xades"
CUT_FROM_HASH = ("//ext:UBLExtensions", "//cac:Signature", "//cac:AdditionalDocumentReference[cbc:ID='QR']")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True)
class Identity:
    """A key with the certificate that names it."""

    key: ec.EllipticCurvePrivateKey
    text: str  # base64 of the DER certificate, as it stands in ds:X509Certificate

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(base64.b64decode(self.text))

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def published(keys: Path) -> Identity:
    """The key and certificate that come with the official samples: public, worthless."""
    key = (keys / "ec-secp256k1-priv-key.pem").read_text().strip()
    der = base64.b64decode("".join(line for line in key.splitlines() if "-----" not in line))
    text = "".join((keys / "cert.pem").read_text().split())
    return Identity(serialization.load_der_private_key(der, None), text)


@lru_cache(maxsize=256)
def fresh(vat: str | None, salt: int = 0, curve: str = "secp256k1", expired: bool = False) -> Identity:
    """A key derived from its arguments, with a self-made certificate that carries the VAT number."""
    seed = hashlib.sha256(("%s %d %s" % (vat, salt, curve)).encode()).digest()
    secret = int.from_bytes(seed, "big") % (ORDER - 1) + 1
    key = ec.derive_private_key(secret, ec.SECP256K1() if curve == "secp256k1" else ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.DOMAIN_COMPONENT, part) for part in ("local", "gov", "extgazt")]
                       + [x509.NameAttribute(NameOID.COMMON_NAME, "TILLD-MUTANTS-CA")])
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "SA"),
                         x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mutants"),
                         x509.NameAttribute(NameOID.COMMON_NAME, "MUT-%d" % salt)])
    year = 2010 if expired else 2020
    builder = (x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(key.public_key())
               .serial_number(int.from_bytes(seed[:15], "big") | 1)
               .not_valid_before(dt.datetime(year, 1, 1)).not_valid_after(dt.datetime(year + (1 if expired else 25), 1, 1)))
    if vat is not None:
        directory = x509.Name([x509.NameAttribute(x509.ObjectIdentifier("2.5.4.4"), "1-MUT|2-MUT|3-%d" % salt),
                               x509.NameAttribute(NameOID.USER_ID, vat),
                               x509.NameAttribute(NameOID.TITLE, "1100")])
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DirectoryName(directory)]), False)
    authority = ec.derive_private_key(7 + salt, ec.SECP256K1())
    made = builder.sign(authority, hashes.SHA256(), ecdsa_deterministic=True)
    return Identity(key, base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode())


# ------------------------------------------------------------------ digests

def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def hex_b64(data: bytes) -> str:
    return b64(hashlib.sha256(data).hexdigest().encode("ascii"))


def invoice_hash(root: Element) -> bytes:
    tree = copy.deepcopy(root)
    for path in CUT_FROM_HASH:
        for element in tree.xpath(path, namespaces=NS):
            cut(element)
    return hashlib.sha256(etree.tostring(tree, method="c14n", with_comments=False)).digest()


def properties_octets(element: Element) -> bytes:
    """SignedProperties as the digest sees them (signing.md section 6): every prefix declared
    where it is first needed, declarations before attributes, empty elements self-closing."""
    out: list[str] = []

    def write(node: Element, known: frozenset[tuple[str | None, str]]) -> None:
        if not isinstance(node.tag, str):
            if isinstance(node, etree._ProcessingInstruction):
                out.append("<?%s %s?>" % (node.target, node.text))
            return
        uri, name = etree.QName(node).namespace or "", etree.QName(node).localname
        full = "%s:%s" % (node.prefix, name) if node.prefix else name
        out.append("<" + full)
        used = {(node.prefix, uri)}
        fresh_ones = sorted(used - known, key=lambda pair: pair[0] or "")
        for prefix, address in fresh_ones:
            if prefix or address:
                out.append(" xmlns%s=%s" % (":" + prefix if prefix else "", quoteattr(address)))
        for key, value in sorted(node.attrib.items()):
            out.append(" %s=%s" % (etree.QName(key).localname, quoteattr(value)))
        if not node.text and len(node) == 0:
            out.append("/>")
            return
        out.append(">" + escape(node.text or "").replace("\r", "&#xD;"))
        for child in node:
            write(child, known | used)
            out.append(escape(child.tail or "").replace("\r", "&#xD;"))
        out.append("</%s>" % full)

    write(element, frozenset())
    return "".join(out).encode("utf-8")


def issuer_name(certificate: x509.Certificate) -> str:
    return ", ".join(part.rfc4514_string() for part in reversed(list(certificate.issuer.rdns)))


# -------------------------------------------------------------------- stamp

INDENT = {"SignedSignatureProperties": 36, "SigningTime": 40, "SigningCertificate": 40, "Cert": 44, "CertDigest": 48,
          "DigestMethod": 52, "DigestValue": 52, "IssuerSerial": 48, "X509IssuerName": 52, "X509SerialNumber": 52,
          "SignedProperties": 32}


def signed_properties(identity: Identity, time: str) -> Element:
    """The block in the one layout that all official samples share."""
    certificate = identity.certificate
    tree = build(
        "xades:SignedProperties",
        build("xades:SignedSignatureProperties",
              make("xades:SigningTime", time),
              build("xades:SigningCertificate",
                    build("xades:Cert",
                          build("xades:CertDigest",
                                make("ds:DigestMethod", Algorithm=SHA256),
                                make("ds:DigestValue", hex_b64(identity.text.encode()))),
                          build("xades:IssuerSerial",
                                make("ds:X509IssuerName", issuer_name(certificate)),
                                make("ds:X509SerialNumber", str(certificate.serial_number)))))),
        Id="xadesSignedProperties")
    for element in tree.iter():
        for child in element:
            depth = INDENT[etree.QName(child).localname]
            if child.getprevious() is None:
                element.text = "\n" + " " * depth
            else:
                child.getprevious().tail = "\n" + " " * depth
        if len(element):
            element[-1].tail = "\n" + " " * INDENT[etree.QName(element).localname]
    return tree


def signature_block(identity: Identity, time: str) -> Element:
    """ext:UBLExtensions with empty digest and signature values."""
    transforms = [build("ds:Transform", make("ds:XPath", body), Algorithm=XPATH) for body in (
        "not(//ancestor-or-self::ext:UBLExtensions)", "not(//ancestor-or-self::cac:Signature)",
        "not(//ancestor-or-self::cac:AdditionalDocumentReference[cbc:ID='QR'])")]
    info = build(
        "ds:SignedInfo", make("ds:CanonicalizationMethod", Algorithm=C14N11), make("ds:SignatureMethod", Algorithm=ECDSA),
        build("ds:Reference", build("ds:Transforms", *transforms, make("ds:Transform", Algorithm=C14N11)),
              make("ds:DigestMethod", Algorithm=SHA256), make("ds:DigestValue", ""), Id="invoiceSignedData", URI=""),
        build("ds:Reference", make("ds:DigestMethod", Algorithm=SHA256), make("ds:DigestValue", ""),
              Type="http://www.w3.org/2000/09/xmldsig#SignatureProperties", URI="#xadesSignedProperties"))
    signature = build(
        "ds:Signature", info, make("ds:SignatureValue", ""),
        build("ds:KeyInfo", build("ds:X509Data", make("ds:X509Certificate", identity.text))),
        build("ds:Object", build("xades:QualifyingProperties", signed_properties(identity, time), Target="signature")),
        Id="signature")
    return build("ext:UBLExtensions", build(
        "ext:UBLExtension", make("ext:ExtensionURI", ENVELOPED_URN),
        build("ext:ExtensionContent", build("sig:UBLDocumentSignatures", build(
            "sac:SignatureInformation", make("cbc:ID", "urn:oasis:names:specification:ubl:signature:1"),
            make("sbc:ReferencedSignatureID", SIGNATURE_URN), signature)))))


def strip(doc: Document) -> None:
    """Takes stamp, pointer and QR out, as a standard document looks before clearance."""
    for path in ("ext:UBLExtensions", "cac:Signature", "cac:AdditionalDocumentReference[normalize-space(cbc:ID)='QR']"):
        for element in doc.all(path):
            cut(element)


def stamp(doc: Document, identity: Identity, time: str | None = None) -> None:
    """Stamps anew: whatever stamp there is goes, the content stays as it is."""
    strip(doc)
    when = time or "%sT%s" % (doc.text("cbc:IssueDate"), doc.text("cbc:IssueTime"))
    doc.root.insert(0, signature_block(identity, when))
    holder = build("cac:AdditionalDocumentReference", make("cbc:ID", "QR"), build(
        "cac:Attachment", make("cbc:EmbeddedDocumentBinaryObject", "QR", mimeCode="text/plain")))
    pointer = build("cac:Signature", make("cbc:ID", SIGNATURE_URN), make("cbc:SignatureMethod", ENVELOPED_URN))
    for element in (holder, pointer):
        if not doc.insert_before(element, "cac:AccountingSupplierParty", "cac:AccountingCustomerParty", "cac:TaxTotal"):
            doc.root.append(element)
    reseal(doc, identity)


def reseal(doc: Document, identity: Identity) -> None:
    """Digests, signature and QR over what stands in the document now."""
    digest = invoice_hash(doc.root)
    for path, value in (("//ds:Reference[@Id='invoiceSignedData']/ds:DigestValue", b64(digest)),
                        ("//ds:SignatureValue", b64(identity.sign(digest)))):
        for element in doc.all(path):
            element.text = value
    redigest(doc)
    holder = doc.binary("QR")
    if holder is not None:
        holder.text = qr(doc)


def redigest(doc: Document) -> None:
    """The digest of SignedProperties over what stands there now."""
    properties, value = doc.one("//xades:SignedProperties"), doc.one(
        "//ds:Reference[@URI='#xadesSignedProperties']/ds:DigestValue")
    if properties is not None and value is not None:
        value.text = hex_b64(properties_octets(properties))


# ----------------------------------------------------------------------- QR

def tlv(tags: list[tuple[int, bytes]]) -> bytes:
    return b"".join(bytes((tag, len(value[:255]))) + value[:255] for tag, value in tags)


def qr_tags(doc: Document) -> list[tuple[int, bytes]]:
    """The nine tags (eight on a standard document) as the document and its stamp say."""
    first = doc.all("cac:TaxTotal/cbc:TaxAmount")
    said = (doc.text(SELLER + "cac:PartyLegalEntity/cbc:RegistrationName"),
            doc.text(SELLER + "cac:PartyTaxScheme/cbc:CompanyID"),
            "%sT%s" % (doc.text("cbc:IssueDate"), doc.text("cbc:IssueTime")),
            doc.text("cac:LegalMonetaryTotal/cbc:PayableAmount"),
            first[0].text if first else None,
            doc.text("//ds:Reference[@Id='invoiceSignedData']/ds:DigestValue"),
            doc.text("//ds:SignatureValue"))
    tags = [(tag, value.encode("utf-8")) for tag, value in enumerate(said, 1) if value]
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(doc.text("//ds:X509Certificate") or ""))
        tags.append((8, certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)))
        if doc.simplified:
            tags.append((9, certificate.signature))
    except ValueError:
        pass
    return tags


def qr(doc: Document) -> str:
    return b64(tlv(qr_tags(doc)))
