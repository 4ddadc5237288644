"""The process that looks at a face.  It lives for one sitting (``seat``) and leaves nothing behind.

No core dump, no file, nobody may look into its memory, it dies with the kiosk.  The networks are loaded and a key is made; the camera
opens when the booth says so, after consent, and not before.  No picture and no vector leaves but the mirrored one on the screen, and
one that is sealed for a person who compares.  A closed pipe, or anything unexpected, ends it.
"""

from __future__ import annotations

import math
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from devices.clock import Clock, SystemClock
from kiosk import process
from kiosk.face import talk
from kiosk.face.booth import BoothFault
from kiosk.face.mirror import Mirror
from kiosk.face.talk import Pipe, PipeBroken

if TYPE_CHECKING:
    from devices.camera import Camera
    from kiosk.face.seat import Engine

SETTINGS_WAIT_S = 10.0
V4L_WAIT = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"  # seconds
THREADS = 1  # the other cores are the screen's
NICE = 2  # and where there is only one core, the screen is drawn first


def let_the_screen_go_first() -> None:
    """A lower priority than the kiosk's own: a look at a face may come a moment later, an answer to a touch may not."""
    os.nice(NICE)
    with suppress(OSError):  # where the kernel makes a group of each session, it weighs whole groups
        Path("/proc/self/autogroup").write_text(str(NICE), encoding="ascii")


class CannotCheck(Exception):
    """Why there is no engine, as a message to the booth."""

    def __init__(self, unusable: talk.Unusable) -> None:
        super().__init__(unusable.words)
        self.unusable = unusable


def harden(parent: int) -> None:
    """No core dump, no other process may look into the memory, and it is killed when the kiosk ends, however that ends.

    The signal comes when the *thread* that started this process ends.  Raises OSError, ProcessLookupError when the parent is gone.
    """
    # when memory runs out this process goes first, not the kiosk; before it may not write there any more
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    process.close_memory()
    process.end_with_parent()
    if os.getppid() != parent:
        raise ProcessLookupError("the kiosk is gone")  # before the signal was asked for: it would never come


def load(settings: talk.Settings) -> Engine:
    """The networks, the engine that compares, its limits.  Raises CannotCheck."""
    # Read by OpenCV when it is loaded: a V4L2 device that says nothing is let go as early as any other, not after ten seconds.
    os.environ[V4L_WAIT] = str(math.ceil(settings.camera.silent_s))
    try:
        return _loaded(settings)
    except ImportError as error:  # OpenCV, or the engine's own library
        raise CannotCheck(talk.Unusable(BoothFault.PACKAGE, "", str(error))) from error


def _loaded(settings: talk.Settings) -> Engine:
    """Raises CannotCheck, ImportError."""
    import cv2

    from kiosk.face import models
    from kiosk.face.matcher import EngineUnusable, open_matcher
    from kiosk.face.seat import Engine
    from kiosk.face.weights import ModelAltered, ModelMissing
    from kiosk.face.zones import ThresholdsRefused, thresholds_for

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
    process.write_no_file()  # nobody has been looked at yet

    def open_camera() -> Camera:
        from devices import camera_opencv

        return camera_opencv.open_camera(camera_opencv.CameraSettings(**vars(settings.camera)), clock)

    from kiosk.face.seat import Seat

    Seat(pipe, mirror, engine, settings, open_camera, clock).serve()


def main(arguments: list[str]) -> int:
    """``pipe memory parent``: two inherited file numbers and the kiosk's process number."""
    number, memory, parent = (int(argument) for argument in arguments)
    let_the_screen_go_first()
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
