"""Films and people before the challenge alone: who hears passes, and the figure counts what it says."""

from __future__ import annotations

import numpy as np

from bench.face_luck import LIVING, Tried, figure, tried
from devices.camera_manner import Between, Tape


def test_who_hears_passes_and_a_film_hardly_ever() -> None:
    people = [tried(LIVING, number) for number in range(20)]
    films = [tried("film", number) for number in range(20)]
    assert sum(one.passed for one in people) >= 19
    assert sum(one.passed for one in films) <= 3
    assert all(one.mistakes for one in films if not one.passed), "a film is ended by its mistakes"


def test_the_same_number_is_the_same_check() -> None:
    assert tried("patient_film", 3) == tried("patient_film", 3)
    assert len({tried("patient_film", number).seconds for number in range(4)}) == 4


def test_the_figure_counts_who_came_through() -> None:
    films = [Tried(number < 2, number % 2, 30.0) for number in range(100)]
    found = figure("film", films, [Tried(True, 0, 25.0), Tried(False, 3, 35.0)])
    assert (found.name, found.value, found.runs) == ("luck_film", 2.0, 100)
    assert found.low is not None and found.high is not None and found.low < 2.0 < found.high
    assert (found.more["passed_without_a_mistake"], found.more["living_passed_pct"]) == (1, 50.0)


def test_a_tape_goes_on_in_circles() -> None:
    tape = Tape(np.random.default_rng(1), ("nod", "blink"), Between(3, 6), Between(1, 2))
    said = [word for word, _ in tape.until(60.0)]
    assert said[:8] == ["nod", "straight", "blink", "straight"] * 2
    assert next(iter(tape.until(60.0)), None) is None, "what was heard is heard once"
    assert [word for word, at_s in tape.until(75.0) if at_s <= 60.0] == []
