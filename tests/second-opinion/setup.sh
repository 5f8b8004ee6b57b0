#!/bin/sh
# Makes sure that second-opinion can be built here. It is pure Rust apart from two
# cryptographic libraries in its dependency tree (fatoora-core's HTTP client, which
# no check uses); they want a C compiler and nothing else: no libxml2, no clang,
# no cmake, no OpenSSL. Idempotent; asks for root only when something is missing.
set -eu

if ! command -v cc >/dev/null 2>&1; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "setup.sh: no C compiler found; install gcc or clang and run this again" >&2
        exit 1
    fi
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc libc6-dev
fi
if ! command -v cargo >/dev/null 2>&1; then
    echo "setup.sh: no cargo found; install a Rust toolchain (1.89 or newer) and run this again" >&2
    exit 1
fi
cargo fetch --locked --manifest-path "$(dirname "$0")/Cargo.toml"
echo "ready: cargo run --locked --manifest-path tests/second-opinion/Cargo.toml -- DIR"
