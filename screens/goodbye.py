"""Draws Goodbye.  Nobody answers."""

from __future__ import annotations

from screens.drawing import Icon
from screens.layout import Box, Centre
from screens.page import Bare, Body


class GoodbyeScreen(Bare):
    def body(self) -> Body:
        main: list[Box] = [
            Centre(self.look, Icon(self.ink, "smile", 170, "ok", "ok_soft", 320, radius=-1)),
            self.title(self.view.title, centred=True, size=88),
        ]
        if self.view.note:
            main.append(self.note(self.view.note, centred=True, size=42))
        return Body(main=main, centred=True)
