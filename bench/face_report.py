"""bench/out/face.json and face.md: parts that were measured at different times, each with what it was measured on.  Pure.

A part writes its figures as soon as it has them and leaves those of the others.  What follows from several figures is worked out from
the whole: the worst species can only be named when every one was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.figures import Figure
from bench.parts import ABOUT, About, Found, written

ATTACKS = (
    "flat",
    "bent",
    "moved",
    "eye_hole",
    "replayed",
    "two_faces",
    "swapped",
    "taking_turns",
    "nobody",
)
WORST, APCER = "apcer_worst", "apcer_"
PROMISED = (
    "frame_vs_naive",
    "check_cpu_vs_naive",
    "ui_gap_vs_idle",
    "fps_one_core",
    *(APCER + species for species in ATTACKS),
    WORST,
    "bpcer",
    "worker_start_s",
    "worker_rss_mb",
)
PROMISED_WITH_SETS = "fnmr_"  # fnmr_<set>_<engine>, with the failure to acquire in each
TITLE = "# The face check"


def merged(whole: Found, figures: Sequence[Figure], about: About) -> Found:
    """The whole with this part's figures as they are now; everybody else's stay."""
    found = {**whole, **{one.name: {**one.as_json(), **about.as_json()} for one in figures}}
    found.pop(WORST, None)
    worst = worst_of(found)
    return {**found, WORST: worst} if worst is not None else found


def worst_of(found: Found) -> dict[str, Any] | None:
    """The species with the largest share accepted, and of equal ones the one that was tried least; None until all were tried."""
    tried = [found[APCER + species] for species in ATTACKS if APCER + species in found]
    if len(tried) < len(ATTACKS):
        return None
    name = max(ATTACKS, key=lambda one: (found[APCER + one]["value"], found[APCER + one]["max"]))
    worst = found[APCER + name]
    kept = {key: worst[key] for key in (*Figure("", 0, "").as_json(), *ABOUT)}
    return {**kept, "species": name, "of": len(tried), "accepted": worst["accepted"]}


def missing(found: Found) -> list[str]:
    """What the yearly check's figures must hold and these do not."""
    lost = [name for name in PROMISED if name not in found]
    if not any(name.startswith(PROMISED_WITH_SETS) for name in found):
        lost.append(PROMISED_WITH_SETS + "<set>_<engine>")
    return lost


def render(found: Found) -> str:
    """face.md."""
    return written(TITLE, missing(found), found)
