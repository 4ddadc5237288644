"""The stand's camera through its panel: somebody sits down, does what they are told, the cable is pulled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import uvicorn

from devices.camera_opencv import CameraSettings, open_camera
from devices.clock import SystemClock
from devices.status import DeviceState
from kiosk.face.detection import detect
from kiosk.face.models import load
from stand.__main__ import free_port
from stand.panel import create_panel
from stand.stand import Stand

WAIT_S = 10.0


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand(("127.0.0.1", 9), (), baud=None).start()
    yield stand
    stand.stop()


@pytest.fixture
def panel(stand: Stand) -> Iterator[str]:
    """Its address."""
    port = free_port()
    config = uvicorn.Config(
        create_panel(stand, "http://127.0.0.1:9"), host="127.0.0.1", port=port, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_the_panel_has_a_hand_for_who_is_before_the_camera(stand: Stand, panel: str) -> None:
    camera = open_camera(CameraSettings(stand.camera.far_end.port, reopen_s=0.1), SystemClock())
    networks = load()
    try:
        empty = camera.latest(0, WAIT_S)
        assert empty is not None and not detect(networks, empty.image)
        assert requests.post(f"{panel}/camera/living", timeout=WAIT_S).status_code == 200
        assert requests.post(f"{panel}/camera/ask", json={"word": "blink"}, timeout=WAIT_S).status_code == 200
        assert "真人" in requests.get(f"{panel}/state", timeout=WAIT_S).json()["camera"]
        frame = camera.latest(empty.number, WAIT_S)
        while frame is not None and not detect(networks, frame.image):
            frame = camera.latest(frame.number, WAIT_S)
        assert frame is not None and frame.image.shape == (720, 1280, 3)
        requests.post(f"{panel}/camera/pull", timeout=WAIT_S)
        while camera.latest(frame.number, 0.5) is not None:
            frame = camera.latest(frame.number, WAIT_S) or frame
        assert camera.status().device is not DeviceState.ONLINE
        assert "拔掉" in requests.get(f"{panel}/state", timeout=WAIT_S).json()["camera"]
    finally:
        camera.close()


def test_the_configuration_names_the_camera(stand: Stand, tmp_path: Path) -> None:
    assert f'port = "{stand.camera.far_end.port}"' in stand.toml(tmp_path, "WD001", "token")
