"""A satellite receiver that speaks NMEA 0183 on a serial port: the place of a machine that is carried.

A thread of its own reads all the time: a port that nobody reads keeps the oldest words and drops the newest.  Opening a port may take
long as well, over Bluetooth above all; whoever asks for the place waits for neither.

    a place      by the newest GGA, which knows how well the satellites stand, or by the newest RMC
    none         the receiver says so, or the newest is older than ``MOST_AGE_S``, or the line is lost

Nothing is ever written to the receiver.
"""

from __future__ import annotations

import threading

from devices import nmea
from devices.clock import Clock
from devices.errors import TransportLost
from devices.position import Fix, NoPosition, Position
from devices.status import DeviceState
from devices.transport import SerialTransport, Transport

BAUD = 9600  # what most receivers begin with; on USB the figure means nothing
MOST_AGE_S = 10.0  # receivers speak every second; a person walks some metres meanwhile
READ_WAIT_S = 0.5
REOPEN_S = 5.0
LET_GO_S = 2.0  # for the thread to end; a driver that hangs is left behind


class NmeaPosition:
    """The contract of ``devices.position``.  Any thread."""

    def __init__(self, transport: Transport, clock: Clock, reopen_s: float = REOPEN_S) -> None:
        """Listens at once."""
        self._transport, self._clock, self._reopen_s = transport, clock, reopen_s
        self._lock = threading.Lock()  # guards what follows
        self._fixes: dict[str, tuple[Fix, float]] = {}  # by the kind of sentence, and when it came
        self._heard_s: float | None = None  # any whole sentence
        self._lost = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="position", daemon=True)
        self._thread.start()

    def where(self) -> Fix | None:
        now_s = self._clock.monotonic()
        with self._lock:
            for kind in ("GGA", "RMC"):
                fix, at_s = self._fixes.get(kind, (None, 0.0))
                if fix is not None and now_s - at_s <= MOST_AGE_S:
                    return fix
        return None

    def status(self) -> DeviceState:
        """ONLINE: it speaks NMEA, whether it has a place or not.  UNKNOWN: nothing is heard.  NO_DEVICE: no port.  Never waits."""
        now_s = self._clock.monotonic()
        with self._lock:
            if self._lost:
                return DeviceState.NO_DEVICE
            heard = self._heard_s is not None and now_s - self._heard_s <= MOST_AGE_S
        return DeviceState.ONLINE if heard else DeviceState.UNKNOWN

    def close(self) -> None:
        """Lets the port go and forgets the place.  May be called twice."""
        self._closing.set()
        self._thread.join(LET_GO_S)
        self._forget()

    # --- the listener's thread ---

    def _run(self) -> None:
        sentences = nmea.Sentences()
        while not self._closing.is_set():
            try:
                data = self._transport.read(4096, READ_WAIT_S)
            except TransportLost:
                sentences.forget()
                self._forget()
                self._closing.wait(self._reopen_s)
                continue
            with self._lock:
                self._lost = False
            for fields in sentences.feed(data):
                self._hear(fields)
        self._transport.close()

    def _hear(self, fields: tuple[str, ...]) -> None:
        said, now_s = nmea.said(fields), self._clock.monotonic()
        with self._lock:
            self._heard_s = now_s
            if said is None:
                return
            if said.fix is None:
                self._fixes.clear()  # whoever says so first is believed
            else:
                self._fixes[said.kind] = (said.fix, now_s)

    def _forget(self) -> None:
        """There is no line any more."""
        with self._lock:
            self._fixes.clear()
            self._heard_s, self._lost = None, True


def open_position(port: str, clock: Clock) -> Position:
    """Returns at once, never raises; without a port there is no place."""
    return NmeaPosition(SerialTransport(port, BAUD), clock) if port else NoPosition()
