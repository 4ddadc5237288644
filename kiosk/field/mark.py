"""The latest time this tablet has seen, on disk: a clock that is set back makes nothing younger.

Within one boot the time is known to go on as the monotonic clock does; over a restart it is at least what it was.  A clock that lags
more than ``MOST_LAG_S`` behind is not believed until central has been heard, whose answer also corrects a mark that was too late.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from devices.clock import Clock
from kiosk.field.disk import Disk

FILE = "time.mark"
MOST_LAG_S = 600.0
WRITE_EVERY_MS = 60_000  # a power cut makes the mark at most so much too early
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class ClockSetBack(Exception):
    """This machine's clock says less than it has said before."""


class TimeMark:
    """Belongs to the session thread.  All times are this machine's own wall clock, in ms."""

    def __init__(self, folder: Path, clock: Clock, disk: Disk) -> None:
        self._path, self._clock, self._disk = folder / FILE, clock, disk

    def now_ms(self) -> int:
        """The time, never less than it was.  Raises ClockSetBack."""
        wall_ms, least_ms, marked_ms = self._clock.wall_ms(), 0, 0
        # none yet, or unreadable: only the clock is known
        with suppress(OSError, ValueError, KeyError, TypeError):
            mark = json.loads(self._path.read_bytes())
            marked_ms = int(mark["wall_ms"])
            passed_ms = round(self._clock.monotonic() * 1000) - int(mark["mono_ms"])
            least_ms = marked_ms + (max(passed_ms, 0) if mark["boot"] == _boot() else 0)
        if wall_ms < least_ms - MOST_LAG_S * 1000:
            raise ClockSetBack
        now_ms = max(wall_ms, least_ms)
        if now_ms >= marked_ms + WRITE_EVERY_MS:
            self._write(now_ms)
        return now_ms

    def believe(self) -> int:
        """Central has just been heard: the clock is what it is.  Returns it."""
        wall_ms = self._clock.wall_ms()
        self._write(wall_ms)
        return wall_ms

    def _write(self, wall_ms: int) -> None:
        mono_ms = round(self._clock.monotonic() * 1000)
        mark = {"wall_ms": wall_ms, "mono_ms": mono_ms, "boot": _boot()}
        with suppress(OSError):  # a full disk must not keep staff from signing in and sending what is on it
            self._disk.put(self._path, json.dumps(mark).encode())


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
