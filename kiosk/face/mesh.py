"""468 points of a face and how surely it is one.  Pure.

The points' numbers are those of the published canonical face; left and right are the image's, not the person's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from kiosk.face.crops import Crop, Image, Points, line_angle
from kiosk.face.detection import CROP_PER_BOX, Box
from kiosk.face.models import Models

SIZE = 192
OUTPUTS = ("conv2d_20", "conv2d_30")
POINTS = 468
LARGEST_LOGIT = 80.0

NOSE_TIP, CHIN = 1, 152
LEFT_EYE = (33, 133)  # corners, from left to right
RIGHT_EYE = (362, 263)
MOUTH = (61, 291)
BELOW_NOSE = 2


@dataclass(frozen=True, eq=False)
class Mesh:
    """``points``: (468, 3) float32, x and y in pixels of the image, z in the same scale, smaller is nearer.

    ``presence``: 0 to 1, how surely the square showed a face.
    """

    points: Points
    presence: float

    def at(self, number: int) -> tuple[float, float]:
        """One point."""
        return float(self.points[number, 0]), float(self.points[number, 1])

    def middle(self, *numbers: int) -> tuple[float, float]:
        """The mean of some points."""
        x, y = self.points[list(numbers), :2].mean(axis=0)
        return float(x), float(y)

    @cached_property
    def eye_distance(self) -> float:
        """Pixels between the middles of the eyes."""
        return math.dist(self.middle(*LEFT_EYE), self.middle(*RIGHT_EYE))

    @cached_property
    def box(self) -> Box:
        """What the points span."""
        left, top = self.points[:, :2].min(axis=0)
        right, bottom = self.points[:, :2].max(axis=0)
        return Box(float(left), float(top), float(right), float(bottom), self.presence)

    @cached_property
    def crop(self) -> Crop:
        """The square in which to look for this face in the next frame."""
        box = self.box
        angle = line_angle(self.at(LEFT_EYE[0]), self.at(RIGHT_EYE[1]))
        side = CROP_PER_BOX * max(box.width, box.height)
        return Crop((box.left + box.right) / 2, (box.top + box.bottom) / 2, side, angle)


def landmarks(models: Models, image: Image, crop: Crop) -> Mesh:
    """The mesh of the face in a square of the image; of anything else, points that mean nothing and a low presence."""
    models.mesh.setInput(cv2.dnn.blobFromImage(crop.cut(image, SIZE), 1 / 255, swapRB=True))
    points, logit = models.mesh.forward(OUTPUTS)
    presence = 1 / (1 + math.exp(-max(-LARGEST_LOGIT, min(float(logit.item()), LARGEST_LOGIT))))
    return Mesh(crop.back(points.reshape(POINTS, 3), SIZE), presence)


def five_points(mesh: Mesh) -> Points:
    """(5, 2): middles of the eyes, nose, corners of the mouth, from left to right: what 112 x 112 embedders are aligned by."""
    return np.array(
        (
            mesh.middle(*LEFT_EYE),
            mesh.middle(*RIGHT_EYE),
            mesh.at(4),
            mesh.at(MOUTH[0]),
            mesh.at(MOUTH[1]),
        ),
        np.float32,
    )
