"""Whose faces are kept, who may confirm others, who decides: ``central reference``, ``staff``, ``operator``.

Raises ValueError in words.

A trial gives one of its residents a face by ``add_reference``; none is there unless somebody does.
"""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from central import operators, references, staff, staff_door, tables
from central.identity import check_character
from central.operators import Role
from central.verification import Keys
from kiosk.wire import ReferenceSource

NAME_MOST, OPERATOR_MOST = 120, 40
PIN_DIGITS = 6


def read_image(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"the image cannot be read: {error.strerror}") from None


def add_reference(
    connection: Connection,
    keys: Keys,
    number: str,
    source: ReferenceSource,
    coded: bytes,
    *,
    at_ms: int,
    taken_on: date | None = None,
) -> None:
    """Keeps a picture (JPEG or JPEG 2000) of the person with this number, in place of the one of this source."""
    person = _person(connection, number)
    if source not in references.STORED:
        raise ValueError("only photo and certified are kept here")
    try:
        references.add_picture(
            connection, keys, person.person_id, source, coded, taken_on=taken_on, at_ms=at_ms
        )
    except references.NoPicture:
        most_kb = references.MOST_BYTES // 1000
        raise ValueError(f"the image is neither JPEG nor JPEG 2000, or larger than {most_kb} kB") from None


def remove_reference(connection: Connection, number: str, source: ReferenceSource | None) -> int:
    """How many were deleted; ``source`` None: all of the person's."""
    person = _person(connection, number)
    those = references.STORED if source is None else (source,)
    return sum(references.remove(connection, person.person_id, each) for each in those)


def add_operator(connection: Connection, name: str, role: Role, number: str, *, at_ms: int) -> str:
    """Gives the passphrase.  Who decides about checks has a number; others may."""
    if not (1 <= len(name) <= OPERATOR_MOST and name.isprintable() and ":" not in name):
        raise ValueError(f"a name has 1 to {OPERATOR_MOST} letters and no colon")
    if not number and operators.Operator(name, role).may_review():
        raise ValueError(f"a {role.value} decides about checks: --number, as on the holder's card")
    try:
        return operators.add(connection, name, role, _card_number(number) if number else None, at_ms=at_ms)
    except operators.NameTaken:
        raise ValueError(f"{name} is there already; remove first for a new passphrase") from None


def number_operator(connection: Connection, name: str, number: str) -> None:
    """For who was entered without.  A wrong one: remove the operator and add them again."""
    if not operators.set_number(connection, name, _card_number(number)):
        raise ValueError(f"there is no {name}, or the number is entered already")


def _card_number(number: str) -> str:
    """A mistyped one would let somebody decide about themselves: the check character must fit."""
    number = _number(number)
    if len(number) == 18 and number[:17].isdecimal() and number[17] != check_character(number[:17]):
        raise ValueError("the number is mistyped: its last digit does not fit the others")
    return number


def _number(number: str) -> str:
    number = number.upper()
    if not (number.isascii() and number.isalnum() and len(number) in (15, 18)):
        raise ValueError("a number has 15 or 18 digits, the last may be X")
    return number


def add_staff(connection: Connection, number: str, name: str, operator: str) -> None:
    """Lets somebody confirm others."""
    number = _number(number)
    if not (1 <= len(name) <= NAME_MOST and name.isprintable()):
        raise ValueError(f"a name has 1 to {NAME_MOST} letters")
    if len(operator) > OPERATOR_MOST:
        raise ValueError(f"an operator's name has at most {OPERATOR_MOST} letters")
    try:
        staff.add(connection, number, name, operator or None)
    except staff.StaffKnown:
        raise ValueError("somebody with this number is there already; remove first") from None


def remove_staff(connection: Connection, number: str) -> None:
    if not staff.remove(connection, number.upper()):
        raise ValueError("nobody with this number may confirm others")


def give_pin(
    connection: Connection, keys: Keys, number: str, pin: str, *, with_code: bool, at_ms: int
) -> tuple[str, str]:
    """PIN and code of a member of staff, in place of those before; ``pin`` "": by chance; the code "" unless asked for."""
    pin = pin or f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    if not (pin.isascii() and pin.isdecimal() and len(pin) == PIN_DIGITS):
        raise ValueError("a PIN has six digits")
    code = staff_door.new_code() if with_code else ""
    try:
        staff_door.give_pin(connection, keys, _member(connection, number), pin, code, at_ms=at_ms)
    except staff_door.CodeTaken:
        raise ValueError("somebody has that code by chance: try again") from None
    return pin, code


def take_pin(connection: Connection, number: str) -> None:
    if not staff_door.take_pin(connection, _member(connection, number)):
        raise ValueError("this member of staff has no PIN")


def _member(connection: Connection, number: str) -> int:
    members = tables.staff
    here = (members.c.number == number.upper()) & members.c.active.is_(True)
    found = connection.execute(select(members.c.staff_id).where(here)).scalar()
    if found is None:
        raise ValueError("nobody with this number may confirm others")
    return int(found)


def _person(connection: Connection, number: str) -> Row[Any]:
    persons = tables.persons
    row = connection.execute(select(persons).where(persons.c.number == number.upper())).first()
    if row is None:
        raise ValueError("nobody with this number is registered here")
    return row
