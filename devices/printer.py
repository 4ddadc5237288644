"""What a flow sees of a receipt printer: a document in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from devices.status import Cover, DeviceState, PaperSupply

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, wrapped by the printer's width.  ``size`` 1 is 24 dots, 2 is doubled both ways."""

    text: str
    size: Literal[1, 2] = 1
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Pair:
    """A label at the left and a value at the right of one line; the value wraps below when both do not fit."""

    label: str
    value: str
    size: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code, centred, error level M.  ``payload`` is ASCII."""

    payload: str


@dataclass(frozen=True, slots=True)
class Big:
    """Figures for old eyes, in the middle: ``points`` high (1/72 inch), what is no figure half as high on the same ground.

    Drawn by our own font.  Broken where a figure begins; on paper that is too narrow for a part, that part is smaller.
    """

    text: str
    points: int = 60


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    lines: int = 1


Element = Line | Pair | Rule | Qr | Big | Feed
Document = tuple[Element, ...]  # the cut at the end is understood


class Verdict(Enum):
    """How a print ended.  After UNKNOWN a second sheet is always a marked copy."""

    PRINTED = "printed"  # the printer said so, the cut included
    NOT_PRINTED = "not_printed"  # nothing reached the paper, and nothing will
    UNKNOWN = "unknown"  # it may be on the paper, or come out later


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    device: DeviceState
    paper: PaperSupply
    cover: Cover

    @property
    def can_print(self) -> bool | None:
        """True, False, or None when nobody knows.  A printer that does not answer at all cannot print: nothing is sent to it."""
        if self.device not in (DeviceState.ONLINE, DeviceState.UNKNOWN):
            return False
        if self.device is DeviceState.UNKNOWN or self.paper is PaperSupply.UNKNOWN:
            return None
        return self.paper in (PaperSupply.FULL, PaperSupply.LOW)


class ReceiptPrinter(Protocol):
    """A thermal receipt printer with a cutter."""

    def status(self) -> PrinterStatus:
        """Asks the printer.  Never raises."""

    def covers(self, text: str) -> bool:
        """Whether every character of ``text`` can be printed (by the firmware's or by our own fonts)."""

    def print(self, document: Document) -> Verdict:
        """Prints and waits for the printer's word.

        Raises UncoveredCharacter before a byte is sent; NotReady (paper, cover, cutter: nothing was sent);
        TransportLost only when nothing of the document was sent.  Everything later is a verdict, never an exception.
        """

    def clear(self) -> bool:
        """The visit is over: no sheet of it, whole or half, shall come out any more.  Never raises.

        False when a sheet that ended UNKNOWN may still come; ask again while nobody is there.  Its verdict stays.
        """
