"""Draws ChooseReason, for a member of staff.  Answers a key."""

from __future__ import annotations

from functools import partial

from kiosk import texts
from screens.buttons import ListRow
from screens.page import Body, Page


class ChooseReasonScreen(Page):
    def body(self) -> Body:
        head = self.column([self.title(texts.REASON_TITLE), self.note(texts.REASON_NOTE, size=40)], gap=8)
        rows = [
            ListRow(
                self.ink,
                self.shell.guard,
                "message-circle-question-mark",
                option.title,
                "",
                None,
                partial(self.shell.answer, option.key),
                option.key,
            )
            for option in self.view.options
        ]
        return Body(main=[head], side=[self.column([*rows], gap=34)], gap=44)
