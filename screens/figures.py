"""Pictures that say something: badges, steps, bars, rings, codes and moving signs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kivy.clock import Clock
from kivy.graphics import (
    Color,
    PopMatrix,
    PushMatrix,
    Rectangle,
    Rotate,
    SmoothEllipse,
    SmoothLine,
    SmoothRoundedRectangle,
)
from kivy.graphics.texture import Texture

from kiosk import money, views
from screens.drawing import Icon, Ink, Panel, Text
from screens.layout import Box
from screens.theme import Look


def pill(ink: Ink, words: str, tone: str, icon: str = "", size: float = 34) -> Panel:
    """A short fact on a soft ground.  ``tone`` go, ok, bad or brand."""
    role = {"go": "go_ink"}.get(tone, tone)
    text = Text(ink, words, size, bold=True, role=role, leading=1.3, grow=1 if icon else 0)
    child: Box = text
    if icon:
        child = IconLine(ink, Icon(ink, icon, 42, role), text)
    return Panel(ink.look, child, fill=f"{tone}_soft", border="", radius=60, pad=12, side_pad=28)


class IconLine(Box):
    """An icon before words that may wrap."""

    def __init__(self, ink: Ink, icon: Icon, text: Text) -> None:
        super().__init__(ink.look, [icon, text])
        self.icon, self.text = icon, text

    def natural(self, width: float) -> float:
        rest = width - self.icon.wanted_width() - self.look.px(14)
        return max(self.text.natural(rest), self.icon.natural(0))

    def wanted_width(self) -> float:
        return self.icon.wanted_width() + self.look.px(14) + self.text.wanted_width()

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side = self.icon.wanted_width()
        self.icon.put(x, y, side, height)
        x += side + self.look.px(14)
        self.text.put(x, y, width - side - self.look.px(14), height)


def disc(box: Box, role: str, radius: float, share: float = 1.0) -> None:
    """A disc in the middle of a box, or the share of it clockwise from the top; into the canvas that is open."""
    Color(*box.look.theme.colour(role))
    at = (box.center_x - radius, box.center_y - radius)
    SmoothEllipse(pos=at, size=(2 * radius, 2 * radius), angle_start=0, angle_end=360 * share, segments=180)


class StepBar(Box):
    """Where am I, what is left.  Steps behind carry a check, the present one its number and strong words."""

    def __init__(self, ink: Ink, steps: views.Steps) -> None:
        self.now = steps.now
        self.marks: list[Text | Icon] = []
        self.names: list[Text] = []
        for index, step in enumerate(steps.steps):
            here = index == steps.now
            if index < steps.now:
                self.marks.append(Icon(ink, "check", 34, "brand"))
            else:
                role = "on_brand" if here else "ink_soft"
                self.marks.append(Text(ink, str(index + 1), 32, bold=True, role=role, align="centre"))
            self.names.append(
                Text(ink, step.value, 32, bold=here, role="brand" if here else "ink_soft", leading=1.3)
            )
        super().__init__(ink.look, [box for pair in zip(self.marks, self.names, strict=True) for box in pair])

    def _dot(self) -> float:
        return max(self.look.px(56), round(self.look.type(32) * 1.5))

    def natural(self, width: float) -> float:
        return self._dot()

    def draw(self) -> None:
        dot, near = self._dot(), self.look.px(14)
        theme = self.look.theme
        wides = [dot + near + name.wanted_width() for name in self.names]
        gap = (self.width - sum(wides)) / max(len(wides) - 1, 1)
        self.canvas.before.clear()
        x, middle = self.x, self.center_y
        with self.canvas.before:
            for index, (mark, name, wide) in enumerate(zip(self.marks, self.names, wides, strict=True)):
                if index and gap > 4 * near:
                    Color(*theme.colour("line"))
                    Rectangle(
                        pos=(x - gap + near, middle - self.look.px(2)),
                        size=(gap - 2 * near, max(self.look.px(4), 1)),
                    )
                fill = "brand" if index == self.now else "brand_soft" if index < self.now else "line"
                Color(*theme.colour(fill))
                SmoothEllipse(pos=(x, middle - dot / 2), size=(dot, dot))
                if index > self.now:
                    thin = max(self.look.px(3), 1)
                    Color(*theme.colour("card"))
                    SmoothEllipse(
                        pos=(x + thin, middle - dot / 2 + thin), size=(dot - 2 * thin, dot - 2 * thin)
                    )
                mark.put(x, middle - dot / 2, dot, dot)
                name.put(x + dot + near, middle - dot / 2, name.wanted_width(), dot)
                x += wide + gap


class ProgressBar(Box):
    """``share`` 0 to 1."""

    def __init__(self, look: Look, share: float) -> None:
        super().__init__(look)
        self.share = share

    def natural(self, width: float) -> float:
        return self.look.px(24)

    def set_share(self, share: float) -> None:
        self.share = share
        if self.width:
            self.draw()

    def draw(self) -> None:
        corner = self.height / 2
        self.canvas.clear()
        with self.canvas:
            Color(*self.look.theme.colour("line" if self.look.theme.name == "default" else "brand_soft"))
            SmoothRoundedRectangle(pos=self.pos, size=self.size, radius=[corner])
            filled = self.width * min(max(self.share, 0), 1)
            if filled >= self.height:
                Color(*self.look.theme.colour("brand"))
                SmoothRoundedRectangle(pos=self.pos, size=(filled, self.height), radius=[corner])


class QrCode(Box):
    """A code in black on white in every theme (readers need it), with its quiet zone of four modules."""

    quiet_modules = 4

    def __init__(self, look: Look, content: str, side: float, grow: float = 0.0) -> None:
        super().__init__(look)
        self.content, self.side, self.grow = content, side, grow
        self._texture = _qr_texture(content) if content else None

    def natural(self, width: float) -> float:
        tight = 0.5 + 0.5 * min(self.look.squeeze / 0.6, 1)
        return min(self.look.px(self.side * tight), width)

    def wanted_width(self) -> float:
        return self.natural(10_000)

    def draw(self) -> None:
        self.canvas.clear()
        if self._texture is None:
            return
        modules = self._texture.width
        # whole pixels for each module: a scaled edge is a grey edge
        module = max(int(min(self.width, self.height) // modules), 1)
        side = module * modules
        with self.canvas:
            Color(1, 1, 1, 1)
            at = (round(self.center_x - side / 2), round(self.center_y - side / 2))
            Rectangle(texture=self._texture, pos=at, size=(side, side))


def _qr_texture(content: str) -> Texture:
    import segno  # only two screens need it

    rows = [
        bytes(row)
        for row in segno.make(content, error="m", micro=False).matrix_iter(border=QrCode.quiet_modules)
    ]
    texture = Texture.create(size=(len(rows[0]), len(rows)), colorfmt="luminance")
    texture.mag_filter = texture.min_filter = "nearest"
    pixels = bytearray(0 if dark else 255 for row in reversed(rows) for dark in row)
    texture.blit_buffer(pixels, colorfmt="luminance", bufferfmt="ubyte")
    return texture


class Ring(Box):
    """Seconds that run out: a ring that empties and the number in it."""

    def __init__(self, ink: Ink, left_s: Callable[[], float], whole_s: float, side: float) -> None:
        self.number = Text(
            ink, str(round(whole_s)), 120, bold=True, role="brand", align="centre", leading=1.2
        )
        super().__init__(ink.look, [self.number])
        self.left_s, self.whole_s, self.side = left_s, whole_s, side
        self._event = Clock.schedule_interval(lambda _: self.draw(), 0.1)

    def stop(self) -> None:
        self._event.cancel()

    def natural(self, width: float) -> float:
        return min(self.look.px(self.side * (0.5 + 0.5 * min(self.look.squeeze / 0.6, 1))), width)

    def wanted_width(self) -> float:
        return self.natural(10_000)

    def draw(self) -> None:
        if not self.width:
            return
        left = max(self.left_s(), 0)
        thick = self.look.px(24)
        radius = min(self.width, self.height) / 2 - thick
        self.canvas.before.clear()
        with self.canvas.before:
            disc(self, "brand_soft", radius + thick)
            if left > 0:
                disc(self, "brand", radius + thick, min(left / self.whole_s, 1))
            disc(self, "paper", radius)
        words = str(-int(-left // 1))
        if words != self.number.text or not self.number.width:
            self.number.set_content(words)
        self.number.put(
            self.x, self.center_y - self.number.line_height() / 2, self.width, self.number.line_height()
        )


class Spinner(Box):
    """Something is being done: an arc that turns round an icon."""

    turn_s = 1.6

    def __init__(self, ink: Ink, icon: str, side: float) -> None:
        super().__init__(ink.look, [])
        self.icon = Icon(ink, icon, 130, "brand", "card", 210, radius=-1)
        self.boxes.append(self.icon)
        self.add_widget(self.icon)
        self.side, self._angle = side, 0.0
        self._rotate: Rotate | None = None
        self._event = Clock.schedule_interval(self._turn, 1 / 30)

    def stop(self) -> None:
        self._event.cancel()

    def _turn(self, passed_s: float) -> None:
        self._angle = (self._angle - 360 * passed_s / self.turn_s) % 360
        if self._rotate is not None:
            self._rotate.angle = self._angle

    def natural(self, width: float) -> float:
        return min(self.look.px(self.side), width)

    def wanted_width(self) -> float:
        return self.natural(10_000)

    def draw(self) -> None:
        thick = self.look.px(20)
        radius = min(self.width, self.height) / 2 - thick
        self.canvas.before.clear()
        with self.canvas.before:
            disc(self, "brand_soft", radius + thick)
            PushMatrix()
            self._rotate = Rotate(angle=self._angle, origin=self.center)
            disc(self, "brand", radius + thick, 0.25)
            PopMatrix()
            disc(self, "card", radius)
        self.icon.put(self.x, self.y, self.width, self.height)


class Chevron(Box):
    """A sign that a row opens."""

    def natural(self, width: float) -> float:
        return self.look.px(44)

    def wanted_width(self) -> float:
        return self.look.px(30)

    def draw(self) -> None:
        wide, high = self.look.px(16), self.look.px(15)
        x, y = self.center_x + wide / 2, self.center_y
        self.canvas.clear()
        with self.canvas:
            Color(*self.look.theme.colour("ink_soft"))
            points = [x - wide, y + high, x, y, x - wide, y - high]
            SmoothLine(points=points, width=max(self.look.px(2.2), 1), cap="round", joint="round")


LEAST_BAR_ROOM = 150  # lower, and 300 does not look like a third of 1000


class BarChart(Box):
    """Years and what was paid in each: labelled, no axes.  The present year is in ``go``."""

    def __init__(self, ink: Ink, bars: Sequence[views.Bar], high: float) -> None:
        self.bars, self.high = bars, high
        # 12.5 where a year has fen, 1000 where it has not
        self.tops = [
            Text(ink, money.plain_yuan(bar.amount_fen).removesuffix(" 元"), 32, True, align="centre")
            for bar in bars
        ]
        self.feet = [Text(ink, bar.label, 32, role="ink_soft", align="centre") for bar in bars]
        super().__init__(ink.look, [*self.tops, *self.feet])

    def natural(self, width: float) -> float:
        return max(self.look.gap(self.high), self.look.px(LEAST_BAR_ROOM) + 2 * self.look.type(32) * 1.4)

    def draw(self) -> None:
        text_high = self.feet[0].line_height() if self.feet else 0
        wide = self.width / max(len(self.bars), 1)
        room = self.height - 2 * text_high - self.look.px(8)
        most = max((bar.amount_fen for bar in self.bars), default=0) or 1
        self.canvas.before.clear()
        with self.canvas.before:
            for index, bar in enumerate(self.bars):
                x = self.x + index * wide
                high = max(room * bar.amount_fen / most, self.look.px(6))
                Color(*self.look.theme.colour("go" if bar.current else "bar"))
                thick = wide * 0.6
                y = self.y + text_high + self.look.px(4)
                corner = min(self.look.px(14), high / 2)
                SmoothRoundedRectangle(pos=(x + (wide - thick) / 2, y), size=(thick, high), radius=[corner])
                self.tops[index].put(x, y + high, wide, text_high)
                self.feet[index].put(x, self.y, wide, text_high)
