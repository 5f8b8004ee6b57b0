"""Writes mutants of given documents, and a manifest that says what was done to each.

The same bases, seed, count and day give the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import bytes_ops  # noqa: F401  (each registers its operators)
import document_ops  # noqa: F401
import qr_ops  # noqa: F401
import sign
import stamp_ops  # noqa: F401
import structure_ops  # noqa: F401
import values_ops  # noqa: F401
import vat_ops  # noqa: F401
from operators import REGISTER, Operator
from ubl import SELLER, Document

PUBLISHED_VAT = "399999999900003"
ANY_DAY = "2025-07-22T16:37:09"  # inside the validity of every certificate that can be used here
TRIES = 40


def identity_for(doc: Document, published: sign.Identity, rng: random.Random) -> sign.Identity:
    """A key that may sign for this seller; sometimes the published one, whoever the seller is."""
    vat = doc.text(SELLER + "cac:PartyTaxScheme/cbc:CompanyID") or ""
    if vat == PUBLISHED_VAT:
        return published if rng.randrange(4) else sign.fresh(vat, 1)
    return sign.fresh(vat, 1) if rng.randrange(5) else published


def resign(doc: Document, published: sign.Identity, rng: random.Random) -> str:
    """What becomes of the stamp after the content changed."""
    stamped = doc.one("//ds:Signature") is not None
    if not doc.simplified and rng.randrange(10) < 3:
        sign.strip(doc)
        return "none"
    if stamped and rng.randrange(10) == 0:
        return "stale"
    identity = identity_for(doc, published, rng)
    if stamped and doc.text("//ds:X509Certificate") == identity.text and rng.randrange(2):
        sign.reseal(doc, identity)
        return "resealed"
    when = doc.text("//xades:SigningTime") or ANY_DAY
    sign.stamp(doc, identity, when)
    return "renewed"


def companions(first: Operator, rng: random.Random) -> list[Operator]:
    """The operator with none, one or two others; each stage in its order."""
    chosen = [first]
    draw = rng.randrange(20)
    pool = [one for one in REGISTER.values() if one.stage != "bytes"]
    for _ in range(0 if draw < 14 else 1 if draw < 18 else 2):
        other = rng.choice(pool)
        if other not in chosen:
            chosen.append(other)
    return sorted(chosen, key=lambda one: ("content", "stamp", "bytes").index(one.stage))


def mutant(raw: bytes, plan: list[Operator], published: sign.Identity, rng: random.Random) -> tuple[bytes, dict[str, object]] | None:
    """One mutant and its line of the manifest, or None if the main operators found nothing to change."""
    doc = Document(raw)
    said: list[tuple[str, str]] = []
    for one in (one for one in plan if one.stage == "content"):
        what = one.change(doc, rng)
        if what is None:
            return None
        said.append((one.name, what))
    signed = "as in the base"
    if said:
        signed = resign(doc, published, rng)
    if any(one.stage == "stamp" for one in plan) and doc.one("//ds:Signature") is None:
        sign.stamp(doc, identity_for(doc, published, rng), ANY_DAY)
        signed = "renewed"
    for one in (one for one in plan if one.stage != "content"):
        what = one.change(doc, rng)
        if what is None:
            return None
        said.append((one.name, what))
    data = doc.bytes()
    if data == raw:
        return None
    neutral = all(one.neutral for one in plan) and signed != "stale"
    return data, {"operators": [name for name, _ in said], "what": [what for _, what in said], "signed": signed, "neutral": neutral}


def mutants(bases: list[Path], published: sign.Identity, seed: int, count: int, only: str | None) -> Iterator[tuple[bytes, dict[str, object]]]:
    """Walks through the operators in a shuffled order again and again, each on some base that has what it changes."""
    rng = random.Random(seed)
    contents = [(base.name, base.read_bytes()) for base in bases]
    for name, raw in contents:
        yield raw, {"base": name, "operators": [], "what": [], "signed": "as in the base", "neutral": True}
    every = [one for name, one in sorted(REGISTER.items()) if only is None or only in name]
    made, barren = 0, 0
    while made < count:
        order = every[:]
        rng.shuffle(order)
        for first in order:
            if made >= count:
                return
            plan = companions(first, rng) if only is None else [first]
            for _ in range(TRIES):
                name, raw = rng.choice(contents)
                found = mutant(raw, plan, published, random.Random(rng.getrandbits(64)))
                if found is not None:
                    yield found[0], {"base": name, **found[1]}
                    made, barren = made + 1, 0
                    break
            else:
                barren += 1
                if barren > 3 * len(every):
                    sys.exit("mutate: these operators find nothing to change in these documents")


def xml_files(places: list[Path]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        found += sorted(place.rglob("*.xml")) if place.is_dir() else [place]
    return found


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("bases", nargs="+", type=Path, help="valid documents, or folders of them")
    ask.add_argument("--out", type=Path, required=True)
    ask.add_argument("--keys", type=Path, required=True, help="folder with the published test key")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--count", type=int, default=1000)
    ask.add_argument("--only", help="only operators with this in their name, one at a time")
    given = ask.parse_args()
    files = given.out / "xml"
    files.mkdir(parents=True, exist_ok=True)
    bases = xml_files(given.bases)
    if not bases:
        sys.exit("mutate: no base documents")
    published = sign.published(given.keys)
    with (given.out / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        for number, (data, line) in enumerate(mutants(bases, published, given.seed, given.count, given.only)):
            name = "m%06d.xml" % number
            (files / name).write_bytes(data)
            manifest.write(json.dumps({"file": name, **line}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
