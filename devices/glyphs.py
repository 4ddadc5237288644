"""Pictures of characters: 24-dot cells, lines and whole sheets, from a chain of fonts.

The first font of the chain that has a character draws it.  One bit a dot, no dithering: grey below a
threshold is ink. Nothing is opened before the first question, and Pillow is not imported before the first
picture.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from devices.errors import UncoveredCharacter
from devices.escpos_layout import (
    GLYPH_DOTS,
    LINE_DOTS,
    QR_MARGIN_DOTS,
    BigRow,
    BlankRow,
    QrRow,
    Row,
    RuleRow,
    TextRow,
    cells,
    qr_module_dots,
)

if TYPE_CHECKING:
    from PIL import Image, ImageFont

THRESHOLD = 150  # the chain's first font: Noto Sans SC at 24 dots is read best at 203 dpi with this one
RARE_THRESHOLD = 190  # the fonts after it: Mincho, whose hairlines vanish at 150 (U+20BB7 loses a stroke)
FINE = 4  # narrow characters are drawn this much larger, then squeezed into their cell
RULE_DOTS = 2
PAPER, INK = 255, 0


@dataclass(frozen=True, slots=True)
class Raster:
    """A black and white picture: each row is ``width_bytes`` long, most significant bit left, 1 is ink."""

    width_bytes: int
    rows: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Coverage:
    """Sorted, disjoint ranges of code points."""

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def __contains__(self, codepoint: int) -> bool:
        at = bisect_right(self.firsts, codepoint) - 1
        return at >= 0 and codepoint <= self.lasts[at]


class FontChain:
    """Fonts in the order in which they are asked.  A file that is missing covers nothing.  Used from one
    thread.
    """

    def __init__(self, fonts: tuple[Path, ...]) -> None:
        self._fonts = fonts
        self._coverage: dict[Path, _Coverage] = {}
        self._faces: dict[tuple[Path, int], ImageFont.FreeTypeFont] = {}

    def covers(self, char: str) -> bool:
        """Whether some font of the chain has this one character."""
        return self._font_of(char) is not None

    def cell(self, char: str, size: int = 1) -> Image.Image:
        """One character in its cell: mode "1", 24 * size dots high, as wide or (ASCII) half as wide.

        Raises UncoveredCharacter.
        """
        height = GLYPH_DOTS * size
        return self._drawn(char, height, height // 2 if char.isascii() else height)

    def _drawn(self, char: str, height: int, width: int) -> Image.Image:
        """One character ``height`` dots high, in the middle of ``width``; a wider one is squeezed (ASCII) or loses its margins."""
        from PIL import Image, ImageDraw  # late: the start does not wait for it

        font = self._font_of(char)
        if font is None:
            raise UncoveredCharacter(ord(char))
        scale = FINE if char.isascii() else 1
        face = self._face(font, height * scale)
        advance = max(width * scale, round(face.getlength(char)))
        grey = Image.new("L", (advance, height * scale), PAPER)
        baseline = round(height * scale * 0.88)  # both fonts of our chain: 880 of 1000 above, 120 below
        ImageDraw.Draw(grey).text((advance / 2, baseline), char, font=face, fill=INK, anchor="ms")
        if scale > 1:
            grey = grey.resize((width, height), Image.Resampling.BOX)
        elif advance > width:
            grey = grey.crop(((advance - width) // 2, 0, (advance - width) // 2 + width, height))
        threshold = THRESHOLD if font == self._fonts[0] else RARE_THRESHOLD
        return grey.point([INK if level < threshold else PAPER for level in range(256)], "1")

    def columns(self, char: str) -> bytes:
        """A 24-dot glyph as FS 2 wants it: 24 columns of 3 bytes, top to bottom.  Raises
        UncoveredCharacter.
        """
        from PIL import Image

        return b"".join(_packed(self.cell(char).transpose(Image.Transpose.TRANSPOSE)).rows)

    def line(self, row: TextRow, dots: int) -> Raster:
        """One line of text as a picture, as high as its characters.  Raises UncoveredCharacter."""
        return _packed(self._line(row, dots))

    def big(self, row: BigRow, dots: int) -> Raster:
        """Large figures as a picture, as high as they are.  Raises UncoveredCharacter."""
        return _packed(self._big(row, dots))

    def page(self, rows: tuple[Row, ...], dots: int) -> Raster:
        """A whole sheet.  Raises UncoveredCharacter."""
        return _packed(self.sheet(rows, dots))

    def sheet(self, rows: tuple[Row, ...], dots: int) -> Image.Image:
        """A whole sheet, mode "1", ``dots`` wide: what a fast printer prints and what a preview shows."""
        from PIL import Image

        strips = [self._strip(row, dots) for row in rows]
        sheet = Image.new("1", (dots, sum(strip.height for strip in strips)), PAPER)
        top = 0
        for strip in strips:
            sheet.paste(strip, (0, top))
            top += strip.height
        return sheet

    def _strip(self, row: Row, dots: int) -> Image.Image:
        from PIL import Image

        match row:
            case TextRow():
                strip = Image.new("1", (dots, row.pitch_dots), PAPER)
                strip.paste(self._line(row, dots), (0, 0))
            case RuleRow():
                strip = Image.new("1", (dots, LINE_DOTS), PAPER)
                strip.paste(INK, (0, GLYPH_DOTS // 2, dots, GLYPH_DOTS // 2 + RULE_DOTS))
            case QrRow(payload):
                code = qr_picture(payload)
                strip = Image.new("1", (dots, code.height + 2 * QR_MARGIN_DOTS), PAPER)
                strip.paste(code, ((dots - code.width) // 2, QR_MARGIN_DOTS))
            case BigRow():
                strip = Image.new("1", (dots, row.pitch_dots), PAPER)
                strip.paste(self._big(row, dots), (0, 0))
            case BlankRow(lines):
                strip = Image.new("1", (dots, lines * LINE_DOTS), PAPER)
        return strip

    def _line(self, row: TextRow, dots: int) -> Image.Image:
        from PIL import Image

        picture = Image.new("1", (dots, GLYPH_DOTS * row.size), PAPER)
        left = (dots - row.dots) // 2 if row.centered else 0
        for char in row.text:
            if char != " ":
                picture.paste(self.cell(char, row.size), (left, 0))
            left += cells(char) * GLYPH_DOTS // 2 * row.size
        return picture

    def _big(self, row: BigRow, dots: int) -> Image.Image:
        from PIL import Image

        half = row.em_dots // 2
        picture = Image.new("1", (dots, row.em_dots), PAPER)
        left = (dots - row.dots) // 2
        for char in row.text:
            if char.isdigit():
                picture.paste(self._drawn(char, row.em_dots, half), (left, 0))
            elif char != " ":  # half as high, on the same ground
                picture.paste(self._drawn(char, half, half), (left, round((row.em_dots - half) * 0.88)))
            left += half
        return picture

    def _font_of(self, char: str) -> Path | None:
        return next((font for font in self._fonts if ord(char) in self._covered(font)), None)

    def _covered(self, font: Path) -> _Coverage:
        if font not in self._coverage:
            self._coverage[font] = _read_coverage(font)
        return self._coverage[font]

    def _face(self, font: Path, pixels: int) -> ImageFont.FreeTypeFont:
        from PIL import ImageFont

        if (font, pixels) not in self._faces:
            face = ImageFont.truetype(font, pixels, layout_engine=ImageFont.Layout.BASIC)
            self._faces[font, pixels] = face
        return self._faces[font, pixels]


def qr_modules(payload: str) -> int:
    """How many modules wide the symbol of an ASCII payload is at level M, quiet zone not counted."""
    return len(_qr_matrix(payload))


def qr_picture(payload: str) -> Image.Image:
    """The symbol at level M or better, mode "1", without its quiet zone."""
    from PIL import Image

    matrix = _qr_matrix(payload)
    small = Image.new("1", (len(matrix), len(matrix)), PAPER)
    small.putdata([INK if module else PAPER for line in matrix for module in line])
    side = len(matrix) * qr_module_dots(len(matrix))
    return small.resize((side, side), Image.Resampling.NEAREST)


def qr_raster(payload: str, dots: int) -> Raster:
    """The symbol as a picture in the middle of paper ``dots`` wide."""
    from PIL import Image

    code = qr_picture(payload)
    picture = Image.new("1", (dots, code.height), PAPER)
    picture.paste(code, ((dots - code.width) // 2, 0))
    return _packed(picture)


def _qr_matrix(payload: str) -> tuple[bytearray, ...]:
    import segno  # late: the start does not wait for it

    # phones do not read Micro QR
    return tuple(segno.make(payload, error="m", micro=False).matrix)


def _packed(picture: Image.Image) -> Raster:
    width_bytes = (picture.width + 7) // 8
    data = picture.tobytes()  # mode "1": rows padded to bytes, 1 is paper
    padding = (1 << (width_bytes * 8 - picture.width)) - 1
    rows = []
    for start in range(0, len(data), width_bytes):
        row = bytearray(0xFF ^ byte for byte in data[start : start + width_bytes])
        row[-1] &= 0xFF ^ padding
        rows.append(bytes(row))
    return Raster(width_bytes, tuple(rows))


def _read_coverage(font: Path) -> _Coverage:
    """The character map of a TrueType or OpenType file (OpenType 1.9, cmap, format 12: all of Unicode);
    empty if there is none.
    """
    try:
        with font.open("rb") as file:
            ranges = _read_cmap(file)
    except (OSError, struct.error):
        return _Coverage((), ())
    ranges.sort()
    return _Coverage(tuple(first for first, _ in ranges), tuple(last for _, last in ranges))


def _read_cmap(file: BinaryIO) -> list[tuple[int, int]]:
    _, tables = struct.unpack(">IH6x", file.read(12))
    for _ in range(tables):
        tag, start = struct.unpack(">4s4xI4x", file.read(16))
        if tag == b"cmap":
            break
    else:
        return []
    file.seek(start)
    (count,) = struct.unpack(">2xH", file.read(4))
    offsets = [struct.unpack(">4xI", file.read(8))[0] for _ in range(count)]
    formats = {}
    for offset in offsets:
        file.seek(start + offset)
        formats[struct.unpack(">H", file.read(2))[0]] = start + offset
    if 12 not in formats:
        return []
    file.seek(formats[12])
    (groups,) = struct.unpack(">12xI", file.read(16))
    return [struct.unpack(">II4x", file.read(12))[:2] for _ in range(groups)]
