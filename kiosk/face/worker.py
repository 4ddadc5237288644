"""The process that looks at a face.  It lives for one sitting, opens no camera before it is told to, and leaves nothing behind.

    start      no core dump, nobody may look into it, it dies with the kiosk; the networks are loaded; a key is made
    Ready      the camera is shut
    Begin      references are opened, the camera opens; pictures go to the mirror, words to the booth
    Ended      the camera is shut, the mirror empty; the best frame is held for a Seal, and for nothing else
    Close      or a closed pipe, or anything unexpected: everything is zeroed and the process ends

No picture and no vector leaves but the mirrored one on the screen, and one that is sealed for a person who compares.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom
from types import TracebackType
from typing import TYPE_CHECKING

from devices.clock import Clock, SystemClock
from kiosk.face import talk
from kiosk.face.booth import BoothFault, Brief
from kiosk.face.guidance import End, Guidance, Outcome
from kiosk.face.mirror import Mirror
from kiosk.face.talk import Pipe, PipeBroken

if TYPE_CHECKING:
    from devices.camera import Camera
    from kiosk.face.check import Check
    from kiosk.face.matcher import Matcher
    from kiosk.face.models import Models
    from kiosk.face.zones import Thresholds
    from kiosk.seal import ReceiverKey

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4  # linux/prctl.h
LONGEST_WAIT_S = 600.0  # for a Begin, a Seal or a Close; then it ends by itself
SETTINGS_WAIT_S = 10.0
ALIVE_EVERY_S = 1.0
FRAME_WAIT_S = 0.1
THREADS = 1  # the other cores are the screen's


@dataclass(frozen=True)
class Engine:
    """What is loaded once."""

    models: Models
    matcher: Matcher
    thresholds: Thresholds


class CannotCheck(Exception):
    """Why there is no engine, as a message to the booth."""

    def __init__(self, unusable: talk.Unusable) -> None:
        super().__init__(unusable.words)
        self.unusable = unusable


def harden(parent: int) -> None:
    """No core dump, no other process may look into the memory, and it is killed when the kiosk ends, however that ends.

    The signal comes when the *thread* that started this process ends.  Raises OSError, ProcessLookupError when the parent is gone.
    """
    system = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_PDEATHSIG, int(signal.SIGKILL))):
        if system.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.getppid() != parent:
        raise ProcessLookupError("the kiosk is gone")  # before the signal was asked for: it would never come


def load(settings: talk.Settings) -> Engine:
    """The networks, the engine that compares, its limits.  Raises CannotCheck."""
    try:
        import cv2

        from kiosk.face import models
        from kiosk.face.matcher import EngineUnusable, open_matcher
        from kiosk.face.weights import ModelAltered, ModelMissing
        from kiosk.face.zones import ThresholdsRefused, thresholds_for
    except ImportError as error:
        raise CannotCheck(talk.Unusable(BoothFault.PACKAGE, "", str(error))) from error
    cv2.setNumThreads(THREADS)
    try:
        networks, matcher = models.load(), open_matcher(settings.face)
        limits = thresholds_for(settings.face, matcher.name, matcher.digest, matcher.direction)
    except ModelAltered as error:
        raise CannotCheck(talk.Unusable(BoothFault.MODEL_ALTERED, error.name, str(error))) from error
    except ModelMissing as error:
        raise CannotCheck(talk.Unusable(BoothFault.MODEL_MISSING, error.name, str(error))) from error
    except EngineUnusable as error:
        raise CannotCheck(talk.Unusable(BoothFault.ENGINE, "", str(error))) from error
    except ThresholdsRefused as error:
        raise CannotCheck(talk.Unusable(BoothFault.LIMITS, "", str(error))) from error
    return Engine(networks, matcher, limits)


class Worker:
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
        from kiosk.seal import ReceiverKey

        self._pipe, self._mirror, self._engine, self._settings = pipe, mirror, engine, settings
        self._open_camera, self._clock = open_camera, clock
        self._key: ReceiverKey = ReceiverKey()
        self._spoke_s = clock.monotonic()

    def serve(self) -> None:
        """Returns when it is over.  Raises PipeBroken when the booth is gone or speaks nonsense."""
        self._say(talk.Ready(self._key.public))
        match self._wait():
            case talk.Begin(brief):
                check = self._begin(brief)
                try:
                    if self._check(check):
                        self._seal_until_closed(check)
                finally:
                    check.forget()
            case talk.Close() | None:
                return
            case _:
                raise PipeBroken("nothing else can be asked now")

    def _begin(self, brief: Brief) -> Check:
        from kiosk.face.check import Check
        from kiosk.seal import NotSealedForUs

        references = []
        for one in brief.references:
            try:
                references.append((one.source, self._key.unseal(one.sealed, brief.info)))
            except NotSealedForUs:
                references.append((one.source, b""))  # cannot be read, so a person compares
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

    def _check(self, check: Check) -> bool:
        """Until there is an Outcome; False: closed before.  The camera is shut when it returns, however it returns."""
        from kiosk.face.picture import mirrored

        camera, began_s = self._open_camera(), self._clock.monotonic()
        number, came_s, frames = 0, began_s, 0
        said = Guidance()
        self._say(talk.Said(said))
        outcome: Outcome | None = None
        try:
            while outcome is None:
                if not self._goes_on():
                    return False
                frame, now_s = camera.latest(number, FRAME_WAIT_S), self._clock.monotonic()
                if frame is None:
                    if now_s - came_s > self._patience_s:
                        ms = round((now_s - began_s) * 1000)
                        outcome = Outcome(End.CAMERA_LOST, frames=frames, duration_ms=ms)
                    continue
                number, came_s, frames = frame.number, now_s, frames + 1
                small = mirrored(frame.image)
                self._mirror.write(frames, small.shape[1], small.shape[0], small.data.cast("B"))
                guidance = check.feed(frame.image, frame.at_s)
                if guidance != said:
                    said = guidance
                    self._say(talk.Said(said))
                outcome = check.outcome
        finally:
            camera.close()
            self._mirror.clear()
        self._say(talk.Ended(outcome, opened=frames > 0))
        return True

    @property
    def _patience_s(self) -> float:
        """How long a camera may give nothing: it is silent, it is opened again, and once more."""
        camera = self._settings.camera
        return camera.silent_s + 2 * camera.reopen_s

    def _seal_until_closed(self, check: Check) -> None:
        from kiosk.face.picture import signed
        from kiosk.seal import seal

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


def run(pipe: Pipe, mirror: Mirror, clock: Clock) -> None:
    """Settings in, then a sitting.  Raises PipeBroken."""
    settings = pipe.take(SETTINGS_WAIT_S)
    if not isinstance(settings, talk.Settings):
        raise PipeBroken("settings come first")
    try:
        engine = load(settings)
    except CannotCheck as error:
        pipe.post(error.unusable)
        return

    def open_camera() -> Camera:
        from devices.camera_opencv import open_camera

        return open_camera(settings.camera, clock)

    Worker(pipe, mirror, engine, settings, open_camera, clock).serve()


def main(arguments: list[str]) -> int:
    """``pipe memory parent``: two inherited file numbers and the kiosk's process number."""
    number, memory, parent = (int(argument) for argument in arguments)
    harden(parent)
    pipe, mirror = Pipe(socket.socket(fileno=number)), Mirror(memory)
    os.close(memory)

    def died(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        from kiosk.events import Surprise

        mirror.wipe()
        surprise = Surprise.of(error)
        try:
            pipe.post(talk.Died(kind.__name__, surprise.where))
        except PipeBroken:
            return

    sys.excepthook = died  # a traceback may hold what nobody may read
    try:
        run(pipe, mirror, SystemClock())
    except PipeBroken:
        return 1
    finally:
        mirror.wipe()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
