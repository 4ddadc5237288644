"""Whether what surrounds a face moves about with a hand: a photo or a screen that is held up.  Pure.

A kiosk's camera is screwed down: the room behind a person stands still.  A print or a tablet brings a room of its own, or at least an
edge, and no hand holds it still.  (Faces against their background: Anjos and Marcel, Counter-Measures to Photo Attacks in Face
Recognition, IJCB 2011.)  Corners and upright edges on both sides of the head, well beside it and from the eyes upwards, are
followed from the straight look on, whenever the head is straight.  People who pass behind move some of them, each for himself;
shoulders and hair are not looked at; what goes to and fro on both sides together is held.

It does not see a screen on a stand, nor one whose edges and room are outside the picture.  Where the camera itself is held
(``face.check.camera_stands`` false) everything moves, and this test is off.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.face.crops import Image, Points
from kiosk.face.detection import Box

FACE_PX = 96  # the width of the face in the picture that is looked at
# what is looked at: widths from the middle, heights above the brow's top and below it
SIDE, ABOVE, BELOW = 1.9, 0.95, 0.35
HEAD_SIDE = 1.0  # half of what a head with its hair and a hat may take, in widths of the face: no corner is looked for there
CORNERS, APART_PX, LEAST_QUALITY = 120, 4, 0.005
WINDOW, LEVELS = (13, 13), 2
EVERY_S = 0.3
ASTRAY_PX = 0.5  # there and back
STILL_PX = 0.35  # a corner of a wall stays within a third of it
LEAST_SWING_PX, MOST_APART = 0.2, 0.6  # of both sides together; how far they may differ, by it
BAND_PX, MOST_SHIFT_PX = 10, 8  # a band's rows, and how far it is looked for
# grey levels across a band; how alike it has to be where it is found again
LEAST_DRAWING, LEAST_LIKENESS = 4.0, 0.85
KNOWN = 0.6  # share of the looks in which a corner was found
LEAST_LOOKS, MOST_LOOKS = 6, 200


class Surroundings:
    """Of one check, from one straight look on.  ``face``: its box in that frame."""

    def __init__(self, image: Image, face: Box) -> None:
        height, width = image.shape[:2]
        x = (face.left + face.right) / 2
        left, right = max(0, int(x - SIDE * face.width)), min(width, int(x + SIDE * face.width))
        top, bottom = max(0, int(face.top - ABOVE * face.height)), int(face.top + BELOW * face.height)
        bottom = max(min(height, bottom), top + 1)
        self._box = (slice(top, bottom), slice(left, max(right, left + 1)))
        scale = min(1.0, FACE_PX / max(face.width, 1.0))
        self._size = (max(16, round((right - left) * scale)), max(16, round((bottom - top) * scale)))
        self._gray = self._small(image)
        middle, half = round((x - left) * scale), round(HEAD_SIDE * face.width * scale)
        around = np.full(self._gray.shape, 255, np.uint8)
        around[:, max(0, middle - half) : middle + half] = 0
        found = cv2.goodFeaturesToTrack(self._gray, CORNERS, LEAST_QUALITY, APART_PX, mask=around)
        self._corners: Points = np.zeros((0, 1, 2), np.float32) if found is None else found
        self._bands = _bands(self._gray, max(0, middle - half), middle + half)
        starts = [band.start for _, band in self._bands]
        self._left = np.concatenate((self._corners[:, 0, 0], np.array(starts, np.float32))) < middle
        self._seen: list[Points] = []  # where the corners are, (n, 2), NaN: not found
        self._last_s = float("-inf")

    def see(self, image: Image, at_s: float) -> None:
        """A later frame in which the head is straight."""
        if at_s - self._last_s < EVERY_S or not len(self._left) or len(self._seen) >= MOST_LOOKS:
            return
        self._last_s = at_s
        now = self._small(image)
        where = np.full((len(self._left), 2), np.nan, np.float32)
        if len(self._corners):
            there, found = _flow(self._gray, now, self._corners)
            back, again = _flow(now, self._gray, there)
            astray = np.linalg.norm(back - self._corners, axis=2)[:, 0]
            good = found & again & (astray < ASTRAY_PX)
            where[: len(good)][good] = there[good, 0]
        for number, (rows, columns) in enumerate(self._bands, len(self._corners)):
            where[number, 0] = _shift(self._gray[rows, columns], now[rows, columns])
        self._seen.append(where)

    @property
    def carried(self) -> bool:
        """Whether both sides went to and fro together.  Too little seen is no proof of it."""
        if len(self._seen) < LEAST_LOOKS:
            return False
        places = np.stack(self._seen)
        known = np.isfinite(places[:, :, 0]).mean(axis=0) >= KNOWN
        places, left = places[:, known], self._left[known]
        if not len(left):
            return False
        middles = np.stack([_swing(places[:, :, axis].T) for axis in (0, 1)], axis=1)
        swings = places - middles
        moving = np.sqrt(np.nanmean(np.nansum(swings**2, axis=2), axis=0)) > STILL_PX
        if not (moving & left).any() or not (moving & ~left).any():
            return False
        return any(
            _together(_swing(swings[:, moving & left, axis]), _swing(swings[:, moving & ~left, axis]))
            for axis in (0, 1)  # a sheet that leans moves one side up and the other down, or the like
        )

    def forget(self) -> None:
        """Zeroes the picture."""
        self._gray.fill(0)
        self._seen.clear()

    def _small(self, image: Image) -> NDArray[np.uint8]:
        small = cv2.resize(image[self._box], self._size, interpolation=cv2.INTER_AREA)
        gray: NDArray[np.uint8] = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
        return gray


def _swing(side: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Of corners (looks, n) in one direction: the median of those that were found, (looks,), NaN without any."""
    swing = np.full(len(side), np.nan)
    seen = np.isfinite(side).any(axis=1)
    swing[seen] = np.nanmedian(side[seen], axis=1)
    return swing


def _together(left: NDArray[np.floating[Any]], right: NDArray[np.floating[Any]]) -> bool:
    """Whether two sides went to and fro as one."""
    both = np.isfinite(left) & np.isfinite(right)
    if np.count_nonzero(both) < LEAST_LOOKS:
        return False
    one, other = left[both] - left[both].mean(), right[both] - right[both].mean()
    together, apart = float(np.std((one + other) / 2)), float(np.std((one - other) / 2))
    return together > LEAST_SWING_PX and apart < MOST_APART * together


def _bands(gray: NDArray[np.uint8], left: int, right: int) -> list[tuple[slice, slice]]:
    """Rows and columns beside the head in which something upright can be followed sideways: an edge has no corner."""
    height, width = gray.shape
    found = []
    for columns in (slice(0, left), slice(right, width)):
        for top in range(0, height - BAND_PX + 1, BAND_PX):
            rows = slice(top, top + BAND_PX)
            if (
                columns.stop - columns.start > 4 * MOST_SHIFT_PX
                and _across(gray[rows, columns]).std() > LEAST_DRAWING
            ):
                found.append((rows, columns))
    return found


def _across(band: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Its columns' means, (1, n)."""
    return np.asarray(band.mean(axis=0, dtype=np.float32)[None, :], np.float32)


def _shift(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """How far a band has gone sideways, to parts of a pixel; NaN when it is not found again."""
    likeness = cv2.matchTemplate(
        _across(now), _across(before)[:, MOST_SHIFT_PX:-MOST_SHIFT_PX], cv2.TM_CCOEFF_NORMED
    )[0]
    best = int(likeness.argmax())
    if not likeness[best] >= LEAST_LIKENESS or best in (0, len(likeness) - 1):
        return float("nan")
    left, middle, right = (float(value) for value in likeness[best - 1 : best + 2])
    curve = left - 2 * middle + right
    return best - MOST_SHIFT_PX + (0.5 * (left - right) / curve if curve < 0 else 0.0)


def _flow(
    before: NDArray[np.uint8], after: NDArray[np.uint8], start: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """Where points (n, 1, 2) of one picture are in another, and which were found (n,)."""
    guess = start.copy()
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, start, guess, winSize=WINDOW, maxLevel=LEVELS)
    return moved, found[:, 0] > 0
