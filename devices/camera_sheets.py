"""Sheets that an attacker holds up: a print, a print with holes for the eyes, a screen.  Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from devices.camera_manner import Grip, Rng
from devices.camera_scene import Layer, Lit, Placing, Scene, hall
from devices.camera_sitter import CAMERA_AWAY, EYES, Sitter, lid
from devices.camera_surface import STEP, Field, Grid, Image, Surface

BEHIND_PAPER = 0.1  # of the face's width: how far the eyes are behind their holes
PAPER, BEZEL = (235, 238, 240), (24, 22, 22)


@dataclass(frozen=True)
class Sheet:
    """A rectangle of the frame: what of a portrait is printed or shown."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, mesh: Field) -> Sheet:
        """Head and shoulders of a mesh (468, 3) in the frame's pixels."""
        (x0, y0), (x1, y1) = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
        wide, high = float(x1 - x0), float(y1 - y0)
        return cls(int(x0 - 0.6 * wide), int(y0 - 0.75 * high), int(x1 + 0.6 * wide), int(y1 + 0.6 * high))

    @classmethod
    def closely(cls, mesh: Field, margin: float) -> Sheet:
        """A face that was cut out: its hair and chin, and ``margin`` of its width beside it."""
        (x0, y0), (x1, y1) = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
        wide, high = margin * float(x1 - x0), float(y1 - y0)
        return cls(int(x0 - wide), int(y0 - 0.45 * high), int(x1 + wide), int(y1 + 0.25 * high))

    def alpha(self, scene: Scene) -> Field:
        """(height, width), 1 inside; may reach beyond the frame."""
        shown = np.zeros((scene.height, scene.width), np.float32)
        cv2.rectangle(shown, (self.left, self.top), (self.right, self.bottom), 1.0, -1)
        return shown

    def edge(self, picture: Image, thick: int, colour: tuple[int, int, int]) -> None:
        """Draws its edge: white paper, or the frame of a screen."""
        inner = thick // 2
        corners = (self.left + inner, self.top + inner), (self.right - inner, self.bottom - inner)
        cv2.rectangle(picture, *corners, colour, thick)

    def surface(self, scene: Scene) -> Surface:
        """Flat, turning about its own middle."""
        grid = Grid.over(
            self.left - STEP,
            self.top - STEP,
            self.right + STEP,
            self.bottom + STEP,
            scene.width,
            scene.height,
        )
        shape = (grid.rows, grid.columns)
        middle = ((self.left + self.right) / 2, (self.top + self.bottom) / 2, 0.0)
        flat, firm = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        return Surface(grid, flat, firm, middle, CAMERA_AWAY * scene.face_px)


class Print:
    """A printed portrait in front of a room."""

    def __init__(self, sitter: Sitter, scene: Scene, rng: Rng) -> None:
        self._scene, self.lit = scene, Lit(scene, rng)
        self._room = self.lit.on(hall(scene, rng))
        placing = Placing(sitter.portrait, scene)
        sheet = Sheet.around(placing.mesh)
        picture = placing.picture(sitter.portrait.picture)
        contrast = rng.uniform(0.8, 1.0)  # ink is never as black nor paper as white as the scene was
        picture = np.clip(picture * contrast + 128 * (1 - contrast) + rng.uniform(-8, 8), 0, 255).astype(
            np.uint8
        )
        sheet.edge(picture, max(2, int(0.05 * scene.face_px)), PAPER)
        self.mesh = placing.mesh
        self.layer = Layer(self.lit.on(picture), sheet.alpha(scene), sheet.surface(scene))

    def image(self, grip: Grip, bend_deg: float = 0.0) -> Image:
        frame = self._room.copy()
        self.layer.draw(frame, grip.turn, bend=grip.bend / self._scene.face_px, bend_deg=bend_deg)
        self.lit.grain(frame)
        return frame


@dataclass(frozen=True, eq=False)
class Hole:
    """Where it is in the frame, how open (``soft``) and how lit (``rim``) its pixels are, and what is left of the paper there."""

    place: tuple[slice, slice]
    soft: Field
    rim: Field
    paper: Field

    @classmethod
    def of(
        cls,
        paper: Image,
        box: tuple[int, int, int, int],
        mesh: Field,
        eye: tuple[tuple[int, ...], ...],
        scene: Scene,
    ) -> Hole:
        left, top, right, bottom = box
        hole = np.zeros((bottom - top, right - left), np.float32)
        corners, upper, lower, _ = eye
        outline = mesh[[corners[0], *upper, corners[1], *lower], :2] - np.array((left, top))
        middle = outline.mean(axis=0)
        grown = cv2.convexHull((middle + (outline - middle) * 1.25).astype(np.float32))
        cv2.fillPoly(hole, [np.rint(grown).astype(np.int32)], 1.0)
        soft = cv2.GaussianBlur(hole, (0, 0), 0.8)[..., None]
        rim = 1 - 0.5 * cv2.GaussianBlur(1 - hole, (0, 0), 0.01 * scene.face_px)[..., None]  # its shadow
        place = (slice(top, bottom), slice(left, right))
        return cls(place, soft, rim, paper[place] * (1 - soft))


class Holes:
    """Living eyes behind a print.  They close, look about a little, and slide under the paper when it is tilted."""

    def __init__(self, printed: Print, sitter: Sitter, scene: Scene) -> None:
        self._printed, self._face_px = printed, scene.face_px
        self._eyes = printed.lit.on(Placing(sitter.portrait, scene).picture(sitter.portrait.picture))
        paper = printed.layer.picture[..., :3]
        # a lid's box is the same however far it is closed
        self._holes = tuple(
            Hole.of(paper, lid(self._eyes, printed.mesh, eye, 0.0)[0], printed.mesh, eye, scene)
            for eye in EYES
        )
        self._lid = lru_cache(maxsize=64)(self._drawn)

    def look(self, closed: float, grip: Grip, wander: tuple[float, float]) -> None:
        """``wander``: pixels by which the eyes are beside their holes even when nothing is tilted."""
        deep = BEHIND_PAPER * self._face_px
        x = wander[0] - deep * math.sin(math.radians(grip.turn.yaw))
        y = wander[1] + deep * math.sin(math.radians(grip.turn.pitch))
        for number, hole in enumerate(self._holes):
            patch = self._lid(number, closed)
            height, width = patch.shape[:2]
            slid = cv2.warpAffine(
                patch, np.array(((1.0, 0, x), (0, 1.0, y))), (width, height), borderMode=cv2.BORDER_REPLICATE
            )
            self._printed.layer.picture[(*hole.place, slice(0, 3))] = slid * hole.rim * hole.soft + hole.paper

    def _drawn(self, number: int, closed: float) -> Image:
        return lid(self._eyes, self._printed.mesh, EYES[number], closed)[1]


def raster(scene: Scene, rng: Rng) -> tuple[Image, Image]:
    """The screen's own pixels as the camera's beat against them: what to add and what to take away, (height, width, 3)."""
    x = np.arange(scene.width, dtype=np.float32)[None, :, None]
    y = np.arange(scene.height, dtype=np.float32)[:, None, None]
    colour = np.array((0.0, 2.1, 4.2), np.float32)  # red, green and blue stand side by side
    fine = np.float32(2 * np.pi / rng.uniform(2.1, 3.5))
    waves = np.sin(fine * x + colour) * np.sin(fine * y) * np.float32(rng.uniform(3, 9))
    return np.maximum(waves, 0).astype(np.uint8), np.maximum(-waves, 0).astype(np.uint8)
