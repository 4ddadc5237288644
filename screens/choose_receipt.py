"""Draws ChooseReceipt.  Answers a receipt number, or "more"."""

from __future__ import annotations

from kiosk import money, texts
from kiosk.views import ReceiptOption
from screens.buttons import ListRow
from screens.figures import pill
from screens.layout import Box, Right
from screens.page import Body, Page


class ChooseReceiptScreen(Page):
    def body(self) -> Body:
        actions: list[Box] = [self.button(texts.RECEIPTS_MORE, "more", "plus")] if self.view.more else []
        return Body(
            main=[self.title(texts.RECEIPTS_TITLE)],
            side=[self.column([self._row(option) for option in self.view.options], gap=30)],
            actions=actions,
            actions_left=True,
        )

    def _row(self, option: ReceiptOption) -> ListRow:
        def action() -> None:
            self.shell.answer(option.key)

        amount = self.text(money.with_sign(option.amount_fen), 42, bold=True, align="right", leading=1.3)
        words, tone = (texts.RECEIPT_OWED, "go") if option.owed else (texts.RECEIPT_COPY, "brand")
        end = self.column([amount, Right(self.look, pill(self.ink, words, tone, size=32))], gap=6)
        return ListRow(
            self.ink, self.shell.guard, "receipt-text", option.title, option.note, end, action, option.key
        )
