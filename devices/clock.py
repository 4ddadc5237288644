"""Time as an argument: drivers and flows never read the wall themselves."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic seconds for deadlines and order, wall milliseconds only for printing and logging."""

    def monotonic(self) -> float:
        """Seconds that never step back, and go on while the machine sleeps."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970 UTC; may be wrong."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        # CLOCK_MONOTONIC stands still while a machine sleeps: a code would outlive its order
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
