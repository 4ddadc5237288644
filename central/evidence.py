"""What was told of checks and what was decided, in one chain: nothing in it can be changed, left out or put in between unseen.

The hash of a row is SHA-256 over the UTF-8 of a JSON array without spaces,

    [number, kind, check_id, content, at_ms, prev_hash]

where numbers count from 1 without a gap, ``prev_hash`` is the hash before in hexadecimal, 64 zeros for the first, and ``content`` is
canonical JSON of what the row vouches for:

    check           the check's own row, but for the number of who confirmed; before anything else of that check
    evidence        what the machine told, or what staff confirmed
    state           one row of ``check_states``: who decided, why, when
    certification   the row of ``certifications`` that an accepted check gave
    import          certifications that came another way: how far their ids reach, and the SHA-256 over them
    begins          rows before it are evidence of an older central, hashed as [number, check_id, request_digest, content, at_ms,
                    prev_hash]; states and certifications up to the ids in it are vouched for by nothing

``check_chain_head`` has the last number and hash; its row is held while a row is added, so that two never follow the same one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, insert, select, update

from central import tables

TABLE, HEAD, CHECKS = tables.check_evidence, tables.check_chain_head, tables.checks
STATES, CERTIFICATIONS = tables.check_states, tables.certifications
GENESIS = "0" * 64


class Kind(StrEnum):
    OLDER = ""
    CHECK = "check"
    EVIDENCE = "evidence"
    STATE = "state"
    CERTIFICATION = "certification"
    IMPORT = "import"
    BEGINS = "begins"


TOLD = (Kind.OLDER.value, Kind.EVIDENCE.value)
LEFT_OUT = ("staff_number",)  # a person's number is in no chain; staff_id names the same person
VOUCHED = {Kind.CHECK: CHECKS, Kind.STATE: STATES, Kind.CERTIFICATION: CERTIFICATIONS}


@dataclass(frozen=True)
class ChainFlaw:
    """The first thing that is wrong, and at which number."""

    number: int
    words: str


def canonical(value: object) -> str:
    """JSON that is the same for the same content."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


# --- adding, inside the caller's write transaction ---


def append(connection: Connection, check: Row[Any], content: str, at_ms: int) -> None:
    """What was told of a check."""
    _append(connection, Kind.EVIDENCE, check.check_id, content, at_ms)


def append_state(connection: Connection, check_id: str, at_ms: int) -> None:
    """The newest state of a check, which has just been written."""
    newest = select(STATES).where(STATES.c.check_id == check_id).order_by(STATES.c.state_id.desc()).limit(1)
    _append(connection, Kind.STATE, check_id, content_of_row(connection.execute(newest).one()), at_ms)


def append_certification(connection: Connection, check_id: str, at_ms: int) -> None:
    """The certification a check gave, which has just been written."""
    row = connection.execute(select(CERTIFICATIONS).where(CERTIFICATIONS.c.check_id == check_id)).one()
    _append(connection, Kind.CERTIFICATION, check_id, content_of_row(row), at_ms)


def append_import(connection: Connection, at_ms: int) -> None:
    """All certifications that no check gave and no row vouches for yet."""
    first = imported_to(connection)
    last = connection.execute(select(func.max(CERTIFICATIONS.c.certification_id))).scalar() or 0
    if last > first:
        content = {"after": first, "last": last, "digest": import_digest(connection, first, last)}
        _append(connection, Kind.IMPORT, None, canonical(content), at_ms)


def _append(connection: Connection, kind: Kind, check_id: str | None, content: str, at_ms: int) -> None:
    if check_id is not None and kind is not Kind.CHECK:
        _vouch_for_check(connection, check_id, at_ms)
    head = connection.execute(select(HEAD).with_for_update()).one()
    number = head.number + 1
    digest = _digest(number, kind.value, check_id or "", content, at_ms, head.hash)
    row = {"number": number, "kind": kind.value, "check_id": check_id, "content": content, "at_ms": at_ms}
    connection.execute(insert(TABLE).values(**row, prev_hash=head.hash, hash=digest))
    connection.execute(update(HEAD).values(number=number, hash=digest))


def _vouch_for_check(connection: Connection, check_id: str, at_ms: int) -> None:
    here = (TABLE.c.check_id == check_id) & (TABLE.c.kind == Kind.CHECK.value)
    if connection.execute(select(TABLE.c.number).where(here)).first() is None:
        row = connection.execute(select(CHECKS).where(CHECKS.c.check_id == check_id)).one()
        _append(connection, Kind.CHECK, check_id, content_of_row(row), at_ms)


def content_of_row(row: Row[Any]) -> str:
    """What the chain says of a row of a table."""
    told = {name: value for name, value in row._mapping.items() if name not in LEFT_OUT}
    days = {name: value.isoformat() for name, value in told.items() if isinstance(value, date)}
    return canonical({**told, **days})


# --- reading ---


def content_of(connection: Connection, check_id: str) -> str | None:
    """What was told of a check."""
    here = (TABLE.c.check_id == check_id) & TABLE.c.kind.in_(TOLD)
    return connection.execute(select(TABLE.c.content).where(here)).scalar()


def was_told(check_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Of rows of ``check_evidence``: the one that has what was told of a check."""
    return (TABLE.c.check_id == check_id) & TABLE.c.kind.in_(TOLD)


def walk(connection: Connection) -> tuple[int, str, ChainFlaw | None]:
    """(rows, last hash, the first flaw) of the whole chain."""
    count, before, newer = 0, GENESIS, False
    for row in _rows(connection):
        count += 1
        if row.number != count:
            return count, before, ChainFlaw(count, f"number {count} is missing")
        older = row.kind == Kind.OLDER.value
        if newer and (older or row.kind == Kind.BEGINS.value):
            return (
                count,
                before,
                ChainFlaw(count, f"number {count} is of an older kind than the one before"),
            )
        digest = _older_digest(row) if older else _digest_of(row)
        if row.prev_hash != before or row.hash != digest:
            return count, before, ChainFlaw(count, f"number {count} does not fit its hash, or the one before")
        newer = newer or not older
        before = row.hash
    head = connection.execute(select(HEAD)).first()
    if head is None or (head.number, head.hash) != (count, before):
        return count, before, ChainFlaw(count + 1, "the newest rows are missing")
    return count, before, None


def differences(connection: Connection, kind: Kind) -> Iterator[str]:
    """Each row of the kind's table that is not as the chain has it, and what of it: ``WD001-CHECK-1 (kiosk_id, staff_id)``."""
    table = VOUCHED[kind]
    (key,) = table.primary_key.columns
    vouched = {}
    for row in _of_kind(connection, kind):
        vouched[json.loads(row.content)[key.name]] = row.number
    begins = _begins(connection)
    for row in connection.execute(_rows_of(table).execution_options(yield_per=500)):
        number = vouched.pop(row._mapping[key.name], None)
        if number is None:
            if not _from_before(row, kind, begins):
                yield f"{_name(row, kind)} (not in the chain)"
        elif changed := _changed(connection, number, row):
            yield f"{_name(row, kind)} ({', '.join(changed)})"
    for number in vouched.values():
        check_id = connection.execute(select(TABLE.c.check_id).where(TABLE.c.number == number)).scalar()
        yield f"{check_id} (number {number} of the chain has no row)"


def import_differences(connection: Connection) -> Iterator[str]:
    """Certifications that came another way and are not as they were taken in."""
    for row in _of_kind(connection, Kind.IMPORT):
        told = json.loads(row.content)
        if import_digest(connection, told["after"], told["last"]) != told["digest"]:
            yield f"{told['after'] + 1} to {told['last']}"
    reached = imported_to(connection)
    later = CERTIFICATIONS.c.check_id.is_(None) & (CERTIFICATIONS.c.certification_id > reached)
    for certification_id in connection.execute(
        select(CERTIFICATIONS.c.certification_id).where(later)
    ).scalars():
        yield f"{certification_id} (not in the chain)"


def imported_to(connection: Connection) -> int:
    """Up to which id certifications that came another way are vouched for, or older than the chain's rows."""
    last = [json.loads(row.content)["last"] for row in _of_kind(connection, Kind.IMPORT)]
    return max([*map(int, last), _begins(connection).get("certification_id", 0)])


def import_digest(connection: Connection, after: int, last: int) -> str:
    """SHA-256 over the lines of the certifications without a check from ``after`` on, ``last`` among them."""
    here = CERTIFICATIONS.c.check_id.is_(None) & (CERTIFICATIONS.c.certification_id > after)
    query = _rows_of(CERTIFICATIONS).where(here, CERTIFICATIONS.c.certification_id <= last)
    digest = sha256()
    for row in connection.execute(query.execution_options(yield_per=500)):
        digest.update(content_of_row(row).encode() + b"\n")
    return digest.hexdigest()


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    query: Select[Any] = select(TABLE, CHECKS.c.request_digest).outerjoin(
        CHECKS, CHECKS.c.check_id == TABLE.c.check_id
    )
    yield from connection.execute(query.order_by(TABLE.c.number).execution_options(yield_per=500))


def _rows_of(table: Table) -> Select[Any]:
    return select(table).order_by(*table.primary_key.columns)


def _of_kind(connection: Connection, kind: Kind) -> Iterator[Row[Any]]:
    query: Select[Any] = select(TABLE.c.number, TABLE.c.content).where(TABLE.c.kind == kind.value)
    yield from connection.execute(query.order_by(TABLE.c.number).execution_options(yield_per=500))


def _begins(connection: Connection) -> dict[str, int]:
    """Up to which ids nothing is vouched for; empty for a chain that was never another."""
    row = next(_of_kind(connection, Kind.BEGINS), None)
    return dict(json.loads(row.content)) if row is not None else {}


def _from_before(row: Row[Any], kind: Kind, begins: dict[str, int]) -> bool:
    """A row that nothing in the chain has to vouch for."""
    if kind is Kind.STATE:
        return bool(row.state_id <= begins.get("state_id", 0))
    if kind is Kind.CERTIFICATION:
        return row.check_id is None or bool(row.certification_id <= begins.get("certification_id", 0))
    return bool(begins) and row.opened_ms <= begins["at_ms"]


def _name(row: Row[Any], kind: Kind) -> str:
    return str(row.certificate_no if kind is Kind.CERTIFICATION else row.check_id)


def _changed(connection: Connection, number: int, row: Row[Any]) -> list[str]:
    """Names of the columns that differ from what the chain has under a number."""
    content = connection.execute(select(TABLE.c.content).where(TABLE.c.number == number)).scalar_one()
    if content == (now := content_of_row(row)):
        return []
    told, found = json.loads(content), json.loads(now)
    return [name for name in found if found[name] != told.get(name)]


def _digest_of(row: Row[Any]) -> str:
    return _digest(row.number, row.kind, row.check_id or "", row.content, row.at_ms, row.prev_hash)


def _older_digest(row: Row[Any]) -> str:
    return _hashed([row.number, row.check_id, row.request_digest, row.content, row.at_ms, row.prev_hash])


def _digest(number: int, kind: str, check_id: str, content: str, at_ms: int, prev_hash: str) -> str:
    return _hashed([number, kind, check_id, content, at_ms, prev_hash])


def _hashed(covered: list[object]) -> str:
    return sha256(json.dumps(covered, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
