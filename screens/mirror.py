"""The person as in a mirror, in an oval, with a ring that fills and a sign that shows the way.

The picture is blitted into one texture when there is a new one, and its bytes are zeroed; the texture is wiped when the page leaves.
The picture is mirrored already: the person's own left is at the left.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from kivy.clock import Clock
from kivy.graphics import (
    Color,
    Ellipse,
    PopMatrix,
    PushMatrix,
    Rectangle,
    SmoothEllipse,
    SmoothLine,
    Translate,
)
from kivy.graphics.texture import Texture

from kiosk import texts
from kiosk.face.booth import Preview
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.spoken import hint_words
from screens.drawing import Icon, Ink, Panel, Text
from screens.figures import IconLine
from screens.layout import Box, Centre, Column

OVAL_SHARE = 0.78  # of the panel's height
OVAL_SHAPE = 0.75  # width to height
PICTURE_SHARE = 1.29  # height of the whole picture to the oval's
RING_POINTS = 120
RING = 8.0
SIGN_S = 1.8
# At every turn of the window, so that a picture and new words are one drawing; never 0: Kivy's clock would not rest at all.
LOOK_EVERY_S = 1 / 60
# One drawing of the whole panel costs what a drawing costs: a software panel has time for so many.
MOVE_EVERY_S = 1 / 15
COMPARING_S, COMPARING_SHARE = 2.4, 0.3  # an arc that goes round: something is being done
SIGNS = {
    Action.TURN_LEFT: ("arrow-left", (-1,), (-1, 0)),
    Action.TURN_RIGHT: ("arrow-right", (1,), (1, 0)),
    Action.NOD: ("arrow-down", (-1, 1), (0, -1)),
    Action.BLINK: ("eye", (-1, 1), (0, 0)),
}  # icon, sides of the oval, the way it moves


class HintLine(Box):
    """光线合适 脸在框内, or the one thing that is to be changed."""

    def __init__(self, ink: Ink) -> None:
        self.icon = Icon(ink, "circle-check", 50, "glass_ok")
        self.icon.opacity = 0
        self.text = Text(ink, " ", 46, role="on_glass", leading=1.3, fit=True)
        self.line = IconLine(ink, self.icon, self.text)
        super().__init__(ink.look, [self.line])

    def tell(self, words: str, wrong: bool) -> None:
        if (words or " ", wrong) == (self.text.text, self.text.bold):
            return
        self.icon.name, self.icon.role = (
            ("circle-alert", "glass_go") if wrong else ("circle-check", "glass_ok")
        )
        self.icon.opacity = 1 if words else 0
        self.text.bold, self.text.role = wrong, "glass_go" if wrong else "on_glass"
        self.text.set_content(words or " ")
        if self.width:
            self.put(*self.pos, *self.size)

    def natural(self, width: float) -> float:
        # not of the words there are: other ones must not move the oval
        line = round(self.look.type(self.text.text_size) * self.text.leading)
        return max(line, self.icon.natural(width))

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        wide = min(self.line.wanted_width() + 1, width)
        self.line.put(x + (width - wide) / 2, y, wide, height)


class Mirror(Panel):
    """The dark panel.  ``tell`` says what is new; nothing is built anew for it."""

    def __init__(
        self, ink: Ink, preview: Preview, guidance: Guidance, high: float, beside: Callable[[Guidance], None]
    ) -> None:
        self.hint, self.beside = HintLine(ink), beside
        border = "line" if ink.look.theme.name != "default" else ""
        super().__init__(ink.look, self.hint, fill="glass", border=border, radius=44, pad=30, side_pad=40)
        self.opening = Column(
            ink.look,
            [
                Centre(ink.look, Icon(ink, "camera", 110, "on_glass")),
                Text(ink, texts.FACE_OPENING, 40, role="on_glass", align="centre", fit=True),
            ],
            gap=20,
        )
        self.boxes.append(self.opening)
        self.add_widget(self.opening)
        self.setter, self.high = ink.setter, high
        self.preview, self.guidance = preview, guidance
        self.texture: Texture | None = None
        self.number = -1
        self.stopped = False
        self._passed_s = 0.0
        self._glass: Ellipse | None = None
        self._tint: Color | None = None
        self._ring: SmoothLine | None = None
        self._ends: list[SmoothEllipse] = []
        self._signs: list[Rectangle] = []
        self._move: Translate | None = None
        self._still_s = 0.0
        self._event = Clock.schedule_interval(self._frame, LOOK_EVERY_S)
        self._coming: Guidance | None = None
        self._tell_hint()
        self._look()  # large type does not put the person out of the mirror

    def natural(self, width: float) -> float:
        return max(self.look.gap(self.high), self.look.px(420))

    def stop(self) -> None:
        """The page leaves: no picture stays behind."""
        self.stopped = True
        self._event.cancel()
        if self.texture is not None:
            self.texture.blit_buffer(
                bytes(self.texture.width * self.texture.height * 3), colorfmt="rgb", bufferfmt="ubyte"
            )
            self.texture = None
            self._show_texture()

    # --- what is new

    def tell(self, guidance: Guidance) -> None:
        """Shown, and given to ``beside``, at the next turn of the window: one drawing with the picture that comes with it."""
        self._coming = guidance

    def _show_coming(self, guidance: Guidance) -> None:
        old, self.guidance, self._coming = self.guidance, guidance, None
        self.beside(guidance)
        self._tell_hint()
        if self._ring is not None:
            self._show_ring()
            if (old.phase, old.action) != (guidance.phase, guidance.action):
                self._passed_s = 0.0
                self.draw()

    def _tell_hint(self) -> None:
        hint = self.guidance.hint
        calm = self.guidance.phase in (Phase.LOOKING, Phase.ACTING, Phase.RETURNING)
        words = hint_words(hint) if hint is not None else texts.FACE_WELL if calm else ""
        self.hint.tell(words, hint is not None)

    def _frame(self, passed_s: float) -> None:
        if self._coming is not None:
            self._show_coming(self._coming)
        self._passed_s += passed_s
        self._still_s += passed_s
        # a sign moves with the picture: one drawing for both
        if self._look() or self._still_s >= MOVE_EVERY_S:
            self._still_s = 0.0
            self._animate()

    def _look(self) -> bool:
        """Whether there was a new picture."""
        picture = self.preview.read(self.number)
        if picture is None:
            return False
        self.number = picture.number
        size = (picture.width, picture.height)
        if self.texture is None or self.texture.size != size:
            self.texture = Texture.create(size=size, colorfmt="rgb")
            self._show_texture()
        self.texture.blit_buffer(picture.pixels, colorfmt="rgb", bufferfmt="ubyte")
        picture.forget()
        self.canvas.ask_update()
        return True

    # --- drawing

    def _oval(self) -> tuple[float, float, float, float]:
        """x, y, width, height."""
        foot = self.hint.natural(self.width) + self.look.gap(self.pad)
        high = min(self.height * OVAL_SHARE, self.height - foot - 2 * self.look.px(34))
        high = min(high, self.width * 0.66 / OVAL_SHAPE)
        wide = high * OVAL_SHAPE
        middle = self.y + foot + (self.height - foot) / 2
        return self.center_x - wide / 2, middle - high / 2, wide, high

    def put(self, x: float, y: float, width: float, height: float) -> None:
        Box.put(self, x, y, width, height)
        side, pad = self.look.px(self.side_pad), self.look.gap(self.pad)
        self.hint.put(x + side, y + pad, width - 2 * side, self.hint.natural(width))
        left, bottom, wide, high = self._oval()
        inner = wide * 0.8
        tall = self.opening.natural(inner)
        self.opening.put(left + (wide - inner) / 2, bottom + (high - tall) / 2, inner, tall)

    def draw(self) -> None:
        super().draw()
        x, y, wide, high = self._oval()
        thick = max(self.look.px(RING), 2)
        with self.canvas.before:
            self._tint = Color(*self.look.theme.colour("glass_soft"))
            self._glass = Ellipse(pos=(x, y), size=(wide, high), segments=120)
            Color(*self.look.theme.colour("glass_track"))
            SmoothLine(points=self._arc(0.0, 1.0), width=thick, joint="round", close=True)
            Color(*self.look.theme.colour("glass_ok"))
            self._ring = SmoothLine(points=[], width=thick, joint="round")
            self._ends = [SmoothEllipse(size=(0, 0)) for _ in range(2)]
            self._draw_signs(x, wide, y + high / 2)
        self._show_ring()
        self._show_texture()
        self._animate()

    def _show_ring(self) -> None:
        """How far the check is; while faces are compared, that something is being done."""
        assert self._ring is not None
        start, share = 0.0, self.guidance.progress
        if self.guidance.phase is Phase.COMPARING:
            start, share = self._passed_s / COMPARING_S % 1.0, COMPARING_SHARE
        points = self._ring.points = self._arc(start, share)
        side = 2 * self._ring.width
        for end, at in zip(self._ends, (points[:2], points[-2:]), strict=True):
            end.size = (side, side) if at else (0, 0)
            end.pos = (at[0] - side / 2, at[1] - side / 2) if at else (0, 0)

    def _arc(self, start: float, share: float) -> list[float]:
        """Points along the oval, clockwise; ``start`` 0 is the top."""
        x, y, wide, high = self._oval()
        count = round(RING_POINTS * min(max(share, 0.0), 1.0))
        points: list[float] = []
        for step in range(count + 1 if count else 0):
            angle = 2 * math.pi * (start + step / RING_POINTS)
            points += [x + wide / 2 * (1 + math.sin(angle)), y + high / 2 * (1 + math.cos(angle))]
        return points

    def _draw_signs(self, left: float, wide: float, middle: float) -> None:
        self._signs, self._move = [], None
        action = self.guidance.action
        if self.guidance.phase is not Phase.ACTING or action is None:
            return
        icon, sides, _ = SIGNS[action]
        room = left - self.x
        texture = self.setter.icon(icon, round(min(self.look.px(150), room * 0.8)))
        Color(*self.look.theme.colour("glass_go"))
        PushMatrix()
        self._move = Translate(0, 0)
        for side in sides:
            centre = left + wide / 2 + side * (wide + room) / 2
            at = (round(centre - texture.width / 2), round(middle - texture.height / 2))
            self._signs.append(Rectangle(texture=texture, pos=at, size=texture.size))
        PopMatrix()

    def _animate(self) -> None:
        """An arrow leans its way and comes back; an eye shuts and opens; while faces are compared the ring goes round."""
        if self.guidance.phase is Phase.COMPARING and self._ring is not None:
            self._show_ring()
        action = self.guidance.action
        if self._move is None or action is None:
            return
        icon, _, (right, up) = SIGNS[action]
        turn = self._passed_s % SIGN_S / SIGN_S
        if action is Action.BLINK:
            icon = "eye-closed" if turn > 0.6 else icon
            for sign in self._signs:
                texture = self.setter.icon(icon, round(min(self.look.px(150), self._room() * 0.8)))
                if sign.texture is not texture:
                    sign.texture = texture
            return
        reach = self.look.px(14) * (1 - math.cos(2 * math.pi * turn)) / 2
        self._move.x, self._move.y = right * reach, up * reach

    def _room(self) -> float:
        return self._oval()[0] - self.x

    def _show_texture(self) -> None:
        """The picture fills the oval; what is beyond it is not drawn."""
        self.opening.opacity = 0 if self.texture is not None else 1
        if self._glass is None or self._tint is None:
            return
        self._glass.texture = self.texture
        if self.texture is None:
            self._tint.rgba = self.look.theme.colour("glass_soft")
            return
        self._tint.rgba = (1, 1, 1, 1)
        wide = min(OVAL_SHAPE * self.texture.height / self.texture.width / PICTURE_SHARE, 1.0)
        high = wide * self.texture.width / self.texture.height / OVAL_SHAPE
        # the first row of the picture is its top
        left, right, top, bottom = 0.5 - wide / 2, 0.5 + wide / 2, 0.5 - high / 2, 0.5 + high / 2
        self._glass.tex_coords = (left, bottom, right, bottom, right, top, left, top)
