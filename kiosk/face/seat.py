"""One sitting, inside the worker: from the key to the last zero.

    Ready      the camera is shut
    Begin      references are opened, the camera opens; pictures go to the mirror, words to the booth
    Ended      the camera is shut, the mirror empty; the best frame is held for a Seal, and for nothing else
    Close      it is over

What was not asked for in this order ends the worker.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from random import SystemRandom

from devices.camera import Camera
from devices.clock import Clock
from kiosk.face import talk
from kiosk.face.booth import Brief
from kiosk.face.check import Check, Given
from kiosk.face.guidance import Guidance
from kiosk.face.matcher import Matcher
from kiosk.face.mirror import Mirror
from kiosk.face.models import Models
from kiosk.face.picture import mirrored, signed
from kiosk.face.talk import Pipe, PipeBroken
from kiosk.face.zones import Thresholds
from kiosk.seal import NotSealedForUs, ReceiverKey, seal

LONGEST_WAIT_S = 600.0  # for a Begin, a Seal or a Close; then it ends by itself
ALIVE_EVERY_S = 1.0
FRAME_WAIT_S = 0.1


@dataclass(frozen=True)
class Engine:
    """What is loaded once."""

    models: Models
    matcher: Matcher
    thresholds: Thresholds


class Seat:
    """One sitting, from Ready to the end.  ``open_camera``: called after consent only."""

    def __init__(
        self,
        pipe: Pipe,
        mirror: Mirror,
        engine: Engine,
        settings: talk.Settings,
        open_camera: Callable[[], Camera],
        clock: Clock,
    ) -> None:
        self._pipe, self._mirror, self._engine, self._settings = pipe, mirror, engine, settings
        self._open_camera, self._clock = open_camera, clock
        self._key = ReceiverKey()
        self._spoke_s = clock.monotonic()

    def serve(self) -> None:
        """Returns when it is over.  Raises PipeBroken when the booth is gone or speaks nonsense."""
        self._say(talk.Ready(self._key.public))
        match self._wait():
            case talk.Begin(brief):
                self._sitting(brief)
            case talk.Close() | None:
                return
            case _:
                raise PipeBroken("nothing else can be asked now")

    def _sitting(self, brief: Brief) -> None:
        with closing(self._open_camera()) as camera:  # it warms up while the references are made ready
            check = self._new_check(brief)
            try:
                opened = self._look(check, camera)
                self._mirror.clear()
                camera.close()
                if check.outcome is not None:
                    self._say(talk.Ended(check.outcome, opened))
                    self._seal_until_closed(check)
            finally:
                check.forget()

    def _new_check(self, brief: Brief) -> Check:
        references = [Given(one.source, self._opened(one.sealed, brief.info)) for one in brief.references]
        engine = self._engine
        return Check(
            engine.models,
            engine.matcher,
            engine.thresholds,
            self._settings.face,
            references,
            SystemRandom(),
            brief.gentle,
        )

    def _opened(self, sealed: bytes, info: bytes) -> bytes:
        """What the seal held; nothing when it is not for us: an unreadable reference goes to a person."""
        try:
            return self._key.unseal(sealed, info)
        except NotSealedForUs:
            return b""

    def _look(self, check: Check, camera: Camera) -> bool:
        """Until there is an outcome, or the booth closed.  Whether the camera gave any picture."""
        number, came_s, frames = 0, self._clock.monotonic(), 0
        said = Guidance()
        self._say(talk.Said(said))
        while check.outcome is None and self._goes_on():
            frame, now_s = camera.latest(number, FRAME_WAIT_S), self._clock.monotonic()
            if frame is None:
                if now_s - came_s > self._patience_s:
                    check.lost(now_s)
                continue
            number, came_s, frames = frame.number, now_s, frames + 1
            small = mirrored(frame.image)
            self._mirror.write(frames, small.shape[1], small.shape[0], small.data.cast("B"))
            guidance = check.feed(frame.image, frame.at_s)
            guidance = replace(guidance, progress=round(guidance.progress, 2))
            if guidance != said:
                said = guidance
                self._say(talk.Said(said))
        return frames > 0

    @property
    def _patience_s(self) -> float:
        """How long a camera may give nothing: it is silent, it is opened again, and once more."""
        camera = self._settings.camera
        return camera.silent_s + 2 * camera.reopen_s

    def _seal_until_closed(self, check: Check) -> None:
        while (message := self._wait()) is not None:
            match message:
                case talk.Seal(key, info, strokes):
                    content = None if check.best is None else signed(check.best, strokes)
                    try:
                        sealed = None if content is None else seal(content, key, info)
                    except ValueError as error:
                        raise PipeBroken("no key") from error
                    self._say(talk.Sealed(sealed))
                case talk.Close():
                    return
                case _:
                    raise PipeBroken("nothing else can be asked now")

    def _wait(self) -> talk.Message | None:
        """What the booth asks next; None when it has asked nothing for too long."""
        until_s = self._clock.monotonic() + LONGEST_WAIT_S
        while (left_s := until_s - self._clock.monotonic()) > 0:
            if (message := self._pipe.take(min(left_s, ALIVE_EVERY_S))) is not None:
                return message
            self._say(talk.Alive())
        return None

    def _goes_on(self) -> bool:
        """During the check the booth may only end it.  Says that we live when nothing else was said."""
        match self._pipe.take(0):
            case None:
                pass
            case talk.Close():
                return False
            case _:
                raise PipeBroken("nothing else can be asked now")
        if self._clock.monotonic() - self._spoke_s >= ALIVE_EVERY_S:
            self._say(talk.Alive())
        return True

    def _say(self, message: talk.Message) -> None:
        self._pipe.post(message)
        self._spoke_s = self._clock.monotonic()
