"""One face followed from frame to frame, the whole frame searched only now and then.  Pure: what is remembered is a value.

The mesh of one frame says where to look in the next.  Every few frames, and whenever the face is lost, the detector looks at the
whole frame: it counts faces and says when the followed one is no longer the nearest person.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.face.crops import Crop, Image
from kiosk.face.detection import Box, detect
from kiosk.face.mesh import Mesh, landmarks
from kiosk.face.models import Models

LEAST_PRESENCE = 0.5  # below it the square holds no face that could be followed
SAME_FACE_OVERLAP = 0.2  # of the detector's box and the mesh's: they frame a face differently


@dataclass(frozen=True)
class Track:
    """What one frame leaves for the next.  ``age``: frames since the detector looked; ``face``: whose square it is."""

    crop: Crop | None = None
    face: Box | None = None
    age: int = 0
    others: tuple[Box, ...] = ()


@dataclass(frozen=True, eq=False)
class Sight:
    """``mesh`` None: nobody.  ``others``: every other face, as of the detector's last look.

    ``followed``: the mesh came from the square of the frame before, so it is the same face moved; False after a new start.
    """

    mesh: Mesh | None
    others: tuple[Box, ...]
    followed: bool
    detected: bool


NEW = Track()


def follow(models: Models, image: Image, track: Track, detect_every: int) -> tuple[Sight, Track]:
    """Where the face is in this frame, and what to remember."""
    due = track.crop is None or track.age + 1 >= detect_every
    boxes = detect(models, image) if due else ()
    nearest = boxes[0] if boxes else None
    held = track.face
    same = next((box for box in boxes if held is not None and box.overlap(held) > SAME_FACE_OVERLAP), None)
    if track.crop is not None and (nearest is None or same is nearest):
        mesh = landmarks(models, image, track.crop)
        if mesh.presence >= LEAST_PRESENCE:
            others = tuple(box for box in boxes if box is not same) if due else track.others
            return Sight(mesh, others, True, due), Track(
                mesh.crop, mesh.box, 0 if due else track.age + 1, others
            )
        if not due:  # lost: look for it in this very frame
            return follow(models, image, NEW, detect_every)
    if nearest is None:
        return Sight(None, (), False, True), NEW
    mesh = landmarks(models, image, nearest.crop())
    if mesh.presence < LEAST_PRESENCE:
        return Sight(None, boxes, False, True), NEW
    return Sight(mesh, boxes[1:], False, True), Track(mesh.crop, mesh.box, 0, boxes[1:])
