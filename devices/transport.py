"""Bytes to a device and back.  Opens on first use, and again on the next use after a loss.

Everything that means "the link is gone" (SerialException, OSError, termios.error) is the one TransportLost.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import termios
from typing import Protocol

import serial

from devices.errors import Timeout, TransportLost

LINK_GONE = (serial.SerialException, OSError, termios.error)
IN_USE = (errno.EAGAIN, errno.EBUSY)
NO_MODEM = (errno.ENOTTY, errno.EINVAL)  # a pseudo-terminal and some adapters have no lines to ask about
SLICE_BYTES = 1024  # at 9600 baud one second: the stall deadline is counted a slice


class Transport(Protocol):
    """A line to one device, used from one thread."""

    def discard(self) -> None:
        """Forget what has arrived: a late answer must not pass for the next one.  Raises TransportLost."""

    def write(self, data: bytes) -> None:
        """Hands everything to the line.

        Raises TransportLost; Timeout when the far end stopped taking bytes (flow control): an unknown part
        was sent, and what the line still held is dropped.
        """

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """What is there, up to ``max_bytes``, as soon as one byte is; b"" after ``timeout_s``.

        Raises TransportLost.
        """

    def held(self) -> bool:
        """Whether the far end takes no bytes just now: what is written waits.  False when the line cannot tell.

        Raises TransportLost.
        """

    def interrupt(self, data: bytes) -> None:
        """Drops what has not left this machine, then sends ``data`` even while the far end holds the line.

        For commands that a device obeys at any time.  Raises TransportLost, Timeout.
        """

    def close(self) -> None:
        """Give the port back; the next use opens it again.  Never raises."""


class SerialTransport:
    """A serial port, a pseudo-terminal, or ``socket://host:port`` (a serial server passing bytes unchanged).

    8 data bits, no parity, 1 stop bit.  The port is locked against a second program.  ``stall_timeout_s``:
    how long the line may refuse bytes before ``write`` gives up.
    """

    def __init__(self, port: str, baud: int, *, rtscts: bool = False, stall_timeout_s: float = 5.0) -> None:
        self.port = port
        self.baud = baud
        self._rtscts = rtscts
        self._stall_timeout_s = stall_timeout_s
        self._serial: serial.Serial | None = None

    def discard(self) -> None:
        try:
            self._opened().reset_input_buffer()
        except LINK_GONE as error:
            raise self._lost(error) from error

    def write(self, data: bytes) -> None:
        try:
            line = self._opened()
            for start in range(0, len(data), SLICE_BYTES):
                line.write(data[start : start + SLICE_BYTES])
        except serial.SerialTimeoutException as error:
            with contextlib.suppress(*LINK_GONE):  # gone as well: the next use says so
                self._opened().reset_output_buffer()
            raise Timeout(f"{self.port} takes no more bytes") from error
        except LINK_GONE as error:
            raise self._lost(error) from error

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        try:
            line = self._opened()
            # pyserial's own read waits for all of max_bytes; a latency we do not have
            ready, _, _ = select.select([line.fileno()], [], [], max(0.0, timeout_s))
            return bytes(line.read(max_bytes)) if ready else b""
        except LINK_GONE as error:
            raise self._lost(error) from error

    def held(self) -> bool:
        try:
            return self._rtscts and not self._opened().cts
        except LINK_GONE as error:
            if getattr(error, "errno", None) in NO_MODEM:
                return False
            raise self._lost(error) from error

    def interrupt(self, data: bytes) -> None:
        try:
            line = self._opened()
            line.reset_output_buffer()  # a serial server keeps what it has; what follows comes after it
            line.rtscts = False
            try:
                line.write(data)
                line.flush()  # held again, the port would keep what has not left
            finally:
                line.rtscts = self._rtscts
        except serial.SerialTimeoutException as error:
            raise Timeout(f"{self.port} takes no more bytes") from error
        except LINK_GONE as error:
            raise self._lost(error) from error

    def close(self) -> None:
        line, self._serial = self._serial, None
        if line is not None:
            with contextlib.suppress(*LINK_GONE):  # gone already is as good as closed
                line.close()

    def _opened(self) -> serial.Serial:
        if self._serial is None:
            try:
                self._serial = serial.serial_for_url(
                    self.port,
                    baudrate=self.baud,
                    timeout=0,
                    write_timeout=self._stall_timeout_s,
                    rtscts=self._rtscts,
                    exclusive=True,
                )
            except ValueError as error:  # an address pyserial does not know, or a speed the port cannot do
                raise TransportLost(f"{self.port} cannot be opened: {error}") from error
        return self._serial

    def _lost(self, error: Exception) -> TransportLost:
        self.close()
        number = getattr(error, "errno", None)
        if number in IN_USE:
            return TransportLost(f"{self.port}: in use by another program")
        return TransportLost(f"{self.port}: {os.strerror(number) if number else error}")
