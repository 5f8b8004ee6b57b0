"""Compares `tilld check --strict --json` with the judge on whole documents: the
same verdict and the same rule ids in each layer, or exit 1.

    samples.py TILLD JUDGE PYTHON FOLDER
"""
import json
import subprocess
import sys


def ours(tilld: str, folder: str) -> dict[str, tuple[bool, set[tuple[str, str]]]]:
    run = subprocess.run([tilld, "check", "--strict", "--json", folder], capture_output=True, text=True)
    found = {}
    for line in run.stdout.splitlines():
        one = json.loads(line)
        ids = {(finding["layer"], finding["rule"]) for finding in one["findings"]}
        found[one["file"]] = (one["verdict"] != "fail", ids)
    return found


def theirs(python: str, judge: str, folder: str) -> dict[str, tuple[bool, set[tuple[str, str]]]]:
    run = subprocess.run([python, judge, "--strict", "--json", folder], capture_output=True, text=True)
    found = {}
    for one in json.loads(run.stdout)["results"]:
        ids = {
            (name, entry["rule"])
            for name, layer in one["layers"].items()
            for kind in ("errors", "warnings")
            for entry in layer.get(kind, [])
        }
        found[one["file"]] = (one["ok"], ids)
    return found


def main() -> int:
    tilld, judge, python, folder = sys.argv[1:5]
    we, they = ours(tilld, folder), theirs(python, judge, folder)
    differing = [name for name in they if we.get(name) != they[name]]
    for name in differing:
        print(name, "judge:", they[name], "tilld:", we.get(name), sep="\n  ")
    print(f"{len(they)} documents, {len(differing)} judged differently")
    return 1 if differing or not they else 0


if __name__ == "__main__":
    sys.exit(main())
