"""Somebody comes to the house: one open request a person, whoever asked and wherever."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from central import tables
from central.clock import Clock, legal_day
from central.database import Database
from central.identity import mask_phone
from central.people import find
from central.periods import Periods
from central.problems import Refused
from kiosk.wire import HomeVisit, HomeVisitReply, ProblemCode

TABLE = tables.home_visits


class HomeVisits:
    def __init__(self, database: Database, periods: Periods, clock: Clock) -> None:
        self._database, self._periods, self._clock = database, periods, clock

    def ask(self, kiosk_id: str, wish: HomeVisit) -> HomeVisitReply:
        """Repeats, and a second wish while one is open, add nothing: ``booked_id`` says which one is open.  Raises Refused."""
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            person = find(connection, wish.person_id)
            row = connection.execute(select(TABLE).where(TABLE.c.request_id == wish.request_id)).first()
            if row is not None and (row.person_id, row.kiosk_id) != (wish.person_id, kiosk_id):
                raise Refused(ProblemCode.CHECK_CONFLICT)
            earlier = _open_of(connection, wish.person_id)
            if row is None and earlier is None:
                enter(connection, wish.request_id, wish.person_id, kiosk_id=kiosk_id, at_ms=now_ms)
            return HomeVisitReply(
                request_id=wish.request_id,
                within_days=self._periods.figure("home_visit", legal_day(now_ms)),
                phone=mask_phone(person.phone or ""),
                booked_id=earlier.request_id if earlier is not None else wish.request_id,
            )


def enter(connection: Connection, request_id: str, person_id: str, *, kiosk_id: str, at_ms: int) -> None:
    """A request where none is open; ``kiosk_id`` "": staff entered it."""
    row = {"request_id": request_id, "person_id": person_id, "kiosk_id": kiosk_id, "at_ms": at_ms}
    connection.execute(insert(TABLE).values(**row, done_by=""))


def close_of(connection: Connection, person_id: str, by: str, *, at_ms: int) -> bool:
    """The person was certified: nobody has to come any more.  False when nothing was open."""
    row = _open_of(connection, person_id)
    return row is not None and done(connection, row.request_id, by, at_ms=at_ms)


def done(connection: Connection, request_id: str, operator: str, *, at_ms: int) -> bool:
    """Somebody has been there.  False when there is no such open request."""
    this = (TABLE.c.request_id == request_id) & TABLE.c.done_ms.is_(None)
    changed = connection.execute(update(TABLE).where(this).values(done_ms=at_ms, done_by=operator))
    return bool(changed.rowcount)


def waiting(connection: Connection) -> list[Row[Any]]:
    """Open requests, the oldest first, with name and number of the person."""
    persons = tables.persons
    query = select(TABLE, persons.c.name, persons.c.number, persons.c.phone)
    mine = query.join(persons, persons.c.person_id == TABLE.c.person_id).where(TABLE.c.done_ms.is_(None))
    return list(connection.execute(mine.order_by(TABLE.c.at_ms, TABLE.c.request_id)))


def _open_of(connection: Connection, person_id: str) -> Row[Any] | None:
    mine = (TABLE.c.person_id == person_id) & TABLE.c.done_ms.is_(None)
    return connection.execute(select(TABLE).where(mine)).first()
