"""Draws Pending.  Answers a PendingButton.  A lost answer is never called a failure."""

from __future__ import annotations

from kiosk import money, texts
from kiosk.views import PendingButton
from screens.drawing import Icon, Span
from screens.facts import facts
from screens.layout import Box, Centre
from screens.page import Body, Page


class PendingScreen(Page):
    def body(self) -> Body:
        view = self.view
        first, strong, rest = texts.PENDING_BODY
        words = [
            self.text(
                [Span(first), Span(strong, bold=True, role="go_ink")],
                44,
                role="ink_soft",
                align="centre",
                leading=1.5,
            ),
            self.text(rest, 44, role="ink_soft", align="centre", leading=1.5),
        ]
        rows = [
            (texts.PENDING_ORDER, view.order_no, False),
            (texts.PENDING_AMOUNT, money.with_sign(view.amount_fen), False),
            (texts.PENDING_LATEST, view.latest, False),
        ]
        actions: list[Box] = [self.note(texts.PENDING_SEE, centred=True)]
        if view.can_print:
            actions.append(
                self.button(texts.PENDING_PRINT, PendingButton.PRINT_SLIP, "printer", primary=True)
            )
        actions.append(self.button(texts.PENDING_DONE, PendingButton.DONE, primary=not view.can_print))
        return Body(
            main=[
                Centre(self.look, Icon(self.ink, "clock", 126, "go", "go_soft", 240, radius=-1)),
                self.title(texts.PENDING_SCREEN_TITLE, centred=True),
                self.column([*words], gap=0),
            ],
            side=[facts(self.ink, rows)],
            actions=actions,
            centred=True,
        )
