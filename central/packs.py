"""The day's people for one member of staff at one tablet, sealed to the key that only their PIN opens.

A pack holds who can be certified now: not those whose time has not come, whom somebody compares already, or of whom a death was
reported.  It expires after a day.  What was in it stays written down, without any face: which references were given counts when the
evidence comes back.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from central import assignments, references, tables_field, tablets, tickets
from central.assignments import Why
from central.bills import age_on
from central.certification import Certifications
from central.clock import Clock, legal_day, legal_time
from central.database import Database
from central.identity import mask_phone
from central.problems import Refused
from central.staff_door import StaffDoor
from central.verification import Keys
from kiosk.field.wire import AskedBy, Assignment, Pack, PackReference, PackRequest, SealedPack, pack_info
from kiosk.seal import seal
from kiosk.wire import ProblemCode

ITEMS = tables_field.pack_items
TABLE = tables_field.packs

LIFE_MS = 24 * 3600 * 1000
MOST = 150  # people in one pack


class Packs:
    def __init__(
        self, database: Database, certifications: Certifications, door: StaffDoor, keys: Keys, clock: Clock
    ) -> None:
        self._database, self._certifications, self._door = database, certifications, door
        self._keys, self._clock = keys, clock

    def give(self, tablet_id: str, asked: PackRequest) -> SealedPack:
        """A new pack each time.  Raises Refused."""
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            tablets.check_in_use(connection, tablet_id)
            member = self._door.signed_in(connection, tablet_id, asked.staff_id, asked.pack_key)
            pack = self._make(connection, tablet_id, member, now_ms)
        content = pack.model_dump_json().encode()
        try:
            sealed = seal(
                content, bytes.fromhex(asked.pack_key), pack_info(pack.pack_id, tablet_id, asked.staff_id)
            )
        except ValueError:
            raise Refused(ProblemCode.INVALID_REQUEST, "pack_key is no key") from None
        return SealedPack(pack_id=pack.pack_id, sealed=base64.b64encode(sealed).decode("ascii"))

    def _make(self, connection: Connection, tablet_id: str, member: Row[Any], now_ms: int) -> Pack:
        assignments.take_in(connection, at_ms=now_ms)
        rows = [
            row
            for row in assignments.for_staff(connection, member, now_ms)
            if self._can_be_certified(connection, row, now_ms)
        ]
        going = sorted(rows[:MOST], key=assignments.way)
        pack_id, day_code = f"P-{secrets.token_hex(8).upper()}", f"{secrets.randbelow(10_000):04d}"
        made = {"pack_id": pack_id, "tablet_id": tablet_id, "staff_id": member.staff_id, "day_code": day_code}
        connection.execute(insert(TABLE).values(**made, made_ms=now_ms, expires_ms=now_ms + LIFE_MS))
        packed = [self._packed(connection, row, now_ms) for row in going]
        if packed:
            connection.execute(
                insert(ITEMS),
                [
                    {
                        "pack_id": pack_id,
                        "assignment_id": each.assignment_id,
                        "references_given": ",".join(given.source.value for given in each.references),
                    }
                    for each in packed
                ],
            )
        return Pack(
            pack_id=pack_id,
            tablet_id=tablet_id,
            staff_id=str(member.staff_id),
            made_at=legal_time(now_ms),
            expires_at=legal_time(now_ms + LIFE_MS),
            day_code=day_code,
            assignments=tuple(packed),
            review_key=self._keys.review.public.hex(),
        )

    def _can_be_certified(self, connection: Connection, row: Row[Any], now_ms: int) -> bool:
        """Closes the request of somebody who was certified since it was made."""
        last = self._certifications.last(connection, row.person_id)
        if not row.benefit or tickets.death_is_open(connection, row.person_id):
            return False
        if self._certifications.can_be_done(connection, row, now_ms):
            return True
        if last is not None and last.verdict == "accepted" and last.certified_on >= legal_day(row.asked_ms):
            assignments.withdraw(connection, row.assignment_id, Why.CERTIFIED, "", at_ms=now_ms)
        return False

    def _packed(self, connection: Connection, row: Row[Any], now_ms: int) -> Assignment:
        today, last = legal_day(now_ms), self._certifications.last(connection, row.person_id)
        gentle_from = self._certifications.periods.figure("gentle_from_age", today, row.benefit)
        return Assignment(
            assignment_id=row.assignment_id,
            person_id=row.person_id,
            name=row.name,
            number=row.number,
            birth=row.birth,
            village=row.village,
            address=row.address,
            home=row.home,
            room=row.room,
            phone=mask_phone(row.phone or ""),
            certified_on=last.certified_on if last is not None else None,
            due_by=self._certifications.due_by(row, last, today),
            gentle=age_on(row.birth, today) >= gentle_from,
            asked_by=AskedBy(row.asked_by),
            references=tuple(
                PackReference(source=source, content=base64.b64encode(content).decode("ascii"))
                for source, content in references.contents(connection, self._keys, row.person_id)
            ),
        )


def find(connection: Connection, pack_id: str) -> Row[Any] | None:
    return connection.execute(select(TABLE).where(TABLE.c.pack_id == pack_id)).first()


def references_given(connection: Connection, pack_id: str, assignment_id: str) -> tuple[str, ...] | None:
    """The sources given for one person of a pack; None: the person is not in it."""
    of = (ITEMS.c.pack_id == pack_id) & (ITEMS.c.assignment_id == assignment_id)
    given = connection.execute(select(ITEMS.c.references_given).where(of)).scalar()
    return None if given is None else tuple(each for each in given.split(",") if each)
