"""Ink: text, icons and panels.  Every string becomes textures of one font each (see screens.text)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Ellipse, Line, Rectangle, RoundedRectangle

from screens.layout import Box
from screens.text import FontChain, break_lines
from screens.theme import Look

CACHED_TEXTURES = 600
WIDE_YEN = "￥"  # a full-width sign whose ink sits in the middle: its air is not drawn


class Typesetter:
    """Measures and draws runs; keeps the last textures.  One for the whole window."""

    def __init__(self, chain: FontChain, folder: Path) -> None:
        self.chain = chain
        self._icon_font = str(folder / "lucide.ttf")
        self._icons: dict[str, int] = json.loads((folder / "icons.json").read_text(encoding="utf-8"))
        self._rulers: dict[tuple[str, int], CoreLabel] = {}
        self._widths: dict[tuple[str, bool, int], float] = {}
        self._textures: dict[tuple[str, str, int], Any] = {}

    def _ruler(self, font: str, size: int) -> CoreLabel:
        ruler = self._rulers.get((font, size))
        if ruler is None:
            ruler = self._rulers[font, size] = CoreLabel(font_name=font, font_size=size)
            ruler.resolve_font_name()
        return ruler

    def width(self, text: str, bold: bool, size: int) -> float:
        """Pixels the text takes on one line."""
        key = (text, bold, size)
        if key not in self._widths:
            if len(self._widths) > 8 * CACHED_TEXTURES:
                self._widths.clear()
            runs = self.chain.runs(text, bold)
            wide = sum(float(self._ruler(run.font, size).get_extents(run.text)[0]) for run in runs)
            self._widths[key] = wide - sum(text.count(sign) for sign in WIDE_YEN) * _yen_air(size)
        return self._widths[key]

    def runs(self, text: str, bold: bool, size: int) -> list[tuple[Any, float, float]]:
        """(texture, x offset, distance of the texture's top above the baseline) for each run."""
        found, x = [], 0.0
        for part in _around_yen(text):
            for run in self.chain.runs(part, bold):
                texture = self._texture(run.font, run.text, size)
                shift = _yen_air(size) * 0.55 if part == WIDE_YEN else 0
                found.append((texture, x - shift, float(self._ruler(run.font, size).get_ascent())))
                x += self.width(run.text, bold, size)
        return found

    def icon(self, name: str, size: int) -> Any:
        """A Lucide icon as a texture about ``size`` high; one that is not shipped shows circle-alert."""
        code = self._icons.get(name, self._icons["circle-alert"])
        return self._texture(self._icon_font, chr(code), size)

    def _texture(self, font: str, text: str, size: int) -> Any:
        key = (font, text, size)
        texture = self._textures.pop(key, None)
        if texture is None:
            label = CoreLabel(text=text, font_name=font, font_size=size, color=(1, 1, 1, 1))
            label.refresh()
            texture = label.texture
            if len(self._textures) >= CACHED_TEXTURES:
                del self._textures[next(iter(self._textures))]
        self._textures[key] = texture
        return texture


def _yen_air(size: int) -> float:
    return size * 0.36


def _around_yen(text: str) -> list[str]:
    parts: list[str] = []
    for index, part in enumerate(text.split(WIDE_YEN)):
        if index:
            parts.append(WIDE_YEN)
        if part:
            parts.append(part)
    return parts


@dataclass(frozen=True)
class Span:
    """A piece of a text that differs: bold, another role, another size."""

    text: str
    bold: bool | None = None
    role: str | None = None
    size: float | None = None


class Ink:
    """What every drawn thing needs: the look and the typesetter."""

    def __init__(self, look: Look, setter: Typesetter) -> None:
        self.look, self.setter = look, setter


class Text(Box):
    """One paragraph, or one line of spans.  ``align`` left, centre or right."""

    def __init__(
        self,
        ink: Ink,
        content: str | Sequence[Span],
        size: float = 38,
        bold: bool = False,
        role: str = "ink",
        align: str = "left",
        balance: bool = False,
        leading: float = 1.36,
        grow: float = 0.0,
    ) -> None:
        super().__init__(ink.look)
        self.setter = ink.setter
        self.spans = [Span(content)] if isinstance(content, str) else list(content)
        self.text_size, self.bold, self.role, self.align = size, bold, role, align
        self.balance, self.leading, self.grow = balance, leading, grow
        self.lines: list[list[Span]] = []

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)

    def set_content(self, content: str | Sequence[Span]) -> None:
        """Draws other words in the same box."""
        self.spans = [Span(content)] if isinstance(content, str) else list(content)
        if self.width:
            self.draw()

    def _pixels(self, span: Span) -> int:
        return self.look.type(span.size or self.text_size)

    def _bold(self, span: Span) -> bool:
        return self.bold if span.bold is None else span.bold

    def _span_width(self, span: Span) -> float:
        return self.setter.width(span.text, self._bold(span), self._pixels(span))

    def line_height(self) -> float:
        biggest = max(self._pixels(span) for span in self.spans)
        return round(biggest * self.leading)

    def wanted_width(self) -> float:
        parts: list[list[Span]] = [[]]
        for span in self.spans:
            for index, piece in enumerate(span.text.split("\n")):
                if index:
                    parts.append([])
                parts[-1].append(Span(piece, span.bold, span.role, span.size))
        return max(sum(self._span_width(span) for span in part) for part in parts) + 2

    def break_at(self, width: float) -> list[list[Span]]:
        """The spans as lines; a line may hold several spans, and a span may be cut by the end of a line."""
        if len(self.spans) == 1:
            span = self.spans[0]
            bold, size = self._bold(span), self._pixels(span)
            lines = break_lines(
                span.text, width, lambda text: self.setter.width(text, bold, size), self.balance
            )
            return [[Span(line, span.bold, span.role, span.size)] for line in lines]
        whole = self.text
        owner = [span for span in self.spans for _ in span.text]

        def measure(text: str, start: int) -> float:
            return sum(self._span_width(s) for s in self._cut(owner, start, text))

        broken: list[list[Span]] = []
        start = 0
        for part in whole.split("\n"):
            rest = part
            while True:
                at = start
                line = break_lines(rest, width, lambda text, at=at: measure(text, at))[0]  # type: ignore[misc]
                broken.append(self._cut(owner, start, line))
                used = len(line) + len(rest[len(line) :]) - len(rest[len(line) :].lstrip())
                start, rest = start + used, rest[used:]
                if not rest:
                    break
            start += 1
        return broken

    @staticmethod
    def _cut(owner: list[Span], start: int, text: str) -> list[Span]:
        found: list[tuple[Span, str]] = []
        for offset, character in enumerate(text):
            span = owner[min(start + offset, len(owner) - 1)]
            if found and found[-1][0] is span:
                found[-1] = (span, found[-1][1] + character)
            else:
                found.append((span, character))
        return [Span(words, span.bold, span.role, span.size) for span, words in found]

    def natural(self, width: float) -> float:
        return len(self.break_at(width)) * self.line_height()

    def draw(self) -> None:
        self.lines = self.break_at(self.width)
        high = self.line_height()
        self.canvas.clear()
        top = self.top - max(self.height - high * len(self.lines), 0) / 2
        with self.canvas:
            for line in self.lines:
                wide = sum(self._span_width(span) for span in line)
                x = (
                    self.x
                    + {"left": 0, "centre": (self.width - wide) / 2, "right": self.width - wide}[self.align]
                )
                biggest = max((self._pixels(span) for span in line), default=0)
                baseline = top - (high - biggest) / 2 - 0.88 * biggest
                for span in line:
                    Color(*self.look.theme.colour(span.role or self.role))
                    for texture, offset, ascent in self.setter.runs(
                        span.text, self._bold(span), self._pixels(span)
                    ):
                        bottom = baseline + ascent - texture.height
                        Rectangle(texture=texture, pos=(round(x + offset), round(bottom)), size=texture.size)
                    x += self._span_width(span)
                top -= high

    def ink_height(self) -> float:
        """Height the lines take as drawn; for the test that nothing is cut off."""
        return self.line_height() * len(self.lines)

    def ink_width(self) -> float:
        return max((sum(self._span_width(span) for span in line) for line in self.lines), default=0)


class Icon(Box):
    """A Lucide icon, optionally on a soft plate (``plate`` role, round or with corners).  Sizes in units."""

    def __init__(
        self,
        ink: Ink,
        name: str,
        size: float,
        role: str = "brand",
        plate: str = "",
        plate_size: float = 0,
        radius: float = 28,
    ) -> None:
        super().__init__(ink.look)
        self.setter, self.name, self.icon_size, self.role = ink.setter, name, size, role
        self.plate, self.plate_size, self.radius = plate, plate_size or size, radius

    def _side(self) -> float:
        tight = 0.55 + 0.45 * min(self.look.squeeze / 0.6, 1.0)
        return self.look.px(self.plate_size * (tight if self.plate_size > 150 else max(tight, 0.85)))

    def natural(self, width: float) -> float:
        return self._side()

    def wanted_width(self) -> float:
        return self._side()

    def draw(self) -> None:
        side = self._side()
        x, y = self.center_x - side / 2, self.center_y - side / 2
        self.canvas.clear()
        with self.canvas:
            if self.plate:
                Color(*self.look.theme.colour(self.plate))
                if self.radius < 0:
                    Ellipse(pos=(x, y), size=(side, side))
                else:
                    RoundedRectangle(pos=(x, y), size=(side, side), radius=[self.look.px(self.radius)])
            Color(*self.look.theme.colour(self.role))
            texture = self.setter.icon(self.name, round(side * self.icon_size / self.plate_size))
            at = (round(self.center_x - texture.width / 2), round(self.center_y - texture.height / 2))
            Rectangle(texture=texture, pos=at, size=texture.size)


class Panel(Box):
    """A rounded card round one child.  Roles for fill and border; border "" is none."""

    def __init__(
        self,
        look: Look,
        child: Box,
        fill: str = "card",
        border: str = "line",
        radius: float = 36,
        pad: float = 40,
        side_pad: float | None = None,
        grow: float = 0.0,
    ) -> None:
        super().__init__(look, [child])
        self.fill, self.border, self.radius, self.grow = fill, border, radius, grow
        self.pad, self.side_pad = pad, pad if side_pad is None else side_pad

    def natural(self, width: float) -> float:
        return self.boxes[0].natural(width - 2 * self.look.px(self.side_pad)) + 2 * self.look.gap(self.pad)

    def wanted_width(self) -> float:
        return self.boxes[0].wanted_width() + 2 * self.look.px(self.side_pad)

    def put(self, x: float, y: float, width: float, height: float) -> None:
        super().put(x, y, width, height)
        side, pad = self.look.px(self.side_pad), self.look.gap(self.pad)
        self.boxes[0].put(x + side, y + pad, width - 2 * side, height - 2 * pad)

    def draw(self) -> None:
        self.canvas.before.clear()
        with self.canvas.before:
            rounded(self.look, self, self.fill, self.border, self.radius)


def rounded(look: Look, box: Box, fill: str, border: str, radius: float, thickness: float = 3) -> None:
    """Draws a rounded rectangle into the canvas that is open."""
    corner = min(look.px(radius), box.height / 2)
    Color(*look.theme.colour(fill))
    RoundedRectangle(pos=box.pos, size=box.size, radius=[corner])
    if border:
        inset = look.px(thickness) / 2
        Color(*look.theme.colour(border))
        Line(
            rounded_rectangle=(
                box.x + inset,
                box.y + inset,
                box.width - 2 * inset,
                box.height - 2 * inset,
                max(corner - inset, 1),
                24,
            ),
            width=max(look.px(thickness) / 2, 1),
        )
