#!/usr/bin/env bash
# Installs the package on a fresh Debian 12 that never had a Python, and starts it there.  Needs root, debootstrap and the network; a few
# minutes.  FOLDER is made for it and stays, to be looked at.
#
#     sudo deploy/tablet/fresh.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$1
debootstrap --variant=minbase bookworm "$root"
cp dist/shebao-tablet_*.deb "$root/tmp/"
inside() { unshare --mount bash -ec 'mount -t proc none "$0/proc"; mount --rbind /dev "$0/dev"; exec chroot "$0" "$@"' "$root" "$@"; }
inside sh -ec 'apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/shebao-tablet_*.deb' >/dev/null
if inside sh -c 'command -v python3'; then
    echo "the package brings Python" >&2
    exit 1
fi
inside shebao-tablet config check /etc/shebao-kiosk/tablet.toml
inside sh -c 'sed -e s#/dev/kiosk-reader#/dev/null# -e s#/var/lib/shebao-kiosk#/tmp/data# /etc/shebao-kiosk/tablet.toml >/tmp/t.toml'
inside shebao-tablet face doctor --config /tmp/t.toml
inside timeout --signal=TERM --preserve-status 15 shebao-tablet run --headless --config /tmp/t.toml
cat "$root/tmp/data/kiosk.log"
