"""The library face_recognition as a matcher, for whoever wants to compare it with the others.

Its package ends the process, with exit code 0, when it cannot find its models: everything it needs is looked for, and the two
files it will use are compared with their pins, before it is imported; it is given the very bytes that were compared.  Its own
tolerance of 0.6 is never used.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

from kiosk.face.crops import Image
from kiosk.face.matcher import EngineUnusable, Vector, distance, finite
from kiosk.face.mesh import Mesh
from kiosk.face.weights import FIVE_POINTS, LIBRARY, RESNET, as_path, checked
from kiosk.face.zones import Direction

NUMBERS = 128
BLACK_PX = 64


class LibraryMatcher:
    """The library's 128 numbers of the face inside the mesh's box, by its small (5-point) landmark model."""

    name = "face_recognition"
    digest = RESNET.sha256
    direction = Direction.SMALLER

    def __init__(self, library: Any) -> None:
        self._library = library

    def embed(self, image: Image, mesh: Mesh) -> Vector:
        box = mesh.box
        height, width = image.shape[:2]
        place = (  # top, right, bottom, left
            max(0, round(box.top)),
            min(width, round(box.right)),
            min(height, round(box.bottom)),
            max(0, round(box.left)),
        )
        if place[2] <= place[0] or place[1] <= place[3]:
            raise ValueError("a face without extent")
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        (vector,) = self._library.face_encodings(rgb, [place], model="small")
        return np.asarray(vector, np.float32)

    def fits(self, vector: Vector) -> bool:
        return finite(vector, NUMBERS)

    def score(self, one: Vector, other: Vector) -> float:
        return distance(one, other)

    def forget(self) -> None:
        black = np.zeros((BLACK_PX, BLACK_PX, 3), np.uint8)
        self._library.face_encodings(black, [(0, BLACK_PX, BLACK_PX, 0)], model="small")


def load() -> LibraryMatcher:
    """Raises EngineUnusable, ModelMissing, ModelAltered; never ends the process."""
    for package in LIBRARY:
        if importlib.util.find_spec(package) is None:
            raise EngineUnusable(f"package {package} is not installed")
    try:
        with as_path(checked(FIVE_POINTS)) as points, as_path(checked(RESNET)) as network:
            import face_recognition_models as files  # type: ignore[import-untyped]  # ships no types

            files.pose_predictor_five_point_model_location = lambda: points
            files.face_recognition_model_location = lambda: network
            import face_recognition  # type: ignore[import-untyped]  # ships no types
    except (ImportError, SystemExit) as error:  # where others raise ImportError, older ones call quit()
        raise EngineUnusable("face_recognition refuses to be imported") from error
    return LibraryMatcher(face_recognition)
