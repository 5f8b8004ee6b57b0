#!/bin/bash
# Builds tilld in release mode for one or more targets and inspects what came out:
#  - nothing but the C library's own family may be linked dynamically,
#  - no symbol may ask for a newer glibc than the package declares,
#  - it must be stripped; its size with and without the embedded fonts is printed.
#
#   cross/build.sh [--deb] [--no-build] [TARGET...]     default: both ARM targets
#
# --deb makes a Debian package of each, too (needs setup.sh --deb); --no-build inspects and
# packages what an earlier run built. Exit code 1 when a binary breaks one of the three rules.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/cross/targets.sh"

# The C library, its parts that were separate before glibc 2.34, the unwinder, the loader.
ALLOWED='^(libc\.so\.6|libm\.so\.6|libgcc_s\.so\.1|libpthread\.so\.0|libdl\.so\.2|ld-linux[a-z0-9-]*\.so\.[0-9])$'

deb=no
build=yes
targets=()
for argument in "$@"; do
    case $argument in
        --deb) deb=yes ;;
        --no-build) build=no ;;
        -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) require_target "$argument"; targets+=("$argument") ;;
    esac
done
[ ${#targets[@]} -gt 0 ] || targets=("${ARM_TARGETS[@]}")
load_settings
cd "$ROOT"

# The newest glibc that the package's dependency line promises.
promised=$(sed -n 's/^depends = .*libc6 (>= \([0-9.]*\)).*/\1/p' Cargo.toml)
if [ -z "$promised" ]; then
    echo "build.sh: Cargo.toml has no 'libc6 (>= ...)' in [package.metadata.deb] depends" >&2
    exit 2
fi

# Prints the facts about one binary; returns 1 when it breaks a rule.
inspect() {
    local binary=$1 needed foreign newest fonts size good=0
    needed=$(readelf --dynamic --wide "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
    foreign=$(grep -vE "$ALLOWED" <<<"$needed" || true)
    newest=$(readelf --version-info --wide "$binary" | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -1)
    newest=${newest#GLIBC_}
    size=$(stat --format=%s "$binary")
    echo "  stripped size   $size bytes ($(mebibytes "$size") MiB)"
    if fonts=$("$ROOT/cross/font-bytes.py" "$binary"); then
        echo "  without fonts   $((size - fonts)) bytes ($(mebibytes $((size - fonts))) MiB)"
    else
        echo "  without fonts   not known (python3 is missing)"
    fi
    echo "  needs           $(tr '\n' ' ' <<<"$needed")"
    echo "  glibc           $newest (package promises $promised)"
    if [ -n "$foreign" ]; then
        echo "  REFUSED: linked to $(tr '\n' ' ' <<<"$foreign")" >&2
        good=1
    fi
    if [ "$(printf '%s\n' "$newest" "$promised" | sort -V | tail -1)" != "$promised" ]; then
        echo "  REFUSED: a symbol wants glibc $newest; raise the package's depends or build on an older base" >&2
        good=1
    fi
    if readelf --sections --wide "$binary" | grep -q ' \.symtab '; then
        echo "  REFUSED: not stripped" >&2
        good=1
    fi
    return $good
}

mebibytes() {
    awk -v bytes="$1" 'BEGIN { printf "%.2f", bytes / 1048576 }'
}

status=0
for target in "${targets[@]}"; do
    [ $build = no ] || cargo build --release --locked --target "$target"
    binary=$(target_dir)/$target/release/tilld
    if [ ! -x "$binary" ]; then
        echo "build.sh: $target has not been built" >&2
        exit 2
    fi
    echo "$target"
    inspect "$binary" || status=1
    if [ $deb = yes ]; then
        package=$(cargo deb --locked --no-build --deb-revision 1 --target "$target" | tail -1)
        echo "  package         $package ($(stat --format=%s "$package") bytes)"
    fi
done
exit $status
