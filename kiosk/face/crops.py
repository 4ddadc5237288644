"""Squares of an image, turned upright, and the way back.  Pure.

Every image in this package is BGR, (height, width, 3) uint8, as OpenCV delivers it and not mirrored; coordinates are pixels, x to the
right and y down, angles are radians, clockwise as one sees the image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True)
class Crop:
    """A square: its centre, the length of its side, and by how much it is turned."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def cut(self, image: Image, size: int, mirrored: bool = False) -> Image:
        """The square as ``size`` x ``size`` pixels, upright, bilinear; what lies outside repeats the image's border."""
        a, b, c, d, e, f = self._to_image(size, mirrored)
        cut: Image = cv2.warpAffine(
            image,
            np.array(((a, b, c), (d, e, f))),
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return cut

    def back(self, points: Points, size: int, mirrored: bool = False) -> Points:
        """Points (n, 2 or 3) of such a cut in the image's pixels; a third column is scaled only."""
        a, b, c, d, e, f = self._to_image(size, mirrored)
        moved = points * np.float32(self.side / size)
        moved[:, :2] = points[:, :2] @ np.array(((a, d), (b, e)), np.float32) + np.array((c, f), np.float32)
        return moved

    def _to_image(self, size: int, mirrored: bool) -> tuple[float, float, float, float, float, float]:
        """The affine map from the cut to the image, by rows."""
        scale = self.side / size
        cos, sin = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        middle = (size - 1) / 2
        flip = -1.0 if mirrored else 1.0
        return (
            cos * flip,
            -sin,
            self.x - cos * flip * middle + sin * middle,
            sin * flip,
            cos,
            self.y - sin * flip * middle - cos * middle,
        )


def line_angle(start: tuple[float, float], end: tuple[float, float]) -> float:
    """By how much the line from ``start`` to ``end`` is turned against the horizontal."""
    return math.atan2(end[1] - start[1], end[0] - start[0])


def aligned(image: Image, points: Points, template: Points, size: int) -> Image:
    """``size`` x ``size`` pixels in which ``points`` (n, 2) lie on ``template`` (n, 2) as nearly as turning, scaling, moving allow.

    Least squares without mirroring (Umeyama 1991).  A face larger than the result is averaged, not sampled.
    Raises ValueError when the points are all one.
    """
    from_middle, to_middle = points.mean(axis=0), template.mean(axis=0)
    x, y = (points - from_middle).T.astype(np.float64)
    u, v = (template - to_middle).T.astype(np.float64)
    spread = float(x @ x + y @ y)
    if not spread > 0:
        raise ValueError("points without any distance between them")
    a, b = float(x @ u + y @ v) / spread, float(x @ v - y @ u) / spread
    finer = min(max(1, math.ceil(1 / max(math.hypot(a, b), 1e-3))), 8)
    turn = np.array(((a, -b), (b, a)))
    move = to_middle - turn @ from_middle
    warp = np.column_stack((turn * finer, move * finer + (finer - 1) / 2))
    cut: Image = cv2.warpAffine(
        image, warp, (size * finer, size * finer), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if finer > 1:
        cut = cv2.resize(cut, (size, size), interpolation=cv2.INTER_AREA)
    return cut
