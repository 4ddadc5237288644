"""Looks for a person and a face in whatever a machine wrote, in every form that either might have there.

words       name and number, in all the spellings of tests.proof.field_scan: UTF-8, UTF-16, GB 18030, \\uXXXX, per cent, base64, hex
pictures    how a file of one begins, also as base64 and hex; pieces of the stored picture and of each that the camera sent
frames      pieces of rows of the very pixels that were looked at, before they are any file
vectors     128 numbers as float32 that could be a face, whosever
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from devices.camera_emulator import Presentation
from devices.camera_manner import Rng
from devices.camera_scene import Scene
from devices.camera_surface import Image
from devices.clock import Clock
from stand.camera import CameraFarEnd
from tests.proof.field_scan import Scan

# Short ones are looked for as bytes only: by chance they are in any base64.
PICTURES_BEGIN = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"\x00\x00\x00\x0cjP  ", b"RIFF")
BEGINNINGS = (
    ("JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("JPEG 2000", b"\x00\x00\x00\x0cjP  \r\n"),
)
PIECE_BYTES = 64
LEAST_VALUES = 12  # of a piece: what has fewer is a wall, or nothing at all
NUMBERS = 128
LARGEST, SMALLEST = 1.0, 1e-7  # a face's numbers, and what is taken for none
SPREAD = (0.3, 3.0)  # the length of its vector


class RecordedCamera(CameraFarEnd):
    """Keeps, in this process's memory, every JPEG it sends."""

    def __init__(self, presentation: Presentation, scene: Scene, rng: Rng, clock: Clock) -> None:
        super().__init__(presentation, scene, rng, clock)
        self.sent: list[bytes] = []

    def jpeg(self) -> bytes:
        coded = super().jpeg()
        self.sent.append(coded)
        return coded


class Replay(CameraFarEnd):
    """Sends the same pictures again, as fast as they are taken."""

    def __init__(self, sent: Iterable[bytes], presentation: Presentation, scene: Scene, clock: Clock) -> None:
        super().__init__(presentation, scene, np.random.default_rng(0), clock)
        self._again = iter([*sent])
        self._last = b""

    def jpeg(self) -> bytes:
        self._last = next(self._again, self._last)
        return self._last

    def rest_s(self) -> float:
        return 0.001


def as_taken(camera: RecordedCamera, presentation: Presentation, scene: Scene, clock: Clock) -> list[Image]:
    """The pixels that a driver made of all that the camera sent: by the driver's decoder, for another one gives other pixels."""
    if not camera.sent:
        return []
    frames = []
    with Replay(camera.sent, presentation, scene, clock) as again:
        capture = cv2.VideoCapture(again.port, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        for _ in camera.sent:
            good, frame = capture.read()
            assert good
            frames.append(np.asarray(frame, np.uint8))
        capture.release()
    return frames


def rows_of(frame: Image) -> list[bytes]:
    """Pieces of rows around the middle, where the face is."""
    height, width = frame.shape[:2]
    left = width // 2 - 10
    found = [
        frame[y, left : left + 24].tobytes()[:PIECE_BYTES]
        for y in range(height // 4, 3 * height // 4, height // 8)
    ]
    return [piece for piece in found if len(set(piece)) >= LEAST_VALUES]


def search(
    words: Iterable[tuple[str, str]],
    stored: Iterable[bytes],
    sent: Iterable[bytes],
    frames: Iterable[Image],
) -> Scan:
    """``stored``: a picture that is known whole.  ``sent``: by the camera."""
    bits = [*BEGINNINGS, *(("a frame", piece) for frame in frames for piece in rows_of(frame))]
    bits += [
        ("a camera's picture", coded[len(coded) // part :][:PIECE_BYTES]) for coded in sent for part in (2, 3)
    ]
    return Scan(words, [("a picture", coded) for coded in stored], bits)


def faults(scan: Scan, name: str, content: bytes) -> list[str]:
    """What was found in a file, never the thing itself."""
    found = [f"{name}: {hit.what}" for hit in scan.content(name, content)]
    return found + [f"{name}: the beginning of a picture" for magic in PICTURES_BEGIN if magic in content]


def holds_a_vector(content: bytes) -> bool:
    """Whether somewhere 128 numbers follow one another that could be a face's vector."""
    return any(_vector_in(content[at : len(content) - (len(content) - at) % 4]) for at in range(4))


def _vector_in(content: bytes) -> bool:
    """Likewise, of numbers that begin where the bytes do."""
    if len(content) < 4 * NUMBERS:
        return False
    numbers = np.frombuffer(content, "<f4")
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.abs(np.nan_to_num(numbers.astype(np.float64), nan=9.0, posinf=9.0, neginf=9.0))
    plausible = np.cumsum(np.concatenate(([0], (sizes < LARGEST) & (sizes > SMALLEST))))
    ends = np.flatnonzero(plausible[NUMBERS:] - plausible[:-NUMBERS] == NUMBERS)
    for start in ends[:1000]:
        window = numbers[start : start + NUMBERS]
        if len(np.unique(window)) > NUMBERS // 2 and SPREAD[0] < float(np.linalg.norm(window)) < SPREAD[1]:
            return True
    return False
