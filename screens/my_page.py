"""Draws MyPage.  Answers a row's key or a MyPageButton."""

from __future__ import annotations

from kiosk import texts
from kiosk.views import Item, ItemKind, MyPageButton, Tone
from screens.buttons import ListRow
from screens.drawing import Icon, Panel
from screens.figures import pill
from screens.layout import Box, Column, Grid, Row
from screens.page import Body, Page
from screens.row_pages import RowPages

ICONS = {
    ItemKind.PENSION: "wallet",
    ItemKind.MEDICAL: "stethoscope",
    ItemKind.FLEXIBLE: "briefcase",
    ItemKind.PAPER: "receipt-text",
    ItemKind.CHECKING: "clock",
    ItemKind.REFUND: "hand-coins",
}
TONES = {Tone.GO: "go", Tone.OK: "ok", Tone.SOFT: "brand"}


class MyPageScreen(Page):
    def body(self) -> Body:
        view = self.view
        head: list[Box] = [
            self.title(texts.GREETING.format(name=view.name)),
            self.note(view.masked_number, size=40),
        ]
        main: list[Box] = [self.column(head, gap=2)]
        if view.card_present:
            main.append(pill(self.ink, texts.TAKE_CARD, "go", "id-card", size=44))
        if view.certification is not None:
            main.append(self._banner())
        return Body(
            main=main,
            side=[
                RowPages(self.ink, self.shell.guard, [self._row(i) for i in view.items], self.state, gap=34)
            ],
            actions=[Grid(self.look, self._buttons(), 2, gap=24)],
            # across, a banner with a button needs the height below it; the list gives way
            actions_left=view.certification is None or not view.certification.action,
        )

    def _banner(self) -> Panel:
        banner = self.view.certification
        fill, role, border = {
            Tone.OK: ("ok", "on_ok", ""),
            Tone.GO: ("go_soft", "ink", "go"),
            Tone.SOFT: ("brand_soft", "ink", ""),
        }[banner.tone]
        icon = {Tone.OK: "badge-check", Tone.GO: "circle-alert", Tone.SOFT: "clock"}[banner.tone]
        sign = {Tone.OK: "on_ok", Tone.GO: "go_ink", Tone.SOFT: "brand"}[banner.tone]
        words = self.column(
            [
                self.text(banner.title, 56, bold=True, role=role, leading=1.3),
                self.text(banner.note, 36, role=role),
            ],
            gap=6,
            grow=1,
        )
        row: Box = Row(self.look, [words, Icon(self.ink, icon, 122, sign)], gap=36)
        if banner.action:
            due = banner.tone is Tone.GO
            after = "arrow-right" if due else ""
            act = self.button(
                banner.action, MyPageButton.CERTIFICATION, primary=due, after=after, high=120 if due else 104
            )
            row = Column(self.look, [row, act], gap=28)
        return Panel(self.look, row, fill=fill, border=border, radius=44, pad=44, side_pad=46)

    def _row(self, item: Item) -> ListRow:
        def action() -> None:
            self.shell.answer(item.key)

        badge = pill(self.ink, item.badge, TONES[item.tone]) if item.badge else None
        return ListRow(
            self.ink,
            self.shell.guard,
            ICONS[item.kind],
            item.title,
            item.note,
            badge,
            action if item.key else None,
            item.key or None,
        )

    def _buttons(self) -> list[Box]:
        buttons: list[Box] = [
            self.button(texts.MY_RECORDS, MyPageButton.RECORDS, "file-search"),
            self.button(texts.MY_REPRINT, MyPageButton.REPRINT, "printer"),
        ]
        if self.view.has_family:
            buttons.append(self.button(texts.MY_FAMILY, MyPageButton.FAMILY, "users"))
        buttons.append(self.button(texts.MY_LEAVE, MyPageButton.LEAVE, "check"))
        return buttons
