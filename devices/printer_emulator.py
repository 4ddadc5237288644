"""A receipt printer at the far end of the wire.  It obeys ESC/POS, moves paper in real time and draws every
sheet.

Bytes wait in its buffer while the paper is out, the cover open or the cutter jammed, and go on afterwards,
as in a real one; switched off or told to clear, it forgets them.  Faults may come from any thread.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

from devices.clock import Clock
from devices.glyphs import FontChain
from devices.printer_condition import Condition
from devices.printer_interpreter import Interpreter
from devices.printer_paper import Paper, Sheet
from devices.printer_profiles import PrinterProfile

DOTS_PER_MM = 8
CUT_S = 0.2
LATE_S = 0.05
CLEAR = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")  # DLE DC4 8
CLEARED = bytes.fromhex("37 25 00")
REAL_TIME = re.compile(rb"\x10(\x04[\x01-\x04]|\x05[\x01\x02])")


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
        self._clock, self._mm_per_s = clock, mm_per_s
        self._lock = threading.RLock()
        self._paper = Paper(profile, FontChain(fonts), reads)
        self._condition = Condition(drawer_high)
        self._commands = Interpreter(profile, self._paper, self._condition)
        self._clears = profile.clears
        self._tail = b""  # the last bytes received, for real-time commands cut in two
        self._busy_until_s = 0.0
        self._on, self._mute = True, False
        self._left_dots: int | None = None
        self._obeyed = 0  # real-time commands

    # --- the wire ---

    def receive(self, data: bytes) -> bytes:
        """Bytes from the host.  Gives what the printer answers at once."""
        with self._lock:
            if not self._on:
                return b""
            self._take(data)
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
            return tuple(self._commands.sheets)

    @property
    def hanging_dots(self) -> int:
        """Paper printed and not yet cut."""
        with self._lock:
            return self._paper.printed_dots

    @property
    def condition(self) -> Condition:
        """What is wrong with it, as of now."""
        with self._lock:
            return replace(self._condition)

    @property
    def tofu(self) -> int:
        """Characters drawn as a box because the firmware lacks them."""
        return self._paper.tofu

    @property
    def overflows(self) -> int:
        """Lines that did not fit the paper."""
        return self._paper.overflows

    @property
    def blank_cuts(self) -> int:
        """Slips with nothing on them, which are no sheets."""
        return self._commands.blank_cuts

    @property
    def unknown(self) -> Counter[str]:
        """Commands nobody taught it, in hex."""
        return self._commands.unknown

    @property
    def obeyed_in_data(self) -> int:
        """Real-time commands found inside other data.  Right while nothing waits in the buffer."""
        return self._obeyed - self._commands.met

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
            self._commands.buffer.clear()
            self._commands.out.clear()
            self._tail = b""
            self._commands.asb_mask = 0
            self._paper.reset()

    def power_on(self) -> None:
        with self._lock:
            self._on = True

    def _take(self, data: bytes) -> None:
        """Into the buffer.  Real-time commands are obeyed as they arrive, wherever they stand."""
        self._paper.bytes_since_cut += len(data)
        for byte in data:
            self._commands.buffer.append(byte)
            self._tail = (self._tail + bytes((byte,)))[-len(CLEAR) :]
            lead = self._tail[-3:-1]
            if lead == b"\x10\x04" and 1 <= byte <= 4:
                self._obeyed += 1
                self._commands.out.append(self._condition.dle_eot(byte))
            elif lead == b"\x10\x05" and byte in (1, 2):
                self._obeyed += 1
                self._condition.is_jammed = False
                if byte == 2:
                    self._forget()
            elif self._clears and self._tail == CLEAR:
                self._condition.is_jammed = False  # TM-U590 specification: as DLE ENQ 2
                self._forget()
                self._commands.out += CLEARED

    def _forget(self) -> None:
        """Receive buffer and unprinted line; what has passed the head hangs on, settings stay."""
        self._commands.met += len(REAL_TIME.findall(self._commands.buffer))
        self._commands.buffer.clear()
        self._paper.drop_line()

    # --- work ---

    def _work(self) -> bytes:
        while not self._condition.offline and self._clock.monotonic() >= self._busy_until_s:
            step = self._commands.next()
            if step is None:
                break
            length, dots, action = step
            if self._left_dots is not None and dots > self._left_dots:
                self._condition.is_out = True
                break
            if dots and self._left_dots is not None:
                self._left_dots -= dots
            cut = len(self._commands.sheets)
            action()
            self._take_time(dots, CUT_S if len(self._commands.sheets) > cut else 0.0)
            del self._commands.buffer[:length]
        self._commands.report()
        said = b"" if self._mute else bytes(self._commands.out)
        self._commands.out.clear()
        return said

    def _take_time(self, dots: int, cut_s: float) -> None:
        if dots and self._mm_per_s:
            now_s = self._clock.monotonic()
            late = now_s - self._busy_until_s < LATE_S  # a tick came late: the paper did not wait for it
            start_s = self._busy_until_s if late else now_s
            self._busy_until_s = start_s + dots / DOTS_PER_MM / self._mm_per_s + cut_s
