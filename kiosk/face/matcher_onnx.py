"""Any embedder that wants a face aligned by five points: the operator installs its file and answers for its licence.

Everything that differs between such networks is in the configuration, [face.onnx]; nothing is guessed from the file.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from kiosk.config import FaceOnnx
from kiosk.face.crops import Image, Points, aligned
from kiosk.face.fed import fed
from kiosk.face.matcher import EngineUnusable, Vector, cosine, distance, finite
from kiosk.face.mesh import Mesh, five_points
from kiosk.face.weights import read_checked
from kiosk.face.zones import Direction

LENGTH_OFF = 1e-3  # rounding, when a vector was stored


class OnnxMatcher:
    """Vectors are brought to length one; cosine or Euclidean, as configured."""

    name = "onnx"

    def __init__(self, network: Any, settings: FaceOnnx) -> None:
        self._network, self._settings = network, settings
        self._template = template(settings.template)
        self.digest = fed(settings)
        self.direction = Direction.LARGER if settings.metric == "cosine" else Direction.SMALLER

    def embed(self, image: Image, mesh: Mesh) -> Vector:
        chip = aligned(image, five_points(mesh), self._template, self._settings.side_px)
        self._network.setInput(tensor(chip, self._settings))
        return unit(self._network.forward().reshape(-1))

    def fits(self, vector: Vector) -> bool:
        """As many numbers as the network gives, and of length one: only such have a cosine."""
        whole = finite(vector, self._settings.outputs)
        return whole and abs(float(np.linalg.norm(vector)) - 1) <= LENGTH_OFF

    def score(self, one: Vector, other: Vector) -> float:
        return cosine(one, other) if self.direction is Direction.LARGER else distance(one, other)

    def forget(self) -> None:
        """Not through ``embed``: black may have a vector without direction."""
        self._network.setInput(tensor(blank(self._settings), self._settings))
        self._network.forward()


def tensor(chip: Image, settings: FaceOnnx) -> Vector:
    """What the network is fed: (chip - mean) * scale as float32, (1, 3, side, side) or (1, side, side, 3)."""
    blob: Vector = cv2.dnn.blobFromImage(
        chip, settings.scale, mean=(settings.mean,) * 3, swapRB=settings.colours == "rgb"
    )
    return blob if settings.layout == "nchw" else np.ascontiguousarray(blob.transpose(0, 2, 3, 1))


def blank(settings: FaceOnnx) -> Image:
    """A black face."""
    return np.zeros((settings.side_px, settings.side_px, 3), np.uint8)


def unit(vector: Vector) -> Vector:
    """The same direction, length one.  Raises ValueError when it has none."""
    length = float(np.linalg.norm(vector))
    if not 0 < length < float("inf"):
        raise ValueError("a vector without direction")
    return (vector / np.float32(length)).astype(np.float32)


def template(numbers: str) -> Points:
    """Ten numbers, x and y of the eyes, the nose and the corners of the mouth, as (5, 2)."""
    return np.array([float(word) for word in numbers.split()], np.float32).reshape(5, 2)


def load(settings: FaceOnnx) -> OnnxMatcher:
    """Raises ModelMissing, ModelAltered; EngineUnusable when a setting is missing or the file is another kind of network."""
    if settings.file is None or not settings.sha256:
        raise EngineUnusable("face.onnx.file and face.onnx.sha256 must name the network")
    if not settings.licence.strip():
        raise EngineUnusable("face.onnx.licence must say who cleared the network's licence, and when")
    content = read_checked(settings.file, settings.sha256)
    try:
        matcher = OnnxMatcher(cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8)), settings)
        matcher._network.setInput(tensor(blank(settings), settings))
        outputs = matcher._network.forward().size
    except cv2.error as error:
        raise EngineUnusable(f"{settings.file.name} is no network that OpenCV can run") from error
    if outputs != settings.outputs:
        raise EngineUnusable(
            f"{settings.file.name} gives {outputs} numbers, face.onnx.outputs says {settings.outputs}"
        )
    return matcher
