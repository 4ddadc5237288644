"""Quiet time stretches with the person's own pace, within bounds."""

from __future__ import annotations

import pytest

from kiosk.pace import quiet_s


def test_nobody_known_yet_gets_the_least() -> None:
    assert quiet_s([], 60, 180) == 60
    assert quiet_s([5.0], 60, 180) == 60
    assert quiet_s([5.0, 100.0], 60, 180) == 60


@pytest.mark.parametrize(
    ("gap_s", "wanted_s"), [(3, 60), (10, 60), (15, 90), (20, 120), (30, 180), (40, 180)]
)
def test_six_times_the_median_gap_within_bounds(gap_s: float, wanted_s: float) -> None:
    assert quiet_s([n * gap_s for n in range(6)], 60, 180) == wanted_s


def test_one_long_pause_does_not_count_for_all() -> None:
    assert quiet_s([0, 5, 10, 90, 95, 100], 60, 180) == 60


def test_only_the_last_twelve_taps_count() -> None:
    slow_start = [n * 40.0 for n in range(20)]
    quick_end = [slow_start[-1] + n * 2.0 for n in range(1, 13)]
    assert quiet_s(slow_start + quick_end, 60, 180) == 60


def test_bounds_the_wrong_way_round_give_the_least() -> None:
    assert quiet_s([0, 30, 60, 90], 90, 60) == 90
