"""Draws ChooseTier.  Choosing only marks; the primary button answers the tier's code."""

from __future__ import annotations

from typing import Any

from kiosk import money, texts
from kiosk.views import TierOption
from screens.buttons import Button, Choice
from screens.drawing import Icon, Panel, Span
from screens.layout import Box, Grid, Row
from screens.page import Body, Page


class ChooseTierScreen(Page):
    choices: dict[str, Choice]
    next: Button

    def body(self) -> Body:
        view = self.view
        self.state.setdefault("tier", view.suggested)
        if self.state["tier"] not in {option.code for option in view.options}:
            self.state["tier"] = view.options[0].code
        self.choices = {option.code: self._choice(option) for option in view.options}
        self.gain_words = [self.text(" ", 42, bold=True), self.text(" ", 36, role="ink_soft")]
        side: list[Box] = []
        if any(option.gain_fen is not None for option in view.options):
            row = Row(
                self.look,
                [Icon(self.ink, "hand-coins", 84), self.column(list(self.gain_words), gap=0, grow=1)],
                gap=30,
            )
            side.append(Panel(self.look, row, fill="brand_soft", border="", radius=36, pad=40, side_pad=48))
        if view.assumed:
            side.append(self.note(texts.TIER_ASSUMED, size=32))
        self.next = Button(
            self.ink, self.shell.guard, " ", self._go_on, "next", after="arrow-right", primary=True
        )
        self._mark()
        this_year = view.year == self.shell.now().year
        title = texts.TIER_TITLE if this_year else texts.TIER_TITLE_YEAR.format(year=view.year)
        subtitle = f"{view.name} · {view.insurance} · {view.year}年度"
        return Body(
            main=[
                self.column([self.title(title), self.note(subtitle)], gap=14),
                Grid(self.look, list(self.choices.values()), 2, gap=26),
            ],
            side=side,
            actions=[self.next],
        )

    def same_question(self, old: Any) -> bool:
        view = self.view
        return bool((old.name, old.insurance, old.year) == (view.name, view.insurance, view.year))

    def _choice(self, option: TierOption) -> Choice:
        def choose() -> None:
            self.state["tier"] = option.code
            self._mark()
            self.put(*self.pos, *self.size)

        words: list[Box] = [
            self.text(
                [Span(option.title), Span(f" {option.unit}", size=34)], 66, bold=True, leading=1.2, fit=True
            )
        ]
        if option.note:
            words.append(self.text(option.note, 32, role="ink_soft"))
        return Choice(self.ink, self.shell.guard, self.column(words, gap=8), choose, option.code)

    def _chosen(self) -> TierOption:
        found: TierOption = next(o for o in self.view.options if o.code == self.state["tier"])
        return found

    def _mark(self) -> None:
        chosen = self._chosen()
        for code, choice in self.choices.items():
            choice.set_chosen(code == chosen.code)
        self.next.label.set_content(texts.TIER_NEXT.format(yuan=money.plain_yuan(chosen.amount_fen)))
        title, note = self.gain_words
        title.set_content(chosen.gain_title or " ")
        gain = "" if chosen.gain_fen is None else f" {money.yuan(chosen.gain_fen)} 元"
        note.set_content([Span(chosen.gain_note or " "), Span(gain, bold=True, role="go_ink")])

    def _go_on(self) -> None:
        self.shell.answer(self.state["tier"])
