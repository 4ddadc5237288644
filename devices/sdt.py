"""SAM_V, the wire of ID-card readers (GA/T 467; eastcoms.com/service/downdrive/508.html).

Bytes only, no I/O.

    host to reader   AA AA AA 96 69 | length, 2 bytes | command, 2 bytes, and data | check
    reader to host   AA AA AA 96 69 | length, 2 bytes | SW1 SW2 SW3, and data      | check

The length counts what follows it, the check byte too, big-endian.  The check byte makes the exclusive or
of everything after the preamble 0.  It cannot see the same bit flipped twice, so whoever reads a card
checks what the card says too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import xor

PREAMBLE = bytes.fromhex("AAAAAA9669")
HEADER_BYTES = 7
LONGEST = 4096  # of a length field; the longest known reply has 2314
SHORTEST_REPLY = 4

STATUS = bytes.fromhex("11FF")
SAM_NUMBER = bytes.fromhex("12FF")
FIND = bytes.fromhex("2001")
SELECT = bytes.fromhex("2002")
READ = bytes.fromhex("3001")
READ_WITH_FINGERPRINT = bytes.fromhex("3010")
READ_NEW_ADDRESS = bytes.fromhex("3003")
RESET = bytes.fromhex("10FF")
SET_RF_FRAME = bytes.fromhex("61FF50")  # at most 0x50 bytes a radio frame; sent by one public driver only

OK = 0x90
FOUND = 0x9F
ITEM_EMPTY = 0x91
NOT_FOUND = 0x80
SELECT_FAILED = 0x81
READ_FAILED = 0x41
UNKNOWN_CARD = 0x40
COMMAND_UNKNOWN = 0x21

TEXT_BYTES = 256
PHOTO_BYTES = 1024
READ_REPLY_BYTES = 1295


class Meaning(Enum):
    """What to do about a status word."""

    GOOD = "good"
    EMPTY = "empty"  # no card, or nothing of what was asked for on it
    CARD = "card"  # the card did not follow: find and select it again, a few times
    UNSUPPORTED = "unsupported"  # a card of a kind this reader does not know
    LINE = "line"  # the reader did not understand us: noise, ask again
    FAULT = "fault"  # the reader itself is broken or not authorised: stop


MEANINGS = {
    OK: Meaning.GOOD,
    FOUND: Meaning.GOOD,
    ITEM_EMPTY: Meaning.EMPTY,
    NOT_FOUND: Meaning.EMPTY,
    0x10: Meaning.LINE,  # wrong checksum
    0x11: Meaning.LINE,  # wrong length
    COMMAND_UNKNOWN: Meaning.LINE,
    0x24: Meaning.LINE,  # unknown error
    0x23: Meaning.FAULT,  # no permission
    0x31: Meaning.CARD,  # the card did not accept the module
    0x32: Meaning.CARD,  # the module did not accept the card
    0x33: Meaning.CARD,  # the card's data do not verify
    0x37: Meaning.CARD,  # the fingerprint does not verify
    0x3F: Meaning.CARD,  # wrong length of the card's data
    UNKNOWN_CARD: Meaning.UNSUPPORTED,
    READ_FAILED: Meaning.CARD,
    0x47: Meaning.CARD,  # no random number from the card
    0x60: Meaning.FAULT,  # self-test failed
    0x66: Meaning.FAULT,  # module not authorised
    SELECT_FAILED: Meaning.CARD,
}


@dataclass(frozen=True, slots=True)
class Response:
    """One reply whose check byte fits.

    ``sw1`` and ``sw2`` are the card's own status, ``sw3`` the reader's.
    """

    sw1: int
    sw2: int
    sw3: int
    data: bytes = b""

    @property
    def meaning(self) -> Meaning:
        """An unknown word is FAULT: nobody knows what to do about it."""
        return MEANINGS.get(self.sw3, Meaning.FAULT)

    @property
    def code(self) -> str:
        """The three status bytes in hex."""
        return f"{self.sw1:02X}{self.sw2:02X}{self.sw3:02X}"

    def __repr__(self) -> str:
        return f"Response({self.code}, {len(self.data)} bytes)"  # the data are somebody's


@dataclass(frozen=True, slots=True)
class Garbled:
    """Something that began like a frame and was none."""

    reason: str  # "length" or "check"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a card gave: 256 bytes of text, the undecoded photo, and the fingerprint if it was asked for."""

    text: bytes
    photo: bytes
    fingerprint: bytes = b""

    def __repr__(self) -> str:
        return "Reading()"


def check_byte(body: bytes) -> int:
    """Exclusive or of ``body``, the length bytes included."""
    return reduce(xor, body, 0)


def encode(payload: bytes) -> bytes:
    """A frame around a command and its data, or around status words and their data."""
    body = (len(payload) + 1).to_bytes(2, "big") + payload
    return PREAMBLE + body + bytes([check_byte(body)])


def split_reading(data: bytes, with_fingerprint: bool = False) -> Reading | None:
    """Takes the data of a READ reply apart.

    None when its lengths do not add up or the text is not 256 bytes.
    """
    head = 6 if with_fingerprint else 4
    lengths = [int.from_bytes(data[at : at + 2], "big") for at in range(0, head, 2)]
    if len(data) < head or len(data) != head + sum(lengths) or lengths[0] != TEXT_BYTES:
        return None
    photo_at = head + TEXT_BYTES
    fingerprint_at = photo_at + lengths[1]
    return Reading(data[head:photo_at], data[photo_at:fingerprint_at], data[fingerprint_at:])


class Decoder:
    """Finds frames in bytes that arrive in any portions.

    After a false start it looks for the next preamble from the second byte on, so no good frame is lost
    to a bad one before it, except by a damaged length that swallows it: make a new Decoder for every
    command.
    """

    def __init__(self, command: bool = False) -> None:
        """``command``.

        Decode what a host sends (the emulator's side), whose frames may be one byte shorter.
        """
        self._shortest = SHORTEST_REPLY - 1 if command else SHORTEST_REPLY
        self._buffer = bytearray()

    def payloads(self, data: bytes) -> list[bytes | Garbled]:
        """Every frame that ``data`` completes, without length and check byte, and every false start."""
        self._buffer += data
        found: list[bytes | Garbled] = []
        while (one := self._next()) is not None:
            found.append(one)
        return found

    def feed(self, data: bytes) -> list[Response | Garbled]:
        """Every reply that ``data`` completes, and every false start, in order."""
        return [
            one if isinstance(one, Garbled) else Response(one[0], one[1], one[2], one[3:])
            for one in self.payloads(data)
        ]

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and is not complete."""
        return len(self._buffer) >= len(PREAMBLE)

    def _next(self) -> bytes | Garbled | None:
        self._skip_to_preamble()
        if len(self._buffer) < HEADER_BYTES:
            return None
        length = int.from_bytes(self._buffer[5:HEADER_BYTES], "big")
        if not self._shortest <= length <= LONGEST:
            del self._buffer[0]
            return Garbled("length")
        end = HEADER_BYTES + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[5:end])
        if check_byte(body):
            del self._buffer[0]
            return Garbled("check")
        del self._buffer[:end]
        return body[2:-1]

    def _skip_to_preamble(self) -> None:
        at = self._buffer.find(PREAMBLE)
        if at >= 0:
            del self._buffer[:at]
            return
        # keep a tail that may be the beginning of a preamble
        keep = next(n for n in range(len(PREAMBLE) - 1, -1, -1) if self._buffer.endswith(PREAMBLE[:n]))
        del self._buffer[: len(self._buffer) - keep]
