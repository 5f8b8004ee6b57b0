#!/bin/bash
# Runs the whole demo with the release binary of another processor, under qemu-user:
# a morning of sales signed, stored, printed and reported by the code that the till will run.
#
#   cross/demo-under-qemu.sh TARGET [DIR]
#
# DIR keeps what the demo makes; without it a temporary folder is used and removed.
# The exit code is the demo's own; 2 for wrong use.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/cross/targets.sh"

case ${1:-} in
    '' | -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; [ -n "${1:-}" ] && exit 0 || exit 2 ;;
esac
target=$1
require_target "$target"
binary=$(target_dir)/$target/release/tilld
if [ ! -x "$binary" ]; then
    echo "demo-under-qemu.sh: no $binary; run cross/build.sh $target first" >&2
    exit 2
fi

run=("$binary")
emulator=$(emulator_of "$target")
if [ -n "$emulator" ] && [ "$(uname -m)" != "${target%%-*}" ]; then
    if ! command -v "$emulator" >/dev/null; then
        echo "demo-under-qemu.sh: $emulator is missing; run cross/setup.sh first" >&2
        exit 2
    fi
    run=("$emulator" -L "/usr/$(triplet_of "$target")" "$binary")
fi

if [ $# -ge 2 ]; then
    folder=$2
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
fi
status=0
"${run[@]}" demo --dir "$folder" || status=$?
echo "demo-under-qemu.sh: $target, exit code $status"
exit $status
