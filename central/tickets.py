"""What somebody has to do after a visit: look into a death, change a telephone number, call back, find out where a person lives.

A ticket changes nothing by itself: a death that was told stops no benefit, and a number is the person's only once an operator has
confirmed it.  A question that staff answered there and then is a ticket that is closed already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central import assignments, tables, tables_field
from central.assignments import Why
from central.clock import legal_day

DAYS = tables_field.ticket_days
TABLE = tables_field.tickets

PREFIX = "GD"
PERSONS, STAFF = tables.persons, tables.staff


class Kind(StrEnum):
    DEATH = "death"
    PHONE = "phone"
    QUESTION = "question"
    MOVED = "moved"


WHY = {
    Kind.DEATH.value: Why.DIED,
    Kind.MOVED.value: Why.MOVED,
}  # why nobody goes there any more, once confirmed


@dataclass(frozen=True)
class Told:
    """What a visit brought.  Only the fields of its kind are filled."""

    kind: Kind
    person_id: str
    staff_id: int
    tablet_id: str
    told_on: date
    died_on: date | None = None
    phone: str = ""
    topic: str = ""
    answered: bool = False


class NotOpen(Exception):
    """No such ticket, or somebody has closed it."""


def next_number(connection: Connection, day: date) -> str:
    """The next ticket number of a day, inside the caller's write transaction."""
    last = connection.execute(select(DAYS.c.last).where(DAYS.c.day == day).with_for_update()).scalar()
    if last is None:
        connection.execute(insert(DAYS).values(day=day, last=1))
    else:
        connection.execute(update(DAYS).where(DAYS.c.day == day).values(last=last + 1))
    return f"{PREFIX}{day:%y%m%d}{(last or 0) + 1:06d}"


def write(connection: Connection, told: Told, *, at_ms: int) -> str:
    """A ticket; gives its number."""
    number = next_number(connection, legal_day(at_ms))
    values = {**vars(told), "kind": told.kind.value}
    closed = values.pop("answered")
    connection.execute(
        insert(TABLE).values(
            ticket_no=number,
            **values,
            at_ms=at_ms,
            closed_ms=at_ms if closed else None,
            closed_by="",
            note="",
        )
    )
    return number


def waiting(connection: Connection) -> Sequence[Row[Any]]:
    """Open ones, deaths first, then the oldest, with name and number of the person and the name of who was told."""
    query = (
        select(
            TABLE,
            PERSONS.c.name,
            PERSONS.c.number,
            PERSONS.c.phone.label("known"),
            STAFF.c.name.label("staff"),
        )
        .join(PERSONS, PERSONS.c.person_id == TABLE.c.person_id)
        .join(STAFF, STAFF.c.staff_id == TABLE.c.staff_id)
        .where(TABLE.c.closed_ms.is_(None))
        .order_by(TABLE.c.kind != Kind.DEATH.value, TABLE.c.at_ms, TABLE.c.ticket_no)
    )
    return connection.execute(query).all()


def close(
    connection: Connection, ticket_no: str, operator: str, note: str, *, confirmed: bool, at_ms: int
) -> None:
    """What came of it.  A confirmed number is the person's from now on; a ticket keeps none.  Raises NotOpen."""
    query = select(TABLE).where(TABLE.c.ticket_no == ticket_no, TABLE.c.closed_ms.is_(None))
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NotOpen
    if confirmed and row.kind == Kind.PHONE.value:
        this = PERSONS.c.person_id == row.person_id
        connection.execute(update(PERSONS).where(this).values(phone=row.phone))
    if confirmed and row.kind in WHY:
        assignments.withdraw_of(connection, row.person_id, WHY[row.kind], operator, at_ms=at_ms)
    values = {
        "closed_ms": at_ms,
        "closed_by": operator,
        "note": note,
        "phone": "",
        "confirmed": confirmed,
    }
    connection.execute(update(TABLE).where(TABLE.c.ticket_no == ticket_no).values(**values))


def death_is_open(connection: Connection, person_id: str) -> bool:
    """Nobody is sent to a house of mourning while it is looked into."""
    mine = (TABLE.c.person_id == person_id) & (TABLE.c.kind == Kind.DEATH.value) & TABLE.c.closed_ms.is_(None)
    return connection.execute(select(TABLE.c.ticket_no).where(mine)).first() is not None


def death_stands(connection: Connection, person_id: str) -> bool:
    """Whether somebody told of this person's death and nobody has called it a mistake; of old tickets nobody wrote that down."""
    mine = (TABLE.c.person_id == person_id) & (TABLE.c.kind == Kind.DEATH.value)
    stands = TABLE.c.closed_ms.is_(None) | TABLE.c.confirmed.is_not(False)
    return connection.execute(select(TABLE.c.ticket_no).where(mine, stands)).first() is not None
