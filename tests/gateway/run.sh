#!/bin/sh
# Two hundred sales against an independent gateway, with the network cut in the
# middle. Needs the folder of shared tools: TILLD_SHARED, or ../shared beside the
# project. TILLD_BIN names another program than the debug build. Prints a
# summary; exits 0 only if the gateway's audit and `tilld verify` are content.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools.sh"
exec "$python" -B "$here/drive.py" --gateway "$shared/fatoora/gateway.py" \
    --settings "$root/assets/demo/till.toml" --tilld "$TILLD_BIN" "$@"
