"""Valid documents of every kind, made at random: what the mutants start from beside the samples.

Amounts follow invoice-xml.md sections 8 to 12, net prices, half-up; the judge must accept all of them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import uuid
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from lxml import etree

import sign
from ubl import NS, RIYADH, ROOT_MAP, Document, Element, build, make

D = Decimal
CENT = D("0.01")
SELLER_VAT, BUYER_VAT = "399999999900003", "300000157210003"
FIRST_PIH = sign.hex_b64(b"0")
REASONS = {"Z": [("VATEX-SA-35", "Medicines and medical equipment"), ("VATEX-SA-36", "Qualifying metals"),
                 ("VATEX-SA-34-1", "The international transport of Goods"), ("VATEX-SA-EDU", "Private education to citizen"),
                 ("VATEX-SA-HEA", "Private healthcare to citizen")],
           "E": [("VATEX-SA-29", "Financial services mentioned in Article 29 of the VAT Regulations"),
                 ("VATEX-SA-30", "Real estate transactions mentioned in Article 30 of the VAT Regulations")],
           "O": [("VATEX-SA-OOS", "Deposit on bottles / تأمين")]}
NAMES = ["حليب طازج", "خبز عربي | Arabic bread", "Coffee <dark> & \"strong\"", "تمر سكري ١ كجم", "Laptop", "Water 330 ml"]


def r2(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass
class Line:
    group: tuple[str, str]
    net: Decimal
    xml: Element


@dataclass
class Plan:
    """What one document is to be."""

    rng: random.Random
    day: dt.date
    simplified: bool
    kind: str
    flags: str
    currency: str = "SAR"
    advance: bool = False
    groups: list[tuple[str, str]] = field(default_factory=list)
    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)

    def money(self, name: str, value: Decimal) -> Element:
        return make(name, str(r2(value)), currencyID=self.currency)

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent


def category(name: str, group: tuple[str, str], reason: tuple[str, str] | None = None) -> Element:
    return build(name, make("cbc:ID", group[0]), make("cbc:Percent", group[1]),
                 make("cbc:TaxExemptionReasonCode", reason[0]) if reason else None,
                 make("cbc:TaxExemptionReason", reason[1]) if reason else None,
                 build("cac:TaxScheme", make("cbc:ID", "VAT")))


def allowance(plan: Plan, charge: bool, limit: Decimal, group: tuple[str, str] | None) -> tuple[Decimal, Element]:
    """An allowance or charge of at most `limit`, as an amount or as a percentage of a base."""
    percent = base = None
    if plan.chance(40):
        percent, base = D(plan.rng.choice(["5", "7.5", "10.00", "12.25"])), r2(limit)
        amount = r2(base * percent / 100)
    else:
        amount = r2(limit * D(plan.rng.randrange(1, 60)) / 100)
    coded = charge or plan.chance(50)
    return amount, build(
        "cac:AllowanceCharge", make("cbc:ChargeIndicator", "true" if charge else "false"),
        make("cbc:AllowanceChargeReasonCode", "CG" if charge else "95") if coded else None,
        make("cbc:AllowanceChargeReason", "Cleaning" if charge else "خصم | Discount") if coded else None,
        make("cbc:MultiplierFactorNumeric", str(percent)) if percent is not None else None,
        plan.money("cbc:Amount", amount), plan.money("cbc:BaseAmount", base) if base is not None else None,
        category("cac:TaxCategory", group) if group else None)


def line(plan: Plan, number: int, group: tuple[str, str]) -> Line:
    rng = plan.rng
    quantity = D(rng.choice(["1", "2", "3.000000", "0.5", "1.235", "12", "100"]))
    price = D(rng.randrange(1, 200000)) / rng.choice([100, 10000])
    base = D(rng.choice([1, 1, 1, 1, 10]))
    net = r2(quantity * price / base)
    extra: list[Element] = []
    for charge in (False, True):
        if net > 1 and plan.chance(25):
            amount, xml = allowance(plan, charge, net, None)
            net += amount if charge else -amount
            extra.append(xml)
    vat = r2(net * D(group[1]) / 100)
    total = build("cac:TaxTotal", plan.money("cbc:TaxAmount", vat), plan.money("cbc:RoundingAmount", net + vat))
    item = build(
        "cac:Item", make("cbc:Name", rng.choice(NAMES)),
        *[build("cac:" + kind, make("cbc:ID", "628%07d" % rng.randrange(10**7))) for kind in
          ("BuyersItemIdentification", "SellersItemIdentification", "StandardItemIdentification") if plan.chance(20)],
        category("cac:ClassifiedTaxCategory", group))
    priced = build("cac:Price", make("cbc:PriceAmount", str(price), currencyID=plan.currency),
                   make("cbc:BaseQuantity", str(base), unitCode="PCE") if base != 1 else None)
    xml = build(
        "cac:InvoiceLine", make("cbc:ID", str(number)), make("cbc:Note", "بدون سكر") if plan.chance(15) else None,
        make("cbc:InvoicedQuantity", str(quantity), unitCode=rng.choice(["PCE", "KGM", "LTR"])),
        plan.money("cbc:LineExtensionAmount", net), *extra, total, item, priced)
    return Line(group, net, xml)


def advance_line(plan: Plan, number: int, group: tuple[str, str], taxable: Decimal) -> tuple[Decimal, Element]:
    """The extra line that uses a prepayment; also what it was, VAT included."""
    vat = r2(taxable * D(group[1]) / 100)
    zero = D(0)
    sub = build("cac:TaxSubtotal", plan.money("cbc:TaxableAmount", taxable), plan.money("cbc:TaxAmount", vat),
                category("cac:TaxCategory", group, plan.reasons.get(group[0])))
    return taxable + vat, build(
        "cac:InvoiceLine", make("cbc:ID", str(number)), make("cbc:InvoicedQuantity", "0.00", unitCode="PCE"),
        plan.money("cbc:LineExtensionAmount", zero),
        build("cac:DocumentReference", make("cbc:ID", "ADV-7"), make("cbc:UUID", str(uuid.UUID(int=plan.rng.getrandbits(128)))),
              make("cbc:IssueDate", (plan.day - dt.timedelta(30)).isoformat()), make("cbc:IssueTime", "10:20:30"),
              make("cbc:DocumentTypeCode", "386")),
        build("cac:TaxTotal", plan.money("cbc:TaxAmount", zero), plan.money("cbc:RoundingAmount", zero), sub),
        build("cac:Item", make("cbc:Name", "Prepayment adjustment"), category("cac:ClassifiedTaxCategory", group)),
        build("cac:Price", plan.money("cbc:PriceAmount", zero)))


def address(plan: Plan, saudi: bool) -> Element:
    full = saudi or plan.chance(50)
    return build(
        "cac:PostalAddress", make("cbc:StreetName", "طريق العليا | Olaya Street"),
        make("cbc:AdditionalStreetName", "Unit 7") if plan.chance(20) else None,
        make("cbc:BuildingNumber", "2322") if full else None, make("cbc:PlotIdentification", "1234") if plan.chance(20) else None,
        make("cbc:CitySubdivisionName", "العليا") if full else None, make("cbc:CityName", "الرياض | Riyadh"),
        make("cbc:PostalZone", "12214") if full else None, make("cbc:CountrySubentity", "Riyadh Region") if plan.chance(20) else None,
        build("cac:Country", make("cbc:IdentificationCode", "SA" if saudi else plan.rng.choice(["AE", "DE", "US"]))))


def party(plan: Plan, name: str, vat: str | None, scheme: tuple[str, str] | None, saudi: bool, contact: bool) -> Element:
    return build(
        "cac:Party", build("cac:PartyIdentification", make("cbc:ID", scheme[1], schemeID=scheme[0])) if scheme else None,
        address(plan, saudi),
        build("cac:PartyTaxScheme", make("cbc:CompanyID", vat), build("cac:TaxScheme", make("cbc:ID", "VAT"))) if vat else None,
        build("cac:PartyLegalEntity", make("cbc:RegistrationName", name)),
        build("cac:Contact", make("cbc:Name", "Nora"), make("cbc:Telephone", "+966501234567"), make("cbc:Note", "Call first"))
        if contact else None)


BUYER_IDS = [("CRN", "1010010001"), ("NAT", "1020304050"), ("IQA", "2020304050"), ("TIN", "3020304050"), ("700", "7020304050"),
             ("GCC", "G1234567"), ("PAS", "P1234567"), ("OTH", "AB12CD"), ("MOM", "M123"), ("MLS", "L123"), ("SAG", "S123")]


def buyer(plan: Plan) -> Element:
    rng, export = plan.rng, plan.flags[4] == "1"
    codes = {reason[0] for reason in plan.reasons.values()}
    citizen = bool(codes & {"VATEX-SA-EDU", "VATEX-SA-HEA"})
    summary = plan.flags[5] == "1"
    if plan.simplified and not citizen and not summary and plan.chance(50):
        return make("cac:AccountingCustomerParty")
    vat = None if export or citizen or plan.chance(40 if not plan.simplified else 90) else BUYER_VAT
    scheme = ("NAT", "1020304050") if citizen else (rng.choice(BUYER_IDS) if vat is None or plan.chance(30) else None)
    return build("cac:AccountingCustomerParty", party(plan, "شركة نماذج | Samples LTD", vat, scheme, not export or summary, plan.chance(20)))


def total_of(plan: Plan, lines: list[Line], shares: dict[tuple[str, str], Decimal]) -> tuple[Decimal, list[Element]]:
    """VAT of the document and its subtotals."""
    vat, subtotals = D(0), []
    for group in plan.groups:
        taxable = sum((one.net for one in lines if one.group == group), D(0)) + shares[group]
        tax = r2(taxable * D(group[1]) / 100)
        vat += tax
        subtotals.append(build("cac:TaxSubtotal", plan.money("cbc:TaxableAmount", taxable), plan.money("cbc:TaxAmount", tax),
                               category("cac:TaxCategory", group, plan.reasons.get(group[0]))))
    return vat, subtotals


def document(plan: Plan, number: int, pih: str) -> Document:
    """The whole document without a stamp."""
    rng = plan.rng
    lines = [line(plan, n, plan.groups[(n - 1) % len(plan.groups)]) for n in range(1, len(plan.groups) + rng.randrange(1, 4))]
    shares, charged, allowed, extra = {group: D(0) for group in plan.groups}, D(0), D(0), []
    for group in plan.groups:
        for charge in (False, True):
            net = sum((one.net for one in lines if one.group == group), D(0)) + shares[group]
            if net > 1 and plan.chance(25):
                amount, xml = allowance(plan, charge, net, group)
                shares[group] += amount if charge else -amount
                charged, allowed = charged + (amount if charge else 0), allowed + (0 if charge else amount)
                extra.append(xml)
    vat, subtotals = total_of(plan, lines, shares)
    net = sum((one.net for one in lines), D(0))
    exclusive = net - allowed + charged
    prepaid, advances = D(0), []
    if plan.advance:
        for group in plan.groups[:2]:
            taxable = r2(sum((one.net for one in lines if one.group == group), D(0)) / 3)
            part, xml = advance_line(plan, len(lines) + len(advances) + 1, group, taxable)
            prepaid, advances = prepaid + part, advances + [xml]
    rounding = D(rng.choice([-2, -1, 1, 2])) * CENT if plan.chance(12) else None
    payable = exclusive + vat - prepaid + (rounding or 0)
    sar = vat if plan.currency == "SAR" else r2(vat * D("3.75"))
    totals = build(
        "cac:LegalMonetaryTotal", plan.money("cbc:LineExtensionAmount", net), plan.money("cbc:TaxExclusiveAmount", exclusive),
        plan.money("cbc:TaxInclusiveAmount", exclusive + vat), plan.money("cbc:AllowanceTotalAmount", allowed) if allowed or plan.chance(40) else None,
        plan.money("cbc:ChargeTotalAmount", charged) if charged or plan.chance(10) else None,
        plan.money("cbc:PrepaidAmount", prepaid) if prepaid or plan.chance(60) else None,
        plan.money("cbc:PayableRoundingAmount", rounding) if rounding is not None else None, plan.money("cbc:PayableAmount", payable))
    note, summary = plan.kind in ("381", "383"), plan.flags[5] == "1"
    day = plan.day.isoformat()
    delivery = None
    if summary or (not plan.simplified and plan.kind == "388"):
        delivery = build("cac:Delivery", make("cbc:ActualDeliveryDate", (plan.day - dt.timedelta(9)).isoformat()),
                         make("cbc:LatestDeliveryDate", day) if summary else None)
    reason = make("cbc:InstructionNote", "إرجاع بضاعة | Return of goods") if note else None
    means = [build("cac:PaymentMeans", make("cbc:PaymentMeansCode", code), etree.fromstring(etree.tostring(reason)) if note else None)
             for code in rng.sample(["10", "30", "42", "48"], rng.choice([1, 1, 2]))] if note or plan.chance(80) else []
    exchange = build("cac:TaxExchangeRate", make("cbc:SourceCurrencyCode", plan.currency), make("cbc:TargetCurrencyCode", "SAR"),
                     make("cbc:CalculationRate", "3.75")) if plan.currency != "SAR" and plan.chance(60) else None
    root = etree.Element("{%s}Invoice" % NS["inv"], nsmap=ROOT_MAP)
    root.extend([child for child in (
        make("cbc:ProfileID", "reporting:1.0"), make("cbc:ID", "T%02d-%06d" % (rng.randrange(100), number)),
        make("cbc:UUID", str(uuid.UUID(int=rng.getrandbits(128)))), make("cbc:IssueDate", day),
        make("cbc:IssueTime", "%02d:%02d:%02d" % (rng.randrange(24), rng.randrange(60), rng.randrange(60))),
        make("cbc:InvoiceTypeCode", plan.kind, name=plan.flags), make("cbc:Note", "شكرا", languageID="ar") if plan.chance(20) else None,
        make("cbc:DocumentCurrencyCode", plan.currency), make("cbc:TaxCurrencyCode", "SAR"),
        build("cac:OrderReference", make("cbc:ID", "PO-17")) if plan.chance(15) else None,
        *[build("cac:BillingReference", build("cac:InvoiceDocumentReference", make("cbc:ID", "T07-%06d" % n),
                                              make("cbc:IssueDate", day) if plan.chance(40) else None))
          for n in range(rng.choice([1, 1, 2]) if note else 0)],
        build("cac:ContractDocumentReference", make("cbc:ID", "C-2026-1")) if plan.chance(15) else None,
        build("cac:AdditionalDocumentReference", make("cbc:ID", "ICV"), make("cbc:UUID", str(number))),
        build("cac:AdditionalDocumentReference", make("cbc:ID", "PIH"), build(
            "cac:Attachment", make("cbc:EmbeddedDocumentBinaryObject", pih, mimeCode="text/plain"))),
        build("cac:AccountingSupplierParty", party(plan, "شركة توريد التكنولوجيا | Maximum Speed", SELLER_VAT, ("CRN", "1010010000"), True, False)),
        buyer(plan), delivery, *means, *extra, exchange,
        build("cac:TaxTotal", make("cbc:TaxAmount", str(r2(sar)), currencyID="SAR")),
        build("cac:TaxTotal", plan.money("cbc:TaxAmount", vat), *subtotals), totals, *[one.xml for one in lines], *advances) if child is not None])
    if plan.chance(50):
        etree.indent(root, "    ")
    return Document(etree.tostring(root, encoding="utf-8"))


def plan(rng: random.Random, day: dt.date, number: int) -> Plan:
    """Walks through the kinds, so that a few dozen documents hold them all."""
    simplified = number % 2 == 0
    kind = ["388", "381", "388", "383", "386", "388"][number // 2 % 6]
    shape = number // 3 % 7
    flags = list("0200000" if simplified else "0100000")
    if shape == 1:
        flags[2] = "1"
    elif shape == 2:
        flags[3] = "1"
    elif shape == 3:
        flags[5] = "1"
    elif shape == 4 and not simplified:
        flags[rng.choice([4, 6])] = "1"
    made = Plan(rng, day, simplified, kind, "".join(flags))
    if not simplified and rng.randrange(5) == 0:
        made.currency = rng.choice(["USD", "EUR", "AED"])
    made.advance = kind == "388" and rng.randrange(3) == 0
    pool = [("S", "15.00"), ("S", "15.00"), ("S", "5.00"), ("Z", "0.00"), ("E", "0.00"), ("O", "0.00")]
    made.groups = [("Z", "0.00")] if flags[4] == "1" else list(dict.fromkeys(rng.sample(pool, rng.choice([1, 2, 2, 3, 4]))))
    made.reasons = {letter: rng.choice(choices) for letter, choices in REASONS.items() if letter in {g[0] for g in made.groups}}
    if flags[4] == "1":
        made.reasons["Z"] = ("VATEX-SA-32", "Export of goods")
    return made


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("out", type=Path)
    ask.add_argument("--keys", type=Path, required=True, help="folder with the published test key")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--count", type=int, default=84)
    ask.add_argument("--day", type=dt.date.fromisoformat, default=dt.datetime.now(RIYADH).date(), help="today, if not today")
    given = ask.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    identity, rng, pih = sign.published(given.keys), random.Random(given.seed), FIRST_PIH
    for number in range(1, given.count + 1):
        # Of today or older than a day for sure: none becomes older than 24 hours while the judges read it.
        made = plan(rng, given.day - dt.timedelta(0 if number % 3 else 3), number)
        doc = document(made, number, pih)
        pih = sign.b64(sign.invoice_hash(doc.root))
        if made.simplified or rng.randrange(3):
            sign.stamp(doc, identity)
        name = "%s-%s-%s-%03d.xml" % ("simplified" if made.simplified else "standard", made.kind, made.flags, number)
        (given.out / name).write_bytes(doc.bytes())


if __name__ == "__main__":
    main()
