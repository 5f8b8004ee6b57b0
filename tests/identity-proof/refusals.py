"""What the gateway refuses: each refusal is told in words, in English and Arabic,
with what to do; and each leaves a till that goes on when that has been done."""
import sys

from bench import active, one_identity, prove, require, says, wait_for

OTP_REFUSED = ("OTP", "used before", "one hour", "VAT number", "environment", "new OTP")
OTP_REFUSED_AR = ("رمز التحقق", "استُخدم من قبل", "رقمًا ضريبيًا آخر", "بيئة أخرى", "رمزًا جديدًا")


def used_otp(bench):
    otp = bench.otp("simulation")
    active(bench.unit("first").onboard(otp))
    unit = bench.unit("second")
    says(unit.onboard(otp), OTP_REFUSED, OTP_REFUSED_AR)
    active(unit.onboard())
    one_identity(unit)


def expired_otp(bench):
    unit = bench.unit("late")
    says(unit.onboard(bench.otp("simulation", ttl=-1)), OTP_REFUSED, OTP_REFUSED_AR)
    active(unit.onboard())
    one_identity(unit)


def otp_of_another(bench):
    for at, (environment, more) in enumerate((("production", {}), ("sandbox", {}), ("simulation", {"vat": "399999999900003"}))):
        unit = bench.unit("elsewhere-%d" % at)
        says(unit.onboard(bench.otp(environment, **more)), OTP_REFUSED, OTP_REFUSED_AR)
        active(unit.onboard())
        one_identity(unit)


def no_otp(bench):
    unit, seen = bench.unit("slip"), len(bench.calls())
    for text in ("12345", "1234567", "12345a", "12 345", ""):
        done = unit.attempt("onboard", "--otp-file", "-", input=text + "\n")
        require(done.returncode == 2 and "6 digits" in done.stderr, "OTP %r: %d %s" % (text, done.returncode, done.stderr))
    require(len(bench.calls()) == seen, "the gateway saw such an OTP")
    # The digits of an Arabic keyboard are digits.
    active(unit.onboard(bench.otp("simulation").translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))))


def wrong_template(bench):
    for at, (said, meant) in enumerate((("simulation", "production"), ("production", "sandbox"), ("sandbox", "simulation"))):
        unit = bench.unit("mixed-%d" % at, said, bench.bases[meant])
        says(unit.onboard(), ("does not issue %s certificates" % said, "environment", "address"), ("البيئة", "العنوان"))
        # The address was right, the environment is put right.
        unit.environment = meant
        unit.configure("zz-environment", {"fatoora": {"environment": meant}})
        active(unit.onboard())
        one_identity(unit)


def missing_step(bench):
    """The authority says it has a check, and has it not: the till makes it once more."""
    forged = {"validationResults": {"infoMessages": [], "warningMessages": [], "errorMessages": [], "status": "PASS"},
              "reportingStatus": "REPORTED", "clearanceStatus": None}
    unit = bench.unit("forgotten", unit={"title": "0100"})
    bench.faults({"action": "status", "status": 200, "body": forged, "match": {"endpoint": "check"}, "times": 1})
    active(unit.onboard())
    one_identity(unit)
    # It never finds it: the till asks to be run again, and does not ask for another OTP.
    unit = bench.unit("forgetful", unit={"title": "0100"})
    bench.faults({"action": "status", "status": 200, "body": forged, "match": {"endpoint": "check"}})
    words = ("misses compliance checks", "simplified-credit-note-compliant", "no new OTP")
    says(unit.onboard(), words, ("اختبارات امتثال", "ولا يلزم رمز تحقق جديد"))
    bench.faults()
    active(unit.onboard("000000"))
    one_identity(unit)


def compliance_revoked(bench):
    """The compliance CSID is withdrawn between two checks: a new OTP, the same key."""
    unit = bench.unit("withdrawn")
    bench.faults({"action": "revoke", "match": {"endpoint": "check", "nth": 3}, "times": 1})
    says(unit.onboard(), ("no longer accepts", "compliance certificate", "new OTP"), ("شهادة الامتثال", "رمز تحقق جديد"))
    bench.faults()
    active(unit.onboard())
    one_identity(unit)


def check_refused(bench):
    unit = bench.unit("doubted")
    error = {"type": "ERROR", "code": "BR-KSA-F-08", "category": "KSA", "message": "The CRN must have ten digits.", "status": "ERROR"}
    body = {"validationResults": {"infoMessages": [], "warningMessages": [], "errorMessages": [error], "status": "ERROR"},
            "clearanceStatus": "NOT_CLEARED"}
    bench.faults({"action": "status", "status": 400, "body": body, "match": {"endpoint": "check", "nth": 1}, "times": 1})
    says(unit.onboard(), ("refused compliance document", "BR-KSA-F-08", "no new OTP"), ("مستند الامتثال", "BR-KSA-F-08"))
    active(unit.onboard("000000"))
    one_identity(unit)


def canned_certificate(bench):
    """The official sandbox hands everybody the same certificate: told, and told to be no fault."""
    bench.gateway.ask("/settings", {"sandbox_fixed_pcsid": True})
    try:
        unit = bench.unit("canned", "sandbox")
        words = ("sandbox", "canned certificate", "nothing is wrong with this till", "checks have passed", "simulation")
        says(unit.onboard(), words, ("البيئة التجريبية", "ولا خلل في الجهاز", "بيئة المحاكاة"))
        # The same words again, without an OTP.
        says(unit.onboard("000000"), words, ("البيئة التجريبية",))
    finally:
        bench.gateway.ask("/settings", {"sandbox_fixed_pcsid": False})
    # It is taken to the simulation, as the words say.
    unit.environment = "simulation"
    unit.configure("zz-environment", {"fatoora": {"environment": "simulation", "base_url": bench.bases["simulation"]}})
    active(unit.onboard())
    require([c["env"] for c in unit.csids()].count("simulation") == 1, "no identity in the simulation")


def revoked_while_selling(bench):
    """Withdrawn on the portal: sales go on, the queue says why it waits, a new identity lets it go."""
    unit = bench.unit("revoked")
    active(unit.onboard())
    unit.open()
    unit.sell(3)
    unit.drained()
    bench.gateway.ask("/revoke", {"csid": one_identity(unit)})
    unit.sell(3)
    paused = wait_for("the queue to say why it waits", 60, lambda: unit.status()["queue"]["paused"])
    require("credentials" in paused["en"] and "revoked" in paused["en"] and "onboard" in paused["en"], paused["en"])
    require("إلغاء" in paused["ar"], paused["ar"])
    before = len(bench.calls(endpoint="reporting"))
    unit.sell(2)
    require(len(bench.calls(endpoint="reporting")) - before <= 2, "a refused till hammers the gateway")
    told = unit.attempt("status")
    require(told.returncode == 1 and "revoked" in told.stdout, told.stdout)
    # Renewal needs a live certificate: the words name the other road.
    says(unit.renew(), ("--replace",), ("--replace",))
    active(unit.onboard(None, "--replace", "T01"))
    unit.sell(2)
    unit.drained()
    one_identity(unit)
    unit.everything_is_there()


def refused_while_selling(bench):
    """A renewal that is refused leaves a till that sells under the identity that it has."""
    unit = bench.unit("steady")
    used = bench.otp("simulation")
    active(unit.onboard(used))
    identity = one_identity(unit)
    unit.open()
    for otp in (used, bench.otp("simulation", ttl=-1), bench.otp("production"), bench.otp("simulation", vat="399999999900003")):
        says(unit.renew(otp), OTP_REFUSED, OTP_REFUSED_AR)
        unit.sell(1)
    require(one_identity(unit) == identity and unit.status()["selling"]["ready"], "it does not sell under its identity")
    active(unit.renew())
    unit.sell(1)
    unit.drained()
    unit.everything_is_there()


def hiccup_while_selling(bench):
    """One answer of 401 to a renewal is no proof of anything while reports are accepted: the sale goes on."""
    unit = bench.unit("hiccup")
    active(unit.onboard())
    unit.open()
    unit.sell(1)
    bench.faults({"action": "401", "match": {"endpoint": "renewal"}, "times": 1})
    done = unit.renew()
    require(done.returncode == 1, "a renewal that the authority refused ends well: " + done.stdout)
    unit.sell(1)
    unit.drained()
    active(unit.renew())
    unit.sell(1)
    unit.drained()
    one_identity(unit)
    unit.everything_is_there()


CASES = [
    ("an OTP that was used", used_otp),
    ("an OTP that is too old", expired_otp),
    ("an OTP of another environment or taxpayer", otp_of_another),
    ("no OTP at all is asked for before any call", no_otp),
    ("environment and address mixed", wrong_template),
    ("a compliance step that the authority misses", missing_step),
    ("a compliance CSID withdrawn between two checks", compliance_revoked),
    ("a compliance document refused", check_refused),
    ("the sandbox's canned certificate", canned_certificate),
    ("revoked while it sells", revoked_while_selling),
    ("a renewal refused while it sells", refused_while_selling),
    ("a renewal answered by a single 401 while it sells", hiccup_while_selling),
]

if __name__ == "__main__":
    sys.exit(prove(CASES, __doc__))
