"""What the kiosks' logs say: of an order, of a day, of themselves.

The reading is central's own and lenient: which events of an order are there, not in which order.  An order may have entries on both
sides of a fork.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from central import differences as words
from central import tables
from central.devicelog import GENESIS, digest, paid_receipts, place_of, receipt_day
from central.differences import Kind

TABLE, JOURNALS, TOTALS = tables.device_log, tables.device_journals, tables.day_totals
CHUNK = 400  # of values in one query


@dataclass(frozen=True)
class Said:
    """What one kiosk's log says of one order.  ``intent_fen`` is what was to be paid, None when the log does not say."""

    order_id: str
    kiosk_id: str
    intent_fen: int | None
    receipts: tuple[str, ...]  # of an order called paid
    day: date | None  # the day in those receipt numbers
    since_ms: int  # when its first entry arrived

    @property
    def paid(self) -> bool:
        return bool(self.receipts)


@dataclass(frozen=True)
class Flaw:
    """Where a stored log does not hold together.  ``subject`` is the one an alarm has, ``missing`` are entries of a gap."""

    kind: Kind
    kiosk_id: str
    journal_id: str
    seq: int
    detail: str
    missing: range = range(0)

    @property
    def subject(self) -> str:
        return place_of(self.journal_id, self.seq)


def chunks(values: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))


# --- orders ---


def said_of(connection: Connection, order_ids: Collection[str]) -> dict[str, Said]:
    """Order -> what its kiosk's log says; orders of which no log speaks are left out."""
    entries: dict[str, list[Row[Any]]] = defaultdict(list)
    for some in chunks({f"order:{order_id}" for order_id in order_ids}):
        query = select(TABLE).where(TABLE.c.subject.in_(some)).order_by(TABLE.c.at_ms, TABLE.c.seq)
        for row in connection.execute(query):
            entries[row.subject.removeprefix("order:")].append(row)
    return {order_id: _said(order_id, rows) for order_id, rows in entries.items()}


def paid_on(connection: Connection, kiosk_ids: Collection[str], day: date) -> set[str]:
    """Orders that a log calls paid with receipt numbers of this day."""
    query = select(TABLE.c.subject).where(TABLE.c.kiosk_id.in_(kiosk_ids), TABLE.c.receipt_day == day)
    return {subject.removeprefix("order:") for subject in connection.execute(query).scalars()}


def _said(order_id: str, rows: Sequence[Row[Any]]) -> Said:
    intents = [row for row in rows if row.event == "intent"]
    receipts = next(filter(None, map(paid_receipts, rows)), ())
    intent_fen = _intent_fen(intents[0].data) if intents else None
    return Said(order_id, rows[0].kiosk_id, intent_fen, receipts, receipt_day(receipts), rows[0].at_ms)


def _intent_fen(data: str) -> int | None:
    try:
        return sum(int(line["amount_fen"]) for line in json.loads(data)["lines"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return None


# --- totals ---


def newest_totals(connection: Connection, day: date) -> dict[tuple[str, str], Row[Any]]:
    """(kiosk, journal) -> the last totals it told of a day."""
    query = select(TOTALS).where(TOTALS.c.day == day).order_by(TOTALS.c.at_ms, TOTALS.c.last_seq)
    return {(row.kiosk_id, row.journal_id): row for row in connection.execute(query)}


def recount(connection: Connection, told: Row[Any]) -> tuple[int, int] | None:
    """(count, fen) of the same day by the log, up to the entry the totals name; None when no such entry has arrived."""
    family = select(JOURNALS.c.journal_id).where(
        JOURNALS.c.kiosk_id == told.kiosk_id, JOURNALS.c.root_id == told.journal_id
    )
    ours = (TABLE.c.kiosk_id == told.kiosk_id) & TABLE.c.journal_id.in_(family)
    end = connection.execute(
        select(TABLE.c.journal_id).where(ours, TABLE.c.seq == told.last_seq, TABLE.c.hash == told.chain_hash)
    ).first()
    if end is None:
        return None
    began = connection.execute(
        select(JOURNALS.c.first_seq).where(
            JOURNALS.c.kiosk_id == told.kiosk_id, JOURNALS.c.journal_id == end.journal_id
        )
    ).scalar_one()
    # up to a fork the journal it forked from, then the fork itself
    path = or_(
        and_(TABLE.c.journal_id == end.journal_id, TABLE.c.seq <= told.last_seq),
        and_(TABLE.c.journal_id == told.journal_id, TABLE.c.seq < began),
    )
    subjects = connection.execute(
        select(TABLE.c.subject).where(ours, path, TABLE.c.receipt_day == told.day)
    ).scalars()
    orders = {subject.removeprefix("order:") for subject in subjects}
    said = said_of(connection, orders)
    return len(orders), sum(said[order_id].intent_fen or 0 for order_id in orders)


# --- the chain ---


def flaws_of_day(connection: Connection, day: date, kiosk_ids: Collection[str]) -> list[Flaw]:
    """The first thing that is wrong with each journal among what arrived on a day, its right edge included."""
    spans = connection.execute(
        select(TABLE.c.kiosk_id, TABLE.c.journal_id, func.min(TABLE.c.seq), func.max(TABLE.c.seq))
        .where(TABLE.c.kiosk_id.in_(kiosk_ids), TABLE.c.day == day)
        .group_by(TABLE.c.kiosk_id, TABLE.c.journal_id)
        .order_by(TABLE.c.kiosk_id, TABLE.c.journal_id)
    ).all()
    found = (_first_flaw(connection, *span) for span in spans)
    return [flaw for flaw in found if flaw is not None]


def first_flaws(connection: Connection) -> list[tuple[Row[Any], int, Flaw | None]]:
    """Every journal with how many entries are stored and the first thing that is wrong with them."""
    rows = connection.execute(select(JOURNALS).order_by(JOURNALS.c.kiosk_id, JOURNALS.c.at_ms)).all()
    found = []
    for head in rows:
        count = select(func.count()).where(
            TABLE.c.kiosk_id == head.kiosk_id, TABLE.c.journal_id == head.journal_id
        )
        stored = int(connection.execute(count).scalar_one())
        flaw = _first_flaw(connection, head.kiosk_id, head.journal_id, head.first_seq, head.last_seq)
        found.append((head, stored, flaw))
    return found


def _first_flaw(
    connection: Connection, kiosk_id: str, journal_id: str, first_seq: int, last_seq: int
) -> Flaw | None:
    """Follows the chain from ``first_seq`` to the entry after ``last_seq``, or to the journal's end if that is there."""
    here = (TABLE.c.kiosk_id == kiosk_id) & (TABLE.c.journal_id == journal_id)
    head = connection.execute(
        select(JOURNALS).where(JOURNALS.c.kiosk_id == kiosk_id, JOURNALS.c.journal_id == journal_id)
    ).one()
    before = connection.execute(
        select(TABLE.c.seq, TABLE.c.hash)
        .where(here, TABLE.c.seq < first_seq)
        .order_by(TABLE.c.seq.desc())
        .limit(1)
    ).first()
    after = connection.execute(select(func.min(TABLE.c.seq)).where(here, TABLE.c.seq > last_seq)).scalar()
    seq = first_seq - 1 if before else head.first_seq - 1
    hashed = before.hash if before and before.seq == seq else GENESIS if seq == 0 else None

    def gap(to: int) -> Flaw:
        why = (words.GAP if to > seq + 2 else words.GAP_OF_ONE).format(first=seq + 1, last=to - 1)
        return Flaw(Kind.SEQUENCE_GAP, kiosk_id, journal_id, to, why, range(seq + 1, to))

    span = TABLE.c.seq.between(first_seq, last_seq if after is None else after)
    for row in connection.execute(
        select(TABLE).where(here, span).order_by(TABLE.c.seq).execution_options(yield_per=500)
    ):
        if row.seq != seq + 1:
            return gap(row.seq)
        if digest(row) != row.hash or hashed not in (None, row.prev_hash):
            why = words.CHAIN.format(seq=row.seq)
            return Flaw(Kind.CHAIN_BROKEN, kiosk_id, journal_id, row.seq, why)
        seq, hashed = row.seq, row.hash
    return gap(head.last_seq + 1) if seq < head.last_seq and after is None else None
