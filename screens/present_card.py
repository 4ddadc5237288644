"""Draws PresentCard.  The card on the reader is the answer; only 上一步 is tapped."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.graphics import (
    Color,
    PopMatrix,
    PushMatrix,
    Rectangle,
    SmoothEllipse,
    SmoothRoundedRectangle,
    Translate,
)

from kiosk import texts
from kiosk.views import CardHint
from screens.drawing import Icon, Ink
from screens.figures import IconLine, pill
from screens.layout import Box, Left
from screens.page import Body, Page

HINTS = {
    CardHint.PLACE: (texts.CARD_PLACE, "brand", "hand"),
    CardHint.PULLED: (texts.CARD_PULLED, "go", "refresh-cw"),
    CardHint.UNREADABLE: (texts.CARD_UNREADABLE, "go", "refresh-cw"),
    CardHint.UNSUPPORTED: (texts.CARD_UNSUPPORTED, "go", "id-card"),
    CardHint.INVALID: (texts.CARD_INVALID, "go", "refresh-cw"),
    CardHint.LEFT_FROM_BEFORE: (texts.CARD_LEFT, "go", "hand"),
}
STAFF_HINTS = {
    CardHint.PLACE: (texts.STAFF_CARD_PLACE, "brand", "hand"),
    CardHint.LEFT_FROM_BEFORE: (texts.STAFF_CARD_LEFT, "go", "hand"),
}


class PresentCardScreen(Page):
    def body(self) -> Body:
        title = texts.STAFF_CARD_TITLE if self.view.staff else texts.CARD_TITLE
        return Body(
            main=[self.title(title), self._hint(), *self._money()],
            side=[CardSign(self.ink, 760)],
        )

    def _hint(self) -> Box:
        hints = {**HINTS, **STAFF_HINTS} if self.view.staff else HINTS
        words, tone, icon = hints[self.view.hint]
        if tone == "brand":
            line = IconLine(self.ink, Icon(self.ink, icon, 48), self.text(words, 40, bold=True, role="brand"))
            return Left(self.look, line)
        return Left(self.look, pill(self.ink, words, tone, icon, size=40))

    def _money(self) -> list[Box]:
        """After a try that failed: nothing was lost by it."""
        if HINTS[self.view.hint][1] == "brand":
            return []
        return [self.note(texts.CARD_NO_MONEY, size=36)]


class CardSign(Box):
    """A card that slides down onto the reader, rests, and comes again."""

    cycle_s = 3.2
    grow = 1.0

    def __init__(self, ink: Ink, side: float) -> None:
        super().__init__(ink.look)
        self.setter, self.side, self.passed_s = ink.setter, side, 1.6
        self._move: Translate | None = None
        self._event = Clock.schedule_interval(self._slide, 1 / 30)

    def stop(self) -> None:
        self._event.cancel()

    def natural(self, width: float) -> float:
        return min(self.look.gap(self.side * 0.8), width)

    def _slide(self, passed_s: float) -> None:
        self.passed_s = (self.passed_s + passed_s) % self.cycle_s
        if self._move is not None:
            self._move.y = self._height_above()

    def _height_above(self) -> float:
        share = min(self.passed_s / 1.4, 1.0)
        return round((1 - share * (2 - share)) * self._side() * 0.34)

    def _side(self) -> float:
        return min(self.look.px(self.side), self.height, self.width)

    def draw(self) -> None:
        side = self._side()
        x, y = self.center_x - side / 2, self.center_y - side / 2
        colour = self.look.theme.colour
        self.canvas.clear()
        with self.canvas:
            Color(*colour("brand_soft"))
            SmoothEllipse(pos=(x, y), size=(side, side))
            Color(*colour("card"))
            inner = side * 0.685
            SmoothEllipse(pos=(self.center_x - inner / 2, self.center_y - inner / 2), size=(inner, inner))
            # the reader's plate, under the card
            Color(*colour("brand", 0.22))
            wide = side * 0.46
            SmoothRoundedRectangle(
                pos=(self.center_x - wide / 2, self.center_y - side * 0.215),
                size=(wide, side * 0.05),
                radius=[side * 0.025],
            )
            PushMatrix()
            self._move = Translate(0, self._height_above())
            Color(*colour("brand"))
            texture = self.setter.icon("id-card", round(side * 0.4))
            at: Any = (round(self.center_x - texture.width / 2), round(self.center_y - texture.height / 2))
            Rectangle(texture=texture, pos=at, size=texture.size)
            PopMatrix()
