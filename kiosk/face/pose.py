"""Which way a head is turned.  Pure.

Six points of the mesh against a generic head (SQPNP), seen by a camera whose focal length is the image's width and which is aimed
at the face: a photograph that is only moved across the image is not turned.

    yaw     positive: the nose points to the right of the unmirrored image, the person has turned to their own LEFT
    pitch   positive: the nose points up
    roll    positive: the head leans to the right of the image, clockwise as one sees it

Absolute values depend on where the camera hangs and on the person's face: compare with the same person looking straight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.face.mesh import Mesh

NUMBERS = (1, 152, 33, 263, 61, 291)  # nose, chin, outer corners of the eyes, corners of the mouth
HEAD_MM = (
    (0.0, 0.0, 0.0),
    (0.0, 63.6, 12.5),
    (-43.3, -32.7, 26.0),
    (43.3, -32.7, 26.0),
    (-28.9, 28.9, 24.1),
    (28.9, 28.9, 24.1),
)


@dataclass(frozen=True)
class Pose:
    """Degrees."""

    yaw: float
    pitch: float
    roll: float

    @property
    def largest(self) -> float:
        """The largest turn of the three, without its sign."""
        return max(abs(self.yaw), abs(self.pitch), abs(self.roll))


def pose(mesh: Mesh, width: int) -> Pose | None:
    """The pose of a mesh in an image ``width`` pixels wide; None when no head fits the points."""
    points = mesh.points[list(NUMBERS), :2].astype(np.float64)
    points -= points.mean(axis=0)
    camera = np.array(((width, 0, 0), (0, width, 0), (0, 0, 1)), np.float64)
    found, turned, _ = cv2.solvePnP(np.array(HEAD_MM), points, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    return angles(cv2.Rodrigues(turned)[0]) if found else None


def angles(rotation: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Pose:
    """Of a (3, 3) rotation from the head (x right, y down, z away from the camera) to the camera."""
    nose = -rotation[:, 2]
    side = rotation[:, 0]
    return Pose(
        math.degrees(math.atan2(nose[0], -nose[2])),
        math.degrees(math.atan2(-nose[1], math.hypot(nose[0], nose[2]))),
        math.degrees(math.atan2(side[1], math.hypot(side[0], side[2]))),
    )
