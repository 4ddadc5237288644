"""Presentations: who, or what, is held before the camera.  A living person, and the attack instruments of ISO/IEC 30107.

Every one is rendered from a portrait and its mesh; nothing is recorded.  Time is an argument and chance a generator: the same seed,
asked the same at the same times, gives the same pixels, with no thread and no clock, so that a bench can run hours in minutes.

    word        what the machine asks just now: look, straight, blink, turn_left, turn_right, nod; sides are the person's own
    picture     BGR, (height, width, 3) uint8, not mirrored
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from devices.camera_manner import (
    BLINK,
    LEFT,
    RIGHT,
    STRAIGHT,
    Between,
    Body,
    Course,
    Hand,
    Manner,
    Rng,
    Sway,
    Tape,
)
from devices.camera_scene import Layer, Lit, Person, Placing, Scene, hall
from devices.camera_sheets import BEZEL, Holes, Print, Sheet, raster
from devices.camera_sitter import Sitter
from devices.camera_surface import Image, Turn

HAND = 25  # grey levels of a lens with a hand over it
QUICK = Manner(  # an attacker's: trained, and in a hurry
    delay_s=Between(0.4, 0.7),
    turn_s=Between(0.6, 0.9),
    turn_deg=Between(26.0, 34.0),
    hold_s=Between(0.3, 0.6),
    nod_s=Between(0.4, 0.6),
    nod_deg=Between(16.0, 20.0),
    closed_s=Between(0.2, 0.35),
    own_blink_every_s=Between(20.0, 40.0),
)


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
        self._person = Person(sitter, scene, self._lit, rng)
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


class FlatPhoto:
    """A printed photo that a not quite steady hand holds still."""

    def __init__(self, sitter: Sitter, scene: Scene, rng: Rng) -> None:
        self._print = Print(sitter, scene, rng)
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
        self._print = Print(sitter, scene, rng)
        self._hand = Hand(rng, scene.face_px, ways)

    def ask(self, word: str, at_s: float) -> None:
        self._hand.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        return self._print.image(self._hand.grip(at_s))


class BentPhoto:
    """A photo rolled to a part of a cylinder, about an upright axis more or less, and tilted and bent to look like what is asked."""

    def __init__(self, sitter: Sitter, scene: Scene, rng: Rng) -> None:
        self._print = Print(sitter, scene, rng)
        self._hand = Hand(rng, scene.face_px, ("tilt", "bend", "shift"), rest_bend=rng.uniform(0.3, 0.9))
        self._bend_deg = float(rng.normal(0, 15)) + (90.0 if rng.random() < 0.2 else 0.0)

    def ask(self, word: str, at_s: float) -> None:
        self._hand.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        return self._print.image(self._hand.grip(at_s), self._bend_deg)


class EyeHolePhoto:
    """A photo with the attacker's own eyes in the holes: they blink when asked, the photo is tilted for all else."""

    def __init__(self, sitter: Sitter, scene: Scene, rng: Rng) -> None:
        self._print = Print(sitter, scene, rng)
        self._holes = Holes(self._print, sitter, scene)
        self._hand = Hand(rng, scene.face_px, ("tilt", "shift", "bend"))
        self._body = Body(rng, Manner(delay_s=Between(0.3, 1.5), sway_px=0.012), scene.face_px)

    def ask(self, word: str, at_s: float) -> None:
        (self._body if word == BLINK else self._hand).ask(word, at_s)

    def image(self, at_s: float) -> Image:
        grip, eyes = self._hand.grip(at_s), self._body.turn(at_s)
        self._holes.look(self._body.closed(at_s), grip, (eyes.x, eyes.y))
        return self._print.image(grip)


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
        self._fps = fps
        self._lit = Lit(scene, rng)
        self._room = self._lit.on(hall(scene, rng))
        clean = Scene(
            width=scene.width, height=scene.height, face_px=scene.face_px, x=scene.x, y=scene.y, noise=0.0
        )
        self._person = Living(sitter, clean, rng)
        sheet = Sheet.around(Placing(sitter.portrait, scene).mesh)
        blank = np.zeros((scene.height, scene.width, 3), np.uint8)
        sheet.edge(blank, max(4, int(0.1 * scene.face_px)), BEZEL)
        self._layer = Layer(blank, sheet.alpha(scene), sheet.surface(scene))
        edge = max(4, int(0.1 * scene.face_px))
        self._glass = (
            slice(max(0, sheet.top + edge), max(0, sheet.bottom - edge)),
            slice(max(0, sheet.left + edge), max(0, sheet.right - edge)),
        )
        self._raster = raster(scene, rng)
        self._hand = Hand(rng, scene.face_px)
        self._askew = Turn(*(float(angle) for angle in rng.normal(0, (6.0, 4.0, 2.0))))  # as screens are held
        self._tape = Tape(rng, recorded)
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
        self._layer.draw(frame, self._askew + self._hand.grip(at_s).turn)
        self._lit.grain(frame)
        return frame

    def _play(self, at_s: float) -> None:
        for word, heard_s in self._tape.until(at_s):
            self._person.ask(word, heard_s)
        shown = np.asarray(self._person.image(at_s)[self._glass])
        lighter, darker = (part[self._glass] for part in self._raster)
        played = cv2.subtract(cv2.add(shown, lighter), darker)
        cv2.cvtColor(played, cv2.COLOR_BGR2BGRA, dst=self._layer.picture[self._glass])


class TwoFaces:
    """A living person, and somebody beside them whose face is nearly as large."""

    def __init__(self, sitter: Sitter, other: Sitter, scene: Scene, rng: Rng) -> None:
        self._lit = Lit(scene, rng)
        first = replace(scene, face_px=min(scene.face_px, 0.17 * scene.width), x=0.28)
        second = replace(first, face_px=first.face_px * rng.uniform(0.8, 1.0), x=0.72)
        self._people = tuple(
            (Person(who, where, self._lit, rng), Body(rng, Manner(), where.face_px))
            for who, where in ((sitter, first), (other, second))
        )
        across = np.clip((np.arange(scene.width) - 0.45 * scene.width) / (0.1 * scene.width), 0, 1)
        left, right = (person.still for person, _ in self._people)
        self._still = np.asarray(left * (1 - across[:, None]) + right * across[:, None], np.uint8)

    def ask(self, word: str, at_s: float) -> None:
        self._people[0][1].ask(word, at_s)

    def image(self, at_s: float) -> Image:
        frame = self._still.copy()
        for person, body in self._people:
            person.draw(frame, body.turn(at_s), body.closed(at_s))
        self._lit.grain(frame)
        return frame


class SwappedHalfway:
    """Begins as one person; after the first action it is another who goes on, between two pictures, in the same place and room."""

    def __init__(self, sitter: Sitter, other: Sitter, scene: Scene, rng: Rng) -> None:
        self._rng, self._lit = rng, Lit(scene, rng)
        self._people = tuple(Person(who, scene, self._lit, rng) for who in (sitter, other))
        self._still = self._people[0].still  # one room: two that differ would tell of themselves
        self._body = Body(rng, Manner(), scene.face_px)
        self._acted = False
        self._swap_s = math.inf

    def ask(self, word: str, at_s: float) -> None:
        if self._acted and word in STRAIGHT and self._swap_s == math.inf:
            self._swap_s = at_s + self._rng.uniform(0.0, 2.0)
        self._acted = self._acted or word not in STRAIGHT
        self._body.ask(word, at_s)

    def image(self, at_s: float) -> Image:
        person = self._people[at_s >= self._swap_s]
        frame = self._still.copy()
        person.draw(frame, self._body.turn(at_s), self._body.closed(at_s))
        self._lit.grain(frame)
        return frame


class TakingTurns:
    """A cut-out photo of one person for the straight look, one turn and the end; whoever holds it does the rest with their own face.

    At every change a hand is over the lens for about half a second.  The screen says where one is (``read``): with the first action
    a new draw begins, with the last one the end.  Who is never told it does not bring the photo back.
    """

    def __init__(self, sitter: Sitter, other: Sitter, scene: Scene, rng: Rng) -> None:
        self._rng, self._scene, self._lit = rng, scene, Lit(scene, rng)
        self._person = Person(other, scene, self._lit, rng)
        self._body = Body(rng, QUICK, scene.face_px)
        placing = Placing(sitter.portrait, scene)
        sheet = Sheet.closely(placing.mesh, rng.uniform(0.1, 0.25))
        contrast = rng.uniform(0.85, 1.0)
        picture = placing.picture(sitter.portrait.picture) * contrast + 128 * (1 - contrast)
        picture = self._lit.on(np.clip(picture + rng.uniform(-8, 8), 0, 255).astype(np.uint8))
        self._layer = Layer(picture, sheet.alpha(scene), sheet.surface(scene))
        self._sway = Sway(rng, 0.6, 0.01 * scene.face_px, tremor=0.2)
        self._rest_bend = rng.uniform(0.15, 0.4)
        self._aside, self._side = Course(), 1.0
        self._most = Turn(yaw=rng.uniform(32, 44)), rng.uniform(0.4, 0.8)
        self._photo, self._turned, self._word = True, False, ""
        self._covered_s = -math.inf  # until then
        self._step, self._done = 0, False

    def read(self, step: int, done: bool) -> None:
        """What the screen says: which action it is, and whether all are done.  Before the word that goes with it."""
        if step == 1 != self._step:
            self._turned = False
        self._step, self._done = step, done

    def ask(self, word: str, at_s: float) -> None:
        if word == "look" or self._done:
            self._show(True, at_s)
        if word == self._word:
            return
        self._word = word
        if word == "look":
            self._turned = False
        if word in STRAIGHT:
            self._body.ask(word, at_s)
        elif word in (LEFT, RIGHT) and not self._turned:
            self._turned = True
            self._show(True, at_s)
            self._turn(1.0 if word == LEFT else -1.0, max(at_s, self._covered_s))
        else:
            self._show(False, at_s)
            self._body.ask(word, max(at_s, self._covered_s))

    def image(self, at_s: float) -> Image:
        frame = self._person.still.copy()
        turn, closed = self._body.turn(at_s), self._body.closed(at_s)
        if at_s < self._covered_s:
            frame[:] = HAND
        else:
            self._person.draw(frame, turn, closed)
            if self._photo:
                aside, (most, bend) = self._aside.value(at_s), self._most
                held = Turn(yaw=self._side * aside * most.yaw) + self._sway.at(at_s)
                self._layer.draw(frame, held, bend=(self._rest_bend + bend * aside) / self._scene.face_px)
        self._lit.grain(frame)
        return np.asarray(frame, np.uint8)

    def _show(self, photo: bool, at_s: float) -> None:
        if photo != self._photo:
            self._photo, self._covered_s = photo, at_s + self._rng.uniform(0.45, 0.6)

    def _turn(self, side: float, at_s: float) -> None:
        start_s = at_s + self._rng.uniform(0.4, 0.7)
        self._side = side
        self._aside.cut(start_s)
        for seconds, aside in (
            (self._rng.uniform(0.5, 0.8), 1.0),
            (self._rng.uniform(0.3, 0.6), 1.0),
            (0.6, 0.0),
        ):
            start_s += seconds
            self._aside.key(start_s, aside)


@dataclass(frozen=True)
class Cast:
    """Who may be shown: a person, and somebody else."""

    sitter: Sitter
    other: Sitter


# By the name of the species in the bench.  "living" is the one bona fide presentation, "nobody" is neither.
PRESENTATIONS: dict[str, Callable[[Cast, Scene, Rng], Presentation]] = {
    "living": lambda cast, scene, rng: Living(cast.sitter, scene, rng),
    "nobody": lambda cast, scene, rng: Nobody(scene, rng),
    "flat": lambda cast, scene, rng: FlatPhoto(cast.sitter, scene, rng),
    "bent": lambda cast, scene, rng: BentPhoto(cast.sitter, scene, rng),
    "moved": lambda cast, scene, rng: MovedPhoto(cast.sitter, scene, rng),
    "eye_holes": lambda cast, scene, rng: EyeHolePhoto(cast.sitter, scene, rng),
    "replayed": lambda cast, scene, rng: ReplayedVideo(cast.sitter, scene, rng),
    "two_faces": lambda cast, scene, rng: TwoFaces(cast.sitter, cast.other, scene, rng),
    "swapped": lambda cast, scene, rng: SwappedHalfway(cast.sitter, cast.other, scene, rng),
    "taking_turns": lambda cast, scene, rng: TakingTurns(cast.sitter, cast.other, scene, rng),
}
