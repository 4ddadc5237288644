"""Text without markup: which font draws each character, and where a Chinese line may break.

Kivy draws a box for a character its font lacks and has no fallback, so text is cut into runs of one font by a table made
with the fonts.  Nothing is ever given to a markup parser: a name with brackets is a name with brackets.
A character no font covers is written as a placeholder; ``drawable`` tells, so that staff can be called.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PLACEHOLDER = "〔生僻字〕"
REGULAR = "NotoSansSC-Regular.otf"
BOLD = "NotoSansSC-Bold.otf"
RARE = "HanaMinB.ttf"

CLOSING = set("，。、；：？！）》」』】〕”’…·,.;:?!)%年月日元秒分")
OPENING = set("（《「『【〔“‘￥(")


@dataclass(frozen=True)
class Run:
    """Characters of one font."""

    font: str
    text: str


class FontChain:
    """Regular or bold, then regular, then the rare-character font if its file is there."""

    def __init__(self, folder: Path, rare: Path | None) -> None:
        """``folder`` holds the shipped fonts and coverage.json.  Raises OSError when they are missing."""
        table = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
        self._regular, self._bold = str(folder / REGULAR), str(folder / BOLD)
        self._ranges = {self._regular: _Ranges(table[REGULAR]), self._bold: _Ranges(table[BOLD])}
        self._rare = str(rare) if rare is not None and rare.is_file() else None
        if self._rare is not None:
            self._ranges[self._rare] = _Ranges(table[RARE])

    def first(self, bold: bool) -> str:
        return self._bold if bold else self._regular

    def font_of(self, character: str, bold: bool) -> str | None:
        """The first font of the chain that has the character, None when none has."""
        for font in (self.first(bold), self._regular, self._rare):
            if font is not None and ord(character) in self._ranges[font]:
                return font
        return None

    def drawable(self, text: str) -> bool:
        """False when some character of it would be a placeholder."""
        return all(self.font_of(character, bold=False) for character in text if character != "\n")

    def runs(self, text: str, bold: bool) -> list[Run]:
        """The text as runs; a placeholder stands where no font helps."""
        found: list[Run] = []
        for character in text:
            font, drawn = self.font_of(character, bold), character
            if font is None:
                font, drawn = self.first(bold), PLACEHOLDER
            if found and found[-1].font == font:
                found[-1] = Run(font, found[-1].text + drawn)
            else:
                found.append(Run(font, drawn))
        return found


class _Ranges:
    """Code points as sorted [first, last] pairs."""

    def __init__(self, pairs: list[list[int]]) -> None:
        self._firsts = [first for first, _ in pairs]
        self._lasts = [last for _, last in pairs]

    def __contains__(self, code: int) -> bool:
        at = bisect_right(self._firsts, code) - 1
        return at >= 0 and code <= self._lasts[at]


def pieces(text: str) -> list[str]:
    """What may not be broken: a Latin word or number with its unit, a character with its closing punctuation."""
    found: list[str] = []
    for character in text:
        glue = bool(found) and (
            (_word(character) and _word(found[-1][-1]))
            or (character in CLOSING and found[-1] != " ")
            or found[-1][-1] in OPENING
        )
        if glue and character != " ":
            found[-1] += character
        else:
            found.append(character)
    return found


def _word(character: str) -> bool:
    return character.isascii() and character not in " ,;"


Measure = Callable[[str], float]


def break_lines(text: str, width: float, measure: Measure, balance: bool = False) -> list[str]:
    """Lines no wider than ``width`` (any unit, that of ``measure``), unless one piece alone is wider: then it is split.

    ``balance`` makes the lines about equally long without needing one more.
    """
    lines = [line for part in text.split("\n") for line in _fill(part, width, measure)]
    if balance and len(lines) > 1 and "\n" not in text:
        low, high = width / len(lines) * 0.9, width
        while high - low > 4:
            middle = (low + high) / 2
            if len(_fill(text, middle, measure)) > len(lines):
                low = middle
            else:
                high = middle
        lines = _fill(text, high, measure)
    return lines


def _fill(text: str, width: float, measure: Measure) -> list[str]:
    lines, line = [], ""
    for piece in pieces(text):
        if measure((line + piece).rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while len(line) > 1 and measure(line) > width:
            cut = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or measure(line[:n]) <= width)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()]
