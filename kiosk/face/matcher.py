"""Whether two faces are the same person's: a port with engines behind it.

A matcher turns a face into a vector and compares two vectors.  Its score means nothing without the limits that were measured for
this engine and these weights (``zones``).  A central comparison or a bought engine is one more Matcher.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kiosk.config import Face
from kiosk.face.crops import Image
from kiosk.face.mesh import Mesh
from kiosk.face.zones import Direction

Vector = NDArray[np.float32]


class EngineUnusable(Exception):
    """The configured engine cannot compare faces here; the message says why.  The kiosk runs on without."""


class Matcher(Protocol):
    """One engine.  Belongs to one thread."""

    @property
    def name(self) -> str:
        """The word in the configuration."""

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal: what limits, stored vectors and evidence are bound to.

        Of the weights; where it is configured how these are fed, of that too.
        """

    @property
    def direction(self) -> Direction: ...

    def embed(self, image: Image, mesh: Mesh) -> Vector:
        """The vector of the face that the mesh outlines in a BGR image.  Raises ValueError when the mesh has no extent."""

    def fits(self, vector: Vector) -> bool:
        """Whether a stored vector can be one of this engine's."""

    def score(self, one: Vector, other: Vector) -> float:
        """How alike two vectors of this engine are."""

    def forget(self) -> None:
        """Nothing of the last face is in the network any more."""


def open_matcher(face: Face) -> Matcher:
    """The configured engine.  Raises ModelMissing, ModelAltered, EngineUnusable.

    Each engine's library is imported when it is chosen, and not before.
    """
    if face.engine == "dlib":
        from kiosk.face import matcher_dlib

        return matcher_dlib.load()
    if face.engine == "face_recognition":
        from kiosk.face import matcher_library

        return matcher_library.load()
    from kiosk.face import matcher_onnx

    return matcher_onnx.load(face.onnx)


def finite(vector: Vector, numbers: int) -> bool:
    """Whether it has so many numbers, all of them numbers."""
    return vector.shape == (numbers,) and bool(np.isfinite(vector).all())


def distance(one: Vector, other: Vector) -> float:
    """Euclidean."""
    return float(np.linalg.norm(one - other))


def cosine(one: Vector, other: Vector) -> float:
    """Of vectors whose length is one."""
    return float(one @ other)
