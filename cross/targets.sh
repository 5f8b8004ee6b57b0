# What the scripts of this folder know about each target. Sourced, not run.

TILLD_CROSS_HOME=${TILLD_CROSS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/tilld-cross}
ARM_TARGETS=(aarch64-unknown-linux-gnu armv7-unknown-linux-gnueabihf)
NATIVE_TARGET=x86_64-unknown-linux-gnu

# GNU triplet of the C toolchain of a target.
triplet_of() {
    case $1 in
        aarch64-unknown-linux-gnu) echo aarch64-linux-gnu ;;
        armv7-unknown-linux-gnueabihf) echo arm-linux-gnueabihf ;;
        x86_64-unknown-linux-gnu) echo x86_64-linux-gnu ;;
    esac
}

# Stops the script when the target is not one of ours.
require_target() {
    if [ -z "$(triplet_of "$1")" ]; then
        echo "$(basename "$0"): unknown target '$1'; known: ${ARM_TARGETS[*]} $NATIVE_TARGET" >&2
        exit 2
    fi
}

# Debian packages that compile and link C for a target.
packages_of() {
    case $1 in
        aarch64-unknown-linux-gnu) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
        armv7-unknown-linux-gnueabihf) echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross ;;
        x86_64-unknown-linux-gnu) echo gcc libc6-dev ;;
    esac
}

# The qemu-user program that runs a target's binaries; empty for the machine's own kind.
emulator_of() {
    case $1 in
        aarch64-unknown-linux-gnu) echo qemu-aarch64-static ;;
        armv7-unknown-linux-gnueabihf) echo qemu-arm-static ;;
    esac
}

# The environment that cargo, the cc crate and `cargo run` want for a target.
settings_of() {
    local triplet low up
    triplet=$(triplet_of "$1")
    low=${1//-/_}
    up=${low^^}
    echo "export CARGO_TARGET_${up}_LINKER=$triplet-gcc"
    echo "export CC_$low=$triplet-gcc"
    echo "export AR_$low=$triplet-ar"
    echo "export CARGO_TARGET_${up}_RUNNER=\"$(emulator_of "$1") -L /usr/$triplet\""
}

# Reads the settings, or says how to get them.
load_settings() {
    if [ ! -r "$TILLD_CROSS_HOME/env" ]; then
        echo "$(basename "$0"): no $TILLD_CROSS_HOME/env; run cross/setup.sh first" >&2
        exit 2
    fi
    . "$TILLD_CROSS_HOME/env"
}

# The directory that cargo builds into.
target_dir() {
    echo "${CARGO_TARGET_DIR:-$ROOT/target}"
}
