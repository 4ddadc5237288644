"""How somebody moves: slowly, after a while, and never quite still.  Pure: time is an argument, chance a generator."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from devices.camera_surface import Turn

Rng = np.random.Generator
LEFT, RIGHT, NOD, BLINK = "turn_left", "turn_right", "nod", "blink"
STRAIGHT = ("straight", "look")


class Course:
    """One quantity over time: eased from each key to the next.  Keys are only ever added behind the last or after a cut."""

    def __init__(self, value: float = 0.0) -> None:
        self._at: list[float] = [-math.inf]
        self._value: list[float] = [value]

    def value(self, at_s: float) -> float:
        after = bisect_right(self._at, at_s)
        if after == len(self._at) or not math.isfinite(self._at[after - 1]):
            return self._value[min(after, len(self._at)) - 1]
        t = (at_s - self._at[after - 1]) / max(self._at[after] - self._at[after - 1], 1e-9)
        eased = t * t * t * (10 - 15 * t + 6 * t * t)  # minimum jerk, as limbs move (Flash and Hogan 1985)
        return self._value[after - 1] + eased * (self._value[after] - self._value[after - 1])

    @property
    def until_s(self) -> float:
        """When the last key is."""
        return self._at[-1]

    @property
    def last(self) -> float:
        return self._value[-1]

    def cut(self, at_s: float) -> None:
        """What was planned after ``at_s`` is given up."""
        value = self.value(at_s)
        keep = bisect_right(self._at, at_s)
        del self._at[keep:], self._value[keep:]
        self.key(at_s, value)

    def key(self, at_s: float, value: float) -> None:
        self._at.append(max(at_s, self._at[-1]))
        self._value.append(value)


@dataclass(frozen=True)
class Between:
    """A range that chance draws from; the middle is likelier."""

    least: float
    most: float

    def draw(self, rng: Rng) -> float:
        return float(rng.triangular(self.least, self.least + 0.35 * (self.most - self.least), self.most))


@dataclass(frozen=True, kw_only=True)
class Manner:
    """Seconds and degrees.  The defaults are an old person's: docs/face.md says what is known of it."""

    delay_s: Between = Between(0.4, 2.5)
    turn_s: Between = Between(0.7, 1.8)
    turn_deg: Between = Between(24.0, 38.0)
    hold_s: Between = Between(1.0, 4.0)
    nod_s: Between = Between(0.4, 1.0)
    nod_deg: Between = Between(13.0, 22.0)
    nods: int = 2
    close_s: Between = Between(0.10, 0.25)
    closed_s: Between = Between(0.12, 0.6)
    own_blink_every_s: Between = Between(2.0, 9.0)
    sway_deg: float = 1.2
    sway_px: float = 0.02  # of the face's width
    wrong_first: float = 0.0  # how often a turn begins to the wrong side


class Tape:
    """What somebody was told while they were filmed, again and again to the end.  ``order`` None: all four actions, by chance.

    ``acting``, ``resting``: seconds from each action to the word to look straight, and from there to the next action.
    """

    def __init__(
        self,
        rng: Rng,
        order: tuple[str, ...] | None = None,
        acting: Between = Between(3.0, 6.0),
        resting: Between = Between(1.5, 3.0),
    ) -> None:
        shuffled = [LEFT, RIGHT, NOD, BLINK]
        rng.shuffle(shuffled)
        self._order = tuple(shuffled) if order is None else order
        self._rng, self._lasts = rng, (acting, resting)
        self._next_s, self._step = 1.0, 0

    def until(self, at_s: float) -> Iterator[tuple[str, float]]:
        """What is heard up to this moment, and when."""
        while self._next_s <= at_s:
            resting, number = self._step % 2, self._step // 2 % len(self._order)
            yield "straight" if resting else self._order[number], self._next_s
            self._next_s += self._lasts[resting].draw(self._rng)
            self._step += 1


class Sway:
    """A few slow waves and a tremor on every axis, with phases of their own."""

    def __init__(self, rng: Rng, degrees: float, pixels: float, tremor: float = 0.1) -> None:
        self._waves = [
            [
                (rng.uniform(0.05, 0.5), rng.uniform(0, math.tau), size * rng.uniform(0.3, 1.0))
                for _ in range(3)
            ]
            + [(rng.uniform(4, 8), rng.uniform(0, math.tau), size * tremor)]
            for size in (degrees, degrees, 0.7 * degrees, pixels, pixels, pixels)
        ]

    def at(self, at_s: float) -> Turn:
        return Turn(
            *(
                sum(size * math.sin(math.tau * hz * at_s + phase) for hz, phase, size in axis)
                for axis in self._waves
            )
        )


@dataclass(frozen=True)
class Grip:
    """How a sheet is held.  ``bend``: its curvature by the face's width; 0 is flat."""

    turn: Turn
    bend: float


class Hand:
    """An attacker's hand: answers what is asked by moving a sheet, a little quicker than an old person would.

    ``ways``: which of tilt, shift, spin and bend the hand knows; each answer uses some of them.
    """

    def __init__(self, rng: Rng, face_px: float, ways: tuple[str, ...] = (), rest_bend: float = 0.0) -> None:
        self._rng, self._face_px, self._ways, self._rest_bend = rng, face_px, ways, rest_bend
        self._courses = {name: Course() for name in ("yaw", "pitch", "roll", "x", "y", "nearer")}
        self._bend = Course(rest_bend)
        self._sway = Sway(rng, 0.8, 0.015 * face_px, tremor=0.25)
        self._word = ""

    def grip(self, at_s: float) -> Grip:
        held = Turn(**{name: course.value(at_s) for name, course in self._courses.items()})
        return Grip(held + self._sway.at(at_s), self._bend.value(at_s))

    def ask(self, word: str, at_s: float) -> None:
        if word == self._word:
            return
        self._word = word
        rng = self._rng
        start_s = at_s + Between(0.3, 1.2).draw(rng)
        if word in STRAIGHT:
            self._rest(start_s, rng.uniform(0.4, 1.0))
            return
        if word not in (LEFT, RIGHT, NOD, BLINK) or not self._ways:
            return
        used = [way for way in self._ways if rng.random() < 0.6] or [
            self._ways[int(rng.integers(len(self._ways)))]
        ]
        times = int(rng.integers(1, 3)) if word in (NOD, BLINK) else 1
        seconds = rng.uniform(0.15, 0.3) if word == BLINK else rng.uniform(0.5, 1.3)
        for _ in range(times):
            goals = self._goals(word, used)
            for name, course in (*self._courses.items(), ("bend", self._bend)):
                if name in goals:
                    course.cut(start_s)
                    course.key(start_s + seconds, goals[name])
            start_s += seconds + (rng.uniform(0.0, 0.2) if times > 1 else rng.uniform(0.8, 3.0))
            self._rest(start_s, seconds)
            start_s += seconds

    def _goals(self, word: str, used: list[str]) -> dict[str, float]:
        """Where the hand takes the sheet to look like what is asked."""
        rng, face = self._rng, self._face_px
        side = {LEFT: 1.0, RIGHT: -1.0}.get(word, 0.0)
        goals: dict[str, float] = {}
        if "tilt" in used:
            goals["yaw" if side else "pitch"] = (side or -1.0) * rng.uniform(20, 48)
        if "shift" in used:
            goals["x" if side else "y"] = (side or 1.0) * rng.uniform(0.15, 0.5) * face
            goals["nearer"] = rng.uniform(-0.5, 0.5) * face
        if "spin" in used:
            goals["roll"] = (side or 1.0) * rng.uniform(8, 22)
        if "bend" in used:
            goals["bend"] = self._rest_bend + rng.uniform(0.2, 0.9)
        return goals

    def _rest(self, start_s: float, seconds: float) -> None:
        for course in self._courses.values():
            course.cut(start_s)
            course.key(start_s + seconds, 0.0)
        self._bend.cut(start_s)
        self._bend.key(start_s + seconds, self._rest_bend)


class Body:
    """One person's head: what it does by itself, and what it does when it is told to."""

    def __init__(self, rng: Rng, manner: Manner, face_px: float) -> None:
        self._rng, self._manner, self._face_px = rng, manner, face_px
        self._yaw, self._pitch, self._roll, self._lids = Course(), Course(), Course(), Course()
        self._sway = Sway(rng, manner.sway_deg, manner.sway_px * face_px)
        self._blink_s = self._own_rng_s(0.0)
        self._word = ""

    def _own_rng_s(self, at_s: float) -> float:
        return at_s + self._manner.own_blink_every_s.draw(self._rng)

    def turn(self, at_s: float) -> Turn:
        yaw, pitch, roll = (course.value(at_s) for course in (self._yaw, self._pitch, self._roll))
        # who turns the head also leans with it, and who nods comes forward
        lean = Turn(yaw, pitch, roll, 0.004 * yaw * self._face_px, -0.004 * pitch * self._face_px, 0.0)
        return lean + self._sway.at(at_s)

    def closed(self, at_s: float) -> float:
        """0 open, 1 closed."""
        while self._blink_s <= at_s:
            if self._lids.until_s < self._blink_s:
                self._close(self._blink_s, 0.08, 0.05)
            self._blink_s = self._own_rng_s(self._blink_s)
        return self._lids.value(at_s)

    def ask(self, word: str, at_s: float) -> None:
        """The same word again changes nothing."""
        if word == self._word:
            return
        self._word = word
        start_s = at_s + self._manner.delay_s.draw(self._rng)
        if word in (LEFT, RIGHT):
            self._turn_aside(1.0 if word == LEFT else -1.0, start_s)
        elif word == NOD:
            self._nod(start_s)
        elif word == BLINK:
            self.closed(start_s)  # a blink of its own that comes before goes first
            for _ in range(int(self._rng.integers(1, 3))):
                start_s = max(start_s, self._lids.until_s + 0.1)
                self._close(
                    start_s, self._manner.close_s.draw(self._rng), self._manner.closed_s.draw(self._rng)
                )
                start_s = self._lids.until_s + self._rng.uniform(0.2, 0.6)
        elif word in STRAIGHT:
            self._back(start_s)

    def _turn_aside(self, side: float, start_s: float) -> None:
        manner, rng = self._manner, self._rng
        self._yaw.cut(start_s)
        if rng.random() < manner.wrong_first:
            start_s = self._to(
                self._yaw, start_s, -side * 0.7 * manner.turn_deg.draw(rng), manner.turn_s.draw(rng)
            )
            start_s += rng.uniform(0.3, 1.0)
        aside = manner.turn_deg.draw(rng)
        there_s = self._to(self._yaw, start_s, side * aside, manner.turn_s.draw(rng))
        self._pitch.cut(start_s)
        self._roll.cut(start_s)
        self._to(self._pitch, start_s, float(rng.normal(-1.5, 2.5)), there_s - start_s)
        self._to(self._roll, start_s, float(rng.normal(side * 2.0, 2.0)), there_s - start_s)
        self._back(there_s + manner.hold_s.draw(rng))

    def _nod(self, start_s: float) -> None:
        manner, rng = self._manner, self._rng
        self._back(start_s)
        self._pitch.cut(start_s)
        for _ in range(int(rng.integers(1, manner.nods + 1))):
            down_s = self._to(self._pitch, start_s, -manner.nod_deg.draw(rng), manner.nod_s.draw(rng))
            start_s = self._to(
                self._pitch, down_s + rng.uniform(0.0, 0.3), rng.normal(1.0, 1.5), manner.nod_s.draw(rng)
            )
        self._to(self._pitch, start_s, 0.0, 0.4)

    def _back(self, start_s: float) -> None:
        seconds = self._manner.turn_s.draw(self._rng)
        for course in (self._yaw, self._pitch, self._roll):
            course.cut(start_s)
            self._to(course, start_s, 0.0, seconds)

    def _close(self, start_s: float, closing_s: float, closed_s: float) -> None:
        shut_s = self._to(self._lids, start_s, 1.0, closing_s)
        self._to(self._lids, shut_s + closed_s, 0.0, 1.5 * closing_s)

    @staticmethod
    def _to(course: Course, start_s: float, value: float, seconds: float) -> float:
        """Rests until ``start_s``, then goes to ``value``.  Returns when it is there."""
        course.key(start_s, course.last)
        course.key(start_s + seconds, value)
        return start_s + seconds
