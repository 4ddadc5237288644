"""Rows in pages: when not all of them fit in type that can be read, a button under them brings the next ones.

A finger that never moved a list still finds the button.  The page says how many rows there is room for; which of them are seen lives
in the page's state, so that it outlives a redraw and another size of type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kiosk import texts
from screens.buttons import Button
from screens.drawing import Ink
from screens.guard import Guard
from screens.layout import Box

FIRST = "rows_first"  # in the state of the page: a row that is seen
NEXT = "next_rows"  # what the button answers to a test; the page stays
BUTTON_HIGH = 104.0


class RowPages(Box):
    """``rows`` below one another.  ``at_once``: how many are seen together, set by the page that knows its room."""

    def __init__(
        self, ink: Ink, guard: Guard, rows: Sequence[Box], state: dict[str, Any], gap: float
    ) -> None:
        super().__init__(ink.look)
        self.rows, self.state, self.gap = list(rows), state, gap
        self.at_once = len(self.rows)
        self.button = Button(ink, guard, " ", self._turn, NEXT, after="chevron-down", high=BUTTON_HIGH)

    def holds_presses(self) -> bool:
        return True

    def _pages(self) -> list[list[Box]]:
        step = max(self.at_once, 1)
        return [self.rows[first : first + step] for first in range(0, len(self.rows), step)]

    def _high(self, rows: list[Box], width: float) -> float:
        return sum(row.natural(width) for row in rows) + self.air(self.gap) * max(len(rows) - 1, 0)

    def natural(self, width: float) -> float:
        """The tallest page: the button stays where the finger is."""
        pages = self._pages()
        highest = max((self._high(rows, width) for rows in pages), default=0)
        return highest + (self.air(self.gap) + self.button.natural(width) if len(pages) > 1 else 0)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        pages = self._pages()
        self.clear_widgets()
        if not pages:
            return
        page = min(self.state.get(FIRST, 0) // max(self.at_once, 1), len(pages) - 1)
        top = y + height
        for row in pages[page]:
            high = row.natural(width)
            row.put(x, top - high, width, high)
            self.add_widget(row)
            top -= high + self.air(self.gap)
        if len(pages) > 1:
            behind = len(self.rows) - sum(len(rows) for rows in pages[: page + 1])
            self.button.set_words(texts.MORE_ROWS.format(count=behind) if behind else texts.FIRST_ROWS)
            self.button.put(x, y, width, self.button.natural(width))
            self.add_widget(self.button)

    def _turn(self) -> None:
        pages = self._pages()
        page = min(self.state.get(FIRST, 0) // max(self.at_once, 1), len(pages) - 1)
        self.state[FIRST] = (page + 1) % len(pages) * max(self.at_once, 1)
        self.put(*self.pos, *self.size)
