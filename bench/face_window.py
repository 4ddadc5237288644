"""The window while somebody is being checked, beside the same window with nobody before it: gaps between frames, and the preview.

The window and the worker are two processes, as in the kiosk; a third renders the person and sends the stream, on the same cores.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

from bench import face_camera
from bench.figures import Figure, median, percentile

REPETITIONS, QUICK_REPETITIONS = 7, 2
GOAL = 2.0

Event = dict[str, Any]


def measure(quick: bool) -> list[Figure]:
    """ui_gap_vs_idle and preview_fps."""
    events = list(played(QUICK_REPETITIONS if quick else REPETITIONS))
    return figures(events)


def played(repetitions: int) -> Iterator[Event]:
    """Runs the window's process and the person before its camera; gives what was measured."""
    with face_camera.somebody() as camera:
        command = [sys.executable, "-m", "bench.face_glass", camera.port, str(repetitions)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as glass:
            assert glass.stdin is not None and glass.stdout is not None
            glass.stdin.write(base64.b64encode(face_camera.reference()).decode("ascii") + "\n")
            glass.stdin.close()
            for line in glass.stdout:
                event: Event = json.loads(line)
                if "word" in event:
                    camera.ask(event["word"])
                else:
                    yield event
        if glass.returncode != 0:
            raise SystemExit("the window ended before the bench did")


def figures(events: list[Event]) -> list[Figure]:
    """Median of the repetitions' worst gaps, checking by idle; pictures that reached the glass, by second."""
    idle = [event["gaps_ms"] for event in events if event["kind"] == "idle"]
    start = [event["gaps_ms"] for event in events if event["kind"] == "start"]
    checks = [event for event in events if event["kind"] == "check"]
    checking = [event["gaps_ms"] for event in checks]
    worst = [max(gaps) for gaps in checking]
    idle_worst = [max(gaps) for gaps in idle]
    ratios = [one / other for one, other in zip(worst, idle_worst, strict=True)]
    every, every_idle = list(chain(*checking)), list(chain(*idle))
    shown = [(event["pictures"] - 1) / event["shown_s"] for event in checks if event["shown_s"] > 0]
    between = [gap for event in checks for gap in event["picture_gaps_ms"]]
    ends = ", ".join(sorted({event["end"] for event in checks}))
    return [
        Figure(
            "ui_gap_vs_idle",
            median(worst) / median(idle_worst),
            "x",
            goal=GOAL,
            goal_on="value",
            low=min(ratios),
            high=max(ratios),
            runs=len(checks),
            more={
                "worst_ms": median(worst),
                "worst_of_all_ms": max(worst),
                "p99_ms": percentile(every, 0.99),
                "median_ms": median(every),
                "idle_worst_ms": median(idle_worst),
                "idle_worst_of_all_ms": max(idle_worst),
                "idle_p99_ms": percentile(every_idle, 0.99),
                "idle_median_ms": median(every_idle),
                "while_a_worker_starts_worst_ms": median([max(gaps) for gaps in start]),
                "gaps": len(every),
                "ends": ends,
            },
        ),
        Figure(
            "preview_fps",
            median(shown),
            "frames/s",
            low=min(shown),
            high=max(shown),
            runs=len(shown),
            more={
                "camera_fps": 15,
                "between_pictures_p95_ms": percentile(between, 0.95),
                "between_pictures_worst_ms": max(between),
                "drawn_per_s": median([event["flips"] / event["seconds"] for event in checks]),
            },
        ),
    ]
