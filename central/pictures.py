"""A picture that a person may compare: signed by its owner, sealed to central's key, opened in memory only.

{"picture": base64 JPEG, "strokes": [[[x, y], ...], ...] in 0 to 1000}

A kiosk's has both.  Of a visit at home either may be missing: a photo that nobody signs, or a witness's signature without a photo.

A photograph of a home visit has no strokes: the witness signs the record that it is in.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, insert, select

from central import tables
from central.verification import Keys
from kiosk.seal import NotSealedForUs, seal
from kiosk.wire import picture_info

TABLE = tables.review_pictures
JPEG = b"\xff\xd8\xff"
Place = Annotated[int, Field(strict=True, ge=0, le=1000)]


class NotSigned(Exception):
    """Not sealed for this check, no picture, or no signature under it."""


class _Photo(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    picture: Annotated[str, Field(min_length=4, max_length=60_000)]
    strokes: tuple[()] = ()


class _Signed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    picture: Annotated[str, Field(max_length=60_000)]
    strokes: tuple[Annotated[tuple[tuple[Place, Place], ...], Field(min_length=1)], ...] = ()


@dataclass(frozen=True)
class SignedPicture:
    """``jpeg`` and the strokes of the signature, in 0 to 1000 of the field's width and height; of a visit one may be empty."""

    jpeg: bytes = field(repr=False)
    strokes: tuple[tuple[tuple[int, int], ...], ...] = field(repr=False)


def opened(keys: Keys, check_id: str, sealed: bytes) -> SignedPicture:
    """A kiosk's, with a signature.  Raises NotSigned."""
    found = _read(keys, check_id, sealed)
    if not found.jpeg or not found.strokes:
        raise NotSigned("no picture, or no signature")
    return found


def for_second_person(
    keys: Keys, check_id: str, sealed: bytes | None, strokes: tuple[tuple[tuple[int, int], ...], ...]
) -> bytes:
    """A photo of a visit and the witness's strokes, sealed as one; ``sealed`` None: no photo.  Raises NotSigned."""
    found = SignedPicture(b"", ()) if sealed is None else _read(keys, check_id, sealed)
    signed = {"picture": base64.b64encode(found.jpeg).decode("ascii"), "strokes": strokes or found.strokes}
    return seal(json.dumps(signed).encode(), keys.review.public, picture_info(check_id))


def keep(connection: Connection, check_id: str, consent_version: str, sealed: bytes, *, at_ms: int) -> None:
    """Waits to be looked at."""
    row = {"check_id": check_id, "consent_version": consent_version, "sealed": sealed, "at_ms": at_ms}
    connection.execute(insert(TABLE).values(**row))


def _read(keys: Keys, check_id: str, sealed: bytes) -> SignedPicture:
    try:
        signed = _Signed.model_validate_json(keys.review.unseal(sealed, picture_info(check_id)))
        return SignedPicture(_jpeg(signed.picture), signed.strokes)
    except (NotSealedForUs, ValidationError, binascii.Error) as error:
        raise NotSigned(type(error).__name__) from None


def opened_photo(keys: Keys, record_id: str, sealed: bytes) -> bytes:
    """The JPEG of a home visit's photograph (kiosk.field.wire.Manual.photo).  Raises NotSigned when it is none of this record."""
    try:
        photo = _Photo.model_validate_json(keys.review.unseal(sealed, picture_info(record_id)))
        return _jpeg(photo.picture)
    except (NotSealedForUs, ValidationError, binascii.Error) as error:
        raise NotSigned(type(error).__name__) from None


def _jpeg(picture: str) -> bytes:
    """Raises NotSigned, binascii.Error."""
    jpeg = base64.b64decode(picture, validate=True)
    if jpeg and not jpeg.startswith(JPEG):
        raise NotSigned("no JPEG")
    return jpeg


def stored(connection: Connection, keys: Keys, check_id: str) -> SignedPicture | None:
    """The picture that waits to be compared; None when there is none, or none that opens."""
    sealed = connection.execute(select(TABLE.c.sealed).where(TABLE.c.check_id == check_id)).scalar()
    if sealed is None:
        return None
    try:
        return _read(keys, check_id, sealed)
    except NotSigned:
        return None
