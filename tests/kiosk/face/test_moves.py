"""What a movement of the head leaves: of one unbroken piece of the film, and of every movement."""

from __future__ import annotations

import pytest

from devices.camera_manner import Grip
from devices.camera_sheets import Print
from devices.camera_surface import Turn
from kiosk.config import FaceCheck
from kiosk.face.crops import Image
from kiosk.face.guidance import Action
from kiosk.face.models import Models
from kiosk.face.moves import SAME_FACE_DEG, Moves
from kiosk.face.quality import light
from tests.kiosk.face.conftest import mesh_of
from tests.kiosk.face.test_parallax import Living, living, paper, sitter

__all__ = ["living", "paper", "sitter"]  # fixtures
LEAST = FaceCheck().least_relief
LEFT = (6.0, 12.0, 18.0, 25.0)


class Shown:
    """Movements of whatever is before the camera, frame by frame."""

    def __init__(self, networks: Models) -> None:
        self._networks = networks
        self.moves = Moves()

    def left(self, straight: Image, away: list[Image], lost: int | None = None) -> bool:
        """A turn to the left; the face is found anew in the frame ``lost``."""
        self.moves.straight(straight, mesh_of(self._networks, straight))
        for number, (image, degrees) in enumerate(zip(away, LEFT, strict=True)):
            mesh = mesh_of(self._networks, image)
            lit = light(image, mesh)
            self.moves.moving(image, mesh, lit, Action.TURN_LEFT, degrees, number != lost)
        return self.moves.done(Action.TURN_LEFT)


@pytest.fixture(scope="module")
def head(living: Living) -> tuple[Image, list[Image]]:
    return living.image(Turn()), [living.image(Turn(yaw=degrees)) for degrees in LEFT]


@pytest.fixture(scope="module")
def sheet(paper: Print) -> tuple[Image, list[Image]]:
    """A photo that is turned so far that the engine might take it for these turns."""
    return paper.image(Grip(Turn(), 0.0)), [paper.image(Grip(Turn(yaw=2 * degrees), 0.6)) for degrees in LEFT]


def test_a_turn_of_a_head_has_depth_and_a_face(networks: Models, head: tuple[Image, list[Image]]) -> None:
    shown = Shown(networks)
    assert shown.left(*head)
    assert shown.moves.least_relief is not None
    assert shown.moves.least_relief > 1.5 * LEAST
    (face,) = shown.moves.faces
    assert face is not None
    assert face.away_deg == min(LEFT, key=lambda degrees: abs(degrees - SAME_FACE_DEG))
    shown.moves.forget()
    assert not face.image.any()
    assert not shown.moves.faces


def test_one_turn_of_a_photo_among_those_of_a_head_is_flat(
    networks: Models, head: tuple[Image, list[Image]], sheet: tuple[Image, list[Image]]
) -> None:
    """Neither the mean nor the median tells: two of three have depth."""
    shown = Shown(networks)
    assert all((shown.left(*head), shown.left(*sheet), shown.left(*head)))
    assert shown.moves.least_relief is not None
    assert shown.moves.least_relief < LEAST
    assert sum(found is not None and found > LEAST for found in shown.moves.reliefs) == 2
    assert len(shown.moves.faces) == 3, "a face of every movement"


def test_nothing_is_measured_across_a_face_that_was_found_anew(
    networks: Models, head: tuple[Image, list[Image]]
) -> None:
    """Somebody else may have come in between."""
    shown = Shown(networks)
    assert not shown.left(*head, lost=0)
    assert shown.moves.least_relief is None
    assert shown.moves.faces == [None]
    assert shown.left(*head), "straight again, it is measured as ever"
    assert shown.moves.least_relief is None, "and what was not measured stays so"


def test_what_was_seen_before_the_face_was_lost_counts(
    networks: Models, head: tuple[Image, list[Image]]
) -> None:
    """Who turns so far that the mesh is lost has shown enough on the way."""
    shown = Shown(networks)
    assert shown.left(*head, lost=3)
    assert shown.moves.least_relief is not None
    assert shown.moves.faces[0] is not None


def test_a_movement_that_never_was_straight_says_nothing(
    networks: Models, head: tuple[Image, list[Image]]
) -> None:
    moves, (_, away) = Moves(), head
    mesh = mesh_of(networks, away[2])
    moves.moving(away[2], mesh, light(away[2], mesh), Action.TURN_LEFT, 18.0, True)
    assert not moves.done(Action.TURN_LEFT)
    assert Moves().least_relief is None
