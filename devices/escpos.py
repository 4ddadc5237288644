"""ESC/POS: a document in, bytes out.  No I/O.

    prelude   ESC @  GS a
    serial    FS &  FS S, then rows: GS !  FS W  ESC a  FS 2  text  LF, or GS v 0, or GS ( k;  GS V
    fast      the whole sheet by GS v 0;  GS V
    request   GS ( H  GS r
    clear     DLE DC4 8, at any time

Text is sent in two-byte GB 18030 where the firmware has the character; characters it lacks are loaded as FS
2 glyphs, and a line that needs more of them than fit becomes a picture.  A four-byte GB 18030 code is never
sent: firmware takes it for two characters.  No data holds 10 04, 10 05 or 10 14, which some firmware obeys
even inside a picture. Sources: Epson ESC/POS application programming guide; SPRT, Birch BP-002 and Masung
command manuals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from devices.errors import UncoveredCharacter
from devices.escpos_layout import (
    GLYPH_DOTS,
    QR_MARGIN_DOTS,
    BigRow,
    BlankRow,
    QrRow,
    Row,
    RuleRow,
    TextRow,
    clean,
    layout,
    qr_module_dots,
)
from devices.glyphs import FontChain, Raster, qr_modules, qr_raster
from devices.printer import Document
from devices.printer_profiles import Charset, PrinterProfile

INITIALISE = b"\x1b@"
REPORT_CHANGES = b"\x1da\x0e"  # GS a: online, error and paper
REPORT_NOTHING = b"\x1da\x00"
ASK_IN_TURN = b"\x1dr\x01"  # GS r: its answer says that all before it was worked through
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # forget what waits; obeyed as it arrives, offline too
CUT = b"\x1dV\x42\x18"  # feed to the cutter and 3 mm on, then cut
KANJI_ON = b"\x1c&\x1cS\x00\x00"  # two-byte mode, no extra space between characters
LEFT, CENTER = b"\x1ba\x00", b"\x1ba\x01"
FAST_BAND_ROWS = 128
SERIAL_BAND_ROWS = 24
USER_LEAD, USER_FIRST = 0xFE, 0xA1  # where user glyphs live: FE A1, FE A2 ...

_OBEYED_IN_DATA = re.compile(rb"\x10(?=[\x04\x05\x14])")
_RULE = "─"


def status_query(number: int) -> bytes:
    """DLE EOT: 1 printer, 2 why offline, 3 error, 4 paper."""
    return bytes((0x10, 0x04, number))


def prelude(profile: PrinterProfile) -> bytes:
    """Settings as after power on, and which changes the printer reports by itself.

    A printer that knows no sheet numbers gives its word by GS r, whose answer looks like the rest of a
    damaged automatic status; it is told to report nothing.
    """
    return INITIALISE + (REPORT_CHANGES if profile.asb and profile.gs_h else REPORT_NOTHING)


def request(digits: bytes, profile: PrinterProfile) -> bytes:
    """Asks for the printer's word on all before: GS ( H function 48, whose ``digits`` (4 bytes, 20 to 7E)
    come back when the sheet is out, and GS r.
    """
    assert len(digits) == 4
    return (b"\x1d(H\x06\x0000" + digits if profile.gs_h else b"") + ASK_IN_TURN


def flush(profile: PrinterProfile) -> bytes:
    """Ends whatever command an earlier job left open: NULs are its missing data, and nothing outside a
    command.
    """
    rows = FAST_BAND_ROWS if profile.link == "fast" else SERIAL_BAND_ROWS
    return bytes(rows * profile.dots // 8 + 8)


def firmware_code(char: str, charset: Charset) -> bytes | None:
    """One byte of ASCII or two of GB 18030; None when the firmware's font has no such character.

    GB 2312 is taken as a part of GBK: Python's own codec for it moves the middle dot and the dash elsewhere.
    """
    if char.isascii():
        return char.encode()
    if 0xE000 <= ord(char) < 0xF900:
        return None  # private use: whatever the firmware likes
    try:
        code = char.encode("gb18030" if charset == "gb18030" else "gbk")
        if len(code) != 2:
            return None
        if charset == "gb2312":
            code.decode("gb2312")
    except UnicodeError:
        return None
    return code


def covered(text: str, profile: PrinterProfile, glyphs: FontChain) -> bool:
    """Whether every character can be printed, line breaks included."""
    try:
        text = clean(text)
    except UncoveredCharacter:
        return False
    return all(_in_firmware(char, profile) or glyphs.covers(char) for char in text if char != "\n")


def encode(document: Document, profile: PrinterProfile, glyphs: FontChain) -> tuple[bytes, ...]:
    """The commands of one sheet, the cut included, none of them broken in two.

    Raises UncoveredCharacter when neither the firmware nor a font has a character.
    """
    rows = layout(document, profile.dots)
    if profile.link == "fast":
        return (*picture(glyphs.page(rows, profile.dots), FAST_BAND_ROWS), CUT)
    return (KANJI_ON, *_Text(profile, glyphs).rows(rows), CUT)


def picture(raster: Raster, band_rows: int) -> Iterator[bytes]:
    """GS v 0 bands of at most ``band_rows`` rows."""
    for start in range(0, len(raster.rows), band_rows):
        rows = raster.rows[start : start + band_rows]
        size = raster.width_bytes.to_bytes(2, "little") + len(rows).to_bytes(2, "little")
        yield b"\x1dv0\x00" + size + harmless(b"".join(rows))


def harmless(data: bytes) -> bytes:
    """Dots without a real-time command in them: a lone dot before 04, 05 or 14 is made two dots wide, which
    nobody sees.
    """
    return _OBEYED_IN_DATA.sub(b"\x30", data)


def trimmed(raster: Raster) -> Raster:
    """The same picture without the white at its right."""
    width_bytes = max((len(row.rstrip(b"\x00")) for row in raster.rows), default=0) or 1
    return Raster(width_bytes, tuple(row[:width_bytes] for row in raster.rows))


def _in_firmware(char: str, profile: PrinterProfile) -> bool:
    return profile.link == "serial" and firmware_code(char, profile.charset) is not None


class _Text:
    """What the printer is set to while the rows of one sheet are written."""

    def __init__(self, profile: PrinterProfile, glyphs: FontChain) -> None:
        self._profile, self._glyphs = profile, glyphs
        self._size, self._centered = 1, False
        self._loaded: dict[str, int] = {}  # user glyph -> its place, the one used longest ago first

    def rows(self, rows: tuple[Row, ...]) -> Iterator[bytes]:
        for row in rows:
            match row:
                case TextRow():
                    yield from self._text(row)
                case RuleRow():
                    yield from self._text(TextRow(_RULE * (self._profile.dots // GLYPH_DOTS)))
                case QrRow(payload):
                    yield from self._qr(payload)
                case BigRow():
                    yield from self._big(row)
                case BlankRow(lines) if lines:
                    yield b"\x1bd" + bytes((lines,))

    def _text(self, row: TextRow) -> Iterator[bytes]:
        rare = dict.fromkeys(c for c in row.text if firmware_code(c, self._profile.charset) is None)
        if len(rare) > self._profile.user_glyphs:
            yield from self._drawn(row)
            return
        yield from self._set(row.size, row.centered)
        yield from self._load(tuple(rare))
        yield b"".join(self._code(char) for char in row.text) + b"\n"
        if row.size == 2:
            yield _feed_dots(row.pitch_dots - 2 * GLYPH_DOTS)

    def _drawn(self, row: TextRow) -> Iterator[bytes]:
        yield from self._set(self._size, False)
        yield from picture(trimmed(self._glyphs.line(row, self._profile.dots)), SERIAL_BAND_ROWS)
        yield _feed_dots(row.pitch_dots - row.size * GLYPH_DOTS)

    def _big(self, row: BigRow) -> Iterator[bytes]:
        yield from self._set(self._size, False)
        yield from picture(trimmed(self._glyphs.big(row, self._profile.dots)), SERIAL_BAND_ROWS)
        yield _feed_dots(row.pitch_dots - row.em_dots)

    def _set(self, size: int, centered: bool) -> Iterator[bytes]:
        if size != self._size:  # GS ! alone leaves Chinese characters small on some firmware
            yield b"\x1d!\x11\x1cW\x01" if size == 2 else b"\x1d!\x00\x1cW\x00"
        if centered != self._centered:
            yield CENTER if centered else LEFT
        self._size, self._centered = size, centered

    def _load(self, rare: tuple[str, ...]) -> Iterator[bytes]:
        """FS 2 for what is not loaded yet.  Only between lines: a line in the printer's buffer may hold
        places, not dots.
        """
        for char in rare:  # first, so that none of this line is pushed out by another of this line
            if char in self._loaded:
                self._loaded[char] = self._loaded.pop(char)
        for char in rare:
            if char in self._loaded:
                continue
            if len(self._loaded) < self._profile.user_glyphs:
                place = USER_FIRST + len(self._loaded)
            else:
                place = self._loaded.pop(next(iter(self._loaded)))
            self._loaded[char] = place
            yield bytes((0x1C, 0x32, USER_LEAD, place)) + harmless(self._glyphs.columns(char))

    def _code(self, char: str) -> bytes:
        if char in self._loaded:
            return bytes((USER_LEAD, self._loaded[char]))
        code = firmware_code(char, self._profile.charset)
        assert code is not None
        return code

    def _qr(self, payload: str) -> Iterator[bytes]:
        yield _feed_dots(QR_MARGIN_DOTS)
        if self._profile.native_qr:
            yield from self._set(self._size, True)
            yield native_qr(payload, qr_module_dots(qr_modules(payload)))
        else:
            yield from self._set(self._size, False)
            yield from picture(trimmed(qr_raster(payload, self._profile.dots)), SERIAL_BAND_ROWS)
        yield _feed_dots(QR_MARGIN_DOTS)


def native_qr(payload: str, module_dots: int) -> bytes:
    """GS ( k: model 2, level M, store, print.  ``payload`` is ASCII."""
    data = payload.encode("ascii")
    return (
        b"\x1d(k\x04\x001A2\x00"
        + b"\x1d(k\x03\x001C"
        + bytes((module_dots,))
        + b"\x1d(k\x03\x001E1"
        + b"\x1d(k"
        + (len(data) + 3).to_bytes(2, "little")
        + b"1P0"
        + data
        + b"\x1d(k\x03\x001Q0"
    )


def _feed_dots(dots: int) -> bytes:
    return b"\x1bJ" + bytes((dots,))
