"""The journals of the kiosks, as they arrive: every hash checked, every entry kept once, nothing ever changed.

    fits           the hash covers the entry and the one before is here: kept
    repeat         the same hash at the same place: nothing to do
    chain broken   the hash does not cover the entry: not kept
    sequence gap   the entry before has not arrived: kept, and the kiosk is told to begin again from before the gap
    fork           another entry is at its place, as after an old copy of the disk was put back: kept as a journal of its own,
                   named by its first entry
    new journal    a first entry of a kiosk that had another journal: kept

All but the first two raise an alarm.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from central import alarms, tables
from central import differences as words
from central.clock import Clock, legal_day
from central.database import Database
from central.differences import Kind, yuan
from central.problems import Refused
from kiosk.wire import DayTotals, LogBatch, LogEntry, LogReply, ProblemCode, TotalsReply

TABLE, JOURNALS, TOTALS = tables.device_log, tables.device_journals, tables.day_totals
REQUESTS = tables.totals_requests
GENESIS = "0" * 64
ASKED_DAYS = 31  # totals of days before that are nobody's business any more
WANTED_MOST = 10
RECEIPT_NO = re.compile(r"\d{6}(\d\d)(\d\d)(\d\d)\d{4,10}")


def digest(entry: LogEntry | Row[Any]) -> str:
    """SHA-256 as hex over one entry and the hash before it (docs/api.md)."""
    parts = [entry.seq, entry.subject, entry.event, entry.data, entry.wall_ms, entry.mono_ms, entry.boot_id]
    text = json.dumps([*parts, entry.prev_hash], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def paid_receipts(entry: LogEntry | Row[Any]) -> tuple[str, ...]:
    """The receipt numbers of an order that this entry calls paid; empty for every other entry."""
    if entry.event != "paid" or not entry.subject.startswith("order:"):
        return ()
    try:
        numbers = json.loads(entry.data)["receipts"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ()
    return tuple(number for number in numbers if isinstance(number, str)) if isinstance(numbers, list) else ()


def receipt_day(numbers: Sequence[str]) -> date | None:
    """The legal day in a receipt number."""
    found = RECEIPT_NO.fullmatch(numbers[0]) if numbers else None
    try:
        return date(2000 + int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def place_of(journal_id: str, seq: int) -> str:
    """An entry's name in an alarm."""
    return f"{journal_id[:16]} 第{seq}条"


def totals_of(journal_id: str, day: date) -> str:
    """A day's totals' name in an alarm."""
    return f"{journal_id[:16]} {day} 日结"


class DeviceLogs:
    """Takes what kiosks send, and tells them what is missing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def take(self, kiosk_id: str, batch: LogBatch) -> LogReply:
        """Keeps what is new and says how far this journal reaches now."""
        if batch.entries:
            with self._database.write() as connection:
                end = _Arrival(connection, kiosk_id, batch, self._clock.now_ms()).keep()
        else:
            with self._database.read() as connection:
                end = newest_end(connection, kiosk_id, batch.journal_id)
        with self._database.read() as connection:
            wanted = self._totals_wanted(connection, kiosk_id, batch.journal_id)
        return LogReply(last_seq=end[0], last_hash=end[1], totals_wanted=wanted)

    def note_totals(self, kiosk_id: str, told: DayTotals) -> TotalsReply:
        """Keeps a day's totals.  Raises Refused for a journal or a day that nobody asked about."""
        now_ms = self._clock.now_ms()
        with self._database.write() as connection:
            if journal(connection, kiosk_id, told.journal_id) is None or told.day > legal_day(now_ms):
                raise Refused(ProblemCode.INVALID_REQUEST, "no such journal or day")
            place = {
                "kiosk_id": kiosk_id,
                "journal_id": told.journal_id,
                "day": told.day,
                "last_seq": told.last_seq,
            }
            same = [TOTALS.c[name] == value for name, value in place.items()]
            row = connection.execute(select(TOTALS).where(*same)).first()
            figures = (told.count, told.sum_fen, told.chain_hash)
            if row is None:
                values = dict(zip(("paid_count", "sum_fen", "chain_hash"), figures, strict=True))
                connection.execute(insert(TOTALS).values(**place, **values, at_ms=now_ms))
            elif (row.paid_count, row.sum_fen, row.chain_hash) != figures:
                subject = totals_of(told.journal_id, told.day)
                detail = words.TOLD_TWICE.format(first=yuan(row.sum_fen), second=yuan(told.sum_fen))
                alarms.sound(connection, Kind.TOTALS_DIFFER, kiosk_id, subject, detail, at_ms=now_ms)
                return TotalsReply(day=told.day, kept=False)
        return TotalsReply(day=told.day, kept=True)

    def request_totals(self, kiosk_ids: Sequence[str], day: date) -> None:
        """Asks these kiosks for a day's totals once more, with their next sign of life."""
        with self._database.write() as connection:
            for kiosk_id in kiosk_ids:
                asked, told = (
                    connection.execute(
                        select(func.max(table.c.at_ms)).where(
                            table.c.kiosk_id == kiosk_id, table.c.day == day
                        )
                    ).scalar()
                    for table in (REQUESTS, TOTALS)
                )
                if asked is None or (told is not None and told >= asked):
                    now_ms = max(self._clock.now_ms(), (asked or 0) + 1)
                    row = {"kiosk_id": kiosk_id, "day": day, "at_ms": now_ms}
                    connection.execute(insert(REQUESTS).values(row))

    def _totals_wanted(self, connection: Connection, kiosk_id: str, journal_id: str) -> tuple[date, ...]:
        """Days of this journal that are over and whose totals are missing or older than its last news, and days asked for."""
        head = journal(connection, kiosk_id, journal_id)
        if head is None or head.last_seq == 0:
            return ()
        today = legal_day(self._clock.now_ms())
        earliest = today - timedelta(days=ASKED_DAYS)
        news = newest_news(connection, kiosk_id, journal_id, earliest, today)
        began = max(legal_day(head.at_ms), earliest)
        over = {began + timedelta(days=n) for n in range((today - began).days)}
        told = {
            row.day: row
            for row in connection.execute(
                select(TOTALS)
                .where(TOTALS.c.kiosk_id == kiosk_id, TOTALS.c.journal_id == journal_id)
                .where(TOTALS.c.day >= earliest)
                .order_by(TOTALS.c.at_ms)
            )
        }
        stale = {day for day in over | news.keys() if day not in told or told[day].at_ms < news.get(day, 0)}
        requested = {
            row.day
            for row in connection.execute(
                select(REQUESTS.c.day, func.max(REQUESTS.c.at_ms).label("at_ms"))
                .where(REQUESTS.c.kiosk_id == kiosk_id, REQUESTS.c.day >= earliest)
                .group_by(REQUESTS.c.day)
            )
            if row.day not in told or told[row.day].at_ms < row.at_ms
        }
        return tuple(sorted({day for day in stale if day < today} | requested)[:WANTED_MOST])


class _Arrival:
    """One batch, inside one transaction."""

    def __init__(self, connection: Connection, kiosk_id: str, batch: LogBatch, now_ms: int) -> None:
        self._connection, self._kiosk_id, self._now_ms = connection, kiosk_id, now_ms
        self._batch = batch
        self._new: list[dict[str, object]] = []
        self._begun: set[str] = set()
        self._places: dict[int, dict[str, str]] = defaultdict(dict)  # seq -> journal -> hash
        places = {entry.seq - back for entry in batch.entries for back in (0, 1)}
        for row in connection.execute(
            select(TABLE.c.journal_id, TABLE.c.seq, TABLE.c.hash).where(
                TABLE.c.kiosk_id == kiosk_id, TABLE.c.seq.in_(places)
            )
        ):
            self._places[row.seq][row.journal_id] = row.hash

    def keep(self) -> tuple[int, str]:
        """Stores what is new; gives the end (seq and hash) of the journal of the last good entry."""
        chains: list[str] = []
        after_a_bad_one = False
        for entry in self._batch.entries:
            if not self._genuine(entry):
                after_a_bad_one = True
                self._alarm(Kind.CHAIN_BROKEN, entry, words.ARRIVED_ALTERED)
                continue
            chain = self._repeat_of(entry)
            if chain is None:
                chain = self._chain_of(entry, after_a_bad_one)
                self._add(chain, entry)
            chains.append(chain)
            after_a_bad_one = False
        if self._new:
            self._connection.execute(insert(TABLE), self._new)
        ends = {chain: self._advance(chain) for chain in dict.fromkeys(chains)}
        if chains:
            return ends[chains[-1]]
        return newest_end(self._connection, self._kiosk_id, self._batch.journal_id)

    def _genuine(self, entry: LogEntry) -> bool:
        if digest(entry) != entry.hash or (entry.seq == 1) != (entry.prev_hash == GENESIS):
            return False
        return entry.seq > 1 or entry.hash == self._batch.journal_id

    def _repeat_of(self, entry: LogEntry) -> str | None:
        at = self._places[entry.seq]
        return next((chain for chain, hashed in at.items() if hashed == entry.hash), None)

    def _chain_of(self, entry: LogEntry, after_a_bad_one: bool) -> str:
        """The journal that a new entry belongs to, with an alarm when it does not simply follow the one before."""
        ours = self._batch.journal_id
        before = [chain for chain, hashed in self._places[entry.seq - 1].items() if hashed == entry.prev_hash]
        chain = ours if entry.seq == 1 or ours in before or not before else before[0]
        if chain in self._places[entry.seq]:
            self._alarm(Kind.JOURNAL_FORKED, entry, words.ARRIVED_FORKED)
            return entry.hash
        if entry.seq > 1 and not before:
            if self._places[entry.seq - 1].get(ours):
                self._alarm(Kind.JOURNAL_FORKED, entry, words.ARRIVED_FORKED)
                return entry.hash
            if not after_a_bad_one:
                self._alarm(Kind.SEQUENCE_GAP, entry, words.ARRIVED_AFTER_GAP)
        return chain

    def _add(self, chain: str, entry: LogEntry) -> None:
        if chain not in self._begun and journal(self._connection, self._kiosk_id, chain) is None:
            self._begin(chain, entry)
        self._begun.add(chain)
        row = {**entry.model_dump(), "kiosk_id": self._kiosk_id, "journal_id": chain}
        days = {"day": legal_day(self._now_ms), "receipt_day": receipt_day(paid_receipts(entry))}
        self._new.append({**row, **days, "at_ms": self._now_ms})
        self._places[entry.seq][chain] = entry.hash

    def _begin(self, chain: str, entry: LogEntry) -> None:
        forked = chain != self._batch.journal_id
        first = select(JOURNALS.c.journal_id).where(JOURNALS.c.kiosk_id == self._kiosk_id)
        if not forked and self._connection.execute(first).first() is not None:
            self._alarm(Kind.NEW_JOURNAL, None, words.ARRIVED_NEW)
        row = {"kiosk_id": self._kiosk_id, "journal_id": chain, "root_id": self._batch.journal_id}
        reach = {"first_seq": entry.seq, "last_seq": entry.seq - 1, "last_hash": entry.prev_hash}
        start = reach if forked else {"first_seq": 1, "last_seq": 0, "last_hash": GENESIS}
        self._connection.execute(insert(JOURNALS).values(**row, **start, at_ms=self._now_ms))

    def _advance(self, chain: str) -> tuple[int, str]:
        """Moves a journal's end to the last entry that follows without a gap."""
        head = journal(self._connection, self._kiosk_id, chain)
        assert head is not None
        last_seq, last_hash = head.last_seq, head.last_hash
        for row in self._connection.execute(
            select(TABLE.c.seq, TABLE.c.prev_hash, TABLE.c.hash)
            .where(TABLE.c.kiosk_id == self._kiosk_id, TABLE.c.journal_id == chain, TABLE.c.seq > last_seq)
            .order_by(TABLE.c.seq)
        ):
            if (row.seq, row.prev_hash) != (last_seq + 1, last_hash):
                break
            last_seq, last_hash = row.seq, row.hash
        if last_seq > head.last_seq:
            this = (JOURNALS.c.kiosk_id == self._kiosk_id) & (JOURNALS.c.journal_id == chain)
            self._connection.execute(
                update(JOURNALS).where(this).values(last_seq=last_seq, last_hash=last_hash)
            )
        return last_seq, last_hash

    def _alarm(self, kind: Kind, entry: LogEntry | None, why: str) -> None:
        subject = place_of(self._batch.journal_id, 1 if entry is None else entry.seq)
        alarms.sound(self._connection, kind, self._kiosk_id, subject, why, at_ms=self._now_ms)


def journal(connection: Connection, kiosk_id: str, journal_id: str) -> Row[Any] | None:
    """How far one journal reaches."""
    this = (JOURNALS.c.kiosk_id == kiosk_id) & (JOURNALS.c.journal_id == journal_id)
    return connection.execute(select(JOURNALS).where(this)).first()


def newest_end(connection: Connection, kiosk_id: str, journal_id: str) -> tuple[int, str]:
    """Where a journal ends without a gap, seq and hash; after a fork, where its newest fork does."""
    family = (JOURNALS.c.kiosk_id == kiosk_id) & (JOURNALS.c.root_id == journal_id)
    newest = select(JOURNALS).where(family).order_by(JOURNALS.c.at_ms.desc(), JOURNALS.c.first_seq.desc())
    head = connection.execute(newest.limit(1)).first()
    return (head.last_seq, head.last_hash) if head else (0, GENESIS)


def newest_news(
    connection: Connection, kiosk_id: str, journal_id: str, first: date, last: date
) -> dict[date, int]:
    """Day in the receipt numbers -> when the last entry arrived that calls such an order paid; of a journal and its forks."""
    family = select(JOURNALS.c.journal_id).where(
        JOURNALS.c.kiosk_id == kiosk_id, JOURNALS.c.root_id == journal_id
    )
    query = (
        select(TABLE.c.receipt_day, func.max(TABLE.c.at_ms))
        .where(TABLE.c.kiosk_id == kiosk_id, TABLE.c.receipt_day.between(first, last))
        .where(TABLE.c.journal_id.in_(family))
        .group_by(TABLE.c.receipt_day)
    )
    return {day: int(at_ms) for day, at_ms in connection.execute(query)}
