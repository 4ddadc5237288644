#!/usr/bin/env bash
# Every test, in two processes side by side: on two cores it takes half the time.  What is not named here runs in the second.
# Beside the longer half the tablet's package is made, started where there is no Python and driven through a visit.
set -uo pipefail
cd "$(dirname "$0")/.."
first=(tests/screens tests/devices tests/field tests/stand tests/bench tests/proof tests/kiosk/face tests/kiosk/test_whole_check.py)
said=$(mktemp)
trap 'rm -f "$said"' EXIT
{ .venv/bin/python -m pytest -p no:cacheprovider "${first[@]}" && deploy/tablet.sh && .venv/bin/python -m bench.tablet_bundle; } >"$said" 2>&1 &
.venv/bin/python -m pytest -p no:cacheprovider tests "${first[@]/#/--ignore=}"
second=$?
wait $!
one=$?
cat "$said"
[ "$one" -eq 0 ] && [ "$second" -eq 0 ]
