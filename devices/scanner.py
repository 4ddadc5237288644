"""What a flow sees of a code scanner.  Content is opaque: a payer's code and an ID number can look alike."""

from __future__ import annotations

from typing import Protocol

from devices.status import DeviceState


class CodeScanner(Protocol):
    """A serial barcode and QR scanner."""

    def status(self) -> DeviceState:
        """Never raises."""

    def discard(self) -> None:
        """Forget everything scanned so far, so that an old code never pays a new order.  Never raises."""

    def poll(self) -> str | None:
        """One complete scan (1-512 printable characters) if there is one, at once; None otherwise.

        Raises TransportLost; ProtocolError for a scan that is too long or holds control characters.
        """
