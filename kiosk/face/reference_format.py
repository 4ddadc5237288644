"""How a stored reference is written, inside its seal.  Bytes only; no arrays are kept here.

    picture   01 | JPEG or JPEG 2000
    chip      03 | what the card's chip holds, to be decoded (kiosk.face.card_photo)
    vector    02 | SHA-256 of the network that made it, 32 bytes | float32, little-endian, one after another

The seal says whose and for which check; the source (certified, photo, chip) travels beside it.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

PICTURE, VECTOR, CHIP = 1, 2, 3
DIGEST_BYTES = 32
MOST_BYTES = 400_000
FEWEST_NUMBERS, MOST_NUMBERS = 16, 4096
PICTURES_BEGIN = (
    b"\xff\xd8\xff",  # JPEG
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",  # JPEG 2000 in its file format
    b"\xff\x4f\xff\x51",  # a bare JPEG 2000 codestream
)


class ReferenceUnreadable(Exception):
    """These bytes are no reference.  A person compares."""


@dataclass(frozen=True)
class StoredPicture:
    coded: bytes = field(repr=False)


@dataclass(frozen=True)
class StoredVector:
    """``model``: SHA-256 in hexadecimal; only the same network can compare it."""

    model: str
    numbers: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True)
class StoredChip:
    coded: bytes = field(repr=False)


Stored = StoredPicture | StoredVector | StoredChip


def write(stored: Stored) -> bytes:
    """The bytes.  Raises ValueError for a digest that is none."""
    if isinstance(stored, StoredPicture):
        return bytes((PICTURE,)) + stored.coded
    if isinstance(stored, StoredChip):
        return bytes((CHIP,)) + stored.coded
    digest = bytes.fromhex(stored.model)
    if len(digest) != DIGEST_BYTES:
        raise ValueError("a digest has 32 bytes")
    return bytes((VECTOR,)) + digest + struct.pack(f"<{len(stored.numbers)}f", *stored.numbers)


def read(content: bytes) -> Stored:
    """Raises ReferenceUnreadable."""
    if not 1 < len(content) <= MOST_BYTES:
        raise ReferenceUnreadable("no such size")
    kind, body = content[0], content[1:]
    if kind == PICTURE:
        if not body.startswith(PICTURES_BEGIN):
            raise ReferenceUnreadable("neither JPEG nor JPEG 2000")
        return StoredPicture(body)
    if kind == CHIP:
        return StoredChip(body)
    if kind != VECTOR:
        raise ReferenceUnreadable("neither picture nor vector")
    digest, packed = body[:DIGEST_BYTES], body[DIGEST_BYTES:]
    count, rest = divmod(len(packed), 4)
    if rest or not FEWEST_NUMBERS <= count <= MOST_NUMBERS:
        raise ReferenceUnreadable("no such vector")
    numbers = struct.unpack(f"<{count}f", packed)
    if not all(math.isfinite(number) for number in numbers) or not any(numbers):
        raise ReferenceUnreadable("a vector of no numbers")
    return StoredVector(digest.hex(), numbers)
