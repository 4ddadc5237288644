"""Draws Records.  Answers a RecordsButton."""

from __future__ import annotations

from kiosk import money, texts
from kiosk.views import RecordsButton
from screens.drawing import Panel, Span
from screens.facts import Rule
from screens.figures import BarChart, pill
from screens.layout import Box, Column, Grid, Row
from screens.page import Body, Page
from screens.record_line import RecordLine

LARGE_ROWS = 2  # in large type the chart needs the room of the third


class RecordsScreen(Page):
    def body(self) -> Body:
        return Body(
            main=[
                self.title(texts.RECORDS_TITLE),
                Grid(self.look, [self._paid(), self._account()], 2, gap=26),
                self._chart(),
            ],
            side=[self._rows()],
            actions=[
                Grid(
                    self.look,
                    [
                        self.button(texts.RECORDS_PRINT, RecordsButton.PRINT, "printer"),
                        self.button(texts.RECORDS_REPRINT, RecordsButton.REPRINT, "receipt-text"),
                    ],
                    2,
                    gap=34,
                )
            ],
        )

    def _paid(self) -> Panel:
        years, months = divmod(self.view.months_paid, 12)
        span = [Span(str(years)), Span(texts.RECORDS_YEARS.format(months=months), size=36)]
        if self.view.months_needed:
            more = texts.RECORDS_MORE.format(
                time=duration(self.view.months_needed), years=self.view.minimum_years
            )
        else:
            more = texts.RECORDS_ENOUGH.format(years=self.view.minimum_years)
        return self._fact(texts.RECORDS_PAID, span, more)

    def _account(self) -> Panel:
        interest = texts.RECORDS_INTEREST.format(amount=money.with_sign(self.view.interest_fen))
        return self._fact(texts.RECORDS_ACCOUNT, [Span(money.with_sign(self.view.balance_fen))], interest)

    def _fact(self, label: str, value: list[Span], note: str) -> Panel:
        words = [
            self.text(label, 32, role="ink_soft"),
            self.text(value, 68, bold=True, leading=1.3, fit=True),
            self.text(note, 32, role="ink_soft"),
        ]
        return Panel(self.look, self.column([*words], gap=6), pad=34, side_pad=34)

    def _chart(self) -> Panel:
        view = self.view
        count = (
            texts.COUNT_WORDS[len(view.bars)]
            if len(view.bars) < len(texts.COUNT_WORDS)
            else str(len(view.bars))
        )
        tone, words = (
            ("ok", texts.RECORDS_THIS_YEAR) if view.this_year_paid else ("go", texts.RECORDS_NOT_YET)
        )
        head = Row(
            self.look,
            [
                self.text(texts.RECORDS_CHART.format(count=count), 46, bold=True, grow=1),
                pill(self.ink, words, tone),
            ],
            gap=20,
        )
        return Panel(
            self.look,
            Column(self.look, [head, BarChart(self.ink, view.bars, 300)], gap=20),
            pad=36,
            side_pad=38,
        )

    def _rows(self) -> Panel:
        if not self.view.rows:
            return Panel(self.look, self.note(texts.RECORDS_EMPTY, centred=True), pad=36)
        boxes: list[Box] = []
        for row in self.view.rows[: LARGE_ROWS if self.look.large else None]:
            if boxes:
                boxes.append(Rule(self.look))
            boxes.append(RecordLine(self.ink, row))
        return Panel(self.look, Column(self.look, boxes), pad=16, side_pad=48)


def duration(months: int) -> str:
    """1 年 8 个月, 2 年, 8 个月: with a space behind, as it stands in a sentence."""
    years, rest = divmod(months, 12)
    return (f"{years} 年 " if years else "") + (f"{rest} 个月" if rest else "")
