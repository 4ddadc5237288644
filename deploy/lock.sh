#!/usr/bin/env bash
# Makes the locks anew: exact versions, hashes, no URLs.  requirements.lock from pyproject.toml, and requirements-tablet.lock, which
# makes the tablet's folder and agrees with the first.  What is left out, and why, is in pyproject.toml, [tool.uv].
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
    local to=$1
    shift
    uv pip compile "$@" --generate-hashes --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
        --no-header --no-annotate --no-emit-index-url --quiet -o "$to"
    if grep -q "://" "$to"; then
        echo "$to names a place to fetch from" >&2
        exit 1
    fi
}
lock requirements.lock pyproject.toml --extra dev
lock requirements-tablet.lock deploy/tablet/build.in --constraints requirements.lock
