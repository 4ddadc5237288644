"""A booth with its real worker, what is before its camera, and looks at what it leaves."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from devices.camera_emulator import Presentation
from devices.camera_manner import Between, Manner
from devices.camera_scene import Scene
from devices.camera_surface import Image
from devices.clock import SystemClock
from kiosk import config, events
from kiosk.face.booth import Brief, SealedReference
from kiosk.face.guidance import Guidance, Outcome, Phase
from kiosk.face.room import FaceRoom, FaceSitting
from kiosk.face.zones import Source
from kiosk.seal import seal
from stand.camera import CameraFarEnd

WAIT_S = 30.0  # for a loaded machine; nothing here waits so long when all is well
INFO = b"reference WD001-00000001-AAAAAAAAAA"
SCENE = Scene(width=640, height=480, face_px=190, fps=12, fps_jitter=0.0)
SHORT = config.Face(check=config.FaceCheck(actions=2, look_s=0.5, most_pause_s=0.0))
BRISK = Manner(
    delay_s=Between(0.4, 0.6),
    turn_s=Between(0.5, 0.7),
    turn_deg=Between(28, 32),
    hold_s=Between(0.5, 0.7),
    nod_s=Between(0.5, 0.6),
    nod_deg=Between(18, 20),
    closed_s=Between(0.3, 0.4),
)


class Late(SystemClock):
    """The machine's clock, and some seconds that a test adds."""

    added_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.added_s


class Plates:
    """Upright stripes, others in every picture.  Counts how many were asked for: none, while nobody looks."""

    def __init__(self) -> None:
        self.shown, self._rng = 0, np.random.default_rng(7)
        self.frozen: Image | None = None  # what comes again and again

    def ask(self, word: str, at_s: float) -> None:
        """Nobody hears it."""

    def image(self, at_s: float) -> Image:
        self.shown += 1
        if self.frozen is not None:
            return self.frozen
        stripes = self._rng.integers(30, 220, (1, 20, 1)).astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(np.repeat(stripes, 32, axis=1), (480, 640, 3)))


class Hall:
    """A booth, what is before its camera, and what it writes down."""

    def __init__(self, presentation: Presentation, face: config.Face = SHORT) -> None:
        self.clock, self.log_text = Late(), io.StringIO()
        self.camera = CameraFarEnd(presentation, SCENE, np.random.default_rng(1), SystemClock()).start()
        self.settings = config.Camera(port=self.camera.port, silent_s=0.5, reopen_s=0.2)
        self.face = face
        self.booth = self.new_booth()

    def new_booth(self) -> FaceRoom:
        return FaceRoom(self.settings, self.face, self.clock, events.Log(self.log_text, self.clock))

    def begun(self, *references: bytes) -> FaceSitting:
        """Somebody sits down and has agreed."""
        sitting = self.booth.sit()
        sealed = tuple(SealedReference(Source.PHOTO, seal(one, sitting.key, INFO)) for one in references)
        sitting.begin(Brief("WD001-00000001-AAAAAAAAAA", INFO, sealed))
        return sitting

    def played(self, sitting: FaceSitting) -> Outcome:
        """Does what is asked, until it is over."""
        deadline_s = time.monotonic() + 2 * WAIT_S
        while time.monotonic() < deadline_s:
            news = sitting.news()
            if isinstance(news, Outcome):
                return news
            self.camera.ask(word(news))
            time.sleep(0.02)
        raise AssertionError(f"no outcome, last {sitting.news()}")

    def logged(self, kind: type[events.Event]) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.log_text.getvalue().splitlines()]
        return [line for line in lines if line["id"] == kind.id]


def word(news: Guidance) -> str:
    if news.phase is Phase.ACTING and news.action is not None:
        return news.action.value
    return "straight" if news.phase is Phase.RETURNING else "look"


def until(true: Callable[[], object]) -> bool:
    deadline_s = time.monotonic() + WAIT_S
    while not true() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return bool(true())


def gone(pid: int) -> bool:
    """Whether a process does nothing any more; nobody may have asked yet how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def memory_of(sitting: FaceSitting) -> int:
    """The mirror's memory once more, under a number of the test's own."""
    names = {
        n: os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if n.isdigit() and alive(n)
    }
    (number,) = [int(n) for n, name in names.items() if name == "/memfd:mirror (deleted)"]
    return os.dup(number)


def alive(number: str) -> bool:
    return Path(f"/proc/self/fd/{number}").is_symlink()


def is_zero(memory: int) -> bool:
    content = os.pread(memory, os.fstat(memory).st_size, 0)
    assert len(content) > 1_000_000
    return not any(content)
