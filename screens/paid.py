"""Draws Paid.  Answers a PaidButton once the paper is out; while it prints nothing can be tapped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk import texts
from kiosk.views import PaidButton, PaperState
from screens.drawing import Icon
from screens.facts import facts
from screens.figures import ProgressBar
from screens.layout import Box, Centre, Grid
from screens.page import Body, Page
from screens.paper_sign import PaperSign


class PaidScreen(Page):
    def body(self) -> Body:
        view = self.view
        printed = view.paper is PaperState.PRINTED
        title = texts.PAID_TITLE if not view.copy else texts.PAID_COPY if printed else texts.PAID_COPYING
        note = texts.PAID_PRINTED if printed else texts.PAID_PRINTING
        icon = "printer" if view.copy and not printed else "check"
        head = self.column(
            [
                Centre(self.look, Icon(self.ink, icon, 120, "ok", "ok_soft", 200, radius=-1)),
                self.column([self.title(title, centred=True), self.note(note, centred=True, size=40)], gap=4),
            ],
            gap=20,
        )
        self.progress = ProgressBar(self.look, view.progress)
        rows = facts(self.ink, [(row.label, row.value, row.amount) for row in view.rows])
        if printed:
            return Body(main=[head], side=[rows, self.progress], actions=self._buttons(), gap=36)
        return Body(main=[head], side=[rows, self.progress, PaperSign(self.ink)], gap=36)

    def _buttons(self) -> list[Box]:
        seconds: list[Box] = [self.button(texts.PAID_PHONE, PaidButton.PHONE, "smartphone")]
        if self.view.has_family:
            seconds.append(self.button(texts.PAID_FAMILY, PaidButton.FAMILY, "users"))
        return [
            Grid(self.look, seconds, len(seconds), gap=34),
            self.button(texts.PAID_DONE, PaidButton.DONE, primary=True),
        ]

    def redraw_for(self, view: Any) -> bool:
        if replace(view, progress=self.view.progress) != self.view:
            return False
        self.progress.set_share(self.view.progress)
        return True
