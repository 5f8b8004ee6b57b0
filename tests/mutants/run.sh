#!/bin/sh
# COUNT mutants of valid documents (default 1500), made with SEED (default: the day), judged by the official rules
# with --strict and by `tilld check --strict`. Quiet but for a summary; exits 0 only if every difference is argued.
#
#     tests/mutants/run.sh [COUNT [SEED [DOCUMENTS...]]]
#
# Bases are the official samples, made-up documents of every kind, and the DOCUMENTS given (folders of
# ours). Needs the folder of shared tools: TILLD_SHARED, or ../shared beside the project. TILLD_BIN names another
# program than the debug build; MUTANTS_OUT keeps the documents and verdicts.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
shared=${TILLD_SHARED:-$root/../shared}
judge=$shared/conformance
if [ ! -f "$judge/check_invoice.py" ]; then
    echo "no conformance/check_invoice.py in $shared; set TILLD_SHARED" >&2
    exit 2
fi
if [ -z "${TILLD_BIN:-}" ]; then
    (cd "$root" && cargo build --quiet)
    TILLD_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/tilld
fi
count=${1:-1500}
seed=${2:-$(date +%Y%m%d)}
[ $# -lt 2 ] && shift $# || shift 2
work=${MUTANTS_OUT:-}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
export PYTHONDONTWRITEBYTECODE=1
python=$("$judge/setup.sh")
keys=$judge/data/samples/keys
rm -rf "$work/bases" "$work/xml"
"$python" "$here/bases.py" "$work/bases" --keys "$keys" --seed "$seed"
"$python" "$here/mutate.py" "$judge/data/samples/valid" "$work/bases" "$@" --out "$work" --keys "$keys" --seed "$seed" --count "$count"
"$python" "$here/judge.py" theirs --conformance "$judge" --out "$work/theirs.jsonl" "$work/xml"
"$python" "$here/operator_report.py" "$work" >"$work/operators.txt" || { cat "$work/operators.txt"; exit 1; }
"$python" "$here/judge.py" ours --tilld "$TILLD_BIN" --out "$work/ours.jsonl" "$work/xml"
echo "seed $seed"
"$python" "$here/compare.py" "$work"
