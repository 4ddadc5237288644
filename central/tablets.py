"""Which tablets there are, by token and signing key; a lost one is revoked, and stays known for what it still sends.

A tablet's name is its own: no kiosk has it.  Its first signing key counts; another is entered only for a tablet that is added anew
under another name.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central import tables, tables_field
from central.problems import Refused
from kiosk.field.wire import GENESIS
from kiosk.wire import ProblemCode

TABLE = tables_field.tablets

NOTE_MOST = 300


class TabletKnown(Exception):
    """A tablet or a kiosk has this name already."""


@dataclass(frozen=True)
class KnownTablet:
    """``enrolled``: its signing key is known.  ``revoked_ms`` None: in use."""

    tablet_id: str
    label: str
    enrolled: bool
    last_seq: int
    added_ms: int
    revoked_ms: int | None
    revoked_note: str


def add(connection: Connection, tablet_id: str, label: str, *, at_ms: int, token: str = "") -> str:
    """Enters a tablet and gives its token, which nobody can read again.  Raises TabletKnown."""
    kiosks = tables.kiosks
    taken = connection.execute(select(kiosks.c.kiosk_id).where(kiosks.c.kiosk_id == tablet_id)).first()
    if taken is not None or find(connection, tablet_id) is not None:
        raise TabletKnown(tablet_id)
    token = token or secrets.token_urlsafe(32)
    connection.execute(
        insert(TABLE).values(
            tablet_id=tablet_id,
            token_digest=sha256(token.encode()).hexdigest(),
            label=label,
            last_seq=0,
            last_hash=GENESIS,
            added_ms=at_ms,
            revoked_note="",
        )
    )
    return token


def revoke(connection: Connection, tablet_id: str, note: str, *, at_ms: int) -> bool:
    """Nothing is given to it any more, and what it still sends waits for a person.  False when there is none in use."""
    this = (TABLE.c.tablet_id == tablet_id) & TABLE.c.revoked_ms.is_(None)
    values = {"revoked_ms": at_ms, "revoked_note": note[:NOTE_MOST]}
    return bool(connection.execute(update(TABLE).where(this).values(**values)).rowcount)


def known(connection: Connection) -> Sequence[KnownTablet]:
    rows = connection.execute(select(TABLE).order_by(TABLE.c.tablet_id))
    return [
        KnownTablet(
            row.tablet_id,
            row.label,
            row.sign_key is not None,
            row.last_seq,
            row.added_ms,
            row.revoked_ms,
            row.revoked_note,
        )
        for row in rows
    ]


def find(connection: Connection, tablet_id: str) -> Row[Any] | None:
    return connection.execute(select(TABLE).where(TABLE.c.tablet_id == tablet_id)).first()


def locked(connection: Connection, tablet_id: str) -> Row[Any]:
    """A known tablet's row, held until the caller's write transaction ends."""
    return connection.execute(select(TABLE).where(TABLE.c.tablet_id == tablet_id).with_for_update()).one()


def authorise(connection: Connection, tablet_id: str, token: str) -> Row[Any]:
    """The tablet with this token, revoked or not.  Raises Refused."""
    offered = sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
    row = find(connection, tablet_id)
    if not compare_digest(offered, row.token_digest if row else "") or row is None:
        raise Refused(ProblemCode.UNAUTHORISED)
    return row


def check_in_use(connection: Connection, tablet_id: str) -> None:
    """Raises Refused for a tablet that was revoked, also since it was let in."""
    row = find(connection, tablet_id)
    if row is None or row.revoked_ms is not None:
        raise Refused(ProblemCode.TABLET_REVOKED)


def keep_key(connection: Connection, tablet_id: str, sign_key: str) -> None:
    """The first key of a tablet counts.  Raises Refused for another."""
    row = locked(connection, tablet_id)
    if row.sign_key is None:
        connection.execute(update(TABLE).where(TABLE.c.tablet_id == tablet_id).values(sign_key=sign_key))
    elif row.sign_key != sign_key:
        raise Refused(ProblemCode.TABLET_KEY_KNOWN)
