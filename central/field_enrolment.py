"""Tablets and assignments as people enter them, from a command or a page.  Raises ValueError in words that name nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from central import assignments, tables, tablets
from central.assignments import Why, Wish
from kiosk.field.wire import AskedBy

TABLET_ID = re.compile(r"[A-Z0-9]{2,12}")
LABEL_MOST, NAME_MOST = 80, 40
RESIDENT = re.compile(r"(?P<room>\S{1,20})[\s,]+(?P<number>[0-9A-Za-z]{15,18})")


def add_tablet(connection: Connection, tablet_id: str, label: str, *, at_ms: int) -> str:
    """Gives the token."""
    if not TABLET_ID.fullmatch(tablet_id):
        raise ValueError("a tablet is named by 2 to 12 capital letters and digits")
    _check_text(label, LABEL_MOST, "a label")
    try:
        return tablets.add(connection, tablet_id, label, at_ms=at_ms)
    except tablets.TabletKnown:
        raise ValueError("a tablet or a kiosk of this name is there already") from None


def revoke_tablet(connection: Connection, tablet_id: str, note: str, *, at_ms: int) -> None:
    _check_text(note, tablets.NOTE_MOST, "a note")
    if not tablets.revoke(connection, tablet_id, note, at_ms=at_ms):
        raise ValueError("no such tablet is in use")


def add_assignment(
    connection: Connection,
    number: str,
    asked_by: AskedBy,
    operator: str,
    *,
    place: tuple[str, str, str],
    staff_number: str,
    at_ms: int,
) -> str:
    """``place``: address, care home, room; each may be ""."""
    _check_text(operator, NAME_MOST, "a name")
    address, home, room = place
    if room and not home:
        raise ValueError("a room is in a care home: name it")
    for text, most in (
        (address, assignments.ADDRESS_MOST),
        (home, assignments.HOME_MOST),
        (room, assignments.ROOM_MOST),
    ):
        if text:
            _check_text(text, most, "an address, a care home or a room")
    wish = Wish(asked_by, address, home, room, _staff_id(connection, staff_number))
    return assignments.add(connection, _person(connection, number), wish, operator, at_ms=at_ms)


def add_home(
    connection: Connection,
    home: tuple[str, str],
    lines: Iterable[str],
    operator: str,
    *,
    staff_number: str,
    at_ms: int,
) -> int:
    """``home``: name and address; ``lines``: room and number each.  Gives how many.  Raises ValueError; then undo all."""
    name, address = home
    _check_text(name, assignments.HOME_MOST, "a care home")
    count = 0
    for n, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = RESIDENT.fullmatch(line.strip())
        if found is None:
            raise ValueError(f"line {n}: a room, a space, and the number on a card")
        try:
            add_assignment(
                connection,
                found["number"],
                AskedBy.CARE_HOME,
                operator,
                place=(address, name, found["room"]),
                staff_number=staff_number,
                at_ms=at_ms,
            )
        except ValueError as error:
            raise ValueError(f"line {n}: {error}") from None
        count += 1
    if count == 0:
        raise ValueError("no resident is named")
    return count


def withdraw(connection: Connection, assignment_id: str, why: Why, operator: str, *, at_ms: int) -> None:
    _check_text(operator, NAME_MOST, "a name")
    if not assignments.withdraw(connection, assignment_id, why, operator, at_ms=at_ms):
        raise ValueError("no such assignment is open")


def _check_text(text: str, most: int, what: str) -> None:
    if not (1 <= len(text) <= most and text.isprintable()):
        raise ValueError(f"{what} has 1 to {most} letters")


def _person(connection: Connection, number: str) -> Row[Any]:
    persons = tables.persons
    here = select(persons).where(persons.c.number == number.upper())
    row = connection.execute(here).first() if number.isalnum() else None  # no database is asked for a NUL
    if row is None:
        raise ValueError("nobody with this number is registered here")
    return row


def _staff_id(connection: Connection, number: str) -> int | None:
    if not number:
        return None
    staff = tables.staff
    here = (staff.c.number == number.upper()) & staff.c.active.is_(True)
    found = connection.execute(select(staff.c.staff_id).where(here)).scalar()
    if found is None:
        raise ValueError("no member of staff has this number")
    return int(found)
