"""Operators on the tree's shape: elements, attributes and white space, whatever they mean."""

from __future__ import annotations

import copy
import random

from lxml import etree

from operators import operator
from ubl import NS, Document, Element, cut, local, make, pick, where

BASIC = ["ID", "Name", "Note", "Percent", "Amount", "TaxAmount", "IssueDate", "CompanyID", "StreetName", "UUID"]


def target(doc: Document, rng: random.Random) -> Element | None:
    """Any element of the content; shallow ones as likely as deep ones."""
    content = doc.content()
    top = [e for e in content if e.getparent() is doc.root]
    return pick(rng, top if rng.randrange(3) == 0 else content)


@operator("content")
def drop(doc: Document, rng: random.Random) -> str | None:
    element = target(doc, rng)
    if element is None:
        return None
    said = where(element)
    cut(element)
    return said


@operator("content")
def drop_leaf(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.leaves())
    if element is None:
        return None
    said = where(element)
    cut(element)
    return said


@operator("content")
def double(doc: Document, rng: random.Random) -> str | None:
    element = target(doc, rng)
    if element is None:
        return None
    twin = copy.deepcopy(element)
    twin.tail = None
    element.addprevious(twin)
    return where(element)


@operator("content")
def swap(doc: Document, rng: random.Random) -> str | None:
    parents = [e for e in [doc.root, *doc.content()] if len(e) > 1]
    parent = pick(rng, parents)
    if parent is None:
        return None
    first, second = sorted(rng.sample(range(len(parent)), 2))
    children = list(parent)
    tails = [child.tail for child in children]
    children[first], children[second] = children[second], children[first]
    for child in children:
        parent.remove(child)
    for child, tail in zip(children, tails):
        child.tail = tail
        parent.append(child)
    return "%s and %s" % (local(children[first]), local(children[second])) if isinstance(
        children[first].tag, str) and isinstance(children[second].tag, str) else "a comment moved"


@operator("content")
def move(doc: Document, rng: random.Random) -> str | None:
    element = target(doc, rng)
    homes = [e for e in doc.content() if len(e) and e is not element and element not in e.iterancestors()]
    home = pick(rng, homes)
    if element is None or home is None:
        return None
    said = "%s into %s" % (where(element), local(home))
    cut(element)
    home.insert(rng.randrange(len(home) + 1), element)
    return said


@operator("content")
def rename(doc: Document, rng: random.Random) -> str | None:
    element = target(doc, rng)
    if element is None:
        return None
    said, space = where(element), etree.QName(element).namespace
    new = rng.choice([local(element).lower(), local(element) + "s", rng.choice(BASIC)])
    element.tag = "{%s}%s" % (space, new)
    return "%s to %s" % (said, new)


@operator("content")
def empty(doc: Document, rng: random.Random) -> str | None:
    element = target(doc, rng)
    if element is None:
        return None
    for child in list(element):
        element.remove(child)
    element.text = None
    return where(element)


@operator("content")
def drop_attribute(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [e for e in doc.content() if e.attrib])
    if element is None:
        return None
    name = rng.choice(sorted(element.attrib))
    del element.attrib[name]
    return "%s/@%s" % (where(element), name)


@operator("content")
def rename_attribute(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [e for e in doc.content() if e.attrib])
    if element is None:
        return None
    name = rng.choice(sorted(element.attrib))
    value = element.attrib.pop(name)
    new = rng.choice([name.lower(), name.upper(), name + "X", "{%s}%s" % (NS["cbc"], name)])
    element.set(new, value)
    return "%s/@%s to %s" % (where(element), name, new)


@operator("content")
def add_attribute(doc: Document, rng: random.Random) -> str | None:
    """Attributes the schema knows (harmless there) and others."""
    element = target(doc, rng)
    if element is None:
        return None
    name, value = rng.choice([
        ("schemeID", "OTH"), ("schemeAgencyID", "6"), ("languageID", "ar"), ("listID", "x"), ("currencyID", "SAR"), ("unitCode", "PCE"),
        ("name", "x"), ("id", "x"), ("Id", "x"), ("unknown", "1"), ("mimeCode", "text/plain"), ("format", "x"), ("schemeURI", "urn:x"),
        ("{http://www.w3.org/XML/1998/namespace}lang", "ar"), ("{http://www.w3.org/XML/1998/namespace}space", "preserve"),
        ("{http://www.w3.org/2001/XMLSchema-instance}nil", "true"), ("{urn:x}y", "z"),
        ("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", "urn:x y.xsd")])
    if element.get(name) is not None:
        return None
    element.set(name, value)
    return "%s/@%s" % (where(element), name)


@operator("content")
def wrong_namespace(doc: Document, rng: random.Random) -> str | None:
    element = target(doc, rng)
    if element is None:
        return None
    said = where(element)
    space = rng.choice([NS["cac"], NS["cbc"], NS["inv"], NS["ext"], "urn:x", NS["cbc"].replace("-2", "-1"), ""])
    element.tag = "{%s}%s" % (space, local(element)) if space else local(element)
    return "%s into %r" % (said, space)


@operator("content")
def extra_element(doc: Document, rng: random.Random) -> str | None:
    """Unknown elements, and known ones in any place."""
    home = pick(rng, [doc.root] + [e for e in doc.content() if len(e)])
    if home is None:
        return None
    name = rng.choice(["cbc:Unknown", "cac:Unknown", "cbc:ID", "cbc:Note", "cbc:Name", "cac:Party", "cac:Item", "inv:Invoice",
                       "ext:UBLExtensions", "ds:Signature", "cac:Signature", "cbc:PaymentNote"])
    extra = make(name, rng.choice([None, "x", "1"]))
    home.insert(rng.randrange(len(home) + 1), extra)
    return "%s in %s" % (name, local(home))


# Elements the profile does not use, and where the schema allows them: the invoice stays valid UBL.
SPARE = [("cbc:CopyIndicator", "cbc:UUID", "false"), ("cbc:DueDate", "cbc:InvoiceTypeCode", "2026-01-31"),
         ("cbc:TaxPointDate", "cbc:DocumentCurrencyCode", "2026-01-31"), ("cbc:PricingCurrencyCode", "cac:AdditionalDocumentReference", "SAR"),
         ("cbc:LineCountNumeric", "cac:AdditionalDocumentReference", "1"), ("cbc:BuyerReference", "cac:AdditionalDocumentReference", "B-1"),
         ("cbc:AccountingCost", "cac:AdditionalDocumentReference", "7")]


@operator("content")
def spare_element(doc: Document, rng: random.Random) -> str | None:
    name, before, text = rng.choice(SPARE)
    others = ("cac:BillingReference", "cac:OrderReference", "cac:ContractDocumentReference")
    if before.startswith("cac:") and any(doc.one(path) is not None for path in others):
        return None
    place = doc.one(before)
    if place is None or doc.one(name) is not None:
        return None
    place.addprevious(make(name, text))
    return name


@operator("content")
def text_in_aggregate(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [doc.root] + [e for e in doc.content() if len(e)])
    if element is None:
        return None
    word = rng.choice(["x", "5.00", "\u00a0", "."])
    if rng.randrange(2):
        element.text = (element.text or "") + word
    else:
        rng.choice(list(element)).tail = word
    return "%r in %s" % (word, where(element))


@operator("content")
def child_in_leaf(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.leaves())
    if element is None:
        return None
    element.append(make(rng.choice(["cbc:ID", "cac:Item", "cbc:" + local(element)]), "1"))
    return where(element)


@operator("content", neutral=True)
def comment(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [e for e in doc.content() if len(e)])
    if element is None:
        return None
    element.insert(rng.randrange(len(element) + 1), etree.Comment(" remark "))
    return where(element)


@operator("content")
def comment_in_leaf(doc: Document, rng: random.Random) -> str | None:
    """A value with a comment in its middle: two text nodes."""
    element = pick(rng, [e for e in doc.leaves() if len(e.text or "") > 1])
    if element is None:
        return None
    text = element.text
    at = rng.choice([0, len(text) // 2, len(text)])
    element.text = text[:at] or None
    note = etree.Comment("x")
    note.tail = text[at:] or None
    element.append(note)
    return "%s at %d" % (where(element), at)


@operator("content", neutral=True)
def instruction(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [e for e in doc.content() if len(e)])
    if element is None:
        return None
    element.insert(rng.randrange(len(element) + 1), etree.ProcessingInstruction("app", "x='1'"))
    return where(element)


@operator("content")
def blanks_around(doc: Document, rng: random.Random) -> str | None:
    """White space in front of or behind a value, in a leaf or an attribute."""
    blank = rng.choice([" ", "\n", "\t", "  ", "\u00a0", "\u200f"])
    if rng.randrange(5) == 0:
        element = pick(rng, [e for e in doc.content() if e.attrib])
        if element is None:
            return None
        name = rng.choice(sorted(element.attrib))
        element.set(name, rng.choice([blank + element.get(name), element.get(name) + blank]))
        return "%r at %s/@%s" % (blank, where(element), name)
    element = pick(rng, doc.leaves())
    if element is None:
        return None
    element.text = rng.choice([blank + (element.text or ""), (element.text or "") + blank])
    return "%r at %s" % (blank, where(element))


@operator("content", neutral=True)
def blanks_between(doc: Document, rng: random.Random) -> str | None:
    for element in doc.content():
        if element.getparent() is doc.root or rng.randrange(2):
            element.tail = rng.choice(["\n", "\n  ", "\t", "  \n\n"])
    return "white space between elements"


@operator("content")
def reverse_children(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [e for e in doc.content() if len(e) > 1])
    if element is None:
        return None
    element[:] = list(reversed(element))
    return where(element)


@operator("content")
def drop_several(doc: Document, rng: random.Random) -> str | None:
    """All elements of one name."""
    names = sorted({e.tag for e in doc.content()})
    name = pick(rng, names)
    if name is None:
        return None
    found = list(doc.root.iter(name))
    for element in found:
        if element.getparent() is not None:
            cut(element)
    return "%d x %s" % (len(found), etree.QName(name).localname)


@operator("content")
def line_shuffle(doc: Document, rng: random.Random) -> str | None:
    """A line dropped, doubled or put before the totals."""
    lines = doc.all("cac:InvoiceLine")
    line = pick(rng, lines)
    if line is None:
        return None
    how = rng.choice(["dropped", "doubled", "first", "all dropped"])
    if how == "dropped":
        cut(line)
    elif how == "doubled":
        line.addnext(copy.deepcopy(line))
    elif how == "first":
        doc.insert_before(line, "cac:LegalMonetaryTotal")
    else:
        for one in lines:
            cut(one)
    return how


@operator("content")
def other_root(doc: Document, rng: random.Random) -> str | None:
    name = rng.choice(["{%s}invoice" % NS["inv"], "{%s}CreditNote" % NS["inv"],
                       "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"])
    doc.root.tag = name
    return name


@operator("content", neutral=True)
def other_prefix(doc: Document, rng: random.Random) -> str | None:
    """Other prefixes for the same names."""
    text = etree.tostring(doc.root, encoding="unicode")
    old, new = rng.choice([("cbc", "b"), ("cac", "a"), ("cbc", "ns0")])
    if "xmlns:%s=" % new in text or "xmlns:%s=" % old not in text:
        return None
    for sign in ("<%s:", "</%s:", " xmlns:%s="):
        text = text.replace(sign % old, sign % new)
    doc.root = etree.fromstring(text)
    return "%s written as %s" % (old, new)


@operator("content", neutral=True)
def spare_namespace(doc: Document, rng: random.Random) -> str | None:
    """A declaration nobody uses: part of the hashed bytes, without meaning."""
    text = etree.tostring(doc.root, encoding="unicode").replace("<Invoice ", "<Invoice xmlns:spare=\"urn:spare:%d\" " % rng.randrange(9), 1)
    doc.root = etree.fromstring(text)
    return "xmlns:spare"


@operator("content")
def absolute_path(doc: Document, rng: random.Random) -> str | None:
    """A valid value once more in a place where only `//` rules find it."""
    source = pick(rng, [e for e in doc.content() if len(e) and local(e) in (
        "TaxCategory", "AllowanceCharge", "PartyIdentification", "TaxScheme", "Attachment", "Price", "Delivery", "PaymentMeans", "TaxTotal")])
    home = pick(rng, [e for e in doc.content() if len(e) and e is not source])
    if source is None or home is None or source in home.iterancestors():
        return None
    home.append(copy.deepcopy(source))
    return "%s again in %s" % (where(source), local(home))
