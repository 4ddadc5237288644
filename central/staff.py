"""Who may confirm others at a machine, known by their own card.  ``operator``: the name they decide under on pages, if they do.

People are told apart by the number on their card.  Names only add a bar: who has the name of somebody who must not decide, however
it is written, does not decide either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central import tables
from central.identity import mask_number, plain_name
from kiosk.wire import Lookup

TABLE, OPERATORS, PERSONS = tables.staff, tables.operators, tables.persons


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


def as_entered(connection: Connection, staff_id: object) -> dict[str, str | None]:
    """What a check keeps of who confirmed it; empty for nobody."""
    row = connection.execute(select(TABLE).where(TABLE.c.staff_id == staff_id)).first()
    if row is None:
        return {}
    return {"staff_number": row.number, "staff_name": row.name, "staff_operator": row.operator}


def share_household(connection: Connection, number: str, person: Row[Any]) -> bool:
    """Whether somebody with this number lives in a person's household, as far as it is registered here."""
    mine = select(PERSONS.c.household_id).where(PERSONS.c.number == number)
    return bool(connection.execute(mine).scalar() == person.household_id)


def number_of(connection: Connection, operator: str) -> str | None:
    """The number on the card of an operator; None while nobody has entered it, or for no operator of ours."""
    return connection.execute(select(OPERATORS.c.number).where(OPERATORS.c.name == operator)).scalar()


def is_member(connection: Connection, operator: str, staff_id: int | None) -> bool:
    """Whether an operator is this member of staff, by number or by any name either is known by."""
    row = connection.execute(select(TABLE).where(TABLE.c.staff_id == staff_id)).first()
    if row is None:
        return False
    return row.number == number_of(connection, operator) or same_name(operator, row.name, row.operator)


def same_name(operator: str, *names: str | None) -> bool:
    """Whether an operator goes by one of the names, however it is written."""
    return plain_name(operator) in {plain_name(name) for name in names if name}
