"""What the official judge made of each operator: the proof that every operator bites and that neutral ones do not.

Exits 1 if an operator that is not neutral had all its mutants accepted, or a neutral document was refused.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from judge import objects
from mutate import REGISTER

ENOUGH = 60  # mutants of one operator from which on none refused counts as a fault of the operator


def main() -> int:
    folder = Path(sys.argv[1])
    verdicts = {one["file"]: one for one in objects((folder / "theirs.jsonl").read_text(encoding="utf-8"))}
    made, refused, faults = Counter(), Counter(), []
    for mutant in objects((folder / "manifest.jsonl").read_text(encoding="utf-8")):
        verdict = verdicts[mutant["file"]]
        for name in mutant["operators"] if len(mutant["operators"]) == 1 else []:
            made[name] += 1
            refused[name] += not verdict["pass"]
        if mutant["neutral"] and not verdict["pass"]:
            faults.append("neutral but refused: %s %s %s: %s" % (mutant["file"], mutant["base"], mutant["what"], verdict["ids"]))
    for name, one in sorted(REGISTER.items()):
        print("%-36s %5d alone %5d refused%s" % (name, made[name], refused[name], "  neutral" if one.neutral else ""))
        if not one.neutral and made[name] >= ENOUGH and not refused[name]:
            faults.append("never refused: %s" % name)
    layers = Counter(one.split("/")[0] for verdict in verdicts.values() for one in verdict["ids"])
    rules = {one for verdict in verdicts.values() for one in verdict["ids"]}
    print("%d documents, %d refused, %d ids; mutants per layer: %s"
          % (len(verdicts), sum(not v["pass"] for v in verdicts.values()), len(rules), dict(layers)))
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
