"""A photograph with the real worker: a real process, a real stream from an emulated camera; no check, and nobody compared."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from central import pictures
from central.verification import Keys
from devices.camera import Frame
from devices.camera_surface import Image
from kiosk import config, events
from kiosk.face import room, talk
from kiosk.face.booth import BoothState, Brief, Picture
from kiosk.face.child import Child
from kiosk.face.guidance import End, Guidance, Outcome, Phase
from kiosk.face.posing import FRESH_S, Posing
from kiosk.face.room import FaceSitting
from kiosk.seal import NotSealedForUs, ReceiverKey
from kiosk.wire import picture_info
from tests.kiosk.face.before_camera import SCENE, Hall, Plates, gone, is_zero, memory_of, until

RECORD = b"picture of one visit"
LOOKING = Guidance(Phase.LOOKING)


class Corner:
    """Dark, with one white corner at the camera's own left and top; brighter with every picture."""

    def __init__(self) -> None:
        self.shown = 0

    def ask(self, word: str, at_s: float) -> None:
        """Nobody hears it."""

    def image(self, at_s: float) -> Image:
        self.shown += 1
        image = np.full((480, 640, 3), min(20 + self.shown, 90), np.uint8)
        image[:120, :160] = 255
        image[-8:, -8:] = self.shown % 200  # a camera never gives the same picture twice
        return image


@pytest.fixture
def corner() -> Iterator[Hall]:
    hall = Hall(Corner())
    yield hall
    hall.booth.close()
    hall.camera.stop()


def posing(hall: Hall) -> FaceSitting:
    """Somebody is before the camera, and pictures come."""
    sitting = hall.booth.sit()
    sitting.photograph()
    assert until(lambda: sitting.news() == LOOKING)
    return sitting


def opened(key: ReceiverKey, sealed: bytes | None) -> Image:
    assert sealed is not None and len(sealed) <= 44_000
    content = json.loads(key.unseal(sealed, RECORD))
    assert content["strokes"] == [] and set(content) == {"picture", "strokes"}
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(content["picture"]), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def level(picture: Picture | Image) -> float:
    """How bright the dark part is: which picture it is."""
    if isinstance(picture, Picture):
        picture = np.frombuffer(picture.pixels, np.uint8).reshape(picture.height, picture.width, 3)
    height = picture.shape[0]
    return float(picture[height // 2 :].mean())


def newest(sitting: FaceSitting) -> Picture:
    picture = sitting.preview.read(0)
    assert picture is not None
    return picture


# --- as it should be -------------------------------------------------------------------------------------------------


def test_the_camera_opens_for_a_photograph_and_not_before(hall: Hall, plates: Plates) -> None:
    sitting = hall.booth.sit()
    assert not sitting.shoot() and sitting.seal_photo(ReceiverKey().public, RECORD) is None
    assert plates.shown == 0 and sitting.news() == Guidance()
    sitting.photograph()
    assert until(lambda: sitting.news() == LOOKING) and plates.shown
    assert until(lambda: sitting.preview.read(0))


def test_a_picture_stands_still_whole_and_not_mirrored_and_only_central_opens_it(corner: Hall) -> None:
    sitting, central, stranger = posing(corner), ReceiverKey(), ReceiverKey()
    assert sitting.seal_photo(central.public, RECORD) is None  # nothing stands still yet
    assert sitting.shoot()
    still = newest(sitting)
    camera = cast(Corner, corner.camera._presentation)
    shown = camera.shown
    assert until(lambda: camera.shown > shown + 6)  # the camera goes on, the preview does not
    assert sitting.preview.read(still.number) is None and sitting.news() == LOOKING
    sealed = sitting.seal_photo(central.public, RECORD)
    photo = opened(central, sealed)
    assert photo.shape == (480, 640, 3) and (still.width, still.height) == (533, 399)
    assert photo[60, 80].min() > 240 and photo[60, 560].max() < 120  # the corner is where the camera has it
    assert still.pixels[(50 * 533 + 66) * 3] > 240 > 120 > still.pixels[(50 * 533 + 466) * 3]
    assert abs(level(photo) - level(still)) < 2  # the one that was seen is the one that is sealed
    assert sealed is not None
    for key, info in ((stranger, RECORD), (central, b"picture of another visit")):
        with pytest.raises(NotSealedForUs):
            key.unseal(sealed, info)
    sitting.close()
    assert sitting.seal_photo(central.public, RECORD) is None and not sitting.shoot()


def test_again_is_a_newer_picture_and_the_old_one_is_gone(corner: Hall) -> None:
    sitting, central = posing(corner), ReceiverKey()
    assert sitting.shoot()
    first = newest(sitting)
    sitting.photograph()  # it moves again, and nothing can be sealed meanwhile
    assert until(lambda: sitting.preview.read(first.number))
    assert sitting.seal_photo(central.public, RECORD) is None
    assert until(lambda: level(newest(sitting)) > level(first) + 5)
    assert sitting.shoot()
    second = newest(sitting)
    # straight from one to the next
    assert until(lambda: sitting.shoot() and level(newest(sitting)) > level(second) + 5)
    third = newest(sitting)
    photo = opened(central, sitting.seal_photo(central.public, RECORD))
    assert abs(level(photo) - level(third)) < 2
    assert (sitting.news(), corner.logged(events.FaceChecked)) == (LOOKING, [])


def test_central_takes_what_the_worker_seals(corner: Hall, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    sitting = posing(corner)
    assert sitting.shoot()
    sealed = sitting.seal_photo(keys.review.public, picture_info("WD101-00000001-AAAAAAAAAA"))
    assert sealed is not None
    assert pictures.opened_photo(keys, "WD101-00000001-AAAAAAAAAA", sealed).startswith(b"\xff\xd8\xff")


def test_a_photograph_after_a_check_that_failed(living: Hall) -> None:
    """The camera is shut in between; what the check left is forgotten; whoever looked at its preview sees the next one too."""
    sitting = living.begun(b"\x01 no picture at all")
    memory = memory_of(sitting)
    with pytest.raises(AssertionError):
        sitting.photograph()
    outcome = living.played(sitting)
    assert (outcome.end, outcome.has_picture) == (End.REVIEW, True), outcome
    streams = living.camera._server
    assert streams is not None and until(lambda: not streams.streams) and is_zero(memory)
    sitting.photograph()
    assert until(lambda: sitting.news() == LOOKING)
    assert until(lambda: sitting.preview.read(0)) and newest(sitting).number > outcome.frames
    central = ReceiverKey()
    assert sitting.seal_picture(central.public, RECORD) is None
    assert sitting.shoot()
    photo = opened(central, sitting.seal_photo(central.public, RECORD))
    assert photo.shape == (SCENE.height, SCENE.width, 3)
    assert len(living.logged(events.FaceChecked)) == 1
    with pytest.raises(AssertionError):
        sitting.begin(Brief("WD001-1", RECORD, ()))
    sitting.close()
    assert gone(sitting._child.pid) and is_zero(memory) and sitting.preview.read(0) is None
    assert until(lambda: not streams.streams)
    os.close(memory)


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_camera_that_is_lost_is_told_and_may_be_tried_again(hall: Hall) -> None:
    sitting = posing(hall)
    memory = memory_of(sitting)
    seen = newest(sitting).number
    hall.camera.unplug()
    assert until(lambda: isinstance(sitting.news(), Outcome))
    lost = sitting.news()
    assert isinstance(lost, Outcome) and lost.end is End.CAMERA_LOST and lost.frames > 0
    assert is_zero(memory) and hall.booth.status() is BoothState.READY
    assert not sitting.shoot() and sitting.seal_photo(ReceiverKey().public, RECORD) is None
    hall.camera.replug()
    sitting.photograph()
    assert until(lambda: sitting.news() == LOOKING) and until(lambda: sitting.preview.read(seen))
    assert sitting.shoot() and hall.logged(events.FaceChecked) == []
    os.close(memory)


def test_what_stands_still_is_not_lost_with_the_camera(hall: Hall) -> None:
    sitting, central = posing(hall), ReceiverKey()
    assert sitting.shoot()
    still = newest(sitting)
    hall.camera.unplug()
    assert until(lambda: not sitting.shoot())  # no new one comes
    assert until(lambda: sitting.news() == LOOKING) and newest(sitting).number >= still.number
    assert opened(central, sitting.seal_photo(central.public, RECORD)).shape == (480, 640, 3)
    sitting.photograph()  # it is to move again, and cannot
    assert until(lambda: isinstance(sitting.news(), Outcome))


def test_a_camera_that_has_frozen_takes_no_picture_of_what_is_over(hall: Hall, plates: Plates) -> None:
    sitting = posing(hall)
    assert sitting.shoot()
    sitting.photograph()
    plates.frozen = plates.image(0.0)
    assert until(lambda: isinstance(sitting.news(), Outcome))
    lost = sitting.news()
    assert isinstance(lost, Outcome) and lost.end is End.CAMERA_LOST
    assert not sitting.shoot()
    plates.frozen = None
    sitting.photograph()
    assert until(lambda: sitting.news() == LOOKING) and until(sitting.shoot)


def test_a_camera_that_is_not_there(hall: Hall) -> None:
    hall.settings = replace(hall.settings, port="http://127.0.0.1:9/")
    hall.booth = hall.new_booth()
    sitting = hall.booth.sit()
    sitting.photograph()
    assert not sitting.shoot()
    assert until(lambda: isinstance(sitting.news(), Outcome))
    lost = sitting.news()
    assert isinstance(lost, Outcome) and (lost.end, lost.frames) == (End.CAMERA_LOST, 0)
    assert hall.booth.status() is BoothState.NO_CAMERA


def test_a_worker_that_is_killed_is_told(hall: Hall) -> None:
    sitting = posing(hall)
    memory = memory_of(sitting)
    assert sitting.shoot()
    os.kill(sitting._child.pid, signal.SIGKILL)
    assert not sitting.shoot()
    assert sitting.seal_photo(ReceiverKey().public, RECORD) is None
    assert isinstance(news := sitting.news(), Outcome) and news.end is End.BROKEN
    sitting.photograph()  # nobody is there: told again, no surprise
    assert isinstance(news := sitting.news(), Outcome) and news.end is End.BROKEN
    assert is_zero(memory) and sitting.preview.read(0) is None
    assert hall.logged(events.FaceChecked) == []
    os.close(memory)


def test_a_worker_that_hangs_is_ended(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ANSWER_WAIT_S", 0.2)
    sitting = posing(hall)
    os.kill(sitting._child.pid, signal.SIGSTOP)
    assert not sitting.shoot() and gone(sitting._child.pid)
    assert isinstance(news := sitting.news(), Outcome) and news.end is End.BROKEN


def test_closing_amid_a_photograph_leaves_nothing(hall: Hall) -> None:
    sitting = posing(hall)
    memory = memory_of(sitting)
    assert sitting.shoot() and not is_zero(memory)
    sitting.close()
    assert is_zero(memory) and gone(sitting._child.pid) and not sitting.shoot()
    assert isinstance(news := sitting.news(), Outcome) and news.end is End.BROKEN
    os.close(memory)


# --- the worker's side of the pipe -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        (talk.Shoot(),),
        (talk.GoOn(),),
        (talk.SealPhoto(bytes(32), b"x"),),
        (talk.Photograph(), talk.Seal(bytes(32), b"x", ())),
        (talk.Photograph(), talk.Begin(Brief("WD001-1", b"info", ()))),
        (talk.Photograph(), talk.Shot(True)),
        (talk.Begin(Brief("WD001-1", b"info", ())), talk.Photograph()),
        (talk.Begin(Brief("WD001-1", b"info", ())), talk.Shoot()),
    ],
    ids=["shoot", "go on", "seal", "the check's seal", "begin", "its own word", "amid a check", "shoot in a check"],
)  # fmt: skip
def test_what_was_not_asked_for_in_this_order_ends_the_worker(words: tuple[talk.Message, ...]) -> None:
    worker = Child(talk.Settings(config.Camera(port="http://127.0.0.1:9/"), config.Face()))
    try:
        for one in words:
            worker.post(one)
        assert worker._process.wait(30) == 1
    finally:
        worker.end(0)


def test_a_photograph_accepts_nobody(hall: Hall) -> None:
    """A worker that says so is no worker of ours."""
    sitting = posing(hall)
    with pytest.raises(talk.PipeBroken):
        sitting._hear(talk.Ended(Outcome(End.ACCEPTED), True))


def test_an_end_is_said_once(living: Hall) -> None:
    sitting = living.begun(b"\x01 no picture at all")
    assert living.played(sitting).end is End.REVIEW
    with pytest.raises(talk.PipeBroken):
        sitting._hear(talk.Ended(Outcome(End.ACCEPTED), True))


# --- what stands still -----------------------------------------------------------------------------------------------


def grey(value: int, at_s: float) -> Frame:
    return Frame(np.full((120, 160, 3), value, np.uint8), 1, at_s)


def test_only_a_fresh_picture_stands_still_and_what_it_was_before_is_zeroed() -> None:
    posing = Posing()
    assert not posing.shoot(0.0) and posing.content() is None
    frame = grey(50, 10.0)
    posing.feed(frame)
    assert posing.shoot(10.0 + FRESH_S)
    first = posing.still
    assert first is not None and (first == 50).all() and first is not frame.image
    assert not posing.shoot(10.01 + FRESH_S) and posing.still is first  # nothing has changed
    posing.feed(grey(60, 12.0))
    assert posing.shoot(12.0)
    second = posing.still
    assert second is not None and (second == 60).all() and not first.any()
    last = grey(70, 13.0)
    posing.feed(last)
    posing.forget()
    assert not second.any() and not last.image.any()
    assert posing.content() is None and not posing.shoot(13.0)
