"""What booth and worker say to each other: four bytes of length, then one JSON object, over a pair of sockets.

    booth     Settings    first: which camera, which engine
              Begin       after consent: the camera opens
              Seal        the best frame, sealed to a key
              Photograph  the camera opens, and no check is made
              Shoot       the newest picture stands still
              GoOn        it moves again
              SealPhoto   the one that stands still, sealed to a key
              Close       wipe and end
    worker    Ready       its public key; the camera is shut
              Unusable    no check can be made here, and why; it ends
              Alive       nothing new, but it lives
              Said        another Guidance
              Ended       the Outcome; the camera is shut
              Sealed      what Seal or SealPhoto asked for
              Shot        whether a picture stands still
              Died        a surprise ends it: type and line, never the message

Both sides read with suspicion: what does not fit its form exactly raises PipeBroken.  A worker then ends; the booth ends the worker.
"""

from __future__ import annotations

import base64
import json
import select
import socket
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from devices.clock import Clock, SystemClock
from kiosk.config import Camera, Face
from kiosk.face.booth import BoothFault, Brief, Strokes
from kiosk.face.guidance import Guidance, Outcome

T = TypeVar("T")
HEAD_BYTES = 4
MOST_BYTES = 4 * 2**20  # a few references of some hundred KB, as base64
CHUNK_BYTES = 65536
# after its time ``take`` reads what has come already, and no longer: a far end may go on for ever
HERE_S = 0.1


class PipeBroken(Exception):
    """The far end is gone, or what it says is nothing of ours."""


@dataclass(frozen=True)
class Settings:
    camera: Camera
    face: Face


@dataclass(frozen=True)
class Begin:
    brief: Brief


@dataclass(frozen=True)
class Seal:
    key: bytes
    info: bytes
    strokes: Strokes


@dataclass(frozen=True)
class Photograph:
    pass


@dataclass(frozen=True)
class Shoot:
    pass


@dataclass(frozen=True)
class GoOn:
    pass


@dataclass(frozen=True)
class SealPhoto:
    key: bytes
    info: bytes


@dataclass(frozen=True)
class Close:
    pass


@dataclass(frozen=True)
class Ready:
    key: bytes


@dataclass(frozen=True)
class Unusable:
    """``file``: of weights, "" when it is none; ``words`` for the log, as the exception says them."""

    fault: BoothFault
    file: str
    words: str


@dataclass(frozen=True)
class Alive:
    pass


@dataclass(frozen=True)
class Said:
    guidance: Guidance


@dataclass(frozen=True)
class Ended:
    """``opened`` False: the camera never gave a picture."""

    outcome: Outcome
    opened: bool


@dataclass(frozen=True)
class Sealed:
    """``content`` None: there is no picture."""

    content: bytes | None


@dataclass(frozen=True)
class Shot:
    taken: bool


@dataclass(frozen=True)
class Died:
    kind: str
    where: str


Asked = Settings | Begin | Seal | Photograph | Shoot | GoOn | SealPhoto | Close
Message = Asked | Ready | Unusable | Alive | Said | Ended | Sealed | Shot | Died
KINDS: tuple[type[Message], ...] = (
    Settings,
    Begin,
    Seal,
    Photograph,
    Shoot,
    GoOn,
    SealPhoto,
    Close,
    Ready,
    Unusable,
    Alive,
    Said,
    Ended,
    Sealed,
    Shot,
    Died,
)


class Pipe:
    """One end of the pair.  Nothing waits, but ``take`` for as long as it is told to.  Belongs to one thread."""

    def __init__(self, end: socket.socket, clock: Clock | None = None) -> None:
        """``clock`` is the real one: a poll lives in no test's time."""
        end.setblocking(False)
        self._clock = clock or SystemClock()
        self._end, self._in, self._out = end, bytearray(), bytearray()

    def post(self, message: Message) -> None:
        """Sends it, or keeps what does not go now for the next ``post`` or ``take``.  Raises PipeBroken."""
        body = json.dumps([type(message).__name__, plain(message)], allow_nan=False).encode()
        self._out += len(body).to_bytes(HEAD_BYTES, "big") + body
        self._flush()

    def take(self, wait_s: float) -> Message | None:
        """The next message; None when none came whole in time, however many pieces of it did.  Raises PipeBroken."""
        until_s = self._clock.monotonic() + wait_s
        while (message := self._whole()) is None:
            self._flush()
            if self._end.fileno() < 0:
                raise PipeBroken("closed here")
            poll = select.poll()  # select() knows no number above 1023
            poll.register(self._end, select.POLLIN | (select.POLLOUT if self._out else 0))
            left_s = until_s - self._clock.monotonic()
            happened = poll.poll(max(left_s, 0.0) * 1000) if left_s > -HERE_S else []
            if not happened:
                return None
            if happened[0][1] & ~select.POLLOUT:
                self._fill()
        return message

    def close(self) -> None:
        self._end.close()

    def _fill(self) -> None:
        try:
            came = self._end.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise PipeBroken("cannot be read") from error
        if not came:
            raise PipeBroken("the far end is closed")
        self._in += came

    def _flush(self) -> None:
        try:
            while self._out:
                del self._out[: self._end.send(self._out)]
        except BlockingIOError:
            return
        except OSError as error:
            raise PipeBroken("cannot be written") from error

    def _whole(self) -> Message | None:
        if len(self._in) < HEAD_BYTES:
            return None
        length = int.from_bytes(self._in[:HEAD_BYTES], "big")
        if length > MOST_BYTES:
            raise PipeBroken("too long")
        if len(self._in) < HEAD_BYTES + length:
            return None
        body = bytes(self._in[HEAD_BYTES : HEAD_BYTES + length])
        del self._in[: HEAD_BYTES + length]
        return parse(body)


def parse(body: bytes) -> Message:
    """Raises PipeBroken."""
    try:
        name, values = json.loads(body, parse_constant=_no_number)
        kind: type[Message] = next(kind for kind in KINDS if kind.__name__ == name)
        return unplain(kind, values)
    except (ValueError, TypeError, KeyError, StopIteration, RecursionError) as error:
        raise PipeBroken("is no message") from error


def plain(value: Any) -> Any:
    """A value of ours as JSON holds it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def unplain(form: type[T], raw: object) -> T:
    """A value of this form, exactly.  Raises ValueError, TypeError, KeyError."""
    value: T = _unplain(form, raw)
    return value


def _unplain(form: Any, raw: Any) -> Any:
    origin, parts = get_origin(form), get_args(form)
    if origin is Annotated:
        return _unplain(parts[0], raw)
    if origin in (Union, UnionType):
        (inner,) = (part for part in parts if part is not NoneType)
        return None if raw is None else _unplain(inner, raw)
    if origin is Literal:
        return parts[parts.index(raw)]
    if origin is tuple:
        if type(raw) is not list:
            raise TypeError("no list")
        if parts[-1] is ...:
            return tuple(_unplain(parts[0], item) for item in raw)
        return tuple(_unplain(part, item) for part, item in zip(parts, raw, strict=True))
    if origin is dict:
        if type(raw) is not dict:
            raise TypeError("no object")
        return {_unplain(parts[0], name): _unplain(parts[1], item) for name, item in raw.items()}
    return _single(form, raw)


def _single(form: Any, raw: Any) -> Any:
    if is_dataclass(form) and isinstance(form, type):
        forms = get_type_hints(form, include_extras=True)
        if type(raw) is not dict or set(raw) != {field.name for field in fields(form)}:
            raise KeyError("other fields")
        return form(**{name: _unplain(forms[name], item) for name, item in raw.items()})
    if isinstance(form, type) and issubclass(form, Enum):
        return form(raw)
    if form is bytes:
        return base64.b64decode(_unplain(str, raw), validate=True)
    if form is Path:
        return Path(_unplain(str, raw))
    if form is float and type(raw) is int:
        return float(raw)
    if type(raw) is not form:
        raise TypeError("another type")
    return raw


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)
