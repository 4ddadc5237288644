#!/usr/bin/env bash
# Makes requirements.lock anew from pyproject.toml: exact versions, hashes, no URLs.
# What is left out, and why, is in pyproject.toml, [tool.uv].
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 \
    --python-platform x86_64-manylinux_2_28 --no-header --no-annotate --no-emit-index-url \
    --quiet -o requirements.lock
if grep -q "://" requirements.lock; then
    echo "requirements.lock names a place to fetch from" >&2
    exit 1
fi
