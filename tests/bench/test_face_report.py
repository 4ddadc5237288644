"""The figures of the face check: bounds of shares, parts measured at different times, and what follows from several of them."""

from __future__ import annotations

import json
import math

import pytest

from bench.face_report import ATTACKS, merged, missing, render
from bench.figures import Figure, exact_interval
from bench.parts import ABOUT, About, Found

FRAMES = About(
    "frames", "python -m bench.face --only frames", 7, 90, "1.0, 2.0", {"time": "t1", "cpu": "some"}
)
ATTACKED = About(
    "attacks", "python -m bench.face --only attacks", 7, 3000, "2.0, 2.1", {"time": "t2", "cpu": "some"}
)


def share(name: str, accepted: int, runs: int) -> Figure:
    low, high = exact_interval(accepted, runs)
    return Figure(
        name,
        100 * accepted / runs,
        "%",
        low=100 * low,
        high=100 * high,
        runs=runs,
        more={"accepted": accepted},
    )


def every_attack(**accepted: int) -> Found:
    found: Found = {}
    for species in ATTACKS:
        found = merged(found, [share(f"apcer_{species}", accepted.get(species, 0), 500)], ATTACKED)
    return found


@pytest.mark.parametrize("runs", [20, 500, 3000])
def test_nothing_seen_is_bounded_as_the_formula_says(runs: int) -> None:
    low, high = exact_interval(0, runs)
    assert low == 0 and high == pytest.approx(1 - 0.025 ** (1 / runs), abs=1e-9)
    assert exact_interval(runs, runs) == pytest.approx((1 - high, 1), abs=1e-9)


def test_the_bounds_are_those_of_the_tables() -> None:
    assert exact_interval(1, 10) == pytest.approx((0.0025, 0.4450), abs=5e-5)  # Clopper and Pearson, 1934
    assert exact_interval(5, 10) == pytest.approx((0.1871, 0.8129), abs=5e-5)


def test_at_its_own_bound_what_was_seen_is_just_unlikely_enough() -> None:
    low, high = exact_interval(7, 500)
    likely = [math.comb(500, k) * high**k * (1 - high) ** (500 - k) for k in range(8)]
    assert sum(likely) == pytest.approx(0.025, abs=1e-9)
    likely = [math.comb(500, k) * low**k * (1 - low) ** (500 - k) for k in range(7)]
    assert 1 - sum(likely) == pytest.approx(0.025, abs=1e-9)


@pytest.mark.parametrize(("errors", "trials"), [(0, 0), (-1, 5), (6, 5)])
def test_no_share_of_nothing(errors: int, trials: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        exact_interval(errors, trials)


def test_a_figure_comes_back_from_its_json() -> None:
    whole = Figure(
        "a",
        3.0,
        "s",
        2.0,
        "peer",
        goal=1.5,
        low=2.5,
        high=4.0,
        runs=7,
        at_least=True,
        more={"p99_ms": 1.5},
    )
    assert Figure.from_json("a", json.loads(json.dumps(whole.as_json()))) == whole


def test_a_part_leaves_the_figures_of_the_others() -> None:
    first = merged({}, [Figure("fps_one_core", 20.0, "frames/s")], FRAMES)
    both = merged(first, [share("bpcer", 3, 500)], ATTACKED)
    again = merged(
        both, [share("bpcer", 4, 500)], About("attacks", "again", 8, 1, "3.0, 3.0", {"time": "t3"})
    )
    assert again["fps_one_core"] == first["fps_one_core"]
    assert again["bpcer"]["value"] == 0.8 and again["bpcer"]["seed"] == 8
    assert again["fps_one_core"]["machine"] == {"time": "t1", "cpu": "some"}


def test_the_worst_species_is_named_once_every_one_was_tried() -> None:
    found = every_attack(bent=2, swapped=1)
    assert found["apcer_worst"]["species"] == "bent" and found["apcer_worst"]["accepted"] == 2
    assert found["apcer_worst"]["value"] == found["apcer_bent"]["value"] == 0.4
    one_less = {name: one for name, one in found.items() if name != "apcer_moved"}
    assert "apcer_worst" not in merged(one_less, [], ATTACKED)


def test_of_equal_species_the_one_with_fewer_runs_is_the_worst() -> None:
    found = merged(every_attack(), [share("apcer_nobody", 0, 50)], ATTACKED)
    assert found["apcer_worst"]["species"] == "nobody" and found["apcer_worst"]["runs"] == 50


def test_the_worst_is_worked_out_anew() -> None:
    found = merged(every_attack(bent=2), [share("apcer_bent", 0, 600)], ATTACKED)
    assert found["apcer_worst"]["value"] == 0


def test_what_was_promised_and_not_measured_is_said() -> None:
    found = every_attack()
    lost = missing(found)
    assert "ui_gap_vs_idle" in lost and "fnmr_<set>_<engine>" in lost and "apcer_worst" not in lost
    assert "Not measured yet: " in render(found) and "ui_gap_vs_idle" in render(found)


def test_each_part_is_shown_with_what_it_was_measured_on() -> None:
    found = merged(every_attack(bent=2), [Figure("fps_one_core", 20.0, "frames/s")], FRAMES)
    text = render(found)
    attacks, frames = text.index("## attacks"), text.index("## frames")
    assert attacks < text.index("| apcer_bent | 0.4 % ") < frames < text.index("| fps_one_core | 20 frames/s")
    assert text.count("## ") == 2 and "- command: python -m bench.face --only frames" in text
    assert set(ABOUT) & set(text.split("**apcer_bent**")[1].split("**")[0].split()) == set()
