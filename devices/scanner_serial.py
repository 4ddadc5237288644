"""Driver of a serial code scanner: a line of text for every scan, ended by CR, LF or both.

Set the scanner to send that ending, 8N1, and nothing before the code.  A line that may have lost its
beginning is never given away as a code: half a payer's code could be somebody else's.  Nothing scanned is
ever put in a message.
"""

from __future__ import annotations

import re

from devices.clock import Clock
from devices.errors import DeviceError, ProtocolError, TransportLost
from devices.status import DeviceState
from devices.transport import Transport

LONGEST = 512  # characters
LONGEST_BYTES = 4 * LONGEST
STALE_S = 1.0  # a code at 9600 baud takes half a second at most; whoever pauses longer was interrupted
ENDINGS = re.compile(rb"[\r\n]")


class SerialScanner:
    """A CodeScanner over any Transport."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._buffer = b""
        self._headless = False  # the next line began before we listened, or was too long
        self._heard_s = clock.monotonic()

    def status(self) -> DeviceState:
        """ONLINE says that the port is open: a scanner speaks only when it scans."""
        try:
            self._listen()
        except TransportLost:
            return DeviceState.NO_DEVICE
        return DeviceState.ONLINE

    def discard(self) -> None:
        try:
            while self._listen():
                self._keep_unfinished()
        except DeviceError:
            return  # a lost line holds nothing
        self._keep_unfinished()
        if self._buffer:
            self._buffer, self._headless = b"", True  # its other half may still come

    def poll(self) -> str | None:
        self._listen()
        while ending := ENDINGS.search(self._buffer):
            line, self._buffer = self._buffer[: ending.start()], self._buffer[ending.end() :]
            headless, self._headless = self._headless, False
            if headless:
                raise ProtocolError("a scan without its beginning")
            if line:
                return _text(line)
        if len(self._buffer) > LONGEST_BYTES:
            self._buffer, self._headless = b"", True
            raise ProtocolError("a scan without an end")
        return None

    def close(self) -> None:
        """Gives the port back; the next use opens it again."""
        self._transport.close()

    def _listen(self) -> bool:
        try:
            data = self._transport.read(4096, 0.0)
        except TransportLost:
            self._buffer, self._headless = b"", False
            raise
        if data:
            now_s = self._clock.monotonic()
            if self._buffer and now_s - self._heard_s > STALE_S and not ENDINGS.search(self._buffer):
                self._headless = True
            self._heard_s = now_s
            self._buffer += data
        return bool(data)

    def _keep_unfinished(self) -> None:
        endings = list(ENDINGS.finditer(self._buffer))
        if endings:
            self._buffer, self._headless = self._buffer[endings[-1].end() :], False


def _text(line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError("a scan that is not UTF-8") from None
    if len(text) > LONGEST:
        raise ProtocolError("a scan that is too long")
    if not text.isprintable():
        raise ProtocolError("a scan with control characters")
    return text
