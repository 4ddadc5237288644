"""The real networks and the one face that tests may use: the public-domain portrait of the stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.camera_emulator import Living
from devices.camera_sitter import Sitter
from kiosk.face import models
from kiosk.face.crops import Image
from kiosk.face.detection import detect
from kiosk.face.mesh import Mesh, landmarks
from kiosk.face.models import Models
from kiosk.face.reference_format import StoredPicture, write
from stand.camera import portrait as stand_portrait
from tests.kiosk.face.before_camera import BRISK, SCENE, Hall, Plates

ROOT = Path(__file__).parents[3]
PORTRAIT = ROOT / "stand" / "faces" / "astronaut.png"
EYES = (225, 105)  # the middle between them, in the portrait


@pytest.fixture(scope="session")
def networks() -> Models:
    cv2.setNumThreads(1)
    return models.load()


@pytest.fixture(scope="session")
def portrait() -> Image:
    image = cv2.imread(str(PORTRAIT), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


@pytest.fixture(scope="session")
def frame(portrait: Image) -> Image:
    """A camera's frame, 1280 x 720: the person in the middle, 110 px between the eyes."""
    return placed(portrait, 640, 300, 2.6)


@pytest.fixture(scope="session")
def mesh(networks: Models, frame: Image) -> Mesh:
    """Of the frame."""
    return mesh_of(networks, frame)


def placed(portrait: Image, x: float, y: float, scale: float, turned_deg: float = 0.0) -> Image:
    """A 1280 x 720 frame with the eyes' middle at x, y; turned clockwise."""
    angle = np.deg2rad(turned_deg)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    warp = np.array(
        ((cos, -sin, x - cos * EYES[0] + sin * EYES[1]), (sin, cos, y - sin * EYES[0] - cos * EYES[1]))
    )
    image = cv2.warpAffine(portrait, warp, (1280, 720), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(image, np.uint8)


def mesh_of(networks: Models, image: Image) -> Mesh:
    """As the tracker finds it: a second look from the first."""
    boxes = detect(networks, image)
    assert boxes, "no face found"
    return landmarks(networks, image, landmarks(networks, image, boxes[0].crop()).crop)


@pytest.fixture(scope="module")
def person(networks: Models) -> Sitter:
    return Sitter(stand_portrait(networks))


@pytest.fixture(scope="module")
def reference() -> bytes:
    picture = cv2.imread(str(PORTRAIT))
    assert picture is not None
    return write(StoredPicture(cv2.imencode(".jpg", picture)[1].tobytes()))


@pytest.fixture
def plates() -> Plates:
    return Plates()


@pytest.fixture
def hall(plates: Plates) -> Iterator[Hall]:
    """Stripes before the camera."""
    hall = Hall(plates)
    yield hall
    hall.booth.close()
    hall.camera.stop()


@pytest.fixture
def living(person: Sitter) -> Iterator[Hall]:
    """A willing person before the camera."""
    hall = Hall(Living(person, SCENE, np.random.default_rng(5), BRISK))
    yield hall
    hall.booth.close()
    hall.camera.stop()
