"""What a device command can raise.

    DeviceError
    ├── TransportLost      the link is gone: unplugged, closed, refused
    ├── Timeout            no answer before the deadline
    ├── ProtocolError      an answer came that the protocol does not allow
    ├── HardwareError      the device reports a fault of its own; ``code`` is the device's word
    ├── NotReady           the device cannot take this command now; ``reason`` is a status word
    ├── CardNotRead        a card was there, but could not be read; ``reason`` is a CardFault
    └── UncoveredCharacter no font draws this character, so the job failed before its first byte

Polling (``status``) never raises.  No message carries personal data.
"""

from __future__ import annotations

from enum import Enum


class CardFault(Enum):
    """Why a card that was seen could not be read."""

    PULLED = "pulled"  # left the field while it was being read
    UNSUPPORTED = "unsupported"  # the reader does not know this kind of card, or we do not know its layout
    UNREADABLE = "unreadable"  # two cards at once, a worn chip, a line that garbles: try again with one card
    INVALID = "invalid"  # read well, but its number, dates or flags contradict each other


class DeviceError(Exception):
    """Any failure of a device command."""


class TransportLost(DeviceError):
    """The link is gone: serial unplugged, socket closed, port missing."""


class Timeout(DeviceError):
    """No answer before the deadline.  The command may still have been carried out."""


class ProtocolError(DeviceError):
    """An answer the protocol does not allow: bad checksum, impossible length, wrong marker."""


class HardwareError(DeviceError):
    """The device reports a fault.  ``code`` is the device's own word for it, in hex."""

    def __init__(self, code: str) -> None:
        super().__init__(f"device reports {code}")
        self.code = code


class NotReady(DeviceError):
    """The device cannot take this command now.  ``reason`` is one word of devices.status."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not ready: {reason}")
        self.reason = reason


class CardNotRead(DeviceError):
    """A card was in the field but no reading was made of it."""

    def __init__(self, fault: CardFault) -> None:
        super().__init__(f"card not read: {fault.value}")
        self.fault = fault


class UncoveredCharacter(DeviceError):
    """No installed font draws this character.  ``codepoint`` is an int; the character itself is never put in a message."""

    def __init__(self, codepoint: int) -> None:
        super().__init__("a character is in no installed font")
        self.codepoint = codepoint
