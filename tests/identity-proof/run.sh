#!/bin/sh
# The till's identity against an independent gateway: requests for certificates, environments,
# renewal, refusals, faults, secrets. Needs the folder of shared tools:
# TILLD_SHARED, or ../shared beside the project. TILLD_BIN names another program
# than the debug build.
#
#   run.sh                         all parts
#   run.sh PART [--only WORD] [--sample N SEED]
#                                  one part: csr, life, refusals, faults, leaks; of its cases
#                                  only those with the word, only N that the seed decides
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../gateway/tools.sh"

part() {
    name=$1
    shift
    "$python" -B "$here/$name.py" --gateway "$shared/fatoora/gateway.py" --judges "$shared/conformance" \
        --settings "$root/assets/demo/till.toml" --tilld "$TILLD_BIN" "$@"
}

if [ $# -gt 0 ]; then
    part "$@"
else
    for name in csr life refusals faults leaks; do
        part "$name"
    done
fi
