"""Device states in the words of XFS4IoT.  UNKNOWN is a value: no driver rounds it to good or bad."""

from __future__ import annotations

from enum import Enum


class DeviceState(Enum):
    """Whether a device can be used."""

    ONLINE = "online"
    OFFLINE = "offline"  # there, but not ready for work: cover open, paper out, paused
    POWER_OFF = "power_off"
    NO_DEVICE = "no_device"  # the link cannot be opened, or nobody answers on it
    HARDWARE_ERROR = "hardware_error"
    USER_ERROR = "user_error"
    DEVICE_BUSY = "device_busy"
    FRAUD_ATTEMPT = "fraud_attempt"
    UNKNOWN = "unknown"


class Media(Enum):
    """A card in a reader's field, or paper at a printer's mouth."""

    PRESENT = "present"
    NOT_PRESENT = "not_present"
    JAMMED = "jammed"
    ENTERING = "entering"
    UNKNOWN = "unknown"


class PaperSupply(Enum):
    """The paper roll of a receipt printer."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"
    UNKNOWN = "unknown"


class Cover(Enum):
    """The cover over the paper roll."""

    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"
