"""Draws Attention: what happened, what it means for the money, what to do now.  Answers FIRST or SECOND."""

from __future__ import annotations

import re

from kiosk import texts
from kiosk.views import AttentionButton
from screens.drawing import Icon, Span
from screens.figures import pill
from screens.layout import Box, Centre
from screens.page import Body, Page

SIGNS = {texts.TO_PHONE: "smartphone", texts.PRINT_COPY: "printer", texts.TRY_AGAIN: "refresh-cw"}
AMOUNT = re.compile(r"([0-9][0-9,.]* 元)")


class AttentionScreen(Page):
    def body(self) -> Body:
        view = self.view
        role = {"go": "go", "bad": "bad", "ok": "ok"}[view.tone]
        main: list[Box] = [
            Centre(self.look, Icon(self.ink, view.icon, 126, role, f"{role}_soft", 240, radius=-1)),
            self.title(view.title, centred=True),
            self.column([self._paragraph(words) for words in view.body], gap=6),
        ]
        if view.badge:
            main.append(Centre(self.look, pill(self.ink, view.badge, "ok", "shield-check", size=38)))
        first = self.button(view.first, AttentionButton.FIRST, SIGNS.get(view.first, ""), primary=True)
        actions: list[Box] = [first]
        if view.second:
            actions.append(self.button(view.second, AttentionButton.SECOND, SIGNS.get(view.second, "")))
        return Body(main=main, actions=actions, centred=True, gap=38)

    def _paragraph(self, words: str) -> Box:
        spans = [
            Span(part, bold=True, role="ink") if AMOUNT.fullmatch(part) else Span(part)
            for part in AMOUNT.split(words)
        ]
        return self.text([s for s in spans if s.text], 42, role="ink_soft", align="centre", leading=1.5)
