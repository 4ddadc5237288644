#!/usr/bin/env bash
# Every test, in three processes side by side: much of a test is waiting, so that two cores are kept busy.  What is not named here runs in
# the third.  After the first the tablet's package is made, started where there is no Python and driven through a visit.
set -uo pipefail
cd "$(dirname "$0")/.."
first=(tests/screens tests/devices tests/field tests/kiosk/face tests/kiosk/test_whole_check.py)
second=(tests/central tests/stand)
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
run() { .venv/bin/python -m pytest -p no:cacheprovider "$@"; }
{ run "${first[@]}" && deploy/tablet.sh && .venv/bin/python -m bench.tablet_bundle; } >"$said/first" 2>&1 &
one=$!
run "${second[@]}" >"$said/second" 2>&1 &
two=$!
run tests "${first[@]/#/--ignore=}" "${second[@]/#/--ignore=}"
failed=$?
wait $two || failed=1
cat "$said/second"
wait $one || failed=1
cat "$said/first"
exit $failed
