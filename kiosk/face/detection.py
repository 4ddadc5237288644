"""Where faces are: BlazeFace, short range first, full range when that sees nobody.  Pure.

The image is fitted into a square (letterbox).  The network answers for each anchor, whose centre is the centre of a cell:

    short range   128 px: 16 x 16 cells with 2 anchors each, then 8 x 8 with 6       896 rows
    full range    192 px: 48 x 48 cells with 1                                      2304 rows
    a row         centre x, y from the anchor; width, height; six points x, y from the anchor; all in input pixels
    a score       logit

Rows that mean the same face are averaged by their scores (weighted non-maximum suppression).
Source: V. Bazarevsky et al., BlazeFace, 2019; the anchor options of the published short and full range graphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.face.crops import Crop, Image, line_angle
from kiosk.face.models import Models

LEAST_SCORE = 0.5
SAME_FACE_OVERLAP = 0.3
LARGEST_LOGIT = 80.0  # beyond it exp() leaves float32
CROP_PER_BOX = 1.5  # the mesh was trained on squares this much larger than the box

SHORT_SIZE, SHORT_CELLS = 128, ((16, 2), (8, 6))
FULL_SIZE, FULL_CELLS = 192, ((48, 1),)
SHORT_OUTPUTS = ("regressors", "classificators")
FULL_OUTPUTS = ("reshaped_regressor_face_4", "reshaped_classifier_face_4")

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Box:
    """One face.  ``points``: both eyes from left to right in the image, nose, mouth, both ears."""

    left: float
    top: float
    right: float
    bottom: float
    score: float = 1.0
    points: tuple[tuple[float, float], ...] = ()

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        return width * height / (self.area + other.area - width * height)

    def crop(self) -> Crop:
        """The square the mesh wants, upright by the line of the eyes when they are known."""
        angle = line_angle(self.points[0], self.points[1]) if self.points else 0.0
        side = CROP_PER_BOX * max(self.width, self.height)
        return Crop((self.left + self.right) / 2, (self.top + self.bottom) / 2, side, angle)


def detect(models: Models, image: Image) -> tuple[Box, ...]:
    """Every face in an image, the largest first; () when there is none."""
    found = _run(models.short_range, image, SHORT_SIZE, SHORT_CELLS, SHORT_OUTPUTS)
    return found or _run(models.full_range, image, FULL_SIZE, FULL_CELLS, FULL_OUTPUTS)


def anchors(cells: tuple[tuple[int, int], ...]) -> Rows:
    """Centres (n, 2) in 0 to 1, row by row: ``cells`` holds (cells a side, anchors a cell)."""
    parts = []
    for side, each in cells:
        middles = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)
        x, y = np.meshgrid(middles, middles)
        parts.append(np.repeat(np.stack((x.ravel(), y.ravel()), axis=1), each, axis=0))
    return np.concatenate(parts)


def decode(rows: Rows, logits: Rows, centres: Rows, size: int) -> tuple[Rows, Rows]:
    """Candidates above LEAST_SCORE: (n, 16) as left, top, right, bottom and six points, in 0 to 1; scores (n,).

    ``rows`` (m, 16) and ``logits`` (m,) or (m, 1) as the network gives them, ``centres`` (m, 2), ``size`` its input's side.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -LARGEST_LOGIT, LARGEST_LOGIT)))
    likely = scores > LEAST_SCORE
    pairs = rows[likely].reshape(-1, 8, 2) / np.float32(size)
    centres = centres[likely]
    pairs[:, 2:] += centres[:, None]
    middle, half = pairs[:, 0] + centres, pairs[:, 1] / 2
    pairs[:, 0], pairs[:, 1] = middle - half, middle + half
    real = (half > 0).all(axis=1)
    return pairs[real].reshape(-1, 16), scores[likely][real].astype(np.float32)


def suppress(candidates: Rows, scores: Rows) -> list[tuple[Rows, float]]:
    """Weighted non-maximum suppression: for each face its averaged row (16,) and its best score, the surest first."""
    order = np.argsort(-scores, kind="stable")
    candidates, scores = candidates[order], scores[order]
    faces = []
    while len(candidates):
        same = overlaps(candidates[0], candidates) > SAME_FACE_OVERLAP
        same[0] = True
        weights = scores[same][:, None]
        faces.append(((candidates[same] * weights).sum(axis=0) / weights.sum(), float(scores[0])))
        candidates, scores = candidates[~same], scores[~same]
    return faces


def overlaps(box: Rows, boxes: Rows) -> Rows:
    """Intersection over union of one row with (n, 16) rows."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    both: Rows = shared / ((box[2] - box[0]) * (box[3] - box[1]) + areas - shared)
    return both


def _run(
    network: Any, image: Image, size: int, cells: tuple[tuple[int, int], ...], outputs: tuple[str, str]
) -> tuple[Box, ...]:
    height, width = image.shape[:2]
    scale = size / max(height, width)
    small_width, small_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (size - small_width) // 2, (size - small_height) // 2
    if scale < 0.5:  # two steps: the quick one to twice the size, the careful one for the rest
        image = cv2.resize(image, (2 * small_width, 2 * small_height), interpolation=cv2.INTER_LINEAR)
    fitted = np.zeros((size, size, 3), np.uint8)
    fitted[top : top + small_height, left : left + small_width] = cv2.resize(
        image, (small_width, small_height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    network.setInput(cv2.dnn.blobFromImage(fitted, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True))
    rows, logits = network.forward(outputs)
    faces = suppress(*decode(rows[0], logits[0], anchors(cells), size))
    return tuple(
        sorted((_box(row, score, size, left, top, scale) for row, score in faces), key=lambda box: -box.area)
    )


def _box(row: Rows, score: float, size: int, left: int, top: int, scale: float) -> Box:
    """A row in 0 to 1 of the fitted square, in pixels of the image."""
    pairs = (row.reshape(8, 2) * size - (left, top)) / scale
    points = [(float(x), float(y)) for x, y in pairs]
    return Box(*points[0], *points[1], score, tuple(points[2:]))
