"""The evidence of all checks, in one chain: what was written once cannot be changed, left out or put in between unseen.

The hash of a row is SHA-256 over the UTF-8 of a JSON array without spaces,

    [number, check_id, request_digest, content, at_ms, prev_hash]

where numbers count from 1 without a gap, ``request_digest`` is that of the check's own row, and ``prev_hash`` is the hash before in
hexadecimal, 64 zeros for the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from central import tables

TABLE, CHECKS = tables.check_evidence, tables.checks
GENESIS = "0" * 64


@dataclass(frozen=True)
class ChainFlaw:
    """The first thing that is wrong, and at which number."""

    number: int
    words: str


def canonical(value: object) -> str:
    """JSON that is the same for the same content."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def append(connection: Connection, check: Row[Any], content: str, at_ms: int) -> None:
    """The next row of the chain, inside the caller's write transaction."""
    newest = select(TABLE.c.number, TABLE.c.hash).order_by(TABLE.c.number.desc()).limit(1).with_for_update()
    last = connection.execute(newest).first()
    number, before = (last.number + 1, last.hash) if last else (1, GENESIS)
    digest = _digest(number, check.check_id, check.request_digest, content, at_ms, before)
    row = {"number": number, "check_id": check.check_id, "content": content, "at_ms": at_ms}
    connection.execute(insert(TABLE).values(**row, prev_hash=before, hash=digest))


def content_of(connection: Connection, check_id: str) -> str | None:
    """What was kept for a check."""
    return connection.execute(select(TABLE.c.content).where(TABLE.c.check_id == check_id)).scalar()


def walk(connection: Connection) -> tuple[int, str, ChainFlaw | None]:
    """(rows, last hash, the first flaw) of the whole chain."""
    count, before = 0, GENESIS
    for row in _rows(connection):
        count += 1
        if row.number != count:
            return count, before, ChainFlaw(count, f"number {count} is missing")
        digest = _digest(row.number, row.check_id, row.request_digest, row.content, row.at_ms, row.prev_hash)
        if row.prev_hash != before or row.hash != digest:
            return count, before, ChainFlaw(count, f"number {count} does not fit its hash, or the one before")
        before = row.hash
    return count, before, None


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    query = select(TABLE, CHECKS.c.request_digest).outerjoin(CHECKS, CHECKS.c.check_id == TABLE.c.check_id)
    yield from connection.execute(query.order_by(TABLE.c.number).execution_options(yield_per=500))


def _digest(number: int, check_id: str, request_digest: str, content: str, at_ms: int, prev_hash: str) -> str:
    text = json.dumps(
        [number, check_id, request_digest, content, at_ms, prev_hash],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return sha256(text.encode()).hexdigest()
