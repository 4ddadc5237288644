"""The kiosk's window, off screen, with somebody being checked behind it: ``python -m bench.face_glass ADDRESS REPETITIONS``.

The page, the session's loop, the booth and its worker are the kiosk's own; the camera is a stream from another process.  By turns the
page stands there with nobody before it, and a whole check runs under it.  A line of standard input holds the reference, as base64;
standard output is a line of JSON for every event:

    {"word": "turn_left"}                                      what the person is asked now
    {"kind": "idle", "gaps_ms": [...], ...}                    between frames, with nothing going on
    {"kind": "preview", "gaps_ms": [...], ...}                 with pictures in the mirror, and nobody who looks at faces
    {"kind": "start", "gaps_ms": [...], ...}                   while a worker starts
    {"kind": "check", "gaps_ms": [...], "pictures": 190, ...}  from the opening of the camera to the outcome

A gap is from one turn of a sixtieth of a second to the next, drawing included: what was drawn is complete (glFinish) before the turn
ends.  Beside it is the processor time of the whole process in that turn, software OpenGL's threads included, which a busy machine
does not stretch.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any, cast

from devices.clock import SystemClock
from kiosk import config, events
from kiosk.face.booth import Brief, Picture, Preview, SealedReference
from kiosk.face.guidance import Guidance, Outcome, Phase
from kiosk.face.mirror import MOST_HEIGHT, MOST_WIDTH
from kiosk.face.reference_format import StoredPicture, write
from kiosk.face.room import FaceRoom, FaceSitting
from kiosk.face.zones import Source
from kiosk.flows import face_check
from kiosk.kiosk import Kiosk
from kiosk.seal import seal
from kiosk.views import FaceLook
from screens import environment

IDLE_S = 20.0  # as long as a check: the worst of many gaps is worse than the worst of few
CAMERA_FPS = 15
FRAME_S = 1 / 60  # the window's own limit; an interval of 0 would keep Kivy's clock from ever resting
SETTLE_S = 1.0  # a new page is built in one piece, as every page is; what counts is the time on it
INFO = b"reference BENCH"


class Gaps:
    """Milliseconds between turns of Kivy's loop, and of processors in them.  ``take`` is the session's, the rest Kivy's."""

    def __init__(self) -> None:
        self._gaps: list[float] = []
        self._cpu: list[float] = []
        self._last_s = self._last_cpu_s = 0.0
        self.flips = 0

    def turn(self, _: float) -> None:
        now_s = time.perf_counter()
        cpu_s = time.process_time()
        self._gaps.append((now_s - self._last_s) * 1000)
        self._cpu.append((cpu_s - self._last_cpu_s) * 1000)
        self._last_s, self._last_cpu_s = now_s, cpu_s

    def take(self) -> dict[str, list[float]]:
        """All since the last time."""
        gaps, cpu = self._gaps, self._cpu
        self._gaps, self._cpu = [], []
        return {"gaps_ms": gaps, "cpu_ms": cpu}


class Watched:
    """A preview that counts the pictures the screen has taken."""

    def __init__(self, preview: Preview | None) -> None:
        self._preview, self.pictures, self.at_s = preview, 0, list[float]()

    def read(self, after: int) -> Picture | None:
        picture = None if self._preview is None else self._preview.read(after)
        if picture is not None:
            self.pictures += 1
            self.at_s.append(time.perf_counter())
        return picture


class Played:
    """A preview without a worker: the same few pictures, as often as a camera gives them."""

    def __init__(self) -> None:
        length = MOST_WIDTH * MOST_HEIGHT * 3
        self._pictures = [bytes((shade,)) * length for shade in range(60, 180, 10)]
        self._began_s = time.perf_counter()

    def read(self, after: int) -> Picture | None:
        number = int((time.perf_counter() - self._began_s) * CAMERA_FPS) + 1
        if number <= after:
            return None
        return Picture(number, MOST_WIDTH, MOST_HEIGHT, self._pictures[number % len(self._pictures)])


class Told:
    """A sitting that tells the bench what is asked, as the loudspeaker tells the person."""

    def __init__(self, sitting: FaceSitting, preview: Watched) -> None:
        self._sitting, self.preview, self._word = sitting, preview, ""

    def news(self) -> Guidance | Outcome:
        news = self._sitting.news()
        word = heard(news)
        if word != self._word:
            self._word = word
            tell(word=word)
        return news


def heard(news: Guidance | Outcome) -> str:
    if isinstance(news, Outcome) or news.phase is not Phase.ACTING or news.action is None:
        return "straight"
    return news.action.value


def tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def session(app: Any, gaps: Gaps, port: str, repetitions: int, reference: bytes) -> None:
    """On a thread of its own, as the kiosk's session."""
    clock = SystemClock()
    log = events.Log(io.StringIO(), clock)
    booth = FaceRoom(config.Camera(port=port), config.Face(), clock, log)
    stored = write(StoredPicture(reference))
    nobody: dict[str, Preview] = {"idle": Watched(None), "preview": Played()}
    try:
        for _ in range(repetitions):
            for kind, preview in nobody.items():
                app.desk.show(FaceLook(face_check.LOOK, Guidance(), preview))
                time.sleep(SETTLE_S)
                gaps.take()
                time.sleep(IDLE_S)
                tell(kind=kind, seconds=IDLE_S, **gaps.take())
            began_s = time.perf_counter()
            sitting = booth.sit()
            tell(kind="start", **gaps.take(), seconds=time.perf_counter() - began_s)
            check(app, gaps, sitting, stored)
            sitting.close()
    finally:
        booth.close()
        app.stop()


def check(app: Any, gaps: Gaps, sitting: FaceSitting, stored: bytes) -> None:
    preview = Watched(sitting.preview)
    told = Told(sitting, preview)
    app.desk.show(FaceLook(face_check.LOOK, Guidance(), cast(Preview, preview)))
    time.sleep(SETTLE_S)
    gaps.take()
    began_s, flips = time.perf_counter(), gaps.flips
    sealed = SealedReference(Source.PHOTO, seal(stored, sitting.key, INFO))
    sitting.begin(Brief("BENCH", INFO, (sealed,)))
    kiosk = cast(Kiosk, SimpleNamespace(desk=app.desk, clock=SystemClock()))
    outcome = face_check.look(kiosk, cast(Any, told))
    seconds = time.perf_counter() - began_s
    shown_s = preview.at_s[-1] - preview.at_s[0] if preview.pictures > 1 else 0.0
    tell(
        kind="check",
        **gaps.take(),
        seconds=seconds,
        pictures=preview.pictures,
        shown_s=shown_s,
        picture_gaps_ms=[(b - a) * 1000 for a, b in zip(preview.at_s, preview.at_s[1:], strict=False)],
        flips=gaps.flips - flips,
        end=outcome.end.value if isinstance(outcome, Outcome) else "left",
    )


def main() -> int:
    port, repetitions = sys.argv[1], int(sys.argv[2])
    reference = base64.b64decode(sys.stdin.readline())
    os.environ["SDL_AUDIODRIVER"] = "dummy"  # a sound card that takes its time and makes no sound
    settings = config.parse(
        {
            "site": {"kiosk_id": "WD01", "place": "服务中心", "helper": "于佳"},
            "central": {"url": "http://127.0.0.1:1/", "token": "x"},
            "reader": {"port": "x"},
            "storage": {"folder": "/nowhere"},
            "screen": {"fullscreen": False},
        }
    )
    environment.prepare(settings.screen, environment.OFF_SCREEN)
    from kivy.clock import Clock
    from kivy.core.window import Window
    from kivy.graphics.opengl import glFinish

    from screens.app import KioskApp

    gaps = Gaps()

    def flip(*_: Any) -> None:
        glFinish()
        gaps.flips += 1

    app = KioskApp(settings)
    Window.bind(on_flip=flip)
    Clock.schedule_interval(gaps.turn, FRAME_S)
    work = (app, gaps, port, repetitions, reference)
    app.run(lambda _desk: threading.Thread(target=session, args=work, name="session", daemon=True).start())
    environment.check_driver(environment.OFF_SCREEN)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
