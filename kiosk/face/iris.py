"""How far the eyes are open.  Pure.

Openness is height by width of the box around the first 16 points of the eye's outline, in a square turned by the eye's corners:
about 0.35 open and 0.16 closed.  People differ by a factor of two (narrow eyes, glasses, age), so a limit is meaningful only
against the same person's own open eyes.  The eye ratio of the 468-point mesh does not fall when an eye closes: it is not used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.face.crops import Crop, Image, Points, line_angle
from kiosk.face.mesh import LEFT_EYE, RIGHT_EYE, Mesh
from kiosk.face.models import Models

SIZE = 64
OUTPUT = "output_eyes_contours_and_brows"
CONTOUR_POINTS = 16
CROP_PER_EYE = 2.3  # side of the square, by the distance of the eye's corners


@dataclass(frozen=True)
class Eyes:
    """Openness of each eye, left and right in the image; ``right`` None when one look was enough."""

    left: float
    right: float | None

    @property
    def openness(self) -> float:
        """The mean of those that were looked at."""
        return self.left if self.right is None else (self.left + self.right) / 2


def eyes(models: Models, image: Image, mesh: Mesh, plainly_open: float | None = None) -> Eyes:
    """Looks at the left eye, then at the right one, unless the left one is at least ``plainly_open``.

    A blink closes both: while one eye is plainly open nothing is lost by not looking at the other, and a look costs as
    much as the whole mesh.
    """
    left = openness(contour(models, image, eye_crop(mesh, LEFT_EYE), mirrored=False))
    if plainly_open is not None and left >= plainly_open:
        return Eyes(left, None)
    return Eyes(left, openness(contour(models, image, eye_crop(mesh, RIGHT_EYE), mirrored=True)))


def eye_crop(mesh: Mesh, corners: tuple[int, int]) -> Crop:
    """The square around one eye."""
    first, second = mesh.at(corners[0]), mesh.at(corners[1])
    # a collapsed mesh has no eye, and still a square
    side = max(math.dist(first, second) * CROP_PER_EYE, 1.0)
    return Crop((first[0] + second[0]) / 2, (first[1] + second[1]) / 2, side, line_angle(first, second))


def contour(models: Models, image: Image, crop: Crop, mirrored: bool) -> Points:
    """Outline (16, 2) of the eye in pixels of the cut; the network knows left eyes only, a right one is mirrored."""
    models.iris.setInput(cv2.dnn.blobFromImage(crop.cut(image, SIZE, mirrored), 1 / 255, swapRB=True))
    points: Points = models.iris.forward(OUTPUT).reshape(-1, 3)[:CONTOUR_POINTS, :2]
    return points


def openness(outline: Points) -> float:
    """Height by width of what the points (n, 2) span; 0 when they span no width."""
    width, height = np.ptp(outline, axis=0)
    return float(height / width) if width > 0 else 0.0
