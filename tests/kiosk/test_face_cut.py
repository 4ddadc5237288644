"""The plug is pulled while somebody's face is looked at: a kiosk in a process of its own is killed, and the machine is searched."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from central.server import Running, running
from central.settings import Settings
from devices.camera_sitter import Sitter
from devices.clock import SystemClock
from kiosk import wire
from kiosk.face.models import load
from stand.camera import portrait
from tests.kiosk.face.before_camera import gone, until
from tests.kiosk.face_cut_child import TURNED
from tests.kiosk.searching import RecordedCamera
from tests.kiosk.test_whole_check import SCENE, due, has_no_picture, living
from tests.live import LiveClock
from tests.visitor import Visitor, card_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def person() -> Sitter:
    return Sitter(portrait(load()))


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("central")
    with running(Settings(data, sandbox=True, township=300, seed=12, sweep_interval_s=0)) as service:
        yield service


@pytest.fixture
def camera(person: Sitter) -> Iterator[RecordedCamera]:
    with RecordedCamera(living(person), SCENE, np.random.default_rng(1), SystemClock()) as far_end:
        yield far_end


@pytest.fixture
def kiosk(central: Running, tmp_path: Path, camera: RecordedCamera) -> Iterator[Visitor]:
    made = Visitor(central, tmp_path, iter(()), clock=LiveClock())
    made.stand.camera.pull()
    text = made.toml.read_text(encoding="utf-8")
    made.toml.write_text(re.sub(r'(\[camera\]\nport = )".*"', rf'\1"{camera.port}"', text), encoding="utf-8")
    (tmp_path / "tmp").mkdir()
    made.looked_at, made.central_log = camera, io.StringIO()  # type: ignore[attr-defined]  # where the search looks
    yield made
    made.stop()


def of_kiosk(pid: int) -> list[int]:
    """Workers of that kiosk among all processes of the machine, whoever is their parent by now."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdecimal() else []
        except OSError:
            continue
        if b"kiosk.face.worker" in words and words[-2] == str(pid).encode() and not gone(int(entry.name)):
            found.append(int(entry.name))
    return found


def holds(strip: bytes, folder: Path) -> list[Path]:
    """Files with these bytes in them, there and in shared memory."""
    found = []
    for path in (*folder.rglob("*"), *Path("/dev/shm").iterdir()):
        try:
            if path.is_file() and strip in path.read_bytes():
                found.append(path)
        except OSError:  # another process's, and gone by now
            continue
    return found


def test_a_kiosk_that_is_killed_amid_a_check_leaves_no_face_and_no_worker(
    central: Running, kiosk: Visitor, person: Sitter
) -> None:
    who: dict[str, Any] = due(central, kiosk, person)
    kiosk.power_cut()
    kiosk.stand.reader.place(card_of(who))
    log = kiosk.folder / "kiosk.log"
    command = [sys.executable, "-m", "tests.kiosk.face_cut_child", str(kiosk.toml), str(log)]
    environment = {**os.environ, "TMPDIR": str(kiosk.folder / "tmp")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "take\n"
            kiosk.stand.reader.take()
            word, worker, turned = child.stdout.readline().split()
            assert word == "looking" and of_kiosk(child.pid) == [int(worker)]  # the search sees what is there
        finally:
            child.kill()
    strip = bytes(byte ^ TURNED for byte in bytes.fromhex(turned))
    assert len(set(strip)) > 8  # a piece of a face, not of a wall
    assert until(lambda: not of_kiosk(child.pid)) and gone(int(worker))
    assert holds(strip, kiosk.folder) == []
    (kiosk.folder / "tmp" / "left").write_bytes(b"x" + strip)
    assert holds(strip, kiosk.folder) == [kiosk.folder / "tmp" / "left"]  # nor is the search blind
    (kiosk.folder / "tmp" / "left").unlink()
    logged = log.read_text(encoding="utf-8")
    assert "check_begun" in logged
    kiosk.log_text.write(logged + "face")
    has_no_picture(kiosk, who)
    # and the next kiosk starts
    assert kiosk.page(who).certification.state is not wire.CertificationState.VALID
