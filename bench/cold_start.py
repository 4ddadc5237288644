"""From starting the process to the first usable screen, against the smallest Kivy app with the same font and window.

Usable: Home is drawn and the session thread is asking, which is when the kiosk itself says READY=1 to systemd.  Both programs run off
screen with the same SDL driver and without multisampling, by turns, with warm caches.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench.figures import Figure, median
from bench.processes import Started, start
from bench.scene import Scene
from kiosk.build import FONTS

GOAL = 1.3
SETTLE_S = 2.0  # what is put off until the first screen is there has happened by then


def measure(scene: Scene, quick: bool) -> list[Figure]:
    runs, idle_s = (3, 2.0) if quick else (9, 10.0)
    screen = scene.config.screen
    bare = [sys.executable, str(Path(__file__).with_name("bare_kivy.py"))]
    bare += [str(screen.width), str(screen.height), str(FONTS / "NotoSansSC-Regular.otf")]
    ours = [sys.executable, "-m", "kiosk", "run", "--headless", "--config", str(scene.toml)]
    for command in (bare, ours):  # warms caches; not counted
        start(command).stop()
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(runs):
        for name, command in (("bare", bare), ("ours", ours)):
            one = start(command)
            seconds[name].append(one.ready_s)
            time.sleep(0.3)
            one.stop()
    weight = {name: weigh(start(command), idle_s) for name, command in (("bare", bare), ("ours", ours))}
    more: dict[str, float | int | str | bool] = {
        "rss_mb": weight["ours"][0],
        "bare_rss_mb": weight["bare"][0],
        "idle_cpu_percent_of_a_core": weight["ours"][1],
        "bare_idle_cpu_percent_of_a_core": weight["bare"][1],
        "cpu_to_ready_s": weight["ours"][2],
        "bare_cpu_to_ready_s": weight["bare"][2],
        "bare_min": min(seconds["bare"]),
        "bare_max": max(seconds["bare"]),
        "command": " ".join(ours[1:5]),
    }
    mine = seconds["ours"]
    return [
        Figure(
            "cold_start",
            median(mine),
            "s",
            median(seconds["bare"]),
            "bare Kivy app, same font and window",
            GOAL,
            low=min(mine),
            high=max(mine),
            runs=runs,
            more=more,
        )
    ]


def weigh(one: Started, idle_s: float) -> tuple[float, float, float]:
    """Resident MB and percent of a core while nobody is there, and processor seconds until ready."""
    to_ready_s = one.cpu_s()
    time.sleep(SETTLE_S)
    before_s, began_s = one.cpu_s(), time.perf_counter()
    time.sleep(idle_s)
    percent = (one.cpu_s() - before_s) / (time.perf_counter() - began_s) * 100
    rss_mb = one.rss_mb()
    one.stop()
    return rss_mb, percent, to_ready_s
