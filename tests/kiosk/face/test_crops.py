"""Squares go out of an image and points come back to where they were."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kiosk.face.crops import Crop, Image, aligned, line_angle


def dot(x: int, y: int, width: int = 200, height: int = 160) -> Image:
    """A black image with one bright pixel block, 5 x 5, around x, y."""
    image = np.zeros((height, width, 3), np.uint8)
    image[y - 2 : y + 3, x - 2 : x + 3] = 255
    return image


def brightest(image: Image) -> tuple[float, float]:
    """Centre of mass, x and y."""
    rows, columns = np.nonzero(image[:, :, 0] > 127)
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.5, -1.2, math.pi / 2])
def test_what_is_seen_in_a_cut_is_where_the_way_back_says(angle: float, mirrored: bool) -> None:
    crop = Crop(100, 80, 60, angle)
    cut = crop.cut(dot(112, 71), 120, mirrored)
    seen = np.array([[*brightest(cut), 4.0]], np.float32)
    back = crop.back(seen, 120, mirrored)
    assert back[0, :2] == pytest.approx((112, 71), abs=0.6)
    # a third column is only scaled: 60 px of the image are 120 of the cut
    assert back[0, 2] == pytest.approx(2.0)


def test_a_square_without_a_turn_is_a_plain_cut() -> None:
    image = np.arange(40 * 40 * 3, dtype=np.uint32).reshape(40, 40, 3).astype(np.uint8)
    assert (Crop(9.5, 14.5, 10).cut(image, 10) == image[10:20, 5:15]).all()


def test_a_mirrored_cut_is_the_cut_from_right_to_left() -> None:
    image = np.random.default_rng(1).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    crop = Crop(29.5, 31.5, 40)
    assert (crop.cut(image, 40, mirrored=True) == crop.cut(image, 40)[:, ::-1]).all()


def test_a_turned_square_stands_upright() -> None:
    """The line of the eyes falls to the right by 45 degrees; in the cut it is level."""
    image = np.maximum(dot(70, 60), dot(110, 100))
    crop = Crop(90, 80, 100, line_angle((70, 60), (110, 100)))
    cut = crop.cut(image, 100)
    left, right = brightest(cut[:, :50]), brightest(cut[:, 50:])
    assert left[1] == pytest.approx(right[1], abs=0.6)
    assert right[0] + 50 - left[0] == pytest.approx(math.hypot(40, 40), abs=1)


def test_what_lies_outside_repeats_the_border() -> None:
    assert (Crop(0, 0, 50).cut(np.full((20, 20, 3), 77, np.uint8), 16) == 77).all()


def test_points_are_put_on_their_template_by_turning_scaling_and_moving() -> None:
    """Three marks turned by a quarter and twice as large, moved by (30, 20): they come out where the template says."""
    template = np.array(((20, 20), (44, 20), (32, 44)), np.float32)
    points = np.array([(30 + 2 * (64 - y), 20 + 2 * x) for x, y in template], np.float32)
    image = np.zeros((200, 200, 3), np.uint8)
    for x, y in points.astype(int):
        image[y - 3 : y + 4, x - 3 : x + 4] = 255
    chip = aligned(image, points, template, 64)
    for x, y in template.astype(int):
        assert chip[y, x, 0] > 200, (x, y)
    assert np.count_nonzero(chip[:, :, 0] > 127) == pytest.approx(3 * 3.5**2, rel=0.5)


def test_a_large_face_is_averaged_and_not_sampled() -> None:
    """A board of single black and white pixels, ten times too large, becomes grey."""
    board = (np.indices((400, 400)).sum(axis=0) % 2 * 255).astype(np.uint8)
    points = np.array(((100, 100), (300, 100), (200, 300)), np.float32)
    chip = aligned(np.repeat(board[:, :, None], 3, axis=2), points, points / 10, 40)
    inner = chip[1:-1, 1:-1]
    assert inner.min() > 120 and inner.max() < 136


def test_points_without_extent_are_refused() -> None:
    with pytest.raises(ValueError, match="distance"):
        aligned(dot(50, 50), np.full((5, 2), 3, np.float32), np.eye(5, 2, dtype=np.float32), 112)
