"""The picture on the screen is a mirror; the one for a person who compares fits into what central takes."""

from __future__ import annotations

import base64
import json

import cv2
import numpy as np
import pytest

from kiosk.face.crops import Image
from kiosk.face.mirror import MOST_HEIGHT, MOST_WIDTH, PICTURE_BYTES
from kiosk.face.picture import MOST_SEALED_BYTES, coded, mirrored, photo, signed, whole
from kiosk.seal import ReceiverKey, seal

BLUE, RED = (255, 0, 0), (0, 0, 255)  # BGR


def halves(width: int, height: int) -> Image:
    """Blue on the left of the image, red on the right."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2], image[:, width // 2 :] = BLUE, RED
    return image


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (1920, 1080), (720, 1280), (480, 480)])
def test_left_is_right_as_in_a_mirror_and_colours_are_the_screens(size: tuple[int, int]) -> None:
    small = mirrored(halves(*size))
    assert small.shape == (MOST_HEIGHT, MOST_WIDTH, 3) and small.flags.c_contiguous
    assert tuple(small[240, 10]) == (255, 0, 0)  # RGB: the image's right side, red, is on the left
    assert tuple(small[240, -10]) == (0, 0, 255)


def test_nothing_is_enlarged_or_stretched() -> None:
    small = mirrored(halves(320, 240))
    assert small.shape == (240, 222, 3)
    circle = np.zeros((720, 1280, 3), np.uint8)
    cv2.circle(circle, (640, 360), 200, (255, 255, 255), -1)
    seen = np.argwhere(mirrored(circle)[:, :, 0] > 128)
    height, width = np.ptp(seen, axis=0) + 1
    assert abs(height - width) <= 2


@pytest.mark.parametrize(
    "size", [(1280, 720), (640, 480), (1920, 1080), (720, 1280), (480, 480), (100, 90), (3000, 8)]
)
def test_a_photograph_on_the_screen_is_whole_and_as_it_is(size: tuple[int, int]) -> None:
    small = whole(halves(*size))
    height, width = small.shape[:2]
    assert small.size <= PICTURE_BYTES and small.flags.c_contiguous and width <= size[0] and height <= size[1]
    assert abs(width / height / (size[0] / size[1]) - 1) < 0.01
    assert tuple(small[height // 2, 2]) == (0, 0, 255)  # RGB: the image's left side, blue, is on the left
    assert tuple(small[height // 2, -3]) == (255, 0, 0)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (640, 480), (100, 90)])
def test_a_whole_photograph_fits_with_all_that_is_in_it(size: tuple[int, int]) -> None:
    content = photo(halves(*size))
    assert content is not None
    assert len(seal(content, ReceiverKey().public, b"x")) <= MOST_SEALED_BYTES
    opened = json.loads(content)
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(opened["picture"]), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and opened["strokes"] == []
    height, width = picture.shape[:2]
    assert (
        max(width, height) == min(960, *[max(size)]) and abs(width / height / (size[0] / size[1]) - 1) < 0.01
    )
    assert picture[0, 0, 0] > 200 > 50 > picture[-1, -1, 0]  # not mirrored: blue on the left


def test_a_photograph_of_whatever_room_can_be_sent() -> None:
    content = photo(noise(1280, 720))
    assert content is not None and len(seal(content, ReceiverKey().public, b"x")) <= MOST_SEALED_BYTES


def noise(width: int, height: int) -> Image:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("points", [0, 10, 400, 5000])
def test_picture_and_signature_fit_whatever_they_are(portrait: Image, points: int) -> None:
    strokes = tuple(tuple((999, n % 1001) for n in range(points)) for _ in range(3))
    content = signed(portrait, strokes)
    assert content is not None
    key = ReceiverKey()
    assert len(seal(content, key.public, b"x")) <= MOST_SEALED_BYTES
    opened = json.loads(content)
    for kept, stroke in zip(opened["strokes"], strokes, strict=True):
        full = [list(point) for point in stroke]
        assert kept in [full[:: 2**halved] for halved in range(8)]
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(opened["picture"]), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and 320 <= picture.shape[0] == picture.shape[1] <= 480


def test_it_is_as_good_as_fits(portrait: Image) -> None:
    rich, poor = coded(portrait, 40_000), coded(portrait, 20_000)
    assert rich is not None and poor is not None
    assert len(poor) <= 20_000 < len(rich) <= 40_000


def test_what_cannot_be_made_small_enough_is_not_sent() -> None:
    assert coded(noise(1280, 720), 5_000) is None
    assert signed(noise(1280, 720), ()) is None


def test_a_small_picture_is_not_enlarged() -> None:
    content = coded(halves(100, 90), 40_000)
    assert content is not None
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (90, 100, 3)
