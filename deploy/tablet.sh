#!/usr/bin/env bash
# Makes dist/shebao-tablet/, a folder that runs without Python, and of it dist/shebao-tablet_VERSION_ARCHITECTURE.deb.
# Two runs over the same commit, with the same packages, make the same bytes.  docs/tablet-build.md
set -euo pipefail
cd "$(dirname "$0")/.."
work=build/tablet tools=build/pyinstaller folder=dist/shebao-tablet
deploy/packages.sh deploy/tablet/packages.txt
# PyInstaller has a folder of its own, so that the kiosk's environment holds nothing but what is in its lock
want=$(sha256sum <requirements-tablet.lock)
if [ ! -e $tools/installed.sha256 ] || [ "$(cat $tools/installed.sha256)" != "$want" ]; then
    rm -rf $tools
    .venv/bin/python -m pip install -q --no-deps --require-hashes --target $tools -r requirements-tablet.lock
    echo "$want" >$tools/installed.sha256
fi

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} PYTHONHASHSEED=0 LC_ALL=C.UTF-8 TZ=UTC
umask 022
rm -rf $work $folder
mkdir -p $work
echo "Making $folder"
# Kivy's own recipe imports Kivy to see which of its parts there are
PYTHONPATH=$tools PYINSTALLER_CONFIG_DIR=$work/cache SDL_VIDEODRIVER=offscreen SDL_AUDIODRIVER=dummy KIVY_HOME=$work/kivy \
    KIVY_NO_ARGS=1 KIVY_NO_CONFIG=1 KIVY_NO_FILELOG=1 KIVY_NO_CONSOLELOG=1 \
    .venv/bin/python -m PyInstaller --noconfirm --log-level WARN --workpath $work --distpath dist \
    deploy/tablet/tablet.spec >$work/build.log 2>&1 || { tail -n 30 $work/build.log >&2; exit 1; }
mv $folder/_internal/licences $folder/licences
# what only a debugger reads; libraries that a wheel has already been stitched into are left as they are
find $folder/_internal/kivy $folder/_internal/python3.* $folder/_internal/libpython* -name '*.so*' -type f -exec strip --strip-debug {} +
deploy/tablet/deb.sh $folder
