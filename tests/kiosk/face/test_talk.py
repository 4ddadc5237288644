"""What goes through the pipe arrives as it was; what is no message ends the talk, whatever it is."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import config
from kiosk.face import talk
from kiosk.face.booth import BoothFault, Brief, SealedReference
from kiosk.face.guidance import Action, Asked, Comparison, Doubt, End, Guidance, Outcome, Phase
from kiosk.face.talk import Pipe, PipeBroken
from kiosk.face.verdicts import Flaw, Hint
from kiosk.face.zones import Source, Zone

OUTCOME = Outcome(
    End.REVIEW,
    (Asked(Action.BLINK, 1200, 2500), Asked(Action.NOD, 3000, None)),
    (Doubt.FLAT, Doubt.EYES_ONLY),
    (
        Comparison(Source.PHOTO, Zone.REVIEW, 0.43),
        Comparison(Source.CHIP, Zone.REVIEW, None, (Flaw.FEW_BYTES, Flaw.DARK)),
    ),
    "dlib",
    "ab" * 32,
    "start values",
    "cd" * 32,
    75,
    5012,
    {"sharpness": 81.5, "brightness": 120.0},
    True,
)
MESSAGES: list[talk.Message] = [
    talk.Settings(config.Camera(), config.Face()),
    talk.Settings(
        config.Camera(port="/dev/video0", silent_s=1),
        config.Face(engine="onnx", onnx=config.FaceOnnx(file=Path("/opt/face/x.onnx"), sha256="0" * 64)),
    ),
    talk.Begin(Brief("WD001-1", b"reference WD001-1", (SealedReference(Source.PHOTO, b"\x00\xff" * 500),), True)),
    talk.Seal(bytes(32), b"picture", (((0, 0), (1000, 500)), ())),
    talk.Photograph(),
    talk.Shoot(),
    talk.GoOn(),
    talk.SealPhoto(bytes(range(32)), b"picture WD001-1"),
    talk.Close(),
    talk.Ready(bytes(range(32))),
    talk.Unusable(BoothFault.MODEL_ALTERED, "face_landmark.tflite", "face_landmark.tflite: 改动"),
    talk.Alive(),
    talk.Said(Guidance(Phase.ACTING, Action.TURN_LEFT, 2, 3, Hint.TOO_DARK, 0.25)),
    talk.Said(Guidance()),
    talk.Ended(OUTCOME, True),
    talk.Sealed(b"x" * 1000),
    talk.Sealed(None),
    talk.Shot(True),
    talk.Shot(False),
    talk.Died("ValueError", "kiosk/face/seat.py:1"),
]  # fmt: skip


@pytest.fixture
def ends() -> Iterator[tuple[Pipe, socket.socket]]:
    ours, theirs = socket.socketpair()
    pipe = Pipe(ours)
    yield pipe, theirs
    pipe.close()
    theirs.close()


@pytest.mark.parametrize("wait_s", [0.0, 0.3])
def test_a_message_that_never_ends_holds_nobody_longer_than_asked(
    ends: tuple[Pipe, socket.socket], wait_s: float
) -> None:
    """Its bytes come one after the other, each before anybody has given up on the next."""
    pipe, far = ends
    far.sendall((1000).to_bytes(4, "big"))
    over = threading.Event()

    def drips() -> None:
        while not over.wait(0.02):
            far.sendall(b" ")

    thread = threading.Thread(target=drips)
    thread.start()
    began_s = time.monotonic()
    assert pipe.take(wait_s) is None
    took_s = time.monotonic() - began_s
    over.set()
    thread.join()
    assert took_s < wait_s + 1.0


def test_every_kind_of_message_is_among_them() -> None:
    assert {type(message) for message in MESSAGES} == set(talk.KINDS)


def test_it_arrives_as_it_was(ends: tuple[Pipe, socket.socket]) -> None:
    pipe, theirs = ends
    other = Pipe(theirs)
    for message in MESSAGES:
        other.post(message)
    assert [pipe.take(1) for _ in MESSAGES] == MESSAGES
    assert pipe.take(0) is None


@given(st.lists(st.integers(1, 4000), max_size=20))
def test_it_arrives_in_any_portions(portions: list[int]) -> None:
    ours, theirs = socket.socketpair()
    pipe, raw = Pipe(ours), b""
    for message in MESSAGES:
        body = json.dumps([type(message).__name__, talk.plain(message)]).encode()
        raw += len(body).to_bytes(4, "big") + body
    came = []
    try:
        for portion in [*portions, len(raw)]:
            theirs.sendall(raw[:portion])
            raw = raw[portion:]
            while (one := pipe.take(0)) is not None:
                came.append(one)
    finally:
        pipe.close()
        theirs.close()
    assert came == MESSAGES


def test_what_does_not_go_at_once_is_kept_and_goes_later(ends: tuple[Pipe, socket.socket]) -> None:
    """Nobody reads for a while: ``post`` does not wait, and nothing is lost."""
    pipe, theirs = ends
    large = talk.Sealed(b"x" * 300_000)
    for _ in range(3):
        pipe.post(large)
    other = Pipe(theirs)
    for _ in range(3):
        came = None
        while came is None:
            assert pipe.take(0) is None
            came = other.take(0)
        assert came == large


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"null",
        b"[]",
        b'["Close"]',
        b'["Close", {}, 1]',
        b'["Close", null]',
        b'["Close", {"more": 1}]',
        b'["Kill", {}]',
        b'[["Close"], {}]',
        b'["Ready", {"key": "not base64!"}]',
        b'["Ready", {"key": 5}]',
        b'["Ready", {}]',
        b'["Sealed", {"content": ["AA=="]}]',
        b'["Unusable", {"fault": "bad luck", "file": "", "words": ""}]',
        b'["Unusable", {"fault": ["engine"], "file": "", "words": ""}]',
        b'["Seal", {"key": "", "info": "", "strokes": [[[1, 2, 3]]]}]',
        b'["Seal", {"key": "", "info": "", "strokes": [[[true, 2]]]}]',
        b'["Seal", {"key": "", "info": "", "strokes": {"0": 1}}]',
        b'["Photograph", []]',
        b'["Photograph", {"brief": null}]',
        b'["Shoot", {"times": 2}]',
        b'["SealPhoto", {"key": ""}]',
        b'["SealPhoto", {"key": "", "info": "", "strokes": []}]',
        b'["SealPhoto", {"key": null, "info": ""}]',
        b'["Shot", {"taken": 1}]',
        b'["Shot", {"taken": null}]',
        b"[" * 100_000,
        b'["Said", ' + b'{"guidance":' * 5_000,
        b'["Said", {"guidance": {"phase": "acting", "action": "blink", "step": NaN}}]',
        b"1" * 5000,
    ],
)
def test_what_is_no_message_is_refused(ends: tuple[Pipe, socket.socket], body: bytes) -> None:
    pipe, theirs = ends
    theirs.sendall(len(body).to_bytes(4, "big") + body)
    with pytest.raises(PipeBroken):
        pipe.take(5)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(body: bytes) -> None:
    try:
        talk.parse(body)
    except PipeBroken:
        return


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.integers(),
       lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8),
       st.sampled_from([kind.__name__ for kind in talk.KINDS]))  # fmt: skip
def test_any_json_is_a_message_or_refused(values: object, name: str) -> None:
    try:
        talk.parse(json.dumps([name, values]).encode())
    except PipeBroken:
        return


def test_too_long_is_refused_before_it_is_read(ends: tuple[Pipe, socket.socket]) -> None:
    pipe, theirs = ends
    theirs.sendall((talk.MOST_BYTES + 1).to_bytes(4, "big"))
    with pytest.raises(PipeBroken):
        pipe.take(1)


def test_the_far_end_is_gone(ends: tuple[Pipe, socket.socket]) -> None:
    pipe, theirs = ends
    Pipe(theirs).post(talk.Alive())
    theirs.close()
    assert pipe.take(1) == talk.Alive()  # what was said before counts
    with pytest.raises(PipeBroken):
        pipe.take(1)
    with pytest.raises(PipeBroken):
        pipe.post(talk.Close())


def test_an_end_that_was_closed_is_broken_and_no_surprise(ends: tuple[Pipe, socket.socket]) -> None:
    pipe, _ = ends
    pipe.close()
    with pytest.raises(PipeBroken):
        pipe.take(0)
    with pytest.raises(PipeBroken):
        pipe.post(talk.Close())
