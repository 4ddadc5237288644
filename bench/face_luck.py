"""How often a film of another check happens to show what is asked: the challenge alone, no picture is drawn.

What of the rendered presentations moves, a head and its lids (``devices.camera_manner``), is told to the real challenge as the engine
would, in virtual time: thousands of films take minutes.  Signs of a screen or a hand are not looked for, so this is what is left
where nothing else stops a film: a fine screen on a stand.

    film            as the bench of attacks renders it: four actions in circles, one every 4.5 to 9 s
    patient film    made by somebody who knows the rules: turns and nods in circles, one every 10 to 16 s, longer than any pause;
                    blinks come by themselves
    living          people who hear, as a control: what does not let them through would say nothing about films
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from random import Random

import numpy as np

from bench.face_run import CAP_S, FPS, GENTLE, word
from bench.figures import Figure, exact_interval, percentile
from bench.scene import SEED
from devices.camera_manner import LEFT, NOD, RIGHT, Between, Body, Manner, Rng, Tape
from devices.camera_scene import Scene
from kiosk.config import FaceCheck
from kiosk.face.challenge import Challenge
from kiosk.face.iris import Eyes
from kiosk.face.mesh import Mesh
from kiosk.face.pose import Pose
from kiosk.face.quality import Light, Quality
from kiosk.face.seeing import Seen
from kiosk.face.tracking import Sight

RUNS, QUICK_RUNS, LIVING_RUNS = 5000, 200, 1000
FACE_PX = 230.0
OPEN, CLOSED = 0.32, 0.13  # openness as the engine gives it
POSE_NOISE_DEG = 0.7
LIVING = "living"


def patient(rng: Rng) -> Tape:
    order = (LEFT, RIGHT, NOD) if rng.random() < 0.5 else (LEFT, NOD, RIGHT)
    return Tape(rng, order, acting=Between(7.0, 10.0), resting=Between(3.0, 6.0))


TAPES: Mapping[str, Callable[[Rng], Tape]] = {"film": Tape, "patient_film": patient}


@dataclass(frozen=True)
class Tried:
    passed: bool
    mistakes: int
    seconds: float


def measure(quick: bool) -> Iterator[list[Figure]]:
    """luck_film and luck_patient_film: shares of whole checks, in per cent, with Clopper and Pearson's 95 % bounds."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        people = list(
            pool.map(partial(tried, LIVING), range(QUICK_RUNS if quick else LIVING_RUNS), chunksize=50)
        )
        for kind in TAPES:
            films = list(pool.map(partial(tried, kind), range(QUICK_RUNS if quick else RUNS), chunksize=50))
            yield [figure(kind, films, people)]


def figure(kind: str, films: list[Tried], people: list[Tried]) -> Figure:
    through = [one for one in films if one.passed]
    low, high = exact_interval(len(through), len(films))
    return Figure(
        f"luck_{kind}",
        100 * len(through) / len(films),
        "%",
        low=100 * low,
        high=100 * high,
        runs=len(films),
        more={
            "passed": len(through),
            "passed_without_a_mistake": sum(not one.mistakes for one in through),
            "living_passed_pct": 100 * sum(one.passed for one in people) / len(people),
            "living_seconds_median": statistics.median(one.seconds for one in people),
            "living_seconds_p95": percentile([one.seconds for one in people], 0.95),
            "actions": FaceCheck().actions,
            "most_pause_s": FaceCheck().most_pause_s,
            "caveat": "poses and lids as they were meant, without pictures; a screen's lines and a hand are not looked for",
        },
    )


def tried(kind: str, number: int) -> Tried:
    """One check; the same kind and number, the same check."""
    rng = np.random.default_rng((SEED, (LIVING, *TAPES).index(kind), number))
    tape = TAPES[kind](rng) if kind in TAPES else None
    body = Body(rng, Manner(wrong_first=0.0 if tape else 0.05), FACE_PX)
    rules = FaceCheck()
    challenge = Challenge(rules, Random(int(rng.integers(2**63))), bool(rng.random() < GENTLE))
    scene = Scene(fps=float(np.exp(rng.uniform(*np.log(FPS)))), fps_jitter=float(rng.uniform(0.0, 0.25)))
    at_s = 0.0
    for at_s in scene.moments(rng, CAP_S):
        for said, said_s in tape.until(at_s) if tape else ((word(challenge.guidance), at_s),):
            body.ask(said, said_s)
        challenge.see(seen(body, at_s, rng), at_s)
        if challenge.passed or challenge.end is not None:
            break
    return Tried(challenge.passed, challenge.mistakes, at_s)


def seen(body: Body, at_s: float, rng: Rng) -> Seen:
    """What the engine would say of this moment: a good frame, always."""
    turn, openness = body.turn(at_s), OPEN + (CLOSED - OPEN) * body.closed(at_s)
    yaw, pitch = (angle + float(rng.normal(0, POSE_NOISE_DEG)) for angle in (turn.yaw, turn.pitch))
    return Seen(SIGHT, Quality((), LIGHT), Pose(yaw, pitch, turn.roll), Eyes(openness, openness))


def a_face() -> Mesh:
    points = np.zeros((468, 3), np.float32)
    points[:, 0] = np.linspace(640 - FACE_PX / 2, 640 + FACE_PX / 2, len(points))
    points[:, 1] = np.linspace(360 - FACE_PX * 0.65, 360 + FACE_PX * 0.65, len(points))
    return Mesh(points, 1.0)


LIGHT = Light(120.0, 0.0, 100.0, None, 20.0)
SIGHT = Sight(a_face(), (), True, True)
