"""Depth, hands and screens, on rendered pictures: a head that turns, and sheets that are tilted and bent to look like one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from devices.camera_manner import Grip
from devices.camera_scene import Lit, Person, Scene
from devices.camera_sheets import Print
from devices.camera_sitter import Portrait, Sitter
from devices.camera_surface import Turn
from kiosk.config import FaceCheck
from kiosk.face.crops import Image
from kiosk.face.guidance import Action
from kiosk.face.mesh import Mesh
from kiosk.face.models import Models
from kiosk.face.parallax import relief, shot
from kiosk.face.raster import Raster
from kiosk.face.surroundings import Surroundings
from tests.kiosk.face.conftest import mesh_of

SCENE = Scene(width=1280, height=720, face_px=230.0, noise=3.0)
LEAST = FaceCheck().least_relief
NO_TURN = Turn()


@pytest.fixture(scope="module")
def sitter(networks: Models, portrait: Image) -> Sitter:
    head = cv2.resize(portrait[0:330, 80:400], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    picture = np.asarray(head, np.uint8)
    return Sitter(Portrait(picture, mesh_of(networks, picture).points))


class Living:
    """A head that is held as it is told."""

    def __init__(self, sitter: Sitter) -> None:
        rng = np.random.default_rng(5)
        self._lit = Lit(SCENE, rng)
        self._person = Person(sitter, SCENE, self._lit, rng)

    def image(self, turn: Turn) -> Image:
        frame = self._person.still.copy()
        self._person.draw(frame, turn, 0.0)
        self._lit.grain(frame)
        return frame


@pytest.fixture(scope="module")
def living(sitter: Sitter) -> Living:
    return Living(sitter)


@pytest.fixture(scope="module")
def paper(sitter: Sitter) -> Print:
    return Print(sitter, SCENE, np.random.default_rng(6))


def stands_out(
    networks: Models, straight: Image, away: Image, action: Action, degrees: float
) -> float | None:
    one, other = (shot(image, mesh_of(networks, image)) for image in (straight, away))
    return relief(one, other, action, degrees)


@pytest.mark.parametrize(
    ("turn", "action", "degrees"),
    [
        (Turn(yaw=18.0), Action.TURN_LEFT, 18.0),
        (Turn(yaw=-22.0, pitch=2.0), Action.TURN_RIGHT, -22.0),
        (Turn(pitch=-13.0), Action.NOD, -13.0),
        (Turn(pitch=12.0, yaw=2.0), Action.NOD, 12.0),
    ],
)
def test_a_nose_stands_out(
    networks: Models, living: Living, turn: Turn, action: Action, degrees: float
) -> None:
    found = stands_out(networks, living.image(NO_TURN), living.image(turn), action, degrees)
    assert found is not None
    assert found > 1.5 * LEAST


@pytest.mark.parametrize(
    ("turn", "bend", "bend_deg"),
    [
        (Turn(yaw=35.0), 0.0, 0.0),
        (Turn(yaw=-45.0, x=60.0), 0.0, 0.0),
        (Turn(pitch=-35.0, roll=10.0), 0.0, 0.0),
        (Turn(yaw=25.0), 0.9, 0.0),
        (Turn(yaw=-30.0), 1.2, 10.0),
        (Turn(pitch=-25.0), 0.9, 90.0),
    ],
)
def test_paper_has_no_nose(networks: Models, paper: Print, turn: Turn, bend: float, bend_deg: float) -> None:
    """Even if the engine took it for a turn of 18 degrees, or a nod of 13."""
    straight, away = paper.image(Grip(NO_TURN, 0.0)), paper.image(Grip(turn, bend), bend_deg)
    for action, degrees in ((Action.TURN_LEFT, 18.0), (Action.TURN_RIGHT, -18.0), (Action.NOD, -13.0)):
        found = stands_out(networks, straight, away, action, degrees)
        assert found is None or found < LEAST, (action, found)


def test_a_nose_that_goes_the_other_way_is_none(networks: Models, living: Living) -> None:
    found = stands_out(
        networks, living.image(NO_TURN), living.image(Turn(yaw=20.0)), Action.TURN_RIGHT, -20.0
    )
    assert found is not None
    assert found < 0


def test_two_pictures_without_anything_in_common_say_nothing(networks: Models, living: Living) -> None:
    image = living.image(NO_TURN)
    mesh = mesh_of(networks, image)
    noise = np.random.default_rng(1).integers(0, 255, image.shape, np.uint8)
    assert relief(shot(image, mesh), shot(noise, mesh), Action.TURN_LEFT, 20.0) is None


def around(networks: Models, images: list[Image]) -> bool:
    watched = Surroundings(images[0], mesh_of(networks, images[0]).box)
    for number, image in enumerate(images[1:]):
        watched.see(image, number * 0.5)
    return watched.carried


def sway(number: int) -> Turn:
    return Turn(
        0.5 * np.sin(number), 0.0, 0.3 * np.cos(number), 4.0 * np.sin(1.3 * number), 3.0 * np.cos(number)
    )


def test_a_room_stands_still_behind_who_sways(networks: Models, living: Living) -> None:
    assert not around(networks, [living.image(sway(number)) for number in range(12)])


def test_a_hand_does_not(networks: Models, paper: Print) -> None:
    assert around(networks, [paper.image(Grip(sway(number), 0.0)) for number in range(12)])


def test_a_bare_wall_says_nothing(networks: Models, living: Living) -> None:
    images = [living.image(sway(number)) for number in range(3)] * 4
    for image in images:
        image[:, :420] = image[:, 860:] = 128
    assert not around(networks, images)


def looked_at(mesh: Mesh, images: list[Image]) -> Raster:
    raster = Raster()
    for number, image in enumerate(images):
        raster.see(image, mesh, float(number))
    return raster


@pytest.mark.parametrize("quality", [None, 60])
def test_skin_has_no_lines(networks: Models, living: Living, quality: int | None) -> None:
    images = [living.image(sway(number)) for number in range(8)]
    mesh = mesh_of(networks, images[0])
    if quality is not None:
        images = [as_jpeg(image, quality) for image in images]
    assert not looked_at(mesh, images).on_a_screen


def test_a_screen_has(networks: Models, living: Living) -> None:
    y, x = np.mgrid[0:720, 0:1280]
    lines = (5 * np.sin(2 * np.pi * x / 2.7) * np.sin(2 * np.pi * y / 2.7))[..., None]
    images = [np.clip(living.image(sway(number)) + lines, 0, 255).astype(np.uint8) for number in range(8)]
    assert looked_at(mesh_of(networks, images[0]), images).on_a_screen


def as_jpeg(image: Image, quality: int) -> Image:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded, np.uint8)
