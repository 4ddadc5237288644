"""How staff sign in at a tablet: their own card or a code of twelve digits, and a PIN of six.

The PIN is hashed with central's own secret, then by scrypt with a salt (RFC 7914: N 16384, r 8, p 1, 64 bytes); the code is kept as
a hash keyed with that secret: a stolen database gives neither.  After five wrong ones in a row a member of staff waits, and so does a
tablet where nobody is recognised: half a minute, longer each time, at most an hour.  The count is in the database.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from central import references, staff, tables, tables_field, tablets
from central.clock import Clock, legal_time
from central.database import Database
from central.problems import Refused
from central.verification import Keys
from kiosk.field.wire import Badge, RecordKey, SignIn
from kiosk.wire import ProblemCode

TRIES = tables_field.sign_in_tries
SIGN_INS = tables_field.sign_ins
SECRETS = tables_field.staff_secrets

STAFF = tables.staff
N, R, P = 2**14, 8, 1
FREE_TRIES = 5
FIRST_WAIT_MS, LONGEST_WAIT_MS = 30_000, 3_600_000
BADGE_MS = 12 * 3600 * 1000
MOST_PACKETS, MOST_DAYS = 100, 3  # what a tablet may hold unsent, and how long
CODE_DIGITS = 12


class CodeTaken(Exception):
    """Somebody else has this code."""


def give_pin(connection: Connection, keys: Keys, staff_id: int, pin: str, code: str, *, at_ms: int) -> None:
    """Six digits, and a code or "" for the card alone, in place of those before.  Raises CodeTaken."""
    salt, coded = secrets.token_bytes(16), _code_hash(keys, code) if code else None
    other = select(SECRETS.c.staff_id).where(SECRETS.c.code_hash == coded, SECRETS.c.staff_id != staff_id)
    if coded is not None and connection.execute(other).first() is not None:
        raise CodeTaken
    connection.execute(delete(SECRETS).where(SECRETS.c.staff_id == staff_id))
    connection.execute(delete(TRIES).where(TRIES.c.subject == _of_staff(staff_id)))
    digest = _pin_digest(keys, pin, salt).hex()
    row = {"staff_id": staff_id, "salt": salt.hex(), "pin_digest": digest, "code_hash": coded, "at_ms": at_ms}
    connection.execute(insert(SECRETS).values(**row))


def new_code() -> str:
    """Twelve digits by chance."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def take_pin(connection: Connection, staff_id: int) -> bool:
    """Nobody signs in at a tablet with it any more.  False when there was none."""
    return bool(connection.execute(delete(SECRETS).where(SECRETS.c.staff_id == staff_id)).rowcount)


class StaffDoor:
    """Every call raises Refused."""

    def __init__(self, database: Database, keys: Keys, clock: Clock) -> None:
        self._database, self._keys, self._clock = database, keys, clock

    def sign_in(self, tablet_id: str, who: SignIn) -> Badge:
        """A badge for twelve hours.  Card, code and PIN that are wrong are not told apart."""
        key, now_ms = bytes.fromhex(who.pack_key), self._clock.now_ms()
        if not references.can_seal_to(key):
            raise Refused(ProblemCode.INVALID_REQUEST, "pack_key is no key")
        with self._database.read() as connection:
            tablets.check_in_use(connection, tablet_id)
            member = self._member(connection, who)
            subject = _of_tablet(tablet_id) if member is None else _of_staff(member.staff_id)
            self._check_wait(connection, subject, now_ms)
        # outside every transaction: it takes a twentieth of a second, for somebody unknown too
        salt = bytes.fromhex(member.salt) if member is not None else bytes(16)
        digest = _pin_digest(self._keys, who.pin, salt).hex()
        right = member is not None and hmac.compare_digest(digest, member.pin_digest)
        with self._database.write() as connection:
            tablets.check_in_use(connection, tablet_id)
            # again, because others may have tried meanwhile: of ten at once five are looked at
            self._check_wait(connection, subject, now_ms)
            if right and member is not None:
                connection.execute(delete(TRIES).where(TRIES.c.subject == subject))
                return self._badge(connection, tablet_id, member, who.pack_key, now_ms)
            self._count(connection, subject, now_ms)
        raise Refused(ProblemCode.STAFF_UNKNOWN)

    def signed_in(self, connection: Connection, tablet_id: str, staff_id: str, pack_key: str) -> Row[Any]:
        """The member of staff whose badge, given at this tablet for this key, holds."""
        if not (staff_id.isascii() and staff_id.isdecimal() and len(staff_id) <= 9):
            raise Refused(ProblemCode.STAFF_UNKNOWN)
        mine = (SIGN_INS.c.tablet_id == tablet_id) & (SIGN_INS.c.staff_id == int(staff_id))
        query = (
            select(STAFF)
            .join(SIGN_INS, SIGN_INS.c.staff_id == STAFF.c.staff_id)
            .join(
                SECRETS, SECRETS.c.staff_id == STAFF.c.staff_id
            )  # a PIN that was taken away is worth nothing
            .where(mine, SIGN_INS.c.pack_key == pack_key, SIGN_INS.c.valid_until_ms > self._clock.now_ms())
            .where(STAFF.c.active.is_(True))
        )
        row = connection.execute(query).first()
        if row is None:
            raise Refused(ProblemCode.STAFF_UNKNOWN, "nobody is signed in with this key")
        return row

    def _member(self, connection: Connection, who: SignIn) -> Row[Any] | None:
        """Who has this card, or else this code, and a PIN."""
        query = select(STAFF, SECRETS.c.salt, SECRETS.c.pin_digest).join(
            SECRETS, SECRETS.c.staff_id == STAFF.c.staff_id
        )
        if who.staff is not None:
            card = staff.by_card(connection, who.staff)
            this = STAFF.c.staff_id == (card.staff_id if card is not None else None)
        elif who.code:
            this = SECRETS.c.code_hash == _code_hash(self._keys, who.code)
        else:
            raise Refused(ProblemCode.INVALID_REQUEST, "neither card nor code")
        return connection.execute(query.where(this, STAFF.c.active.is_(True))).first()

    def _badge(
        self, connection: Connection, tablet_id: str, member: Row[Any], pack_key: str, now_ms: int
    ) -> Badge:
        until_ms = now_ms + BADGE_MS
        row = {"tablet_id": tablet_id, "staff_id": member.staff_id, "pack_key": pack_key, "at_ms": now_ms}
        connection.execute(insert(SIGN_INS).values(**row, valid_until_ms=until_ms))
        return Badge(
            staff_id=str(member.staff_id),
            name=member.name,
            valid_until=legal_time(until_ms),
            record_keys=tuple(
                RecordKey(suite=suite, key=key.public.hex()) for suite, key in self._keys.record.items()
            ),
            most_packets=MOST_PACKETS,
            most_days=MOST_DAYS,
        )

    def _check_wait(self, connection: Connection, subject: str, now_ms: int) -> None:
        of = select(TRIES.c.shut_until_ms).where(TRIES.c.subject == subject)
        wait_ms = (connection.execute(of).scalar() or 0) - now_ms
        if wait_ms > 0:
            raise Refused(ProblemCode.TOO_MANY_TRIES, f"{-(-wait_ms // 1000)} s")

    def _count(self, connection: Connection, subject: str, now_ms: int) -> None:
        of = select(TRIES.c.wrong).where(TRIES.c.subject == subject).with_for_update()
        wrong = (connection.execute(of).scalar() or 0) + 1
        wait_ms = 0
        if wrong >= FREE_TRIES:
            wait_ms = min(FIRST_WAIT_MS << min(wrong - FREE_TRIES, 10), LONGEST_WAIT_MS)
        connection.execute(delete(TRIES).where(TRIES.c.subject == subject))
        row = {"subject": subject, "wrong": wrong, "shut_until_ms": now_ms + wait_ms if wait_ms else 0}
        connection.execute(insert(TRIES).values(**row))


def _of_staff(staff_id: int) -> str:
    return f"staff {staff_id}"


def _of_tablet(tablet_id: str) -> str:
    return f"tablet {tablet_id}"


def _code_hash(keys: Keys, code: str) -> str:
    return keys.keyed_hash("staff code", code).hex()


def _pin_digest(keys: Keys, pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(keys.keyed_hash("staff pin", pin), salt=salt, n=N, r=R, p=P, dklen=64)
