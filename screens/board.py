"""The board of the day: who is on the route, how far it is, and what of it is with central.  The same parts stand at the left in
landscape and above and below the visit in portrait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, Rectangle

from kiosk import texts
from kiosk.field.views import Board, Link, Pick, Row, RowState
from screens.buttons import Press
from screens.drawing import Icon, Ink, Panel, Text
from screens.figures import IconLine, pill
from screens.frame import Shell
from screens.layout import Box, Column
from screens.layout import Row as Line
from screens.scroll import RowPress, Scroll
from screens.theme import Look

SIDE = 46.0
STATES = {
    RowState.DONE: (texts.ROW_DONE, "ok"),
    RowState.ACCEPTED: (texts.ROW_ACCEPTED, "ok"),
    RowState.NOW: (texts.ROW_NOW, "go"),
    RowState.WAITING: (texts.ROW_WAITING, "bad"),
    RowState.NOT_MET: (texts.ROW_NOT_MET, "brand"),
    RowState.PARKED: (texts.ROW_PARKED, "brand"),
}


def size_words(size_bytes: int) -> str:
    """2.3 MB, 48 KB."""
    if size_bytes >= 1_000_000:
        return f"{size_bytes / 1_000_000:.1f} MB"
    return f"{max(round(size_bytes / 1000), 1)} KB"


def link_words(board: Board) -> tuple[str, str, str]:
    """Words, tone and icon of how it stands between this tablet and central."""
    given = {"count": board.unsent, "size": size_words(board.unsent_bytes)}
    if board.link is Link.FULL:
        return texts.LINK_FULL.format(**given), "bad", "triangle-alert"
    if board.link is Link.OFFLINE:
        words = texts.LINK_OFFLINE if board.unsent else texts.LINK_OFFLINE_NONE
        return words.format(**given), "go", "wifi-off"
    if not board.unsent:
        return texts.LINK_ALL_SENT, "ok", "cloud-check"
    if board.link is Link.SENDING:
        return texts.LINK_SENDING.format(**given), "brand", "cloud-upload"
    return texts.LINK_WAITING.format(**given), "brand", "cloud-upload"


class Band(Panel):
    """A panel from edge to edge: no corners.  ``edge`` is the role of a line below it, "" is none."""

    def __init__(self, ink: Ink, child: Box, fill: str, pad: float, edge: str = "") -> None:
        super().__init__(ink.look, child, fill=fill, border="", radius=0, pad=pad, side_pad=SIDE)
        self.edge = edge

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            Color(*self.look.theme.colour(self.fill))
            Rectangle(pos=self.pos, size=self.size)
            if self.edge:
                Color(*self.look.theme.colour(self.edge))
                Rectangle(pos=self.pos, size=(self.width, max(self.look.px(3), 1)))


class Headline(Box):
    """A name and what belongs to it: on one line, or one below the other when that is too long."""

    def __init__(self, look: Look, name: Text, note: Text, gap: float = 34) -> None:
        super().__init__(look, [name, note])
        self.name, self.note, self.gap = name, note, gap

    def _one_line(self, width: float) -> bool:
        return self.name.wanted_width() + self.look.px(self.gap) + self.note.wanted_width() <= width

    def natural(self, width: float) -> float:
        parts = (self.name.natural(width), self.note.natural(width) if self.note.text.strip() else 0.0)
        return max(parts) if self._one_line(width) else sum(parts)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        high = self.name.natural(width)
        if not self._one_line(width):
            self.name.put(x, y + height - high, width, high)
            self.note.put(x, y, width, max(height - high, 0))
            return
        wide = self.name.wanted_width()
        self.name.put(x, y, wide, height)
        gap = self.look.px(self.gap)
        self.note.put(x + wide + gap, y, width - wide - gap, height - self.look.px(4))


class Toggle(Press):
    """高对比 and 大字 on the board's head: signs alone, for those who use them every day."""

    fill, border, radius = "brand_deep", "", 20.0

    def natural(self, width: float) -> float:
        return max(self.look.px(112), self.look.least_target)

    def wanted_width(self) -> float:
        return self.natural(0)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        self.boxes[0].put(x, y, width, height)


class Head(Band):
    """入户认证, who is out with this tablet, and how far the day is."""

    def __init__(self, shell: Shell) -> None:
        ink = shell.ink
        name = Text(ink, texts.TABLET_NAME, 48, bold=True, role="on_header", leading=1.3)
        self.staff = Text(ink, " ", 34, role="on_header_soft", leading=1.3)
        toggles = [
            Toggle(ink, shell.guard, Icon(ink, icon, 52, "on_header"), action, answer)
            for icon, action, answer in (
                ("contrast", shell.toggle_contrast, "contrast"),
                ("a-large-small", shell.toggle_large, "large"),
            )
        ]
        child: Box
        if ink.look.landscape:  # narrow and high
            name.grow = 1.0
            child = Column(ink.look, [Line(ink.look, [name, *toggles], gap=12), self.staff])
        else:
            words = Headline(ink.look, name, self.staff)
            words.grow = 1.0
            child = Line(ink.look, [words, *toggles], gap=12)
        super().__init__(ink, child, "brand_deep", pad=18)

    def tell(self, board: Board) -> None:
        words = texts.BOARD_STAFF if board.rows else texts.BOARD_NOBODY
        self.staff.set_content(words.format(staff=board.staff, all=len(board.rows), done=board.done))


class PressBand(Band):
    """A band that is pressed.  The press ends ``air`` pixels short of its upper and lower edge: no other one is too near."""

    def __init__(self, ink: Ink, press: Press, fill: str, air: float) -> None:
        super().__init__(ink, press, fill, pad=0, edge="line")
        self._air = air

    def natural(self, width: float) -> float:
        return self.boxes[0].natural(width) + 2 * self._air

    def put(self, x: float, y: float, width: float, height: float) -> None:
        Box.put(self, x, y, width, height)
        self.boxes[0].put(x, y + self._air, width, height - 2 * self._air)


class BoardRow(PressBand):
    """One person of the route."""

    def __init__(
        self, shell: Shell, row: Row, selected: bool, action: Callable[[], None], index: int
    ) -> None:
        ink = shell.ink
        words: list[Box] = [Text(ink, row.title, 44, bold=True, leading=1.3)]
        if row.note:
            words.append(Text(ink, row.note, 32, role="ink_soft", leading=1.35))
        state, tone = STATES[row.state]
        line = Line(
            ink.look, [Column(ink.look, words, gap=8, grow=1), pill(ink, state, tone, size=31)], gap=20
        )
        press = _Inner(ink, shell.guard, line, action, Pick(index))
        super().__init__(ink, press, "brand_soft" if selected else "card", air=ink.look.least_gap / 2 + 1)
        self.selected = selected

    def draw(self) -> None:
        super().draw()
        if self.selected and self.look.theme.name != "default":  # black on black: a bar as well
            with self.canvas.before:
                Color(*self.look.theme.colour("brand"))
                Rectangle(pos=self.pos, size=(self.look.px(12), self.height))


class _Inner(RowPress):
    """From edge to edge, without a frame of its own."""

    fill, border, radius = "", "", 16.0

    def natural(self, width: float) -> float:
        inner = self.boxes[0].natural(width - 2 * self.look.px(SIDE))
        return max(inner + 2 * self.look.gap(25), self.look.least_target)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.look.px(SIDE)
        self.boxes[0].put(x + side, y, width - 2 * side, height)


class LinkLine(Band):
    """What is with central and what is not yet."""

    def __init__(self, ink: Ink, board: Board) -> None:
        words, tone, icon = link_words(board)
        role = {"go": "go_ink"}.get(tone, tone)
        text = Text(ink, words, 37, bold=True, role=role, leading=1.35)
        super().__init__(ink, IconLine(ink, Icon(ink, icon, 46, role), text), f"{tone}_soft", pad=34)


class Place(PressBand):
    """第 2 户，共 12 户, in portrait: the list is one tap away."""

    def __init__(self, shell: Shell, board: Board, action: Callable[[], None], closes: bool = False) -> None:
        ink = shell.ink
        row = board.rows[board.selected] if board.selected is not None else None
        title = texts.BOARD_PLACE.format(now=(board.selected or 0) + 1, all=len(board.rows))
        words: list[Box] = [Text(ink, title if row else texts.BOARD_LIST, 40, bold=True, leading=1.3)]
        if row is not None and row.note:
            words.append(Text(ink, row.note, 32, role="ink_soft", leading=1.3))
        more = Text(ink, texts.BOARD_CLOSE if closes else texts.BOARD_LIST, 38, bold=True, role="brand")
        sign = Icon(ink, "chevron-up" if closes else "chevron-down", 52, "brand")
        line = Line(
            ink.look,
            [Icon(ink, "list", 52, "brand"), Column(ink.look, words, grow=1), more, sign],
            gap=20,
        )
        super().__init__(ink, _Inner(ink, shell.guard, line, action, "list"), "card", air=ink.look.least_gap)


def rows_of(shell: Shell, board: Board, state: dict[str, Any], taken: Callable[[Pick], None]) -> Scroll:
    """The rows as a list that scrolls to who is next."""

    def action(index: int) -> Callable[[], None]:
        return lambda: taken(Pick(index))

    rows = [
        BoardRow(shell, row, index == board.selected, action(index), index)
        for index, row in enumerate(board.rows)
    ]
    return Scroll(shell.ink.look, rows, state, focus(board))


def focus(board: Board) -> int | None:
    """The row to be seen: who is met now, else the first to come."""
    if board.selected is not None:
        return board.selected
    waiting = (n for n, row in enumerate(board.rows) if row.state in (RowState.NOW, RowState.WAITING))
    return next(waiting, None)
