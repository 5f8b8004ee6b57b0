#!/usr/bin/env bash
# A chain in one night: fifty tills provisioned and onboarded unattended against
# one sandbox, each in a folder of its own, from one template and one table.
#
#   tests/fleet/run.sh [COUNT] [SECONDS]      default: 50 tills in at most 60 s
#
# TILLD_BIN names the program (default: the release build). Prints the seconds
# that it took. Exits 0 only if every till has a key, a serial number and a
# certificate of its own and the authority's books agree.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
count=${1:-50}
most=${2:-60}
tilld=${TILLD_BIN:-${CARGO_TARGET_DIR:-$root/target}/release/tilld}
work=$(mktemp -d)
sandbox=
ended() {
    [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true
    rm -rf "$work"
}
trap ended EXIT
unset CREDENTIALS_DIRECTORY

mkfifo "$work/told"
"$tilld" sandbox --listen 127.0.0.1:0 >"$work/told" 2>"$work/sandbox.log" &
sandbox=$!
read -r told <"$work/told"
field() { python3 -c 'import json, sys; told = json.loads(sys.argv[1])
for key in sys.argv[2:]: told = told[key]
print(told)' "$told" "$@"; }
admin=$(field admin_url)
base_url=$(field environments developer-portal base_url)

began=$(date +%s%N)
python3 "$root/tests/fleet/fleet.py" make --count "$count" --work "$work" --admin "$admin" \
    --base-url "$base_url" --settings "$root/assets/provision.example.toml"
"$tilld" provision --table "$work/tills.csv" --template "$work/chain.toml" --out "$work/set"

one() {
    local name=$1
    "$tilld" provision "$work/set/$name.toml" --config "$work/$name/tilld.toml" --json \
        >"$work/$name/first.json" 2>"$work/$name/log" </dev/null || { cat "$work/$name/log" >&2; return 1; }
}
export -f one
export tilld work
cut -d, -f1 "$work/tills.csv" | tail -n +2 | xargs -P 4 -I{} bash -c 'one {}'
ended=$(date +%s%N)

# Once more: every till says that it is active, and the authority hears nothing.
while read -r name; do
    rm "$work/set/otp-$name"
    "$tilld" provision "$work/set/$name.toml" --config "$work/$name/tilld.toml" --json \
        >"$work/$name/second.json" </dev/null
done < <(cut -d, -f1 "$work/tills.csv" | tail -n +2)
python3 "$root/tests/fleet/fleet.py" judge --count "$count" --work "$work" --admin "$admin"

took=$(((ended - began) / 1000000))
printf '%d tills provisioned and onboarded in %d.%03d s\n' "$count" $((took / 1000)) $((took % 1000))
if [ "$took" -gt $((most * 1000)) ]; then
    echo "that is more than $most s" >&2
    exit 1
fi
