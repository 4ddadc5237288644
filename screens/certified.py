"""Draws Certified: how it ended, and when to come again.  Answers a CertifiedButton; while the reminder prints, nothing."""

from __future__ import annotations

from kiosk import texts
from kiosk.views import CertifiedButton, CertifiedState
from screens.drawing import Icon, Panel
from screens.facts import facts
from screens.figures import pill
from screens.layout import Box, Centre, Grid
from screens.page import Body, Page
from screens.paper_sign import PaperSign

STATES = {
    CertifiedState.ACCEPTED: ("badge-check", "ok", texts.CERTIFIED_TITLE, texts.CERTIFIED_NOTE),
    CertifiedState.PENDING: ("clock", "brand", texts.CERTIFIED_PENDING_TITLE, texts.CERTIFIED_PENDING_NOTE),
    CertifiedState.UNDER_REVIEW: (
        "user-search",
        "brand",
        texts.CERTIFIED_REVIEW_TITLE,
        texts.CERTIFIED_REVIEW_NOTE,
    ),
}


class CertifiedScreen(Page):
    def body(self) -> Body:
        view = self.view
        icon, role, title, note = STATES[view.state]
        head = self.column(
            [
                Centre(self.look, Icon(self.ink, icon, 108, role, f"{role}_soft", 170, radius=-1)),
                self.column([self.title(title, centred=True), self.note(note, centred=True, size=40)], gap=4),
            ],
            gap=22,
        )
        rows = [(row.label, row.value, row.amount) for row in view.rows]
        main: list[Box] = [head]
        if view.next_date:
            main.append(self._next_date())
        side: list[Box] = [facts(self.ink, rows, (texts.PICTURE_CLEARED,))] if rows else []
        if view.state is not CertifiedState.ACCEPTED:
            side.append(self.note(texts.CERTIFIED_SEE, centred=True, size=40))
        if view.printing:
            side += [
                self.text(texts.CERTIFIED_PRINTING, 40, bold=True, role="brand", align="centre"),
                PaperSign(self.ink),
            ]
            return Body(main=main, side=side, gap=36)
        if view.printed:
            side.append(Centre(self.look, pill(self.ink, texts.CERTIFIED_PRINTED, "ok", "check", size=38)))
        return Body(main=main, side=side, actions=self._buttons(), gap=36)

    def _next_date(self) -> Panel:
        view = self.view
        boxes: list[Box] = [
            self.note(texts.CERTIFIED_NEXT, centred=True, size=40),
            self.text(view.next_date, 104, bold=True, role="brand", align="centre", leading=1.25, fit=True),
        ]
        if view.next_from:
            boxes.append(self.note(texts.CERTIFIED_FROM.format(day=view.next_from), centred=True, size=40))
        return Panel(self.look, self.column(boxes, gap=4), pad=32)

    def _buttons(self) -> list[Box]:
        view = self.view
        seconds: list[Box] = []
        if view.can_print and not view.printed:
            button = self.button(texts.CERTIFIED_PRINT, CertifiedButton.PRINT, "printer")
            button.label.fit = True  # 打印大字 and 提醒 on two lines read badly
            seconds.append(button)
        seconds.append(self.button(texts.CERTIFIED_SPOUSE, CertifiedButton.SPOUSE, "users"))
        if view.can_withdraw:
            seconds.append(self.button(texts.WITHDRAW, CertifiedButton.WITHDRAW, "undo-2"))
        rows: list[Box] = [
            Grid(self.look, seconds[at : at + 2], len(seconds[at : at + 2]), gap=34)
            for at in range(0, len(seconds), 2)
        ]
        return [*rows, self.button(texts.CERTIFIED_DONE, CertifiedButton.DONE, primary=True)]
