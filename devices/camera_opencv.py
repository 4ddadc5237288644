"""A camera by OpenCV: a V4L2 device, or a JPEG stream over HTTP (multipart/x-mixed-replace) by its FFmpeg.

A thread of its own reads as fast as pictures come and keeps one: pictures never queue, neither here nor in a driver's buffer.

    opened      UNKNOWN until the first picture, then ONLINE
    not opened  NO_DEVICE, and tried again every ``reopen_s``
    lost        HARDWARE_ERROR: the stream ended, or nothing new came for ``silent_s``; let go, and opened again after ``reopen_s``

The very pixels of the picture before are nothing new: a sensor's noise never comes twice, so the camera has frozen.  What came
before it was opened again counts here too, or a frozen one would seem to give a new picture at every opening.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from devices.camera import CameraStatus, Frame, Image
from devices.clock import Clock
from devices.status import DeviceState

# Read by OpenCV from the environment, once a process: no buffering before the first picture, no word on standard error, and no
# proxy, whatever http_proxy says: pictures of people go from the camera to this process and nowhere else.
FFMPEG = {
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "fflags;nobuffer|flags;low_delay|http_proxy;none",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
}
JPEG = ("M", "J", "P", "G")  # most USB cameras give 1280 x 720 raw at 10 pictures a second only
FAULTS = (cv2.error, SystemError, MemoryError)  # what OpenCV makes of a torn picture or a driver's surprise
ROWS = 16  # every so many rows are compared before the whole is
MOST_TORN = 5  # one after the other; one is a cable that was touched
LET_GO_S = 1.0  # for the thread to end; a driver that hangs is left behind with nothing in the slot


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """``port``: /dev/..., or http(s)://...; the rest of the picture is asked for, and what comes is taken."""

    port: str
    width: int = 1280
    height: int = 720
    fps: int = 15
    silent_s: float = 3.0
    reopen_s: float = 2.0


class OpenCvCamera:
    """The contract of ``devices.camera``.  Any thread."""

    def __init__(self, settings: CameraSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._changed = threading.Condition()  # guards what follows
        self._frame: Frame | None = None
        self._number = 0
        self._state = DeviceState.UNKNOWN
        self._heard_s: float | None = None  # opened, or the last picture; None: not open
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def status(self) -> CameraStatus:
        with self._changed:
            heard_s, state = self._heard_s, self._state
        if heard_s is not None and self._clock.monotonic() - heard_s > self._settings.silent_s:
            state = DeviceState.HARDWARE_ERROR
        return CameraStatus(state)

    def latest(self, after: int, timeout_s: float) -> Frame | None:
        def news() -> bool:
            return self._closing.is_set() or (self._frame is not None and self._frame.number > after)

        with self._changed:
            if not self._changed.wait_for(news, timeout_s) or self._closing.is_set():
                return None
            return self._frame

    def close(self) -> None:
        """Whoever still holds the last picture holds a black one."""
        with self._changed:
            self._closing.set()
            self._state, self._heard_s = DeviceState.UNKNOWN, None
            if self._frame is not None:
                self._frame.image.fill(0)
            self._frame = None
            self._changed.notify_all()
        self._thread.join(LET_GO_S + self._settings.silent_s)

    # --- the grabber's thread: whatever the device does, it goes on ---

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                capture = opened(self._settings)
            except FAULTS:
                capture = None
            if capture is None:
                self._lost(DeviceState.NO_DEVICE)
            else:
                try:
                    self._grab(capture)
                finally:
                    capture.release()
            self._closing.wait(self._settings.reopen_s)

    def _grab(self, capture: Any) -> None:
        """Until it is lost or closed."""
        with self._changed:
            self._heard_s = new_s = self._clock.monotonic()
        torn = 0
        while not self._closing.is_set():
            try:
                whole, image = capture.read()
            except FAULTS:
                torn += 1
                if torn < MOST_TORN:
                    continue
                whole, image = False, None
            if not whole or image is None:
                self._lost(DeviceState.HARDWARE_ERROR)
                return
            torn = 0
            now_s, before = self._clock.monotonic(), self._frame
            if before is not None and same(image, before.image):
                if now_s - new_s > self._settings.silent_s:
                    self._lost(DeviceState.HARDWARE_ERROR)
                    return
                continue
            new_s = now_s
            with self._changed:
                if self._closing.is_set():
                    image.fill(0)
                    return
                self._number += 1
                self._heard_s = now_s
                self._frame = Frame(image, self._number, now_s)
                self._state = DeviceState.ONLINE
                self._changed.notify_all()

    def _lost(self, state: DeviceState) -> None:
        with self._changed:
            if not self._closing.is_set():
                self._state, self._heard_s = state, None


def same(one: Image, other: Image) -> bool:
    """Whether two pictures have the very same pixels; those of a living camera differ in the first row."""
    return (
        one.shape == other.shape
        and np.array_equal(one[0], other[0])
        and np.array_equal(one[::ROWS], other[::ROWS])
        and np.array_equal(one, other)
    )


def opened(settings: CameraSettings) -> Any | None:
    """A capture that is open, or None."""
    if settings.port.startswith("/"):
        capture = cv2.VideoCapture(settings.port, cv2.CAP_V4L2)
        for what, value in (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*JPEG)),
            (cv2.CAP_PROP_FRAME_WIDTH, settings.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
            (cv2.CAP_PROP_FPS, settings.fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            capture.set(what, value)  # a camera that cannot gives what it can
    else:
        patience_ms = round(settings.silent_s * 1000)
        options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience_ms]
        options += [cv2.CAP_PROP_N_THREADS, 1]  # decoding ahead on several would hold pictures back
        capture = cv2.VideoCapture(settings.port, cv2.CAP_FFMPEG, options)
    return capture if capture.isOpened() else None


def open_camera(settings: CameraSettings, clock: Clock) -> OpenCvCamera:
    """Returns at once; who cannot be opened is NO_DEVICE and tried again."""
    os.environ.update(FFMPEG)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return OpenCvCamera(settings, clock)
