"""Operators on the QR code: every tag, its order, its length, the text around it."""

from __future__ import annotations

import base64
import random

import sign
from operators import operator
from ubl import Document, Element
from values_ops import put


def tags_of(doc: Document) -> tuple[Element, list[tuple[int, bytes]]] | None:
    """The element and the tags that it holds."""
    holder = doc.binary("QR")
    if holder is None:
        return None
    try:
        data = base64.b64decode("".join((holder.text or "").split()))
    except ValueError:
        return None
    tags, at = [], 0
    while at + 2 <= len(data):
        tags.append((data[at], data[at + 2:at + 2 + data[at + 1]]))
        at += 2 + data[at + 1]
    return (holder, tags) if tags else None


def write(holder: Element, tags: list[tuple[int, bytes]]) -> None:
    holder.text = sign.b64(sign.tlv(tags))


def changed(tag: int, value: bytes, rng: random.Random) -> bytes:
    text = value.decode("utf-8", "replace")
    if tag == 3:
        other = rng.choice([text + "Z", text.replace("T", " "), text[:10], "2020-01-01T00:00:00", text[:-3], text + "ZZ", text + "+03:00", " " + text])
    elif tag in (4, 5):
        other = rng.choice([text + "0", "0" + text, text.split(".")[0], text + ".00", "0.00", "-" + text, "", "NaN", "1e2", text + "1", "+" + text,
                            text.rstrip("0").rstrip("."), "٥٫٠٠", " " + text, "1_0", text + " SAR", "Infinity"])
    elif tag in (1, 2):
        other = rng.choice([text + " ", text[:-1], text.upper() + "X", "", "x", text[::-1]])
    elif tag in (6, 7):
        other = rng.choice([text[:-1], text + "=", text.lower(), "A" + text[1:], ""])
        if rng.randrange(3) == 0:
            try:
                return base64.b64decode(text)
            except ValueError:
                pass
    else:
        at = rng.randrange(max(len(value), 1))
        return rng.choice([value[:at] + bytes(((value[at:at + 1] or b"\0")[0] ^ 1,)) + value[at + 1:], value[:-1], value[1:], b"", value + b"\0"])
    return other.encode("utf-8")


@operator("stamp")
def tag(doc: Document, rng: random.Random) -> str | None:
    """One tag says something else."""
    found = tags_of(doc)
    if found is None:
        return None
    holder, tags = found
    at = rng.randrange(len(tags))
    new = changed(*tags[at], rng)
    if new == tags[at][1]:
        return None
    said = "tag %d: %.30r to %.30r" % (tags[at][0], tags[at][1], new)
    tags[at] = (tags[at][0], new)
    write(holder, tags)
    return said


@operator("stamp")
def layout(doc: Document, rng: random.Random) -> str | None:
    """Order, repetition, missing and unknown tags, wrong lengths."""
    found = tags_of(doc)
    if found is None:
        return None
    holder, tags = found
    how = rng.choice(["swap", "double", "unknown 10", "unknown 0", "unknown 255", "missing", "without 9", "reversed", "cut", "junk", "length", "empty",
                      "not UTF-8", "renumbered", "length 0"])
    if how == "swap" and len(tags) > 1:
        at = rng.randrange(len(tags) - 1)
        tags[at], tags[at + 1] = tags[at + 1], tags[at]
    elif how == "double":
        tags.insert(rng.randrange(len(tags) + 1), rng.choice(tags))
    elif how.startswith("unknown"):
        tags.append((int(how.split()[1]), b"x"))
    elif how == "missing":
        tags.pop(rng.randrange(len(tags)))
    elif how == "without 9":
        tags = [one for one in tags if one[0] != 9]
    elif how == "reversed":
        tags.reverse()
    elif how == "not UTF-8":
        at = rng.randrange(min(5, len(tags)))
        tags[at] = (tags[at][0], b"\xff\xfe")
    elif how == "length 0":
        at = rng.randrange(len(tags))
        tags[at] = (tags[at][0], b"")
    elif how == "renumbered":
        tags = [((number % 9) + 1, value) for number, value in tags]
    write(holder, tags)
    raw = base64.b64decode(holder.text)
    if how == "cut":
        raw = raw[:rng.randrange(len(raw))]
    elif how == "junk":
        raw += rng.choice([b"\x0a", b"\x00", b"\x01\x05a", b"\x00\x00"])
    elif how == "length":
        raw = raw[:1] + bytes((raw[1] ^ 1,)) + raw[2:]
    elif how == "empty":
        raw = b""
    holder.text = sign.b64(raw)
    return how


@operator("stamp")
def size(doc: Document, rng: random.Random) -> str | None:
    """A text of a chosen length: 700 and 1000 are the bounds of the rules."""
    found = tags_of(doc)
    if found is None:
        return None
    holder, tags = found
    want = rng.choice([696, 700, 704, 996, 1000, 1004, 1400])
    room = want // 4 * 3 - len(sign.tlv(tags))
    while room > 2:
        part = min(room - 2, 255)
        tags.append((rng.choice([10, 11, 12]), b"x" * part))
        room -= part + 2
    write(holder, tags)
    return "%d characters" % len(holder.text)


@operator("stamp")
def text(doc: Document, rng: random.Random) -> str | None:
    """Not base64, or base64 written otherwise."""
    holder = doc.binary("QR")
    if holder is None or not holder.text:
        return None
    old = holder.text
    return put(holder, rng.choice([old + "\n", " " + old, old[:64] + "\n" + old[64:], old + "=", old.rstrip("=") + "A", "***", "x", "", old.replace("A", "-", 1),
                                   "A" + old, old[:-4], "QR", "عربي", old.replace("=", "")]))


@operator("stamp")
def bad_bits(doc: Document, rng: random.Random) -> str | None:
    """Base64 whose spare bits are not zero: decodes alike, is not canonical."""
    holder = doc.binary("QR")
    if holder is None or not (holder.text or "").endswith("="):
        return None
    body = holder.text.rstrip("=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet.find(body[-1])
    return put(holder, body[:-1] + alphabet[last ^ 1] + "=" * (len(holder.text) - len(body)))


@operator("stamp")
def stale(doc: Document, rng: random.Random) -> str | None:
    """The QR of the document as it was before its last change."""
    holder, totals = doc.binary("QR"), doc.one("cac:LegalMonetaryTotal/cbc:PayableAmount")
    if holder is None or totals is None:
        return None
    old, totals.text = totals.text, "1234.56"
    made = sign.qr(doc)
    totals.text = old
    return put(holder, made)
