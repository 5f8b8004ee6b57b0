#!/bin/sh
# The queue against an independent gateway that misbehaves: each of its faults alone,
# scripts of many, random trouble with kills, a network that is cut. Whatever happened,
# in the end the gateway's audit is content and its book is the till's ledger.
# Needs the folder of shared tools: TILLD_SHARED, or ../shared beside the project.
# TILLD_BIN names another program than the debug build.
#
#   run.sh                                    all parts, as long as they take
#   run.sh faults [--only WORD] [--workers N] each fault alone
#   run.sh scripts [--only WORD]              scripts of many faults, moved clocks, restarts
#   run.sh chaos [--seeds 50] [--sales 300] [--first SEED] [--workers N]
#   run.sh netns                              a cut line in a network namespace; needs root and iproute2
#   run.sh short                              the part for every change: about two minutes
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../gateway/tools.sh"

part() {
    name=$1
    shift
    inside=
    if [ "$name" = netns ]; then
        if [ "$(id -u)" != 0 ] || ! command -v ip nsenter unshare >/dev/null || ! unshare --net --mount true 2>/dev/null; then
            echo 'skipped netns: needs root, iproute2 and leave to make namespaces'
            return
        fi
        # What the script does to the network and to /etc/hosts stays in there.
        inside='unshare --net --mount'
    fi
    $inside "$python" -B "$here/$name.py" --gateway "$shared/fatoora/gateway.py" \
        --settings "$root/assets/demo/till.toml" --tilld "$TILLD_BIN" "$@"
}

case ${1:-all} in
all)
    for name in faults scripts chaos netns; do
        part "$name"
    done
    ;;
short)
    part faults --short
    # Another three each time; the lines name them.
    part chaos --seeds 3 --sales 100 --first "$(date +%s)"
    # Beside others a bound on time says little; the lines name the times.
    part netns --short --within 20
    ;;
*) part "$@" ;;
esac
