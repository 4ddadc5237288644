"""Openness from outlines drawn by hand, angles from a head turned by known angles, then both on the portrait."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from kiosk.face.crops import Crop, Image, Points
from kiosk.face.iris import Eyes, contour, eye_crop, eyes, openness
from kiosk.face.mesh import LEFT_EYE, RIGHT_EYE, Mesh, five_points, landmarks
from kiosk.face.models import Models
from kiosk.face.pose import HEAD_MM, NUMBERS, Pose, pose
from tests.kiosk.face.conftest import mesh_of, placed


def outline(width: float, height: float) -> Points:
    """Sixteen points of an ellipse that is ``width`` x ``height``, its corners among them."""
    angles = np.arange(16) / 16 * 2 * math.pi
    return np.stack((30 + width / 2 * np.cos(angles), 25 + height / 2 * np.sin(angles)), axis=1).astype(
        np.float32
    )


@pytest.mark.parametrize(
    ("width", "height", "expected"), [(40, 14, 0.35), (40, 6.4, 0.16), (25, 10, 0.4), (30, 0, 0.0)]
)
def test_openness_is_height_by_width(width: float, height: float, expected: float) -> None:
    assert openness(outline(width, height)) == pytest.approx(expected, abs=1e-4)


def test_an_outline_without_width_is_closed() -> None:
    assert openness(np.full((16, 2), 3.0, np.float32)) == 0.0


def test_both_eyes_are_averaged_and_one_stands_alone() -> None:
    assert Eyes(0.3, 0.4).openness == pytest.approx(0.35)
    assert Eyes(0.3, None).openness == 0.3


def test_open_eyes_of_the_portrait_read_open(networks: Models, frame: Image, mesh: Mesh) -> None:
    seen = eyes(networks, frame, mesh)
    assert seen.right is not None
    assert 0.30 < seen.left < 0.50 and 0.30 < seen.right < 0.50


def test_painted_lids_read_closed(networks: Models, frame: Image, mesh: Mesh) -> None:
    """Skin over both eyes and a dark line where the lids meet: far below the same person's open eyes."""
    before = eyes(networks, frame, mesh).openness
    closed = frame.copy()
    for corners, brow_side in ((LEFT_EYE, 159), (RIGHT_EYE, 386)):
        (left, top), (right, bottom) = mesh.at(corners[0]), mesh.at(corners[1])
        middle = (round((left + right) / 2), round((top + bottom) / 2))
        skin = frame[round(mesh.at(brow_side)[1]) - 8, middle[0]].tolist()
        half = round((right - left) * 0.55)
        cv2.ellipse(closed, middle, (half, round(half * 0.55)), 0, 0, 360, skin, -1)
        lid = (middle[0], middle[1] - half // 8)
        cv2.ellipse(closed, lid, (half - 4, half // 4), 0, 10, 170, (40, 50, 70), 3)
    assert eyes(networks, closed, mesh).openness < 0.65 * before


def test_one_look_is_enough_while_an_eye_is_plainly_open(networks: Models, frame: Image, mesh: Mesh) -> None:
    both = eyes(networks, frame, mesh)
    assert eyes(networks, frame, mesh, plainly_open=both.left - 0.01) == Eyes(both.left, None)
    assert eyes(networks, frame, mesh, plainly_open=both.left + 0.01) == both


def test_the_right_eye_is_shown_as_a_left_one(networks: Models, frame: Image, mesh: Mesh) -> None:
    """The network knows left eyes only: the right eye here is, to the pixel, the left eye of the mirrored frame."""
    mirrored = mesh.points.copy()
    mirrored[:, 0] = 1279 - mirrored[:, 0]
    for one, other in ((33, 263), (133, 362)):
        mirrored[[one, other]] = mirrored[[other, one]]
    there, back = eyes(networks, frame, mesh), eyes(networks, cv2.flip(frame, 1), Mesh(mirrored, 1.0))
    assert (back.left, back.right) == pytest.approx((there.right, there.left), abs=0.003)


def test_a_collapsed_mesh_still_has_a_square_to_look_at() -> None:
    assert eye_crop(Mesh(np.zeros((468, 3), np.float32), 0.0), LEFT_EYE).side == 1.0


def test_the_mesh_lies_on_the_face(mesh: Mesh) -> None:
    """Eyes at 640, 300, 43 px apart in the portrait, 2.6 times enlarged; mouth and chin below."""
    assert mesh.presence > 0.99
    assert mesh.eye_distance == pytest.approx(43 * 2.6, rel=0.05)
    assert mesh.middle(*LEFT_EYE, *RIGHT_EYE) == pytest.approx((640, 300), abs=8)
    assert mesh.middle(61, 291)[1] > mesh.at(1)[1] > 300
    # the chin of the portrait is at 182
    assert mesh.at(152)[1] == pytest.approx(300 + (182 - 105) * 2.6, abs=25)


def test_where_nobody_is_there_is_no_presence(networks: Models) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    assert landmarks(networks, noise, Crop(320, 240, 300)).presence < 0.01
    assert landmarks(networks, np.full((480, 640, 3), 99, np.uint8), Crop(320, 240, 300)).presence < 0.01


def test_the_five_points_go_from_left_to_right(mesh: Mesh) -> None:
    left_eye, right_eye, nose, left_mouth, right_mouth = five_points(mesh)
    assert left_eye[0] < nose[0] < right_eye[0] and left_mouth[0] < nose[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]


class Ear:
    """A network that only hears what it is fed, and answers with zeros."""

    def __init__(self) -> None:
        self.heard: NDArray[np.float32] = np.zeros(0, np.float32)

    def setInput(self, blob: NDArray[np.float32]) -> None:  # noqa: N802  # OpenCV's name
        self.heard = blob

    def forward(self, outputs: tuple[str, ...] | str) -> object:
        if isinstance(outputs, str):
            return np.zeros((1, 213), np.float32)
        return np.zeros((1, 1404), np.float32), np.zeros((1, 1), np.float32)


def test_mesh_and_eyes_are_fed_red_green_blue_from_0_to_1() -> None:
    ear = Ear()
    image = np.zeros((100, 100, 3), np.uint8)
    image[:] = (0, 51, 255)  # blue, green, red
    landmarks(Models(ear, ear, ear, ear), image, Crop(50, 50, 80))
    assert ear.heard.shape == (1, 3, 192, 192)
    assert ear.heard[0, :, 96, 96] == pytest.approx((1.0, 0.2, 0.0))
    contour(Models(ear, ear, ear, ear), image, Crop(50, 50, 80), mirrored=False)
    assert ear.heard.shape == (1, 3, 64, 64)
    assert ear.heard[0, :, 32, 32] == pytest.approx((1.0, 0.2, 0.0))


# --- pose -----------------------------------------------------------------------------------------------------------


def turned(yaw: float, pitch: float, roll: float, width: int = 1280, x: float = 640, y: float = 360) -> Mesh:
    """A mesh whose six points are the generic head, turned by these degrees, far away and projected by hand."""
    cos, sin = np.cos(np.radians((yaw, pitch, roll))), np.sin(np.radians((yaw, pitch, roll)))
    # x right, y down, z away; the nose points to -z and shall go right for yaw, up for pitch, the head lean right for roll
    about_y = np.array(((cos[0], 0, -sin[0]), (0, 1, 0), (sin[0], 0, cos[0])))
    about_x = np.array(((1, 0, 0), (0, cos[1], sin[1]), (0, -sin[1], cos[1])))
    about_z = np.array(((cos[2], -sin[2], 0), (sin[2], cos[2], 0), (0, 0, 1)))
    head = np.array(HEAD_MM) @ (about_z @ about_y @ about_x).T
    points = np.zeros((468, 3), np.float32)
    distance_mm = 800.0
    for number, (right, down, away) in zip(NUMBERS, head, strict=True):
        points[number] = (
            x + width * right / (distance_mm + away),
            y + width * down / (distance_mm + away),
            away,
        )
    return Mesh(points, 1.0)


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (25, 0, 0), (-25, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 15), (18, -9, 6)]
)
def test_a_turned_head_reads_its_angles(angles: tuple[float, float, float]) -> None:
    found = pose(turned(*angles), 1280)
    assert found is not None
    assert (found.yaw, found.pitch, found.roll) == pytest.approx(angles, abs=2.5)


def test_a_face_that_is_only_moved_is_not_turned() -> None:
    """What a photograph does when a hand moves it sideways before the camera."""
    middle, aside = pose(turned(0, 0, 0), 1280), pose(turned(0, 0, 0, x=150, y=600), 1280)
    assert middle is not None and aside is not None
    assert aside.yaw == pytest.approx(middle.yaw, abs=0.5)
    assert aside.pitch == pytest.approx(middle.pitch, abs=0.5)


def test_the_largest_turn_counts_without_its_sign() -> None:
    assert Pose(-30, 10, 5).largest == 30


def test_the_portrait_looks_nearly_straight_and_its_mirror_the_other_way(
    networks: Models, frame: Image, mesh: Mesh
) -> None:
    found, mirrored = pose(mesh, 1280), pose(mesh_of(networks, cv2.flip(frame, 1)), 1280)
    assert found is not None and mirrored is not None
    assert abs(found.yaw) < 8 and abs(found.roll) < 8
    assert mirrored.yaw == pytest.approx(-found.yaw, abs=6)


def test_a_picture_turned_clockwise_leans_to_the_right(networks: Models, portrait: Image, mesh: Mesh) -> None:
    straight, leaning = pose(mesh, 1280), pose(mesh_of(networks, placed(portrait, 640, 300, 2.6, 15)), 1280)
    assert straight is not None and leaning is not None
    assert leaning.roll - straight.roll == pytest.approx(15, abs=3)
