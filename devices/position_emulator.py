"""The far end of a satellite receiver's wire: a sky that somebody opens and closes.

Every second GGA and RMC, as a small receiver of several systems sends them, between sentences that nobody here needs.
"""

from __future__ import annotations

import threading

from devices.nmea import checksum

TICKS_PER_SECOND = 100
DAY_S = 86_400


def sentence(body: str) -> bytes:
    """``$body*hh``, with its ending."""
    return f"${body}*{checksum(body.encode('ascii')):02X}\r\n".encode("ascii")


def written(degrees: float, digits: int) -> str:
    """Degrees and minutes without a sign: (d)ddmm.mmmmm; ``digits`` of the degrees."""
    whole, minutes = divmod(round(abs(degrees) * 60, 5), 60)
    return f"{int(whole):0{digits}d}{minutes:08.5f}"


class PositionEmulator:
    """An EmulatedDevice that only speaks.  Hands may be used from any thread.

    ``talker``: GN, GP, GB, BD ...; ``every_ticks``: of the far end, 10 ms each, between two seconds of the receiver.
    """

    def __init__(self, talker: str = "GN", every_ticks: int = TICKS_PER_SECOND) -> None:
        self.talker, self._every_ticks = talker, every_ticks
        self._lock = threading.Lock()
        self._waiting = b""
        self._place: tuple[float, float, float] | None = None
        self._ticks = self._second = 0
        self.silent = False

    def stand(self, latitude: float, longitude: float, hdop: float = 0.9) -> None:
        """Under an open sky, there; degrees, north and east positive."""
        with self._lock:
            self._place = (latitude, longitude, hdop)

    def hide(self) -> None:
        """Under a roof: it goes on speaking, and says that it has no place."""
        with self._lock:
            self._place = None

    def send(self, data: bytes) -> None:
        """Any bytes, for receivers that misbehave."""
        with self._lock:
            self._waiting += data

    def receive(self, data: bytes) -> bytes:
        return b""

    def tick(self) -> bytes:
        with self._lock:
            data, self._waiting = self._waiting, b""
            self._ticks += 1
            if self._ticks % self._every_ticks == 0 and not self.silent:
                data += self._said()
            return data

    def _said(self) -> bytes:
        self._second = (self._second + 1) % DAY_S
        hours, rest = divmod(self._second, 3600)
        time = f"{hours:02d}{rest // 60:02d}{rest % 60:02d}.00"
        if self._place is None:
            gga, rmc = f"{time},,,,,0,00,99.99,,,,,,", f"{time},V,,,,,,,010126,,,N"
        else:
            latitude, longitude, hdop = self._place
            place = (
                f"{written(latitude, 2)},{'S' if latitude < 0 else 'N'},"
                f"{written(longitude, 3)},{'W' if longitude < 0 else 'E'}"
            )
            gga = f"{time},{place},1,12,{hdop:.2f},31.5,M,8.1,M,,"
            rmc = f"{time},A,{place},0.02,,010126,,,A"
        talker = self.talker
        bodies = (
            f"{talker}GGA,{gga}",
            f"{talker}GSA,A,3,01,03,,,,,,,,,,,1.5,0.9,1.2",
            f"{talker}RMC,{rmc}",
            f"{talker}TXT,01,01,02,ANTSTATUS=OK",
        )
        return b"".join(sentence(body) for body in bodies)
