# What a run against the independent gateway needs, for the script in the folder
# $here: the project, the shared tools, the program, the judges' Python.
root=$(cd "$here/../.." && pwd)
shared=${TILLD_SHARED:-$root/../shared}
if [ ! -f "$shared/fatoora/gateway.py" ]; then
    echo "no fatoora/gateway.py in $shared; set TILLD_SHARED" >&2
    exit 2
fi
if [ -z "${TILLD_BIN:-}" ]; then
    (cd "$root" && cargo build --quiet)
    TILLD_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/tilld
fi
python=$("$shared/conformance/setup.sh")
