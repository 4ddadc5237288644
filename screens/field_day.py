"""Draws FieldDay: who is next, how far the day is, what is not with central yet.  Answers a DayButton or a Pick."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk import texts
from kiosk.field.views import DayButton
from screens.board import size_words
from screens.buttons import Button
from screens.drawing import Icon, Panel
from screens.field_page import Beside, ButtonLine, FieldPage
from screens.figures import IconLine, ProgressBar
from screens.layout import Box, Centre, Column, Row, Space

WORDS = {
    DayButton.NEXT: (texts.DAY_NEXT, "arrow-right"),
    DayButton.FETCH: (texts.DAY_FETCH, "cloud-download"),
    DayButton.SYNC: (texts.DAY_SYNC, "cloud-upload"),
    DayButton.SIGN_OUT: (texts.DAY_SIGN_OUT, "log-out"),
}
BUTTON_HIGH = 140.0


class FieldDayScreen(FieldPage):
    list_below = True

    def pane(self) -> Box:
        """In portrait the head and the foot tell the figures, and the list has their room."""
        view = self.view
        none = not view.next_title
        boxes: list[Box] = [Space(self.look, grow=1), *self._nobody()] if none else [self._next()]
        if self.look.landscape and (view.board.rows or view.board.unsent):
            boxes.append(self._figures())
        if view.notes:
            boxes.append(self._notes())
        if none or self.look.landscape:
            boxes.append(Space(self.look, grow=1))
        return Column(self.look, boxes, gap=36)

    def buttons(self) -> ButtonLine | None:
        if not self.view.buttons:
            return None
        return ButtonLine(self.look, [self._button(button) for button in self.view.buttons])

    def _button(self, button: DayButton) -> Button:
        words, icon = WORDS[button]
        main, after = button is self.view.buttons[-1], button is DayButton.NEXT
        return self.button(
            words, button, "" if after else icon, main, icon if after else "", high=BUTTON_HIGH
        )

    def _nobody(self) -> list[Box]:
        none = not self.view.board.rows
        words = texts.DAY_NONE if none else texts.DAY_ALL_DONE
        tone = "brand" if none else "ok"
        icon = Icon(self.ink, "clock" if none else "badge-check", 110, tone, f"{tone}_soft", 210, radius=-1)
        return [Centre(self.look, icon), self.title(words, centred=True, size=60)]

    def _next(self) -> Box:
        """Who is next, as large as a name on a door."""
        view = self.view
        words_box = self.column(
            [
                self.text(texts.DAY_NEXT_LABEL, 38, bold=True, role="brand", leading=1.3),
                self.text(view.next_title, 64, bold=True, leading=1.3),
                *([self.text(view.next_note, 40, role="ink_soft", leading=1.35)] if view.next_note else []),
            ],
            gap=4,
            grow=1,
        )
        icon = Icon(self.ink, "map-pin-house", 84, "brand", "brand_soft", 132)
        return Panel(self.look, Row(self.look, [icon, words_box], gap=36), radius=40, pad=40, side_pad=44)

    def _figures(self) -> Box:
        board = self.view.board
        all_of_them = len(board.rows)
        done = texts.DAY_DONE_COUNT.format(done=board.done, all=all_of_them)
        bar = ProgressBar(self.look, board.done / max(all_of_them, 1))
        sent = not board.unsent
        count = texts.DAY_UNSENT_COUNT.format(count=board.unsent)
        size = texts.DAY_UNSENT_SIZE.format(size=size_words(board.unsent_bytes))
        one = self._figure(texts.DAY_DONE, done, bar)
        note = self.text(texts.DAY_UNSENT_NONE if sent else size, 34, role="ink_soft", leading=1.3)
        other = self._figure(texts.DAY_UNSENT, count, note)
        one.grow = other.grow = 1.0
        return Beside(self.look, [one, other], gap=28)

    def _figure(self, label: str, value: str, below: Box) -> Panel:
        words: list[Box] = [
            self.text(label, 34, role="ink_soft", leading=1.3),
            self.text(value, 58, bold=True, leading=1.3, fit=True),
            below,
        ]
        return Panel(self.look, self.column(words, gap=8), radius=36, pad=32, side_pad=40)

    def _notes(self) -> Box:
        lines: list[Box] = [
            IconLine(
                self.ink,
                Icon(self.ink, "circle-alert", 46, "go_ink"),
                self.text(note, 36, leading=1.35),
            )
            for note in self.view.notes
        ]
        return Panel(
            self.look, self.column(lines, gap=14), fill="go_soft", border="", radius=32, pad=28, side_pad=40
        )

    def redraw_pane(self, old: Any) -> bool:
        view = self.view
        figures = (old.board.done, len(old.board.rows), old.board.unsent, old.board.unsent_bytes)
        now = (view.board.done, len(view.board.rows), view.board.unsent, view.board.unsent_bytes)
        if old.buttons != view.buttons:
            self.shell.guard.hush()
        return figures == now and replace(old, board=view.board) == view
