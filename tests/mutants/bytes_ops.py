"""Operators on the finished bytes: encodings, declarations, entities and broken markup."""

from __future__ import annotations

import random
import re

from operators import operator
from ubl import Document

DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>\s*")


def body(doc: Document) -> bytes:
    """The file without its XML declaration."""
    return DECLARATION.sub(b"", doc.bytes(), count=1)


def leaf_text(data: bytes, rng: random.Random) -> re.Match[bytes] | None:
    """The text of some cbc leaf outside the stamp."""
    begin = data.find(b"ProfileID>") + 10
    found = [m for m in re.finditer(rb">([^<>&]+)</", data) if m.start() > begin and m.group(1).strip()]
    return rng.choice(found) if found else None


def replace(data: bytes, match: re.Match[bytes], new: bytes) -> bytes:
    return data[:match.start(1)] + new + data[match.end(1):]


@operator("bytes")
def byte_order_mark(doc: Document, rng: random.Random) -> str | None:
    doc.data = b"\xef\xbb\xbf" + doc.bytes()
    return "UTF-8 BOM"


@operator("bytes", neutral=True)
def declaration(doc: Document, rng: random.Random) -> str | None:
    new = rng.choice([b"", b"<?xml version='1.0'?>", b'<?xml version="1.0" encoding="utf-8"?>\n', b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
                      b'<?xml version="1.0" standalone="no" ?>'])
    doc.data = new + body(doc)
    return new.decode() or "no declaration"


@operator("bytes")
def odd_declaration(doc: Document, rng: random.Random) -> str | None:
    new = rng.choice([b'<?xml version="1.1"?>', b'<?xml version="2.0"?>', b'<?xml encoding="UTF-8"?>', b'<?XML version="1.0"?>',
                      b'<?xml version="1.0" encoding="ISO-8859-1"?>', b'<?xml version="1.0" encoding="windows-1256"?>',
                      b'<?xml version="1.0" encoding="UTF-16"?>', b'<?xml version="1.0" encoding="US-ASCII"?>', b'<?xml version="1.0" encoding="none"?>',
                      b'<?xml version="1.0" encoding="UTF8"?>', b' <?xml version="1.0"?>', b'\n<?xml version="1.0"?>', b'<!-- x --><?xml version="1.0"?>',
                      b'<?xml version="1.0"?><?xml version="1.0"?>', b'<?xml version="1.0" encoding="UTF-8" standalone="maybe"?>', b'<?xml version=1.0?>'])
    doc.data = new + body(doc)
    return new.decode()


@operator("bytes")
def other_encoding(doc: Document, rng: random.Random) -> str | None:
    name = rng.choice(["utf-16", "utf-16-le", "utf-16-be", "cp1256", "iso-8859-6", "utf-32", "utf-7"])
    declared = name if rng.randrange(2) else "UTF-8"
    text = '<?xml version="1.0" encoding="%s"?>' % declared + body(doc).decode("utf-8")
    doc.data = text.encode(name, errors="replace")
    return "%s declared as %s" % (name, declared)


@operator("bytes")
def bad_byte(doc: Document, rng: random.Random) -> str | None:
    data = doc.bytes()
    match = leaf_text(data, rng)
    if match is None:
        return None
    junk = rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x00", b"\x01", b"\x0b", b"\x1f",
                       b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"&#0;", b"&#11;", b"&#xFFFE;", b"&#xD800;", b"&#x110000;"])
    doc.data = replace(data, match, match.group(1) + junk)
    return repr(junk)


@operator("bytes")
def odd_character(doc: Document, rng: random.Random) -> str | None:
    """Legal characters that processors treat apart."""
    data = doc.bytes()
    match = leaf_text(data, rng)
    if match is None:
        return None
    junk = rng.choice(["\u0085", "\u2028", "\ufeff", "\u200b", "\U0001f600", "\u202e", "\x7f", "\u0080", "e\u0301"]).encode("utf-8")
    junk = rng.choice([junk, b"&#13;", b"&#xD;", b"&#10;", b"&#9;"])
    doc.data = replace(data, match, match.group(1) + junk)
    return repr(junk)


@operator("bytes")
def doctype(doc: Document, rng: random.Random) -> str | None:
    inner = rng.choice([b"<!DOCTYPE Invoice>", b'<!DOCTYPE Invoice [<!ENTITY x "y">]>', b'<!DOCTYPE Invoice SYSTEM "invoice.dtd">',
                        b'<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/hostname">]>', b"<!DOCTYPE Invoice []>",
                        b'<!DOCTYPE Invoice PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">', b'<!DOCTYPE Invoice [<!ATTLIST Invoice x CDATA "1">]>',
                        b"<!doctype Invoice>", b"<!DOCTYPE Invoice [<!ELEMENT Invoice ANY>]>"])
    data = body(doc)
    match = leaf_text(data, rng)
    if b"ENTITY x" in inner and match is not None and rng.randrange(2):
        data = replace(data, match, b"&x;")
    doc.data = b'<?xml version="1.0" encoding="UTF-8"?>\n' + inner + data
    return inner.decode()


@operator("bytes")
def entity_bomb(doc: Document, rng: random.Random) -> str | None:
    levels = rng.choice([3, 6, 12])
    defined = b'<!ENTITY a0 "ha">' + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, levels))
    data = body(doc)
    match = leaf_text(data, rng)
    if match is None:
        return None
    doc.data = b"<!DOCTYPE Invoice [" + defined + b"]>" + replace(data, match, b"&a%d;" % (levels - 1))
    return "%d levels" % levels


@operator("bytes")
def entity(doc: Document, rng: random.Random) -> str | None:
    data = doc.bytes()
    match = leaf_text(data, rng)
    if match is None:
        return None
    junk = rng.choice([b"&x;", b"&nbsp;", b"&", b"& ", b"&amp", b"&#;", b"&#x;", b"&#xZZ;", b"&#-5;", b"<", b"]]>", b"&AMP;", b"&lt"])
    doc.data = replace(data, match, match.group(1) + junk)
    return repr(junk)


@operator("bytes", neutral=True)
def references(doc: Document, rng: random.Random) -> str | None:
    """The same text as character references or CDATA."""
    data = doc.bytes()
    match = leaf_text(data, rng)
    if match is None:
        return None
    text = match.group(1).decode("utf-8")
    how = rng.choice(["decimal", "hex", "CDATA", "split CDATA"])
    if how == "decimal":
        new = "".join("&#%d;" % ord(c) for c in text)
    elif how == "hex":
        new = "".join("&#x%X;" % ord(c) if rng.randrange(2) else c for c in text)
    elif how == "CDATA":
        new = "<![CDATA[%s]]>" % text
    else:
        new = "%s<![CDATA[%s]]>" % (text[:1], text[1:])
    doc.data = replace(data, match, new.encode("utf-8"))
    return how


@operator("bytes", neutral=True)
def quotes(doc: Document, rng: random.Random) -> str | None:
    """Other quotes, blanks inside tags, empty elements written the other way."""
    data = doc.bytes()
    how = rng.choice(["quotes", "blanks", "empty"])
    if how == "quotes":
        data = re.sub(rb'(currencyID|unitCode|schemeID)="(\w+)"', rb"\1='\2'", data)
    elif how == "blanks":
        data = data.replace(b' currencyID="', b'  currencyID = "').replace(b"</cbc:ID>", b"</cbc:ID  >")
    else:
        data = re.sub(rb"<((?:cac|cbc|ds):\w+)([^<>]*)/>", rb"<\1\2></\1>", data)
    doc.data = data
    return how


@operator("bytes", neutral=True)
def line_ends(doc: Document, rng: random.Random) -> str | None:
    doc.data = doc.bytes().replace(b"\r\n", b"\n").replace(b"\n", rng.choice([b"\r\n", b"\r"]))
    return "CRLF or CR"


@operator("bytes", neutral=True)
def around_the_root(doc: Document, rng: random.Random) -> str | None:
    """What XML allows before and behind the root. Canonical form keeps none of it but instructions."""
    extra = rng.choice([b"<!-- x -->", b"\n\n ", b"<!---->\n", b"<!-- \xd8\xb9 -->"])
    data = doc.bytes()
    if rng.randrange(2):
        doc.data = data + extra
    else:
        doc.data = b'<?xml version="1.0" encoding="UTF-8"?>' + extra + body(doc)
    return repr(extra)


@operator("bytes", neutral=True)
def instruction_outside(doc: Document, rng: random.Random) -> str | None:
    data = doc.bytes()
    extra = rng.choice([b"<?x y?>", b'<?xml-stylesheet type="text/xsl" href="x.xsl"?>'])
    doc.data = data + extra if rng.randrange(2) else b'<?xml version="1.0"?>' + extra + body(doc)
    return repr(extra)


@operator("bytes")
def trailing(doc: Document, rng: random.Random) -> str | None:
    extra = rng.choice([b"x", b"<a/>", b"\x00", b"<", b"&amp;", b"</Invoice>", b"<Invoice/>", b"<![CDATA[x]]>", b"\xef\xbb\xbf"])
    doc.data = doc.bytes() + extra
    return repr(extra)


@operator("bytes")
def truncated(doc: Document, rng: random.Random) -> str | None:
    data = doc.bytes().rstrip()
    at = rng.choice([0, 1, 5, len(data) // 2, len(data) - 1, len(data) - 9, rng.randrange(len(data))])
    doc.data = data[:at]
    return "at %d" % at


@operator("bytes")
def broken_markup(doc: Document, rng: random.Random) -> str | None:
    data = doc.bytes()
    old, new = rng.choice([
        (b"</cbc:ID>", b"</cbc:Id>"), (b"</cbc:ID>", b""), (b"<cbc:UUID>", b"<cbc:UUID"), (b' currencyID="SAR"', b' currencyID="SAR" currencyID="SAR"'),
        (b' currencyID="SAR"', b" currencyID=SAR"), (b' currencyID="SAR"', b' currencyID="SAR'), (b' currencyID="SAR"', b" currencyID"),
        (b"<cbc:ProfileID>", b"<!-- a -- b --><cbc:ProfileID>"), (b"<cbc:ProfileID>", b"<!-- a ---><cbc:ProfileID>"), (b"<cbc:ID>", b"< cbc:ID>"),
        (b"<cbc:ID>", b"<zzz:ID>"), (b"<cbc:ID>", b"<cbc:cbc:ID>"), (b"<cbc:ID>", b"<1ID>"), (b' currencyID="SAR"', b' currencyID="S<R"'),
        (b"xmlns:cbc=", b"xmlns:cbx="), (b"<cac:TaxTotal>", b"<cac:TaxTotal><![CDATA[x"), (b"<cbc:ID>", b"<?xml version='1.0'?><cbc:ID>"),
        (b' currencyID="SAR"', b' name="a" currencyID="SAR"name="b"'), (b"xmlns:cac=\"", b"xmlns:xml=\"urn:x\" xmlns:cac=\""),
        (b"xmlns:cac=\"", b"xmlns:spare=\"\" xmlns:cac=\""), (b"xmlns:cac=\"", b"xmlns:spare=\"relative\" xmlns:cac=\"")])
    places = [m.start() for m in re.finditer(re.escape(old), data)]
    if not places:
        return None
    at = rng.choice(places)
    doc.data = data[:at] + new + data[at + len(old):]
    return "%r for %r" % (new.decode(), old.decode())


@operator("bytes")
def deep(doc: Document, rng: random.Random) -> str | None:
    levels = rng.choice([50, 200, 240, 256, 300, 2000, 100000])
    data = doc.bytes()
    doc.data = data.replace(b"<cbc:ProfileID>", b"<a>" * levels + b"</a>" * levels + b"<cbc:ProfileID>", 1)
    return "%d levels" % levels


@operator("bytes")
def large(doc: Document, rng: random.Random) -> str | None:
    """Long text, long names, many attributes: bounds, not bombs."""
    data = doc.bytes()
    match = leaf_text(data, rng)
    if match is None:
        return None
    how = rng.choice(["text 100 kB", "text 1 MB", "text 11 MB", "name 60 kB", "attributes", "comment 1 MB"])
    if how.startswith("text"):
        size = {"text 100 kB": 100_000, "text 1 MB": 1_000_000, "text 11 MB": 11_000_000}[how]
        doc.data = replace(data, match, b"x" * size)
    elif how == "name 60 kB":
        doc.data = data.replace(b"<cbc:ProfileID>", b"<%s/><cbc:ProfileID>" % (b"n" * 60_000), 1)
    elif how == "attributes":
        doc.data = data.replace(b"<cbc:ProfileID>", b"<cbc:ProfileID %s>" % b" ".join(b'a%d="1"' % n for n in range(2000)), 1)
    else:
        doc.data = data.replace(b"<cbc:ProfileID>", b"<!--%s--><cbc:ProfileID>" % (b"x" * 1_000_000), 1)
    return how
