"""Presentations: who, or what, is held before the camera.  A living person, and the attack instruments of ISO/IEC 30107.

Every one is rendered from a portrait and its mesh; nothing is recorded.  Time is an argument and chance a generator: the same seed,
asked the same at the same times, gives the same pixels, with no thread and no clock, so that a bench can run hours in minutes.

    word        what the machine asks just now: look, straight, blink, turn_left, turn_right, nod; sides are the person's own
    picture     BGR, (height, width, 3) uint8, not mirrored
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from devices.camera_manner import BLINK, LEFT, NOD, RIGHT, Between, Body, Grip, Hand, Manner, Rng
from devices.camera_scene import Layer, Lit, Person, Placing, Scene, Sheet, hall
from devices.camera_sitter import Sitter
from devices.camera_surface import Image


class Presentation(Protocol):
    """``at_s`` never goes back.  One thread."""

    def ask(self, word: str, at_s: float) -> None:
        """What the machine asks from now on."""

    def image(self, at_s: float) -> Image:
        """What the camera sees."""


class Nobody:
    """An empty room."""

    def __init__(self, scene: Scene, rng: Rng) -> None:
        self._lit = Lit(scene, rng)
        self._room = self._lit.on(hall(scene, rng))

    def ask(self, word: str, at_s: float) -> None:
        """Nobody hears it."""

    def image(self, at_s: float) -> Image:
        frame = self._room.copy()
        self._lit.grain(frame)
        return frame


class Living:
    """A person who does what is asked, in their own time.  ``squint``: 0 eyes as in the portrait, 0.5 half as far open."""

    def __init__(
        self, sitter: Sitter, scene: Scene, rng: Rng, manner: Manner | None = None, squint: float = 0.0
    ) -> None:
        self._lit = Lit(scene, rng)
        self._person = Person(sitter, scene, self._lit)
        self._body = Body(rng, manner or Manner(), scene.face_px)
        self._squint = squint

    def ask(self, word: str, at_s: float) -> None:
        self._body.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        frame = self._person.still.copy()
        closed = self._squint + (1 - self._squint) * self._body.closed(at_s)
        self._person.draw(frame, self._body.turn(at_s), closed)
        self._lit.grain(frame)
        return np.asarray(frame, np.uint8)


class _Print:
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
        sheet.edge(picture, max(2, int(0.05 * scene.face_px)), (235, 238, 240))
        self.mesh = placing.mesh
        self.layer = Layer(self.lit.on(picture), sheet.alpha(scene), sheet.surface(scene))

    def image(self, grip: Grip, bend_deg: float = 0.0) -> Image:
        frame = self._room.copy()
        self.layer.draw(frame, grip.turn, bend=grip.bend / self._scene.face_px, bend_deg=bend_deg)
        self.lit.grain(frame)
        return frame


class FlatPhoto:
    """A printed photo that a not quite steady hand holds still."""

    def __init__(self, sitter: Sitter, scene: Scene, rng: Rng) -> None:
        self._print = _Print(sitter, scene, rng)
        self._hand = Hand(rng, scene.face_px)

    def ask(self, word: str, at_s: float) -> None:
        self._hand.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        return self._print.image(self._hand.grip(at_s))


class MovedPhoto:
    """A photo that is tilted, shifted and spun to look like what is asked."""

    def __init__(
        self, sitter: Sitter, scene: Scene, rng: Rng, ways: tuple[str, ...] = ("tilt", "shift", "spin")
    ) -> None:
        self._print = _Print(sitter, scene, rng)
        self._hand = Hand(rng, scene.face_px, ways)

    def ask(self, word: str, at_s: float) -> None:
        self._hand.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        return self._print.image(self._hand.grip(at_s))


class BentPhoto:
    """A photo rolled to a part of a cylinder, about an upright axis more or less, and tilted and bent to look like what is asked."""

    def __init__(self, sitter: Sitter, scene: Scene, rng: Rng) -> None:
        self._print = _Print(sitter, scene, rng)
        self._hand = Hand(rng, scene.face_px, ("tilt", "bend", "shift"), rest_bend=rng.uniform(0.3, 0.9))
        self._bend_deg = float(rng.normal(0, 15)) + (90.0 if rng.random() < 0.2 else 0.0)

    def ask(self, word: str, at_s: float) -> None:
        self._hand.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        return self._print.image(self._hand.grip(at_s), self._bend_deg)


class ReplayedVideo:
    """A recording of a living person who once answered another order, on a screen held before the camera.

    ``recorded``: what was asked then, again and again to the end; None: drawn by chance.
    """

    def __init__(
        self,
        sitter: Sitter,
        scene: Scene,
        rng: Rng,
        recorded: tuple[str, ...] | None = None,
        fps: float = 25.0,
    ) -> None:
        self._scene, self._rng, self._fps = scene, rng, fps
        self._lit = Lit(scene, rng)
        self._room = self._lit.on(hall(scene, rng))
        clean = Scene(
            width=scene.width, height=scene.height, face_px=scene.face_px, x=scene.x, y=scene.y, noise=1.0
        )
        self._person = Living(sitter, clean, rng)
        sheet = Sheet.around(Placing(sitter.portrait, scene).mesh)
        blank = np.zeros((scene.height, scene.width, 3), np.uint8)
        sheet.edge(blank, max(4, int(0.1 * scene.face_px)), (24, 22, 22))
        self._layer = Layer(blank, sheet.alpha(scene), sheet.surface(scene))
        edge = max(4, int(0.1 * scene.face_px))
        self._glass = (
            slice(max(0, sheet.top + edge), max(0, sheet.bottom - edge)),
            slice(max(0, sheet.left + edge), max(0, sheet.right - edge)),
        )
        self._raster = raster(scene, rng)
        self._hand = Hand(rng, scene.face_px)
        order = [LEFT, RIGHT, NOD, BLINK]
        rng.shuffle(order)
        self._recorded = recorded if recorded is not None else tuple(order)
        self._turn_s, self._step = 1.0, 0
        self._began_s: float | None = None
        self._shown = -1

    def ask(self, word: str, at_s: float) -> None:
        """A recording hears nothing."""

    def image(self, at_s: float) -> Image:
        if self._began_s is None:
            self._began_s = at_s
        number = int((at_s - self._began_s) * self._fps)
        if number != self._shown:
            self._shown = number
            self._play(number / self._fps)
        frame = self._room.copy()
        self._layer.draw(frame, self._hand.grip(at_s).turn)
        self._lit.grain(frame)
        return frame

    def _play(self, at_s: float) -> None:
        while self._turn_s <= at_s:
            acting, number = self._step % 2 == 0, self._step // 2 % len(self._recorded)
            self._person.ask(self._recorded[number] if acting else "straight", self._turn_s)
            self._turn_s += (Between(3.0, 6.0) if acting else Between(1.5, 3.0)).draw(self._rng)
            self._step += 1
        shown = np.asarray(self._person.image(at_s)[self._glass])
        lighter, darker = (part[self._glass] for part in self._raster)
        self._layer.picture[(*self._glass, slice(0, 3))] = cv2.subtract(cv2.add(shown, lighter), darker)


def raster(scene: Scene, rng: Rng) -> tuple[Image, Image]:
    """The screen's own pixels as the camera's beat against them: what to add and what to take away, (height, width, 3)."""
    x = np.arange(scene.width, dtype=np.float32)[None, :, None]
    y = np.arange(scene.height, dtype=np.float32)[:, None, None]
    colour = np.array((0.0, 2.1, 4.2), np.float32)  # red, green and blue stand side by side
    fine = np.float32(2 * np.pi / rng.uniform(2.1, 3.5))
    waves = np.sin(fine * x + colour) * np.sin(fine * y) * np.float32(rng.uniform(3, 9))
    return np.maximum(waves, 0).astype(np.uint8), np.maximum(-waves, 0).astype(np.uint8)
