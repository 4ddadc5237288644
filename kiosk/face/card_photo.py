"""The picture on a card's chip: a port, because the codec of those 1,024 bytes belongs to somebody else.

An operator who is licensed to decode it installs a program: the chip's bytes go to its standard input, one JPEG, PNG or BMP
comes from its standard output, exit 0.  It runs inside the worker's process tree, with no file in between, and its digest is pinned.
Without one the chip's picture is not used; with one it is still judged by the bytes it had on the chip.
"""

from __future__ import annotations

import subprocess

from kiosk.config import FaceChip
from kiosk.face.weights import ModelError, read_checked

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
MOST_BYTES = 4_000_000


class CardPhotoUnreadable(Exception):
    """No picture came out of it.  A person compares, or the other references do."""


def decode(coded: bytes, chip: FaceChip) -> bytes:
    """A coded picture of the chip's bytes.  Raises CardPhotoUnreadable."""
    if chip.decoder is None:
        raise CardPhotoUnreadable("no decoder is installed")
    try:
        read_checked(chip.decoder, chip.sha256)
        ended = subprocess.run(
            [str(chip.decoder)],
            input=coded,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            timeout=chip.timeout_s,
            check=False,
        )
    except (ModelError, OSError, subprocess.TimeoutExpired) as error:
        raise CardPhotoUnreadable(f"the decoder cannot be used: {type(error).__name__}") from error
    if ended.returncode != 0 or not 0 < len(ended.stdout) <= MOST_BYTES:
        raise CardPhotoUnreadable("the decoder gave no picture")
    return ended.stdout
