"""What a printer says.  Pure: bytes in, values out.

    DLE EOT n   0xx1xx10                              real-time, one byte, in the order of the questions
    GS a (ASB)  0xx1xx00 0xx0xxxx 0xx0xxxx 0xx0xxxx   unsolicited
    GS r        0xx0xxxx                              in its turn
    GS ( H      37 22 d d d d 00                      when the sheet is out
    DLE DC4 8   37 25 00                              when the buffers are empty
    flow        11 (XON), 13 (XOFF)                   anywhere

The fixed bits tell them apart.  Every test is by mask: a Masung's idle byte is 16, not 12.
Sources: Epson ESC/POS application programming guide; Masung PrintCmd.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.printer import PrinterStatus
from devices.status import Cover, DeviceState, PaperSupply

XON, XOFF = 0x11, 0x13
BLOCK_STARTS = frozenset((0x35, 0x37, 0x3B, 0x3D, 0x5F))
BLOCK_MOST_BYTES = 80  # the longest we know is a printer's name; more is noise
QUESTIONS = (1, 2, 3, 4)

_REAL_TIME = (0x93, 0x12)
_ASB_FIRST = (0x93, 0x10)
_IN_TURN = (0x90, 0x00)

OFFLINE = 0x08  # of DLE EOT 1 and of the first ASB byte
_COVER, _PAPER_STOP, _ERROR = 0x04, 0x20, 0x40  # of DLE EOT 2
_RECOVERS = 0x40  # of DLE EOT 3: the head is hot
_LOW, _END = 0x0C, 0x60  # of DLE EOT 4: both bits, some firmware uses one of them for something else


@dataclass(frozen=True, slots=True)
class RealTime:
    """The answer to one DLE EOT."""

    value: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One automatic status, four bytes."""

    data: bytes

    @property
    def offline(self) -> bool:
        return bool(self.data[0] & OFFLINE)


@dataclass(frozen=True, slots=True)
class InTurn:
    """The answer to GS r: everything sent before it was worked through."""

    value: int

    @property
    def paper_out(self) -> bool:
        return self.value & 0x0C != 0


@dataclass(frozen=True, slots=True)
class Completed:
    """The number of a sheet that is out."""

    digits: bytes


@dataclass(frozen=True, slots=True)
class Cleared:
    """Nothing waits in the printer any more."""


Event = RealTime | Changed | InTurn | Completed | Cleared


class Demultiplexer:
    """Takes a printer's bytes in any portions; what fits nothing is dropped."""

    def __init__(self) -> None:
        self._asb = b""
        self._block = b""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        return [event for byte in data if (event := self._take(byte)) is not None]

    def _take(self, byte: int) -> Event | None:
        if byte in (XON, XOFF):
            return None
        if self._block:
            return self._in_block(byte)
        if _has(byte, _REAL_TIME):
            return RealTime(byte)
        if _has(byte, _ASB_FIRST):
            self._asb = bytes((byte,))  # an unfinished one before it has lost bytes
        elif byte in BLOCK_STARTS:
            self._block = bytes((byte,))
        elif _has(byte, _IN_TURN):
            if not self._asb:
                return InTurn(byte)
            self._asb += bytes((byte,))
            if len(self._asb) == 4:
                whole, self._asb = self._asb, b""
                return Changed(whole)
        return None

    def _in_block(self, byte: int) -> Event | None:
        self._block += bytes((byte,))
        if byte != 0 and len(self._block) < BLOCK_MOST_BYTES:
            return None
        block, self._block = self._block, b""
        if len(block) == 7 and block[:2] == b"\x37\x22":
            return Completed(block[2:6])
        return Cleared() if block == b"\x37\x25\x00" else None


def judge(answers: Mapping[int, int], fault_mask: int = 0x2C) -> PrinterStatus:
    """The state of a printer from its answers to DLE EOT 1 to 4, as many as came.  What nobody answered is
    UNKNOWN.

    ``fault_mask``: the bits of DLE EOT 3 that a person must clear; the head's heat passes by itself and is
    OFFLINE.
    """
    if not answers:
        return PrinterStatus(DeviceState.NO_DEVICE, PaperSupply.UNKNOWN, Cover.UNKNOWN)
    return PrinterStatus(_device(answers, fault_mask), _paper(answers), _cover(answers))


def _device(answers: Mapping[int, int], fault_mask: int) -> DeviceState:
    why = answers.get(2, 0)
    error = answers.get(3, 0)
    if error & fault_mask:
        return DeviceState.HARDWARE_ERROR
    if why & _ERROR and not error & _RECOVERS:
        return DeviceState.HARDWARE_ERROR
    if answers.get(1, 0) & OFFLINE or why & (_COVER | _PAPER_STOP | _ERROR) or error & _RECOVERS:
        return DeviceState.OFFLINE
    return DeviceState.ONLINE if {1, 2, 3} <= answers.keys() else DeviceState.UNKNOWN


def _paper(answers: Mapping[int, int]) -> PaperSupply:
    if answers.get(2, 0) & _PAPER_STOP:
        return PaperSupply.OUT
    if 4 not in answers:
        return PaperSupply.UNKNOWN
    if answers[4] & _END == _END:
        return PaperSupply.OUT
    return PaperSupply.LOW if answers[4] & _LOW == _LOW else PaperSupply.FULL


def _cover(answers: Mapping[int, int]) -> Cover:
    if 2 not in answers:
        return Cover.UNKNOWN
    return Cover.OPEN if answers[2] & _COVER else Cover.CLOSED


def _has(byte: int, fixed: tuple[int, int]) -> bool:
    mask, value = fixed
    return byte & mask == value
