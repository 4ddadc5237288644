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
KINDS = {
    "idle": "the page with nobody before it and nothing to draw",
    "preview": "pictures in the mirror as often as the camera's, and no worker",
    "start": "a worker starts",
    "check": "from the opening of the camera to the outcome",
}

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
    gaps = {kind: [event["gaps_ms"] for event in events if event["kind"] == kind] for kind in KINDS}
    worst = {kind: [max(each) for each in found] for kind, found in gaps.items()}
    every = {kind: list(chain(*found)) for kind, found in gaps.items()}
    checks = [event for event in events if event["kind"] == "check"]
    ratios = [one / other for one, other in zip(worst["check"], worst["idle"], strict=True)]
    shown = [(event["pictures"] - 1) / event["shown_s"] for event in checks if event["shown_s"] > 0]
    between = [gap for event in checks for gap in event["picture_gaps_ms"]]
    more: dict[str, float | int | str | bool] = {}
    for kind, words in KINDS.items():
        more[f"{kind}_worst_ms"] = median(worst[kind])
        more[f"{kind}_worst_of_all_ms"] = max(worst[kind])
        more[f"{kind}_p99_ms"] = percentile(every[kind], 0.99)
        more[f"{kind}_median_ms"] = median(every[kind])
        more[f"{kind}_cpu_share"] = sum(
            sum(event["cpu_ms"]) for event in events if event["kind"] == kind
        ) / sum(every[kind])
        more[f"{kind}_is"] = words
    return [
        Figure(
            "ui_gap_vs_idle",
            median(worst["check"]) / median(worst["idle"]),
            "x",
            goal=GOAL,
            goal_on="value",
            low=min(ratios),
            high=max(ratios),
            runs=len(checks),
            more={
                "vs_preview_alone": median(worst["check"]) / median(worst["preview"]),
                **more,
                "ends": ", ".join(sorted({event["end"] for event in checks})),
                "drawn_by": "software OpenGL, the slowest panel there is; the camera's far end on the same cores",
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
