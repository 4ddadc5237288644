"""Whether a face that turned has depth.  Pure.

A sheet of paper or a screen moves as a plane; bent, it moves as a cylinder.  A face has a nose: when it turns, the tip moves against
the cheeks, the brows and the mouth around it, in the direction of the turn.  The network that lays the mesh believes in noses and
puts one on a photograph too, so its points are only the place to begin: what moved is measured on the pixels.

    1   both pictures are cut to the same square; the turned one is laid on the straight one by the plane map (homography) that fits
        the meshes best
    2   what still moves is measured by optical flow at the mesh's points, there and back again (a point that does not come back
        to where it started is dropped)
    3   a smooth surface (a polynomial of second degree in both directions: planes, bent and twisted sheets) is fitted to the flow
        around the nose
    4   relief is what the tip does beyond it, in distances of the eyes, by the sine of the turn that the pose says

A plane and a cylinder are taken away entirely by 1 and 3, whatever the tilt; what remains is noise.  A mask with a nose of
its own, or a head of plaster, has depth: this test does not see it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.face.crops import Crop, Image, Points
from kiosk.face.guidance import Action
from kiosk.face.mesh import LEFT_EYE, RIGHT_EYE, Mesh

SIZE = 192
WINDOW, LEVELS = (15, 15), 1
MOST_ASTRAY_PX = 1.0  # after there and back
# points of the tip, and the share of those around it, that could be followed
LEAST_TIP, LEAST_AROUND = 5, 0.4
TIP = (1, 4, 5, 45, 275, 44, 274, 195, 51, 281, 3, 248, 19, 220, 440)
# fmt: off
NOSE = (
    *TIP, 197, 94, 2, 98, 327, 48, 278, 115, 344, 134, 363, 131, 360, 49, 279, 64, 294, 102, 331, 198, 420, 236, 456, 174, 399,
    196, 419, 6,
)
# fmt: on
REACH = 1.1  # distances of the eyes around the tip: beyond are hair, ears and the jaw's edge, which are uncovered and hidden
WORST_SHARE = 0.15  # of the points, left out of the second fit: lids that moved, hair


@dataclass(frozen=True, eq=False)
class Shot:
    """A face cut out: (SIZE, SIZE) grey, and its mesh's points (468, 2) in it."""

    gray: NDArray[np.uint8]
    points: Points

    def forget(self) -> None:
        """Zeroes, in place."""
        self.gray.fill(0)
        self.points.fill(0)


def shot(image: Image, mesh: Mesh) -> Shot:
    """What is kept of a frame for this test."""
    crop = Crop(mesh.crop.x, mesh.crop.y, mesh.crop.side)
    gray: NDArray[np.uint8] = cv2.cvtColor(crop.cut(image, SIZE), cv2.COLOR_BGR2GRAY)
    scale = np.float32(SIZE / crop.side)
    points = (mesh.points[:, :2] - np.array((crop.x, crop.y), np.float32)) * scale
    return Shot(gray, points + np.float32((SIZE - 1) / 2))


def relief(straight: Shot, away: Shot, action: Action, degrees: float) -> float | None:
    """How far the tip of the nose stood out, about 0.2 for a face and 0 for a sheet; None when too little could be followed.

    ``degrees``: how far ``away`` is from ``straight``, to the person's left for a turn, upwards for a nod.
    """
    plane, _ = cv2.findHomography(away.points, straight.points, 0)
    if plane is None or abs(degrees) < 1:
        return None
    laid = cv2.warpPerspective(away.gray, plane, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    start = straight.points.reshape(-1, 1, 2)
    guess = cv2.perspectiveTransform(away.points.reshape(-1, 1, 2), plane)
    there, found = _flow(straight.gray, laid, start, guess)
    back, again = _flow(laid, straight.gray, there, start)
    steady = found & again & (np.linalg.norm(back - start, axis=2)[:, 0] < MOST_ASTRAY_PX)
    eyes = np.linalg.norm(
        straight.points[list(LEFT_EYE)].mean(axis=0) - straight.points[list(RIGHT_EYE)].mean(axis=0)
    )
    moved = (there - start)[:, 0].astype(np.float64) / eyes
    place = (straight.points - straight.points[list(TIP)].mean(axis=0)).astype(np.float64) / eyes
    outside = np.ones(len(place), bool)
    outside[list(NOSE)] = False
    ring = outside & (np.abs(place) < REACH).all(axis=1)
    tip = np.zeros(len(place), bool)
    tip[list(TIP)] = True
    if np.count_nonzero(tip & steady) < LEAST_TIP:
        return None
    if np.count_nonzero(ring & steady) < LEAST_AROUND * np.count_nonzero(ring):
        return None
    beyond = moved - _smooth(place, moved, ring & steady)
    stands_out = np.median(beyond[tip & steady], axis=0)
    along = -stands_out[1] if action is Action.NOD else stands_out[0]
    return float(along / math.sin(math.radians(degrees)))


def _flow(
    before: NDArray[np.uint8], after: NDArray[np.uint8], start: Points, guess: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """Where points (n, 1, 2) of one picture are in another, and which were found (n,)."""
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        start,
        guess.copy(),
        winSize=WINDOW,
        maxLevel=LEVELS,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.03),
    )
    return moved, found[:, 0] > 0


def _smooth(
    place: NDArray[np.float64], moved: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The surface of second degree through the known flow, at every place (n, 2).  The worst points are left out once."""
    x, y = place.T
    terms = np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=1)
    fitted, *_ = np.linalg.lstsq(terms[known], moved[known], rcond=None)
    wrong = np.linalg.norm(moved - terms @ fitted, axis=1)
    good = known & (wrong <= np.quantile(wrong[known], 1 - WORST_SHARE))
    fitted, *_ = np.linalg.lstsq(terms[good], moved[good], rcond=None)
    surface: NDArray[np.float64] = terms @ fitted
    return surface
