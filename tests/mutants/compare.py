"""Joins both verdicts and the manifest: where tilld and the official rules differ, and whether that is argued.

A difference is an id that only one of them reports. It is argued if an entry of differences.toml
covers it; verdicts may differ only under an entry that says so. Exits 1 on anything else.
"""

from __future__ import annotations

import argparse
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from judge import objects

AGREE, OTHER_IDS, WE_PASS, WE_REFUSE = "agree", "same verdict, other ids", "WE PASS WHAT IT REFUSES", "we refuse what it passes"


@dataclass
class Entry:
    """One argued difference."""

    reason: str
    theirs: list[str] = field(default_factory=list)  # ids that only the judge may report
    ours: list[str] = field(default_factory=list)  # ids that only tilld may report
    operator: list[str] = field(default_factory=lambda: ["*"])
    what: list[str] = field(default_factory=lambda: ["*"])  # patterns of what the mutation changed
    given: str | None = None  # an id that must be among the judge's
    given_ours: str | None = None  # an id that must be among tilld's
    verdict: str = ""  # "we pass" or "we refuse", if it may decide the verdict
    used: int = 0

    def applies(self, mutant: dict, theirs: set[str], ours: set[str]) -> bool:
        return (any(fnmatchcase(name, one) for name in mutant["operators"] or ["none"] for one in self.operator)
                and any(fnmatchcase(said, one) for said in mutant["what"] or [""] for one in self.what)
                and (self.given is None or any(fnmatchcase(one, self.given) for one in theirs))
                and (self.given_ours is None or any(fnmatchcase(one, self.given_ours) for one in ours)))


def kind_of(theirs: dict, ours: dict) -> str:
    if theirs["pass"] != ours["pass"]:
        return WE_PASS if ours["pass"] else WE_REFUSE
    return AGREE if set(theirs["ids"]) == set(ours["ids"]) else OTHER_IDS


def unargued(mutant: dict, theirs: dict, ours: dict, kind: str, entries: list[Entry]) -> list[str]:
    """The ids that no entry covers, marked with who reports them; and the verdict, if no entry allows it."""
    said, we = set(theirs["ids"]), set(ours["ids"])
    usable = [entry for entry in entries if entry.applies(mutant, said, we)]
    needed = {WE_PASS: "we pass", WE_REFUSE: "we refuse"}.get(kind)
    left, allowed = [], needed is None
    for who, ids in (("judge", said - we), ("tilld", we - said)):
        for one in sorted(ids):
            covering = [e for e in usable if any(fnmatchcase(one, p) for p in (e.theirs if who == "judge" else e.ours))]
            for entry in covering:
                entry.used += 1
            allowed = allowed or any(entry.verdict == needed for entry in covering)
            if not covering:
                left.append("%s only: %s" % (who, one))
    return left if allowed else left or ["verdict"]


def narrowed(verdict: dict, layers: list[str]) -> dict:
    """The verdict as it would be if there were these layers alone."""
    ids = [one for one in verdict["ids"] if one.split("/")[0] in layers]
    return {**verdict, "ids": ids, "pass": set(ids) <= {"ksa/BR-KSA-98"}}


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path, help="with manifest.jsonl, theirs.jsonl, ours.jsonl")
    ask.add_argument("--differences", type=Path, default=Path(__file__).with_name("differences.toml"))
    ask.add_argument("--examples", type=int, default=3, help="examples shown of each cause")
    ask.add_argument("--layer", action="append", help="look at this layer alone (repeatable); its ids decide the verdict")
    ask.add_argument("--unused", action="store_true", help="name the entries that argued nothing in this run")
    given = ask.parse_args()
    entries = [Entry(**one) for one in tomllib.loads(given.differences.read_text(encoding="utf-8")).get("difference", [])]
    theirs, ours = ({one["file"]: one for one in objects((given.folder / name).read_text(encoding="utf-8"))} for name in ("theirs.jsonl", "ours.jsonl"))
    for verdicts in (theirs, ours) if given.layer else ():
        for file, verdict in verdicts.items():
            verdicts[file] = narrowed(verdict, given.layer)
    kinds, argued, causes = Counter(), Counter(), {}
    for mutant in objects((given.folder / "manifest.jsonl").read_text(encoding="utf-8")):
        name = mutant["file"]
        if name not in theirs or name not in ours:
            causes.setdefault((WE_PASS, "no verdict at all"), []).append(mutant)
            continue
        kind = kind_of(theirs[name], ours[name])
        kinds[kind] += 1
        if kind == AGREE:
            continue
        left = unargued(mutant, theirs[name], ours[name], kind, entries)
        argued[kind] += not left
        if left:
            # One cause per id, so that a frequent one does not hide a rare one.
            for cause in left:
                causes.setdefault((kind, cause), []).append(mutant)
    print("%d documents: %s" % (sum(kinds.values()), ", ".join(
        "%d %s%s" % (kinds[k], k, " (%d argued)" % argued[k] if argued[k] else "") for k in (AGREE, WE_PASS, WE_REFUSE, OTHER_IDS))))
    order = {WE_PASS: 0, WE_REFUSE: 1, OTHER_IDS: 2}
    for (kind, cause), found in sorted(causes.items(), key=lambda item: (order[item[0][0]], -len(item[1]))):
        print("%5d  %s; %s" % (len(found), kind, cause))
        for mutant in sorted(found, key=lambda m: len(m["operators"]))[:given.examples]:
            print("       %s %s %s %s" % (mutant["file"], mutant["base"], " + ".join(mutant["operators"]) or "none", "; ".join(mutant["what"])[:160]))
    if given.unused:
        for entry in entries:
            if not entry.used:
                print("argued nothing here: %s" % entry.reason[:100])
    return 1 if causes else 0


if __name__ == "__main__":
    raise SystemExit(main())
