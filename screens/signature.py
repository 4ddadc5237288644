"""A field that is signed with a finger: strokes in 0 to 1000 of its width and height, x to the right, y down from the top.

The strokes live in the page's state, so that they survive large type; they are never written down.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from kivy.graphics import Color, Line, SmoothEllipse, SmoothLine

from kiosk import texts
from screens.buttons import Press
from screens.drawing import Icon, Ink, Text, rounded
from screens.figures import IconLine
from screens.guard import Guard
from screens.layout import Box
from screens.theme import Look

Points = list[tuple[int, int]]
WHOLE = 1000
STEP = 6  # nearer points say nothing new about a finger
MOST_POINTS = 1500  # about fifteen kilobytes: the picture goes with it
LEAST_INK = 150  # less is a touch and no signature
DASH, DASH_GAP = 16, 12


def ink_length(strokes: list[Points]) -> float:
    """How far the finger went, in thousandths of the field."""
    return sum(
        ((right[0] - left[0]) ** 2 + (right[1] - left[1]) ** 2) ** 0.5
        for points in strokes
        for left, right in pairwise(points)
    )


class Clear(Press):
    """重签."""

    fill, border, radius = "card", "", 20.0

    def __init__(self, ink: Ink, guard: Guard, action: Callable[[], None]) -> None:
        words = Text(ink, texts.SIGN_CLEAR, 38, bold=True, role="brand", leading=1.3)
        super().__init__(
            ink, guard, IconLine(ink, Icon(ink, "rotate-ccw", 44, "brand"), words), action, "clear"
        )

    def natural(self, width: float) -> float:
        return max(self.boxes[0].natural(width), self.look.least_target)

    def wanted_width(self) -> float:
        return max(self.boxes[0].wanted_width() + 2 * self.look.px(20), self.look.least_target)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(20)
        self.boxes[0].put(x + side, y, width - 2 * side, height)


class SignatureField(Box):
    """``changed`` is told whenever a stroke ended or all are gone."""

    fill = "card"

    def __init__(
        self, ink: Ink, guard: Guard, strokes: list[Points], high: float, changed: Callable[[], None]
    ) -> None:
        self.clear_button = Clear(ink, guard, self.clear)
        self.here = Text(ink, texts.SIGN_HERE, 44, role="ink_soft", align="centre")
        super().__init__(ink.look, [self.here, self.clear_button])
        self.strokes, self.high, self.changed = strokes, high, changed
        self._line: SmoothLine | None = None
        self._tell()

    @property
    def signed(self) -> bool:
        return ink_length(self.strokes) >= LEAST_INK

    def clear(self) -> None:
        self.strokes.clear()
        self._tell()
        self._draw_strokes()
        self.changed()

    def natural(self, width: float) -> float:
        return max(self.look.gap(self.high), self.look.px(240), 3 * self.clear_button.natural(width))

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        button = self.clear_button
        wide, tall, edge = button.wanted_width(), button.natural(width), self.look.px(16)
        button.put(x + width - wide - edge, y + height - tall - edge, wide, tall)
        line = self.here.line_height()
        self.here.put(x + edge, y + (height - tall - edge - line) / 2, width - 2 * edge, line)

    # --- the finger

    def on_touch_down(self, touch: Any) -> bool:
        if self.clear_button.on_touch_down(touch):
            return True
        if not self.collide_point(*touch.pos) or self._line is not None or self._full():
            return False
        touch.grab(self)
        self.strokes.append([self._point(touch)])
        self._tell()
        with self.canvas.after:
            self._line = self._ink_line(self.strokes[-1])
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self or self._line is None:
            return False
        stroke, point = self.strokes[-1], self._point(touch)
        if not self._full() and ink_length([[stroke[-1], point]]) >= STEP:
            stroke.append(point)
            self._line.points = self._pixels(stroke)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._line = None
        self._draw_strokes()
        self.changed()
        return True

    def _full(self) -> bool:
        return sum(len(points) for points in self.strokes) >= MOST_POINTS

    def _point(self, touch: Any) -> tuple[int, int]:
        across = (touch.x - self.x) / max(self.width, 1)
        down = (self.top - touch.y) / max(self.height, 1)
        return _within(across), _within(down)

    def _tell(self) -> None:
        """请在这里签名 leaves with the first stroke; 重签 comes with it."""
        empty = not self.strokes
        self.here.opacity = 1 if empty else 0
        self.clear_button.opacity = 0 if empty else 1
        self.clear_button.enabled = not empty

    # --- drawing

    def _pixels(self, points: Points) -> list[float]:
        return [
            value
            for x, y in points
            for value in (self.x + self.width * x / WHOLE, self.top - self.height * y / WHOLE)
        ]

    def _ink_line(self, points: Points) -> SmoothLine:
        Color(*self.look.theme.colour("ink"))
        return SmoothLine(
            points=self._pixels(points), width=max(self.look.px(5.5), 1.5), cap="round", joint="round"
        )

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            rounded(self.look, self, "card", "", 44)
            dashed(self.look, self, "brand", 44)
        self._draw_strokes()

    def _draw_strokes(self) -> None:
        self.canvas.after.clear()
        with self.canvas.after:
            for points in self.strokes:
                if len(points) > 1:
                    self._ink_line(points)
                    continue
                Color(*self.look.theme.colour("ink"))
                x, y = self._pixels(points)
                side = 2 * self.look.px(6)
                SmoothEllipse(pos=(x - side / 2, y - side / 2), size=(side, side))


def _within(share: float) -> int:
    return min(max(round(share * WHOLE), 0), WHOLE)


def _edge(x: float, y: float, wide: float, high: float, corner: float) -> list[tuple[float, float]]:
    """Points about a pixel apart along a rounded rectangle."""
    points: list[tuple[float, float]] = []
    for start, (middle_x, middle_y) in enumerate(
        (
            (x + wide - corner, y + high - corner),
            (x + wide - corner, y + corner),
            (x + corner, y + corner),
            (x + corner, y + high - corner),
        )
    ):
        steps = max(int(corner * math.pi / 2), 1)
        for step in range(steps + 1):
            angle = math.pi / 2 * (start + step / steps)
            points.append((middle_x + corner * math.sin(angle), middle_y + corner * math.cos(angle)))
        to_x, to_y = (
            (x + wide, y + corner),
            (x + corner, y),
            (x, y + high - corner),
            (x + wide - corner, y + high),
        )[start]
        from_x, from_y = points[-1]
        count = max(int(abs(to_x - from_x) + abs(to_y - from_y)), 1)
        points += [
            (from_x + (to_x - from_x) * n / count, from_y + (to_y - from_y) * n / count)
            for n in range(1, count)
        ]
    return points


def dashed(look: Look, box: Box, role: str, radius: float) -> None:
    """A dashed edge: something belongs in here.  Into the canvas that is open."""
    thick = max(look.px(2), 1.3)
    points = _edge(
        box.x + thick, box.y + thick, box.width - 2 * thick, box.height - 2 * thick, look.px(radius)
    )
    dashes = max(round(len(points) / look.px(DASH + DASH_GAP)), 1)
    Color(*look.theme.colour(role))
    for dash in range(dashes):
        start = round(dash * len(points) / dashes)
        end = start + round(len(points) / dashes * DASH / (DASH + DASH_GAP))
        Line(points=[value for point in points[start : end + 1] for value in point], width=thick, cap="none")
