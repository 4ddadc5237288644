"""Tells the service manager that both threads live: the screen by calling, the session by its heartbeat.

A hung vendor call cannot be killed from inside; when the pings stop, systemd starts a clean process.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress

PING_EVERY_S = 10.0
FRESH_S = 90.0  # longer than the longest print with paper being put in


class Watchdog:
    """``heard_at`` is the monotonic time of the session's last sign of life."""

    def __init__(self, heard_at: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._heard_at, self._monotonic = heard_at, monotonic
        self._address = os.environ.get("NOTIFY_SOCKET", "")

    def ready(self) -> None:
        self._send(b"READY=1")

    def ping(self) -> bool:
        """True when the session was fresh and the manager was told so."""
        if self._monotonic() - self._heard_at() > FRESH_S:
            return False
        self._send(b"WATCHDOG=1")
        return True

    def _send(self, message: bytes) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        # a manager that is gone cannot be told; the citizen at the screen must not pay for it
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out, suppress(OSError):
            out.sendto(message, address)
