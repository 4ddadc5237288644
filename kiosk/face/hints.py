"""The one hint that is shown: the most pressing one that has lasted, and none that who does as asked cannot help.  Pure."""

from __future__ import annotations

from kiosk.face.guidance import Phase
from kiosk.face.verdicts import Hint

HINT_AFTER_S = 0.4  # shorter is a flicker
LOOK_BACK_AFTER_S = 1.5
BY_ACTING = (Hint.LOOK_STRAIGHT, Hint.HOLD_STILL)


class Hints:
    """Of one check.  ``now`` is what is shown."""

    def __init__(self) -> None:
        self.now: Hint | None = None
        self._none_s = 0.0  # when there was nothing to say last

    def see(
        self, hints: tuple[Hint, ...], phase: Phase, lasted_s: float, looks_away: bool, at_s: float
    ) -> None:
        """A frame's hints, the most pressing first.  ``lasted_s``: so long has the phase been; the head may be away in it."""
        returning = phase is Phase.RETURNING
        if phase is Phase.ACTING or (returning and lasted_s < LOOK_BACK_AFTER_S):
            hints = tuple(hint for hint in hints if hint not in BY_ACTING)
        if not hints and returning and looks_away and lasted_s > LOOK_BACK_AFTER_S:
            hints = (Hint.LOOK_STRAIGHT,)
        if not hints:
            self.now, self._none_s = None, at_s
        elif at_s - self._none_s >= HINT_AFTER_S:
            self.now = hints[0]
