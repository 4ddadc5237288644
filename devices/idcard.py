"""What a flow sees of an ID-card reader.  Not a byte of any protocol here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from devices.status import DeviceState, Media


class CardKind(Enum):
    """Which card it is; the four layouts differ."""

    RESIDENT = "resident"  # 居民身份证
    HMT = "hmt"  # 港澳台居民居住证, flag J
    FOREIGNER_2017 = "foreigner_2017"  # 外国人永久居留身份证 2017, flag I, 15-character number
    FOREIGNER_2023 = "foreigner_2023"  # 外国人永久居留身份证 2023, flag Y, 18-digit number


@dataclass(frozen=True, slots=True)
class IdCard:
    """One reading.  Text is as the chip holds it, padding stripped; dates are YYYYMMDD, valid_to may be 长期.

    ``photo`` is the undecoded WLT block (1024 bytes) or empty.  repr shows no personal data.
    """

    kind: CardKind
    name: str
    number: str
    sex: str  # GB/T 2261.1 code: 0, 1, 2 or 9
    birth: str
    valid_from: str
    valid_to: str
    nation: str = ""  # GB/T 3304 code of a resident; blank on the others
    address: str = ""
    issuer: str = ""
    nationality: str = ""  # GB/T 2659 letters of a foreigner
    english_name: str = ""
    photo: bytes = b""

    def __repr__(self) -> str:
        return f"IdCard({self.kind.value})"


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """``media`` is the last thing known of the field; UNKNOWN until somebody looked."""

    device: DeviceState
    media: Media


class IdCardReader(Protocol):
    """A contactless reader of ID cards.  A session is: poll until a card is there, read it, wait for media_taken, again."""

    def status(self) -> ReaderStatus:
        """The device's state.  Never raises."""

    def poll(self) -> IdCard | None:
        """One quick look at the field: None when it is empty, a reading when a card lies there.

        After a reading, the same card does not answer again until it has left the field.
        Raises CardNotRead, TransportLost, Timeout, ProtocolError, HardwareError.
        """

    def media_taken(self) -> bool:
        """True once the card that was read (or failed to be read) has left the field.  Never raises; a lost reader is True."""
