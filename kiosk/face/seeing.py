"""All that one camera frame says: the work of the engine on a frame, in the order of its cost.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from kiosk.config import Face
from kiosk.face.crops import Crop, Image
from kiosk.face.detection import detect
from kiosk.face.iris import Eyes, contour, eyes
from kiosk.face.mesh import landmarks
from kiosk.face.models import Models
from kiosk.face.pose import Pose, pose
from kiosk.face.quality import Quality, assess
from kiosk.face.tracking import Sight, Track, follow

BLACK_PX = 64


class Look(Enum):
    """How much is wanted of the eyes: a look at one costs as much as the whole mesh."""

    NOT = "not"
    BOTH = "both"
    UNTIL_OPEN = "until_open"  # the second only when the first is not plainly open


@dataclass(frozen=True, eq=False)
class Seen:
    """One frame.  ``pose`` and ``eyes`` None: nobody, or not asked for."""

    sight: Sight
    quality: Quality
    pose: Pose | None = None
    eyes: Eyes | None = None


def see(
    models: Models,
    image: Image,
    track: Track,
    face: Face,
    look: Look = Look.NOT,
    plainly_open: float | None = None,
) -> tuple[Seen, Track]:
    """Follows the face, judges the frame, and looks at the eyes when ``look`` says so.

    ``plainly_open``: the openness above which, with UNTIL_OPEN, one eye is enough; take it from the person's own open eyes.
    """
    sight, track = follow(models, image, track, face.detect_every)
    mesh = sight.mesh
    if mesh is None:
        return Seen(sight, assess(image, None, sight.others, None, face.quality)), track
    turn = pose(mesh, image.shape[1])
    quality = assess(image, mesh, sight.others, turn, face.quality)
    if look is Look.NOT:
        return Seen(sight, quality, turn), track
    enough = plainly_open if look is Look.UNTIL_OPEN else None
    return Seen(sight, quality, turn, eyes(models, image, mesh, enough)), track


def forget(models: Models) -> None:
    """Every network looks at black: what it saw before, and what it made of that, is overwritten."""
    black = np.zeros((BLACK_PX, BLACK_PX, 3), np.uint8)
    whole = Crop(BLACK_PX / 2, BLACK_PX / 2, BLACK_PX)
    detect(models, black)  # both of them: the first finds nobody
    landmarks(models, black, whole)
    contour(models, black, whole, mirrored=False)
