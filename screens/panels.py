"""What stands in the middle of a visit: words with a large sign, the mirror with what to do, the photo, a field to sign in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture

from kiosk import texts
from kiosk.face.booth import Preview
from kiosk.face.guidance import Guidance
from kiosk.field.views import PhotoPanel
from screens.drawing import Icon, Ink, Panel, Text
from screens.face_look import words_of
from screens.figures import IconLine
from screens.guard import Guard
from screens.layout import Box, Column
from screens.mirror import LOOK_EVERY_S, Mirror
from screens.signature import Points, SignatureField

SIZES = (50.0, 47.0, 43.0, 39.0, 36.0)  # of the words: as large as there is room for
LONG_LINES = 3  # more of them are read aloud, not seen at a glance
TONES = {
    "plain": ("glass_soft", "on_glass", "glass_go"),
    "ok": ("ok_soft", "ink", "ok"),
    "go": ("go_soft", "ink", "go_ink"),
}


class WordsStage(Panel):
    """``lines`` in the middle under a sign; the words are as large as the room allows."""

    def __init__(self, ink: Ink, icon: str, lines: Sequence[str], tone: str) -> None:
        fill, role, sign = TONES[tone]
        long = len(lines) > LONG_LINES
        self.sign = Icon(ink, icon, 130 if long else 244, sign)
        self.words = [
            Text(
                ink,
                line,
                SIZES[0],
                role=role,
                align="left" if long else "centre",
                leading=1.4,
                bold=not long and line[-1:] == "。",  # a sentence, and what more there is to say
            )
            for line in lines
        ]
        words = Column(ink.look, self.words, gap=14)
        border = "line" if ink.look.theme.name != "default" else ""
        super().__init__(
            ink.look,
            Column(ink.look, [self.sign, words], gap=44, grow=1),
            fill=fill,
            border=border,
            radius=40,
            pad=44,
            side_pad=44,
        )
        self.grow = 1.0

    def _set_size(self, size: float) -> None:
        for words in self.words:
            words.text_size = size

    def natural(self, width: float) -> float:
        self._set_size(SIZES[-1])
        return super().natural(width)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        for size in SIZES:
            self._set_size(size)
            if super().natural(width) <= height:
                break
        super().put(x, y, width, height)


class MirrorStage(Column):
    """What the person is to do, above the mirror."""

    def __init__(self, ink: Ink, preview: Preview, guidance: Guidance, high: float) -> None:
        self.heading = Text(ink, " ", 72, bold=True, align="centre", leading=1.25, fit=True)
        self.line = Text(ink, " ", 40, bold=True, role="brand", align="centre", leading=1.35, fit=True)
        self.mirror = Mirror(ink, preview, guidance, high, self.say)
        self.mirror.grow = 1.0
        super().__init__(ink.look, [self.heading, self.line, self.mirror], gap=10, grow=1)
        self.say(guidance)

    def say(self, guidance: Guidance) -> None:
        for text, words in zip((self.heading, self.line), words_of(guidance), strict=True):
            if text.text != words:
                text.set_content(words)


class Photo(Panel):
    """The camera's picture, whole, with the day's code below.  The texture is wiped when the page leaves."""

    def __init__(self, ink: Ink, panel: PhotoPanel) -> None:
        if panel.taken:
            sign = Icon(ink, "circle-check", 50, "glass_ok")
            below: Box = IconLine(ink, sign, Text(ink, texts.VISIT_TAKEN, 40, True, "on_glass", leading=1.3))
        else:
            words = Text(ink, texts.VISIT_CODE, 40, role="on_glass", align="centre", leading=1.3)
            code = Text(ink, panel.day_code, 110, True, "glass_go", "centre", leading=1.15, fit=True)
            below = Column(ink.look, [words, code])
        border = "line" if ink.look.theme.name != "default" else ""
        super().__init__(ink.look, below, fill="glass", border=border, radius=40, pad=28, side_pad=36)
        self.opening = Icon(ink, "camera", 150, "on_glass")
        self.boxes.append(self.opening)
        self.add_widget(self.opening)
        self.preview, self.number = panel.preview, -1
        self._foot = 0.0  # the height of what stands below the picture
        self.texture: Texture | None = None
        self.grow = 1.0
        self._event = Clock.schedule_interval(lambda _: self._look(), LOOK_EVERY_S)
        self._look()

    def stop(self) -> None:
        """The page leaves: no picture stays behind."""
        self._event.cancel()
        if self.texture is not None:
            self.texture.blit_buffer(bytes(self.texture.width * self.texture.height * 3), colorfmt="rgb")
            self.texture = None

    def _look(self) -> None:
        picture = self.preview.read(self.number)
        if picture is None:
            return
        self.number = picture.number
        size = (picture.width, picture.height)
        if self.texture is None or self.texture.size != size:
            self.texture = Texture.create(size=size, colorfmt="rgb")
            if self.width:
                self.draw()
        self.texture.blit_buffer(picture.pixels, colorfmt="rgb", bufferfmt="ubyte")
        picture.forget()
        self.canvas.ask_update()

    def natural(self, width: float) -> float:
        below = self.boxes[0].natural(width - 2 * self.look.px(self.side_pad))
        return below + self.look.px(300) + 3 * self.look.gap(self.pad)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        Box.put(self, x, y, width, height)
        side, pad = self.look.px(self.side_pad), self.look.gap(self.pad)
        inner = width - 2 * side
        self._foot = self.boxes[0].natural(inner) + 2 * pad
        wide = min(self.boxes[0].wanted_width() + 1, inner)
        self.boxes[0].put(x + (width - wide) / 2, y + pad, wide, self._foot - 2 * pad)
        self.opening.put(x, y + self._foot, width, height - self._foot)
        self.draw()

    def draw(self) -> None:
        super().draw()
        self.opening.opacity = 0 if self.texture is not None else 1
        if self.texture is None:
            return
        x, y, wide, high = self.seen()
        top_first = (0, 1, 1, 1, 1, 0, 0, 0)  # the first row of the picture is its top
        with self.canvas.before:
            Color(1, 1, 1, 1)
            Rectangle(texture=self.texture, pos=(x, y), size=(wide, high), tex_coords=top_first)

    def seen(self) -> tuple[float, float, float, float]:
        """x, y, width, height of the picture: whole, as large as there is room."""
        assert self.texture is not None
        edge = self.look.px(20)
        wide, high = self.width - 2 * edge, self.height - self._foot - edge
        scale = min(wide / self.texture.width, high / self.texture.height)
        size = (self.texture.width * scale, self.texture.height * scale)
        return self.center_x - size[0] / 2, self.y + self._foot + (high - size[1]) / 2, *size


class SignStage(Column):
    """Who is to sign, and the field."""

    def __init__(
        self, ink: Ink, guard: Guard, who: str, strokes: list[Points], changed: Callable[[], None]
    ) -> None:
        self.field = SignatureField(ink, guard, strokes, 560, changed)
        self.field.grow = 1.0
        heading = Text(ink, texts.VISIT_SIGN.format(who=who), 48, bold=True, leading=1.3)
        super().__init__(ink.look, [heading, self.field], gap=20, grow=1)
