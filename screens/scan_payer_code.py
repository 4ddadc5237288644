"""Draws ScanPayerCode.  Answers SHOW_QR; the code itself comes from the scanner."""

from __future__ import annotations

from kiosk import money, texts
from kiosk.views import PayButton
from screens.countdown import Countdown
from screens.drawing import Icon
from screens.figures import Spinner, pill
from screens.layout import Box, Centre
from screens.page import Body, Page


class ScanPayerCodeScreen(Page):
    def body(self) -> Body:
        view = self.view
        sign: Box = Icon(self.ink, "scan-line", 240, "brand", "brand_soft", 460, radius=-1)
        words: Box = self.note(texts.SCAN_NOTE, centred=True, size=40)
        if view.waiting:
            sign = Spinner(self.ink, "smartphone", 460)
            words = Centre(self.look, pill(self.ink, texts.SCAN_WAITING, "ok", "smartphone", size=38))
        elif view.refused:
            words = Centre(self.look, pill(self.ink, texts.SCAN_REFUSED, "go", "refresh-cw", size=38))
        count = Countdown(
            self.ink, texts.SCAN_LEFT, view.seconds_left, self.state, self.shell.guard.monotonic
        )
        amount = self.text(
            money.with_sign(view.amount_fen),
            96,
            bold=True,
            role="go_ink",
            align="centre",
            leading=1.25,
            fit=True,
        )
        actions: list[Box] = [self.note(texts.PAY_SAFE, centred=True, size=34)]
        if not view.waiting:
            actions.insert(0, self.button(texts.PAY_SHOW, PayButton.SHOW_QR, "qr-code"))
        return Body(
            main=[
                self.column([self.title(texts.SCAN_TITLE, centred=True), amount], gap=8),
                Centre(self.look, sign),
            ],
            side=[words, Centre(self.look, count)],
            actions=actions,
        )
