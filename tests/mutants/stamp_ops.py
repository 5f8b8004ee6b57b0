"""Operators on the stamp after it was made: hash, digests, signature, certificate, algorithm names."""

from __future__ import annotations

import base64
import copy
import random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from lxml import etree

import sign
from operators import operator
from ubl import SELLER, Document, cut, local, make, pick, where
from values_ops import put

HASH = "//ds:Reference[@Id='invoiceSignedData']/ds:DigestValue"
PROPERTIES = "//ds:Reference[@URI='#xadesSignedProperties']/ds:DigestValue"
CERT_DIGEST = "//xades:CertDigest/ds:DigestValue"


def flip(text: str, rng: random.Random) -> str:
    at = rng.randrange(max(len(text), 1))
    letter = rng.choice([c for c in "ABCDabcd0123+/" if text[at:at + 1] != c])
    return text[:at] + letter + text[at + 1:]


def recoded(text: str, rng: random.Random) -> str:
    """A base64 text that no longer is what it was."""
    return rng.choice([flip(text, rng), text[:-1], text + "=", text + "\n", "\n  " + text, text[: len(text) // 2], "", text.rstrip("="), text[::-1],
                       text.lower(), text[:20] + " " + text[20:], text + text, text[:8] + "\n" + text[8:], "!" + text])


@operator("stamp")
def invoice_digest(doc: Document, rng: random.Random) -> str | None:
    element = doc.one(HASH)
    return None if element is None else put(element, recoded(element.text or "", rng))


@operator("stamp")
def properties_digest(doc: Document, rng: random.Random) -> str | None:
    element = doc.one(PROPERTIES)
    return None if element is None else put(element, recoded(element.text or "", rng))


@operator("stamp")
def properties_form(doc: Document, rng: random.Random) -> str | None:
    """The digest of another serialisation of SignedProperties, or a raw digest."""
    properties, element = doc.one("//xades:SignedProperties"), doc.one(PROPERTIES)
    if properties is None or element is None:
        return None
    how = rng.choice(["exclusive", "inclusive", "raw digest"])
    if how == "raw digest":
        return put(element, base64.b64encode(hashed(sign.properties_octets(properties))).decode())
    octets = etree.tostring(properties, method="c14n", exclusive=how == "exclusive", with_comments=False, with_tail=False)
    return "%s: %s" % (how, put(element, sign.hex_b64(octets)))


def hashed(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()


@operator("stamp")
def certificate_digest(doc: Document, rng: random.Random) -> str | None:
    element, text = doc.one(CERT_DIGEST), doc.text("//ds:X509Certificate") or ""
    if element is None:
        return None
    try:
        of_der = sign.hex_b64(base64.b64decode(text))
    except ValueError:
        of_der = "x"
    said = put(element, rng.choice([recoded(element.text or "", rng), of_der]))
    return and_redigest(doc, rng, said)


def and_redigest(doc: Document, rng: random.Random, said: str | None) -> str | None:
    """Half of the changes inside SignedProperties get a digest that fits them."""
    if said is not None and rng.randrange(2):
        sign.redigest(doc)
        return said + ", digest renewed"
    return said


@operator("stamp")
def signature_value(doc: Document, rng: random.Random) -> str | None:
    element = doc.one("//ds:SignatureValue")
    return None if element is None else put(element, recoded(element.text or "", rng))


def der_integer(value: int, pad: int = 0) -> bytes:
    raw = b"\x00" * pad + value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes((len(raw),)) + raw


def odd_der(r: int, s: int, rng: random.Random) -> tuple[str, bytes]:
    """The same numbers in DER that is not DER, and other numbers in good DER."""
    good = der_integer(r) + der_integer(s)

    def sequence(content: bytes) -> bytes:
        return b"\x30" + bytes((len(content),)) + content

    short = s.to_bytes(32, "big").lstrip(b"\x00")
    made = {
        "other half (n - s)": sequence(der_integer(r) + der_integer(sign.ORDER - s)),
        "r and s swapped": sequence(der_integer(s) + der_integer(r)),
        "raw 64 bytes": r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        "needless zero": sequence(der_integer(r, 1) + der_integer(s)),
        "long length": b"\x30\x81" + bytes((len(good),)) + good,
        "indefinite length": b"\x30\x80" + good + b"\x00\x00",
        "trailing byte": sequence(good) + b"\x00",
        "trailing inside": sequence(good + b"\x05\x00"),
        "r is zero": sequence(der_integer(0) + der_integer(s)),
        "s is zero": sequence(der_integer(r) + der_integer(0)),
        "s plus n": sequence(der_integer(r) + der_integer(s + sign.ORDER)),
        "r is n": sequence(der_integer(sign.ORDER) + der_integer(s)),
        "without sign byte": sequence(der_integer(r) + b"\x02" + bytes((len(short),)) + short),
        "negative": sequence(b"\x02\x01\xff" + der_integer(s)),
        "one integer": sequence(der_integer(r)),
        "wrong tag": b"\x31" + sequence(good)[1:],
        "octet strings": sequence(good.replace(b"\x02", b"\x04", 1)),
        "empty": b"",
        "r + 1": sequence(der_integer(r + 1) + der_integer(s)),
    }
    return rng.choice(sorted(made.items()))


@operator("stamp")
def signature_der(doc: Document, rng: random.Random) -> str | None:
    element = doc.one("//ds:SignatureValue")
    if element is None:
        return None
    try:
        r, s = utils.decode_dss_signature(base64.b64decode(element.text or ""))
    except ValueError:
        return None
    name, raw = odd_der(r, s, rng)
    element.text = sign.b64(raw)
    holder = doc.binary("QR")
    if holder is not None and rng.randrange(4):
        holder.text = sign.qr(doc)
        name += ", QR renewed"
    return name


@operator("stamp")
def signed_other(doc: Document, rng: random.Random) -> str | None:
    """A good signature over something else than the invoice hash, or by another key."""
    element, vat = doc.one("//ds:SignatureValue"), doc.text(SELLER + "cac:PartyTaxScheme/cbc:CompanyID")
    info = doc.one("//ds:SignedInfo")
    if element is None or info is None:
        return None
    identity = sign.fresh(vat or "", 3)
    sign.stamp(doc, identity)
    element, info = doc.one("//ds:SignatureValue"), doc.one("//ds:SignedInfo")
    digest = sign.invoice_hash(doc.root)
    how = rng.choice(["hash once", "base64 text", "hex text", "SignedInfo", "other key", "hash of hash"])
    prehashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)
    raw = {
        "hash once": lambda: identity.key.sign(digest, prehashed),
        "base64 text": lambda: identity.sign(sign.b64(digest).encode()),
        "hex text": lambda: identity.sign(digest.hex().encode()),
        "SignedInfo": lambda: identity.sign(etree.tostring(info, method="c14n", with_tail=False)),
        "other key": lambda: sign.fresh(vat or "", 4).sign(digest),
        "hash of hash": lambda: identity.sign(hashed(digest)),
    }[how]()
    element.text = sign.b64(raw)
    doc.binary("QR").text = sign.qr(doc)
    return how


@operator("stamp")
def certificate(doc: Document, rng: random.Random) -> str | None:
    """Another certificate in place of the one that signed; the block says so or not."""
    element, vat = doc.one("//ds:X509Certificate"), doc.text(SELLER + "cac:PartyTaxScheme/cbc:CompanyID")
    if element is None:
        return None
    how = rng.choice(["swapped", "flipped", "cut", "PEM", "lines", "empty", "not base64", "doubled"])
    if how == "swapped":
        element.text = sign.fresh(vat or "", 5).text
    elif how == "flipped":
        element.text = flip(element.text or "x", rng)
    elif how == "cut":
        element.text = (element.text or "")[:-8]
    elif how == "PEM":
        element.text = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----" % element.text
    elif how == "lines":
        element.text = "\n".join((element.text or "")[n:n + 64] for n in range(0, len(element.text or ""), 64))
    elif how == "doubled":
        element.addnext(copy.deepcopy(element))
    else:
        element.text = "" if how == "empty" else "***"
    return how


@operator("stamp")
def whole_identity(doc: Document, rng: random.Random) -> str | None:
    """Stamped completely by a certificate that this seller may not use."""
    if doc.one("//ds:Signature") is None:
        return None
    vat = doc.text(SELLER + "cac:PartyTaxScheme/cbc:CompanyID") or ""
    how, identity = rng.choice([("fresh", sign.fresh(vat, 6)), ("other VAT number", sign.fresh("310122393500003", 6)), ("no VAT number", sign.fresh(None, 6)),
                                ("P-256", sign.fresh(vat, 6, "secp256r1")), ("expired", sign.fresh(vat, 6, expired=True))])
    sign.stamp(doc, identity)
    return how


@operator("stamp")
def signing_time(doc: Document, rng: random.Random) -> str | None:
    element = doc.one("//xades:SigningTime")
    said = put(element, rng.choice([
        "2025-01-01T00:00:00", "2025-01-01T00:00:00Z", "2025-01-01T00:00:00+03:00", "2025-01-01", "", "2025-02-30T00:00:00", "2019-12-31T20:00:00",
        "1999-01-01T00:00:00", "2099-01-01T00:00:00", "2025-01-01T24:00:00", "2025-01-01T23:59:60", "2025-01-01T00:00:00.000", "2025-01-01 00:00:00",
        " 2025-01-01T00:00:00", "2025-01-01T00:00:00ZZ", "٢٠٢٥-01-01T00:00:00", "0000-01-01T00:00:00", "2024-01-11T09:19:29", "2024-01-11T06:00:00",
        "2029-01-09T09:19:31", "2029-01-09T12:30:00"]))
    return and_redigest(doc, rng, said)


@operator("stamp")
def issuer_serial(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.all("//xades:IssuerSerial/*"))
    if element is None:
        return None
    text = element.text or ""
    if local(element) == "X509SerialNumber":
        new = rng.choice([text + "0", text[1:], "0" + text, "-" + text, "", "0x1F", "+" + text, text + " ", "x", "1"])
    else:
        new = rng.choice([text.replace(", ", ","), ", ".join(reversed(text.split(", "))), text.lower(), text + " ", "", text.replace("DC=", "dc="), "CN=x",
                          text.replace("CN=", "CN=\u200b")])
    return and_redigest(doc, rng, put(element, new))


@operator("stamp")
def algorithm(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.all("//ds:Signature//*[@Algorithm]"))
    if element is None:
        return None
    new = rng.choice(["", "http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2001/10/xml-exc-c14n#",
                      "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", sign.SHA256, sign.C14N11, sign.ECDSA,
                      element.get("Algorithm") + " ", None])
    if new == element.get("Algorithm"):
        return None
    if new is None:
        del element.attrib["Algorithm"]
    else:
        element.set("Algorithm", new)
    return and_redigest(doc, rng, "%s to %r" % (where(element), new))


@operator("stamp")
def transforms(doc: Document, rng: random.Random) -> str | None:
    found = doc.all("//ds:Transform")
    if not found:
        return None
    element, how = rng.choice(found), rng.choice(["gone", "doubled", "order", "text", "blanks", "comment"])
    if how == "gone":
        cut(element)
    elif how == "doubled":
        element.addnext(copy.deepcopy(element))
    elif how == "order":
        element.getparent().append(found[0])
    else:
        xpath = element.find("{*}XPath")
        if xpath is None:
            return None
        if how == "comment":
            xpath.append(etree.Comment("x"))
        else:
            xpath.text = (xpath.text or "") + " or true()" if how == "text" else "\n " + (xpath.text or "").replace("(", "( ") + "\n"
    return how


@operator("stamp")
def frame(doc: Document, rng: random.Random) -> str | None:
    """The fixed identifiers and attributes of the block."""
    attributes = [(e, name) for e in doc.all("//ds:Signature|//ds:Reference|//xades:QualifyingProperties|//xades:SignedProperties")
                  for name in ("Id", "URI", "Type", "Target") if e.get(name) is not None]
    texts = doc.all("//ext:ExtensionURI|//sac:SignatureInformation/cbc:ID|//sac:SignatureInformation/*|cac:Signature/*")
    if attributes and rng.randrange(2):
        element, name = rng.choice(attributes)
        old = element.get(name)
        new = rng.choice(["", "x", old + " ", None, "#" + old, old[:-1]])
        if new is None:
            del element.attrib[name]
        else:
            element.set(name, new)
        if new == old:
            return None
        return and_redigest(doc, rng, "%s/@%s to %r" % (local(element), name, new))
    element = pick(rng, [e for e in texts if len(e) == 0])
    return None if element is None else put(element, rng.choice(["", "x", (element.text or "") + " ", (element.text or "")[:-1], (element.text or "").upper()]))


@operator("stamp")
def block(doc: Document, rng: random.Random) -> str | None:
    """Any element of the stamp dropped, doubled, emptied, renamed or moved."""
    extensions = doc.one("ext:UBLExtensions")
    found = [] if extensions is None else [e for e in extensions.iter() if isinstance(e.tag, str)]
    found += doc.all("cac:Signature|cac:Signature/*|cac:AdditionalDocumentReference[cbc:ID='QR']|cac:AdditionalDocumentReference[cbc:ID='QR']//*")
    element = pick(rng, found)
    if element is None:
        return None
    said, how = where(element), rng.choice(["dropped", "doubled", "emptied", "renamed", "reversed", "text", "child", "attribute"])
    if how == "dropped":
        cut(element)
    elif how == "doubled":
        element.addnext(copy.deepcopy(element))
    elif how == "emptied":
        element[:] = []
        element.text = None
    elif how == "renamed":
        element.tag = element.tag + "X"
    elif how == "reversed":
        element[:] = list(reversed(element))
    elif how == "text":
        element.text = (element.text or "") + "x"
    elif how == "attribute":
        element.set(rng.choice(["Id", "x", "Algorithm", "schemeID"]), "x")
    else:
        element.append(make(rng.choice(["cbc:ID", "ds:Object", "ds:DigestValue", "xades:Cert"]), "x"))
    return and_redigest(doc, rng, "%s %s" % (said, how))


@operator("stamp")
def properties_layout(doc: Document, rng: random.Random) -> str | None:
    """Other white space in SignedProperties, usually with a digest that fits it."""
    properties = doc.one("//xades:SignedProperties")
    if properties is None:
        return None
    how = rng.choice(["none", "one deeper", "tabs", "one blank", "blank in a value", "comment", "prefix"])
    for element in properties.iter():
        for name in ("text", "tail"):
            old = getattr(element, name)
            if element is properties and name == "tail" or not old or old.strip():
                continue
            new = {"none": None, "one deeper": old + "  ", "tabs": old.replace("    ", "\t")}.get(how, old)
            setattr(element, name, new)
    if how == "one blank":
        properties.text = (properties.text or "") + " "
    elif how == "blank in a value":
        pick(rng, [e for e in properties.iter() if e.text and e.text.strip()]).text += " "
    elif how == "comment":
        properties.insert(0, etree.Comment("x"))
    return and_redigest(doc, rng, how)


@operator("stamp")
def second_signature(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.all("//ext:UBLExtension|//ds:Signature|cac:Signature|//sac:SignatureInformation"))
    if element is None:
        return None
    twin = copy.deepcopy(element)
    if rng.randrange(2):
        element.addnext(twin)
    else:
        element.addprevious(twin)
    return "two of %s" % local(element)


@operator("stamp")
def unsigned(doc: Document, rng: random.Random) -> str | None:
    """Without a stamp, wholly or in part."""
    how = rng.choice(["all", "UBLExtensions", "Signature", "QR"])
    if how == "all":
        sign.strip(doc)
        return how
    element = doc.reference("QR") if how == "QR" else doc.one("ext:" + how if how.startswith("UBL") else "cac:" + how)
    if element is None:
        return None
    cut(element)
    return how


@operator("stamp", neutral=True)
def stamp_layout(doc: Document, rng: random.Random) -> str | None:
    """White space in the stamp where nobody hashes it."""
    found = doc.all("ext:UBLExtensions|//ext:UBLExtension|//ds:SignedInfo|//ds:KeyInfo|//ds:Transforms")
    for element in found:
        element.text = "\n    "
    return "white space" if found else None


@operator("stamp")
def content_afterwards(doc: Document, rng: random.Random) -> str | None:
    """What a forger does: a value changed after stamping, the hash put right or not."""
    element = pick(rng, doc.amounts() + doc.all("//cac:Item/cbc:Name"))
    if element is None:
        return None
    said = put(element, rng.choice(["1.00", "0.00", "999.99"]) if element.get("currencyID") else "Another thing")
    value = doc.one(HASH)
    if said is not None and value is not None and rng.randrange(2):
        value.text = sign.b64(sign.invoice_hash(doc.root))
        said += ", DigestValue put right"
    return said
