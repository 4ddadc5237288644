"""Error rates on scores one can count by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

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
    """A quarter of the pairs fails.  One pair of everybody: other people would do the same.  All of a few: they may not."""
    people = np.repeat(np.arange(24), 4)
    everybody = np.tile((0.1, 0.1, 0.1, 0.9), 24)
    two_people = np.where(people < 6, 0.9, 0.1)
    impostor = np.array((1.0, 1.1))
    even = Trial(Direction.SMALLER, everybody, people, impostor)
    uneven = Trial(Direction.SMALLER, two_people, people, impostor)
    assert even.fnmr(0.5) == uneven.fnmr(0.5) == 0.25
    assert even.fnmr_by_people(0.5, Random(1)) == (0.25, 0.25)
    found = uneven.fnmr_by_people(0.5, Random(1))
    assert found is not None
    low, high = found
    assert low < 0.15 and high > 0.35  # six of 24 people: a binomial's 95 % is 0.083 to 0.417
    assert uneven.fnmr_by_people(0.5, Random(1)) == (low, high)  # the same dice, the same people


def test_with_no_error_the_bound_is_that_of_people() -> None:
    """400 pairs of 40 people without an error: 1 - 0.025^(1/40) of people may still be turned away, not nobody."""
    one = Trial(Direction.SMALLER, np.full(400, 0.1), np.repeat(np.arange(40), 10), np.array((1.0, 1.1)))
    assert one.fnmr_by_people(0.5, Random(1)) == pytest.approx((0.0, 0.0881), abs=1e-4)
    assert one.fnmr_by_people(0.05, Random(1)) == pytest.approx((0.9119, 1.0), abs=1e-4)


def test_errors_of_a_handful_of_people_say_nothing_about_others() -> None:
    few = Trial(Direction.SMALLER, np.tile((0.1, 0.9), 19), np.repeat(np.arange(19), 2), np.array((1.0, 1.1)))
    assert few.fnmr_by_people(0.5, Random(1)) is None
    more = Trial(
        Direction.SMALLER, np.tile((0.1, 0.9), 20), np.repeat(np.arange(20), 2), np.array((1.0, 1.1))
    )
    assert more.fnmr_by_people(0.5, Random(1)) == (0.5, 0.5)


def crowd(people: int, like_everybody: int, apart: bool = False) -> Trial:
    """Every two people once.  Ten pairs pass: those of one person who is like everybody, or (apart) ten without a common person."""
    pairs = np.array(list(combinations(range(people), 2)))
    close = (
        {(2 * n, 2 * n + 1) for n in range(like_everybody)}
        if apart
        else {(0, n + 1) for n in range(like_everybody)}
    )
    impostor = np.array([0.3 if (int(a), int(b)) in close else 0.9 for a, b in pairs])
    return Trial(Direction.SMALLER, np.array((0.1,)), np.array((0,)), impostor, pairs=pairs)


def test_one_person_who_is_like_everybody_is_one_draw_and_not_ten() -> None:
    """4,950 pairs of 100 people, ten of which pass: all with one person, or each with two of their own."""
    wolf, spread = crowd(100, 10), crowd(100, 10, apart=True)
    assert wolf.fmr(0.5) == spread.fmr(0.5)
    assert spread.effective_pairs(0.5, 1e-3) > 4000
    # ten errors that come and go together: hardly more than one draw of them
    assert wolf.effective_pairs(0.5, 1e-3) < 4950 / 5
    assert wolf.fmr_by_people(0.5, 1e-3)[1] > 2 * spread.fmr_by_people(0.5, 1e-3)[1]


def test_the_true_rate_is_seldom_above_what_a_limit_promises() -> None:
    """Faces as points; who is near the middle is like many.  Pairs taken for independent break the promise."""
    dice = np.random.default_rng(3)

    def faces(people: int, pictures: int) -> NDArray[np.float64]:
        own = dice.normal(size=(people, 1, 8))
        return own + 0.4 * dice.normal(size=(people, pictures, 8))

    strangers = faces(1_000_000, 1)[:, 0]
    truth = np.sort(np.linalg.norm(strangers[::2] - strangers[1::2], axis=1))

    def true_fmr(limit: float | None) -> float:
        return 0.0 if limit is None else float(np.searchsorted(truth, limit, side="right")) / len(truth)

    kept, careless = [], []
    for _ in range(24):
        points = faces(100, 3).reshape(300, 8)
        people = np.repeat(np.arange(100), 3)
        one, other = np.triu_indices(300, 1)
        strange = people[one] != people[other]
        one, other = one[strange], other[strange]
        scores = np.linalg.norm(points[one] - points[other], axis=1)
        pairs = np.stack((people[one], people[other]), axis=1)
        kept.append(
            true_fmr(Trial(Direction.SMALLER, points[:1, 0], people[:1], scores, pairs=pairs).surely_at(1e-3))
        )
        careless.append(true_fmr(Trial(Direction.SMALLER, points[:1, 0], people[:1], scores).surely_at(1e-3)))
    assert sum(rate > 0 for rate in kept) >= 20  # a hundred people are mostly enough to say something
    assert sum(rate > 1e-3 for rate in kept) <= 1 < sum(rate > 1e-3 for rate in careless)


def test_references_that_a_kiosk_would_not_compare_go_to_a_person() -> None:
    """Of ten pairs one has no face in the reference, three are too poor, though two of these would pass."""
    one = Trial(
        Direction.SMALLER,
        np.array((0.1, 0.1, 0.3, 0.3, 0.9, 0.9, 0.1, 0.1, 0.9)),
        np.zeros(9, np.int64),
        np.array((1.0, 1.1)),
        refused=np.array((False,) * 6 + (True,) * 3),
        faceless=1,
    )
    assert one.shares(Limits(0.2, 0.5)) == pytest.approx((0.2, 0.6, 0.2))


def test_the_curve_is_drawn_evenly_down_to_one_pair() -> None:
    dice = np.random.default_rng(1)
    one = Trial(
        Direction.SMALLER,
        dice.normal(0.35, 0.08, 400),
        np.repeat(np.arange(40), 10),
        dice.normal(0.75, 0.09, 19_500),
    )
    fmrs = [fmr for fmr, _ in det(one)]
    assert min(fmrs) < 2 / 19_500 and sum(fmr <= 0.005 for fmr in fmrs) > 50


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
    # the corners: half at right and top, 0.01 % at left and bottom
    assert lines[1].get("points") == "690.0,50.0 90.0,550.0"
    assert "a title" in {text.text for text in picture.iter() if text.tag.endswith("text")}
