"""Draws OutOfService: nobody is asked anything, the next machine is named."""

from __future__ import annotations

from kiosk import texts
from screens.drawing import Icon
from screens.figures import pill
from screens.layout import Centre
from screens.page import Bare, Body


class OutOfServiceScreen(Bare):
    def body(self) -> Body:
        hotline = texts.HOTLINE.format(hotline=self.shell.site.hotline)
        return Body(
            main=[
                Centre(self.look, Icon(self.ink, "wrench", 170, "go", "go_soft", 320, radius=-1)),
                self.title(texts.OUT_TITLE, centred=True, size=80),
                self.note(self.view.note, centred=True, size=44),
                Centre(self.look, pill(self.ink, hotline, "go", "phone-call", size=44)),
            ],
            centred=True,
        )
