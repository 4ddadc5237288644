"""Presentations before the check: what counts as accepted and as refused, and one run through the real networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench import face_attacks, face_run
from bench.face_attacks import figure, told, wrong
from bench.face_report import APCER, ATTACKS
from bench.face_run import DRAWS, LIVING, SEEDED, Run, draw_scene, run, word
from bench.face_window import KINDS, figures
from devices.camera_emulator import TakingTurns
from kiosk.face.guidance import Action, Guidance, Phase

SMALL = (320, 240)


def ended(species: str, number: int, end: str, *doubts: str) -> Run:
    return Run(
        species,
        number,
        end,
        doubts,
        ("blink 10 900", "nod 1500 None"),
        False,
        "",
        0.1,
        100,
        12.0,
        0.1,
        0.2,
        "fps 8",
    )


@pytest.mark.parametrize("end", ["accepted", "review", "no_match"])
def test_an_attack_is_accepted_when_faces_were_compared_whatever_came_of_it(end: str) -> None:
    found = figure("bent", [ended("bent", 1, end, "other_action"), ended("bent", 2, "not_done", "flat")])
    assert found.name == "apcer_bent" and found.value == 50 and found.more["accepted"] == 1
    assert found.more["through"] == (1 if end == "accepted" else 0)
    assert found.more["accepted_with_doubts"] == 1 and found.more["wrong_runs"] == "1"


@pytest.mark.parametrize("end", ["not_done", "nobody", "endless"])
def test_a_living_person_is_refused_when_faces_were_not_compared(end: str) -> None:
    runs = [ended(LIVING, number, "review") for number in range(49)] + [ended(LIVING, 49, end)]
    found = figure(LIVING, runs)
    assert found.name == "bpcer" and found.value == 2 and found.met is True
    assert found.low is not None and found.high is not None and found.low < 2 < found.high
    assert [one.number for one in wrong(runs)] == [49]


def test_one_accepted_photograph_misses_the_goal() -> None:
    runs = [ended("flat", number, "not_done") for number in range(499)] + [ended("flat", 499, "review")]
    assert figure("flat", runs).met is False and figure("flat", runs[:-1]).met is True
    assert figure("swapped", runs).met is None  # no goal was set


def test_a_run_says_what_was_done_and_what_was_not() -> None:
    assert told(ended("bent", 1, "not_done", "flat")) == "not_done (flat; blink+ nod)"


def test_every_species_is_rendered() -> None:
    assert set(DRAWS) == {*ATTACKS, LIVING} == set(SEEDED) and len(SEEDED) == len(DRAWS)
    assert all(name in ATTACKS for name in face_attacks.GOALS_PCT if name != LIVING)
    assert not any(name.startswith(APCER) for name in ATTACKS)


def test_the_presentation_hears_what_the_guidance_says() -> None:
    assert word(Guidance(Phase.LOOKING)) == "look"
    assert word(Guidance(Phase.ACTING, Action.TURN_LEFT)) == "turn_left"
    assert word(Guidance(Phase.RETURNING)) == word(Guidance(Phase.COMPARING)) == "straight"


def test_the_same_number_draws_the_same_scene() -> None:
    one, same, other = (draw_scene(np.random.default_rng(seed), (640, 480)) for seed in (1, 1, 2))
    assert one == same != other and (one.width, one.height) == (640, 480) and 8 <= one.fps <= 30


def test_who_takes_turns_reads_off_the_screen_which_action_is_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[tuple[int, bool]] = []
    monkeypatch.setattr(TakingTurns, "read", lambda _, step, done: read.append((step, done)))
    monkeypatch.setattr(face_run, "CAP_S", 1.0)
    run("taking_turns", 0, SMALL)
    assert read


def test_an_empty_room_is_nobody() -> None:
    found = run("nobody", 0, SMALL)
    assert found.end == "nobody" and not found.compared and not found.steps
    assert found.frames > 100 and found.seconds > 25


def test_gaps_are_compared_worst_by_worst() -> None:
    events: list[dict[str, Any]] = []
    for worst in (20.0, 30.0, 100.0):  # one repetition met something else on the machine
        events += [
            {"kind": kind, "gaps_ms": [16.0, worst if kind == "check" else 15.0], "cpu_ms": [1.0, 1.0]}
            for kind in KINDS
        ]
        events[-1] |= {
            "seconds": 2.0,
            "pictures": 31,
            "shown_s": 2.0,
            "flips": 30,
            "picture_gaps_ms": [60.0, 70.0],
            "end": "accepted",
        }
    gap, preview = figures(events)
    assert gap.name == "ui_gap_vs_idle" and gap.value == 30 / 16 and gap.more["check_worst_of_all_ms"] == 100
    assert gap.met is True and preview.value == 15 and preview.more["between_pictures_worst_ms"] == 70
