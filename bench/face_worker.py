"""The worker by itself: how long it takes to be ready, what it weighs, and how long a willing person is before the camera.

worker_start_s      from ``sit`` to its return: a process started afresh, the networks loaded, a key made; nothing was prepared
worker_rss_mb       resident memory after a whole check, the comparison included; the most it ever had beside it
consent_to_result_s from ``begin`` to the outcome, camera opening included; by phases, of which ACTING is the person's
"""

from __future__ import annotations

import io
import os
import time
from collections import defaultdict
from pathlib import Path

from bench import face_camera
from bench.figures import Figure, median
from devices.clock import SystemClock
from kiosk import config, events
from kiosk.face.booth import Brief, SealedReference
from kiosk.face.guidance import Outcome, Phase
from kiosk.face.reference_format import StoredPicture, write
from kiosk.face.room import FaceRoom
from kiosk.face.zones import Source
from kiosk.seal import seal
from stand.camera import CameraFarEnd

STARTS, CHECKS, QUICK_STARTS, QUICK_CHECKS = 11, 11, 3, 2
LOOK_EVERY_S = 0.01
INFO = b"reference BENCH"
PROGRAM = "kiosk.face.worker"


def measure(quick: bool) -> list[Figure]:
    starts, checks = (QUICK_STARTS, QUICK_CHECKS) if quick else (STARTS, CHECKS)
    with face_camera.somebody() as camera:
        settings = config.Camera(port=camera.port)
        booth = FaceRoom(settings, config.Face(), SystemClock(), events.Log(io.StringIO(), SystemClock()))
        try:
            start_s = [started(booth) for _ in range(starts)]
            watched = [checked(booth, camera) for _ in range(checks)]
        finally:
            booth.close()
    total = [sum(one.phases_s.values()) for one in watched]
    phases = {
        f"{phase.value}_s": median([one.phases_s[phase] for one in watched])
        for phase in Phase
        if any(one.phases_s[phase] for one in watched)
    }
    person = [one.phases_s[Phase.ACTING] for one in watched]
    return [
        Figure("worker_start_s", median(start_s), "s", low=min(start_s), high=max(start_s), runs=starts),
        Figure(
            "worker_rss_mb",
            median([one.rss_mb for one in watched]),
            "MB",
            low=min(one.rss_mb for one in watched),
            high=max(one.rss_mb for one in watched),
            runs=checks,
            more={
                "ready_mb": median([one.ready_mb for one in watched]),
                "most_mb": max(one.most_mb for one in watched),
            },
        ),
        Figure(
            "consent_to_result_s",
            median(total),
            "s",
            low=min(total),
            high=max(total),
            runs=checks,
            more={
                **phases,
                "of_the_person_s": median(person),
                "of_the_person_is": f"ACTING: from the question to the end of the movement; {face_camera.WILLING_IS}",
                "ends": ", ".join(sorted({one.end for one in watched})),
                "actions": config.FaceCheck().actions,
            },
        ),
    ]


def started(booth: FaceRoom) -> float:
    began_s = time.perf_counter()
    sitting = booth.sit()
    took_s = time.perf_counter() - began_s
    sitting.close()
    return took_s


class Watched:
    """One check: seconds in every phase, and the worker's memory."""

    def __init__(self) -> None:
        self.phases_s: dict[Phase, float] = defaultdict(float)
        self.ready_mb = self.rss_mb = self.most_mb = 0.0
        self.end = ""


def checked(booth: FaceRoom, camera: CameraFarEnd) -> Watched:
    """A whole check of a willing person."""
    found = Watched()
    sitting = booth.sit()
    pid = worker()
    found.ready_mb, _ = memory_mb(pid)
    sealed = seal(write(StoredPicture(face_camera.reference())), sitting.key, INFO)
    last_s = time.perf_counter()
    sitting.begin(Brief("BENCH", INFO, (SealedReference(Source.PHOTO, sealed),)))
    while not isinstance(news := sitting.news(), Outcome):
        asks = news.phase is Phase.ACTING and news.action is not None
        camera.ask(news.action.value if asks and news.action is not None else "straight")
        time.sleep(LOOK_EVERY_S)
        now_s = time.perf_counter()
        found.phases_s[news.phase] += now_s - last_s
        last_s = now_s
    found.rss_mb, found.most_mb = memory_mb(pid)
    found.end = news.end.value
    sitting.close()
    return found


def worker() -> int:
    """The process number of the worker that this process has started."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = (folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes()
        except OSError:  # it ended while we looked
            continue
        if int(parent) == os.getpid() and PROGRAM.encode() in command:
            return int(folder.name)
    raise SystemExit("there is no worker")


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident now, and at most so far, in MB (10^6 bytes)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    kib = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return int(kib["VmRSS"]) * 1024 / 1e6, int(kib["VmHWM"]) * 1024 / 1e6
