"""References as a check is given them, each made into the vector that is compared, or into the reason why there is none.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.config import Face
from kiosk.face.card_photo import CardPhotoUnreadable, decode
from kiosk.face.matcher import Matcher, Vector
from kiosk.face.models import Models
from kiosk.face.reference_format import ReferenceUnreadable, StoredChip, StoredVector, read
from kiosk.face.references import prepare_reference
from kiosk.face.verdicts import Flaw
from kiosk.face.zones import Source

MOST_PX = 12_000_000


@dataclass(frozen=True)
class Given:
    """A reference as it came out of its seal (kiosk.face.reference_format)."""

    source: Source
    content: bytes

    def __repr__(self) -> str:
        return f"Given({self.source})"


@dataclass(frozen=True, eq=False)
class Ready:
    """``vector`` None for what cannot be compared by this engine: ``flaws`` tell why, and a person compares."""

    source: Source
    vector: Vector | None
    flaws: tuple[Flaw, ...] = ()

    def forget(self) -> None:
        if self.vector is not None:
            self.vector.fill(0)


def ready(given: Given, models: Models, matcher: Matcher, face: Face) -> Ready:
    """Zeroes every pixel it made.  Never raises for what a reference holds."""
    try:
        stored = read(given.content)
    except ReferenceUnreadable:
        return Ready(given.source, None, (Flaw.UNREADABLE,))
    if isinstance(stored, StoredVector):
        vector = np.array(stored.numbers, np.float32)
        if stored.model != matcher.digest or not matcher.fits(vector):
            return Ready(given.source, None, (Flaw.OTHER_ENGINE,))
        return Ready(given.source, vector)
    try:
        coded = decode(stored.coded, face.chip) if isinstance(stored, StoredChip) else stored.coded
        image = cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, CardPhotoUnreadable):
        image = None
    if image is None or not 0 < image.shape[0] * image.shape[1] <= MOST_PX:
        return Ready(given.source, None, (Flaw.UNREADABLE,))
    picture = np.asarray(image, np.uint8)
    reference = prepare_reference(models, picture, face.reference, len(stored.coded))
    try:
        if reference.mesh is None or reference.too_poor:
            return Ready(given.source, None, reference.flaws)
        return Ready(given.source, matcher.embed(reference.image, reference.mesh))
    except ValueError:  # a mesh without extent
        return Ready(given.source, None, (Flaw.NO_FACE,))
    finally:
        picture.fill(0)
        reference.image.fill(0)
