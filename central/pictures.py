"""A picture that a person may compare: signed by its owner, sealed to central's key, opened in memory only.

{"picture": base64 JPEG, "strokes": [[[x, y], ...], ...] in 0 to 1000}
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, select

from central import tables
from central.verification import Keys
from kiosk.seal import NotSealedForUs
from kiosk.wire import picture_info

TABLE = tables.review_pictures
JPEG = b"\xff\xd8\xff"
Place = Annotated[int, Field(strict=True, ge=0, le=1000)]


class NotSigned(Exception):
    """Not sealed for this check, no picture, or no signature under it."""


class _Signed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    picture: Annotated[str, Field(min_length=4, max_length=60_000)]
    strokes: Annotated[
        tuple[Annotated[tuple[tuple[Place, Place], ...], Field(min_length=1)], ...], Field(min_length=1)
    ]


@dataclass(frozen=True)
class SignedPicture:
    """``jpeg`` and the strokes of the signature, in 0 to 1000 of the field's width and height."""

    jpeg: bytes = field(repr=False)
    strokes: tuple[tuple[tuple[int, int], ...], ...] = field(repr=False)


def opened(keys: Keys, check_id: str, sealed: bytes) -> SignedPicture:
    """Raises NotSigned."""
    try:
        signed = _Signed.model_validate_json(keys.review.unseal(sealed, picture_info(check_id)))
        jpeg = base64.b64decode(signed.picture, validate=True)
    except (NotSealedForUs, ValidationError, binascii.Error) as error:
        raise NotSigned(type(error).__name__) from None
    if not jpeg.startswith(JPEG):
        raise NotSigned("no JPEG")
    return SignedPicture(jpeg, signed.strokes)


def stored(connection: Connection, keys: Keys, check_id: str) -> SignedPicture | None:
    """The picture that waits to be compared; None when there is none, or none that opens."""
    sealed = connection.execute(select(TABLE.c.sealed).where(TABLE.c.check_id == check_id)).scalar()
    if sealed is None:
        return None
    try:
        return opened(keys, check_id, sealed)
    except NotSigned:
        return None
