"""What one camera frame costs: the engine beside the library's plain loop and its quarter-scale trick, by turns in one run.

The person is the public-domain portrait of the stand, at arm's length in a 1280 x 720 frame, swaying, with the noise of a camera.
Ours is ``kiosk.face.check.Check.feed``, all of it: find or follow the face, mesh, pose, quality, eyes where the challenge asks
for them, the challenge, what is kept of a frame and the look at its surroundings; five seconds at 15 frames a second, a new check
with other random actions each time and shorter pauses, so that more is asked than on average, and the mean of all frames.  Beside it
the engine alone with the eyes looked at in every frame (``eyes``, ``both``) and in none. The whole check is those frames and six
encodings: five of the person and one of the reference.
The library's loop is its own example: face_locations and face_encodings of the whole frame.

Wall time is what a person waits for and needs an idle machine; processor time says nearly the same on a busy one.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import cv2
import numpy as np

from bench.figures import Figure, median, percentile
from kiosk.config import Face, FaceCheck
from kiosk.face import matcher_dlib, models, seeing
from kiosk.face.check import Check
from kiosk.face.crops import Image
from kiosk.face.tracking import NEW, follow
from kiosk.face.zones import thresholds_for

PORTRAIT = Path(__file__).parents[1] / "stand" / "faces" / "astronaut.png"
WIDTH, HEIGHT = 1280, 720
EYES_AT = (224.0, 105.0)  # in the portrait
SCALE = 2.6  # 110 px between the eyes: a face at 60 cm
FPS = 15
FRAMES = 5 * FPS
ENCODINGS = 6  # the straight look, three movements of the head, the end, the reference
NOISE = 3.0
SHORT_PAUSES = FaceCheck(most_pause_s=2.0)  # half of the five seconds is asking: more than of a whole check
PLAINLY_OPEN = 0.28  # three quarters of this person's open eyes
GOAL_RATIO, GOAL_FPS, GOAL_CPU = 60.0, 15.0, 40.0

Step = Callable[[Image], object]


@dataclass
class Times:
    """Milliseconds of each call, on the clock on the wall and of all processors together."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return sum(self.wall) / len(self.wall)

    @property
    def mean_cpu(self) -> float:
        return sum(self.cpu) / len(self.cpu)


def measure(quick: bool) -> list[Figure]:
    """frame_vs_naive on all cores, fps_one_core on one, check_cpu_vs_naive over five seconds and one comparison."""
    import face_recognition  # type: ignore[import-untyped]  # a second of loading, only here

    def naive(frame: Image) -> object:
        rgb = np.ascontiguousarray(frame[:, :, ::-1])
        return face_recognition.face_encodings(rgb, face_recognition.face_locations(rgb))

    def quarter(frame: Image) -> object:
        return naive(cv2.resize(frame, None, fx=0.25, fy=0.25))

    shots, rounds = frames(), 2 if quick else 8
    steps: dict[str, Step] = {
        "naive": naive,
        "quarter": quarter,
        "ours": whole(),
        "eyes": engine((seeing.Look.UNTIL_OPEN,)),
        "both": engine((seeing.Look.BOTH,)),
        "none": engine((seeing.Look.NOT,)),
        "compare": comparing(),
    }
    counts = {"naive": 3, "quarter": 6, "compare": 3}
    spread = by_turns(steps, counts, shots, rounds)
    with one_core():
        alone = by_turns(steps, counts, shots, rounds)
    wall = {name: median(times.wall) for name, times in spread.items()}
    core = {name: median(times.wall) for name, times in alone.items()}
    cpu = {name: median(times.cpu) for name, times in alone.items()}
    # steps of a check differ: a median would leave the dear ones out
    wall["ours"], core["ours"], cpu["ours"] = spread["ours"].mean, alone["ours"].mean, alone["ours"].mean_cpu
    frames_ms = alone["ours"].mean_cpu * FRAMES
    check_ms = frames_ms + ENCODINGS * cpu["compare"]
    return [
        Figure(
            "frame_vs_naive",
            wall["naive"] / wall["ours"],
            "x",
            goal=GOAL_RATIO,
            goal_on="value",
            runs=len(spread["ours"].wall),
            at_least=True,
            more={
                "ours_ms": wall["ours"],
                "ours_p95_ms": percentile(spread["ours"].wall, 0.95),
                "engine_eyes_every_frame_ms": wall["eyes"],
                "engine_both_eyes_every_frame_ms": wall["both"],
                "engine_without_eyes_ms": wall["none"],
                "engine_eyes_vs_naive": wall["naive"] / wall["eyes"],
                "naive_ms": wall["naive"],
                "quarter_scale_ms": wall["quarter"],
                "quarter_vs_naive": wall["naive"] / wall["quarter"],
                "engine_both_eyes_vs_naive": wall["naive"] / wall["both"],
                "engine_without_eyes_vs_naive": wall["naive"] / wall["none"],
                "threads": cv2.getNumThreads(),
                "frame": f"{WIDTH}x{HEIGHT}, detector every {Face().detect_every}th",
            },
        ),
        Figure(
            "fps_one_core",
            1000 / core["ours"],
            "frames/s",
            peer=1000 / core["naive"],
            peer_is="the library's loop on the same core",
            goal=GOAL_FPS,
            goal_on="value",
            runs=len(alone["ours"].wall),
            at_least=True,
            more={
                "ours_ms": core["ours"],
                "ours_p95_ms": percentile(alone["ours"].wall, 0.95),
                "ours_cpu_ms": cpu["ours"],
                "engine_both_eyes_every_frame_cpu_ms": cpu["both"],
                "engine_without_eyes_cpu_ms": cpu["none"],
                "naive_ms": core["naive"],
                "naive_cpu_ms": cpu["naive"],
                "quarter_scale_cpu_ms": cpu["quarter"],
                "cpu_vs_naive": cpu["naive"] / cpu["ours"],
            },
        ),
        Figure(
            "check_cpu_vs_naive",
            cpu["naive"] * FRAMES / check_ms,
            "x",
            goal=GOAL_CPU,
            goal_on="value",
            runs=rounds,
            at_least=True,
            more={
                "ours_ms": check_ms,
                "frame_mean_cpu_ms": alone["ours"].mean_cpu,
                "encoding_cpu_ms": cpu["compare"],
                "with_one_encoding": cpu["naive"] * FRAMES / (frames_ms + cpu["compare"]),
                "naive_ms": cpu["naive"] * FRAMES,
                "quarter_scale_ms": cpu["quarter"] * FRAMES,
                "counts": f"{FRAMES} frames of a real check, {ENCODINGS} encodings with dlib: five of the person, one reference",
            },
        ),
    ]


def whole() -> Step:
    """Everything a check does with a frame; a new check after FRAMES of them."""
    networks, compare, face = models.load(), matcher_dlib.load(), Face(check=SHORT_PAUSES)
    limits = thresholds_for(face, compare.name, compare.digest, compare.direction)
    checks: list[Check] = []
    numbers = itertools.count()

    def step(frame: Image) -> object:
        number = next(numbers)
        if number % FRAMES == 0:
            checks[:] = [Check(networks, compare, limits, face, (), Random(number))]
        said = checks[0].feed(frame, number / FPS)
        assert checks[0].outcome is None, "the check ended"
        return said

    return step


def engine(looks: tuple[seeing.Look, ...]) -> Step:
    """The engine alone on a row of frames, the looks asked for by turns."""
    networks, face = models.load(), Face()
    track, asked = [NEW], itertools.cycle(looks)

    def step(frame: Image) -> object:
        seen, track[0] = seeing.see(networks, frame, track[0], face, next(asked), PLAINLY_OPEN)
        assert seen.sight.mesh is not None, "the face was lost"
        return seen

    return step


def comparing() -> Step:
    """One encoding with the built-in engine, of a face already found."""
    networks, encoder = models.load(), matcher_dlib.load()

    def step(frame: Image) -> object:
        sight, _ = follow(networks, frame, NEW, 1)
        assert sight.mesh is not None, "no face"
        return encoder.embed(frame, sight.mesh)

    return step


def by_turns(
    steps: dict[str, Step], counts: dict[str, int], shots: list[Image], rounds: int
) -> dict[str, Times]:
    """Every way takes its turn in every round, so that a busy machine is busy for all; all shots, or as many as ``counts`` says."""
    times = {name: Times() for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            for shot in shots[: counts.get(name, len(shots))]:
                cpu_s, wall_s = time.process_time(), time.perf_counter()
                step(shot)
                times[name].wall.append((time.perf_counter() - wall_s) * 1000)
                times[name].cpu.append((time.process_time() - cpu_s) * 1000)
    return times


@contextmanager
def one_core() -> Iterator[None]:
    """This process on one core, OpenCV on one thread."""
    cores, threads = os.sched_getaffinity(0), cv2.getNumThreads()
    os.sched_setaffinity(0, {max(cores)})
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        os.sched_setaffinity(0, cores)


def frames() -> list[Image]:
    """FRAMES frames of the person swaying, the same in every run."""
    portrait = cv2.imread(str(PORTRAIT), cv2.IMREAD_COLOR)
    assert portrait is not None, PORTRAIT
    dice = np.random.default_rng(7)
    shots = []
    for number in range(FRAMES):
        angle = np.deg2rad(4 * np.sin(number / 11))
        cos, sin = SCALE * np.cos(angle), SCALE * np.sin(angle)
        x, y = WIDTH / 2 + 40 * np.sin(number / 9), HEIGHT / 2 - 60 + 15 * np.cos(number / 7)
        warp = np.array(
            (
                (cos, -sin, x - cos * EYES_AT[0] + sin * EYES_AT[1]),
                (sin, cos, y - sin * EYES_AT[0] - cos * EYES_AT[1]),
            )
        )
        shot = cv2.warpAffine(portrait, warp, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        noisy = shot + dice.normal(0, NOISE, shot.shape)
        shots.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return shots
