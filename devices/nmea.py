"""NMEA 0183 as far as a place needs it: sentences out of bytes, and what GGA and RMC say.  Pure; trusts nothing.

    $ GN GGA , 020304.00 , 3711.70000 , N , 12203.42000 , E , 1 , 12 , 0.8 , ... * 5C CR LF
      |  |     UTC         ddmm.mmmm      dddmm.mmmm          |        HDOP        XOR of all between $ and *
      |  kind                                                 quality, 0: none
      talker: GN several systems, GP GPS, GB and BD BeiDou, GA Galileo, GL GLONASS

Sources: the field tables of u-blox's M8 and Quectel's L76 protocol manuals; the standard itself is not public.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.position import Fix

TALKERS = ("GN", "GP", "GB", "BD", "GA", "GL")
LONGEST_BYTES = 120  # the standard says 82; receivers with many digits go beyond
SENTENCE = re.compile(rb"\$([\x20-\x23\x25-\x29\x2b-\x7e]*)\*([0-9A-Fa-f]{2})")
LATITUDE, LONGITUDE = (
    re.compile(r"([0-9]{2})([0-9]{2}(?:\.[0-9]{1,8})?)"),
    re.compile(r"([0-9]{3})([0-9]{2}(?:\.[0-9]{1,8})?)"),
)
FIXED_QUALITIES = "12345"  # by satellites; 6 is dead reckoning, 7 typed in, 8 a simulator
FIXED_MODES = "ADFPR"  # likewise: not E, M, S, and not N
# of one satellite's range, under trees and between houses; a fix is off by about so much times HDOP
RANGE_ERROR_M = 5.0
WORST_HDOP = 50.0  # receivers write 99.99 for "not known"


@dataclass(frozen=True)
class Said:
    """What one sentence says of the place.  ``fix`` None: that there is none."""

    kind: str  # GGA or RMC
    fix: Fix | None


class Sentences:
    """Bytes in any portions; out come the fields of whole sentences.  What is damaged or far too long is dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[str, ...]]:
        *lines, rest = re.split(rb"[\r\n]+", self._rest + data)
        self._rest = rest[-2 * LONGEST_BYTES :]  # without an end it was no sentence
        return [fields for line in lines if (fields := parse(line))]

    def forget(self) -> None:
        """The line was lost: the other half is of something else."""
        self._rest = b""


def parse(line: bytes) -> tuple[str, ...] | None:
    """The fields of one line, address first; None when it is no sentence or its sum is wrong."""
    found = SENTENCE.fullmatch(line[max(0, line.rfind(b"$")) :])
    if found is None or len(found[0]) > LONGEST_BYTES or checksum(found[1]) != int(found[2], 16):
        return None
    return tuple(found[1].decode("ascii").split(","))


def checksum(body: bytes) -> int:
    """XOR of all bytes."""
    total = 0
    for byte in body:
        total ^= byte
    return total


def said(fields: tuple[str, ...]) -> Said | None:
    """None: another kind of sentence, or one that contradicts itself."""
    talker, kind = fields[0][:2], fields[0][2:]
    if talker not in TALKERS:
        return None
    if kind == "GGA" and len(fields) >= 9:
        return _gga(fields)
    if kind == "RMC" and len(fields) >= 10:
        return _rmc(fields)
    return None


def _gga(fields: tuple[str, ...]) -> Said | None:
    if len(fields[6]) != 1 or fields[6] not in FIXED_QUALITIES:
        return Said("GGA", None)
    place = _place(fields[2:6])
    return None if place is None else Said("GGA", Fix(*place, _accuracy_m(fields[8])))


def _rmc(fields: tuple[str, ...]) -> Said | None:
    mode = fields[12] if len(fields) > 12 else "A"  # older receivers have none
    if fields[2] != "A" or len(mode) != 1 or mode not in FIXED_MODES:
        return Said("RMC", None)
    place = _place(fields[3:7])
    return None if place is None else Said("RMC", Fix(*place))


def _place(fields: tuple[str, ...]) -> tuple[float, float] | None:
    """Degrees, north and east positive, of four fields."""
    north, east = LATITUDE.fullmatch(fields[0]), LONGITUDE.fullmatch(fields[2])
    if north is None or east is None or fields[1] not in ("N", "S") or fields[3] not in ("E", "W"):
        return None
    latitude, longitude = _degrees(north), _degrees(east)
    if latitude is None or longitude is None or latitude > 90 or longitude > 180:
        return None
    return latitude * (1 if fields[1] == "N" else -1), longitude * (1 if fields[3] == "E" else -1)


def _degrees(found: re.Match[str]) -> float | None:
    minutes = float(found[2])
    return int(found[1]) + minutes / 60 if minutes < 60 else None


def _accuracy_m(hdop: str) -> float | None:
    """An estimate: receivers of this kind do not say how far they are off, only how well the satellites stand."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", hdop):
        return None
    worth = float(hdop)
    return round(worth * RANGE_ERROR_M, 1) if 0 < worth < WORST_HDOP else None
