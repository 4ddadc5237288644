"""The two pictures that are made of a camera's frame: the small mirrored one for the screen, and the coded one for a person who
compares.  Pure; frames are BGR and not mirrored, as everywhere in the engine.
"""

from __future__ import annotations

import base64
import json

import cv2
import numpy as np

from kiosk.face.booth import Strokes
from kiosk.face.crops import Image
from kiosk.face.mirror import MOST_HEIGHT, MOST_WIDTH

# What is tried in turn: a person compares better a smaller picture than one that is all blocks.
CODED = tuple((height_px, quality) for height_px in (480, 400, 320) for quality in (85, 80, 75, 70, 60))
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


def signed(image: Image, strokes: Strokes) -> bytes | None:
    """A picture and the signature under it as JSON (kiosk.wire.ReviewPicture); sealed it is at most MOST_SEALED_BYTES.

    The picture is coded as well as it fits.  A signature of very many points loses every second one, again and again: its look stays.
    None when the picture cannot be coded that small.
    """
    while len(ink := json.dumps(strokes, separators=(",", ":"))) > MOST_STROKES_BYTES:
        strokes = tuple(stroke[::2] for stroke in strokes if len(stroke) > 1)
    frame = len('{"picture":"","strokes":}')
    most = (MOST_SEALED_BYTES - SEAL_BYTES - frame - len(ink)) // 4 * 3
    picture = coded(image, most)
    if picture is None:
        return None
    return f'{{"picture":"{base64.b64encode(picture).decode("ascii")}","strokes":{ink}}}'.encode("ascii")


def coded(image: Image, most_bytes: int) -> bytes | None:
    """JPEG, at most 480 px high, as good as ``most_bytes`` allow; None when it cannot be that small."""
    height, width = image.shape[:2]
    for most_px, quality in CODED:
        small = image
        if height > most_px:
            size = (max(1, width * most_px // height), most_px)
            small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        good, content = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, quality))
        if good and len(content) <= most_bytes:
            return content.tobytes()
    return None
