#!/usr/bin/env bash
# Brings a fresh Debian 12 to the point where the kiosk runs: system packages, a virtual environment, the locked requirements.
# Quiet and quick when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(sed -e 's/#.*//' -e '/^\s*$/d' deploy/packages.txt)
missing=()
for package in $packages; do
    if [ "$package" = python3-venv ] && python3 -c 'import ensurepip' 2>/dev/null; then continue; fi
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ]; then sudo=(); elif sudo -n true 2>/dev/null; then sudo=(sudo -n); else
        echo "These system packages are missing, and installing them needs an administrator. Please run:"
        echo "    sudo apt-get install ${missing[*]}"
        exit 1
    fi
    echo "Installing system packages: ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
stamp=.venv/installed.sha256
want=$(sha256sum requirements.lock pyproject.toml deploy/setup.sh | sha256sum | cut -d' ' -f1)
if [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
    echo "Making the virtual environment (a few minutes the first time)"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install -q --no-deps --require-hashes -r requirements.lock
    .venv/bin/python -m pip install -q --no-deps --no-build-isolation -e .
    echo "$want" >"$stamp"
fi
