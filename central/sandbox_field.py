"""Visits at home of a trial: tablets, a PIN for each of the trial's staff, requests at houses and one care home.

    tablets   WDT01 and on, with the token demo-token-WDT01 ...
    staff     丛海燕 with PIN 246810 and code 100200300401, 毕文斌 with PIN 135790 and code 100200300402

Requests are of residents who can be certified today.  They are made once, for an empty list.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select

from central import assignments, staff_door, tables, tables_field, tablets, township
from central.assignments import Wish
from central.certification import Certifications
from central.verification import Keys
from kiosk.field.wire import AskedBy

ASSIGNMENTS = tables_field.assignments
SECRETS = tables_field.staff_secrets

HOME, HOME_ADDRESS = "夏庄敬老院", "山东省威海市文登区泽头镇夏庄村1号"
ROOMS = 24  # residents of the care home, as far as the township has people who are due
HOUSES = 36
ASKED = (AskedBy.PERSON, AskedBy.RELATIVE, AskedBy.PERSON, AskedBy.EMPLOYER)
PINS = ("246810", "135790")
CODES = ("100200300401", "100200300402")
STAFF, PERSONS = tables.staff, tables.persons


def demo_token(tablet_id: str) -> str:
    return f"demo-token-{tablet_id}"


def seed(
    connection: Connection, keys: Keys, certifications: Certifications, count: int, *, at_ms: int
) -> None:
    """``count`` tablets, and what the module names, unless they are there."""
    known = {tablet.tablet_id for tablet in tablets.known(connection)}
    for n in range(1, count + 1):
        tablet_id = f"WDT{n:02d}"
        if tablet_id not in known:
            tablets.add(connection, tablet_id, f"第 {n} 号演示平板", at_ms=at_ms, token=demo_token(tablet_id))
    _seed_pins(connection, keys, at_ms)
    if not connection.execute(select(func.count()).select_from(ASSIGNMENTS)).scalar_one():
        _seed_requests(connection, certifications, at_ms)


def _seed_pins(connection: Connection, keys: Keys, at_ms: int) -> None:
    known = set(connection.execute(select(SECRETS.c.staff_id)).scalars())
    for (card, _), pin, code in zip(township.staff(), PINS, CODES, strict=True):
        staff_id = connection.execute(select(STAFF.c.staff_id).where(STAFF.c.number == card.number)).scalar()
        if staff_id is not None and staff_id not in known:
            staff_door.give_pin(connection, keys, staff_id, pin, code, at_ms=at_ms)


def _seed_requests(connection: Connection, certifications: Certifications, at_ms: int) -> None:
    """The oldest live in the care home; two to a room."""
    due = [
        person
        for person in connection.execute(
            select(PERSONS).where(PERSONS.c.benefit != "").order_by(PERSONS.c.birth)
        )
        if certifications.can_be_done(connection, person, at_ms) and not _is_kiosk_s(person)
    ]
    in_home = min(ROOMS, len(due) // 3)
    for n, person in enumerate(due[: in_home + HOUSES]):
        if n < in_home:
            room = f"{101 + n // 2 % 6 + 100 * (n // 12)}"
            wish = Wish(AskedBy.CARE_HOME, HOME_ADDRESS, HOME, room)
        else:
            wish = Wish(ASKED[n % len(ASKED)])
        if wish.address or person.address:
            assignments.add(connection, person, wish, "", at_ms=at_ms)


def _is_kiosk_s(person: Row[Any]) -> bool:
    """张秀英 is who the kiosk's trials are told of."""
    return bool(person.name == "张秀英")
