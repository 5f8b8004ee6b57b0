"""Operators on what a document as a whole claims: flags against content, parties, notes, prepayments."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

from operators import operator
from ubl import BUYER, SELLER, Document, build, cut, local, make, number, pick, where
from values_ops import put

FLAG = {"third party": 2, "nominal": 3, "export": 4, "summary": 5, "self-billed": 6}


def cut_all(doc: Document, path: str) -> str | None:
    found = doc.all(path)
    for element in found:
        cut(element)
    return "%d x %s gone" % (len(found), path) if found else None


@operator("content")
def flag(doc: Document, rng: random.Random) -> str | None:
    """A flag is set or taken back; the content stays."""
    kind = doc.one("cbc:InvoiceTypeCode")
    if kind is None or len(kind.get("name") or "") < 7:
        return None
    name = rng.choice(sorted(FLAG))
    flags = list(kind.get("name"))
    flags[FLAG[name]] = "0" if flags[FLAG[name]] == "1" else "1"
    kind.set("name", "".join(flags))
    return "%s: %s" % (name, kind.get("name"))


@operator("content")
def other_subtype(doc: Document, rng: random.Random) -> str | None:
    """Standard called simplified and the reverse."""
    kind = doc.one("cbc:InvoiceTypeCode")
    if kind is None or len(kind.get("name") or "") < 7:
        return None
    kind.set("name", ("01" if doc.simplified else "02") + kind.get("name")[2:])
    return kind.get("name")


@operator("content")
def other_kind(doc: Document, rng: random.Random) -> str | None:
    """An invoice called a note without reference, a note called an invoice."""
    return put(doc.one("cbc:InvoiceTypeCode"), rng.choice([k for k in ("388", "381", "383", "386") if k != doc.kind]))


@operator("content")
def export_with_vat(doc: Document, rng: random.Random) -> str | None:
    kind = doc.one("cbc:InvoiceTypeCode")
    if kind is None or doc.simplified or len(kind.get("name") or "") < 7:
        return None
    kind.set("name", kind.get("name")[:4] + "1" + kind.get("name")[5:])
    party = doc.one(BUYER.rstrip("/"))
    if party is not None and party.find("{*}PartyTaxScheme") is None:
        scheme = build("cac:PartyTaxScheme", make("cbc:CompanyID", rng.choice(["300000157210003", "GB123456789", "DE1"])),
                       build("cac:TaxScheme", make("cbc:ID", "VAT")))
        place = party.find("{*}PartyLegalEntity")
        (place.addprevious if place is not None else party.append)(scheme)
    return "export with a VAT number"


@operator("content")
def buyer_is_seller(doc: Document, rng: random.Random) -> str | None:
    vat = doc.text(SELLER + "cac:PartyTaxScheme/cbc:CompanyID")
    return put(doc.one(BUYER + "cac:PartyTaxScheme/cbc:CompanyID"), vat or "")


@operator("content")
def summary_without_dates(doc: Document, rng: random.Random) -> str | None:
    kind = doc.one("cbc:InvoiceTypeCode")
    if kind is None or len(kind.get("name") or "") < 7:
        return None
    kind.set("name", kind.get("name")[:5] + "1" + kind.get("name")[6:])
    return "summary, " + str(cut_all(doc, rng.choice(["cac:Delivery", "cac:Delivery/cbc:LatestDeliveryDate", "cac:Delivery/cbc:ActualDeliveryDate"])))


@operator("content")
def delivery_dates(doc: Document, rng: random.Random) -> str | None:
    """Actual and latest in the wrong order, one alone, or far away."""
    day = dt.date(2025, 5, 17)
    delta = dt.timedelta(rng.choice([-400, -1, 0, 1, 30]))
    actual, latest = make("cbc:ActualDeliveryDate", day.isoformat()), make("cbc:LatestDeliveryDate", (day + delta).isoformat())
    how = rng.choice([(actual, latest), (actual, latest), (actual, None), (None, latest)])
    cut_all(doc, "cac:Delivery")
    if not doc.insert_before(build("cac:Delivery", *how), "cac:PaymentMeans", "cac:AllowanceCharge", "cac:TaxExchangeRate", "cac:TaxTotal"):
        return None
    return "%s, %s" % tuple(None if e is None else e.text for e in how)


@operator("content")
def issued(doc: Document, rng: random.Random) -> str | None:
    """Issued tomorrow, today, yesterday, later, by the clock in Riyadh."""
    days = rng.choice([-800, -30, -1, 0, 1, 2, 400])
    when = doc.today + dt.timedelta(days=days)
    return put(doc.one("cbc:IssueDate"), when.date().isoformat())


@operator("content")
def note_without_reference(doc: Document, rng: random.Random) -> str | None:
    return cut_all(doc, rng.choice(["cac:BillingReference", "cac:BillingReference//cbc:ID", "cac:BillingReference/cac:InvoiceDocumentReference"]))


@operator("content")
def note_without_reason(doc: Document, rng: random.Random) -> str | None:
    found = doc.all(rng.choice(["cac:PaymentMeans/cbc:InstructionNote", "cac:PaymentMeans"]))
    element = pick(rng, found)
    if element is None:
        return None
    said = where(element)
    if rng.randrange(2):
        cut(element)
    else:
        for one in found:
            cut(one)
    return said + " gone"


@operator("content")
def citizen_service(doc: Document, rng: random.Random) -> str | None:
    """Education or healthcare with this or that buyer, or none."""
    codes = doc.all("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory[cbc:ID='Z']/cbc:TaxExemptionReasonCode")
    if not codes:
        return None
    codes[0].text = rng.choice(["VATEX-SA-EDU", "VATEX-SA-HEA"])
    said = codes[0].text
    how = rng.choice(["no buyer", "no name", "no id", "other scheme", "other number", "as it is"])
    if how == "no buyer":
        cut_all(doc, "cac:AccountingCustomerParty/cac:Party")
    elif how == "no name":
        cut_all(doc, BUYER + "cac:PartyLegalEntity")
    elif how == "no id":
        cut_all(doc, BUYER + "cac:PartyIdentification")
    else:
        identity = doc.one(BUYER + "cac:PartyIdentification/cbc:ID")
        if identity is not None and how == "other scheme":
            identity.set("schemeID", rng.choice(["IQA", "PAS", "nat", "CRN"]))
        elif identity is not None and how == "other number":
            identity.text = rng.choice(["2020304050", "102030405", "1020304050"])
    return "%s, %s" % (said, how)


@operator("content")
def prepaid_sum(doc: Document, rng: random.Random) -> str | None:
    """PrepaidAmount that the advances do not add up to, with a payable amount that follows it."""
    prepaid, payable = doc.one("cac:LegalMonetaryTotal/cbc:PrepaidAmount"), doc.one("cac:LegalMonetaryTotal/cbc:PayableAmount")
    if number(prepaid) is None or number(payable) is None:
        return None
    step = Decimal(rng.choice(["0.01", "-0.01", "1", "10", "100"]))
    put(prepaid, str(number(prepaid) + step))
    if rng.randrange(3):
        put(payable, str(number(payable) - step))
    return "prepaid %s" % step


ADVANCE = "cac:InvoiceLine[cac:DocumentReference]/"


@operator("content")
def advance_part(doc: Document, rng: random.Random) -> str | None:
    """Something is missing or wrong in a line that uses an advance."""
    found = [e for e in doc.all(ADVANCE + "*|" + ADVANCE + "cac:DocumentReference/*|" + ADVANCE + "cac:TaxTotal//*") if local(e) != "ID" or rng.randrange(2)]
    element = pick(rng, found)
    if element is None:
        return None
    said = where(element)
    if rng.randrange(2) or len(element):
        cut(element)
        return said + " gone"
    return put(element, rng.choice(["", "0", "1.00", "5.00", "388", "x", "0.01", "99.999"]))


@operator("content")
def advance_from_nothing(doc: Document, rng: random.Random) -> str | None:
    """An ordinary line refers to a prepayment invoice."""
    line = pick(rng, doc.all("cac:InvoiceLine[not(cac:DocumentReference)]"))
    place = None if line is None else line.find("{*}LineExtensionAmount")
    if place is None:
        return None
    place.addnext(build("cac:DocumentReference", make("cbc:ID", "A-1"), make("cbc:IssueDate", "2025-01-01"), make("cbc:IssueTime", "10:00:00"),
                        make("cbc:DocumentTypeCode", rng.choice(["386", "388"]))))
    return "line %s" % line.findtext("{*}ID")


@operator("content")
def party_part(doc: Document, rng: random.Random) -> str | None:
    """Something is missing in the seller or the buyer."""
    element = pick(rng, doc.all("cac:AccountingSupplierParty//*|cac:AccountingCustomerParty//*"))
    if element is None or not isinstance(element.tag, str):
        return None
    said = where(element)
    cut(element)
    return said + " gone"


@operator("content")
def second_id(doc: Document, rng: random.Random) -> str | None:
    """A party with two identifiers."""
    element = pick(rng, doc.all("//cac:PartyIdentification"))
    if element is None:
        return None
    twin = build("cac:PartyIdentification", make("cbc:ID", rng.choice(["1010010009", "M1"]), schemeID=rng.choice(["MOM", "CRN", "OTH"])))
    (element.addnext if rng.randrange(2) else element.addprevious)(twin)
    return "two ids in %s" % where(element)


@operator("content")
def buyer_gone(doc: Document, rng: random.Random) -> str | None:
    return cut_all(doc, rng.choice(["cac:AccountingCustomerParty", "cac:AccountingCustomerParty/cac:Party"]))


@operator("content")
def rounding(doc: Document, rng: random.Random) -> str | None:
    """A payable rounding that the payable amount follows or does not."""
    payable = doc.one("cac:LegalMonetaryTotal/cbc:PayableAmount")
    if number(payable) is None or doc.one("cac:LegalMonetaryTotal/cbc:PayableRoundingAmount") is not None:
        return None
    step = Decimal(rng.choice(["0.01", "-0.01", "0.49", "-5", "0.001", "1000"]))
    follows = rng.randrange(2) == 0
    payable.addprevious(make("cbc:PayableRoundingAmount", str(step), currencyID=payable.get("currencyID") or "SAR"))
    if follows:
        put(payable, format(number(payable) + step, "f"))
    return "%s, %s" % (step, "followed" if follows else "not followed")


@operator("content")
def item_property(doc: Document, rng: random.Random) -> str | None:
    """AdditionalItemProperty: ours never writes it, others do."""
    item = pick(rng, doc.all("cac:InvoiceLine/cac:Item"))
    if item is None:
        return None
    parts = [make("cbc:Name", rng.choice(["Colour", ""])), make("cbc:Value", rng.choice(["red", ""]))]
    if rng.randrange(2):
        parts.pop(rng.randrange(2))
    item.append(build("cac:AdditionalItemProperty", *parts))
    return "with %s" % [local(p) for p in parts]


@operator("content")
def base_quantity(doc: Document, rng: random.Random) -> str | None:
    price = pick(rng, doc.all("cac:InvoiceLine/cac:Price"))
    if price is None or price.find("{*}BaseQuantity") is not None:
        return None
    value = rng.choice(["1", "1.00", "2", "0", "-1", "0.00", "1000"])
    amount = price.find("{*}PriceAmount")
    made = make("cbc:BaseQuantity", value, unitCode="PCE")
    (amount.addnext if amount is not None else price.append)(made)
    return value


@operator("content")
def payee(doc: Document, rng: random.Random) -> str | None:
    """An account and a payment note at their bounds."""
    means = pick(rng, doc.all("cac:PaymentMeans"))
    if means is None or means.find("{*}PayeeFinancialAccount") is not None:
        return None
    size = rng.choice([0, 1, 127, 128, 1000, 1001])
    means.append(build("cac:PayeeFinancialAccount", make("cbc:ID", "SA03" * 1 + "8" * rng.choice([20, 123, 124])), make("cbc:PaymentNote", "x" * size)))
    return "payment note of %d" % size


@operator("content", neutral=True)
def harmless(doc: Document, rng: random.Random) -> str | None:
    """Other texts that are as good: a sound verdict must not change."""
    how = rng.choice(["name", "street", "note", "time"])
    if how == "name":
        return put(pick(rng, doc.all("cac:InvoiceLine/cac:Item/cbc:Name")), "قهوة & \"شاي\" <1>")
    if how == "street":
        return put(pick(rng, doc.all("//cac:PostalAddress/cbc:StreetName")), "شارع الملك فهد")
    if how == "time":
        return put(doc.one("cbc:IssueTime"), "07:08:09")
    return put(doc.one("cbc:Note"), "x" * 1000)
