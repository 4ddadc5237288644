"""Draws ConfirmPayment.  Answers True to pay; 上一步 goes back."""

from __future__ import annotations

from kiosk import money, texts
from kiosk.views import ConfirmLine
from screens.drawing import Panel, Text
from screens.facts import Rule
from screens.figures import pill
from screens.layout import Box, Column, Row
from screens.page import Body, Page

FEW = 3  # lines; more of them are drawn short


class ConfirmPaymentScreen(Page):
    def body(self) -> Body:
        view = self.view
        rows: list[Box] = []
        for line in view.lines:
            if rows:
                rows.append(Rule(self.look))
            rows.append(self._short_line(line) if len(view.lines) > FEW else self._line(line))
        total = self.column(
            [
                self.text(texts.CONFIRM_TOTAL, 42, role="ink_soft", align="centre"),
                self.text(
                    money.with_sign(view.total_fen),
                    120,
                    bold=True,
                    role="go_ink",
                    align="centre",
                    leading=1.2,
                    fit=True,
                ),
            ],
            gap=0,
            grow=1,
        )
        side: list[Box] = [total]
        if view.no_paper:
            side.append(pill(self.ink, texts.CONFIRM_NO_PAPER, "go", "receipt-text", size=36))
        return Body(
            main=[
                self.title(texts.CONFIRM_TITLE),
                Panel(self.look, Column(self.look, rows, gap=24), pad=36, side_pad=46),
            ],
            side=side,
            actions=[self.button(texts.CONFIRM_PAY, True, primary=True, after="arrow-right")],
        )

    def _line(self, line: ConfirmLine) -> Row:
        words: list[Box] = [
            self.text(line.name, 48, bold=True, leading=1.3),
            self.text(line.title, 38, leading=1.3),
        ]
        if line.detail:
            words.append(self.text(line.detail, 33, role="ink_soft", leading=1.3))
        return Row(self.look, [self.column(words, gap=4, grow=1), self._amount(line, 50)], gap=24)

    def _short_line(self, line: ConfirmLine) -> Column:
        """Of many: what is paid for stands below name and amount, on a line of its own, and every line is seen at once."""
        name = self.text(line.name, 42, bold=True, leading=1.25, grow=1)
        what = self.text(" · ".join(filter(None, (line.title, line.detail))), 35, leading=1.25)
        return Column(self.look, [Row(self.look, [name, self._amount(line, 46)], gap=24), what])

    def _amount(self, line: ConfirmLine, size: float) -> Text:
        return self.text(money.with_sign(line.amount_fen), size, bold=True, align="right")
