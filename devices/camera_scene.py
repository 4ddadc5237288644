"""Where an emulated camera stands: size and place of the face, light, noise, and when its pictures come.  Pure.

Everything that does not move is drawn once, when a presentation is set up; a frame then costs one warp of what moves and the noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from devices.camera_sitter import Lids, Portrait, Sitter, head_surface
from devices.camera_surface import Field, Image, Surface, Turn
from devices.camera_wear import with_mask, with_sunglasses

SHORTEST_FRAME = 0.2  # of the mean time between pictures, however the rate jitters
Rng = np.random.Generator


@dataclass(frozen=True, kw_only=True)
class Scene:
    """``face_px``: width of the face in the frame; ``x``, ``y``: its middle, in widths and heights of the frame.

    ``light`` 1 as photographed, .2 dark, 2 burnt; ``colour``: gains of blue, green, red; ``side``: -1 lit from the left of the image
    only, 1 from the right; ``noise``: sigma in grey levels; ``blur``: sigma in pixels; ``fps_jitter``: sigma of the time between
    pictures, by that time; ``behind``: so many small people in the background.
    """

    width: int = 1280
    height: int = 720
    fps: float = 15.0
    fps_jitter: float = 0.1
    face_px: float = 230.0
    x: float = 0.5
    y: float = 0.45
    light: float = 1.0
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    side: float = 0.0
    noise: float = 2.0
    blur: float = 0.0
    behind: int = 0
    mask: bool = False
    sunglasses: bool = False

    def moments(self, rng: Rng, until_s: float, from_s: float = 0.0) -> Iterator[float]:
        """When the pictures come, in seconds."""
        at_s = from_s
        while at_s < until_s:
            yield at_s
            at_s += max(SHORTEST_FRAME, rng.normal(1.0, self.fps_jitter)) / self.fps


def any_scene(rng: Rng) -> Scene:
    """A hall on some day: what a camera there should cope with."""
    warm = rng.normal(0.0, 0.06)
    return Scene(
        fps=float(rng.uniform(10, 25)),
        fps_jitter=float(rng.uniform(0.0, 0.25)),
        face_px=float(rng.uniform(150, 300)),
        x=float(rng.uniform(0.38, 0.62)),
        y=float(rng.uniform(0.4, 0.52)),
        light=float(rng.uniform(0.55, 1.3)),
        colour=(1 - warm, 1.0, 1 + warm),
        side=float(rng.uniform(-0.5, 0.5)),
        noise=float(rng.uniform(0.5, 5.0)),
        blur=float(rng.uniform(0.0, 0.9)),
    )


class Placing:
    """From a portrait's pixels to those of the frame: scaled so that the face is ``scene.face_px`` wide, and moved."""

    def __init__(self, portrait: Portrait, scene: Scene, dx: float = 0.0, dy: float = 0.0) -> None:
        self.scale = scene.face_px / portrait.width
        x, y = portrait.middle
        self._size = (scene.width, scene.height)
        self._move = (
            scene.x * scene.width + dx - self.scale * x,
            scene.y * scene.height + dy - self.scale * y,
        )
        points = portrait.mesh * np.float32(self.scale)
        points[:, :2] += np.array(self._move, np.float32)
        self.mesh: Field = points

    def picture(self, image: Image | Field, outside: int = cv2.BORDER_REPLICATE) -> Any:
        """An image of the portrait's size, (height, width, ...) of the frame."""
        warp = np.array(((self.scale, 0, self._move[0]), (0, self.scale, self._move[1])))
        placed: Any = cv2.warpAffine(image, warp, self._size, flags=cv2.INTER_CUBIC, borderMode=outside)
        return placed

    def wall(self, background: Image) -> Image:
        """What surrounds a portrait that does not fill the frame: its own colours, without drawing."""
        small = cv2.resize(self.picture(background), None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(cv2.blur(small, (25, 25)), self._size, interpolation=cv2.INTER_LINEAR))

    def whole(self, image: Image, wall: Image) -> Image:
        """An image of the portrait's size, faded into the wall within its own edge."""
        inside = self.picture(np.ones(image.shape[:2], np.float32), cv2.BORDER_CONSTANT)
        inside = np.clip(2 * cv2.blur(inside, (41, 41))[..., None] - 1, 0, 1)
        return np.asarray(self.picture(image) * inside + wall * (1 - inside), np.uint8)


class Lit:
    """The light of a scene, put on every picture before it moves; the noise, put on every frame."""

    def __init__(self, scene: Scene, rng: Rng) -> None:
        self._scene, self._rng = scene, rng
        across = np.arange(scene.width, dtype=np.float32) - np.float32(scene.x * scene.width)
        slope = np.clip(across / np.float32(1.2 * scene.face_px), -1, 1) * np.float32(scene.side)
        gains = (1 + np.float32(0.7) * slope)[None, :, None] * np.array(scene.colour, np.float32)
        self._gain = gains.astype(np.float32) * np.float32(scene.light)
        rows, columns = scene.height // 2, scene.width // 2
        if scene.noise > 0:
            grain = rng.standard_normal((rows, columns, 3), np.float32) * np.float32(scene.noise)
            lighter = np.rint(np.maximum(grain, 0)).astype(np.uint8)
            darker = np.rint(np.maximum(-grain, 0)).astype(np.uint8)
            self._grain = (np.tile(lighter, (3, 3, 1)), np.tile(darker, (3, 3, 1)))

    def on(self, picture: Image) -> Image:
        """A whole frame in this light, and as sharp as this lens is."""
        lit = np.clip(picture * self._gain, 0, 255).astype(np.uint8)
        if self._scene.blur > 0:
            lit = cv2.GaussianBlur(lit, (0, 0), self._scene.blur)
        return np.asarray(lit, np.uint8)

    def grain(self, frame: Image) -> None:
        """Adds the sensor's noise, never the same twice."""
        if self._scene.noise <= 0:
            return
        height, width = frame.shape[:2]
        for part, change in zip(self._grain, (cv2.add, cv2.subtract), strict=True):
            y, x = (int(n) for n in self._rng.integers(0, (height // 2, width // 2)))
            change(frame, part[y : y + height, x : x + width], dst=frame)


class Layer:
    """What moves over a still frame: a picture as large as the frame, ``alpha`` (h, w) 0 to 1, where it is, on a surface.

    ``picture`` (h, w, 4), colours times alpha, may be painted over between two frames where alpha is 1.
    """

    def __init__(self, picture: Image, alpha: Field, surface: Surface, lids: Lids | None = None) -> None:
        shown = np.clip(alpha, 0, 1).astype(np.float32)
        whole = np.dstack((picture * shown[..., None], 255 * shown))
        self.picture: Image = np.asarray(np.rint(whole), np.uint8)
        self._surface, self._lids = surface, lids

    def draw(
        self, frame: Image, turn: Turn, closed: float = 0.0, bend: float = 0.0, bend_deg: float = 0.0
    ) -> None:
        """Over a frame (h, w, 3).  ``bend``: curvature in 1 by pixels of a flat sheet, about an axis at ``bend_deg``."""
        if self._lids is not None:
            self._lids.put(self.picture, closed)
        height, width = frame.shape[:2]
        rolled = self._surface.bent(bend, bend_deg) if bend else None
        moves = self._surface.moved(turn, rolled)
        grid, origin = self._surface.origin(moves, width, height)
        left, top, right, bottom = grid.box
        part = frame[top:bottom, left:right]
        origin = origin[: part.shape[0], : part.shape[1]]
        seen = cv2.remap(self.picture, origin, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        through = cv2.cvtColor(255 - cv2.extractChannel(seen, 3), cv2.COLOR_GRAY2BGR)
        cv2.add(cv2.multiply(part, through, scale=1 / 255), cv2.cvtColor(seen, cv2.COLOR_BGRA2BGR), dst=part)


class Person:
    """A living head over a still frame without it."""

    def __init__(self, sitter: Sitter, scene: Scene, lit: Lit, rng: Rng) -> None:
        placing = Placing(sitter.portrait, scene)
        self.mesh = placing.mesh
        person = placing.picture(sitter.person)
        wall = placing.wall(sitter.background)
        picture = placing.whole(dressed(sitter.portrait, scene), wall)
        empty = placing.whole(sitter.background, wall)
        for face, head, alpha in crowd(sitter, scene, rng):
            for frame, before in ((picture, 1 - person), (empty, 1.0)):
                part = frame[face]
                over = (alpha * (before if isinstance(before, float) else before[face]))[..., None]
                part[:] = np.rint(head * over + part * (1 - over))
        picture = lit.on(picture)
        z = placing.picture(sitter.relief) * np.float32(placing.scale)
        surface = head_surface(z, placing.mesh, scene.width, scene.height)
        left, top, right, bottom = surface.grid.box
        box = (slice(top, bottom), slice(left, right))
        self.still = picture.copy()
        self.still[box] = lit.on(empty)[box]
        lids = None if scene.sunglasses else Lids(picture, placing.mesh)
        self._layer = Layer(picture, person, surface, lids)

    def draw(self, frame: Image, turn: Turn, closed: float) -> None:
        """Over a copy of ``still``."""
        self._layer.draw(frame, turn, closed)


def dressed(portrait: Portrait, scene: Scene) -> Image:
    """The portrait with what the scene says the person wears."""
    if scene.mask:
        portrait = replace(portrait, picture=with_mask(portrait))
    return with_sunglasses(portrait) if scene.sunglasses else portrait.picture


def crowd(sitter: Sitter, scene: Scene, rng: Rng) -> Iterator[tuple[tuple[slice, slice], Image, Field]]:
    """Small people who stand behind: where in the frame, their pictures, and what of them is to be seen, 0 to 1."""
    portrait = sitter.portrait
    (x, y), wide, high = portrait.middle, portrait.width, portrait.height
    cut = (slice(max(0, int(y - high)), int(y + 0.75 * high)), slice(max(0, int(x - wide)), int(x + wide)))
    head, alpha = portrait.picture[cut], sitter.person[cut]
    for _ in range(scene.behind):
        smaller = scene.face_px * rng.uniform(0.12, 0.28) / wide
        small = cv2.resize(head, None, fx=smaller, fy=smaller, interpolation=cv2.INTER_AREA)
        shown = cv2.resize(alpha, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.5:
            small, shown = small[:, ::-1], shown[:, ::-1]
        left = int(rng.integers(0, max(1, scene.width - small.shape[1])))
        top = int(rng.integers(0, max(1, scene.height // 2)))
        place = (slice(top, top + small.shape[0]), slice(left, left + small.shape[1]))
        yield place, np.asarray(small * rng.uniform(0.5, 1.0), np.uint8), shown


def hall(scene: Scene, rng: Rng) -> Image:
    """A room behind somebody who holds something up: a wall, a door, a notice board, out of focus."""
    height, width = scene.height, scene.width
    wall = rng.uniform(120, 200) + rng.uniform(-15, 15, 3)
    room = np.empty((height, width, 3), np.float32)
    room[:] = wall
    room *= np.linspace(1.1, 0.8, height, dtype=np.float32)[:, None, None]
    for _ in range(int(rng.integers(5, 10))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        w, h = rng.uniform(60, 400), rng.uniform(60, 500)
        colour = tuple(float(c) for c in rng.uniform(40, 220) + rng.uniform(-20, 20, 3))
        cv2.rectangle(room, (int(x - w / 2), int(y - h / 2)), (int(x + w / 2), int(y + h / 2)), colour, -1)
    return np.asarray(np.clip(cv2.GaussianBlur(room, (0, 0), 9), 0, 255), np.uint8)
