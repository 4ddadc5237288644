"""Takes the commands of ESC/POS out of an emulated printer's buffer, one at a time, and obeys them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from devices.printer_condition import Condition
from devices.printer_paper import KNIFE_DOTS, Paper, Sheet
from devices.printer_profiles import PrinterProfile

Action = Callable[[], object]
Step = tuple[int, int, Action]  # bytes it takes, dots the paper moves, what it does


QR_MOST_BYTES = 1000  # well below version 40 at level M, whatever the bytes are


class Interpreter:
    """``buffer`` holds what waits; ``out`` what the printer has to say; ``sheets`` what was cut."""

    def __init__(self, profile: PrinterProfile, paper: Paper, condition: Condition) -> None:
        self._profile, self._paper, self._condition = profile, paper, condition
        self.buffer, self.out = bytearray(), bytearray()
        self.sheets: list[Sheet] = []
        self.blank_cuts = 0
        self.met = 0  # real-time commands in their places
        self.asb_mask, self.asb_sent = 0, b""
        self.unknown: Counter[str] = Counter()
        self._stored_qr, self._module_dots = "", 3
        self._stored_picture = (1, b"")

    def report(self) -> None:
        """Says what changed, if the host wants to hear it."""
        if self.asb_mask and self._profile.asb and self._condition.asb() != self.asb_sent:
            self.asb_sent = self._condition.asb()
            self.out += self.asb_sent

    def next(self) -> Step | None:
        """The next whole command in the buffer."""
        buffer, paper = self.buffer, self._paper
        if not buffer:
            return None
        first = buffer[0]
        if first in (0x10, 0x1B, 0x1C, 0x1D):
            return self._command() if len(buffer) > 1 else None
        if first == 0x0A:
            return 1, paper.line_dots, paper.line_feed
        if first in (0x00, 0x0D):
            return 1, 0, _nothing
        if first < 0x20:
            return 1, 0, self._strange(1)
        if first < 0x81 or not paper.kanji:
            return 1, 0, lambda: paper.put_ascii(first)
        if len(buffer) < 2:
            return None
        second = buffer[1]
        return 2, 0, lambda: paper.put_kanji(first, second)

    def _command(self) -> Step | None:
        lead, name = self.buffer[0], self.buffer[1]
        if (
            lead == 0x10
            and name == 0x14
            and self._profile.clears
            and bytes(self.buffer[2:3]) in (b"", b"\x08")
        ):
            return self._fixed(10, self._strange(10))  # whole and right, it was obeyed when it came
        if lead == 0x10:
            return self._fixed(3, self._meet) if name in (4, 5) else (2, 0, self._strange(2))
        if lead == 0x1B:
            return self._esc(name)
        return self._fs(name) if lead == 0x1C else self._gs(name)

    def _fixed(self, length: int, action: Action, dots: int = 0) -> Step | None:
        return (length, dots, action) if len(self.buffer) >= length else None

    def _esc(self, name: int) -> Step | None:
        paper = self._paper
        value = self.buffer[2] if len(self.buffer) > 2 else 0
        match name:
            case 0x40:  # @
                return 2, 0, self._initialise
            case 0x32:  # 2
                return 2, 0, lambda: setattr(paper, "pitch_dots", 34)
            case 0x33:  # 3
                return self._fixed(3, lambda: setattr(paper, "pitch_dots", value))
            case 0x61:  # a
                return self._fixed(3, lambda: setattr(paper, "align", value & 3))
            case 0x4A:  # J
                return self._fixed(3, lambda: paper.feed(value), value)
            case 0x64:  # d
                return self._fixed(3, lambda: paper.feed(value * paper.pitch_dots), value * paper.pitch_dots)
        return self._fixed(3, self._strange(3))

    def _fs(self, name: int) -> Step | None:
        paper, buffer = self._paper, self.buffer
        value = buffer[2] if len(buffer) > 2 else 0
        match name:
            case 0x26:  # &
                return 2, 0, lambda: setattr(paper, "kanji", True)
            case 0x2E:  # .
                return 2, 0, lambda: setattr(paper, "kanji", False)
            case 0x21:  # !
                scale = (1 + bool(value & 4), 1 + bool(value & 8))
                return self._fixed(3, lambda: setattr(paper, "kanji_scale", scale))
            case 0x57:  # W
                quadruple = (1 + (value & 1),) * 2
                return self._fixed(3, lambda: setattr(paper, "kanji_scale", quadruple))
            case 0x53:  # S
                return self._fixed(4, lambda: setattr(paper, "kanji_space_dots", value + buffer[3]))
            case 0x32 if self._profile.user_glyphs and (value == 0xFE or len(buffer) < 3):  # 2
                return self._fixed(76, lambda: paper.load(buffer[3], bytes(buffer[4:76])))
        return self._fixed(3, self._strange(3))

    def _gs(self, name: int) -> Step | None:
        paper, buffer = self._paper, self.buffer
        value = buffer[2] if len(buffer) > 2 else 0
        match name:
            case 0x21:  # !
                return self._fixed(3, lambda: self._set_size(value))
            case 0x61:  # a
                return self._fixed(3, lambda: self._set_asb(value))
            case 0x72:  # r
                return self._fixed(3, lambda: self.out.append(self._condition.asb()[2]))
            case 0x4C:  # L
                return self._fixed(4, lambda: setattr(paper, "left_dots", value + 256 * buffer[3]))
            case 0x56 if value in (0x41, 0x42) or len(buffer) < 3:  # V, with a feed
                feed = KNIFE_DOTS + (buffer[3] if len(buffer) > 3 else 0)
                return self._fixed(4, lambda: self._cut(feed), feed)
            case 0x56:
                return 3, 0, lambda: self._cut(0)
            case 0x76:  # v 0
                return self._raster()
            case 0x28:  # (
                return self._extended()
        return self._fixed(3, self._strange(3))

    def _raster(self) -> Step | None:
        buffer = self.buffer
        if len(buffer) < 8:
            return None
        width_bytes, rows = int.from_bytes(buffer[4:6], "little"), int.from_bytes(buffer[6:8], "little")
        length = 8 + width_bytes * rows
        return self._fixed(length, lambda: self._paper.picture(width_bytes, bytes(buffer[8:length])), rows)

    def _extended(self) -> Step | None:
        """GS ( x pL pH ...: the length is given, so that printers skip what they do not know."""
        buffer = self.buffer
        if len(buffer) < 5:
            return None
        length = 5 + int.from_bytes(buffer[3:5], "little")
        if len(buffer) < length:
            return None
        name, data = chr(buffer[2]), bytes(buffer[5:length])
        if name == "H" and data[:2] == b"00":
            return length, 0, lambda: self._complete(data[2:])
        if name == "k" and data[:1] == b"1" and len(data) > 2 and self._profile.native_qr:
            return length, self._code_dots(data), lambda: self._qr(data)
        if name == "L" and data[:1] == b"0" and len(data) > 1:
            return (
                length,
                len(self._stored_picture[1]) // self._stored_picture[0] * (data[1] == 50),
                lambda: self._graphics(data),
            )
        return length, 0, self._strange(length)

    def _initialise(self) -> None:
        self._paper.reset()
        self.asb_mask = 0

    def _set_size(self, value: int) -> None:
        self._paper.ascii_scale = self._paper.kanji_scale = ((value >> 4) + 1, (value & 7) + 1)

    def _set_asb(self, mask: int) -> None:
        self.asb_mask, self.asb_sent = mask, b""

    def _complete(self, digits: bytes) -> None:
        if self._profile.gs_h:
            self.out += b"\x37\x22" + digits + b"\x00"

    def _code_dots(self, data: bytes) -> int:
        printing = data[1] == 0x51 and self._stored_qr
        return Paper.code_picture(self._stored_qr, self._module_dots).height if printing else 0

    def _qr(self, data: bytes) -> None:
        match data[1]:
            case 0x43:
                self._module_dots = max(1, data[2])
            case 0x50:
                self._stored_qr = data[3 : 3 + QR_MOST_BYTES].decode("ascii", "replace")
            case 0x51 if self._stored_qr:
                self._paper.code(self._stored_qr, self._module_dots)

    def _graphics_dots(self, data: bytes) -> int:
        width_bytes, dots = self._stored_picture
        return len(dots) // width_bytes if data[1] == 50 else 0

    def _graphics(self, data: bytes) -> None:
        if data[1] == 112:
            self._stored_picture = (max(1, (int.from_bytes(data[6:8], "little") + 7) // 8), data[10:])
        elif data[1] == 50:
            self._paper.picture(*self._stored_picture)

    def _cut(self, feed_dots: int) -> None:
        self._paper.feed(feed_dots)
        sheet = self._paper.cut()
        if sheet.blank:
            self.blank_cuts += 1
        else:
            self.sheets.append(sheet)

    def _meet(self) -> None:
        self.met += 1

    def _strange(self, length: int) -> Action:
        return lambda: self.unknown.update((bytes(self.buffer[: min(length, 4)]).hex(" "),))


def _nothing() -> None:
    pass
