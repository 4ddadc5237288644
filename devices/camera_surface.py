"""A picture on a surface in space, turned and seen again: how the emulated camera draws heads and sheets of paper.  Pure.

The surface is known at the nodes of a coarse grid over its picture; between them it is smooth.  Coordinates are pixels of the frame:
x to the right, y down, z away from the camera; at rest a pixel of the picture is a pixel of the frame.  Turning is forward (node to
frame), drawing needs the way back (frame to picture): it is found by a few rounds of fixed-point iteration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Field = NDArray[np.float32]

STEP = 8  # pixels between nodes: a fifteenth of the distance of the eyes
ROUNDS = 7
RELAXED = 0.75  # of a step back: a full one overshoots where the surface is steep


@dataclass(frozen=True)
class Turn:
    """How something is held.  Degrees with the signs of the engine's pose; ``x``, ``y``, ``nearer`` in pixels of the frame.

    yaw: the nose to the right of the image; pitch: the nose up; roll: clockwise as one sees it.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    nearer: float = 0.0

    def __add__(self, other: Turn) -> Turn:
        return Turn(
            self.yaw + other.yaw,
            self.pitch + other.pitch,
            self.roll + other.roll,
            self.x + other.x,
            self.y + other.y,
            self.nearer + other.nearer,
        )

    def rotation(self) -> Field:
        """(3, 3), from the thing at rest to the thing as it is held."""
        yaw, pitch, roll = (math.radians(angle) for angle in (self.yaw, self.pitch, self.roll))
        c, s = math.cos(yaw), math.sin(yaw)
        about_y = np.array(((c, 0, -s), (0, 1, 0), (s, 0, c)))
        c, s = math.cos(pitch), math.sin(pitch)
        about_x = np.array(((1, 0, 0), (0, c, s), (0, -s, c)))
        c, s = math.cos(roll), math.sin(roll)
        about_z = np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))
        turned: Field = (about_z @ about_y @ about_x).astype(np.float32)
        return turned


@dataclass(frozen=True)
class Grid:
    """Nodes every STEP pixels over a box of the frame: ``left``, ``top`` its corner, ``columns`` x ``rows`` of them."""

    left: int
    top: int
    columns: int
    rows: int

    @classmethod
    def over(cls, left: float, top: float, right: float, bottom: float, width: int, height: int) -> Grid:
        """The nodes of a box, as far as it lies in a frame of ``width`` x ``height``; one node at least."""
        first_x, first_y = max(0, int(left)) // STEP, max(0, int(top)) // STEP
        last_x = min(width, max(int(right), 0)) // STEP
        last_y = min(height, max(int(bottom), 0)) // STEP
        return cls(first_x * STEP, first_y * STEP, max(1, last_x - first_x + 1), max(1, last_y - first_y + 1))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom of the pixels it speaks for."""
        return self.left, self.top, self.left + self.columns * STEP, self.top + self.rows * STEP

    def nodes(self) -> tuple[Field, Field]:
        """x (1, columns) and y (rows, 1): each node is the middle of its STEP x STEP pixels."""
        middle = (STEP - 1) / 2
        x = np.arange(self.columns, dtype=np.float32) * STEP + np.float32(self.left + middle)
        y = np.arange(self.rows, dtype=np.float32) * STEP + np.float32(self.top + middle)
        return x[None, :], y[:, None]

    def pixels(self, field: Field) -> Field:
        """A field (rows, columns, n) at its nodes, for every pixel of the box."""
        left, top, right, bottom = self.box
        spread: Field = cv2.resize(field, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
        return spread


class Surface:
    """``z``: (rows, columns), depth at the nodes; ``held``: the same shape, how much of a turn each node follows, 0 to 1.

    ``centre``: x, y, z about which it turns; ``distance``: pixels from the camera to that point.
    """

    def __init__(
        self, grid: Grid, z: Field, held: Field, centre: tuple[float, float, float], distance: float
    ) -> None:
        self.grid = grid
        x, y = grid.nodes()
        self._x = np.broadcast_to(x, z.shape)
        self._y = np.broadcast_to(y, z.shape)
        self._rest = np.stack((self._x - centre[0], self._y - centre[1], z - centre[2]), axis=-1).astype(
            np.float32
        )
        self._held, self._distance = held, distance
        self._whole = bool((held == 1).all())

    def moved(self, turn: Turn, bend: Field | None = None) -> Field:
        """(rows, columns, 2): by how many pixels each node goes.  ``bend``: (rows, columns, 3), its own move before the turn."""
        here = self._rest if bend is None else self._rest + bend
        there = here @ turn.rotation().T
        # at rest the picture is what the camera saw: perspective only changes by what has changed
        far = np.float32(self._distance)
        scale = (far + self._rest[..., 2]) / (far + there[..., 2] - np.float32(turn.nearer))
        shift = np.asarray(there[..., :2] * scale[..., None] - self._rest[..., :2], np.float32)
        shift += np.array((turn.x, turn.y), np.float32)
        gone: Field = shift * self._held[..., None]
        return gone

    def bent(self, curvature: float, angle_deg: float = 0.0) -> Field:
        """(rows, columns, 3): the nodes' moves when a flat sheet is rolled, ``curvature`` in 1 by pixels, edges going away.

        ``angle_deg`` 0: about an upright axis, 90: about a level one.  Paper bends without stretching: its length stays.
        """
        c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
        along = self._rest[..., 0] * np.float32(c) + self._rest[..., 1] * np.float32(s)
        if abs(curvature) < 1e-9:
            return np.zeros_like(self._rest)
        arc = along * np.float32(curvature)
        shorter = np.sin(arc) / np.float32(curvature) - along
        deeper = (1 - np.cos(arc)) / np.float32(curvature)
        return np.stack((shorter * np.float32(c), shorter * np.float32(s), deeper), axis=-1)

    def origin(self, moves: Field, width: int, height: int) -> tuple[Grid, Field]:
        """The part of the frame that the moved surface covers, and for each pixel (h, w, 2) where in the picture it comes from."""
        margin = STEP
        to_x, to_y = self._x + moves[..., 0], self._y + moves[..., 1]
        grid = Grid.over(
            float(to_x.min()) - margin,
            float(to_y.min()) - margin,
            float(to_x.max()) + margin,
            float(to_y.max()) + margin,
            width,
            height,
        )
        x, y = grid.nodes()
        goal = np.empty((grid.rows, grid.columns, 2), np.float32)
        goal[..., 0], goal[..., 1] = x, y
        middle = (STEP - 1) / 2
        corner = np.array((self.grid.left + middle, self.grid.top + middle), np.float32)
        back, (shift_x, shift_y) = self._straightened(moves)
        found = (goal - np.array((shift_x, shift_y), np.float32)) @ back.T
        for _ in range(ROUNDS):
            at = (found - corner) / np.float32(STEP)
            gone = cv2.remap(moves, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            found += (np.float32(RELAXED) * (goal - gone - found)) @ back.T
        return grid, grid.pixels(found)

    def _straightened(self, moves: Field) -> tuple[Field, tuple[float, float]]:
        """The best affine map of all nodes, as the inverse of its matrix (2, 2) and its shift: a first guess of the way back.

        A head that folds over its own far side is better guessed by a shift alone.
        """
        if not self._whole:
            x, y = moves.mean(axis=(0, 1))
            return np.eye(2, dtype=np.float32), (float(x), float(y))
        x, y = self._x - self._x.mean(), self._y - self._y.mean()
        over_x = (x[..., None] * moves).sum(axis=(0, 1)) / max(float((x * x).sum()), 1.0)
        over_y = (y[..., None] * moves).sum(axis=(0, 1)) / max(float((y * y).sum()), 1.0)
        matrix = np.eye(2) + np.stack((over_x, over_y), axis=1)
        middle = np.array((self._x.mean(), self._y.mean()))
        shift = middle + moves.mean(axis=(0, 1)) - matrix @ middle
        return np.linalg.inv(matrix).astype(np.float32), (float(shift[0]), float(shift[1]))
