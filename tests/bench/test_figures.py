"""The arithmetic of the benchmarks and the shape of their report.  Nothing here is timed."""

from __future__ import annotations

import pytest

from bench.figures import Figure, median, percentile, report
from bench.tap_feedback import under_way


def test_the_middle_one_or_the_mean_of_two() -> None:
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert median([4.0, 1.0, 2.0, 3.0]) == 2.5
    with pytest.raises(ValueError, match="no samples"):
        median([])


@pytest.mark.parametrize(
    ("count", "share", "rank"), [(100, 0.99, 99), (300, 0.99, 297), (10, 0.99, 10), (1, 0.5, 1), (4, 0.5, 2)]
)
def test_a_percentile_is_the_nearest_rank(count: int, share: float, rank: int) -> None:
    samples = [float(number) for number in range(count, 0, -1)]
    assert percentile(samples, share) == rank


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_a_share_is_above_nothing_and_at_most_all(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percentile([1.0], share)


def test_a_goal_limits_the_ratio_or_the_value() -> None:
    assert Figure("a", 3.0, "s", 2.0, "peer", goal=1.5).met is True
    assert Figure("a", 3.2, "s", 2.0, "peer", goal=1.5).met is False
    assert Figure("a", 99.0, "ms", goal=100.0, goal_on="value").met is True
    assert Figure("a", 99.0, "ms").met is None
    assert Figure("a", 1.0, "s", goal=1.5).met is None  # a ratio without a peer is no ratio


def test_a_goal_may_be_the_least_instead_of_the_most() -> None:
    assert Figure("a", 61.0, "x", goal=60.0, goal_on="value", at_least=True).met is True
    assert Figure("a", 59.0, "x", goal=60.0, goal_on="value", at_least=True).met is False
    assert (
        Figure("a", 61.0, "x", goal=60.0, goal_on="value", at_least=True).as_json()["goal_is"] == "at least"
    )
    assert "value >= 60" in report({}, [Figure("a", 61.0, "x", goal=60.0, goal_on="value", at_least=True)])


def test_main_json_has_what_is_promised() -> None:
    found = Figure("a", 3.0, "s", 2.0, "peer", low=2.5, high=4.0, runs=7, more={"p99_ms": 1.23456}).as_json()
    assert found["value"] == 3.0 and found["unit"] == "s" and found["peer"] == 2.0 and found["ratio"] == 1.5
    assert (found["min"], found["max"], found["runs"], found["p99_ms"]) == (2.5, 4.0, 7, 1.235)


def test_the_report_names_machine_figures_and_missed_goals() -> None:
    text = report(
        {"cpu": "some"}, [Figure("slow", 4.0, "s", 2.0, "peer", 1.5), Figure("plain", 1.0, "bytes")]
    )
    assert "- cpu: some" in text
    (line,) = [line for line in text.splitlines() if line.startswith("| slow ")]
    assert "**no**" in line and "| 2 |" in line and "ratio <= 1.5" in line
    (line,) = [line for line in text.splitlines() if line.startswith("| plain ")]
    assert "yes" not in line and "no" not in line


def test_only_taps_that_met_something_count() -> None:
    read = {"busy": "read", "from_s": 10.0, "to_s": 10.1}
    call = {"busy": "call", "from_s": 10.05, "to_s": 12.0}
    before, across, inside, after = (
        {"tap_ms": 0.0, "at_s": at_s, "to_s": to_s, "on": "Home"}
        for at_s, to_s in ((9.0, 9.9), (9.9, 10.01), (10.06, 10.07), (12.0, 12.1))
    )
    found = under_way([read, call, before, across, inside, after])
    assert found == [(across, {"read"}), (inside, {"read", "call"})]
