"""Whether the frames of a check are one film of one face: no jump, no hole in time, no picture twice.  Pure.

A face moves no faster than a head can.  A living camera never gives the same pixels of a face twice: its sensor has noise even on
a still picture.  Some cameras repeat a frame in the dark to keep their rate, so the same picture directly after itself is passed
over; one with a face that comes back later was played to us.  Pictures without a face prove nothing: what little noise a dark or a
burnt one has is lost when it is coded, and two of them may well be alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from kiosk.face.crops import Image
from kiosk.face.mesh import Mesh
from kiosk.face.pose import Pose

# What one frame may do, and what a second may add: shares of the face's height, logarithm of its size, degrees.
STEP, STEP_PER_S = 0.30, 2.5
GROWTH, GROWTH_PER_S = 0.16, 1.2
TURN_DEG, TURN_DEG_PER_S = 22.0, 350.0
ROWS = 16  # every so many rows of a picture are looked at: noise is everywhere


def fingerprint(image: Image) -> bytes:
    """16 bytes that are the same only for the same pixels; nothing can be drawn from them."""
    return blake2b(np.ascontiguousarray(image[::ROWS]).tobytes(), digest_size=16).digest()


@dataclass(frozen=True)
class Place:
    """Where a face was."""

    x: float
    y: float
    height: float
    pose: Pose
    at_s: float

    def leads_to(self, later: Place) -> bool:
        """Whether a head can have got from here to there."""
        past_s = later.at_s - self.at_s
        moved = math.hypot(later.x - self.x, later.y - self.y) / max(self.height, 1.0)
        grown = abs(math.log(max(later.height, 1.0) / max(self.height, 1.0)))
        turned = max(abs(later.pose.yaw - self.pose.yaw), abs(later.pose.pitch - self.pose.pitch))
        return (
            moved <= STEP + STEP_PER_S * past_s
            and grown <= GROWTH + GROWTH_PER_S * past_s
            and turned <= TURN_DEG + TURN_DEG_PER_S * past_s
        )


def place(mesh: Mesh, pose: Pose, at_s: float) -> Place:
    """Of one frame."""
    box = mesh.box
    return Place((box.left + box.right) / 2, (box.top + box.bottom) / 2, box.height, pose, at_s)


class Film:
    """The pictures of one check, by their fingerprints."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._last = b""
        self._resuming = False

    def resume(self) -> None:
        """The camera was away: until it gives something new, what it had given before is no film."""
        self._resuming = True

    def is_still(self, mark: bytes) -> bool:
        """The very picture of the frame before, or what a camera that was away still had to give.  Remembers which was last."""
        still = mark == self._last or (self._resuming and mark in self._known)
        self._last = mark
        self._resuming &= still
        return still

    def came_before(self, mark: bytes) -> bool:
        """Whether this picture of a face, which is not still, was seen and had gone.  Remembers it."""
        known = mark in self._known
        self._known.add(mark)
        return known
