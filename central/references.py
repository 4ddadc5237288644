"""The faces checks compare with: put here by people, sealed at rest to central's own key, given out sealed to one check's.

Inside every seal, as a kiosk's worker reads it:

    picture   01 | JPEG or JPEG 2000
    vector    02 | SHA-256 of the network that made it, 32 bytes | float32, little-endian
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, String, cast, delete, func, insert, literal, select, union

from central import tables, tables_field
from central.verification import Keys
from kiosk import seal
from kiosk.seal import NotSealedForUs
from kiosk.wire import GivenReference, ReferenceSource, reference_info

TABLE = tables.face_references
PICTURE, VECTOR = "picture", "vector"
KINDS = {PICTURE: b"\x01", VECTOR: b"\x02"}
STORED = (ReferenceSource.CERTIFIED, ReferenceSource.PHOTO)  # the chip's stays on the card
MOST_BYTES = 300_000
WITH_FACES = ("face", "manual")  # field.wire.RecordKind of packets that may hold a picture
PICTURES_BEGIN = (
    b"\xff\xd8\xff",  # JPEG
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",  # JPEG 2000 in its file format
    b"\xff\x4f\xff\x51",  # a bare JPEG 2000 codestream
)


class NoPicture(Exception):
    """Neither JPEG nor JPEG 2000, or too large."""


@dataclass(frozen=True)
class StoredFace:
    """``coded`` without the leading byte; of a picture, a JPEG or JPEG 2000 file."""

    source: ReferenceSource
    kind: str
    taken_on: date | None
    coded: bytes = field(repr=False)


def add_picture(
    connection: Connection,
    keys: Keys,
    person_id: str,
    source: ReferenceSource,
    coded: bytes,
    *,
    taken_on: date | None,
    at_ms: int,
) -> None:
    """Keeps a picture of a person in place of the one of this source.  Raises NoPicture."""
    if not coded.startswith(PICTURES_BEGIN) or len(coded) > MOST_BYTES:
        raise NoPicture
    remove(connection, person_id, source)
    sealed = seal.seal(KINDS[PICTURE] + coded, keys.review.public, _info(person_id, source.value))
    row = {"person_id": person_id, "source": source.value, "kind": PICTURE, "model": "", "sealed": sealed}
    connection.execute(insert(TABLE).values(**row, taken_on=taken_on, at_ms=at_ms))


def remove(connection: Connection, person_id: str, source: ReferenceSource) -> bool:
    """False when there was none."""
    this = (TABLE.c.person_id == person_id) & (TABLE.c.source == source.value)
    return bool(connection.execute(delete(TABLE).where(this)).rowcount)


def of_person(connection: Connection, keys: Keys, person_id: str) -> Sequence[StoredFace]:
    """Opened, for a person who compares; one that does not open is left out."""
    return [
        StoredFace(ReferenceSource(source), kind, taken_on, content[1:])
        for source, kind, taken_on, content in _opened(connection, keys, person_id)
    ]


def give(
    connection: Connection, keys: Keys, person_id: str, check_id: str, kiosk_key: bytes
) -> tuple[GivenReference, ...]:
    """All of a person's references, sealed to one check's key.  Raises ValueError for a key that is none."""
    info = reference_info(check_id)
    return tuple(
        GivenReference(
            source=ReferenceSource(source),
            sealed=base64.b64encode(seal.seal(content, kiosk_key, info)).decode("ascii"),
        )
        for source, _, _, content in _opened(connection, keys, person_id)
    )


def contents(connection: Connection, keys: Keys, person_id: str) -> Sequence[tuple[ReferenceSource, bytes]]:
    """All of a person's references as a worker reads them, for a pack that is sealed as a whole."""
    return [
        (ReferenceSource(source), content) for source, _, _, content in _opened(connection, keys, person_id)
    ]


def can_seal_to(key: bytes) -> bool:
    """False for 32 bytes that are no key of anybody."""
    try:
        seal.seal(b"", key, b"")
    except ValueError:
        return False
    return True


def stored_faces(connection: Connection) -> int:
    """How many people's faces are stored: references, pictures that wait to be compared, and packets that wait unopened.

    A packet that nobody could assign to a person counts as one more person: better too many than too few.
    """
    pictures, checks = tables.review_pictures, tables.checks
    waiting = select(checks.c.person_id).join(pictures, pictures.c.check_id == checks.c.check_id)
    people = union(select(TABLE.c.person_id), waiting, _faces_in_packets()).subquery()
    return int(connection.execute(select(func.count()).select_from(people)).scalar_one())


def _faces_in_packets() -> Select[Any]:
    """Whose, for each content that waits and may have a face in it."""
    contents, packets = tables_field.packet_contents, tables_field.packets
    assignments = tables_field.assignments
    here = (packets.c.tablet_id == contents.c.tablet_id) & (packets.c.seq == contents.c.seq)
    unknown = literal("packet ").concat(cast(contents.c.content_id, String))
    return (
        select(func.coalesce(assignments.c.person_id, unknown))
        .select_from(contents)
        .outerjoin(packets, here & contents.c.refusal_id.is_(None))
        .outerjoin(assignments, assignments.c.assignment_id == packets.c.assignment_id)
        .where(packets.c.kind.is_(None) | packets.c.kind.in_(WITH_FACES))
    )


def _opened(connection: Connection, keys: Keys, person_id: str) -> list[tuple[str, str, date | None, bytes]]:
    found = []
    rows = connection.execute(select(TABLE).where(TABLE.c.person_id == person_id).order_by(TABLE.c.source))
    for row in rows:
        try:
            content = keys.review.unseal(row.sealed, _info(person_id, row.source))
        except NotSealedForUs:
            continue  # of an older key, or moved from another person's row: a person compares
        found.append((row.source, row.kind, row.taken_on, content))
    return found


def _info(person_id: str, source: str) -> bytes:
    return f"face {person_id} {source}".encode()
