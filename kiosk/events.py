"""Everything the kiosk ever logs: a closed list.  An event's fields are the whitelist; there is no free text.

A field is a number, a word of a closed list, or an identifier of a fixed form.  What does not fit its field
is written as "?", and so is an identifier that holds a citizen number: the log never ends a visit, and never
tells on anybody.

``python -m kiosk.events >docs/events.md`` writes the document; a test fails when it is stale.
"""

# No ``from __future__ import annotations`` here: the forms of the fields are read from the annotations.

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import Enum
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated, Any, ClassVar, TextIO, get_args, get_origin

from devices.clock import Clock
from devices.errors import CardFault
from devices.idcard import CardKind
from devices.printer import Verdict
from devices.status import DeviceState, PaperSupply
from kiosk import identity
from kiosk.face.booth import BoothFault
from kiosk.face.guidance import End
from kiosk.payment import Event as PaymentEvent
from kiosk.payment import State

MOST_BYTES = 5_000_000
KEPT = 5
MISFIT = "?"

_ROOT = Path(__file__).resolve().parent.parent
_OURS = ("devices", "kiosk", "screens", "stand", "bench", "tests")
_MOST = 10**9  # no figure of ours is larger, and a citizen number is
_EIGHTEEN_INSIDE = re.compile(r"(?<![0-9])[0-9]{17}[0-9X](?![0-9X])")
_FIFTEEN_INSIDE = re.compile(r"(?<![A-Z0-9])[A-Z]{3}[0-9]{12}(?![0-9])")


class Severity(Enum):
    """``error`` needs a person, ``warning`` may soon, ``info`` is a day of work, ``debug`` is for repair."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Device(Enum):
    READER = "reader"
    PRINTER = "printer"
    SCANNER = "scanner"


class VisitEnd(Enum):
    """Why a visit ended; after a surprise the process ends instead."""

    DONE = "done"
    HOME = "home"
    IDLE = "idle"


class Qualified(Enum):
    """How somebody's yearly check stood when they went."""

    ACCEPTED = "accepted"
    PENDING = "pending"  # done here, central has not answered yet
    UNDER_REVIEW = "under_review"
    BOOKED = "booked"  # somebody comes to their home
    POINTED = "pointed"  # to the window, or to the children's phone
    LEFT = "left"  # nothing was done


class JournalFault(Enum):
    BROKEN = "broken"
    UNWRITABLE = "unwritable"


KioskId = Annotated[str, re.compile(r"(?=[0-9]*[A-Z])[A-Z0-9]{2,12}|[0-9]{2,8}")]  # never a telephone number
Version = Annotated[str, re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}")]
OrderId = Annotated[
    str, re.compile(r"[A-Z0-9]{2,12}-[0-9]{8}-[0-9A-F]{10}(-[0-9])?")
]  # as kiosk.till makes them
Subject = Annotated[str, re.compile(r"(order|copy|check|visit):[A-Z0-9]{2,12}-[0-9]{8}-[0-9A-F]{10}")]
ReceiptNo = Annotated[str, re.compile(r"([0-9]{16,22})?")]
Call = Annotated[str, re.compile(r"[a-z][a-z_]{1,29}")]
FileName = Annotated[str, re.compile(r"([A-Za-z0-9_-]{1,60}(\.[A-Za-z][A-Za-z0-9_-]{0,19}){1,3})?")]
ErrorName = Annotated[str, re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")]
Place = Annotated[str, re.compile(r"[a-z_]+(/[a-z0-9_]+)*\.py:[0-9]{1,5}")]


class _ProblemCodes:
    """Central's reasons.  ``kiosk.wire`` is imported when the first is written: the first screen does not wait for it."""

    def __iter__(self) -> Iterator[Enum]:
        from kiosk.wire import ProblemCode

        return iter(ProblemCode)


class _Ways:
    """How somebody may certify."""

    def __iter__(self) -> Iterator[Enum]:
        from kiosk.wire import Way

        return iter(Way)


class _PacketStates:
    """What central made of a packet."""

    def __iter__(self) -> Iterator[Enum]:
        from kiosk.field.wire import PacketState

        return iter(PacketState)


class _PacketResults:
    """Central's word on a packet."""

    def __iter__(self) -> Iterator[Enum]:
        from kiosk.field.wire import PacketResult

        return iter(PacketResult)


Code = Annotated[Enum | str, _ProblemCodes()]


@dataclass(frozen=True)
class Event:
    """``id`` and ``severity`` belong to the kind, fields to the occasion."""

    id: ClassVar[str]
    severity: ClassVar[Severity] = Severity.INFO


@dataclass(frozen=True)
class Started(Event):
    """The first usable frame is drawn, ``ms`` after the window was asked for."""

    id = "started"
    kiosk_id: KioskId
    version: Version
    ms: int


@dataclass(frozen=True)
class Stopped(Event):
    """The program ended by itself or was asked to; systemd starts it again."""

    id = "stopped"
    exit_code: int


@dataclass(frozen=True)
class JournalChecked(Event):
    """The journal was read and every hash fits."""

    id = "journal_checked"
    entries: int


@dataclass(frozen=True)
class JournalRefused(Event):
    """The journal cannot be used, so nobody can pay; `kiosk doctor` says what to do."""

    id = "journal_refused"
    severity = Severity.ERROR
    fault: Annotated[JournalFault | str, JournalFault]


@dataclass(frozen=True)
class ClockSkew(Event):
    """This machine's clock is off central's by ``seconds``; positive when it is ahead."""

    id = "clock_skew"
    severity = Severity.WARNING
    seconds: float


@dataclass(frozen=True)
class DeviceChanged(Event):
    """A device's state is another than before."""

    id = "device_changed"
    severity = Severity.WARNING
    device: Annotated[Device | str, Device]
    state: Annotated[DeviceState | str, DeviceState]
    paper: Annotated[PaperSupply | str | None, PaperSupply] = None


@dataclass(frozen=True)
class VisitStarted(Event):
    """Somebody began; visits are counted from the start of the program."""

    id = "visit_started"
    visit_no: int


@dataclass(frozen=True)
class VisitEnded(Event):
    """The visit is over and nothing of the person is left in the program."""

    id = "visit_ended"
    visit_no: int
    reason: Annotated[VisitEnd | str, VisitEnd]
    seconds: float


@dataclass(frozen=True)
class CardRead(Event):
    """A card was read, after ``tries`` looks at it."""

    id = "card_read"
    kind: Annotated[CardKind | str, CardKind]
    tries: int
    ms: int


@dataclass(frozen=True)
class CardNotRead(Event):
    """A card was there but no reading was made of it."""

    id = "card_not_read"
    severity = Severity.WARNING
    fault: Annotated[CardFault | str, CardFault]


@dataclass(frozen=True)
class CardLeftBehind(Event):
    """A card still lies on the reader after the visit; staff should look after it."""

    id = "card_left_behind"
    severity = Severity.WARNING


@dataclass(frozen=True)
class HelpOpened(Event):
    """Somebody pressed the help button."""

    id = "help_opened"


@dataclass(frozen=True)
class OrderMoved(Event):
    """An order's state changed; the new one is on the disk."""

    id = "order_moved"
    order_id: OrderId
    from_state: Annotated[State | str, State]
    to_state: Annotated[State | str, State]
    event: Annotated[PaymentEvent | str, PaymentEvent]


@dataclass(frozen=True)
class PaymentParked(Event):
    """Central refuses to say how an order or a sheet ended: a person must look.  It is asked on and on."""

    id = "payment_parked"
    severity = Severity.ERROR
    order_id: OrderId
    code: Code


@dataclass(frozen=True)
class OutboxDelivered(Event):
    """Something that no flow held any more is settled with central."""

    id = "outbox_delivered"
    subject: Subject


@dataclass(frozen=True)
class CheckBegun(Event):
    """Somebody agreed to be compared with their picture; the agreement is on the disk."""

    id = "check_begun"
    check_id: OrderId


@dataclass(frozen=True)
class CheckParked(Event):
    """Central refuses what a yearly check or a home visit says: a person must look.  It is asked on and on."""

    id = "check_parked"
    severity = Severity.ERROR
    subject: Subject
    code: Code


@dataclass(frozen=True)
class QualificationEnded(Event):
    """How the yearly check of a visit ended, the way it went last, and how often the machine looked and did not recognise."""

    id = "qualification_ended"
    end: Annotated[Qualified | str, Qualified]
    way: Annotated[Enum | str | None, _Ways()]
    tries: int


@dataclass(frozen=True)
class PrintEnded(Event):
    """A sheet's end, as the printer tells it; ``copy_number`` 0 is the original."""

    id = "print_ended"
    verdict: Annotated[Verdict | str, Verdict]
    copy_number: int
    ms: int
    receipt_no: ReceiptNo = ""


@dataclass(frozen=True)
class SheetHeld(Event):
    """A sheet of a visit that is over may still come out: switch the printer off and on before paper is loaded."""

    id = "sheet_held"
    severity = Severity.WARNING


@dataclass(frozen=True)
class FaceUnusable(Event):
    """No face check can be made here; every other way goes on.  `file`: of weights; `kiosk face doctor` says what to do."""

    id = "face_unusable"
    severity = Severity.ERROR
    fault: Annotated[BoothFault | str, BoothFault]
    file: FileName = ""


@dataclass(frozen=True)
class FaceChecked(Event):
    """A face check ended after `ms` and so many `frames`; `steps` actions were asked."""

    id = "face_checked"
    end: Annotated[End | str, End]
    ms: int
    frames: int
    steps: int


@dataclass(frozen=True)
class PacketsRecovered(Event):
    """A power cut left files of visits: `adopted` are kept like any other, `aside` fit nowhere and lie there for a person."""

    id = "packets_recovered"
    severity = Severity.WARNING
    adopted: int
    aside: int


@dataclass(frozen=True)
class PacketAnswered(Event):
    """Central has a visit of this tablet, and this is its word on it."""

    id = "packet_answered"
    seq: int
    state: Annotated[Enum | str, _PacketStates()]
    result: Annotated[Enum | str, _PacketResults()]


@dataclass(frozen=True)
class PacketParked(Event):
    """Central refuses a visit: a person must look.  Its content stays here; it is offered again after the next start."""

    id = "packet_parked"
    severity = Severity.ERROR
    seq: int
    code: Code


@dataclass(frozen=True)
class PacketLost(Event):
    """The file of a visit is gone or broken; central is told, with what was signed of it."""

    id = "packet_lost"
    severity = Severity.ERROR
    seq: int


@dataclass(frozen=True)
class TabletRevoked(Event):
    """Central has revoked this tablet: the day's people, badges and the secret are destroyed; what is sealed stays."""

    id = "tablet_revoked"
    severity = Severity.WARNING


@dataclass(frozen=True)
class CentralUnreachable(Event):
    """Central did not answer a call, or not with anything of the contract, within ``ms``."""

    id = "central_unreachable"
    severity = Severity.WARNING
    call: Call
    ms: int


@dataclass(frozen=True)
class CentralRefused(Event):
    """Central answered a call with a problem."""

    id = "central_refused"
    severity = Severity.WARNING
    call: Call
    code: Code


@dataclass(frozen=True)
class Surprise(Event):
    """An exception nobody expected; the process ends.  Its type and our innermost line, never its message."""

    id = "surprise"
    severity = Severity.ERROR
    kind: ErrorName
    where: Place

    @classmethod
    def of(cls, error: BaseException) -> "Surprise":
        """From an exception that was raised: the innermost frame that is ours."""
        where = MISFIT
        for frame in traceback.extract_tb(error.__traceback__):
            path = _ROOT / frame.filename  # a packaged program names every file from there, ours and others'
            if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _OURS:
                where = f"{path.relative_to(_ROOT).as_posix()}:{frame.lineno}"
        return cls(type(error).__name__, where)


EVENTS: tuple[type[Event], ...] = (
    *(Started, Stopped, JournalChecked, JournalRefused, ClockSkew, DeviceChanged),
    *(VisitStarted, VisitEnded, CardRead, CardNotRead, CardLeftBehind, HelpOpened),
    *(OrderMoved, PaymentParked, OutboxDelivered, PrintEnded, SheetHeld),
    *(CheckBegun, CheckParked, QualificationEnded),
    *(FaceUnusable, FaceChecked),
    *(PacketsRecovered, PacketAnswered, PacketParked, PacketLost, TabletRevoked),
    *(CentralUnreachable, CentralRefused, Surprise),
)


_HEAD = """# Log events

Made by `python -m kiosk.events >docs/events.md`; do not edit.  The log is one JSON line per event with `time`
(UTC), `level`, `id` and the fields below, and nothing else: no names, no citizen numbers, no free text.  A
value that does not fit its field is written as `"?"`.

| id | level | meaning | fields |
| --- | --- | --- | --- |
"""


class _Quiet:
    """A handler that keeps on: a full disk must not end a visit, nor put a line on a screen."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Drops the line."""


class _File(_Quiet, RotatingFileHandler):
    """A log file, rotated by size."""


class _Stream(_Quiet, logging.StreamHandler[TextIO]):
    """A stream somebody else owns."""


class Log:
    """One JSON line per event.  Any thread may write.  A line that cannot be written is lost, no more."""

    def __init__(self, out: Path | TextIO, clock: Clock, level: Severity = Severity.INFO) -> None:
        """``out``: a file, rotated at MOST_BYTES with KEPT old ones, or a stream.  Raises OSError."""
        self._clock, self._level = clock, level
        self._handler: logging.Handler = (
            _File(out, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8")
            if isinstance(out, Path)
            else _Stream(out)
        )

    def write(self, event: Event) -> None:
        """Writes an event, if it is severe enough.  Never raises."""
        if event.severity.value < self._level.value:
            return
        at = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": event.severity.name.lower(), "id": event.id, **_said(event)}
        self._handler.handle(logging.makeLogRecord({"msg": json.dumps(line)}))

    def close(self) -> None:
        """Closes the file.  A stream stays open."""
        self._handler.close()


def render() -> str:
    """docs/events.md."""
    return _HEAD + "".join(_row(kind) for kind in EVENTS)


def _row(kind: type[Event]) -> str:
    meaning = " ".join((kind.__doc__ or "").replace("``", "`").split())
    return f"| `{kind.id}` | {kind.severity.name.lower()} | {meaning} | {_fields(kind)} |\n"


def _said(event: Event) -> dict[str, object]:
    return {field.name: _fit(getattr(event, field.name), field.type) for field in fields(event)}


def _fit(value: Any, form: Any) -> object:
    """The value as it is written, or MISFIT."""
    if form is int or form is float:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST
        return (round(value, 3) if form is float else int(value)) if fits else MISFIT
    rule = get_args(form)[1]
    if value is None and type(None) in get_args(get_args(form)[0]):
        return None
    if isinstance(value, Enum):
        value = value.value
    if not isinstance(value, str):
        return MISFIT
    if isinstance(rule, re.Pattern):
        return value if rule.fullmatch(value) and not _tells_on_somebody(value) else MISFIT
    return value if value in {member.value for member in rule} else MISFIT


def _tells_on_somebody(text: str) -> bool:
    """Whether a citizen number is inside.  A receipt number only looks like one: it fails the checks."""
    for found in _EIGHTEEN_INSIDE.findall(text):
        try:
            identity.parse(found, date.max)
        except identity.InvalidNumber:
            continue
        return True
    return _FIFTEEN_INSIDE.search(text) is not None


def _fields(kind: type[Event]) -> str:
    return "<br>".join(f"`{field.name}`: {_form(field.type)}" for field in fields(kind)) or "none"


def _form(form: Any) -> str:
    if get_origin(form) is not Annotated:
        return {int: "whole number", float: "number"}[form]
    kind, rule = get_args(form)
    if isinstance(rule, re.Pattern):
        return f"`{rule.pattern}`".replace("|", "\\|")
    words = [str(member.value) for member in rule]
    return ", ".join([*words, "null"] if type(None) in get_args(kind) else words)


if __name__ == "__main__":
    sys.stdout.write(render())
