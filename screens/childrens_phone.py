"""Draws ChildrensPhone: a code for the children's phone.  Answers None when the citizen is done."""

from __future__ import annotations

from kiosk import texts
from screens.drawing import Panel
from screens.figures import QrCode
from screens.layout import Centre
from screens.page import Body, Page


class ChildrensPhoneScreen(Page):
    def body(self) -> Body:
        title = self.title(texts.CHILDREN_TITLE, centred=True)
        title.fit = True
        head = self.column(
            [
                title,
                self.note(self.view.note, centred=True, size=40),
            ],
            gap=14,
        )
        code = Panel(self.look, Centre(self.look, QrCode(self.look, self.view.qr, 800)), pad=32)
        done = self.button(texts.CHILDREN_DONE, None, primary=True)
        return Body(main=[head], side=[code], actions=[done], actions_left=True)
