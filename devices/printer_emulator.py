"""A receipt printer at the far end of the wire.  It obeys ESC/POS, moves paper in real time and draws every
sheet.

Bytes wait in its buffer while the paper is out, the cover open or the cutter jammed, and go on afterwards,
as in a real one; switched off, it forgets them.  Faults may come from any thread.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from devices.clock import Clock
from devices.glyphs import FontChain
from devices.printer_condition import Condition
from devices.printer_paper import KNIFE_DOTS, Paper, Sheet
from devices.printer_profiles import PrinterProfile

DOTS_PER_MM = 8
CUT_S = 0.2

_Action = Callable[[], object]
_Step = tuple[int, int, _Action]  # bytes it takes, dots the paper moves, what it does


class PrinterEmulator:
    """Speaks as ``profile`` says.  ``mm_per_s`` 0 prints at once.  ``reads``: rare characters that
    ``Sheet.text`` shall name when they come as loaded glyphs.  ``drawer_high`` sets bit 2 of the idle
    answer, as a Masung does.
    """

    def __init__(
        self,
        profile: PrinterProfile,
        fonts: tuple[Path, ...],
        clock: Clock,
        *,
        mm_per_s: float = 150.0,
        reads: str = "",
        drawer_high: bool = False,
    ) -> None:
        self._profile, self._clock, self._mm_per_s = profile, clock, mm_per_s
        self._lock = threading.RLock()
        self._paper = Paper(profile, FontChain(fonts), reads)
        self._sheets: list[Sheet] = []
        self._buffer = bytearray()
        self._tail = bytes(3)  # the last bytes received, for real-time commands cut in two
        self._out = bytearray()
        self._asb_mask = 0
        self._asb_sent = b""
        self._busy_until_s = 0.0
        self._stored_qr = ""
        self._module_dots = 3
        self._stored_picture = (1, b"")
        self._on, self._mute = True, False
        self._condition = Condition(drawer_high)
        self._left_dots: int | None = None
        self._obeyed = self._met = 0
        self.blank_cuts = 0  # slips with nothing on them, which are no sheets
        self.unknown: Counter[str] = Counter()  # commands nobody taught it, in hex

    # --- the wire ---

    def receive(self, data: bytes) -> bytes:
        """Bytes from the host.  Gives what the printer answers at once."""
        with self._lock:
            if not self._on:
                return b""
            self._real_time(data)
            self._buffer += data
            self._paper.bytes_since_cut += len(data)
            return self._work()

    def tick(self) -> bytes:
        """Lets time pass.  Gives what the printer says by itself."""
        with self._lock:
            return self._work() if self._on else b""

    # --- what a test or a person looks at ---

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Sheets that were cut, the first one first."""
        with self._lock:
            return tuple(self._sheets)

    @property
    def hanging_dots(self) -> int:
        """Paper printed and not yet cut."""
        with self._lock:
            return self._paper.printed_dots

    @property
    def tofu(self) -> int:
        """Characters drawn as a box because the firmware lacks them."""
        return self._paper.tofu

    @property
    def overflows(self) -> int:
        """Lines that did not fit the paper."""
        return self._paper.overflows

    @property
    def obeyed_in_data(self) -> int:
        """Real-time commands found inside other data.  Right while nothing waits in the buffer."""
        return self._obeyed - self._met

    # --- hands ---

    def paper_out(self) -> None:
        """The roll is at its end."""
        with self._lock:
            self._condition.is_out = True

    def paper_out_after(self, rows: int) -> None:
        """The roll ends ``rows`` dots from now."""
        with self._lock:
            self._left_dots = rows

    def near_end(self) -> None:
        """The roll is thin."""
        with self._lock:
            self._condition.is_low = True

    def load_paper(self) -> None:
        """A new roll; printing goes on."""
        with self._lock:
            self._condition.is_out = self._condition.is_low = False
            self._left_dots = None

    def open_cover(self) -> None:
        with self._lock:
            self._condition.is_open = True

    def close_cover(self) -> None:
        with self._lock:
            self._condition.is_open = False

    def jam(self) -> None:
        """The cutter is stuck."""
        with self._lock:
            self._condition.is_jammed = True

    def clear_jam(self) -> None:
        with self._lock:
            self._condition.is_jammed = False

    def mute(self, silent: bool = True) -> None:
        """It prints but its answers never arrive."""
        with self._lock:
            self._mute = silent

    def power_off(self) -> None:
        """What it had not printed is gone; what it had printed hangs out."""
        with self._lock:
            self._on = False
            self._buffer.clear()
            self._out.clear()
            self._tail = bytes(3)
            self._asb_mask = 0
            self._paper.reset()

    def power_on(self) -> None:
        with self._lock:
            self._on = True

    def _real_time(self, data: bytes) -> None:
        """DLE EOT and DLE ENQ are obeyed as they arrive, wherever they stand."""
        for byte in data:
            self._tail = (self._tail + bytes((byte,)))[-3:]
            if self._tail[:2] == b"\x10\x04" and 1 <= byte <= 4:
                self._obeyed += 1
                self._out.append(self._condition.dle_eot(byte))
            elif self._tail[:2] == b"\x10\x05" and byte in (1, 2):
                self._obeyed += 1
                self._condition.is_jammed = False
                if byte == 2:
                    self._buffer.clear()

    # --- work ---

    def _work(self) -> bytes:
        while not self._condition.offline and self._clock.monotonic() >= self._busy_until_s:
            step = self._next()
            if step is None:
                break
            length, dots, action = step
            if self._left_dots is not None and dots > self._left_dots:
                self._condition.is_out = True
                break
            if dots and self._left_dots is not None:
                self._left_dots -= dots
            self._take_time(dots)
            action()
            del self._buffer[:length]
        if self._asb_mask and self._profile.asb and self._condition.asb() != self._asb_sent:
            self._asb_sent = self._condition.asb()
            self._out += self._asb_sent
        said = b"" if self._mute else bytes(self._out)
        self._out.clear()
        return said

    def _take_time(self, dots: int) -> None:
        if dots and self._mm_per_s:
            now_s = self._clock.monotonic()
            start_s = (
                self._busy_until_s if now_s - self._busy_until_s < 0.05 else now_s
            )  # late ticks do not add up
            self._busy_until_s = start_s + dots / DOTS_PER_MM / self._mm_per_s

    def _next(self) -> _Step | None:
        """The next whole command in the buffer."""
        buffer, paper = self._buffer, self._paper
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

    def _command(self) -> _Step | None:
        lead, name = self._buffer[0], self._buffer[1]
        if lead == 0x10:
            return self._fixed(3, self._meet) if name in (4, 5) else (2, 0, self._strange(2))
        if lead == 0x1B:
            return self._esc(name)
        return self._fs(name) if lead == 0x1C else self._gs(name)

    def _fixed(self, length: int, action: _Action, dots: int = 0) -> _Step | None:
        return (length, dots, action) if len(self._buffer) >= length else None

    def _esc(self, name: int) -> _Step | None:
        paper = self._paper
        value = self._buffer[2] if len(self._buffer) > 2 else 0
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

    def _fs(self, name: int) -> _Step | None:
        paper, buffer = self._paper, self._buffer
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

    def _gs(self, name: int) -> _Step | None:
        paper, buffer = self._paper, self._buffer
        value = buffer[2] if len(buffer) > 2 else 0
        match name:
            case 0x21:  # !
                return self._fixed(3, lambda: self._set_size(value))
            case 0x61:  # a
                return self._fixed(3, lambda: self._set_asb(value))
            case 0x72:  # r
                return self._fixed(3, lambda: self._out.append(self._condition.asb()[2]))
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

    def _raster(self) -> _Step | None:
        buffer = self._buffer
        if len(buffer) < 8:
            return None
        width_bytes, rows = int.from_bytes(buffer[4:6], "little"), int.from_bytes(buffer[6:8], "little")
        length = 8 + width_bytes * rows
        return self._fixed(length, lambda: self._paper.picture(width_bytes, bytes(buffer[8:length])), rows)

    def _extended(self) -> _Step | None:
        """GS ( x pL pH ...: the length is given, so that printers skip what they do not know."""
        buffer = self._buffer
        if len(buffer) < 5:
            return None
        length = 5 + int.from_bytes(buffer[3:5], "little")
        if len(buffer) < length:
            return None
        name, data = chr(buffer[2]), bytes(buffer[5:length])
        if name == "H" and data[:2] == b"00":
            return length, 0, lambda: self._complete(data[2:])
        if name == "k" and data[:1] == b"1" and self._profile.native_qr:
            return length, self._code_dots(data), lambda: self._qr(data)
        if name == "L" and data[:1] == b"0":
            return (
                length,
                len(self._stored_picture[1]) // self._stored_picture[0] * (data[1] == 50),
                lambda: self._graphics(data),
            )
        return length, 0, self._strange(length)

    def _initialise(self) -> None:
        self._paper.reset()
        self._asb_mask = 0

    def _set_size(self, value: int) -> None:
        self._paper.ascii_scale = self._paper.kanji_scale = ((value >> 4) + 1, (value & 7) + 1)

    def _set_asb(self, mask: int) -> None:
        self._asb_mask, self._asb_sent = mask, b""

    def _complete(self, digits: bytes) -> None:
        if self._profile.gs_h:
            self._out += b"\x37\x22" + digits + b"\x00"

    def _code_dots(self, data: bytes) -> int:
        return Paper.code_picture(self._stored_qr, self._module_dots).height if data[1] == 0x51 else 0

    def _qr(self, data: bytes) -> None:
        match data[1]:
            case 0x43:
                self._module_dots = data[2]
            case 0x50:
                self._stored_qr = data[3:].decode("ascii", "replace")
            case 0x51:
                self._paper.code(self._stored_qr, self._module_dots)

    def _graphics_dots(self, data: bytes) -> int:
        width_bytes, dots = self._stored_picture
        return len(dots) // width_bytes if data[1] == 50 else 0

    def _graphics(self, data: bytes) -> None:
        if data[1] == 112:
            self._stored_picture = ((int.from_bytes(data[6:8], "little") + 7) // 8, data[10:])
        else:
            self._paper.picture(*self._stored_picture)

    def _cut(self, feed_dots: int) -> None:
        self._paper.feed(feed_dots)
        sheet = self._paper.cut()
        if sheet.blank:
            self.blank_cuts += 1
        else:
            self._sheets.append(sheet)
        if self._mm_per_s:
            self._busy_until_s += CUT_S

    def _meet(self) -> None:
        self._met += 1

    def _strange(self, length: int) -> _Action:
        return lambda: self.unknown.update((bytes(self._buffer[: min(length, 4)]).hex(" "),))


def _nothing() -> None:
    pass
