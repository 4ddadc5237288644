"""The far end of a wire: an emulated device behind a real pseudo-terminal.

The driver under test opens ``port`` with pyserial as it would a real device.  Speed is enforced here, because a
pseudo-terminal has none: 10 bits a byte, both ways.
"""

from __future__ import annotations

from typing import Protocol


class EmulatedDevice(Protocol):
    """What an emulator must offer.  Both calls come from one thread, the far end's."""

    def receive(self, data: bytes) -> bytes:
        """Bytes the host wrote, in any portions.  Returns what the device sends back at once."""

    def tick(self) -> bytes:
        """Called about every 10 ms: unsolicited or delayed bytes, or b""."""
