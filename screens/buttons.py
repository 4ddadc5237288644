"""What a finger can press.  The whole box is the hit area; it looks pressed with the next frame and acts on release inside.

A long press is a tap.  ``answer`` is what the button answers, for the taps of tests; words are ``words``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kivy.graphics import Color, SmoothRoundedRectangle

from screens.drawing import Icon, Ink, Text, rounded
from screens.figures import Chevron
from screens.guard import Guard
from screens.layout import Box, Column, Left, Row

PRESS_ALPHA = 0.16


class Press(Box):
    """A pressable box round one child.  ``fill`` and ``border`` are roles; ``border`` "" is none."""

    pressable = True
    fill, border, radius, thickness = "card", "line", 36.0, 3.0

    def __init__(
        self, ink: Ink, guard: Guard, child: Box, action: Callable[[], None], answer: Any = None
    ) -> None:
        super().__init__(ink.look, [child])
        self.guard, self.action, self.answer = guard, action, answer
        self.enabled = True
        self.pressed = False
        self._last: float | None = None

    @property
    def words(self) -> str:
        return "".join(w.text for w in self.walk(restrict=True) if isinstance(w, Text))

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            rounded(self.look, self, self.fill, self.border, self.radius, self.thickness)
            if self.pressed:
                Color(*self.look.theme.colour("press", PRESS_ALPHA))
                SmoothRoundedRectangle(
                    pos=self.pos, size=self.size, radius=[min(self.look.px(self.radius), self.height / 2)]
                )

    def set_pressed(self, pressed: bool) -> None:
        if pressed != self.pressed:
            self.pressed = pressed
            self.draw()

    def on_touch_down(self, touch: Any) -> bool:
        if not self.enabled or not self.collide_point(*touch.pos) or self.guard.repeated(self._last):
            return False
        touch.grab(self)
        self.set_pressed(True)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        self.set_pressed(self.collide_point(*touch.pos))
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.set_pressed(False)
        if self.enabled and self.collide_point(*touch.pos) and not self.guard.repeated(self._last):
            self._last = self.guard.monotonic()
            self.action()
        return True


class Button(Press):
    """Words, with an icon before or after them, in the middle.  ``primary`` is the ONE next step of a screen."""

    def __init__(
        self,
        ink: Ink,
        guard: Guard,
        words: str,
        action: Callable[[], None],
        answer: Any = None,
        icon: str = "",
        after: str = "",
        primary: bool = False,
        high: float = 148,
    ) -> None:
        role = "on_go" if primary else "brand"
        self.label = Text(
            ink,
            words,
            54 if primary else 48,
            bold=True,
            role=role,
            align="centre",
            leading=1.25,
        )
        parts: list[Box] = [self.label]
        size = 60.0 if primary else 56.0
        if icon:
            parts.insert(0, Icon(ink, icon, size, role))
        if after:
            parts.append(Icon(ink, after, size, role))
        super().__init__(ink, guard, _Middle(ink, parts), action, answer)
        self.high, self.primary = high, primary
        self.fill, self.border = ("go", "") if primary else ("card", "brand")
        self.thickness = 4
        self.radius = 38

    def natural(self, width: float) -> float:
        inner = width - 2 * self.look.px(24)
        return max(self.look.target(self.high), self.boxes[0].natural(inner) + 2 * self.look.px(14))

    def wanted_width(self) -> float:
        return self.boxes[0].wanted_width() + 2 * self.look.px(40)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(24)
        self.boxes[0].put(x + side, y, width - 2 * side, height)

    def set_muted(self, muted: bool) -> None:
        """A primary button with nothing to do yet: quiet, and its words say what is missing."""
        self.fill, self.border = ("paper", "line") if muted else ("go", "")
        self.label.role = "ink_soft" if muted else "on_go"
        if self.width:
            self.draw()

    def set_words(self, words: str) -> None:
        self.label.set_content(words)
        if self.width:
            self.put(*self.pos, *self.size)


class _Middle(Box):
    """Icon and words side by side in the middle; the words may wrap."""

    def __init__(self, ink: Ink, parts: Sequence[Box]) -> None:
        super().__init__(ink.look, parts)

    def _text_width(self, width: float) -> float:
        gap = self.look.px(26)
        rest = sum(b.wanted_width() + gap for b in self.boxes if not isinstance(b, Text))
        text = next(b for b in self.boxes if isinstance(b, Text))
        room = width - rest
        if text.wanted_width() <= room:
            return text.wanted_width()
        return max(text.line_width(line) for line in text.break_at(room)) + 1

    def natural(self, width: float) -> float:
        return max(
            b.natural(self._text_width(width)) if isinstance(b, Text) else b.natural(width)
            for b in self.boxes
        )

    def wanted_width(self) -> float:
        return sum(b.wanted_width() for b in self.boxes) + self.look.px(26) * (len(self.boxes) - 1)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        gap = self.look.px(26)
        wides = [self._text_width(width) if isinstance(b, Text) else b.wanted_width() for b in self.boxes]
        x += (width - sum(wides) - gap * (len(wides) - 1)) / 2
        for box, wide in zip(self.boxes, wides, strict=True):
            high = box.natural(wide)
            box.put(x, y + (height - high) / 2, wide, high)
            x += wide + gap


class Tile(Press):
    """A service: icon on a plate, title, a line that says it in plain words."""

    def __init__(
        self,
        ink: Ink,
        guard: Guard,
        icon: str,
        title: str,
        note: str,
        action: Callable[[], None],
        answer: Any = None,
    ) -> None:
        child = Column(
            ink.look,
            [
                Left(ink.look, Icon(ink, icon, 84, "brand", "brand_soft", 128, radius=34)),
                Text(ink, title, 58, bold=True, leading=1.4),
                Text(ink, note, 34, role="ink_soft"),
            ],
            gap=22,
        )
        super().__init__(ink, guard, child, action, answer)

    def natural(self, width: float) -> float:
        inner = self.boxes[0].natural(width - 2 * self.look.px(38))
        return inner + 2 * self.look.gap(36)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(38)
        wide = width - 2 * side
        high = self.boxes[0].natural(wide)
        self.boxes[0].put(x + side, y + (height - high) / 2, wide, high)


class Choice(Press):
    """One of several: the chosen one has the soft fill, the strong border and a mark (colour is never the only sign)."""

    def __init__(
        self,
        ink: Ink,
        guard: Guard,
        child: Box,
        action: Callable[[], None],
        answer: Any = None,
        chosen: bool = False,
    ) -> None:
        super().__init__(ink, guard, child, action, answer)
        self.set_chosen(chosen)

    def set_chosen(self, chosen: bool) -> None:
        self.chosen = chosen
        self.fill, self.border = ("go_soft", "go") if chosen else ("card", "line")
        self.thickness = 5 if chosen else 3
        if self.width:
            self.draw()

    def natural(self, width: float) -> float:
        inner = self.boxes[0].natural(width - 2 * self.look.px(34))
        return max(inner + 2 * self.look.gap(34), self.look.least_target)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(34)
        high = self.boxes[0].natural(width - 2 * side)
        self.boxes[0].put(x + side, y + (height - high) / 2, width - 2 * side, high)


class ListRow(Press):
    """Icon, title and note, and a badge at the right.  Without an action it only tells."""

    def __init__(
        self,
        ink: Ink,
        guard: Guard,
        icon: str,
        title: str,
        note: str,
        end: Box | None,
        action: Callable[[], None] | None,
        answer: Any = None,
    ) -> None:
        words = [Text(ink, title, 46, bold=True, leading=1.3)]
        if note:
            words.append(Text(ink, note, 33, role="ink_soft", leading=1.3))
        parts: list[Box] = [
            Icon(ink, icon, 60, "brand", "brand_soft", 96),
            Column(ink.look, words, grow=1),
        ]
        if end is not None:
            parts.append(end)
        if action is not None:
            parts.append(Chevron(ink.look))
        super().__init__(ink, guard, Row(ink.look, parts, gap=28), action or _nothing, answer)
        self.enabled = action is not None

    def natural(self, width: float) -> float:
        inner = self.boxes[0].natural(width - 2 * self.look.px(38))
        return max(inner + 2 * self.look.gap(34), self.look.least_target)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(38)
        self.boxes[0].put(x + side, y, width - 2 * side, height)


def _nothing() -> None:
    """A row that only tells."""
