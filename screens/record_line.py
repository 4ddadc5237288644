"""One payment in one line: when, what, how much.  Date and title go below one another when the line is short."""

from __future__ import annotations

from kiosk import money
from kiosk.views import RecordRow
from screens.drawing import Ink, Text
from screens.layout import Box


class RecordLine(Box):
    def __init__(self, ink: Ink, row: RecordRow) -> None:
        self.date = Text(ink, row.date, 40, leading=1.3)
        self.title = Text(ink, row.title, 40, leading=1.3)
        self.amount = Text(ink, money.with_sign(row.amount_fen), 42, bold=True, align="right", leading=1.3)
        super().__init__(ink.look, [self.date, self.title, self.amount])

    def _one_line(self, width: float) -> bool:
        wanted = self.date.wanted_width() + self.title.wanted_width() + self.amount.wanted_width()
        return wanted + self.look.px(70) <= width

    def natural(self, width: float) -> float:
        air = 2 * self.look.gap(26)
        if self._one_line(width):
            return self.amount.line_height() + air
        rest = width - self.amount.wanted_width() - self.look.px(20)
        return self.date.line_height() + self.title.natural(rest) + air

    def draw(self) -> None:
        air = self.look.gap(26)
        y, high = self.y + air, self.height - 2 * air
        wide = self.amount.wanted_width()
        self.amount.put(self.right - wide, y, wide, high)
        if self._one_line(self.width):
            date = self.date.wanted_width()
            self.date.put(self.x, y, date, high)
            left = self.x + date + self.look.px(36)
            self.title.put(left, y, self.right - wide - left - self.look.px(20), high)
            return
        rest = self.width - wide - self.look.px(20)
        title = self.title.natural(rest)
        self.title.put(self.x, y, rest, title)
        self.date.put(self.x, y + title, rest, high - title)
