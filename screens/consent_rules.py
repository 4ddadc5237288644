"""Draws ConsentRules: the whole text, numbered.  Answers BACK."""

from __future__ import annotations

from kiosk import texts
from kiosk.views import BACK
from screens.drawing import Panel
from screens.layout import Box, Column, Row
from screens.page import Body, Page


class ConsentRulesScreen(Page):
    def body(self) -> Body:
        head = self.column(
            [
                self.title(texts.RULES_TITLE),
                self.note(texts.RULES_VERSION.format(version=self.view.version)),
            ],
            gap=4,
        )
        rules: list[Box] = [self._rule(number, words) for number, words in enumerate(self.view.lines, 1)]
        return Body(
            main=[head, Panel(self.look, Column(self.look, rules, gap=22), pad=40, side_pad=44)],
            actions=[self.button(texts.RULES_DONE, BACK, primary=True)],
        )

    def _rule(self, number: int, words: str) -> Row:
        return Row(
            self.look,
            [
                self.text(f"{number}.", 38, bold=True, role="brand"),
                self.text(words, 38, leading=1.4, grow=1),
            ],
            gap=20,
        )
