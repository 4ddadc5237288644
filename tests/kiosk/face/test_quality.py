"""Each thing that can be wrong with a frame is told in its own words, and a good frame gets none."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from kiosk import texts
from kiosk.config import Face, FaceQuality
from kiosk.face.crops import Image
from kiosk.face.detection import Box
from kiosk.face.mesh import LEFT_EYE, RIGHT_EYE, Mesh
from kiosk.face.models import Models
from kiosk.face.pose import Pose
from kiosk.face.quality import LIPS, NOSE, assess, light, sharpness, tint
from kiosk.face.seeing import see
from kiosk.face.tracking import NEW
from kiosk.face.verdicts import Hint
from tests.kiosk.face.conftest import placed

LIMITS = FaceQuality()
STRAIGHT = Pose(0, -10, 0)


def hints(networks: Models, image: Image) -> tuple[Hint, ...]:
    return see(networks, image, NEW, Face())[0].quality.hints


def test_every_hint_has_words_of_its_own() -> None:
    words = [getattr(texts, hint.value) for hint in Hint]
    assert len(set(words)) == len(Hint) == 12
    assert texts.FACE_COME_CLOSER == "请靠近一点" and texts.FACE_TAKE_OFF_MASK == "请先摘下口罩"


def test_the_portrait_is_good(networks: Models, frame: Image) -> None:
    assert hints(networks, frame) == ()


def test_nobody(networks: Models) -> None:
    assert hints(networks, np.full((720, 1280, 3), 120, np.uint8)) == (Hint.COME_TO_THE_SCREEN,)


@pytest.mark.parametrize(
    ("level", "noise", "hint"),
    [
        (0, 0, Hint.TOO_DARK),
        (12, 6, Hint.TOO_DARK),
        (255, 0, Hint.TOO_BRIGHT),
        (60, 20, Hint.COME_TO_THE_SCREEN),
        (200, 20, Hint.COME_TO_THE_SCREEN),
    ],
)
def test_a_frame_in_which_nobody_could_be_seen_says_so(level: int, noise: int, hint: Hint) -> None:
    grain = np.random.default_rng(1).normal(level, noise, (720, 1280, 3))
    assert assess(np.clip(grain, 0, 255).astype(np.uint8), None, (), None, LIMITS).hints == (hint,)


def test_too_far_and_too_near(networks: Models, portrait: Image) -> None:
    assert hints(networks, placed(portrait, 640, 300, 1.0)) == (Hint.COME_CLOSER,)
    assert Hint.GO_BACK in hints(networks, placed(portrait, 640, 300, 5.8))


def test_half_out_of_the_frame(networks: Models, portrait: Image) -> None:
    assert Hint.INTO_THE_FRAME in hints(networks, placed(portrait, 90, 300, 2.6))


def test_too_dark_and_too_bright(networks: Models, frame: Image) -> None:
    dark = (frame * 0.22).astype(np.uint8)
    bright = np.clip(frame.astype(np.int32) + 110, 0, 255).astype(np.uint8)
    assert Hint.TOO_DARK in hints(networks, dark)
    assert Hint.TOO_BRIGHT in hints(networks, bright)


def test_a_blurred_face(networks: Models, frame: Image) -> None:
    assert hints(networks, cv2.GaussianBlur(frame, (0, 0), 9)) == (Hint.HOLD_STILL,)


def masked(image: Image, mesh: Mesh, colour: tuple[int, int, int]) -> Image:
    """A mask over nose, mouth and chin, with the light of the face on it."""
    outline = (6, 117, 123, 137, 177, 215, 138, 169, 140, 175, 369, 394, 367, 435, 401, 366, 352, 346)
    hull = cv2.convexHull(mesh.points[list(outline), :2]).astype(np.int32)
    covered = np.zeros(image.shape[:2], np.uint8)
    cv2.fillConvexPoly(covered, hull, 255)
    shade = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (0, 0), 15).astype(np.float32)
    shade /= shade[covered > 0].mean()
    painted = image.copy()
    painted[covered > 0] = np.clip(np.array(colour) * shade[:, :, None], 0, 255).astype(np.uint8)[covered > 0]
    return painted


def tanned(frame: Image) -> Image:
    """The portrait is a pale print; this has the colour skin usually has before a camera."""
    return np.clip(frame * np.array((0.75, 0.95, 1.05)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "colour", [(205, 185, 150), (215, 215, 215), (170, 200, 160)], ids=["blue", "white", "green"]
)
def test_a_mask(networks: Models, frame: Image, mesh: Mesh, colour: tuple[int, int, int]) -> None:
    assert hints(networks, masked(tanned(frame), mesh, colour)) == (Hint.TAKE_OFF_MASK,)


def test_a_black_mask_is_a_mask_or_a_face_that_is_not_whole(
    networks: Models, frame: Image, mesh: Mesh
) -> None:
    assert hints(networks, masked(tanned(frame), mesh, (35, 35, 35)))[0] in (
        Hint.TAKE_OFF_MASK,
        Hint.SHOW_WHOLE_FACE,
    )


@pytest.mark.parametrize("part", [NOSE, LIPS], ids=["nose", "lips"])
def test_a_red_nose_or_painted_lips_are_no_mask(frame: Image, mesh: Mesh, part: tuple[int, ...]) -> None:
    """A mask covers both: one of them in another colour is only a face."""
    painted = tanned(frame)
    for number in part:
        x, y = mesh.at(number)
        cv2.circle(painted, (round(x), round(y)), 14, (60, 40, 200), -1)
    found = light(painted, mesh).cover
    assert found is not None and found < LIMITS.most_cover


def test_a_face_the_mesh_cannot_follow_is_not_nobody() -> None:
    blank = np.full((720, 1280, 3), 120, np.uint8)
    assert assess(blank, None, (Box(0, 0, 200, 200),), None, LIMITS).hints == (Hint.SHOW_WHOLE_FACE,)
    assert assess(blank, None, (), None, LIMITS).hints == (Hint.COME_TO_THE_SCREEN,)


@pytest.mark.parametrize(("blue", "red"), [(0.75, 1.1), (1.1, 0.8)], ids=["warm", "cold"])
def test_coloured_light_is_no_mask(
    networks: Models, frame: Image, mesh: Mesh, blue: float, red: float
) -> None:
    """The same light on all of the face changes no difference within it, and hides no mask either."""
    lamp = np.array((blue, 1.0, red))
    bare = np.clip(tanned(frame) * lamp, 0, 255).astype(np.uint8)
    worn = np.clip(masked(tanned(frame), mesh, (200, 200, 200)) * lamp, 0, 255).astype(np.uint8)
    assert hints(networks, bare) == ()
    assert Hint.TAKE_OFF_MASK in hints(networks, worn)


def test_a_grey_camera_cannot_tell_a_mask_and_says_so(frame: Image, mesh: Mesh) -> None:
    grey = cv2.cvtColor(
        cv2.cvtColor(masked(frame, mesh, (235, 235, 235)), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR
    )
    assert light(grey, mesh).cover is None
    assert Hint.TAKE_OFF_MASK not in assess(grey, mesh, (), STRAIGHT, LIMITS).hints


def test_sunglasses(networks: Models, frame: Image, mesh: Mesh) -> None:
    dark = frame.copy()
    for corners in (LEFT_EYE, RIGHT_EYE):
        x, y = mesh.middle(*corners)
        size = (round(mesh.eye_distance * 0.42), round(mesh.eye_distance * 0.33))
        cv2.ellipse(dark, (round(x), round(y + 8)), size, 0, 0, 360, (25, 25, 25), -1)
    assert Hint.TAKE_OFF_SUNGLASSES in hints(networks, dark)


def test_somebody_beside_counts_and_somebody_behind_does_not(frame: Image, mesh: Mesh) -> None:
    height = mesh.box.height
    beside, behind = Box(0, 0, 90, 0.66 * height), Box(0, 0, 80, 0.64 * height)
    assert assess(frame, mesh, (behind,) * 20, STRAIGHT, LIMITS).hints == ()
    assert assess(frame, mesh, (behind, beside), STRAIGHT, LIMITS).hints == (Hint.ONE_PERSON,)


@pytest.mark.parametrize(
    ("turn", "good"),
    [
        (Pose(19.9, 0, 0), True),
        (Pose(-20.1, 0, 0), False),
        (Pose(0, -29.9, 0), True),
        (Pose(0, 30.1, 0), False),
        (Pose(0, 0, 19.9), True),
        (Pose(0, 0, -20.1), False),
        (None, False),
    ],
)
def test_looking_away(frame: Image, mesh: Mesh, turn: Pose | None, good: bool) -> None:
    assert (assess(frame, mesh, (), turn, LIMITS).hints == ()) is good


def test_the_most_pressing_comes_first(frame: Image, mesh: Mesh) -> None:
    dark = (frame * 0.2).astype(np.uint8)
    found = assess(dark, mesh, (Box(0, 0, 300, 300),), Pose(40, 0, 0), LIMITS).hints
    assert found[:2] == (Hint.ONE_PERSON, Hint.TOO_DARK) and Hint.LOOK_STRAIGHT in found


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    """One white pixel of 255 in black: the four-neighbour Laplacian is -1020 there and 255 four times around it."""
    one = np.zeros((9, 9), np.uint8)
    one[4, 4] = 255
    assert sharpness(one) == pytest.approx((1020**2 + 4 * 255**2) / 81)
    assert sharpness(np.full((9, 9), 77, np.uint8)) == 0
    with pytest.raises(ValueError, match="without pixels"):
        sharpness(np.zeros((0, 5), np.uint8))


def test_a_tint_is_colour_without_brightness() -> None:
    """Red is twice and blue two fifths of green, after the 4 that keeps noise in the dark from being a colour."""
    image = np.full((112, 112, 3), (36, 96, 196), np.uint8)
    somewhere = np.array(((10, 20), (500, -3)), np.float32)  # outside counts as the border
    assert tint(image, somewhere) == pytest.approx((math.log(2), math.log(0.4)), abs=1e-5)


def test_brightness_does_not_depend_on_distance(networks: Models, portrait: Image) -> None:
    near, far = (
        see(networks, placed(portrait, 640, 320, scale), NEW, Face())[0].quality.light for scale in (3.0, 1.5)
    )
    assert near is not None and far is not None
    assert near.brightness == pytest.approx(far.brightness, abs=8)
