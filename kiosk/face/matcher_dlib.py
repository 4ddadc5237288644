"""dlib's ResNet, aligned by the mesh and computed by OpenCV: dlib itself is not needed, and its vectors are the same.

The face is put on dlib's own template by five points of the mesh, and the network sees 150 x 150 pixels, RGB.  dlib would find the
five points by a second model of 9 MB: on ORL and Yale that gives the same error rates, so it is left out (docs/face.md).
"""

from __future__ import annotations

import numpy as np

from kiosk.face import dlib_network
from kiosk.face.crops import Image, aligned
from kiosk.face.dlib_network import SIZE, Encoder
from kiosk.face.matcher import Vector, distance, finite
from kiosk.face.mesh import BELOW_NOSE, LEFT_EYE, RIGHT_EYE, Mesh
from kiosk.face.weights import RESNET, checked
from kiosk.face.zones import Direction

PADDING = 0.25
NUMBERS = 128
POINTS = (RIGHT_EYE[1], RIGHT_EYE[0], LEFT_EYE[0], LEFT_EYE[1], BELOW_NOSE)
# get_face_chip_details in dlib/image_transforms/interpolation.h, for five parts
DLIB_TEMPLATE = (
    (0.8595674595992, 0.2134981538014),
    (0.6460604764104, 0.2289674387677),
    (0.1205750620789, 0.2137274526848),
    (0.3340850613712, 0.2290642403242),
    (0.4901123135679, 0.6277975316475),
)


class DlibMatcher:
    """128 numbers, Euclidean distance."""

    name = "dlib"
    digest = RESNET.sha256
    direction = Direction.SMALLER

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._template = template()

    def embed(self, image: Image, mesh: Mesh) -> Vector:
        return self._encoder.encode(aligned(image, mesh.points[list(POINTS), :2], self._template, SIZE))

    def fits(self, vector: Vector) -> bool:
        return finite(vector, NUMBERS)

    def score(self, one: Vector, other: Vector) -> float:
        return distance(one, other)

    def forget(self) -> None:
        self._encoder.encode(np.zeros((SIZE, SIZE, 3), np.uint8))


def template() -> Vector:
    """Where the five points lie in the 150 x 150 pixels, (5, 2)."""
    # dlib's pixels are areas: the middle of its first one is at 0.5
    return ((np.array(DLIB_TEMPLATE) + PADDING) / (1 + 2 * PADDING) * SIZE - 0.5).astype(np.float32)


def load() -> DlibMatcher:
    """Raises ModelMissing, ModelAltered."""
    return DlibMatcher(dlib_network.load(checked(RESNET), RESNET.name))
