"""Who is gone to: one assignment for each open request of a visit at home, in the order of the way.

A request comes from a kiosk (预约上门), or staff enter it for a relative, an employer, a care home or the centre; a care home
asks once for many rooms.  It stays open until somebody was certified, or it was withdrawn with a reason.  ``staff_id`` says whose it
is; what is nobody's goes into the pack of whoever asks first, and for that pack's day into no other.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from central import home_visits, tables, tables_field
from central.tables_field import pack_items, packs
from kiosk.field.wire import AskedBy

TABLE = tables_field.assignments

REQUESTS, PERSONS = tables.home_visits, tables.persons
PLACE = re.compile(r"(?P<township>[^省市区县]{1,12}?(?:街道|镇|乡))(?P<village>.{1,16}?(?:社区|村|居委会))")
ADDRESS_MOST, HOME_MOST, ROOM_MOST = 200, 80, 20


class Why(StrEnum):
    """Why nobody goes there any more."""

    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    DIED = "died"
    CERTIFIED = "certified"  # meanwhile, elsewhere


class NobodyThere(ValueError):
    """The person draws no benefit here, or no address is known."""


@dataclass(frozen=True)
class Wish:
    """What is entered for one person.  ``address`` "": the registered one; ``home`` "": a house."""

    asked_by: AskedBy
    address: str = ""
    home: str = ""
    room: str = ""
    staff_id: int | None = None


def place_of(address: str) -> tuple[str, str]:
    """(township, village) of an address as it is written on cards; "" for what it does not say."""
    found = PLACE.search(address)
    return (found["township"], found["village"]) if found else ("", "")


def add(connection: Connection, person: Row[Any], wish: Wish, operator: str, *, at_ms: int) -> str:
    """Enters a request, or completes the one that is open, and gives the assignment's id.  Raises NobodyThere."""
    if not person.benefit:
        raise NobodyThere("the person draws no benefit here")
    address = wish.address or person.address or ""
    if not address and not wish.home:
        raise NobodyThere("no address is registered: name one")
    request = _open_request(connection, person.person_id)
    if request is None:
        request_id = f"V-{secrets.token_hex(8).upper()}"
        home_visits.enter(connection, request_id, person.person_id, kiosk_id="", at_ms=at_ms)
    else:
        request_id = request.request_id
    township, village = place_of(address)
    values = {
        "asked_by": wish.asked_by.value,
        "township": township,
        "village": village,
        "address": address[:ADDRESS_MOST],
        "home": wish.home[:HOME_MOST],
        "room": wish.room[:ROOM_MOST],
        "staff_id": wish.staff_id,
        "by_operator": operator,
    }
    row = connection.execute(select(TABLE).where(TABLE.c.request_id == request_id)).first()
    if row is not None:
        connection.execute(update(TABLE).where(TABLE.c.request_id == request_id).values(**values))
        return str(row.assignment_id)
    assignment_id = f"A-{secrets.token_hex(6).upper()}"
    ids = {"assignment_id": assignment_id, "request_id": request_id, "person_id": person.person_id}
    connection.execute(insert(TABLE).values(**ids, **values, at_ms=at_ms, withdrawn_why="", withdrawn_by=""))
    return assignment_id


def take_in(connection: Connection, *, at_ms: int) -> int:
    """Open requests of kiosks that are no assignment yet become one, at the registered address; gives how many."""
    known = select(TABLE.c.request_id)
    waiting = (
        select(PERSONS)
        .join(REQUESTS, REQUESTS.c.person_id == PERSONS.c.person_id)
        .where(REQUESTS.c.done_ms.is_(None), REQUESTS.c.request_id.not_in(known))
    )
    count = 0
    for person in connection.execute(waiting).all():
        if person.benefit and person.address:
            add(connection, person, Wish(AskedBy.PERSON), "", at_ms=at_ms)
            count += 1
    return count


def withdraw(connection: Connection, assignment_id: str, why: Why, operator: str, *, at_ms: int) -> bool:
    """Nobody goes there any more, and the request is closed.  False when it is not open."""
    row = find(connection, assignment_id)
    if row is None or not is_open(row):
        return False
    this = TABLE.c.assignment_id == assignment_id
    values = {"withdrawn_ms": at_ms, "withdrawn_why": why.value, "withdrawn_by": operator}
    connection.execute(update(TABLE).where(this).values(**values))
    return home_visits.done(connection, row.request_id, operator or "central", at_ms=at_ms)


def withdraw_of(connection: Connection, person_id: str, why: Why, operator: str, *, at_ms: int) -> bool:
    """The same for whatever is open of a person."""
    mine = connection.execute(select(TABLE.c.assignment_id).where(TABLE.c.person_id == person_id)).scalars()
    return any(withdraw(connection, each, why, operator, at_ms=at_ms) for each in mine.all())


def hand_to(connection: Connection, assignment_ids: Iterable[str], staff_id: int | None) -> int:
    """Whose they are from now on; None: whoever takes them first."""
    these = TABLE.c.assignment_id.in_(list(assignment_ids))
    return int(connection.execute(update(TABLE).where(these).values(staff_id=staff_id)).rowcount)


def find(connection: Connection, assignment_id: str) -> Row[Any] | None:
    """One, with ``done_ms`` of its request."""
    return connection.execute(_query().where(TABLE.c.assignment_id == assignment_id)).first()


def is_open(row: Row[Any]) -> bool:
    return row.withdrawn_ms is None and row.done_ms is None


def open_ones(connection: Connection, *where: ColumnElement[bool]) -> list[Row[Any]]:
    """Those somebody has still to go to, in the order of the way, with the columns of the person."""
    still = _query().where(TABLE.c.withdrawn_ms.is_(None), REQUESTS.c.done_ms.is_(None), *where)
    return sorted(connection.execute(still), key=way)


def for_staff(connection: Connection, member: Row[Any], now_ms: int) -> list[Row[Any]]:
    """What this member of staff may be given: their own, and what is nobody's and in nobody else's pack of today."""
    of_others = (
        select(pack_items.c.assignment_id)
        .join(packs, packs.c.pack_id == pack_items.c.pack_id)
        .where(packs.c.staff_id != member.staff_id, packs.c.expires_ms > now_ms)
    )
    free = TABLE.c.staff_id.is_(None) & TABLE.c.assignment_id.not_in(of_others)
    found = open_ones(connection, (TABLE.c.staff_id == member.staff_id) | free)
    # nobody certifies themselves; their own come before what is nobody's
    return sorted((row for row in found if row.number != member.number), key=lambda row: row.staff_id is None)


def way(row: Row[Any]) -> tuple[object, ...]:
    """The order of the way: village by village, in each the care homes with their rooms, then the houses."""
    home = (0, row.home, _natural(row.room)) if row.home else (1, "", ())
    return row.village == "", row.township, row.village, *home, _natural(row.address), row.assignment_id


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """So that room 9 comes before room 10."""
    parts = re.findall(r"\d{1,9}|\D+", text, re.ASCII)
    return tuple((0, int(part), "") if part.isdigit() and part.isascii() else (1, 0, part) for part in parts)


def _query() -> Any:
    person = [column for column in PERSONS.c if column.name not in ("person_id", "address")]
    return (
        select(TABLE, REQUESTS.c.done_ms, REQUESTS.c.at_ms.label("asked_ms"), *person)
        .join(REQUESTS, REQUESTS.c.request_id == TABLE.c.request_id)
        .join(PERSONS, PERSONS.c.person_id == TABLE.c.person_id)
    )


def _open_request(connection: Connection, person_id: str) -> Row[Any] | None:
    mine = (REQUESTS.c.person_id == person_id) & REQUESTS.c.done_ms.is_(None)
    return connection.execute(select(REQUESTS).where(mine)).first()


def known_homes(connection: Connection) -> Sequence[str]:
    """Care homes that were ever asked for."""
    rows = connection.execute(select(TABLE.c.home).where(TABLE.c.home != "").distinct())
    return sorted(rows.scalars())
