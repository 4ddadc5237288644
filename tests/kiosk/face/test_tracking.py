"""A face is followed from its mesh; the detector looks now and then and says who is nearest."""

from __future__ import annotations

import numpy as np

from kiosk.config import Face
from kiosk.face.crops import Image
from kiosk.face.models import Models
from kiosk.face.seeing import Look, see
from kiosk.face.tracking import NEW, Track, follow
from tests.kiosk.face.conftest import placed

EVERY = 5
BLANK = np.full((720, 1280, 3), 120, np.uint8)


def test_the_detector_looks_at_every_fifth_frame_only(networks: Models, portrait: Image) -> None:
    track, looks, followed = NEW, [], []
    for number in range(11):
        sight, track = follow(networks, placed(portrait, 600 + 6 * number, 300, 2.4), track, EVERY)
        assert (
            sight.mesh is not None and abs(sight.mesh.middle(33, 133, 362, 263)[0] - (600 + 6 * number)) < 10
        )
        looks.append(sight.detected)
        followed.append(sight.followed)
    assert looks == [True, False, False, False, False, True, False, False, False, False, True]
    assert followed == [False] + [True] * 10


def test_a_face_that_is_gone_is_missed_at_once_and_found_again(networks: Models, frame: Image) -> None:
    sight, track = follow(networks, frame, NEW, EVERY)
    sight, track = follow(networks, BLANK, track, EVERY)
    assert sight.mesh is None and sight.detected and track == NEW
    sight, track = follow(networks, frame, track, EVERY)
    assert sight.mesh is not None and not sight.followed


def test_a_face_that_jumps_is_a_new_start(networks: Models, portrait: Image) -> None:
    """Lost where it was, found elsewhere in the very same frame: continuity is broken and the frame says so."""
    _, track = follow(networks, placed(portrait, 300, 300, 2.0), NEW, EVERY)
    sight, _ = follow(networks, placed(portrait, 980, 300, 2.0), track, EVERY)
    assert sight.mesh is not None and not sight.followed
    assert abs(sight.mesh.middle(33, 263)[0] - 980) < 20


def beside(portrait: Image, near: float, far: float) -> Image:
    """Two people in one frame, as large as their scales say."""
    return np.concatenate(
        (placed(portrait, 330, 320, near)[:, :640], placed(portrait, 960, 320, far)[:, 640:]), axis=1
    )


def test_somebody_else_is_counted_and_remembered_until_the_next_look(
    networks: Models, portrait: Image
) -> None:
    two = beside(portrait, 2.6, 1.9)
    sight, track = follow(networks, two, NEW, EVERY)
    assert len(sight.others) == 1 and sight.mesh is not None and sight.mesh.box.right < 640
    sight, track = follow(networks, two, track, EVERY)
    assert not sight.detected and len(sight.others) == 1


def test_who_comes_nearer_is_noticed_at_the_next_look(networks: Models, portrait: Image) -> None:
    """The followed person stays; a larger face appears: the check starts over with the nearest one."""
    alone = beside(portrait, 1.9, 1.9)
    alone[:, 640:] = 120
    _, track = follow(networks, alone, NEW, EVERY)
    crowded = beside(portrait, 1.9, 2.8)
    for number in range(1, EVERY):
        sight, track = follow(networks, crowded, track, EVERY)
        assert sight.followed and not sight.detected, number
    sight, track = follow(networks, crowded, track, EVERY)
    assert not sight.followed and sight.mesh is not None and sight.mesh.box.left > 640
    assert len(sight.others) == 1


def test_nobody_leaves_nothing_behind(networks: Models) -> None:
    sight, track = follow(networks, BLANK, Track(), EVERY)
    assert (sight.mesh, sight.others, track) == (None, (), NEW)


def test_a_frame_says_all_that_is_asked_and_nothing_more(networks: Models, frame: Image) -> None:
    face = Face()
    seen, track = see(networks, frame, NEW, face)
    assert seen.sight.mesh is not None and seen.pose is not None and seen.eyes is None and seen.quality.good
    seen, track = see(networks, frame, track, face, Look.BOTH)
    assert seen.eyes is not None and seen.eyes.right is not None
    seen, track = see(networks, frame, track, face, Look.UNTIL_OPEN, plainly_open=0.1)
    assert seen.eyes is not None and seen.eyes.right is None
    seen, track = see(networks, BLANK, track, face, Look.BOTH)
    assert (seen.sight.mesh, seen.pose, seen.eyes, seen.quality.light) == (None, None, None, None)
