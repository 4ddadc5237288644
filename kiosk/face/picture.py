"""The pictures that are made of a camera's frame: small ones for the screen, mirrored for a check and whole for a photograph, and
coded ones for a person who compares.  Pure; frames are BGR and not mirrored, as everywhere in the engine.
"""

from __future__ import annotations

import base64
import json

import cv2
import numpy as np

from kiosk.face.booth import Strokes
from kiosk.face.crops import Image
from kiosk.face.mirror import MOST_HEIGHT, MOST_WIDTH, PICTURE_BYTES

# What is tried in turn: a person compares better a smaller picture than one that is all blocks.
CODED = tuple((height_px, quality) for height_px in (480, 400, 320) for quality in (85, 80, 75, 70, 60))
# A whole photograph: a face is a small part of it, and a code is held up that has to be read.
PHOTO_CODED = (
    *((long_px, quality) for long_px in (960, 800, 640, 480) for quality in (85, 75, 65)),
    # whatever the wallpaper is: there is no second visit for a photograph
    *((480, 45), (360, 45), (240, 45)),
)
MOST_SEALED_BYTES = 44_000  # what central takes
SEAL_BYTES = 48  # X25519 share and tag
MOST_STROKES_BYTES = 12_000  # the rest is the picture's


def mirrored(image: Image) -> Image:
    """As in a mirror: RGB, (height, width, 3), the middle of the frame in the screen's proportions, never enlarged."""
    height, width = image.shape[:2]
    if width * MOST_HEIGHT > height * MOST_WIDTH:
        cut = height * MOST_WIDTH // MOST_HEIGHT
        image = image[:, (width - cut) // 2 : (width - cut) // 2 + cut]
    else:
        cut = width * MOST_HEIGHT // MOST_WIDTH
        image = image[(height - cut) // 2 : (height - cut) // 2 + cut]
    if image.shape[0] > MOST_HEIGHT:
        small = cv2.resize(image, (MOST_WIDTH, MOST_HEIGHT), interpolation=cv2.INTER_LINEAR)
        image = np.asarray(small, np.uint8)
    return np.asarray(cv2.cvtColor(cv2.flip(image, 1), cv2.COLOR_BGR2RGB), np.uint8)


def whole(image: Image) -> Image:
    """As it is, not as in a mirror: RGB, (height, width, 3), all of the frame, never enlarged, no more than PICTURE_BYTES."""
    height, width = image.shape[:2]
    share = min(1.0, (PICTURE_BYTES / (3 * width * height)) ** 0.5)
    if share < 1.0:
        size = (max(1, int(width * share)), max(1, int(height * share)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def signed(image: Image, strokes: Strokes) -> bytes | None:
    """A picture and the signature under it as JSON (kiosk.wire.ReviewPicture); sealed it is at most MOST_SEALED_BYTES.

    The picture is coded as well as it fits.  A signature of very many points loses every second one, again and again: its look stays.
    None when the picture cannot be coded that small.
    """
    while len(ink := json.dumps(strokes, separators=(",", ":"))) > MOST_STROKES_BYTES:
        strokes = tuple(stroke[::2] for stroke in strokes if len(stroke) > 1)
    picture = coded(image, _room(ink))
    return None if picture is None else _put_together(picture, ink)


def photo(image: Image) -> bytes | None:
    """A whole photograph without a signature, in the same JSON; sealed it is at most MOST_SEALED_BYTES.

    None when it cannot be coded that small.
    """
    ink, most = "[]", max(image.shape[:2])
    for long_px, quality in PHOTO_CODED:
        picture = _as_jpeg(image, min(1.0, long_px / most), quality)
        if picture is not None and len(picture) <= _room(ink):
            return _put_together(picture, ink)
    return None


def _room(ink: str) -> int:
    """How many bytes of JPEG go beside a signature."""
    return (MOST_SEALED_BYTES - SEAL_BYTES - len('{"picture":"","strokes":}') - len(ink)) // 4 * 3


def _put_together(picture: bytes, ink: str) -> bytes:
    return f'{{"picture":"{base64.b64encode(picture).decode("ascii")}","strokes":{ink}}}'.encode("ascii")


def coded(image: Image, most_bytes: int) -> bytes | None:
    """JPEG, at most 480 px high, as good as ``most_bytes`` allow; None when it cannot be that small."""
    for most_px, quality in CODED:
        picture = _as_jpeg(image, min(1.0, most_px / image.shape[0]), quality)
        if picture is not None and len(picture) <= most_bytes:
            return picture
    return None


def _as_jpeg(image: Image, share: float, quality: int) -> bytes | None:
    """``share`` of its size, 1: as it is."""
    if share < 1.0:
        height, width = image.shape[:2]
        size = (max(1, round(width * share)), max(1, round(height * share)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    good, content = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return content.tobytes() if good else None
