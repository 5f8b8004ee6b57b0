"""Operators on single values: digits, amounts, codes, dates, numbers, texts."""

from __future__ import annotations

import random
from decimal import Decimal

from operators import operator
from ubl import BUYER, SELLER, Document, Element, local, number, pick, where

LINE = "cac:InvoiceLine/"
TOTALS = "cac:LegalMonetaryTotal/*|cac:TaxTotal/cbc:TaxAmount|cac:TaxTotal/cac:TaxSubtotal/cbc:TaxableAmount|" \
         "cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount"


def put(element: Element | None, text: str) -> str | None:
    """Sets a text and says what was there."""
    if element is None or element.text == text:
        return None
    old, element.text = element.text, text
    return "%s: %.40r to %.40r" % (where(element), old, text)


def among(doc: Document, rng: random.Random, path: str, values: list[str]) -> str | None:
    return put(pick(rng, doc.all(path)), rng.choice(values))


@operator("content")
def digit(doc: Document, rng: random.Random) -> str | None:
    """One digit of any value becomes another."""
    element = pick(rng, [e for e in doc.leaves() if any(c in "0123456789" for c in e.text or "")])
    if element is None:
        return None
    places = [n for n, c in enumerate(element.text) if c in "0123456789"]
    at = rng.choice(places)
    new = rng.choice([d for d in "0123456789" if d != element.text[at]])
    return put(element, element.text[:at] + new + element.text[at + 1:])


@operator("content")
def digits_swapped(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [e for e in doc.amounts() if len(e.text or "") > 3])
    if element is None:
        return None
    at = rng.randrange(len(element.text) - 1)
    text = element.text
    return put(element, text[:at] + text[at + 1] + text[at] + text[at + 2:])


STEPS = [Decimal(s) for s in ("0.01", "-0.01", "0.02", "-0.02", "0.05", "-1", "1", "10", "0.005", "0.001")]


def shift(element: Element | None, rng: random.Random) -> str | None:
    value = number(element)
    return None if value is None else put(element, format(value + rng.choice(STEPS), "f"))


@operator("content")
def total_off(doc: Document, rng: random.Random) -> str | None:
    return shift(pick(rng, doc.all(TOTALS)), rng)


@operator("content")
def line_amount_off(doc: Document, rng: random.Random) -> str | None:
    return shift(pick(rng, doc.all(LINE + "cbc:LineExtensionAmount|" + LINE + "cac:TaxTotal/*[@currencyID]|"
                                   + LINE + "cac:Price/cbc:PriceAmount|" + LINE + "cac:TaxTotal/cac:TaxSubtotal/*[@currencyID]")), rng)


@operator("content")
def allowance_off(doc: Document, rng: random.Random) -> str | None:
    return shift(pick(rng, doc.all("//cac:AllowanceCharge/*[@currencyID]|//cac:AllowanceCharge/cbc:MultiplierFactorNumeric")), rng)


@operator("content")
def two_totals_off(doc: Document, rng: random.Random) -> str | None:
    """Two totals by the same step, so that some sums still agree."""
    found = [e for e in doc.all(TOTALS) if number(e) is not None]
    if len(found) < 2:
        return None
    step = rng.choice(STEPS)
    pair = rng.sample(found, 2)
    for element in pair:
        put(element, format(number(element) + step, "f"))
    return "%s and %s by %s" % (where(pair[0]), where(pair[1]), step)


@operator("content")
def all_vat_off(doc: Document, rng: random.Random) -> str | None:
    """The VAT of one group and everything above it, consistently: only its own rate disagrees."""
    step = rng.choice([Decimal(s) for s in ("0.01", "-0.01", "0.02", "-0.02", "0.03", "0.10", "-1")])
    paths = ("cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount", "cac:TaxTotal[cac:TaxSubtotal]/cbc:TaxAmount",
             "cac:TaxTotal[not(cac:TaxSubtotal)]/cbc:TaxAmount", "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
             "cac:LegalMonetaryTotal/cbc:PayableAmount")
    found = [doc.one(path) for path in paths]
    if any(number(e) is None for e in found):
        return None
    for element in found:
        put(element, format(number(element) + step, "f"))
    return "by %s" % step


def rewritten(text: str, rng: random.Random) -> str:
    """The same or nearly the same number in another form."""
    arabic = text.translate(str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫"))
    return rng.choice(["+" + text, text + "0", text + "000", "0" + text, text.rstrip("0"), text.split(".")[0], text.split(".")[0] + ".",
                       "." + text.split(".")[-1], text.replace(".", ","), text + "e0", "1e2", "-" + text, "-0.00", "NaN", "INF", "", " ",
                       "abc", arabic, text + " SAR", "1 000.00", "1,000.00", "0x10", text + ".0", text + "1", "9" * 30, "0." + "3" * 30,
                       text + "0000000000000000000000000001", "--5", "5-", "0", "0.0", "00"])


@operator("content")
def amount_form(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.amounts())
    return None if element is None else put(element, rewritten(element.text or "", rng))


@operator("content")
def number_form(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.all("//cbc:Percent|//cbc:InvoicedQuantity|//cbc:MultiplierFactorNumeric|//cbc:BaseQuantity|"
                                "//cbc:PriceAmount|//cbc:CalculationRate"))
    return None if element is None else put(element, rewritten(element.text or "", rng))


@operator("content")
def negative(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, [e for e in doc.leaves() if number(e) is not None and (
        e.get("currencyID") or local(e) in ("Percent", "InvoicedQuantity", "BaseQuantity", "MultiplierFactorNumeric"))])
    return None if element is None else put(element, "-" + element.text.strip())


@operator("content")
def currency(doc: Document, rng: random.Random) -> str | None:
    """One currency, or the document's, or the VAT's."""
    code = rng.choice(["USD", "EUR", "SAR", "sar", "XXX", "", "SA", "ريال", "BHD", "SAR ", "AAA"])
    how = rng.choice(["attribute", "DocumentCurrencyCode", "TaxCurrencyCode", "all"])
    if how == "attribute":
        element = pick(rng, doc.amounts())
        if element is None or element.get("currencyID") == code:
            return None
        element.set("currencyID", code)
        return "%s to %r" % (where(element), code)
    if how != "all":
        return put(doc.one("cbc:" + how), code)
    first = doc.all("cac:TaxTotal/cbc:TaxAmount")
    for element in doc.amounts():
        if element not in first[:1]:
            element.set("currencyID", code)
    return put(doc.one("cbc:DocumentCurrencyCode"), code)


@operator("content")
def percent(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cbc:Percent", ["0", "5", "14", "15", "15.00", "15.5", "100", "101", "-1", "15.000", "15%", "5.5", "15.9",
                                             "0.00", "5.00", "16.00", "0.01", "15.001", "", "5.99", "1500", "100.00", "100.01"])


@operator("content")
def category(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cac:TaxCategory/cbc:ID|//cac:ClassifiedTaxCategory/cbc:ID",
                 ["S", "Z", "E", "O", "AE", "K", "G", "L", "M", "B", "X", "s", "", "S ", " Z"])


@operator("content")
def tax_scheme(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cac:TaxScheme/cbc:ID", ["GST", "vat", "", "VAT ", "TVA", "FC"])


@operator("content")
def exemption_code(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cbc:TaxExemptionReasonCode", [
        "VATEX-SA-29", "VATEX-SA-29-7", "VATEX-SA-30", "VATEX-SA-32", "VATEX-SA-33", "VATEX-SA-34-1", "VATEX-SA-34-5", "VATEX-SA-35",
        "VATEX-SA-36", "VATEX-SA-EDU", "VATEX-SA-HEA", "VATEX-SA-MLTRY", "VATEX-SA-DIPLOMAT", "VATEX-SA-DUTYFREE", "VATEX-SA-ROYALDECREE",
        "VATEX-SA-32(bis)", "VATEX-SA-OOS", "VATEX-SA-99", "vatex-sa-35", "", "35", "VATEX-SA-3", "VATEX-SA", "VATEX", " VATEX-SA-35",
        "VATEX-SA-35 VATEX-SA-36", "VATEX-EU-AE"])


@operator("content")
def exemption_text(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cbc:TaxExemptionReason", ["", " ", "x", "\u00a0", "x" * 1000, "x" * 1001, "ع" * 1001])


DATES = ["2026-02-30", "2025-02-29", "2024-02-29", "2026-13-01", "2026-00-10", "2026-06-31", "2026-1-5", "26-01-05", "20260105", "2026/01/05",
         "05-01-2026", "2026-01-05Z", "2026-01-05+03:00", "2026-01-05T00:00:00", "", "today", "٢٠٢٦-٠١-٠٥", "0000-01-01", "0001-01-01", "1999-12-31",
         "2999-01-01", "9999-12-31", "10000-01-01", "-2026-01-05", "2026-01-05 ", " 2026-01-05", "2026-04-31", "1900-02-29", "2026-01-32", "2100-02-29"]


@operator("content")
def date(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cbc:IssueDate|//cbc:ActualDeliveryDate|//cbc:LatestDeliveryDate", DATES)


@operator("content")
def issue_date(doc: Document, rng: random.Random) -> str | None:
    return put(doc.one("cbc:IssueDate"), rng.choice(DATES))


TIMES = ["24:00:00", "23:59:59", "23:59:60", "25:00:00", "12:60:00", "12:00:61", "1:02:03", "12:00", "120000", "12:00:00Z", "12:00:00+03:00",
         "12:00:00.5", "12:00:00.000", "", "noon", "١٢:٠٠:٠٠", "00:00:00", "12:00:00 ", "12-00-00", "T12:00:00", "12:00:00z", "-1:00:00", "00:00:00Z"]


@operator("content")
def time(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cbc:IssueTime", TIMES)


VATS = ["399999999900003", "300000157210003", "300000000000003", "399999999900004", "299999999900003", "39999999990000", "3999999999000033",
        "39999999990000٣", "3٩٩٩٩٩٩٩٩٩٠٠٠٠٣", "", " 399999999900003", "3999 9999 90003", "3ABCDEFGHIJKLM3", "SA399999999900003", "333333333333333",
        "GB123456789", "399999999900013", "310122393500003"]


@operator("content")
def seller_vat(doc: Document, rng: random.Random) -> str | None:
    return put(doc.one(SELLER + "cac:PartyTaxScheme/cbc:CompanyID"), rng.choice(VATS))


@operator("content")
def buyer_vat(doc: Document, rng: random.Random) -> str | None:
    return put(doc.one(BUYER + "cac:PartyTaxScheme/cbc:CompanyID"), rng.choice(VATS))


IDS = ["1010010000", "101001000", "10100100001", "", " ", "AB-12", "AB 12", "ABC123", "٠١٢٣٤٥٦٧٨٩", "7001234567", "1234567890", "12345678", "98765432",
       "11111111", "0012345678", "3012345678", "2087654321", "1012345678", "1087654321", "1000000000", "1099999999", "3" * 10, "A12345678", "x" * 128,
       "1010010000 ", "12.34", "é1234", "1222222229", "1023456780"]
SCHEMES = ["CRN", "MOM", "MLS", "700", "SAG", "OTH", "TIN", "NAT", "GCC", "IQA", "PAS", "", "crn", " CRN", "CRN ", "XXX", "VAT", "CRN/MOM"]


@operator("content")
def party_id(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cac:PartyIdentification/cbc:ID", IDS)


@operator("content")
def party_scheme(doc: Document, rng: random.Random) -> str | None:
    """A scheme, often with an id that may or may not fit it."""
    element = pick(rng, doc.all("//cac:PartyIdentification/cbc:ID"))
    if element is None:
        return None
    scheme = rng.choice(SCHEMES)
    element.set("schemeID", scheme)
    said = "%s to %r" % (where(element), scheme)
    if rng.randrange(2):
        said += " %s" % put(element, rng.choice(IDS))
    return said


@operator("content")
def country(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cac:Country/cbc:IdentificationCode", ["SA", "sa", "AE", "US", "XX", "KSA", "", "S", "GB", "UK", "1A", "XK", "EL", "PS", " SA"])


@operator("content")
def address(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cac:PostalAddress/cbc:*", ["", " ", "1", "123", "1234", "12345", "123456", "١٢٣٤", "12A4", "x" * 127, "x" * 128, "ع" * 128,
                                                         "x" * 1000, "x" * 1001, "12 34", "1234 ", "\u00a0", "-234"])


@operator("content")
def type_code(doc: Document, rng: random.Random) -> str | None:
    return put(doc.one("cbc:InvoiceTypeCode"), rng.choice(["388", "381", "383", "386", "380", "384", "389", "999", "", "0388", "388 ", "٣٨٨", "325", "82"]))


@operator("content")
def flags(doc: Document, rng: random.Random) -> str | None:
    element = doc.one("cbc:InvoiceTypeCode")
    if element is None:
        return None
    old = element.get("name") or ""
    new = rng.choice(["0100000", "0200000", "0110000", "0101000", "0100100", "0100010", "0100001", "0111111", "0210000", "0201000", "0200100",
                      "0200010", "0200001", "0211111", "0211010", "0300000", "0000000", "100000", "01000000", "010000000", "0100000000", "0102000",
                      "", "01", "010000a", "02000000", "020000001", "010000001", "0100000 ", "٠١٠٠٠٠٠", "0100101", "1200000"])
    if new == old:
        return None
    element.set("name", new)
    return "%s to %r" % (old, new)


@operator("content")
def unit(doc: Document, rng: random.Random) -> str | None:
    element = pick(rng, doc.all("//cbc:InvoicedQuantity|//cbc:BaseQuantity"))
    if element is None:
        return None
    new = rng.choice(["KGM", "XXX", "", "pce", "قطعة", "x" * 127, "x" * 128, " ", "MTK", "C62"])
    element.set("unitCode", new)
    return "%s to %.20r" % (where(element), new)


@operator("content")
def quantity(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, LINE + "cbc:InvoicedQuantity|" + LINE + "cac:Price/cbc:BaseQuantity",
                 ["0", "0.00", "0.0", "-1", "1000000000", "1.0000000000000001", "0.0000001", "", "1e9", "2", "00", "0.", "-0", "1.5", "10", "999999999999999999999"])


@operator("content", neutral=True)
def long_price(doc: Document, rng: random.Random) -> str | None:
    """A unit price with as many decimals as a division gives: a hair more, which no rounding sees."""
    element = pick(rng, doc.all(LINE + "cac:Price/cbc:PriceAmount"))
    if element is None or not number(element) or number(element.getparent().find("{*}AllowanceCharge/{*}Amount")) is not None:
        return None
    decimals = rng.choice([19, 20, 24, 27, 28])
    return put(element, format(number(element).quantize(Decimal("1e-12")) + Decimal(3) / Decimal(10) ** decimals, "f"))


@operator("content")
def text_length(doc: Document, rng: random.Random) -> str | None:
    """A text exactly at, above or far above the bounds of the rules."""
    element = pick(rng, [e for e in doc.leaves() if number(e) is None and local(e) not in ("EmbeddedDocumentBinaryObject", "UUID")])
    size = rng.choice([1, 2, 3, 6, 7, 14, 15, 127, 128, 255, 256, 1000, 1001, 5000, 5001])
    letter = rng.choice(["x", "ع", "7", "😀"])
    return put(element, letter * size)


@operator("content")
def blank(doc: Document, rng: random.Random) -> str | None:
    return put(pick(rng, doc.leaves()), rng.choice(["", " ", "\n", "\u00a0", "\t ", "\u200b"]))


@operator("content")
def item_name(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, LINE + "cac:Item/cbc:Name", ["", " ", "ab", "abc", "تم", "12345", "6281234567890", "١٢٣٤٥", "111", "12 34", "1a2", "x" * 1000,
                                                        "x" * 1001, "   ", " a ", "12.5", "😀😀", "😀😀😀", "-12"])


@operator("content")
def line_id(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, LINE + "cbc:ID", ["", "0", "1", "999999", "1000000", "a", "01", "1 ", "١", "abcdefg", "-1"])


@operator("content")
def document_id(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "cbc:ID|cac:OrderReference/cbc:ID|cac:ContractDocumentReference/cbc:ID|cac:BillingReference//cbc:ID|cac:InvoiceLine//cac:DocumentReference/cbc:ID",
                 ["", " ", "x" * 127, "x" * 128, "ع" * 128, "x" * 5000, "x" * 5001, "A&B<C>", "1"])


@operator("content")
def uuid(doc: Document, rng: random.Random) -> str | None:
    return put(doc.one("cbc:UUID"), rng.choice([
        "", "not-a-uuid", "a79760f7-2f48-4da9-85a5-40459a147c8", "A79760F7-2F48-4DA9-85A5-40459A147C80", "{a79760f7-2f48-4da9-85a5-40459a147c80}",
        "a79760f72f484da985a540459a147c80", "00000000-0000-0000-0000-000000000000", "a79760f7_2f48_4da9_85a5_40459a147c80", "g79760f7-2f48-4da9-85a5-40459a147c80",
        " a79760f7-2f48-4da9-85a5-40459a147c80", "ا79760f7-2f48-4da9-85a5-40459a147c80"]))


@operator("content")
def icv(doc: Document, rng: random.Random) -> str | None:
    reference = doc.reference("ICV")
    if reference is None:
        return None
    return put(pick(rng, [e for e in reference if local(e) == "UUID"]),
               rng.choice(["0", "-1", "1.0", "abc", "", "007", "1 ", " 1", "٧", "99999999999999999999", "+1", "1e3", "46531"]))


@operator("content")
def pih(doc: Document, rng: random.Random) -> str | None:
    element = doc.binary("PIH")
    if element is None or not element.text:
        return None
    old = element.text
    return put(element, rng.choice([
        "", old[:-1], old + "=", old[1:], old.lower(), old + " ", "\n" + old, "AAAA", "0", "A" * 43 + "=", "A" * 42 + "B=", "zDnQnE05P6rFMqF1ai21V5hIRlUq/EXvrpsaoPkWRVI=",
        "NWZlY2ViNjZmZmM4NmYzOGQ5NTI3ODZjNmQ2OTZjNzljMmRiYzIzOWRkNGU5MWI0NjcyOWQ3M2EyN2ZiNTdlOQ==", "ZTNiMGM0NDI5OGZjMWMxNDlhZmJmNGM4OTk2ZmI5MjQyN2FlNDFlNDY0OWI5MzRjYTQ5NTk5MWI3ODUyYjg1NQ==",
        old.replace("=", ""), old.replace("N", "-", 1)]))


@operator("content")
def mime(doc: Document, rng: random.Random) -> str | None:
    element = doc.binary(rng.choice(["PIH", "PIH", "QR"]))
    if element is None:
        return None
    new = rng.choice(["text/xml", "application/pdf", "", "TEXT/PLAIN", "text/csv", "image/png", "text/plain "])
    element.set("mimeCode", new)
    return new


@operator("content")
def code(doc: Document, rng: random.Random) -> str | None:
    """Payment means, reasons, reference types."""
    path, values = rng.choice([
        ("//cbc:PaymentMeansCode", ["10", "1", "30", "42", "48", "99", "ZZZ", "", "97", "0", "010", "cash", "31", "57", "70", "98", "64"]),
        ("//cbc:AllowanceChargeReasonCode", ["95", "CG", "AA", "ZZZ", "", "100", "cg", "104", "AAA", "ZZ", "1", "ADR", "99", "41", "X"]),
        ("//cbc:DocumentTypeCode", ["386", "388", "", "380", "0386", "381"]),
        ("//cbc:ProfileID", ["reporting:1.1", "clearance:1.0", "", "Reporting:1.0", " reporting:1.0"]),
        ("//cbc:ChargeIndicator", ["true", "false", "1", "0", "TRUE", "yes", "", "False", " true"])])
    return among(doc, rng, path, values)


@operator("content")
def reason(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cbc:AllowanceChargeReason|//cbc:InstructionNote|//cbc:Note", ["", " ", "x", "x" * 1000, "x" * 1001, "ع" * 1001, "\u00a0"])


@operator("content")
def contact(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "//cac:Contact/cbc:*", ["", "0501234567", "+966501234567", "966501234567", "050-123", "+9665012345678901", "x" * 1000, "x" * 1001,
                                                   "0123", "01234", "٠٥٠١٢٣٤٥٦٧", "+123", "+1234"])


@operator("content")
def exchange(doc: Document, rng: random.Random) -> str | None:
    return among(doc, rng, "cac:TaxExchangeRate/cbc:*", ["", "SAR", "USD", "3.75", "0", "-3.75", "12345678901234", "123456789012345", "3.7512345678901", "XXX", "abc"])
