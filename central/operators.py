"""Who may look at the operations pages, and what each may do.

Whoever decides about checks is known by the number on their card: without it nobody can tell whether a check is their own.

A passphrase is made here, shown once, and kept as a scrypt digest (RFC 7914: N 16384, r 8, p 1, 64 bytes).  After five wrong ones in
a row a name waits, longer each time, up to a quarter of an hour; what is tried meanwhile is not even looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from central import tables
from central.clock import Clock
from central.database import Database
from central.differences import DEVICE_KINDS, FACE_KINDS, VISIT_KINDS, Kind

TABLE = tables.operators
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread
GROUPS, GROUP = 5, 4  # 99 bits
N, R, P = 2**14, 8, 1
FREE_TRIES = 5
FIRST_WAIT_MS, LONGEST_WAIT_MS = 30_000, 900_000
NOBODY = ""  # all unknown names share one count


class Role(StrEnum):
    AUDITOR = "auditor"  # 会计、审计: explains differences of money
    TECHNICIAN = "technician"  # 技术员: explains those of devices
    SUPERVISOR = "supervisor"  # 值班主管: both, and lets a stopped kiosk take money again
    REVIEWER = "reviewer"  # 复核员: decides about yearly checks, and sees nothing else


class NameTaken(Exception):
    """An operator of this name is there already."""


@dataclass(frozen=True)
class Operator:
    """``salt`` changes with the passphrase, and the tokens of forms with it.  ``has_number``: may decide about checks."""

    name: str
    role: Role
    salt: str = field(default="", repr=False, compare=False)
    has_number: bool = field(default=False, compare=False)

    def may_clear(self, kind: Kind) -> bool:
        if self.role is Role.SUPERVISOR:
            return True
        if self.role is Role.REVIEWER or kind in FACE_KINDS | VISIT_KINDS:
            return False
        return (self.role is Role.TECHNICIAN) == (kind in DEVICE_KINDS)

    def may_lift(self) -> bool:
        return self.role is Role.SUPERVISOR

    def may_see_books(self) -> bool:
        return self.role is not Role.REVIEWER

    def may_review(self) -> bool:
        """Sees people's checks, and faces among them."""
        return self.role in (Role.REVIEWER, Role.SUPERVISOR)


def add(connection: Connection, name: str, role: Role, number: str | None = None, *, at_ms: int) -> str:
    """Enters an operator and gives the passphrase, which nobody can read again.  Raises NameTaken.

    ``number``: on the holder's card; without it the operator decides about no check.
    """
    if connection.execute(select(TABLE.c.name).where(TABLE.c.name == name)).first() is not None:
        raise NameTaken(name)
    passphrase = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    salt = secrets.token_bytes(16)
    row = {"name": name, "role": role.value, "salt": salt.hex(), "digest": _digest(passphrase, salt).hex()}
    connection.execute(insert(TABLE).values(**row, number=number, at_ms=at_ms))
    return passphrase


def set_number(connection: Connection, name: str, number: str) -> bool:
    """The number on an operator's card, where there was none.  False when nobody of this name lacks one."""
    lacking = (TABLE.c.name == name) & TABLE.c.number.is_(None)
    return bool(connection.execute(update(TABLE).where(lacking).values(number=number)).rowcount)


def remove(connection: Connection, name: str) -> bool:
    """False when there was nobody of this name.  What the operator has signed stays."""
    return bool(connection.execute(delete(TABLE).where(TABLE.c.name == name)).rowcount)


def known(connection: Connection) -> Sequence[Operator]:
    return [_operator(row) for row in connection.execute(select(TABLE).order_by(TABLE.c.name))]


class Door:
    """Lets operators in.  The count of wrong tries lives as long as the process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._wrong: dict[str, int] = {}
        self._shut_until_ms: dict[str, int] = {}

    def wait_ms(self, name: str) -> int:
        """How long nobody of this name is looked at any more; 0: try."""
        with self._lock:
            return max(self._shut_until_ms.get(self._counted(name), 0) - self._clock.now_ms(), 0)

    def enter(self, name: str, passphrase: str) -> Operator | None:
        """The operator, or None for a wrong name or passphrase, which take the same time to say."""
        name = name if name.isprintable() else NOBODY
        with self._database.read() as connection:
            row = connection.execute(select(TABLE).where(TABLE.c.name == name)).first()
        salt = bytes.fromhex(row.salt) if row else bytes(16)
        right = hmac.compare_digest(_digest(passphrase, salt).hex(), row.digest if row else "")
        with self._lock:
            counted = self._counted(name if row else NOBODY)
            if not right:
                self._count(counted)
                return None
            self._wrong.pop(counted, None)
        return _operator(row) if row else None

    def _counted(self, name: str) -> str:
        """Only names that exist are remembered one by one, so that nobody can fill the memory."""
        if not name.isprintable():
            return NOBODY
        with self._database.read() as connection:
            found = connection.execute(select(TABLE.c.name).where(TABLE.c.name == name)).first()
        return name if found else NOBODY

    def _count(self, name: str) -> None:
        wrong = self._wrong[name] = self._wrong.get(name, 0) + 1
        if wrong >= FREE_TRIES:
            wait_ms = min(FIRST_WAIT_MS << min(wrong - FREE_TRIES, 10), LONGEST_WAIT_MS)
            self._shut_until_ms[name] = self._clock.now_ms() + wait_ms


def _operator(row: Row[Any]) -> Operator:
    return Operator(row.name, Role(row.role), row.salt, row.number is not None)


def _digest(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=N, r=R, p=P, dklen=64)
