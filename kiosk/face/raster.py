"""Whether a face is drawn in the lines of a screen.  Pure.

A screen's own pixels beat against the camera's: a fine regular pattern over skin, which has none.  It is one sharp peak among the
highest frequencies of the picture.  What a camera makes by itself is passed over: its noise has no peak, and the blocks of JPEG
repeat every eight pixels along the rows or columns.

It does not see a screen too fine or too far away to beat.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.face.crops import Image
from kiosk.face.mesh import NOSE_TIP, Mesh

SIDE = 128  # pixels of the frame, as they are: any resizing would smooth the pattern away
FINEST, COARSEST = 0.5, 0.22  # cycles by pixel, in either direction
BLOCK, BLOCK_WIDTH = 8, 1.5  # JPEG; half the width of a line in the spectrum
EVERY_S = 0.3
AROUND, NEAR = 15, 5  # places of the spectrum: a peak is measured against what lies around it, without itself
SHARP_PEAK = 40.0  # by what lies around, in the mean of all looks; faces were seen up to 29, most below 8
LEAST_LOOKS, MOST_LOOKS = 5, 100


class Raster:
    """Of one check."""

    def __init__(self) -> None:
        self._last_s = float("-inf")
        self._looks = 0
        window = np.hanning(SIDE).astype(np.float32)
        self._window = window[:, None] * window[None, :]
        self._power = np.zeros((3, SIDE, SIDE // 2 + 1), np.float32)

    def see(self, image: Image, mesh: Mesh, at_s: float) -> None:
        """A frame with a face; one too small to hold the square says nothing."""
        x, y = mesh.at(NOSE_TIP)
        left, top = round(x) - SIDE // 2, round(y) - SIDE // 2
        height, width = image.shape[:2]
        if at_s - self._last_s < EVERY_S or self._looks >= MOST_LOOKS:
            return
        if left < 0 or top < 0 or left + SIDE > width or top + SIDE > height:
            return
        self._last_s = at_s
        self._looks += 1
        square = image[top : top + SIDE, left : left + SIDE].astype(np.float32)
        for number, colour in enumerate(cv2.split(square - cv2.blur(square, (5, 5)))):
            power = np.abs(np.fft.rfft2(colour * self._window)) ** 2
            self._power[number] += power / max(float(power.mean()), 1e-6)

    @property
    def peak(self) -> float:
        """The sharpest place of the fine spectrum, by what lies around it; 0 before enough was seen."""
        if self._looks < LEAST_LOOKS:
            return 0.0
        where, highest = _fine(), 0.0
        for power in self._power:
            wide = cv2.blur(power, (AROUND, AROUND), borderType=cv2.BORDER_REFLECT) * AROUND**2
            near = cv2.blur(power, (NEAR, NEAR), borderType=cv2.BORDER_REFLECT) * NEAR**2
            around = np.maximum((wide - near) / (AROUND**2 - NEAR**2), 1e-6)
            highest = max(highest, float((power / around)[where].max()))
        return highest

    @property
    def on_a_screen(self) -> bool:
        return self.peak > SHARP_PEAK


def _fine() -> NDArray[np.bool_]:
    """The places of a half spectrum (SIDE, SIDE / 2 + 1) that are looked at."""
    down = np.abs(np.fft.fftfreq(SIDE)).astype(np.float64)[:, None]
    across = np.fft.rfftfreq(SIDE).astype(np.float64)[None, :]
    fine = (np.maximum(down, across) >= COARSEST) & (np.maximum(down, across) < FINEST)
    clear: NDArray[np.bool_] = fine & ~(_blocks(down) & _blocks(across))
    return clear


def _blocks(frequency: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the blocks of JPEG have their own."""
    nearest = np.round(frequency * BLOCK) / BLOCK
    return np.asarray(np.abs(frequency - nearest) <= BLOCK_WIDTH / SIDE)
