"""A slip that comes out of a slot: something is being printed, and this is what to wait for."""

from __future__ import annotations

from kivy.clock import Clock
from kivy.graphics import Color, PopMatrix, PushMatrix, Rectangle, SmoothRoundedRectangle, Translate
from kivy.graphics.scissor_instructions import ScissorPop, ScissorPush

from screens.drawing import Ink
from screens.layout import Box


class PaperSign(Box):
    cycle_s = 2.6
    grow = 1.0

    def __init__(self, ink: Ink) -> None:
        super().__init__(ink.look)
        self.setter, self.passed_s = ink.setter, 1.9
        self._move: Translate | None = None
        self._event = Clock.schedule_interval(self._slide, 1 / 30)

    def stop(self) -> None:
        self._event.cancel()

    def natural(self, width: float) -> float:
        return self.look.gap(200)

    def _slide(self, passed_s: float) -> None:
        self.passed_s = (self.passed_s + passed_s) % self.cycle_s
        if self._move is not None:
            self._move.y = self._hidden()

    def _side(self) -> float:
        return min(self.look.px(230), self.height * 0.8)

    def _hidden(self) -> float:
        return round(max(1 - self.passed_s / 1.8, 0) * self._side())

    def draw(self) -> None:
        side, slot = self._side(), self.look.px(22)
        top = self.center_y + side / 2
        colour = self.look.theme.colour
        self.canvas.clear()
        with self.canvas:
            # what is still inside the machine is not seen
            below = round(top - 2 * side)
            ScissorPush(
                x=round(self.center_x - side), y=below, width=round(2 * side), height=round(top) - below
            )
            PushMatrix()
            self._move = Translate(0, self._hidden())
            Color(*colour("brand"))
            texture = self.setter.icon("receipt-text", round(side))
            at = (round(self.center_x - texture.width / 2), round(top - texture.height))
            Rectangle(texture=texture, pos=at, size=texture.size)
            PopMatrix()
            ScissorPop()
            Color(*colour("ink_soft"))
            wide = side * 1.5
            SmoothRoundedRectangle(
                pos=(self.center_x - wide / 2, top - slot / 2), size=(wide, slot), radius=[slot / 2]
            )
