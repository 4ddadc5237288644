"""Draws StillThere over whatever was there.  One big button answers True; the ring runs out by itself."""

from __future__ import annotations

from kiosk import texts
from screens.figures import Ring
from screens.layout import Centre
from screens.page import Bare, Body


class StillThereScreen(Bare):
    def body(self) -> Body:
        now = self.shell.guard.monotonic
        until = self.state.setdefault("until", now() + self.view.seconds)
        ring = Ring(self.ink, lambda: until - now(), self.view.seconds, 460)
        return Body(
            main=[
                self.title(texts.STILL_TITLE, centred=True, size=96),
                Centre(self.look, ring),
                self.note(texts.STILL_NOTE, centred=True, size=42),
            ],
            actions=[self.button(texts.STILL_STAY, True, primary=True, high=200)],
            centred=True,
            gap=56,
        )
