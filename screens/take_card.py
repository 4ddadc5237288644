"""Draws TakeCard.  Nobody answers: the card leaves the field."""

from __future__ import annotations

from kiosk import texts
from screens.drawing import Icon
from screens.layout import Centre
from screens.page import Bare, Body


class TakeCardScreen(Bare):
    def body(self) -> Body:
        return Body(
            main=[
                Centre(self.look, Icon(self.ink, "id-card", 220, "go", "go_soft", 420, radius=-1)),
                self.title(texts.TAKE_CARD_TITLE, centred=True, size=88),
                self.note(texts.TAKE_CARD_NOTE, centred=True, size=44),
            ],
            centred=True,
        )
