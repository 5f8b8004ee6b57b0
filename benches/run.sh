#!/bin/sh
# Every bench, and one table: budget, what, limit in the same run, measured,
# ratio or value, allowed, verdict. Ends with 0 even if a budget is missed: a
# timing decides no test.
set -eu
cd "$(dirname "$0")/.."
cargo bench --no-run --bench sale --bench durable --bench receipt --bench backlog >&2
{
    echo "budget | what | limit | measured | value | allowed | verdict"
    for bench in sale durable receipt backlog; do
        cargo bench --quiet --bench "$bench"
    done
    benches/instructions.sh
} | grep ' | ' | column -t -s '|'
