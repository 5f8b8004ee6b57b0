"""Asks a judge about a folder and stores one JSON object per document: file, verdict, ids.

    judge.py theirs --conformance DIR --out FILE FOLDER     the official rules, with --strict
    judge.py ours --tilld PROGRAM --out FILE FOLDER         tilld check --strict --json

An id is `layer/RULE`. Both judges leave the clock's own warning BR-KSA-98 without effect on the verdict.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

Verdict = dict[str, object]


def objects(text: str) -> list[dict]:
    """JSON objects, one to a line; only LF ends a line (U+2028 in a value does not)."""
    return [json.loads(one) for one in text.split("\n") if one]


def theirs(conformance: Path, folder: Path, jobs: int) -> list[Verdict]:
    command = [sys.executable, str(conformance / "check_invoice.py"), "--strict", "--json", "--jobs", str(jobs), str(folder)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, cwd=folder, check=False)
    if ran.returncode not in (0, 1):
        sys.exit("judge: %s ended with %d" % (" ".join(command[:2]), ran.returncode))
    made: list[Verdict] = []
    for result in json.loads(ran.stdout)["results"]:
        ids, warned = set(), set()
        for layer, said in result["layers"].items():
            ids |= {"%s/%s" % (layer, one["rule"]) for kind in ("errors", "warnings") for one in said.get(kind, [])}
            warned |= {"%s/%s" % (layer, one["rule"]) for one in said.get("warnings", [])}
            warned |= {"%s/%s" % (layer, one["rule"]) for one in said.get("errors", []) if one.get("was")}
        said = {"file": Path(result["file"]).name, "pass": result["ok"], "ids": sorted(ids), "warnings": sorted(warned)}
        made.append(said)
    return made


def ours(tilld: Path, folder: Path) -> list[Verdict]:
    ran = subprocess.run([str(tilld), "check", "--strict", "--json", str(folder)], stdout=subprocess.PIPE, check=False)
    if ran.returncode not in (0, 1):
        sys.exit("judge: tilld check ended with %d" % ran.returncode)
    made: list[Verdict] = []
    for result in objects(ran.stdout.decode("utf-8")):
        ids = {"%s/%s" % (one["layer"], one["rule"]) for one in result["findings"]}
        made.append({"file": Path(result["file"]).name, "pass": result["verdict"] != "fail", "ids": sorted(ids)})
    return made


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("who", choices=["theirs", "ours"])
    ask.add_argument("folder", type=Path)
    ask.add_argument("--conformance", type=Path)
    ask.add_argument("--tilld", type=Path)
    ask.add_argument("--jobs", type=int, default=2)
    ask.add_argument("--out", type=Path, required=True)
    given = ask.parse_args()
    if given.who == "theirs":
        made = theirs(given.conformance.resolve(), given.folder.resolve(), given.jobs)
    else:
        made = ours(given.tilld.resolve(), given.folder)
    with given.out.open("w", encoding="utf-8") as out:
        for verdict in made:
            out.write(json.dumps(verdict, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
