"""A camera in a hand: the whole picture sways as much as it is told to, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from devices.camera_held import HandHeld, Sway
from devices.camera_surface import Image


class Dot:
    """One white square in the middle."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def ask(self, word: str, at_s: float) -> None:
        self.asked.append((word, at_s))

    def image(self, at_s: float) -> Image:
        image = np.zeros((240, 320, 3), np.uint8)
        image[110:130, 150:170] = 255
        return image


def places(sway_px: float, seed: int = 3, seconds: int = 60) -> np.ndarray:
    """Where the square is, from the middle, ten times a second."""
    held = HandHeld(Dot(), sway_px, np.random.default_rng(seed))
    found = []
    for tick in range(10 * seconds):
        shown = held.image(tick / 10)[:, :, 0] > 128
        assert shown.any(), "it swayed out of the picture"
        found.append(np.argwhere(shown).mean(axis=0) - (119.5, 159.5))
    return np.array(found)


def test_it_sways_as_much_as_it_is_told_and_comes_back() -> None:
    moved = places(8.0)
    assert all(4.0 < one < 12.0 for one in moved.std(axis=0))
    assert all(abs(one) < 4.0 for one in moved.mean(axis=0))
    assert np.abs(places(0.0)).max() < 1.0  # it rolls and comes nearer, about the middle


def test_slowly_and_with_a_tremor() -> None:
    steps = np.abs(np.diff(places(8.0), axis=0))
    assert 0.0 < np.median(steps) < 4.0  # in a tenth of a second


def test_the_same_seed_sways_the_same() -> None:
    assert (places(8.0, seconds=2) == places(8.0, seconds=2)).all()
    assert (places(8.0, seconds=2) != places(8.0, seed=4, seconds=2)).any()


@pytest.mark.parametrize("seed", range(5))
def test_a_sway_is_of_about_one(seed: int) -> None:
    sway = Sway(np.random.default_rng(seed))
    assert 0.8 < np.std([sway.value(tick / 50) for tick in range(50 * 120)]) < 1.2


def test_what_is_asked_reaches_who_is_before_it() -> None:
    dot = Dot()
    HandHeld(dot, 8.0, np.random.default_rng(0)).ask("nod", 1.5)
    assert dot.asked == [("nod", 1.5)]
