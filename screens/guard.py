"""Which taps count.  A shaking hand taps twice, a quick one taps on what has just changed under the finger.

Nothing counts within 600 ms of a change of screen or of an answer, and one button counts once in 600 ms.
"""

from __future__ import annotations

from collections.abc import Callable

QUIET_S = 0.6


class Guard:
    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self._quiet_until = 0.0

    def hush(self) -> None:
        """The screen changed, or an answer was taken."""
        self._quiet_until = self.monotonic() + QUIET_S

    def open(self) -> bool:
        return self.monotonic() >= self._quiet_until

    def repeated(self, last: float | None) -> bool:
        """True when a button whose last tap was at ``last`` is tapped again too soon."""
        return last is not None and self.monotonic() - last < QUIET_S
