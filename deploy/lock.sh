#!/usr/bin/env bash
# Makes requirements.lock anew from pyproject.toml: exact versions, hashes, no URLs.
# dlib itself is left out: it ships source only, and dlib-bin brings the same module already compiled.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 \
    --python-platform x86_64-manylinux_2_28 --no-header --no-annotate --no-emit-index-url \
    --quiet -o requirements.lock
python3 - <<'PY'
import re, pathlib
lock = pathlib.Path("requirements.lock")
text = re.sub(r"^dlib==.*?(?=^[a-z])", "", lock.read_text(), flags=re.M | re.S)
assert "://" not in text
lock.write_text(text)
PY
