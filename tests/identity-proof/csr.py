"""The certificate request and the compliance documents of every kind of unit, in
all three environments, before judges that share nothing with the till."""
import os
import subprocess
import sys

from bench import ENVIRONMENTS, GROUP_TIN, GROUP_VAT, VAT, active, prove, require
from wire import Wire

WORDS = {
    "ar": {"common_name": "جهاز-العليا", "organization_unit": "فرع العليا", "organization": "بقالة بستان الحي",
           "location": "حي العليا", "category": "تجارة التجزئة"},
    "en": {"common_name": "TST-Olaya", "organization_unit": "Olaya Branch", "organization": "Neighbourhood Garden (Riyadh), Co.",
           "location": "RRRD2929", "category": "Grocery"},
}
FIELDS = {"common_name": "common.name", "organization_unit": "organization.unit.name", "organization": "organization.name",
          "serial_number": "serial.number", "title": "invoice.type", "location": "location.address",
          "category": "industry.business.category"}
CHECKS = {"0100": 3, "1000": 3, "1100": 6}


def bounds():
    """As long as the authority takes it, in letters of two bytes."""
    return {"common_name": "ن" * 64, "organization_unit": "ف" * 64, "organization": "ب" * 64, "location": "ع" * 128,
            "category": "ت" * 128, "serial_number": "1-ن|2-م|3-" + "ج" * 54}


def judged(bench, name, environment, facts, vat):
    """Onboards that unit and has all that it sent judged."""
    bench.wire = bench.wire or Wire(bench.gateway)
    bench.wire.forget()
    unit = bench.unit(name, environment, bench.wire.bases[environment], facts, vat)
    active(unit.onboard())
    sent, documents = bench.wire.requests(), bench.wire.documents()
    require(len(sent) == 1, "%d certificate requests" % len(sent))
    request = os.path.join(unit.folder, "request.pem")
    with open(request, "wb") as out:
        out.write(sent[0])
    wanted = os.path.join(unit.folder, "request.properties")
    with open(wanted, "w", encoding="utf-8") as out:
        out.write("csr.country.name=SA\ncsr.organization.identifier=%s\n" % vat)
        out.writelines("csr.%s=%s\n" % (FIELDS[key], value) for key, value in dict({"serial_number": unit.serial}, **facts).items())
    bench.judge("check_csr.py", "--env", environment, "--config", wanted, request)
    openssl = subprocess.run(["openssl", "req", "-verify", "-noout", "-in", request], capture_output=True, text=True, check=False)
    require(openssl.returncode == 0 and "OK" in openssl.stderr + openssl.stdout, "openssl: " + openssl.stderr)
    require(len(documents) == CHECKS[facts["title"]], "%d compliance documents" % len(documents))
    folder = os.path.join(unit.folder, "compliance")
    os.mkdir(folder)
    for at, xml in enumerate(documents):
        with open(os.path.join(folder, "%d.xml" % at), "wb") as out:
            out.write(xml)
    # A unit's compliance documents are a chain of their own.
    bench.judge("check_invoice.py", "--strict", "--chain", "--no-warnings", folder)


def kind(environment, language, group, title):
    vat = GROUP_VAT if group else VAT
    facts = dict(WORDS[language], title=title)
    if group:
        facts["organization_unit"] = GROUP_TIN
    name = "%s-%s-%s-%s" % (environment, language, "group" if group else "single", title)
    return name, lambda bench: judged(bench, name, environment, facts, vat)


def at_the_bounds(bench):
    for environment in ENVIRONMENTS:
        judged(bench, "bounds-" + environment, environment, dict(bounds(), title="1100"), VAT)


REFUSED = [
    ("common_name", "a" * 65), ("organization", "ن" * 65), ("organization_unit", "ن" * 65), ("location", "ن" * 129),
    ("category", "ن" * 129), ("common_name", ""), ("location", " "), ("organization", "Garden & Sons"),
    ("category", "Food <fresh>"), ("organization_unit", "Olaya!"), ("common_name", "T@01"), ("location", "RRRD#2929"),
    ("organization", "100% Garden"), ("category", "Food*"), ("organization", "Garden\u202ESons"), ("category", "a\nb"),
    ("organization_unit", "Olaya "), ("serial_number", "1-tilld|2-0.1"), ("serial_number", "tilld-1"),
    ("serial_number", "1-a|2-b|3-c|4-d"), ("title", "1111"), ("title", "0000"), ("title", "110"),
]


def refused_before_any_call(bench):
    before = len(bench.calls())
    otp = bench.otp("simulation")
    for at, (field, value) in enumerate(REFUSED):
        unit = bench.unit("refused-%d" % at, unit={field: value})
        done = unit.onboard(otp)
        told = done.stdout + done.stderr
        require(done.returncode == 2, "%s = %r: exit %d: %s" % (field, value, done.returncode, told))
        require("unit." + field in told, "%s = %r is not named: %s" % (field, value, told))
    for at, vat in enumerate(("310122393500004", "210122393500003", "31012239350003", GROUP_VAT)):
        unit = bench.unit("refused-vat-%d" % at, vat=vat)
        done = unit.onboard(otp)
        require(done.returncode == 2, "VAT number %s: exit %d: %s%s" % (vat, done.returncode, done.stdout, done.stderr))
    require(len(bench.calls()) == before, "the gateway was called")
    # The OTP was not touched by any of them.
    active(bench.unit("refused-none").onboard(otp))


CASES = [kind(*of) for of in ((e, l, g, t) for e in ENVIRONMENTS for l in WORDS for g in (False, True) for t in CHECKS)]
CASES += [("fields at their bounds", at_the_bounds), ("wrong fields are refused before any call", refused_before_any_call)]

if __name__ == "__main__":
    sys.exit(prove(CASES, __doc__))
