"""The worker's own side: what it is before it sees anybody, and what ends it."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

import kiosk.face
from devices.clock import SystemClock
from kiosk import config, events
from kiosk.face import child, models, seat, talk, worker
from kiosk.face.booth import BoothFault, BoothState, Brief
from kiosk.face.child import Child
from kiosk.face.mirror import Mirror, new_memory
from kiosk.face.room import FaceRoom
from kiosk.face.seat import Seat
from kiosk.face.talk import Pipe
from kiosk.face.weights import ENGINE, MESH
from kiosk.face.worker import NICE

WAIT_S = 30.0
SETTINGS = talk.Settings(config.Camera(port="http://127.0.0.1:9/"), config.Face())
BEGIN = talk.Begin(Brief("WD001-1", b"info", ()))

HARDENED = """
import ctypes, os, resource, sys
from kiosk.face.worker import harden
harden(int(sys.argv[1]) or os.getppid())
system, signal = ctypes.CDLL(None), ctypes.c_int()
system.prctl(2, ctypes.byref(signal), 0, 0, 0)  # PR_GET_PDEATHSIG
print(system.prctl(3, 0, 0, 0, 0), signal.value, *resource.getrlimit(resource.RLIMIT_CORE))  # 3: PR_GET_DUMPABLE
"""


def hardened(parent: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HARDENED, str(parent)], capture_output=True, text=True, check=False
    )


def until(true: Callable[[], object]) -> bool:
    deadline_s = time.monotonic() + WAIT_S
    while not true() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return bool(true())


@pytest.fixture
def started() -> Iterator[Child]:
    """A worker that is ready."""
    one = Child(SETTINGS)
    yield one
    one.end(0)


def ready(one: Child) -> bytes:
    while not isinstance(message := one.take(WAIT_S), talk.Ready):
        assert message is not None
    return message.key


def ended(one: Child) -> int:
    """Its exit status."""
    assert until(lambda: one._process.poll() is not None)
    return int(one._process.returncode)


def test_nobody_looks_in_no_core_and_it_dies_with_its_parent() -> None:
    assert hardened(0).stdout == "0 9 0 0\n"


def test_the_screen_goes_before_it(started: Child) -> None:
    ready(started)
    assert os.getpriority(os.PRIO_PROCESS, started.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    group = Path(f"/proc/{started.pid}/autogroup")
    if group.exists() and os.geteuid() == 0:  # others are let only once in a tenth of a second, all together
        assert group.read_text(encoding="ascii").endswith(f"nice {NICE}\n")


def test_a_worker_whose_kiosk_is_gone_already_does_not_begin() -> None:
    late = hardened(1)
    assert late.returncode != 0 and "ProcessLookupError" in late.stderr


def test_it_is_one_thread_until_the_camera_opens(started: Child) -> None:
    ready(started)
    with open(f"/proc/{started.pid}/status", encoding="ascii") as status:
        assert [line.split()[1] for line in status if line.startswith("Threads")] == ["1"]


@pytest.mark.parametrize(
    "words",
    [
        (b"\x00\x00\x00\x02{}",),
        (b"\xff\xff\xff\xff",),
        (talk.Alive(),),
        (talk.Seal(bytes(32), b"x", ()),),
        (SETTINGS,),
        (BEGIN, BEGIN),
        (BEGIN, talk.Seal(bytes(32), b"x", ())),
        (BEGIN, b"\x00\x00\x00\x01x"),
    ],
    ids=["no message", "too long", "its own word", "seal first", "settings twice", "twice", "seal at once", "no json"],
)  # fmt: skip
def test_nonsense_ends_the_worker(started: Child, words: tuple[Any, ...]) -> None:
    ready(started)
    for one in words:
        if isinstance(one, bytes):
            started._pipe._end.send(one)
        else:
            started.post(one)
    assert ended(started) == 1


def test_a_closed_pipe_ends_it_and_a_close_is_no_failure(started: Child) -> None:
    ready(started)
    started._pipe.close()
    assert ended(started) == 1
    other = Child(SETTINGS)
    ready(other)
    other.post(BEGIN)
    other.post(talk.Close())
    assert ended(other) == 0
    other.end(0)


def test_a_key_that_is_none_ends_it_and_no_picture_leaves(started: Child) -> None:
    """Only after an end with a picture is a key looked at: here the camera never gave one."""
    ready(started)
    camera = replace(SETTINGS.camera, silent_s=0.1, reopen_s=0.1)
    quick = Child(replace(SETTINGS, camera=camera))
    ready(quick)
    quick.post(BEGIN)
    while not isinstance(said := quick.take(WAIT_S), talk.Ended):
        assert said is not None
    assert said.opened is False
    quick.post(talk.Seal(b"no key", b"x", ()))
    while not isinstance(sealed := quick.take(WAIT_S), talk.Sealed):
        assert sealed is not None
    assert sealed.content is None
    quick.end(1.0)


def test_a_file_of_weights_that_was_altered_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    altered = tuple(replace(one, sha256="0" * 64) if one is MESH else one for one in ENGINE)
    monkeypatch.setattr(models, "ENGINE", altered)
    with pytest.raises(worker.CannotCheck) as refused:
        worker.load(SETTINGS)
    assert (refused.value.unusable.fault, refused.value.unusable.file) == (
        BoothFault.MODEL_ALTERED,
        "face_landmark.tflite",
    )


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for module in ("matcher_dlib", "dlib_network"):
        monkeypatch.delitem(sys.modules, f"kiosk.face.{module}", raising=False)
        # an import from the package finds it there, too
        monkeypatch.delattr(kiosk.face, module, raising=False)


def test_a_machine_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "cv2")
    with pytest.raises(worker.CannotCheck) as refused:
        worker.load(SETTINGS)
    assert refused.value.unusable.fault is BoothFault.PACKAGE and "cv2" in refused.value.unusable.words


AT_IMPORT = """
import importlib.abc, os, sys
class Spy(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "cv2":
            print(os.environ.get("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"))
        return None
sys.meta_path.insert(0, Spy())
from kiosk import config
from kiosk.face import talk, worker
worker.load(talk.Settings(config.Camera(port="/dev/video0", silent_s=2.5), config.Face()))
"""


def test_a_silent_device_is_let_go_as_early_as_the_settings_say() -> None:
    """OpenCV reads the time from the environment when it is loaded, and would wait ten seconds."""
    done = subprocess.run([sys.executable, "-c", AT_IMPORT], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()) == {"3"}


def test_dlibs_engine_needs_no_dlib(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "dlib")
    assert worker.load(SETTINGS).matcher.name == "dlib"


class Hasty(SystemClock):
    """A minute passes at every look."""

    now = 0.0

    def monotonic(self) -> float:
        self.now += 60
        return self.now


def test_a_worker_that_nobody_needs_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat, "ALIVE_EVERY_S", 0.01)
    ours, theirs = socket.socketpair()
    memory = new_memory()
    waiting = Seat(
        Pipe(ours), Mirror(memory), cast(Any, None), SETTINGS, cast(Any, pytest.fail), cast(Any, Hasty())
    )
    waiting.serve()
    booth = Pipe(theirs)
    assert isinstance(booth.take(0), talk.Ready)
    assert isinstance(booth.take(0), talk.Alive)
    for end in (ours, theirs):
        end.close()
    os.close(memory)


SURPRISED = """
import sys
from kiosk.face import worker
def run(*_):
    raise ValueError("王某某 370000195001010000")
worker.run = run
worker.main(sys.argv[1:])
"""


def test_a_surprise_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-c", SURPRISED))
    clock, text = SystemClock(), io.StringIO()
    booth = FaceRoom(SETTINGS.camera, SETTINGS.face, clock, events.Log(text, clock))
    booth.prepare()
    assert until(lambda: booth.status() is BoothState.UNUSABLE)
    assert '"id": "surprise", "kind": "ValueError", "where": "kiosk/face/worker.py:' in text.getvalue()
    assert "3700" not in text.getvalue() and "王" not in text.getvalue()
    booth.close()
