"""The picture a citizen is compared with: made ready once, judged once.  Pure.

A small picture is enlarged before anything looks at it.  What is too poor is said to be so and goes to a person; no limit is ever
lowered for it.  Whether a codec squeezed a picture too hard cannot be seen in its pixels, only in the number of its bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from kiosk.config import FaceReference
from kiosk.face.crops import Image
from kiosk.face.detection import detect
from kiosk.face.mesh import Mesh, landmarks
from kiosk.face.models import Models
from kiosk.face.pose import pose
from kiosk.face.quality import light
from kiosk.face.verdicts import Flaw

ENLARGE = 3
LARGE_ENOUGH_PX = 300  # longer side; an identity picture has 126
LEAST_PRESENCE = 0.5


@dataclass(frozen=True, eq=False)
class Reference:
    """``image`` as it is compared; ``mesh`` None without a face.  Too poor when there is any flaw."""

    image: Image
    mesh: Mesh | None
    flaws: tuple[Flaw, ...]

    @property
    def too_poor(self) -> bool:
        return bool(self.flaws)


def prepare_reference(
    models: Models, image: Image, limits: FaceReference, coded_bytes: int | None = None
) -> Reference:
    """Enlarges, finds the face, judges.  ``coded_bytes``: how many the picture had as it was stored; None when it never was."""
    factor = ENLARGE if max(image.shape[:2]) < LARGE_ENOUGH_PX else 1
    if factor > 1:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    boxes = detect(models, image)
    mesh = None
    if boxes:
        # the second look is the steadier one
        mesh = landmarks(models, image, landmarks(models, image, boxes[0].crop()).crop)
    if mesh is None or mesh.presence < LEAST_PRESENCE:
        return Reference(image, None, (Flaw.NO_FACE,))
    seen, turn = light(image, mesh), pose(mesh, image.shape[1])
    wrong = {
        Flaw.SEVERAL_FACES: len(boxes) > 1,
        Flaw.FEW_BYTES: coded_bytes is not None and coded_bytes < limits.least_bytes,
        Flaw.SMALL: mesh.eye_distance / factor < limits.least_eye_distance_px,
        Flaw.BLURRED: seen.sharpness < limits.least_sharpness,
        Flaw.DARK: seen.brightness < limits.least_brightness,
        Flaw.BRIGHT: seen.brightness > limits.most_brightness,
        Flaw.TURNED: turn is None
        or abs(turn.yaw) > limits.most_yaw_deg
        or abs(turn.pitch) > limits.most_pitch_deg
        or abs(turn.roll) > limits.most_roll_deg,
    }
    return Reference(image, mesh, tuple(flaw for flaw in Flaw if wrong.get(flaw)))
