"""The four networks of the engine, read by OpenCV.

    detection   face_detection_short_range, then _full_range     BlazeFace
    mesh        face_landmark                                    468 points and presence
    iris        iris_landmark                                    outline of one eye

A network of OpenCV keeps its last input and outputs: one ``Models`` belongs to one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from kiosk.face.weights import ENGINE, as_path, checked


@dataclass(frozen=True)
class Models:
    """The four networks of the engine."""

    short_range: Any
    full_range: Any
    mesh: Any
    iris: Any


def load(folder: Path | None = None) -> Models:
    """The engine's networks; ``folder`` instead of the package's.  Raises ModelMissing, ModelAltered."""
    return Models(*(_network(checked(weights, folder)) for weights in ENGINE))


def _network(content: bytes) -> Any:
    # The default engine of OpenCV 5.0.0 shows only one output of a TFLite file and refuses named ones; the classic one cannot be
    # chosen when reading from a buffer.
    with as_path(content) as path:
        return cv2.dnn.readNetFromTFLite(path, cv2.dnn.ENGINE_CLASSIC)
