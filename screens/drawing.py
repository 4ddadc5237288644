"""Ink: text, icons and panels.  Every string becomes textures of one font each (see screens.text)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle, SmoothEllipse, SmoothRoundedRectangle

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
        """Pixels the text takes on one line: the sum of its characters, for there is no kerning."""
        return sum(self._advance(character, bold, size) for character in text)

    def _advance(self, character: str, bold: bool, size: int) -> float:
        if "\u4e00" <= character <= "\u9fff":
            character = "一"  # every ideograph is one em wide: most of a page is measured once
        key = (character, bold, size)
        wide = self._widths.get(key)
        if wide is None:
            if len(self._widths) > 20 * CACHED_TEXTURES:
                self._widths.clear()
            (run,) = self.chain.runs(character, bold)
            wide = float(self._ruler(run.font, size).get_extents(run.text)[0])
            self._widths[key] = wide = wide - (_yen_air(size) if character == WIDE_YEN else 0)
        return wide

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
            texture.mag_filter = texture.min_filter = "nearest"  # drawn pixel for pixel, on whole ones
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
    """One paragraph of spans.  ``align`` left, centre or right; ``fit`` makes it smaller rather than break it."""

    def __init__(
        self,
        ink: Ink,
        content: str | Sequence[Span],
        size: float = 38,
        bold: bool = False,
        role: str = "ink",
        align: str = "left",
        leading: float = 1.36,
        grow: float = 0.0,
        fit: bool = False,
    ) -> None:
        super().__init__(ink.look)
        self.setter = ink.setter
        self.text_size, self.bold, self.role, self.align = size, bold, role, align
        self.leading, self.grow, self.fit = leading, grow, fit
        self.lines: list[list[Span]] = []
        self.scale = 1.0
        self._take(content)

    def _take(self, content: str | Sequence[Span]) -> None:
        self.spans = [Span(content)] if isinstance(content, str) else [s for s in content if s.text]
        self.text = "".join(span.text for span in self.spans)
        self._owners = [span for span in self.spans for _ in span.text]
        self._broken: dict[tuple[float, int], list[list[Span]]] = {}

    def set_content(self, content: str | Sequence[Span]) -> None:
        """Draws other words in the same box."""
        self._take(content)
        if self.width:
            self.draw()

    def pixels(self, span: Span) -> int:
        """The type size of a span."""
        return max(round(self.look.type(span.size or self.text_size) * self.scale), 8)

    def _is_bold(self, span: Span) -> bool:
        return self.bold if span.bold is None else span.bold

    def _span_width(self, span: Span) -> float:
        return self.setter.width(span.text, self._is_bold(span), self.pixels(span))

    def line_width(self, line: list[Span]) -> float:
        """Pixels of a line of ``break_at``."""
        return sum(self._span_width(span) for span in line)

    def _biggest(self) -> int:
        return max((self.pixels(span) for span in self.spans), default=8)

    def line_height(self) -> float:
        return round(self._biggest() * self.leading)

    def wanted_width(self) -> float:
        self.scale = 1.0
        sums = self._sums()
        starts = [0, *(at + 1 for at, character in enumerate(self.text) if character == "\n")]
        ends = [*(start - 1 for start in starts[1:]), len(self.text)]
        return max(sums[end] - sums[start] for start, end in zip(starts, ends, strict=True)) + 1

    def _sums(self) -> list[float]:
        """Width of the text before each character."""
        sums = [0.0]
        for character, span in zip(self.text, self._owners, strict=True):
            wide = (
                0.0
                if character == "\n"
                else self.setter.width(character, self._is_bold(span), self.pixels(span))
            )
            sums.append(sums[-1] + wide)
        return sums

    def break_at(self, width: float) -> list[list[Span]]:
        """The spans as lines; a line may hold several spans, and a span may be cut by the end of a line."""
        self.scale = 1.0
        if self.fit and (wanted := self.wanted_width()) > width:
            self.scale = max((width - 1) / wanted * 0.99, 0.4)
        key = (width, self._biggest())
        if key not in self._broken:
            sums = self._sums()
            lines = break_lines(self.text, width, lambda start, end: sums[end] - sums[start])
            self._broken[key] = [self._cut(start, end) for start, end in lines]
        return self._broken[key]

    def _cut(self, start: int, end: int) -> list[Span]:
        found: list[tuple[Span, str]] = []
        for at in range(start, end):
            span = self._owners[at]
            if found and found[-1][0] is span:
                found[-1] = (span, found[-1][1] + self.text[at])
            else:
                found.append((span, self.text[at]))
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
                self._draw_line(line, top, high)
                top -= high

    def _draw_line(self, line: list[Span], top: float, high: float) -> None:
        wide = self.line_width(line)
        x = self.x + {"left": 0, "centre": (self.width - wide) / 2, "right": self.width - wide}[self.align]
        biggest = max((self.pixels(span) for span in line), default=0)
        # the em box of a Chinese face stands 0.12 below
        baseline = top - (high - biggest) / 2 - 0.88 * biggest
        for span in line:
            Color(*self.look.theme.colour(span.role or self.role))
            for texture, offset, ascent in self.setter.runs(
                span.text, self._is_bold(span), self.pixels(span)
            ):
                bottom = baseline + ascent - texture.height
                Rectangle(texture=texture, pos=(round(x + offset), round(bottom)), size=texture.size)
            x += self._span_width(span)

    def ink_height(self) -> float:
        """Height the lines take as drawn; for the test that nothing is cut off."""
        return self.line_height() * len(self.lines)

    def ink_width(self) -> float:
        return max((self.line_width(line) for line in self.lines), default=0)


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
                    SmoothEllipse(pos=(x, y), size=(side, side))
                else:
                    SmoothRoundedRectangle(pos=(x, y), size=(side, side), radius=[self.look.px(self.radius)])
            Color(*self.look.theme.colour(self.role))
            texture = self.setter.icon(self.name, round(side * self.icon_size / self.plate_size))
            at = (
                round(self.center_x - texture.width / 2),
                round(self.center_y - texture.height / 2),
            )
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
    """Draws a rounded rectangle into the canvas that is open: the border's, and within it the fill's; a fill "" is none."""
    corner = min(look.px(radius), box.height / 2)
    inset = 0.0
    if border:
        inset = max(look.px(thickness), 1)
        Color(*look.theme.colour(border))
        SmoothRoundedRectangle(pos=box.pos, size=box.size, radius=[corner])
    if not fill:
        return
    Color(*look.theme.colour(fill))
    SmoothRoundedRectangle(
        pos=(box.x + inset, box.y + inset),
        size=(box.width - 2 * inset, box.height - 2 * inset),
        radius=[max(corner - inset, 1)],
    )
