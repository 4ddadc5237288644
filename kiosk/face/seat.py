"""One sitting, inside the worker: from the key to the last zero.

    Ready      the camera is shut
    Begin      references are opened, the camera opens; pictures go to the mirror, words to the booth
    Ended      the camera is shut, the mirror empty; the best frame is held for a Seal, and for nothing else
    Close      it is over

    Photograph at the beginning, or after Ended: what a check left is zeroed, the camera opens, pictures go to the mirror
    Shoot      the newest one stands still; GoOn: it moves again; SealPhoto seals it
    Ended      the camera is lost and shut

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
from kiosk.face.check import Check
from kiosk.face.crops import Image
from kiosk.face.given import Given
from kiosk.face.guidance import End, Guidance, Outcome, Phase
from kiosk.face.matcher import Matcher
from kiosk.face.mirror import Mirror
from kiosk.face.models import Models
from kiosk.face.picture import mirrored, signed, whole
from kiosk.face.posing import Posing
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
        self._shown = 0  # pictures in the mirror; whoever has seen the check's goes on with the photograph's

    def serve(self) -> None:
        """Returns when it is over.  Raises PipeBroken when the booth is gone or speaks nonsense."""
        self._say(talk.Ready(self._key.public))
        asked = self._wait()
        if isinstance(asked, talk.Begin):
            asked = self._sitting(asked.brief)
        while isinstance(asked, talk.Photograph):
            asked = self._photographed()
        if not isinstance(asked, talk.Close | None):
            raise PipeBroken("nothing else can be asked now")

    # --- a check ---------------------------------------------------------------------------------------------------

    def _sitting(self, brief: Brief) -> talk.Message | None:
        """What the booth asks afterwards."""
        with closing(self._open_camera()) as camera:  # it warms up while the references are made ready
            check = self._new_check(brief)
            try:
                opened = self._look(check, camera)
                self._mirror.clear()
                camera.close()
                if check.outcome is None:
                    return talk.Close()
                self._say(talk.Ended(check.outcome, opened))
                check.blank()
                return self._sealed(check)
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
                else:
                    check.wait(now_s)
                continue
            number, came_s, frames = frame.number, now_s, frames + 1
            self._show(mirrored(frame.image))
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

    def _sealed(self, check: Check) -> talk.Message | None:
        """Seals as often as it is asked.  What is asked afterwards."""
        while isinstance(asked := self._wait(), talk.Seal):
            self._seal(
                None if check.best is None else signed(check.best, asked.strokes), asked.key, asked.info
            )
        return asked

    # --- a photograph ----------------------------------------------------------------------------------------------

    def _photographed(self) -> talk.Message | None:
        """What the booth asks afterwards."""
        with closing(self._open_camera()) as camera:
            posing = Posing()
            try:
                asked = self._pose(posing, camera)
            finally:
                posing.forget()
                self._mirror.clear()
        if not isinstance(asked, talk.Ended):
            return asked
        self._say(asked)
        return self._too_late()

    def _pose(self, posing: Posing, camera: Camera) -> talk.Message | None:
        """Until something else is asked, which is returned; ``Ended`` when the camera is lost; None when nobody asks any more.

        Who looks at a picture that stands still does not lose it with the camera.
        """
        began_s = came_s = asked_s = self._clock.monotonic()
        number = frames = 0
        said = Phase.OPENING
        self._say(talk.Said(Guidance(said)))
        while (now_s := self._clock.monotonic()) - asked_s <= LONGEST_WAIT_S:
            asked = self._pipe.take(0)
            match asked:
                case talk.Shoot():
                    taken = posing.shoot(now_s)
                    if taken and posing.still is not None:
                        self._show(whole(posing.still))
                    self._say(talk.Shot(taken))
                case talk.GoOn():
                    posing.go_on()
                    came_s = now_s
                case talk.SealPhoto(key, info):
                    self._seal(posing.content(), key, info)
                case None:
                    pass
                case _:
                    return asked
            if asked is not None:
                asked_s = now_s
            self._live()
            frame = camera.latest(number, FRAME_WAIT_S)
            if frame is not None:
                number, came_s, frames = frame.number, frame.at_s, frames + 1
                posing.feed(frame)
            elif posing.still is None and now_s - came_s > self._patience_s:
                ms = round((now_s - began_s) * 1000)
                return talk.Ended(Outcome(End.CAMERA_LOST, frames=frames, duration_ms=ms), frames > 0)
            if frame is not None and posing.still is None:
                self._show(whole(frame.image))
            if frames and said is Phase.OPENING:
                said = Phase.LOOKING
                self._say(talk.Said(Guidance(said)))
        return None

    def _too_late(self) -> talk.Message | None:
        """What is asked after the camera was lost; what the booth said before it heard of that is answered, and nothing more."""
        while True:
            match asked := self._wait():
                case talk.Shoot():
                    self._say(talk.Shot(False))
                case talk.SealPhoto():
                    self._say(talk.Sealed(None))
                case talk.GoOn():
                    pass
                case _:
                    return asked

    # --- both ------------------------------------------------------------------------------------------------------

    def _show(self, small: Image) -> None:
        self._shown += 1
        self._mirror.write(self._shown, small.shape[1], small.shape[0], small.data.cast("B"))

    def _seal(self, content: bytes | None, key: bytes, info: bytes) -> None:
        try:
            self._say(talk.Sealed(None if content is None else seal(content, key, info)))
        except ValueError as error:
            raise PipeBroken("no key") from error

    def _wait(self) -> talk.Message | None:
        """What the booth asks next; None when it has asked nothing for too long."""
        until_s = self._clock.monotonic() + LONGEST_WAIT_S
        while (left_s := until_s - self._clock.monotonic()) > 0:
            if (message := self._pipe.take(min(left_s, ALIVE_EVERY_S))) is not None:
                return message
            self._say(talk.Alive())
        return None

    def _goes_on(self) -> bool:
        """During the check the booth may only end it."""
        match self._pipe.take(0):
            case None:
                pass
            case talk.Close():
                return False
            case _:
                raise PipeBroken("nothing else can be asked now")
        self._live()
        return True

    def _live(self) -> None:
        if self._clock.monotonic() - self._spoke_s >= ALIVE_EVERY_S:
            self._say(talk.Alive())

    def _say(self, message: talk.Message) -> None:
        self._pipe.post(message)
        self._spoke_s = self._clock.monotonic()
