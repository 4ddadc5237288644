"""Error rates on scores one can count by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from random import Random

import numpy as np
import pytest

from kiosk.face.trials import Trial, det, draw_det, interval
from kiosk.face.zones import Direction, Limits

GENUINE = (0.1, 0.2, 0.3, 0.4)
IMPOSTOR = (0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)


def trial(direction: Direction = Direction.SMALLER) -> Trial:
    """The same pairs as distances, or as likenesses."""
    sign = 1 if direction is Direction.SMALLER else -1
    return Trial(direction, sign * np.array(GENUINE), np.array((0, 0, 1, 1)), sign * np.array(IMPOSTOR))


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (50, 100, 0.4038, 0.5962), (10, 10, 0.7225, 1.0)],
)
def test_wilsons_interval(errors: int, trials: int, low: float, high: float) -> None:
    assert interval(errors, trials) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("direction", list(Direction))
def test_rates_are_shares_of_pairs_on_either_side(direction: Direction) -> None:
    sign = 1 if direction is Direction.SMALLER else -1
    one = trial(direction)
    assert (one.fnmr(sign * 0.25), one.fmr(sign * 0.25)) == (0.5, 0.0)
    assert (one.fnmr(sign * 0.30), one.fmr(sign * 0.50)) == (0.25, 0.2)  # on the limit is within it
    assert one.shares(Limits(sign * 0.20, sign * 0.35)) == pytest.approx((0.5, 0.25, 0.25))


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize(
    ("fmr", "passing", "fnmr"), [(0.0, 0, 0.25), (0.1, 1, 0.0), (0.19, 1, 0.0), (0.2, 2, 0.0)]
)
def test_the_limit_at_a_rate_is_the_loosest_that_keeps_it(
    direction: Direction, fmr: float, passing: int, fnmr: float
) -> None:
    one = trial(direction)
    limit = one.limit_at(fmr)
    assert one.fmr(limit) == pytest.approx(passing / 10)
    assert one.fnmr(limit) == fnmr
    further = IMPOSTOR[passing] if direction is Direction.SMALLER else -IMPOSTOR[passing]
    assert one.fmr(further) > fmr  # the next impostor would be one too many


def test_too_few_impostors_show_nothing_about_one_in_a_thousand() -> None:
    """With none of n passing, Wilson's upper bound is z2 / (n + z2): 0.001 at 3,838 pairs."""

    def of(count: int) -> Trial:
        return Trial(Direction.SMALLER, np.array((0.1, 0.2)), np.array((0, 1)), np.linspace(0.5, 1.5, count))

    assert of(3837).surely_at(1e-3) is None
    limit = of(3838).surely_at(1e-3)
    assert limit is not None and 0.499 < limit < 0.5
    many = of(40_000)
    limit = many.surely_at(1e-3)
    assert limit is not None
    passing = round(many.fmr(limit) * 40_000)
    assert interval(passing, 40_000)[1] <= 1e-3 < interval(passing + 1, 40_000)[1]


def test_people_and_not_pairs_are_drawn() -> None:
    """A quarter of the pairs fails.  One pair of everybody: other people would do the same.  All of one person: they may not."""
    people = np.repeat(np.arange(8), 4)
    everybody = np.tile((0.1, 0.1, 0.1, 0.9), 8)
    two_people = np.where(people < 2, 0.9, 0.1)
    impostor = np.array((1.0, 1.1))
    even = Trial(Direction.SMALLER, everybody, people, impostor)
    uneven = Trial(Direction.SMALLER, two_people, people, impostor)
    assert even.fnmr(0.5) == uneven.fnmr(0.5) == 0.25
    assert even.fnmr_by_people(0.5, Random(1)) == (0.25, 0.25)
    low, high = uneven.fnmr_by_people(0.5, Random(1))
    assert low == 0.0 and high >= 0.5
    assert uneven.fnmr_by_people(0.5, Random(1)) == (low, high)  # the same dice, the same people


def test_the_curve_falls_and_is_drawn() -> None:
    dice = np.random.default_rng(2)
    one = Trial(
        Direction.SMALLER,
        dice.normal(0.35, 0.08, 600),
        np.repeat(np.arange(60), 10),
        dice.normal(0.75, 0.1, 5000),
    )
    curve = det(one)
    assert len(curve) > 20
    assert all(1 / 5000 <= fmr <= 0.5 and 0 < fnmr <= 0.5 for fmr, fnmr in curve)
    fnmrs = [fnmr for _, fnmr in curve]
    assert fnmrs == sorted(fnmrs, reverse=True)
    picture = ET.fromstring(draw_det({"original": curve, "small": [(0.5, 0.5), (0.0001, 0.0001)]}, "a title"))
    lines = [one for one in picture.iter() if one.tag.endswith("polyline")]
    assert [line.get("points", "").count(",") for line in lines] == [len(curve), 2]
    assert (
        lines[1].get("points") == "690.0,50.0 90.0,550.0"
    )  # the corners: half at right and top, 0.01 % at left and bottom
    assert "a title" in {text.text for text in picture.iter() if text.tag.endswith("text")}
