"""Where everything goes on the paper, before anybody asks how it gets there.

The paper is a grid: an ASCII character is 12 dots wide, every other 24, and a doubled one twice that, in
the firmware's own text as in our pictures, so that one layout serves all printers.  Pure; no bytes, no
fonts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from devices.errors import UncoveredCharacter
from devices.printer import Big, Document, Feed, Line, Pair, Qr, Rule

CELL_DOTS = 12
GLYPH_DOTS = 24
LINE_DOTS = 34  # firmware's line pitch after ESC @, 1/6 inch
BIG_GAP_DOTS = 12  # below a doubled line, which the firmware would set solid
DOTS_PER_INCH, POINTS_PER_INCH = 203, 72
QR_MARGIN_DOTS = 24  # above and below: at least four modules of the largest symbol
QR_MOST_DOTS = 300  # 37 mm with its quiet zone
QR_MODULE_MOST_DOTS = 8

# Never first on a line, and never last: GB/T 15834, 5.1.
CLOSING = frozenset("，。、；：！？）》〉】」』”’%…·,.;:!?)]}")
OPENING = frozenset("（《〈【「『“‘￥$([{")

_PARTS = re.compile(r"[0-9]*[^0-9]+|[0-9]+$")
_PIECE = re.compile(r"[!-~]+| |——|……|[^ -~]")
# the yen sign is in no GB set, the full-width one in all
_ALIKE = str.maketrans({"\u00a5": "\uffe5", "\u00a0": " "})


@dataclass(frozen=True, slots=True)
class TextRow:
    """One line of text, already as long as it must be; ``centered`` by the printer, else from the left
    edge.
    """

    text: str
    size: Literal[1, 2] = 1
    centered: bool = False

    @property
    def dots(self) -> int:
        """Its width."""
        return cells(self.text) * CELL_DOTS * self.size

    @property
    def pitch_dots(self) -> int:
        """From the top of this row to the top of the next."""
        return LINE_DOTS if self.size == 1 else GLYPH_DOTS * 2 + BIG_GAP_DOTS


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A line across."""


@dataclass(frozen=True, slots=True)
class QrRow:
    """A code, centred."""

    payload: str


@dataclass(frozen=True, slots=True)
class BigRow:
    """Large figures in the middle, always a picture.  ``em_dots``: height of a figure, which is half as wide; so is all else."""

    text: str
    em_dots: int

    @property
    def dots(self) -> int:
        """Its width."""
        return len(self.text) * (self.em_dots // 2)

    @property
    def pitch_dots(self) -> int:
        """From the top of this row to the top of the next."""
        return self.em_dots + BIG_GAP_DOTS


@dataclass(frozen=True, slots=True)
class BlankRow:
    """Empty lines."""

    lines: int


Row = TextRow | RuleRow | QrRow | BigRow | BlankRow


def cells(text: str) -> int:
    """Width of a text in half-width cells."""
    return sum(1 if char.isascii() else 2 for char in text)


def clean(text: str) -> str:
    """The text in characters a printer may know; line breaks stay.

    Raises UncoveredCharacter for a control character: on the wire it would be a command.
    """
    text = text.translate(_ALIKE)
    for char in text:
        if char != "\n" and (ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000):
            raise UncoveredCharacter(ord(char))
    return text


def layout(document: Document, dots: int) -> tuple[Row, ...]:
    """The rows of a document on paper ``dots`` wide; no row is wider.

    Raises UncoveredCharacter for control characters and for a code that is not ASCII.
    """
    return tuple(row for element in document for row in _rows(element, dots))


def _rows(element: Line | Pair | Rule | Qr | Big | Feed, dots: int) -> Iterator[Row]:
    match element:
        case Line(text, size, align):
            columns = dots // (CELL_DOTS * size)
            lines = balanced(clean(text), columns) if align == "center" else wrap(clean(text), columns)
            for part in lines:
                margin = columns - cells(part) if align == "right" else 0
                yield TextRow(" " * margin + part, size, align == "center")
        case Pair(label, value, size):
            yield from _pair(clean(label), clean(value), size, dots // (CELL_DOTS * size))
        case Rule():
            yield RuleRow()
        case Qr(payload):
            for char in payload:
                if not " " <= char <= "~":
                    raise UncoveredCharacter(ord(char))
            yield QrRow(payload)
        case Big(text, points):
            yield from _big(clean(text), points * DOTS_PER_INCH // POINTS_PER_INCH, dots)
        case Feed(lines):
            yield BlankRow(lines)


def _big(text: str, em_dots: int, dots: int) -> Iterator[BigRow]:
    """As many parts on a row as fit at full size; a part that is wider than the paper has a row of its own, and is smaller."""
    line = ""
    for part in _PARTS.findall(text):
        if line and len(line + part) * (em_dots // 2) > dots:
            yield BigRow(line, _fitting(line, em_dots, dots))
            line = ""
        line += part
    if line:
        yield BigRow(line, _fitting(line, em_dots, dots))


def _fitting(text: str, em_dots: int, dots: int) -> int:
    return min(em_dots, 2 * (dots // len(text)))


def _pair(label: str, value: str, size: Literal[1, 2], columns: int) -> Iterator[TextRow]:
    gap = columns - cells(label) - cells(value)
    if gap >= 2 and "\n" not in label + value:
        yield TextRow(label + " " * gap + value, size)
        return
    for part in wrap(label, columns):
        yield TextRow(part, size)
    parts = balanced(value, columns)
    for part in parts:  # several lines read from the left, one belongs under the other values
        margin = columns - cells(part) if len(parts) == 1 else 0
        yield TextRow(" " * margin + part, size)


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most ``columns`` cells.  Breaks between Chinese characters and at spaces, inside a word
    only when it is longer than a line; closing marks stay with what they close, opening marks and ￥ with
    what they open.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for unit in _units(paragraph, columns):
            if line and cells(line) + cells(unit) > columns:
                lines.append(line.rstrip(" "))
                line = "" if unit == " " else unit
            else:
                line += unit
        lines.append(line.rstrip(" "))
    return lines


def balanced(text: str, columns: int) -> list[str]:
    """As many lines as ``wrap`` makes, of about the same length, so that none is left with one character."""
    lines = wrap(text, columns)
    longest = max((cells(unit) for part in text.split("\n") for unit in _units(part, columns)), default=0)
    while len(lines) > 1 and columns > longest and len(closer := wrap(text, columns - 1)) == len(lines):
        lines, columns = closer, columns - 1
    return lines


def _units(paragraph: str, columns: int) -> Iterator[str]:
    """What may not be broken, cut to the line's length where it must be."""
    unit = ""
    for piece in _PIECE.findall(paragraph):
        glued = unit and " " not in (piece, unit) and (piece[0] in CLOSING or unit[-1] in OPENING)
        if glued and cells(unit) + cells(piece) <= columns:
            unit += piece
            continue
        yield from _pieces(unit, columns)
        unit = piece
    yield from _pieces(unit, columns)


def _pieces(unit: str, columns: int) -> Iterator[str]:
    while cells(unit) > columns:  # only ASCII is ever this long, so characters are cells
        yield unit[:columns]
        unit = unit[columns:]
    if unit:
        yield unit


def qr_module_dots(modules: int) -> int:
    """Dots of one module of a symbol ``modules`` wide, so that it is as large as phones and paper like, at
    least 3.
    """
    return max(3, min(QR_MODULE_MOST_DOTS, QR_MOST_DOTS // (modules + 8)))
