"""A camera that is held in a hand: all that it sees sways.  Pure: time is an argument, chance a generator.

The whole picture drifts slowly, rolls a little, comes nearer and goes, and trembles as hands do (8 to 12 times a second, a little).
Turning is what a hand does most; that near things move more than far ones when it is carried about is not drawn.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from devices.camera_emulator import Presentation
from devices.camera_scene import Rng
from devices.camera_surface import Image

DRIFT_HZ, TREMOR_HZ = (0.1, 0.9), (8.0, 12.0)
TREMOR_SHARE = 0.06  # of the drift's size
ROLL_DEG, NEARER = 0.7, 0.01
WAVES = 4


class Sway:
    """One quantity: some slow waves of about 1 together, and a tremor."""

    def __init__(self, rng: Rng) -> None:
        self._waves = [
            (float(rng.uniform(*DRIFT_HZ)), float(rng.uniform(0, 2 * math.pi)), math.sqrt(2 / WAVES))
            for _ in range(WAVES)
        ]
        self._waves.append((float(rng.uniform(*TREMOR_HZ)), float(rng.uniform(0, 2 * math.pi)), TREMOR_SHARE))

    def value(self, at_s: float) -> float:
        return sum(size * math.sin(2 * math.pi * hz * at_s + phase) for hz, phase, size in self._waves)


class HandHeld:
    """Any presentation before such a camera.  ``sway_px``: sigma of the slow drift, in pixels of the frame."""

    def __init__(self, presentation: Presentation, sway_px: float, rng: Rng) -> None:
        self._presentation, self._sway_px = presentation, sway_px
        self._x, self._y, self._roll, self._nearer = (Sway(rng) for _ in range(4))

    def ask(self, word: str, at_s: float) -> None:
        self._presentation.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        frame = self._presentation.image(at_s)
        height, width = frame.shape[:2]
        warp = cv2.getRotationMatrix2D(
            (width / 2, height / 2),
            ROLL_DEG * self._roll.value(at_s),
            1 + NEARER * self._nearer.value(at_s),
        )
        warp[:, 2] += self._sway_px * self._x.value(at_s), self._sway_px * self._y.value(at_s)
        swayed = cv2.warpAffine(
            frame, warp, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        return np.asarray(swayed, np.uint8)
