"""A photograph that a member of staff takes: pictures go by until one stands still.  Nothing is looked for in them.

feed     another picture of the camera: the preview's, while nothing stands still
shoot    the newest one stands still, if it is not old; again: a newer one
go_on    the preview moves again, and what stood still is zeroed
forget   nothing is left
"""

from __future__ import annotations

from devices.camera import Frame
from kiosk.face.crops import Image
from kiosk.face.picture import photo

FRESH_S = 1.0  # an older picture is of something that is over


class Posing:
    """One photograph.  No thread, no clock: times are the camera's."""

    def __init__(self) -> None:
        self._newest: Frame | None = None
        self.still: Image | None = None

    def feed(self, frame: Frame) -> None:
        self._newest = frame

    def shoot(self, now_s: float) -> bool:
        """False: there is no new picture, and what stood still stays."""
        if self._newest is None or now_s - self._newest.at_s > FRESH_S:
            return False
        taken = self._newest.image.copy()  # the camera blackens its own
        self.go_on()
        self.still = taken
        return True

    def go_on(self) -> None:
        if self.still is not None:
            self.still.fill(0)
            self.still = None

    def content(self) -> bytes | None:
        """What is sealed of the one that stands still (picture.photo); None when there is none."""
        return None if self.still is None else photo(self.still)

    def forget(self) -> None:
        self.go_on()
        if self._newest is not None:
            self._newest.image.fill(0)
            self._newest = None
