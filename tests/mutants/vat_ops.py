"""Operators on VAT as a whole: groups, reasons, totals, currencies, allowances and charges."""

from __future__ import annotations

import copy
import random
from decimal import Decimal

from document_ops import cut_all
from operators import operator
from ubl import Document, build, cut, local, make, number, pick, where
from values_ops import put


@operator("content")
def group(doc: Document, rng: random.Random) -> str | None:
    """A VAT group is missing, doubled, split in two or has no counterpart."""
    sub = pick(rng, doc.all("cac:TaxTotal/cac:TaxSubtotal"))
    if sub is None:
        return None
    how = rng.choice(["missing", "doubled", "split", "empty group added"])
    if how == "missing":
        cut(sub)
    elif how == "doubled":
        sub.addnext(copy.deepcopy(sub))
    elif how == "split":
        twin = copy.deepcopy(sub)
        sub.addnext(twin)
        for name in ("TaxableAmount", "TaxAmount"):
            first, second = sub.find("{*}" + name), twin.find("{*}" + name)
            value = number(first)
            if value is None:
                return None
            half = (value / 2).quantize(Decimal("0.01"))
            first.text, second.text = str(half), str(value - half)
    else:
        twin = copy.deepcopy(sub)
        sub.addnext(twin)
        letter = rng.choice("SZEO")
        for name, value in (("TaxableAmount", "0.00"), ("TaxAmount", "0.00"), ("TaxCategory/{*}ID", letter)):
            put(twin.find("{*}" + name), value)
        return "%s %s" % (how, letter)
    return how


@operator("content")
def regroup(doc: Document, rng: random.Random) -> str | None:
    """A category or rate changed in all places where it stands: lines, groups, allowances."""
    sub = pick(rng, doc.all("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"))
    if sub is None:
        return None
    old = (sub.findtext("{*}ID"), sub.findtext("{*}Percent"))
    new = rng.choice([("S", "15.00"), ("S", "5.00"), ("S", "0.00"), ("S", "16.00"), ("Z", "0.00"), ("E", "0.00"), ("O", "0.00"), ("Z", "5.00"),
                      ("E", "15.00"), ("O", "15.00"), ("AE", "0.00"), ("S", "15.99")])
    for category in doc.all("//cac:TaxCategory|//cac:ClassifiedTaxCategory"):
        if category.findtext("{*}ID") == old[0] and (number(category.find("{*}Percent")) or 0) == Decimal(old[1] or "0"):
            put(category.find("{*}ID"), new[0])
            put(category.find("{*}Percent"), new[1])
    return "%s to %s" % (old, new)


@operator("content")
def exemption(doc: Document, rng: random.Random) -> str | None:
    """Reasons missing where they must stand, or standing where they must not."""
    category = pick(rng, doc.all("//cac:TaxSubtotal/cac:TaxCategory"))
    if category is None:
        return None
    found = [e for e in category if local(e).startswith("TaxExemption")]
    if found and rng.randrange(4):
        element = rng.choice(found)
        said = local(element)
        cut(element)
        return said + " gone"
    for element in found:
        cut(element)
    place = category.find("{*}Percent")
    if place is None:
        return None
    code, text = make("cbc:TaxExemptionReasonCode", rng.choice(["VATEX-SA-35", "VATEX-SA-29", "VATEX-SA-OOS", "x"])), make("cbc:TaxExemptionReason", "x")
    for element in rng.choice([[code, text], [code], [text]])[::-1]:
        place.addnext(element)
    return "%s on %s" % (code.text, category.findtext("{*}ID"))


@operator("content")
def allowance_part(doc: Document, rng: random.Random) -> str | None:
    """Something is missing in an allowance or charge."""
    element = pick(rng, doc.all("//cac:AllowanceCharge/*|//cac:AllowanceCharge/cac:TaxCategory/*"))
    if element is None:
        return None
    said = where(element)
    cut(element)
    return said + " gone"


@operator("content")
def allowance_turned(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.all("//cac:AllowanceCharge/cbc:ChargeIndicator"))
    return None if element is None else put(element, "false" if element.text == "true" else "true")


@operator("content")
def allowance_added(doc: Document, rng: random.Random) -> str | None:
    """An allowance or charge of nothing or of something, on the document, a line or a price."""
    charge = rng.randrange(2) == 1
    money = {"currencyID": doc.currency}
    amount, base, multiplier = rng.choice([("0.00", None, None), ("0.00", "0.00", "5"), ("1.00", None, None), ("0.00", "10.00", None), ("0.00", None, "0"),
                                           ("1.00", "10.00", "10"), ("1.01", "10.00", "10"), ("0.00", "100", "100.01"), ("0.00", "0", "15.123"), ("0.005", None, None)])
    home = pick(rng, [doc.root, *doc.all("cac:InvoiceLine"), *doc.all("cac:InvoiceLine/cac:Price")])
    document_level = home is doc.root
    code, reason = rng.choice([("CG", "Cleaning"), ("95", "Discount"), (None, None), ("CG", None), (None, "x"), ("", ""), ("ZZZ", "x" * 1001), ("ABL", "")])
    scheme = build("cac:TaxScheme", make("cbc:ID", rng.choice(["VAT", "VAT", "VAT", "GST"])))
    letter, rate = rng.choice([("S", "15"), ("S", "0"), ("Z", "0.00"), ("E", "0"), ("O", "0"), ("S", "15.5"), ("Z", "5"), ("E", "5"), ("O", "5"), ("AE", "0")])
    category = build("cac:TaxCategory", make("cbc:ID", letter), make("cbc:Percent", rate), scheme)
    made = build("cac:AllowanceCharge", make("cbc:ChargeIndicator", "true" if charge else "false"),
                 None if code is None else make("cbc:AllowanceChargeReasonCode", code), None if reason is None else make("cbc:AllowanceChargeReason", reason),
                 None if multiplier is None else make("cbc:MultiplierFactorNumeric", multiplier), make("cbc:Amount", amount, **money),
                 None if base is None else make("cbc:BaseAmount", base, **money), category if document_level and rng.randrange(8) else None)
    if document_level:
        if not doc.insert_before(made, "cac:TaxExchangeRate", "cac:TaxTotal"):
            return None
    elif local(home) == "Price":
        home.append(made)
    else:
        place = home.find("{*}TaxTotal")
        if place is None:
            return None
        place.addprevious(made)
    return "%s of %s/%s/%s, %s %s, on %s" % ("charge" if charge else "allowance", amount, base, multiplier, letter, rate, local(home))


@operator("content")
def vat_totals(doc: Document, rng: random.Random) -> str | None:
    """Too many or too few TaxTotals, or the two of them not alike."""
    totals = doc.all("cac:TaxTotal")
    if not totals:
        return None
    total = rng.choice(totals)
    how = rng.choice(["gone", "doubled", "turned round", "other currency", "differ", "subtotals in both"])
    if how == "gone":
        cut(total)
    elif how == "doubled":
        total.addnext(copy.deepcopy(total))
    elif how == "turned round" and len(totals) == 2:
        totals[0].addprevious(totals[1])
    elif how == "subtotals in both" and len(totals) == 2:
        totals[0].extend(copy.deepcopy(s) for s in totals[1].findall("{*}TaxSubtotal"))
    else:
        amount = total.find("{*}TaxAmount")
        if amount is None:
            return None
        if how == "other currency":
            amount.set("currencyID", rng.choice(["USD", "EUR"]))
        elif number(amount) is not None:
            put(amount, str(number(amount) + Decimal(rng.choice(["0.01", "1", "-0.01"]))))
    return how


@operator("content")
def foreign(doc: Document, rng: random.Random) -> str | None:
    """The whole document in another currency, with or without another VAT total in SAR."""
    code = rng.choice(["USD", "EUR", "BHD"])
    first = pick(rng, doc.all("cac:TaxTotal[not(cac:TaxSubtotal)]/cbc:TaxAmount"))
    for element in doc.amounts():
        if element is not first:
            element.set("currencyID", code)
    put(doc.one("cbc:DocumentCurrencyCode"), code)
    if number(first) is not None and rng.randrange(2):
        put(first, format((number(first) * Decimal("3.75")).quantize(Decimal("0.01")), "f"))
    if rng.randrange(2):
        source, aim = rng.choice([(code, "SAR"), ("SAR", code), (code, code), (code, ""), ("", "SAR")])
        rate = rng.choice(["3.75", "", "12345678901234", "123456789012345", "0"])
        kept = [make("cbc:SourceCurrencyCode", source), make("cbc:TargetCurrencyCode", aim), make("cbc:CalculationRate", rate)]
        if rng.randrange(3) == 0:
            kept.pop(rng.randrange(3))
        cut_all(doc, "cac:TaxExchangeRate")
        doc.insert_before(build("cac:TaxExchangeRate", *kept), "cac:TaxTotal")
    return code
