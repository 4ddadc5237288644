"""The paper in an emulated printer: what the head draws, line by line, until the knife falls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from devices.glyphs import INK, PAPER, FontChain
from devices.printer_profiles import PrinterProfile

KNIFE_DOTS = 96  # from the head to the knife: a new sheet begins with this much white
PITCH_DOTS = 34
MARGIN_DOTS = 32  # an 80 mm roll is 4 mm wider than the head on either side
UNKNOWN_GLYPH = "〓"  # in text only: a loaded glyph that nobody taught the emulator to read
PICTURE = "\ufffc"  # in text only: a line that came as dots


@dataclass(frozen=True)
class Sheet:
    """One cut sheet.  ``text`` is what was sent as text, a line each; ``codes`` the payloads of native QR
    codes.
    """

    image: Image.Image  # mode "1", the head's width
    text: tuple[str, ...]
    codes: tuple[str, ...]
    byte_count: int

    @property
    def blank(self) -> bool:
        """Nothing is on it."""
        return not self.text and not self.codes

    def png(self, path: Path) -> None:
        """Writes the sheet with the white edges the head cannot reach."""
        width, height = self.image.size
        framed = Image.new("1", (width + 2 * MARGIN_DOTS, height), PAPER)
        framed.paste(self.image, (MARGIN_DOTS, 0))
        framed.save(path)


class Paper:
    """Head, line buffer and roll.  ``tofu`` counts characters that the firmware does not have,
    ``overflows`` lines that ran over the edge.
    """

    def __init__(self, profile: PrinterProfile, fonts: FontChain, reads: str) -> None:
        self._profile, self._fonts, self._reads = profile, fonts, reads
        self._strips = [_blank(profile.dots, KNIFE_DOTS)]
        self._text: list[str] = []
        self._codes: list[str] = []
        self.bytes_since_cut = 0
        self.tofu = 0
        self.overflows = 0
        self.reset()

    def reset(self) -> None:
        """ESC @ and power on: settings, loaded glyphs and the unprinted line are gone."""
        self.kanji = False
        self.ascii_scale = self.kanji_scale = (1, 1)  # across, down
        self.align = 0
        self.pitch_dots = PITCH_DOTS
        self.left_dots = 0
        self.kanji_space_dots = 0
        self._user: dict[int, bytes] = {}
        self.drop_line()

    def drop_line(self) -> None:
        """What was to be printed on the line that has no end yet."""
        self._cells: list[Image.Image] = []
        self._line = ""

    @property
    def line_dots(self) -> int:
        """How far the next line feed moves the paper."""
        return max([self.pitch_dots, *(cell.height for cell in self._cells)])

    @property
    def printed_dots(self) -> int:
        """Height of what has passed the head since the last cut."""
        return sum(strip.height for strip in self._strips) - KNIFE_DOTS

    def load(self, place: int, columns: bytes) -> None:
        """FS 2.  A printer that is full forgets the glyph loaded first."""
        self._user.pop(place, None)
        self._user[place] = columns
        while len(self._user) > self._profile.user_glyphs:
            self._user.pop(next(iter(self._user)))

    def put_ascii(self, byte: int) -> None:
        char = chr(byte)
        cell = self._fonts.cell(char) if byte < 0x7F else self._tofu(12)
        self._put(cell, char, self.ascii_scale)

    def put_kanji(self, lead: int, trail: int) -> None:
        if lead == 0xFE and trail in self._user:
            columns = self._user[trail]
            cell = Image.frombytes("1", (24, 24), bytes(0xFF ^ byte for byte in columns))
            self._put(cell.transpose(Image.Transpose.TRANSPOSE), self._read(columns), self.kanji_scale)
            return
        char = _decode(bytes((lead, trail)), self._profile.charset)
        if char is None or not self._fonts.covers(char):
            self._put(self._tofu(24), "□", self.kanji_scale)
        else:
            self._put(self._fonts.cell(char), char, self.kanji_scale)

    def line_feed(self) -> None:
        height = self.line_dots
        strip = _blank(self._profile.dots, height)
        width = sum(cell.width for cell in self._cells)
        left = self._left(width)
        tallest = max((cell.height for cell in self._cells), default=0)
        for cell in self._cells:
            strip.paste(cell, (left, tallest - cell.height))
            left += cell.width
        self._strips.append(strip)
        self._text.append(self._line)
        self._cells, self._line = [], ""

    def feed(self, dots: int) -> None:
        if dots:
            self._strips.append(_blank(self._profile.dots, dots))

    def picture(self, width_bytes: int, data: bytes) -> None:
        """Rows of dots, 1 is ink."""
        height = len(data) // width_bytes if width_bytes else 0
        if not height:
            return
        whole = data[: width_bytes * height]
        dots = Image.frombytes("1", (width_bytes * 8, height), bytes(0xFF ^ byte for byte in whole))
        self._draw(dots)
        self._text.append(PICTURE)

    def code(self, payload: str, module_dots: int) -> None:
        """A native QR code, without a quiet zone, as printers draw it."""
        self._draw(self.code_picture(payload, module_dots))
        self._codes.append(payload)

    @staticmethod
    def code_picture(payload: str, module_dots: int) -> Image.Image:
        import segno

        matrix = segno.make(payload, error="m", micro=False, boost_error=False).matrix
        small = Image.new("1", (len(matrix), len(matrix)), PAPER)
        small.putdata([INK if module else PAPER for line in matrix for module in line])
        side = len(matrix) * module_dots
        return small.resize((side, side), Image.Resampling.NEAREST)

    def cut(self) -> Sheet:
        """Cuts at the knife; what lies between head and knife begins the next sheet."""
        height = sum(strip.height for strip in self._strips)
        roll = _blank(self._profile.dots, height)
        top = 0
        for strip in self._strips:
            roll.paste(strip, (0, top))
            top += strip.height
        edge = height - KNIFE_DOTS
        sheet = Sheet(
            roll.crop((0, 0, roll.width, edge)), tuple(self._text), tuple(self._codes), self.bytes_since_cut
        )
        self._strips = [roll.crop((0, edge, roll.width, height))]
        self._text, self._codes, self.bytes_since_cut = [], [], 0
        return sheet

    def _put(self, cell: Image.Image, char: str, scale: tuple[int, int]) -> None:
        across, down = scale
        cell = cell.resize((cell.width * across, cell.height * down), Image.Resampling.NEAREST)
        if self.kanji_space_dots and cell.width > 12 * across:
            spaced = _blank(cell.width + self.kanji_space_dots * across, cell.height)
            spaced.paste(cell, (0, 0))
            cell = spaced
        if sum(c.width for c in self._cells) + cell.width > self._profile.dots - self.left_dots:
            self.overflows += 1
            self.line_feed()
        self._cells.append(cell)
        self._line += char

    def _draw(self, dots: Image.Image) -> None:
        strip = _blank(self._profile.dots, dots.height)
        strip.paste(dots, (self._left(dots.width), 0))
        self._strips.append(strip)

    def _left(self, width: int) -> int:
        free = self._profile.dots - self.left_dots - width
        return self.left_dots + (0, free // 2, free)[self.align]

    def _tofu(self, width: int) -> Image.Image:
        self.tofu += 1
        box = _blank(width, 24)
        box.paste(INK, (1, 2, width - 1, 22))
        box.paste(PAPER, (3, 4, width - 3, 20))
        return box

    def _read(self, columns: bytes) -> str:
        """The character of a loaded glyph, if it is one of those the emulator was told to know.

        A dot or two may have been added to keep real-time commands out of the dots.
        """
        dots = int.from_bytes(columns)
        for char in self._reads:
            if (int.from_bytes(self._fonts.columns(char)) ^ dots).bit_count() <= 2:
                return char
        return UNKNOWN_GLYPH


def _decode(code: bytes, charset: str) -> str | None:
    """What a two-byte firmware font has at a code."""
    try:
        char = code.decode("gb18030" if charset == "gb18030" else "gbk")
        if charset == "gb2312":
            code.decode("gb2312")
    except UnicodeDecodeError:
        return None
    return None if len(char) != 1 or 0xE000 <= ord(char) < 0xF900 else char


def _blank(width: int, height: int) -> Image.Image:
    return Image.new("1", (width, height), PAPER)
