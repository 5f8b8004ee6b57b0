"""What run.sh does not do with the program: the table with an OTP for each
till, and the judgement of what came of it. Standard library only."""

import argparse
import csv
import json
import pathlib
import sys
import urllib.request


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
        return json.load(answer)


def make(arguments):
    work = pathlib.Path(arguments.work)
    (work / "set").mkdir()
    template = pathlib.Path(arguments.settings).read_text(encoding="utf-8")
    vat = next(line.split('"')[1] for line in template.splitlines() if line.startswith("vat_number"))
    template = template.replace("[fatoora]", f'[fatoora]\nbase_url = "{arguments.base_url}"', 1)
    (work / "chain.toml").write_text(template, encoding="utf-8")
    columns = ["till.name", "unit.organization_unit", "till.data_dir", "till.anchor", "api.socket",
               "printer.target", "onboarding.otp_file"]
    with open(work / "tills.csv", "w", encoding="utf-8", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(columns)
        for number in range(1, arguments.count + 1):
            name = f"T{number:03}"
            home = work / name
            home.mkdir()
            otp = ask(f"{arguments.admin}/otp", {"env": "developer-portal", "vat": vat})["otp"]
            (work / "set" / f"otp-{name}").write_text(otp + "\n")
            rows.writerow([name, f"Branch {number % 7}, Riyadh", home / "data", home / "anchor" / "high-water",
                           home / "sock", f"file:{home}/receipts", f"otp-{name}"])


def judge(arguments):
    work = pathlib.Path(arguments.work)
    faults = []

    def check(holds, words):
        if not holds:
            faults.append(words)

    homes = sorted(work.glob("T*/first.json"))
    first = [json.loads(path.read_text()) for path in homes]
    second = [json.loads((path.parent / "second.json").read_text()) for path in homes]
    check(len(first) == arguments.count, f"{len(first)} tills have answered")
    for key in ["till", "serial_number", "certificate_serial", "key_sha256", "config"]:
        distinct = {till[key] for till in first}
        check(len(distinct) == arguments.count, f"{len(distinct)} different values of {key}")
    for before, after in zip(first, second):
        name = before["till"]
        check(before["state"] == "active" and not before["already"], f"{name}: {before}")
        check(after["state"] == "active" and after["already"], f"{name}: {after}")
        for key in ["serial_number", "certificate_serial", "key_sha256", "valid_until"]:
            check(before[key] == after[key], f"{name}: {key} has changed")
    csids = ask(f"{arguments.admin}/csids")["csids"]
    live = [csid for csid in csids if csid["kind"] == "production" and csid["standing"] == "live"]
    check({csid["csid"] for csid in live} == {till["certificate_serial"] for till in first},
          f"{len(live)} production certificates are live at the authority, and not those of the tills")
    check({csid["unit"] for csid in live} == {till["serial_number"] for till in first},
          "the authority knows the tills under other serial numbers")
    calls = ask(f"{arguments.admin}/book")["calls"]
    issued = [call for call in calls if call["endpoint"] == "production" and call["http"] == 200]
    asked = [call for call in calls if call["endpoint"] == "compliance"]
    check(len(issued) == arguments.count, f"{len(issued)} production certificates were issued")
    check(len(asked) == arguments.count, f"{len(asked)} OTPs were sent")
    check(len({call["csid"] for call in issued}) == arguments.count, "tills share a compliance certificate")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


parser = argparse.ArgumentParser()
parser.add_argument("action", choices=["make", "judge"])
parser.add_argument("--count", type=int, required=True)
parser.add_argument("--work", required=True)
parser.add_argument("--admin", required=True)
parser.add_argument("--base-url")
parser.add_argument("--settings")
chosen = parser.parse_args()
(make if chosen.action == "make" else judge)(chosen)
