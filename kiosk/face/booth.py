"""The face check as a flow sees it: a booth that somebody sits down in.  A port; no arrays, no process here.

booth.prepare()            a worker starts and loads its networks; the camera stays shut
sitting = booth.sit()      that worker; its key exists in its memory only
sitting.begin(brief)       after consent, and only then, the camera opens
sitting.news()             what to tell the person, again and again, until it is an Outcome
sitting.close()            the process ends and everything it saw with it

A photograph instead, or after the check ended, when a member of staff looks at the person and no machine compares anything:

sitting.photograph()       the camera opens; the preview shows the whole picture, as it is and not as in a mirror
sitting.shoot()            the newest picture stands still; again: a newer one
sitting.seal_photo(...)    what stands still, for central only
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from kiosk.face.guidance import Guidance, Outcome
from kiosk.face.zones import Source

Strokes = tuple[tuple[tuple[int, int], ...], ...]  # kiosk.views.Signature


class BoothState(Enum):
    """READY and UNKNOWN (nobody has looked yet) may be tried; with the others face is not offered."""

    READY = "ready"
    UNKNOWN = "unknown"
    NO_CAMERA = "no_camera"
    UNUSABLE = "unusable"  # weights altered or missing, limits not signed ...: kiosk face doctor says which


class BoothFault(Enum):
    """Why no check can be made here; for the log."""

    MODEL_MISSING = "model_missing"
    MODEL_ALTERED = "model_altered"
    ENGINE = "engine"  # what compares faces cannot be used
    LIMITS = "limits"  # refused: unsigned, altered, for another engine, or too loose
    PACKAGE = "package"  # a library is not installed
    NOT_STARTED = "not_started"  # the worker ended, or said nothing in time
    NO_CAMERA = "no_camera"  # it cannot be opened
    BROKEN = "broken"  # it ended amid what it was asked, twice in a row


class BoothUnusable(Exception):
    """No check can be made here and now.  The message is for the log, without anything personal."""


@dataclass(frozen=True)
class SealedReference:
    """A picture or vector of the person for this one check, HPKE to the sitting's key; opened in the worker only."""

    source: Source
    sealed: bytes


@dataclass(frozen=True)
class Brief:
    """What central gave for one check.  ``info`` binds the seals to it."""

    check_id: str
    info: bytes
    references: tuple[SealedReference, ...]
    gentle: bool = False  # more time for each action, for the very old


@dataclass(frozen=True)
class Picture:
    """One small mirrored picture for the screen: RGB bytes, row by row.  ``number`` grows.  Whoever has shown it forgets it."""

    number: int
    width: int
    height: int
    pixels: bytes | bytearray

    def forget(self) -> None:
        """Zeroes it where it lies: freed memory would keep the face.  Constant bytes, of a test or a drawing, stay."""
        if isinstance(self.pixels, bytearray):
            self.pixels[:] = bytes(len(self.pixels))

    def __repr__(self) -> str:
        return f"Picture({self.number})"


class Preview(Protocol):
    def read(self, after: int) -> Picture | None:
        """The newest picture when its number is above ``after``.  Any thread, never waits; None for ever after the sitting closed."""


class Sitting(Protocol):
    @property
    def key(self) -> bytes:
        """The worker's X25519 public key, 32 bytes."""

    @property
    def preview(self) -> Preview: ...

    def begin(self, brief: Brief) -> None:
        """Opens the camera.  Once.  Returns at once."""

    def news(self) -> Guidance | Outcome:
        """The newest word; never waits, never raises.  After an Outcome always that Outcome, and the camera is shut."""

    def seal_picture(self, key: bytes, info: bytes, strokes: Strokes = ()) -> bytes | None:
        """The best frame and the signature under it as kiosk.wire.ReviewPicture says, HPKE to central's key (32 bytes).

        Only after an Outcome with ``has_picture``; None: it is gone.  At most 44,000 bytes come back: that is what central takes.
        """

    def photograph(self) -> None:
        """Opens the camera without a check: nothing is detected, compared or kept.  Returns at once.

        At the beginning, or after an Outcome, whose picture is forgotten with this.  ``news`` is then a Guidance in Phase.OPENING
        until pictures come, in Phase.LOOKING while they do, and Outcome(CAMERA_LOST) or Outcome(BROKEN) when they do no more: the
        camera is shut, and after CAMERA_LOST photograph may be called again.  While it is open: what stood still moves again.
        """

    def shoot(self) -> bool:
        """The newest picture stands still, in the preview too.  May be called again.  False: there is none; nothing has changed."""

    def seal_photo(self, key: bytes, info: bytes) -> bytes | None:
        """The picture that stands still, whole, as kiosk.wire.ReviewPicture says with no strokes; HPKE to central's key (32 bytes).

        None: nothing stands still.  At most 44,000 bytes come back.  May be called again.
        """

    def close(self) -> None:
        """Ends the worker.  May be called twice."""


class Booth(Protocol):
    def status(self) -> BoothState:
        """Never raises, never waits."""

    def prepare(self) -> None:
        """Starts a worker, if none is waiting.  Returns at once, never raises."""

    def sit(self) -> Sitting:
        """The worker that was prepared, or a new one; waits until it is up, some seconds at most.  Raises BoothUnusable."""

    def close(self) -> None:
        """Ends a worker that is waiting.  May be called twice."""


class NoBooth:
    """A machine without a camera."""

    def status(self) -> BoothState:
        return BoothState.NO_CAMERA

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def sit(self) -> Sitting:
        raise BoothUnusable("no camera is configured")

    def close(self) -> None:
        """There is nothing to end."""
