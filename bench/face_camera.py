"""Somebody before an emulated camera, for the real worker: a stream of 1280 x 720 from this process, 15 pictures a second.

The person is quick and does what is asked; the seconds that are the person's own are theirs and no machine's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from bench.scene import SEED
from devices.camera_emulator import Living
from devices.camera_manner import Between, Manner
from devices.camera_scene import Scene
from devices.clock import SystemClock
from kiosk.face import models
from stand.camera import PORTRAIT, CameraFarEnd, cast

WILLING = Manner(
    delay_s=Between(0.3, 0.6),
    turn_s=Between(0.5, 0.8),
    turn_deg=Between(26, 34),
    hold_s=Between(0.3, 0.6),
    nod_s=Between(0.4, 0.6),
    nod_deg=Between(16, 20),
    closed_s=Between(0.2, 0.4),
)
WILLING_IS = "reacts within 0.3 to 0.6 s, turns the head in 0.5 to 0.8 s"


@contextmanager
def somebody() -> Iterator[CameraFarEnd]:
    """A willing person before a camera on a port of this machine."""
    cv2.setNumThreads(1)
    scene, rng = Scene(fps_jitter=0.05), np.random.default_rng(SEED)
    person = Living(cast(models.load()).sitter, scene, rng, WILLING)
    with CameraFarEnd(person, scene, rng, SystemClock()) as camera:
        yield camera


def reference() -> bytes:
    """The person's photograph, as central would have it: JPEG."""
    picture = cv2.imread(str(PORTRAIT), cv2.IMREAD_COLOR)
    assert picture is not None, PORTRAIT
    good, coded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 90))
    assert good
    return coded.tobytes()
