"""What one camera frame costs: the engine beside the library's plain loop and its quarter-scale trick, by turns in one run.

The person is the public-domain portrait of the stand, at arm's length in a 1280 x 720 frame, swaying, with the noise of a camera.
Ours does what the check does with a frame: find or follow the face, mesh, pose, quality, eyes.  The eyes are looked at in every
frame, the second one only while the first is not plainly open, as the check does it; the check asks for them only in part of its
steps, which ``check`` stands for: a second of both eyes for the person's own measure, two of waiting for a blink, two of a turn.
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

import cv2
import numpy as np

from bench.figures import Figure, median, percentile
from kiosk.config import Face
from kiosk.face import matcher_dlib, models, seeing
from kiosk.face.crops import Image
from kiosk.face.tracking import NEW, follow

PORTRAIT = Path(__file__).parents[1] / "stand" / "faces" / "astronaut.png"
WIDTH, HEIGHT = 1280, 720
EYES_AT = (224.0, 105.0)  # in the portrait
SCALE = 2.6  # 110 px between the eyes: a face at 60 cm
STEPS = (seeing.Look.BOTH,) * 15 + (seeing.Look.UNTIL_OPEN,) * 30 + (seeing.Look.NOT,) * 30
FRAMES = len(STEPS)  # five seconds at 15 a second
NOISE = 3.0
PLAINLY_OPEN = 0.28  # three quarters of this person's open eyes
GOAL_RATIO, GOAL_FPS, GOAL_CPU = 60.0, 15.0, 40.0

Step = Callable[[Image], object]


@dataclass
class Times:
    """Milliseconds of each call, on the clock on the wall and of all processors together."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

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
        "ours": ours((seeing.Look.UNTIL_OPEN,)),
        "both": ours((seeing.Look.BOTH,)),
        "none": ours((seeing.Look.NOT,)),
        "check": ours(STEPS),
        "compare": comparing(),
    }
    counts = {"naive": 3, "quarter": 6, "compare": 3}
    spread = by_turns(steps, counts, shots, rounds)
    with one_core():
        alone = by_turns(steps, counts, shots, rounds)
    wall = {name: median(times.wall) for name, times in spread.items()}
    core = {name: median(times.wall) for name, times in alone.items()}
    cpu = {name: median(times.cpu) for name, times in alone.items()}
    check_ms = alone["check"].mean_cpu * FRAMES + cpu["compare"]
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
                "ours_both_eyes_every_frame_ms": wall["both"],
                "ours_without_eyes_ms": wall["none"],
                "naive_ms": wall["naive"],
                "quarter_scale_ms": wall["quarter"],
                "quarter_vs_naive": wall["naive"] / wall["quarter"],
                "both_eyes_vs_naive": wall["naive"] / wall["both"],
                "without_eyes_vs_naive": wall["naive"] / wall["none"],
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
                "ours_both_eyes_every_frame_cpu_ms": cpu["both"],
                "ours_without_eyes_cpu_ms": cpu["none"],
                "naive_ms": core["naive"],
                "naive_cpu_ms": cpu["naive"],
                "quarter_scale_cpu_ms": cpu["quarter"],
                "cpu_vs_naive": cpu["naive"] / cpu["ours"],
                "both_eyes_cpu_vs_naive": cpu["naive"] / cpu["both"],
                "without_eyes_cpu_vs_naive": cpu["naive"] / cpu["none"],
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
                "frame_mean_cpu_ms": alone["check"].mean_cpu,
                "comparison_cpu_ms": cpu["compare"],
                "naive_ms": cpu["naive"] * FRAMES,
                "quarter_scale_ms": cpu["quarter"] * FRAMES,
                "counts": f"{FRAMES} frames: 15 both eyes, 30 blink, 30 turn; then one comparison with dlib",
            },
        ),
    ]


def ours(looks: tuple[seeing.Look, ...]) -> Step:
    """The engine on a row of frames, the looks asked for by turns."""
    networks, face = models.load(), Face()
    track, asked = [NEW], itertools.cycle(looks)

    def step(frame: Image) -> object:
        seen, track[0] = seeing.see(networks, frame, track[0], face, next(asked), PLAINLY_OPEN)
        assert seen.sight.mesh is not None, "the face was lost"
        return seen

    return step


def comparing() -> Step:
    """One encoding with the built-in engine, of a face already found."""
    networks, engine = models.load(), matcher_dlib.load()

    def step(frame: Image) -> object:
        sight, _ = follow(networks, frame, NEW, 1)
        assert sight.mesh is not None, "no face"
        return engine.embed(frame, sight.mesh)

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
