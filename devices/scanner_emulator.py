"""The far end of a code scanner's wire: hands that hold a code before the window."""

from __future__ import annotations

import threading


class ScannerEmulator:
    """An EmulatedDevice that only speaks.  ``scan`` may be called from any thread."""

    def __init__(self, ending: bytes = b"\r\n") -> None:
        self.ending = ending
        self._lock = threading.Lock()
        self._waiting = b""

    def scan(self, code: str) -> None:
        """The window sees this code: it is sent with the ending."""
        self.send(code.encode() + self.ending)

    def send(self, data: bytes) -> None:
        """Any bytes, for scanners that misbehave."""
        with self._lock:
            self._waiting += data

    def receive(self, data: bytes) -> bytes:
        return b""

    def tick(self) -> bytes:
        with self._lock:
            data, self._waiting = self._waiting, b""
            return data
