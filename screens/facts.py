"""Labels and their values in a card, with lines between."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.graphics import Color, Rectangle

from screens.drawing import Ink, Panel, Text
from screens.layout import Box, Column


class Rule(Box):
    """A thin line between rows."""

    def natural(self, width: float) -> float:
        return max(self.look.px(2), 1)

    def draw(self) -> None:
        self.canvas.clear()
        with self.canvas:
            Color(*self.look.theme.colour("line"))
            Rectangle(pos=self.pos, size=self.size)


class FactRow(Box):
    """A label and its value on one line; the value goes below when both do not fit."""

    def __init__(
        self, ink: Ink, label: str, value: str, amount: bool = False, role: str = "", pad: float = 26
    ) -> None:
        self.label = Text(ink, label, 40, role="ink_soft", leading=1.3)
        role = role or ("go_ink" if amount else "ink")
        self.value = Text(ink, value, 58 if amount else 42, True, role, align="right", leading=1.3)
        super().__init__(ink.look, [self.label, self.value])
        self.pad = pad

    def _side_by_side(self, width: float) -> bool:
        return self.label.wanted_width() + self.value.wanted_width() + self.look.px(30) <= width

    def natural(self, width: float) -> float:
        air = 2 * self.look.gap(self.pad)
        if self._side_by_side(width):
            return max(self.label.line_height(), self.value.line_height()) + air
        return self.label.natural(width) + self.value.natural(width) + air

    def draw(self) -> None:
        pad = self.look.gap(self.pad)
        if self._side_by_side(self.width):
            wide = self.label.wanted_width()
            self.label.put(self.x, self.y + pad, wide, self.height - 2 * pad)
            rest = self.width - wide - self.look.px(20)
            self.value.put(self.right - rest, self.y + pad, rest, self.height - 2 * pad)
            return
        high = self.value.natural(self.width)
        self.value.put(self.x, self.y + pad, self.width, high)
        self.label.put(self.x, self.y + pad + high, self.width, self.height - 2 * pad - high)


def facts(ink: Ink, rows: Sequence[tuple[str, str, bool]], done: Sequence[str] = ()) -> Panel:
    """A card of label, value, is-an-amount rows with lines between.  Values in ``done`` say that something is done."""
    boxes: list[Box] = []
    for label, value, amount in rows:
        if boxes:
            boxes.append(Rule(ink.look))
        boxes.append(FactRow(ink, label, value, amount, "ok" if value in done else ""))
    return Panel(ink.look, Column(ink.look, boxes), pad=24, side_pad=48)
