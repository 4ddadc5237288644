#!/usr/bin/env bash
# Brings a fresh Debian 12 to the point where the kiosk runs: system packages, a virtual environment, the locked requirements.
# Quiet and quick when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/packages.sh deploy/packages.txt
stamp=.venv/installed.sha256
want=$(sha256sum requirements.lock pyproject.toml deploy/setup.sh | sha256sum | cut -d' ' -f1)
if [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
    echo "Making the virtual environment (a few minutes the first time)"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install -q --no-deps --require-hashes -r requirements.lock
    .venv/bin/python -m pip install -q --no-deps --no-build-isolation -e .
    echo "$want" >"$stamp"
fi
