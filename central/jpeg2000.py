"""JPEG 2000, as card chips and population registers keep faces, made into what a browser shows.  Nothing is written."""

from __future__ import annotations

import io

from PIL import Image

MOST_PIXELS = 4_000_000  # a register's portrait has a tenth of it; few bytes can promise any size


class NotShowable(Exception):
    """Damaged, larger than a portrait is, or no JPEG 2000 at all."""


def as_png(coded: bytes) -> bytes:
    """A PNG of the very pixels, in RGB.  Raises NotShowable."""
    try:
        with Image.open(io.BytesIO(coded), formats=("JPEG2000",)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NotShowable
            file = io.BytesIO()
            picture.convert("RGB").save(file, "PNG")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise NotShowable from error
    return file.getvalue()
