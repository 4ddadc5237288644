"""Presentations before the check: what does not live and is believed (APCER), who lives and is refused (BPCER).

    accepted     an attack after which faces were compared: it ended as ACCEPTED, REVIEW or NO_MATCH, whatever doubts were noted on
                 the way.  Whose face it was is not asked here, for a photograph of the right person would match.
    refused      a living person whose face was not compared: NOT_DONE, NOBODY, or no end at all

The reference is the very portrait that everything is rendered from, so that ``through`` counts the attacks after which the person
would have been certified.  The words are those of ISO/IEC 30107-3; no conformance is claimed.

What this cannot show: one portrait was rendered, by warping it; people, paper, screens, cameras and attackers are more various than
any emulator.  A bound speaks of other draws of these renderings and of nothing else.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from bench.face_report import APCER, ATTACKS
from bench.face_run import CAP_S, DRAWS, FPS, GENTLE, LIVING, Run, run
from bench.figures import Figure, exact_interval, percentile
from kiosk.face.guidance import End

SIZE = (1280, 720)
TRIAL_RUNS = 5
GOALS_PCT = {"flat": 0.0, "bent": 0.0, "moved": 0.0, "replayed": 0.0, LIVING: 2.0}
TOLD = 12  # runs that went wrong are named, so many of them

Say = Callable[[str], None]


def measure(runs: int, processes: int, only: Sequence[str], say: Say) -> Iterator[list[Figure]]:
    """apcer_<species> and bpcer, each as soon as it is there.  The first five runs of each say how long it will take."""
    chosen = [name for name in (LIVING, *ATTACKS) if name in DRAWS and (not only or name in only)]
    context = multiprocessing.get_context("spawn")  # networks and their threads do not survive a fork
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        tried: dict[str, list[Run]] = {}
        began_s = time.monotonic()
        for species in chosen:
            tried[species] = list(pool.map(partial(run, species, size=SIZE), range(min(TRIAL_RUNS, runs))))
            say(in_short(species, tried[species]))
        took_s, done = time.monotonic() - began_s, sum(map(len, tried.values()))
        left = len(chosen) * runs - done
        say(f"about {left * took_s / done / 60:.0f} minutes for the other {left} runs")
        for species in chosen:
            numbers = range(len(tried[species]), runs)
            found = tried[species] + list(pool.map(partial(run, species, size=SIZE), numbers, chunksize=4))
            say(in_short(species, found))
            for one in wrong(found)[:TOLD]:
                say(f"    python -m bench.face_run {species} {one.number} {SIZE[0]} {SIZE[1]}: {told(one)}")
            yield [figure(species, found)]


def wrong(found: Sequence[Run]) -> list[Run]:
    """Attacks that were believed; living people who were not."""
    return [one for one in found if one.compared != (one.species == LIVING)]


def figure(species: str, found: Sequence[Run]) -> Figure:
    """The share that went wrong, in per cent, with Clopper and Pearson's 95 % bounds."""
    failed = wrong(found)
    low, high = exact_interval(len(failed), len(found))
    seconds = [one.seconds for one in found]
    more: dict[str, float | int | str | bool] = {
        "refused" if species == LIVING else "accepted": len(failed),
        "upper_95_pct": 100 * high,
        "ends": counted(one.end for one in found),
        "doubts": counted(doubt for one in found for doubt in one.doubts),
        "relief": spread([one.relief for one in found if one.relief is not None]),
        "gentle": f"{sum(one.gentle for one in found)} runs, {sum(one.gentle for one in failed)} of them wrong",
        "wrong_runs": ", ".join(str(one.number) for one in failed) or "none",
        "seconds_median": statistics.median(seconds),
        "seconds_p95": percentile(seconds, 0.95),
        "frames": sum(one.frames for one in found),
        "rendered": f"{SIZE[0]}x{SIZE[1]}, {FPS[0]:g} to {FPS[1]:g} pictures a second, uneven",
        "drawn": f"light, colour, side, place, size, noise, blur; {GENTLE:.0%} gentle checks; ends at {CAP_S:g} s at the latest",
        "caveat": "one portrait, warped; the bound speaks of other draws of these renderings only",
    }
    if species == LIVING:
        more["refused_are"] = counted(told(one) for one in failed)
        more["accepted_by_comparison"] = sum(one.end == End.ACCEPTED.value for one in found)
    else:
        more["through"] = sum(one.end == End.ACCEPTED.value for one in found)
        more["accepted_with_doubts"] = sum(bool(one.doubts) for one in failed)
    return Figure(
        "bpcer" if species == LIVING else APCER + species,
        100 * len(failed) / len(found),
        "%",
        goal=GOALS_PCT.get(species),
        goal_on="value",
        low=100 * low,
        high=100 * high,
        runs=len(found),
        more=more,
    )


def counted(words: Iterator[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in Counter(words).most_common()) or "none"


def spread(values: Sequence[float]) -> str:
    """How far noses stood out, where it was measured; the check's limit is face.check.least_relief."""
    if not values:
        return "never measured"
    return (
        f"{min(values):.3f} to {max(values):.3f}, median {statistics.median(values):.3f}, {len(values)} runs"
    )


def told(one: Run) -> str:
    """Why a run ended as it did, as far as the check says."""
    reasons = (*one.doubts, *([one.hint] if one.hint else []))
    asked = " ".join(f"{step.split()[0]}{'' if step.endswith('None') else '+'}" for step in one.steps)
    return f"{one.end} ({', '.join(reasons) or 'no doubt'}; {asked or 'nothing asked'})"


def in_short(species: str, found: Sequence[Run]) -> str:
    cpu_s = sum(one.render_cpu_s + one.check_cpu_s for one in found)
    frames = max(1, sum(one.frames for one in found))
    render_ms = 1000 * sum(one.render_cpu_s for one in found) / frames
    check_ms = 1000 * sum(one.check_cpu_s for one in found) / frames
    return (
        f"{species}: {len(wrong(found))} of {len(found)} wrong; {counted(one.end for one in found)};"
        f" doubts {counted(doubt for one in found for doubt in one.doubts)};"
        f" {cpu_s / len(found):.1f} s of a core each, {render_ms:.1f} + {check_ms:.1f} ms a picture"
    )
