"""Draws ChooseMembers.  Taps mark; the primary button answers the chosen keys in the order of the list."""

from __future__ import annotations

from typing import Any

from kiosk import money, texts
from kiosk.views import MemberOption
from screens.buttons import Button, Choice
from screens.drawing import Icon
from screens.layout import Row
from screens.page import Body, Page
from screens.row_pages import RowPages


class ChooseMembersScreen(Page):
    choices: dict[str, Choice]
    next: Button

    def body(self) -> Body:
        view = self.view
        keys = {member.key for member in view.members}
        self.state["keys"] = set(self.state.get("keys", view.chosen)) & keys
        self.icons: dict[str, Icon] = {}
        self.choices = {member.key: self._choice(member) for member in view.members}
        self.next = Button(self.ink, self.shell.guard, " ", self._go_on, "next", primary=True)
        self._mark()
        return Body(
            main=[self.title(texts.MEMBERS_TITLE)],
            side=[RowPages(self.ink, self.shell.guard, list(self.choices.values()), self.state, gap=28)],
            actions=[self.next],
            actions_left=True,
        )

    def same_question(self, old: Any) -> bool:
        return bool(old.members == self.view.members and old.chosen == self.view.chosen)

    def _choice(self, member: MemberOption) -> Choice:
        def toggle() -> None:
            self.state["keys"] ^= {member.key}
            self._mark()
            self.put(*self.pos, *self.size)

        icon = self.icons[member.key] = Icon(self.ink, "plus", 52, "brand", "brand_soft", 92)
        words = self.column(
            [
                self.text(
                    f"{member.name}（{member.relation}）" if member.relation else member.name,
                    46,
                    bold=True,
                    leading=1.3,
                ),
                self.text(member.title, 33, role="ink_soft", leading=1.3),
            ],
            gap=0,
            grow=1,
        )
        amount = self.text(money.with_sign(member.amount_fen), 46, bold=True, role="go_ink", align="right")
        row = Row(self.look, [icon, words, amount], gap=28)
        return Choice(self.ink, self.shell.guard, row, toggle, member.key)

    def _mark(self) -> None:
        chosen = [member for member in self.view.members if member.key in self.state["keys"]]
        for key, choice in self.choices.items():
            marked = key in self.state["keys"]
            self.icons[key].name = "check" if marked else "plus"
            self.icons[key].plate, self.icons[key].role = (
                ("go", "on_go") if marked else ("brand_soft", "brand")
            )
            choice.set_chosen(marked)
        total = money.plain_yuan(sum(member.amount_fen for member in chosen))
        words = texts.MEMBERS_NEXT.format(count=len(chosen), yuan=total) if chosen else texts.MEMBERS_NONE
        self.next.label.set_content(words)
        self.next.enabled = bool(chosen)
        self.next.set_muted(not chosen)

    def _go_on(self) -> None:
        self.shell.answer(tuple(m.key for m in self.view.members if m.key in self.state["keys"]))
