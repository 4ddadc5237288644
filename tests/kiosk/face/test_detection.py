"""Anchors, decoding and suppression on tensors made by hand; then the real networks on the portrait."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from kiosk.face.crops import Image
from kiosk.face.detection import (
    FULL_CELLS,
    SHORT_CELLS,
    Box,
    anchors,
    decode,
    detect,
    overlaps,
    suppress,
)
from kiosk.face.models import Models
from tests.kiosk.face.conftest import placed


def test_short_range_has_two_anchors_in_16_x_16_cells_then_six_in_8_x_8() -> None:
    centres = anchors(SHORT_CELLS)
    assert centres.shape == (896, 2)
    assert centres[0] == pytest.approx((0.03125, 0.03125)) and (centres[1] == centres[0]).all()
    assert centres[2] == pytest.approx((0.09375, 0.03125))  # to the right first
    assert centres[32] == pytest.approx((0.03125, 0.09375))  # then down
    assert centres[511] == pytest.approx((0.96875, 0.96875))
    assert centres[512] == pytest.approx((0.0625, 0.0625)) and (centres[517] == centres[512]).all()
    assert centres[518] == pytest.approx((0.1875, 0.0625))


def test_full_range_has_one_anchor_in_48_x_48_cells() -> None:
    centres = anchors(FULL_CELLS)
    assert centres.shape == (2304, 2)
    assert centres[0] == pytest.approx((1 / 96, 1 / 96))
    assert centres[48] == pytest.approx((1 / 96, 3 / 96))


def row(**values: float) -> list[float]:
    """A network's row of 16, in input pixels; the points all at one offset."""
    return [values["x"], values["y"], values["w"], values["h"], *[values["px"], values["py"]] * 6]


def test_a_row_is_read_from_its_anchor() -> None:
    """At anchor (0.5, 0.25) of 128 px: centre moved by (6.4, -3.2), 32 x 16 large, points moved by (12.8, 6.4)."""
    rows = np.array([row(x=6.4, y=-3.2, w=32, h=16, px=12.8, py=6.4)] * 3, np.float32)
    # 0.5 is not above the limit; 0.75; hardly 0
    logits = np.array([[0.0], [1.0986123], [-200.0]], np.float32)
    centres = np.array([(0.5, 0.25)] * 3, np.float32)
    found, scores = decode(rows, logits, centres, 128)
    assert scores == pytest.approx([0.75])
    assert found[0, :4] == pytest.approx((0.55 - 0.125, 0.225 - 0.0625, 0.55 + 0.125, 0.225 + 0.0625))
    assert found[0, 4:] == pytest.approx([0.6, 0.3] * 6)


def test_a_box_without_extent_is_none() -> None:
    rows = np.array([row(x=0, y=0, w=-8, h=16, px=0, py=0)], np.float32)
    found, scores = decode(rows, np.array([9.0], np.float32), np.array([(0.5, 0.5)], np.float32), 128)
    assert found.shape == (0, 16) and scores.shape == (0,)


def candidate(left: float, top: float, right: float, bottom: float) -> list[float]:
    return [left, top, right, bottom, *[left, top] * 6]


def test_overlap_is_intersection_over_union() -> None:
    boxes = np.array(
        [candidate(0, 0, 0.2, 0.2), candidate(0.1, 0, 0.3, 0.2), candidate(0.5, 0.5, 0.6, 0.6)], np.float32
    )
    assert overlaps(boxes[0], boxes) == pytest.approx([1, 1 / 3, 0])
    assert Box(0, 0, 20, 20).overlap(Box(10, 0, 30, 20)) == pytest.approx(1 / 3)
    assert Box(0, 0, 20, 20).overlap(Box(20, 0, 40, 20)) == 0


def test_candidates_of_one_face_are_averaged_by_their_scores() -> None:
    """0.9 and 0.6 overlap by more than 0.3: the mean leans to the surer one.  The third is another face."""
    boxes = np.array(
        [candidate(0.5, 0.5, 0.7, 0.7), candidate(0.10, 0.1, 0.3, 0.3), candidate(0.15, 0.1, 0.35, 0.3)],
        np.float32,
    )
    faces = suppress(boxes, np.array([0.7, 0.6, 0.9], np.float32))
    assert [score for _, score in faces] == pytest.approx([0.9, 0.7])
    assert faces[0][0][:4] == pytest.approx((0.13, 0.1, 0.33, 0.3))  # (0.9 * 0.15 + 0.6 * 0.10) / 1.5
    assert faces[1][0][:4] == pytest.approx((0.5, 0.5, 0.7, 0.7))


def test_candidates_that_hardly_overlap_are_two_faces() -> None:
    """0.1 of 0.2 wide: one third, above 0.3; 0.11: 0.29, below."""
    near = np.array([candidate(0, 0, 0.2, 0.2), candidate(0.10, 0, 0.30, 0.2)], np.float32)
    far = np.array([candidate(0, 0, 0.2, 0.2), candidate(0.11, 0, 0.31, 0.2)], np.float32)
    scores = np.array([0.9, 0.8], np.float32)
    assert len(suppress(near, scores)) == 1
    assert len(suppress(far, scores)) == 2


def test_the_portrait_has_one_face_with_its_eyes_from_left_to_right(
    networks: Models, portrait: Image
) -> None:
    (box,) = detect(networks, portrait)
    assert box.score > 0.8
    assert box.left < 205 and box.right > 245 and box.top < 100 and box.bottom > 160
    assert box.points[0] == pytest.approx((205, 103), abs=8) and box.points[1] == pytest.approx(
        (248, 105), abs=8
    )
    assert box.crop().side == pytest.approx(1.5 * max(box.width, box.height))


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (900, 900)])
def test_the_letterbox_moves_nothing(networks: Models, portrait: Image, width: int, height: int) -> None:
    canvas = np.full((height, width, 3), 128, np.uint8)
    canvas[100:612, 150:662] = portrait
    (box,) = detect(networks, canvas)
    assert box.points[0] == pytest.approx((150 + 205, 100 + 103), abs=14)
    assert box.points[1] == pytest.approx((150 + 248, 100 + 105), abs=14)


def test_somebody_far_away_is_found_by_the_full_range(networks: Models, portrait: Image) -> None:
    """34 px between the eyes, of 1,280: at 128 px wide that is no face any more."""
    far = placed(portrait, 640, 300, 0.8)
    assert len(detect(networks, far)) == 1
    assert detect(replace(networks, full_range=networks.short_range), portrait) == detect(networks, portrait)


def test_nobody_is_nobody(networks: Models) -> None:
    dice = np.random.default_rng(3)
    assert detect(networks, np.full((720, 1280, 3), 90, np.uint8)) == ()
    assert detect(networks, dice.integers(0, 255, (480, 640, 3)).astype(np.uint8)) == ()


def test_the_larger_of_two_faces_comes_first(networks: Models, portrait: Image) -> None:
    near = placed(portrait, 350, 320, 2.6)
    far = placed(portrait, 960, 320, 1.8)
    both = np.concatenate((near[:, :640], far[:, 640:]), axis=1)
    boxes = detect(networks, both)
    assert len(boxes) == 2
    assert boxes[0].right < 640 < boxes[1].left


def test_colours_are_fed_in_the_order_the_network_learned(networks: Models, portrait: Image) -> None:
    """Not mirrored, BGR in: a mirrored image mirrors the box, which a transposed or flipped input would not."""
    (box,), (mirrored,) = detect(networks, portrait), detect(networks, cv2.flip(portrait, 1))
    assert 511 - mirrored.right == pytest.approx(box.left, abs=8)
