"""A page of the tablet with the board of the day: at the left in landscape, above and below in portrait, where the list is one
tap away.

What is done just now is the pane.  Board and pane change each for itself: news of what was sent never touches a mirror that runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kivy.graphics import Color, Rectangle

from screens.board import Head, LinkLine, Place, rows_of
from screens.buttons import Button
from screens.frame import NoBar, Shell
from screens.layout import Box, Row
from screens.page import Body, Page
from screens.scroll import AT, Scroll
from screens.theme import FITS, Look

BOARD_WIDE = 700.0
SIDE, AIR, GAP = 66.0, 54.0, 38.0
LIST_OPEN = "list_open"


class Beside(Row):
    """Columns of full height, side by side."""

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        for child in self.boxes:
            child.put(child.x, y, child.width, height)


class ButtonLine(Box):
    """Buttons on one line, the last and main one as wide as there is room; else the main one below the others.

    Without a main one they share the room.
    """

    def __init__(self, look: Look, buttons: Sequence[Button], gap: float = 33) -> None:
        super().__init__(look, buttons)
        *self.others, self.main = buttons
        self.gap = gap

    def _one_line(self, width: float) -> bool:
        gap = self.look.apart(self.gap)
        return sum(b.wanted_width() for b in self.boxes) + gap * len(self.others) <= width

    def _columns(self, width: float) -> int:
        """Of the others, where they do not stand beside the main one."""
        gap, count = self.look.apart(self.gap), max(len(self.others), 1)
        widest = max((b.wanted_width() for b in self.others), default=0)
        return count if widest * count + gap * (count - 1) <= width else 1

    def natural(self, width: float) -> float:
        gap = self.look.apart(self.gap)
        if self._one_line(width):
            return max(button.natural(button.wanted_width()) for button in self.boxes)
        columns = self._columns(width)
        cell = (width - gap * (columns - 1)) / columns
        rows = -(-len(self.others) // columns) if self.others else 0
        return self.main.natural(width) + rows * (
            max((b.natural(cell) for b in self.others), default=0) + gap
        )

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        gap = self.look.apart(self.gap)
        if self._one_line(width):
            spare = width - sum(b.wanted_width() for b in self.boxes) - gap * len(self.others)
            share = 0.0 if self.main.primary else spare / len(self.boxes)
            for button in self.others:
                wide = button.wanted_width() + share
                button.put(x, y, wide, height)
                x, width = x + wide + gap, width - wide - gap
            self.main.put(x, y, width, height)
            return
        high = self.main.natural(width)
        self.main.put(x, y, width, high)
        columns = self._columns(width)
        cell = (width - gap * (columns - 1)) / columns
        tall = max((b.natural(cell) for b in self.others), default=0)
        top = y + height
        for index, button in enumerate(self.others):
            row, column = divmod(index, columns)
            button.put(x + column * (cell + gap), top - (row + 1) * tall - row * gap, cell, tall)


class FieldPage(Page):
    """Subclasses give ``pane`` and say what a newer view changes in it."""

    list_below = False  # in portrait the list stands between pane and buttons and needs no tap

    def __init__(self, view: Any, shell: Shell, state: dict[str, Any]) -> None:
        super().__init__(view, shell, state)
        self.remove_widget(self.header)
        self.remove_widget(self.bar)
        self.bar = NoBar(shell, back=False, home=False)

    # --- for subclasses

    def pane(self) -> Box:
        raise NotImplementedError

    def buttons(self) -> ButtonLine | None:
        """At the bottom, whatever stands above."""
        return None

    def redraw_pane(self, old: Any) -> bool:
        """As ``redraw_for``, for a view whose board is the same or told already."""
        return False

    # --- building

    def body(self) -> Body:
        return Body(main=[self.pane()])

    def _fill(self) -> None:
        if self.content is not None:
            self.stop()
            self.remove_widget(self.content)
        self.content = Box(self.look)
        self.add_widget(self.content)
        self.pane_box: Box | None = None
        self.line: ButtonLine | None = None
        self._new_board()
        if self.shows_pane:
            self._new_pane()

    @property
    def shows_pane(self) -> bool:
        return self.look.landscape or self.list_below or not self.state.get(LIST_OPEN)

    def _new_board(self) -> None:
        board = self.view.board
        self.head = Head(self.shell)
        self.head.tell(board)
        self.foot = LinkLine(self.ink, board)
        self.place: Place | None = None
        self.rows: Scroll | None = None
        parts: list[Box] = [self.head, self.foot]
        listed = self.look.landscape or self.list_below or not self.shows_pane
        if listed and board.rows:
            self.rows = rows_of(self.shell, board, self.state, self._picked)
            parts.append(self.rows)
        if not self.look.landscape and not self.list_below:
            self.place = Place(self.shell, board, self._toggle_list, closes=not self.shows_pane)
            parts.append(self.place)
        self.board_parts = parts
        assert self.content is not None
        for part in parts:
            self.content.add_widget(part)

    def _new_pane(self) -> None:
        assert self.content is not None
        if self.pane_box is not None:
            for box in self.pane_box.walk(restrict=True):
                if hasattr(box, "stop"):
                    box.stop()
            self.content.remove_widget(self.pane_box)
        if self.line is not None:
            self.content.remove_widget(self.line)
        self.pane_box, self.line = self.pane(), self.buttons()
        self.content.add_widget(self.pane_box)
        if self.line is not None:
            self.content.add_widget(self.line)

    def _toggle_list(self) -> None:
        self.state[LIST_OPEN] = not self.state.get(LIST_OPEN)
        self.shell.guard.hush()
        self._fill()
        self.put(*self.pos, *self.size)

    def _picked(self, pick: Any) -> None:
        self.state.pop(LIST_OPEN, None)
        self.shell.answer(pick)

    # --- a newer view

    def redraw_for(self, old: Any) -> bool:
        board = self.view.board
        if board != old.board:
            if board.selected != old.board.selected:
                self.state.pop(AT, None)  # somebody else is met: the list shows them
            if self.rows is not None:
                self.rows.stop()
            assert self.content is not None
            for part in self.board_parts:
                self.content.remove_widget(part)
            self._new_board()
        fits = self.redraw_pane(old)
        if self.shows_pane and (not fits or self.pane_box is None):
            self._new_pane()
        if board != old.board or not fits:
            self.put(*self.pos, *self.size)
        return True

    # --- placing

    def put(self, x: float, y: float, width: float, height: float) -> None:
        wide = self._board_wide(width)
        for squeeze, shrink in FITS:
            self.look.squeeze, self.look.shrink = squeeze, shrink
            if self._fits(wide, width, height):
                break
        assert self.content is not None
        self.content.put(x, y, width, height)
        head, foot = self.head.natural(wide), self.foot.natural(wide)
        self.foot.put(x, y, wide, foot)
        top = y + height - head
        self.head.put(x, top, wide, head)
        if self.place is not None:
            high = self.place.natural(wide)
            top -= high
            self.place.put(x, top, wide, high)
        bottom = y + foot
        if self.look.landscape:
            if self.rows is not None:
                self.rows.put(x, bottom, wide, top - bottom)
            self._put_pane(x + wide, y, width - wide, height)
        elif self.rows is None:
            self._put_pane(x, bottom, width, top - bottom)
        elif not self.list_below:
            self.rows.put(x, bottom, wide, top - bottom)
        else:
            high, line = self._pane_high(width), self._line_high(width)
            self._put_box(self.pane_box, x, top - high, width, high)
            self._put_box(self.line, x, bottom, width, line)
            self.rows.put(x, bottom + line, wide, top - high - bottom - line)
        Box.put(self, x, y, width, height)

    def _put_pane(self, x: float, y: float, width: float, height: float) -> None:
        """The pane with the buttons at its foot."""
        self._put_box(self.line, x, y, width, self._line_high(width))
        taken = self._line_taken(width)
        self._put_box(self.pane_box, x, y + taken, width, height - taken)

    def _line_taken(self, width: float) -> float:
        """What the buttons and the gap above them take from the pane; its own air is counted with it."""
        if self.line is None:
            return 0.0
        return self._line_high(width) - 2 * self.look.apart(AIR) + self.look.apart(GAP)

    def _put_box(self, box: Box | None, x: float, y: float, width: float, height: float) -> None:
        if box is not None:
            side, air = self.look.px(SIDE), self.look.apart(AIR)
            box.put(x + side, y + air, width - 2 * side, height - 2 * air)

    def _pane_high(self, width: float) -> float:
        return self._high(self.pane_box, width)

    def _line_high(self, width: float) -> float:
        return self._high(self.line, width)

    def _high(self, box: Box | None, width: float) -> float:
        if box is None:
            return 0.0
        return box.natural(width - 2 * self.look.px(SIDE)) + 2 * self.look.apart(AIR)

    def _board_wide(self, width: float) -> float:
        return min(self.look.px(BOARD_WIDE), round(width * 0.4)) if self.look.landscape else width

    def _fits(self, wide: float, width: float, height: float) -> bool:
        board = sum(
            part.natural(wide) for part in (self.head, self.foot, self.place, self.rows) if part is not None
        )
        right = width - wide if self.look.landscape else width
        between = self.list_below and self.rows is not None and not self.look.landscape
        pane = self._pane_high(right) + (self._line_high if between else self._line_taken)(right)
        return board <= height and pane <= height if self.look.landscape else board + pane <= height

    def draw(self) -> None:
        """The board's ground, for a day with few rows."""
        self.canvas.before.clear()
        if not self.look.landscape:
            return
        wide, line = self._board_wide(self.width), max(self.look.px(3), 1)
        with self.canvas.before:
            Color(*self.look.theme.colour("card"))
            Rectangle(pos=self.pos, size=(wide, self.height))
            Color(*self.look.theme.colour("line"))
            Rectangle(pos=(self.x + wide, self.y), size=(line, self.height))
