"""The far end of a camera: presentations streamed as JPEG over HTTP on this machine, and the portrait they are made from."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from devices.camera_sitter import Portrait, Sitter
from devices.camera_surface import Image
from kiosk.face.detection import detect
from kiosk.face.mesh import landmarks
from kiosk.face.models import Models

PORTRAIT = Path(__file__).parent / "faces" / "astronaut.png"
LARGER = 3  # the engine finds a small face better in a larger picture


def portrait(models: Models, path: Path = PORTRAIT) -> Portrait:
    """The public-domain portrait with its mesh.  Raises FileNotFoundError, ValueError when no face is found."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(path)
    return with_mesh(models, np.asarray(picture, np.uint8))


def with_mesh(models: Models, picture: Image) -> Portrait:
    """The largest face of a picture (h, w, 3), with its mesh.  Raises ValueError when there is none."""
    large = cv2.resize(picture, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
    boxes = detect(models, large)
    if not boxes:
        raise ValueError("no face in the picture")
    found = landmarks(models, large, boxes[0].crop())
    points = landmarks(models, large, found.crop).points / np.float32(LARGER)
    points[:, :2] += np.float32((1 / LARGER - 1) / 2)  # a pixel of the large picture is a part of one
    return Portrait(picture, points)


def sitter(models: Models) -> Sitter:
    """The one person of the stand, ready to be put before a camera; about half a second."""
    return Sitter(portrait(models))
