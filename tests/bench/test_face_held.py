"""Somebody living before a tablet in a hand: the whole picture sways, and the check is passed."""

from __future__ import annotations

from dataclasses import replace

from bench.face_run import LIVING, run


def test_a_living_person_passes_before_a_camera_that_sways() -> None:
    held = run(LIVING, 0, (640, 480), held=True)
    assert held.end == "accepted", held
    assert "carried" not in held.doubts


def test_only_a_held_run_sways() -> None:
    """The figures of a standing camera are those of before."""
    found = [
        replace(run("nobody", 0, (320, 240), held=held), render_cpu_s=0, check_cpu_s=0)
        for held in (False, True)
    ]
    assert found[0].scene == found[1].scene and {one.end for one in found} == {"nobody"}
