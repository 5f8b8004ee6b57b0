#!/bin/bash
# Prepares this machine for building tilld for ARM tills: C cross compilers, Rust targets,
# qemu for running the result, and (with --deb) cargo-deb. Idempotent: a second run installs
# nothing. Root is needed only when apt has something to install.
#
#   cross/setup.sh [--deb] [TARGET...]      default: both ARM targets
#
# Ends by writing the file of settings that build.sh and demo-under-qemu.sh read:
# $TILLD_CROSS_HOME/env, by default ~/.cache/tilld-cross/env.
set -euo pipefail
. "$(dirname "$0")/targets.sh"

CARGO_DEB_VERSION=3.8.0
with_deb=no
targets=()
for argument in "$@"; do
    case $argument in
        --deb) with_deb=yes ;;
        -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) require_target "$argument"; targets+=("$argument") ;;
    esac
done
[ ${#targets[@]} -gt 0 ] || targets=("${ARM_TARGETS[@]}")

# --- what apt has to bring -------------------------------------------------------------------
wanted=(binutils qemu-user-static)
for target in "${targets[@]}"; do
    read -r -a packages <<<"$(packages_of "$target")"
    wanted+=("${packages[@]}")
done
missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "setup.sh: installing ${missing[*]}"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    # Stale package lists are no reason to stop: the install below tells whether they suffice.
    "${as_root[@]}" apt-get update || echo "setup.sh: apt-get update failed, using the lists at hand" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${missing[@]}"
fi

# --- what rustup and cargo have to bring -----------------------------------------------------
installed=$(rustup target list --installed)
for target in "${targets[@]}"; do
    grep -qx "$target" <<<"$installed" || rustup target add "$target"
done

mkdir -p "$TILLD_CROSS_HOME"
if [ $with_deb = yes ]; then
    have=$(PATH="$TILLD_CROSS_HOME/bin:$PATH" cargo-deb --version 2>/dev/null || true)
    case $have in
        *"$CARGO_DEB_VERSION"*) ;;
        *) cargo install cargo-deb --version "$CARGO_DEB_VERSION" --locked --root "$TILLD_CROSS_HOME" ;;
    esac
fi

# --- the settings ----------------------------------------------------------------------------
{
    echo "# written by cross/setup.sh; read by a shell: . env"
    printf 'case ":$PATH:" in *":%s:"*) ;; *) export PATH="%s:$PATH" ;; esac\n' \
        "$TILLD_CROSS_HOME/bin" "$TILLD_CROSS_HOME/bin"
    for target in "${ARM_TARGETS[@]}"; do
        settings_of "$target"
    done
} >"$TILLD_CROSS_HOME/env.new"
mv "$TILLD_CROSS_HOME/env.new" "$TILLD_CROSS_HOME/env"
echo "setup.sh: ready for ${targets[*]}; settings in $TILLD_CROSS_HOME/env"
