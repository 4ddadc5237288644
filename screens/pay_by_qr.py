"""Draws PayByQr.  Answers SCAN_MY_CODE; the payment itself is news, not a tap."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk import money, texts
from kiosk.views import PayButton
from screens.countdown import Countdown
from screens.drawing import Panel
from screens.figures import QrCode, pill
from screens.layout import Box, Centre, Column
from screens.page import Body, Page


class PayByQrScreen(Page):
    def body(self) -> Body:
        view = self.view
        ways = self.text("　".join(texts.PAY_WAYS), 36, bold=True, role="ink_soft", align="centre")
        code = Panel(
            self.look,
            Column(self.look, [Centre(self.look, QrCode(self.look, view.qr, 640)), ways], gap=8),
            pad=30,
        )
        count = Countdown(self.ink, texts.PAY_LEFT, view.seconds_left, self.state, self.shell.guard.monotonic)
        calm: Box = self.note(texts.PAY_SAFE, centred=True, size=34)
        if view.slow:
            calm = Centre(self.look, pill(self.ink, texts.PAY_SLOW, "brand", "wifi-off"))
        actions: list[Box] = []
        if view.can_scan:
            actions.append(self.button(texts.PAY_SCAN, PayButton.SCAN_MY_CODE, "qr-code"))
        head = self.column(
            [
                self.title(texts.PAY_TITLE, centred=True),
                self.text(
                    money.with_sign(view.amount_fen),
                    120,
                    bold=True,
                    role="go_ink",
                    align="centre",
                    leading=1.25,
                    fit=True,
                ),
            ],
            gap=4,
        )
        return Body(main=[head, code], side=[Centre(self.look, count)], actions=[*actions, calm], gap=32)

    def same_question(self, old: Any) -> bool:
        return bool(old.qr == self.view.qr)

    def redraw_for(self, view: Any) -> bool:
        # only the seconds differ by less than a glance: the screen counts by itself
        return bool(replace(self.view, seconds_left=view.seconds_left) == view) and self._close(view)

    def _close(self, old: Any) -> bool:
        left = self.state.get("until", 0.0) - self.shell.guard.monotonic()
        return abs(self.view.seconds_left - left) <= 3 and old.qr == self.view.qr
