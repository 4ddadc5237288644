#!/usr/bin/env bash
# Installs what is missing of the Debian packages that the given files list, one a line.
set -euo pipefail
missing=()
for package in $(sed -e 's/#.*//' -e '/^\s*$/d' "$@"); do
    if [ "$package" = python3-venv ] && python3 -c 'import ensurepip' 2>/dev/null; then continue; fi
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ]; then sudo=(); elif sudo -n true 2>/dev/null; then sudo=(sudo -n); else
    echo "These system packages are missing, and installing them needs an administrator. Please run:"
    echo "    sudo apt-get install ${missing[*]}"
    exit 1
fi
echo "Installing system packages: ${missing[*]}"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
