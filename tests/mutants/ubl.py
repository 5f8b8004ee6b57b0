"""A UBL invoice as an lxml tree: names, look-ups and small edits shared by all operators."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal, InvalidOperation

from lxml import etree

NS = {
    "inv": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
    "sig": "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2",
    "sac": "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2",
    "sbc": "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xades": "http://uri.etsi.org/01903/v1.3.2#",
}
ROOT_MAP = {None: NS["inv"], "cac": NS["cac"], "cbc": NS["cbc"], "ext": NS["ext"]}
SELLER = "cac:AccountingSupplierParty/cac:Party/"
BUYER = "cac:AccountingCustomerParty/cac:Party/"
RIYADH = dt.timezone(dt.timedelta(hours=3))
Element = etree._Element


def qname(name: str) -> str:
    """`cbc:ID` in Clark form."""
    prefix, local = name.split(":")
    return "{%s}%s" % (NS[prefix], local)


def make(name: str, text: str | None = None, /, **attributes: str) -> Element:
    """A new element without parent; `make("cbc:ID", "1")`."""
    element = etree.Element(qname(name), attributes, nsmap={name.split(":")[0]: NS[name.split(":")[0]]})
    element.text = text
    return element


def build(name: str, /, *children: Element | None, **attributes: str) -> Element:
    """A new element with those children that are not None."""
    element = make(name, None, **attributes)
    element.extend([child for child in children if child is not None])
    return element


def local(element: Element) -> str:
    return etree.QName(element).localname


def is_element(node: Element) -> bool:
    return isinstance(node.tag, str)


def cut(element: Element) -> None:
    """Takes an element out and keeps the text behind it."""
    parent, tail = element.getparent(), element.tail or ""
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    element.tail = None
    parent.remove(element)


class Document:
    """One document under mutation. `data` wins over the tree once it is set."""

    def __init__(self, raw: bytes) -> None:
        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
        self.root: Element = etree.fromstring(raw, parser)
        self.data: bytes | None = None
        self.today = dt.datetime.now(RIYADH)

    # -- look-ups
    def all(self, path: str) -> list[Element]:
        return self.root.xpath(path, namespaces=NS)

    def one(self, path: str) -> Element | None:
        found = self.all(path)
        return found[0] if found else None

    def text(self, path: str) -> str | None:
        element = self.one(path)
        return None if element is None else element.text

    @property
    def flags(self) -> str:
        kind = self.one("cbc:InvoiceTypeCode")
        return "" if kind is None else kind.get("name") or ""

    @property
    def kind(self) -> str:
        return self.text("cbc:InvoiceTypeCode") or ""

    @property
    def simplified(self) -> bool:
        return self.flags.startswith("02")

    @property
    def currency(self) -> str:
        return self.text("cbc:DocumentCurrencyCode") or "SAR"

    def content(self) -> list[Element]:
        """Every element of what is hashed, the root left out."""
        stamp = {self.one("ext:UBLExtensions"), self.one("cac:Signature"), self.reference("QR")} - {None}
        found: list[Element] = []
        for child in self.root:
            if is_element(child) and child not in stamp:
                found.extend(e for e in child.iter() if is_element(e))
        return found

    def leaves(self) -> list[Element]:
        return [e for e in self.content() if len(e) == 0 and etree.QName(e).namespace == NS["cbc"]]

    def amounts(self) -> list[Element]:
        return [e for e in self.leaves() if e.get("currencyID") is not None]

    def reference(self, name: str) -> Element | None:
        """The AdditionalDocumentReference ICV, PIH or QR."""
        return self.one("cac:AdditionalDocumentReference[normalize-space(cbc:ID)='%s']" % name)

    def binary(self, name: str) -> Element | None:
        reference = self.reference(name)
        if reference is None:
            return None
        return reference.find("cac:Attachment/cbc:EmbeddedDocumentBinaryObject", NS)

    # -- edits
    def insert_before(self, element: Element, *paths: str) -> bool:
        """Puts a child of the root before the first of those that exist."""
        for path in paths:
            place = self.one(path)
            if place is not None:
                place.addprevious(element)
                return True
        return False

    def bytes(self) -> bytes:
        if self.data is not None:
            return self.data
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(self.root, encoding="utf-8")


def number(element: Element | None) -> Decimal | None:
    """What a leaf says as a number, or None."""
    try:
        value = Decimal((element.text or "").strip()) if element is not None else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def where(element: Element) -> str:
    """A short path for the manifest."""
    names = []
    while element is not None and element.getparent() is not None:
        names.append(local(element))
        element = element.getparent()
    return "/".join(reversed(names[:4]))


def pick(rng: random.Random, found: list):
    return rng.choice(found) if found else None
