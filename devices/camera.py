"""The camera as a flow's worker sees it: the newest picture, and how the device is.

A picture is BGR, (height, width, 3) uint8, **not mirrored**, as OpenCV gives it.  Pictures live in memory only and never queue: who
is slow gets the newest one.  The very pixels of the picture before are no picture: a camera that has frozen is a silent one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from devices.status import DeviceState

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Frame:
    """``number`` grows by one with every picture the camera gave; ``at_s``: monotonic, when it came."""

    image: Image
    number: int
    at_s: float


@dataclass(frozen=True)
class CameraStatus:
    """UNKNOWN until the first picture; NO_DEVICE when it cannot be opened; HARDWARE_ERROR when it is open and silent or frozen."""

    device: DeviceState


class Camera(Protocol):
    """Opened at once, and opened again by itself when it is lost."""

    def status(self) -> CameraStatus:
        """Never raises, never waits."""

    def latest(self, after: int, timeout_s: float) -> Frame | None:
        """The newest picture when its number is above ``after``; waits for one at most this long.  None: nothing came."""

    def close(self) -> None:
        """Lets the device go and forgets the last picture.  May be called twice."""
