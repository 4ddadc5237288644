"""Draws SignInByCard.  The card on the reader is the answer; only 没带身份证 is tapped."""

from __future__ import annotations

from kiosk import texts
from kiosk.field.views import SignInButton
from screens.drawing import Icon
from screens.figures import IconLine, pill
from screens.layout import Box, Left
from screens.page import Body, Page
from screens.present_card import CardSign


class SignInByCardScreen(Page):
    def body(self) -> Body:
        view = self.view
        if view.note:
            hint: Box = pill(self.ink, view.note, "go", "circle-alert", size=40)
        else:
            words = self.text(texts.STAFF_SIGN_IN_NOTE, 40, bold=True, role="brand", leading=1.35)
            hint = IconLine(self.ink, Icon(self.ink, "hand", 48), words)
        below: list[Box] = [self.note(texts.STAFF_SIGN_IN_TABLET.format(tablet=view.tablet_id), size=36)]
        if view.unsent:
            kept = texts.STAFF_SIGN_IN_UNSENT.format(count=view.unsent)
            below.insert(0, Left(self.look, pill(self.ink, kept, "brand", "shield-check", size=36)))
        return Body(
            main=[self.title(texts.STAFF_SIGN_IN_TITLE), Left(self.look, hint), self.column(below, gap=20)],
            side=[CardSign(self.ink, 760)],
            actions=[self.button(texts.STAFF_SIGN_IN_CODE, SignInButton.CODE, "keyboard")],
            actions_left=True,
        )
