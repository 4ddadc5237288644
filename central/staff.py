"""Who may confirm others at a machine, known by their own card.  ``operator``: the name they decide under on pages, if they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central import tables
from central.identity import mask_number, plain_name
from kiosk.wire import Lookup

TABLE = tables.staff


class StaffKnown(Exception):
    """Somebody with this number is there already."""


@dataclass(frozen=True)
class StaffMember:
    """``number`` is masked."""

    name: str
    number: str
    operator: str
    active: bool


def add(connection: Connection, number: str, name: str, operator: str | None = None) -> None:
    """Enters a member of staff, or lets one in again who was removed.  Raises StaffKnown."""
    row = connection.execute(select(TABLE).where(TABLE.c.number == number)).first()
    if row is not None and row.active:
        raise StaffKnown
    values = {"name": name, "operator": operator, "active": True}
    if row is None:
        connection.execute(insert(TABLE).values(number=number, **values))
    else:
        connection.execute(update(TABLE).where(TABLE.c.staff_id == row.staff_id).values(**values))


def remove(connection: Connection, number: str) -> bool:
    """Confirms nobody any more; what was confirmed stays.  False when there was nobody."""
    those = (TABLE.c.number == number) & TABLE.c.active.is_(True)
    return bool(connection.execute(update(TABLE).where(those).values(active=False)).rowcount)


def known(connection: Connection) -> Sequence[StaffMember]:
    rows = connection.execute(select(TABLE).order_by(TABLE.c.staff_id))
    return [StaffMember(row.name, mask_number(row.number), row.operator or "", row.active) for row in rows]


def by_card(connection: Connection, card: Lookup) -> Row[Any] | None:
    """The member of staff whose card this is, by number and name."""
    if not card.number.isascii():
        return None
    here = (TABLE.c.number == card.number.upper()) & TABLE.c.active.is_(True)
    row = connection.execute(select(TABLE).where(here)).first()
    return row if row is not None and plain_name(row.name) == plain_name(card.name) else None
