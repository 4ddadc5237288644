"""A good picture made as poor as references are: what a comparison loses by it.  Pure.

An identity picture is 102 x 126 pixels, the face 207/358 of its width (print specification of the card).  The chip of a card
holds about 1 KB in a closed wavelet code; JPEG 2000 of 1,024 bytes stands in for it, and nothing here shows how well it does so.
"""

from __future__ import annotations

from enum import Enum

import cv2
import numpy as np

from kiosk.face.crops import Image
from kiosk.face.mesh import Mesh

WIDTH, HEIGHT = 102, 126
FACE_PER_WIDTH = 207 / 358
FINER = 4
JPEG_QUALITY = 60
CHIP_BYTES = 1024


class Variant(Enum):
    """What was done to the reference; the probe is always the picture as it is."""

    ORIGINAL = "original"
    SMALL = "102x126"
    JPEG = "102x126 JPEG 60"
    CHIP = "102x126 JPEG 2000 of 1 KB"


def portrait(image: Image, mesh: Mesh) -> Image:
    """The face as on an identity picture, 126 x 102 x 3."""
    box = mesh.box
    scale = WIDTH * FACE_PER_WIDTH / max(box.width, 1.0) * FINER
    middle = ((box.left + box.right) / 2, box.top + 0.46 * box.height)
    warp = np.array(
        (
            (scale, 0, FINER * WIDTH / 2 - scale * middle[0]),
            (0, scale, FINER * HEIGHT / 2 - scale * middle[1]),
        )
    )
    large = cv2.warpAffine(
        image, warp, (WIDTH * FINER, HEIGHT * FINER), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    small: Image = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return small


def made(image: Image, mesh: Mesh, variant: Variant) -> tuple[Image, int | None]:
    """The picture as it would be stored and read again, and how many bytes it took; None when it was not coded."""
    if variant is Variant.ORIGINAL:
        return image, None
    small = portrait(image, mesh)
    if variant is Variant.SMALL:
        return small, None
    if variant is Variant.JPEG:
        return coded(small, ".jpg", (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    thousandths = round(1000 * CHIP_BYTES / small.size)
    return coded(small, ".jp2", (cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, thousandths))


def coded(image: Image, kind: str, settings: tuple[int, int]) -> tuple[Image, int]:
    """Coded and read again; the picture and its bytes."""
    done, content = cv2.imencode(kind, image, settings)
    assert done, kind
    again = cv2.imdecode(content, cv2.IMREAD_COLOR)
    assert again is not None, kind
    return np.asarray(again, np.uint8), int(content.size)
