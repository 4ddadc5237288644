"""Draws FieldChoose, for a member of staff.  Answers a key."""

from __future__ import annotations

from functools import partial

from screens.buttons import ListRow
from screens.layout import Box
from screens.page import Body, Page


class FieldChooseScreen(Page):
    def body(self) -> Body:
        view = self.view
        head: list[Box] = [self.title(view.title)]
        if view.note:
            head.append(self.note(view.note, size=40))
        rows: list[Box] = [
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
            for option in view.options
        ]
        return Body(main=[self.column(head, gap=8)], side=[self.column(rows, gap=34)], gap=44)
