"""What the movements of the head leave behind: the depth of each, and a face of each.  Pure.

What is taken of a movement is taken of one unbroken piece of the film that begins straight: when the face was lost and found again
on the way, another one may have come, and nothing more is taken until the head is straight again.  So a photograph that does one
movement and a living face that does the next are told by either: the one has no depth, the other is somebody else.
"""

from __future__ import annotations

from kiosk.face.crops import Image
from kiosk.face.guidance import Action
from kiosk.face.kept import Kept, cut_out
from kiosk.face.mesh import Mesh
from kiosk.face.parallax import Shot, relief, shot
from kiosk.face.quality import Light

# Degrees away at which the depth is looked at: far enough for the nose, near enough to be followed.
DEPTH_TURN_DEG, DEPTH_NOD_DEG = 18.0, 13.0
SAME_FACE_DEG = 13.0  # and at which the face is kept


class Moves:
    """Of one draw.  ``reliefs``: of each movement that was done, None where it could not be measured; ``faces``: likewise."""

    def __init__(self) -> None:
        self.reliefs: list[float | None] = []
        self.faces: list[Kept | None] = []
        self._straight: Shot | None = None  # the newest before this movement
        self._away: tuple[Shot, float] | None = None  # of this movement, and its degrees
        self._face: Kept | None = None
        self._broken = False

    def straight(self, image: Image, mesh: Mesh) -> None:
        """A frame before the movement."""
        self._drop()
        self._straight = shot(image, mesh)

    def moving(
        self, image: Image, mesh: Mesh, light: Light, action: Action, degrees: float, followed: bool
    ) -> None:
        """A frame of the movement.  ``degrees``: to the person's left for a turn, upwards for a nod."""
        self._broken |= not followed
        if self._broken or self._straight is None:
            return
        wanted = DEPTH_NOD_DEG if action is Action.NOD else DEPTH_TURN_DEG
        away = abs(degrees)
        if self._away is None or abs(away - wanted) < abs(abs(self._away[1]) - wanted):
            if self._away is not None:
                self._away[0].forget()
            self._away = (shot(image, mesh), degrees)
        if self._face is None or abs(away - SAME_FACE_DEG) < abs(self._face.away_deg - SAME_FACE_DEG):
            if self._face is not None:
                self._face.forget()
            self._face = cut_out(image, mesh, light, away)

    def done(self, action: Action) -> bool:
        """The movement is over, and was the one that was asked for.  False when its depth could not be measured."""
        found = None
        if self._straight is not None and self._away is not None:
            found = relief(self._straight, self._away[0], action, self._away[1])
        self.reliefs.append(found)
        self.faces.append(self._face)
        self._face = None
        self._drop()
        return found is not None

    @property
    def least_relief(self) -> float | None:
        """Of the flattest movement; None when there was none, or one could not be measured."""
        known = [found for found in self.reliefs if found is not None]
        return min(known) if known and len(known) == len(self.reliefs) else None

    def forget(self) -> None:
        """Zeroes every picture.  What was measured stays."""
        for face in self.faces:
            if face is not None:
                face.forget()
        self.faces.clear()
        self._drop()

    def _drop(self) -> None:
        """What is half measured."""
        for grey in (self._straight, self._away[0] if self._away else None):
            if grey is not None:
                grey.forget()
        if self._face is not None:
            self._face.forget()
        self._straight = self._away = self._face = None
        self._broken = False
