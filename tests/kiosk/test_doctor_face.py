"""``kiosk doctor`` on what the face check needs: camera, engine, and a memory that stays in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from devices.camera_scene import Scene
from devices.camera_surface import Image
from devices.clock import SystemClock
from kiosk import config, doctor
from kiosk.config import Config
from stand.camera import CameraFarEnd

SCENE = Scene(width=640, height=480, fps=25, fps_jitter=0.0)
BARE = config.parse(
    {
        "site": {"kiosk_id": "WD01", "place": "泽头镇社会保障服务中心"},
        "central": {"url": "http://127.0.0.1:1/", "token": "x"},
        "reader": {"port": "x"},
        "storage": {"folder": "/nowhere"},
    }
)


class Grey:
    """Nobody, with the noise that every living camera has."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(3)

    def ask(self, word: str, at_s: float) -> None:
        """Nobody hears it."""

    def image(self, at_s: float) -> Image:
        return self._rng.integers(60, 120, (480, 640, 3), np.uint8)


@pytest.fixture
def far_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[CameraFarEnd]:
    monkeypatch.setattr(doctor, "PICTURES_S", 0.6)
    with CameraFarEnd(Grey(), SCENE, np.random.default_rng(1), SystemClock()) as camera:
        yield camera


def with_camera(port: str) -> Config:
    return replace(BARE, camera=config.Camera(port=port, silent_s=0.5, reopen_s=0.1))


def test_a_machine_without_a_camera_is_no_fault() -> None:
    (finding,) = doctor.face(BARE)
    assert (finding.part, finding.good) == ("camera", True) and "every other way" in finding.words


def test_a_camera_says_its_size_and_pace_and_the_worker_comes_up(far_end: CameraFarEnd) -> None:
    camera, face = doctor.face(with_camera(far_end.port))
    assert camera.good and "640 x 480" in camera.words and "pictures a second" in camera.words
    assert (face.part, face.good) == ("face", True) and "engine dlib" in face.words


def test_a_slow_camera(far_end: CameraFarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FPS", 1000.0)
    finding = doctor.camera(with_camera(far_end.port))
    assert finding.good is False and "light" in finding.words


@pytest.mark.parametrize("port", ["http://127.0.0.1:9/", "/dev/no-such-camera"])
def test_no_camera_where_one_should_be(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setattr(doctor, "FIRST_PICTURE_S", 0.5)
    finding = doctor.camera(with_camera(port))
    assert finding.good is False and "Check cable" in finding.words


def test_a_silent_camera(far_end: CameraFarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FIRST_PICTURE_S", 0.3)
    far_end.muted = True
    finding = doctor.camera(replace(BARE, camera=config.Camera(port=far_end.port)))
    far_end.unplug()
    assert finding.good is False and "no picture" in finding.words


def test_limits_that_nobody_signed(far_end: CameraFarEnd, tmp_path: Path) -> None:
    face = config.Face(thresholds=tmp_path / "none.toml", thresholds_key="0" * 64)
    camera, finding = doctor.face(replace(with_camera(far_end.port), face=face))
    assert camera.good and finding.good is False and "kiosk face doctor" in finding.words


def test_a_worker_that_does_not_come_up(tmp_path: Path) -> None:
    face = config.Face(thresholds=tmp_path / "none.toml", thresholds_key="0" * 64)
    finding = doctor.worker(replace(with_camera("/dev/none"), face=face))
    assert finding.good is False and "none.toml" in finding.words


@pytest.mark.parametrize(
    ("handler", "good"),
    [
        ("core", True),
        ("/var/crash/core.%e.%p", True),  # a file: the limit of the service holds
        ("|/lib/systemd/systemd-coredump %P %u %g %s %t 9223372036854775808 %h", True),  # keeps to the limit
        ("|/bin/false", True),
        ("|/usr/share/apport/apport -p%p -s%s -c%c", False),
    ],
)
def test_who_gets_core_dumps(tmp_path: Path, handler: str, good: bool) -> None:
    pattern = tmp_path / "core_pattern"
    pattern.write_text(handler + "\n", encoding="utf-8")
    finding = doctor.core_dumps(pattern)
    assert finding.good is good and ("kernel.core_pattern" in finding.words) is not good
    assert doctor.core_dumps(tmp_path / "none").good is None


HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.mark.parametrize(
    ("areas", "controllers", "good"),
    [
        ("", "", True),
        ("/dev/zram0 partition 100 0 100\n", "", True),  # compressed memory is memory
        ("/dev/sda2 partition 100 0 -2\n", "cpu io memory pids", True),
        ("/dev/sda2 partition 100 0 -2\n", "cpu io", False),
        ("/swapfile file 100 0 -2\n", "", False),
    ],
)
def test_whether_memory_may_come_to_lie_on_a_disk(
    tmp_path: Path, areas: str, controllers: str, good: bool
) -> None:
    swaps, cgroup = tmp_path / "swaps", tmp_path / "controllers"
    swaps.write_text(HEAD + areas, encoding="utf-8")
    if controllers:
        cgroup.write_text(controllers, encoding="ascii")
    finding = doctor.swap(swaps, cgroup)
    assert finding.good is good and ("swapoff" in finding.words) is not good
    assert doctor.swap(tmp_path / "none").good is None


def test_the_service_lets_the_camera_in_and_nothing_onto_a_disk() -> None:
    unit = (Path(__file__).parents[2] / "kiosk.service").read_text(encoding="utf-8").splitlines()
    assert {"LimitCORE=0", "MemorySwapMax=0", "OOMPolicy=continue", "PrivateTmp=yes"} <= set(unit)
    assert "DeviceAllow=char-video4linux rw" in unit
    assert any(line.startswith("SupplementaryGroups=") and "video" in line.split() for line in unit)
