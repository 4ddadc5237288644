"""The camera's driver over a real stream: real bytes on a real socket, read by OpenCV."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from devices import camera_opencv
from devices.camera_opencv import CameraSettings, OpenCvCamera, open_camera
from devices.camera_scene import Scene
from devices.camera_surface import Image
from devices.clock import SystemClock
from devices.status import DeviceState
from stand.camera import CameraFarEnd

WAIT_S = 10.0  # for a loaded machine; nothing here waits so long when all is well
SCENE = Scene(width=320, height=240, fps=25, fps_jitter=0.0)


class Plates:
    """One grey level a picture, so that a picture says which one it is.  Counts on, and remembers what it was asked."""

    def __init__(self) -> None:
        self.shown = 0
        self.words: list[str] = []
        self.frozen = False

    def ask(self, word: str, at_s: float) -> None:
        self.words.append(word)

    def image(self, at_s: float) -> Image:
        self.shown += not self.frozen
        return np.full((240, 320, 3), 40 + self.shown % 200, np.uint8)


@pytest.fixture
def plates() -> Plates:
    return Plates()


@pytest.fixture
def far_end(plates: Plates) -> Iterator[CameraFarEnd]:
    with CameraFarEnd(plates, SCENE, np.random.default_rng(1), SystemClock()) as camera:
        yield camera


@pytest.fixture
def camera(far_end: CameraFarEnd) -> Iterator[OpenCvCamera]:
    camera = open_camera(settings(far_end.port), SystemClock())
    yield camera
    camera.close()


def settings(port: str) -> CameraSettings:
    return CameraSettings(port, 320, 240, 25, silent_s=0.4, reopen_s=0.1)


def until(true: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + WAIT_S
    while not true() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return true()


def state(camera: OpenCvCamera) -> DeviceState:
    return camera.status().device


def test_gives_pictures_with_growing_numbers_and_times(camera: OpenCvCamera) -> None:
    first = camera.latest(0, WAIT_S)
    assert first is not None and first.image.shape == (240, 320, 3) and first.image.dtype == np.uint8
    second = camera.latest(first.number, WAIT_S)
    assert second is not None and second.number > first.number and second.at_s > first.at_s
    assert state(camera) is DeviceState.ONLINE


def test_who_is_slow_gets_the_newest_and_never_a_queue(camera: OpenCvCamera, plates: Plates) -> None:
    first = camera.latest(0, WAIT_S)
    assert first is not None
    before = plates.shown
    assert until(lambda: plates.shown >= before + 12)
    late = camera.latest(first.number, WAIT_S)
    assert late is not None
    behind = (plates.shown - round(float(late.image.mean()) - 40)) % 200
    assert behind <= 4  # of the twelve that came: those still on the wire


def test_nothing_newer_is_none_and_waits_no_longer_than_it_may(camera: OpenCvCamera) -> None:
    assert camera.latest(0, WAIT_S) is not None
    assert camera.latest(10**9, 0.05) is None


def test_a_pulled_camera_is_told_and_comes_back_by_itself(
    camera: OpenCvCamera, far_end: CameraFarEnd
) -> None:
    first = camera.latest(0, WAIT_S)
    assert first is not None
    far_end.unplug()
    assert until(lambda: state(camera) is DeviceState.NO_DEVICE)
    far_end.replug()
    assert until(lambda: state(camera) is DeviceState.ONLINE)
    again = camera.latest(first.number, WAIT_S)
    assert again is not None and again.number > first.number


def test_a_silent_camera_is_faulty_until_it_speaks(camera: OpenCvCamera, far_end: CameraFarEnd) -> None:
    assert camera.latest(0, WAIT_S) is not None
    far_end.muted = True
    assert until(lambda: state(camera) is DeviceState.HARDWARE_ERROR)
    far_end.muted = False
    assert until(lambda: state(camera) is DeviceState.ONLINE)


def test_a_frozen_camera_gives_nothing_new_however_often_it_is_opened(
    camera: OpenCvCamera, far_end: CameraFarEnd, plates: Plates
) -> None:
    """It sends the same picture again and again: nobody may take that for what is before it now."""
    assert camera.latest(0, WAIT_S) is not None
    plates.frozen = True
    assert until(lambda: state(camera) is DeviceState.HARDWARE_ERROR)
    last = camera._number
    assert camera.latest(last, 1.5) is None  # it is let go and opened again meanwhile, twice
    assert state(camera) is DeviceState.HARDWARE_ERROR
    plates.frozen = False
    assert camera.latest(last, WAIT_S) is not None
    assert state(camera) is DeviceState.ONLINE


class Torn:
    """A capture that gives grey pictures; at those of its calls that ``at`` names OpenCV raises, as for a buffer of no bytes."""

    made: list[Torn] = []  # noqa: RUF012  # what one test counts

    def __init__(self, *at: int) -> None:
        self.at, self.calls, self.released = at, 0, False
        Torn.made.append(self)

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.01)
        self.calls += 1
        if self.calls in self.at:
            cv2.imdecode(np.zeros(0, np.uint8), cv2.IMREAD_COLOR)
        return True, np.full((4, 4, 3), self.calls % 250, np.uint8)

    def release(self) -> None:
        self.released = True


@pytest.mark.parametrize(("at", "made"), [((5,), 1), ((5, 6, 7, 8), 1), ((5, 6, 7, 8, 9), 2)])
def test_a_torn_picture_is_passed_over_and_several_are_a_loss(
    monkeypatch: pytest.MonkeyPatch, at: tuple[int, ...], made: int
) -> None:
    Torn.made = []
    monkeypatch.setattr(camera_opencv, "opened", lambda _settings: Torn(*(() if Torn.made else at)))
    camera = OpenCvCamera(settings("/dev/video0"), SystemClock())
    assert camera.latest(20, WAIT_S) is not None  # it goes on
    assert len(Torn.made) == made
    camera.close()
    assert all(one.released for one in Torn.made)


def test_an_opening_that_raises_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def opens(_settings: CameraSettings) -> Torn:
        tries.append("one")
        if len(tries) == 1:
            raise cv2.error("no bytes")
        return Torn()

    monkeypatch.setattr(camera_opencv, "opened", opens)
    camera = OpenCvCamera(settings("/dev/video0"), SystemClock())
    assert camera.latest(0, WAIT_S) is not None
    camera.close()


def test_no_proxy_ever_sees_a_picture(far_end: CameraFarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    # nobody is there: who went that way would see nothing
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    camera = open_camera(settings(far_end.port), SystemClock())
    assert camera.latest(0, WAIT_S) is not None
    camera.close()


@pytest.mark.parametrize("port", ["http://127.0.0.1:9/", "/dev/no-such-camera"])
def test_a_missing_camera_is_no_device_and_no_exception(port: str) -> None:
    camera = open_camera(settings(port), SystemClock())
    assert until(lambda: state(camera) is DeviceState.NO_DEVICE)
    assert camera.latest(0, 0.01) is None
    camera.close()


def test_before_the_first_picture_nothing_is_known(far_end: CameraFarEnd) -> None:
    far_end.muted = True
    camera = open_camera(CameraSettings(far_end.port, silent_s=WAIT_S), SystemClock())
    assert state(camera) is DeviceState.UNKNOWN
    far_end.unplug()  # or closing would wait for the stream's patience
    camera.close()


def test_closing_forgets_the_last_picture(camera: OpenCvCamera, far_end: CameraFarEnd) -> None:
    newest = camera.latest(0, WAIT_S)
    far_end.muted = True
    while (newer := camera.latest(newest.number if newest else 0, 0.2)) is not None:
        newest = newer
    assert newest is not None and newest.image.any()
    camera.close()
    camera.close()
    assert not newest.image.any()
    assert camera.latest(0, 0.0) is None and state(camera) is DeviceState.UNKNOWN


def comes_up_and_is_closed(port: str) -> None:
    camera = open_camera(settings(port), SystemClock())
    assert until(lambda: state(camera) is not DeviceState.UNKNOWN)
    camera.close()


def test_not_a_word_on_standard_error(capfd: pytest.CaptureFixture[str], far_end: CameraFarEnd) -> None:
    for port in (far_end.port, "http://127.0.0.1:9/", "/dev/no-such-camera"):
        comes_up_and_is_closed(port)
    assert capfd.readouterr() == ("", "")
