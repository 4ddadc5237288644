"""Reads one day out of the database for the reconciliation: every order that moved, and what the kiosks told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from central import alarms, ledger, log_reading, tables
from central import differences as words
from central.clock import CHINA, legal_day
from central.devicelog import newest_news, place_of, totals_of
from central.differences import LOG_KINDS, Kind, yuan
from central.gateway import BillLine
from central.ledger import Kind as Movement
from central.log_reading import Flaw, chunks
from central.matching import Booked, Finding, OrderBooks

LEDGER, ORDERS, LINES, RECEIPTS = tables.ledger, tables.orders, tables.order_lines, tables.receipts
LOG, JOURNALS, REFUNDS = tables.device_log, tables.device_journals, tables.refunds


@dataclass(frozen=True)
class Bills:
    """The gateway's movements of the day, and of the days around it as far as those bills are out; asked for at ``asked_ms``."""

    asked_ms: int
    day: tuple[BillLine, ...]
    near: tuple[BillLine, ...]


@dataclass(frozen=True)
class Day:
    """``orders`` moved on the day; ``damaged`` are kiosks whose log has a flaw that could hide what is missing."""

    orders: tuple[OrderBooks, ...]
    damaged: frozenset[str]
    about_kiosks: tuple[Finding, ...]  # of logs and totals
    told: tuple[tuple[int, int], ...]  # (count, fen) of the kiosks' totals


def bounds_ms(day: date) -> tuple[int, int]:
    """First and last millisecond of a legal day."""
    start = int(datetime.combine(day, time(), CHINA).timestamp() * 1000)
    return start, start + 86_400_000 - 1


def read(connection: Connection, day: date, bills: Bills, over: bool) -> Day:
    """``over``: the day has ended, so that its totals are due."""
    kiosk_ids = set(connection.execute(select(tables.kiosks.c.kiosk_id)).scalars())
    flaws = log_reading.flaws_of_day(connection, day, kiosk_ids)
    # what should have told of this day may have arrived, or got lost, on the next
    later = log_reading.flaws_of_day(connection, day + timedelta(days=1), kiosk_ids)
    damaged = frozenset(flaw.kiosk_id for flaw in (*flaws, *later))
    orders = _orders(connection, day, bills, kiosk_ids, damaged)
    totals = _Totals(connection, day, damaged)
    active = {order.kiosk_id for order in orders if any(row.kept and row.day == day for row in order.rows)}
    flaws += [flaw for flaw in later if flaw.kiosk_id in active]
    about_kiosks = [*_about_logs(connection, day, flaws), *totals.differing()]
    if over:
        about_kiosks += totals.missing(active | _spoke_on(connection, day, kiosk_ids))
    return Day(orders, damaged, tuple(about_kiosks), totals.told())


# --- orders ---


def _orders(
    connection: Connection, day: date, bills: Bills, kiosk_ids: Collection[str], damaged: Collection[str]
) -> tuple[OrderBooks, ...]:
    ours = LEDGER.c.kind != Movement.OPENING.value
    concerned = {line.order_id for line in bills.day}
    concerned |= set(connection.execute(select(LEDGER.c.order_id).where(LEDGER.c.day == day, ours)).scalars())
    concerned |= log_reading.paid_on(connection, set(kiosk_ids) - set(damaged), day)
    opened = ORDERS.c.created_ms.between(*bounds_ms(day))
    unsettled = ORDERS.c.state.in_(("requested", "created"))
    concerned |= set(connection.execute(select(ORDERS.c.order_id).where(unsettled, opened)).scalars())

    rows = _by_order(connection, select(LEDGER).where(ours).order_by(LEDGER.c.entry_id), LEDGER, concerned)
    orders = _by_order(connection, select(ORDERS), ORDERS, concerned)
    receipts = _by_order(connection, select(RECEIPTS).order_by(RECEIPTS.c.line_no), RECEIPTS, concerned)
    said = log_reading.said_of(connection, concerned)
    returning = _returning(connection, concerned)
    on_day, near = _lines(bills.day), _lines(bills.near)
    booked = {order_id: tuple(map(_booked, rows[order_id])) for order_id in concerned}
    rivals = _rivals(connection, [row for of_one in booked.values() for row in of_one if row.day == day])
    books = []
    for order_id in sorted(concerned):
        if any(row.day == day and row.at_ms > bills.asked_ms for row in booked[order_id]):
            continue  # today, and money moved since the bill was asked for: the next run sees it whole
        order = orders[order_id][0] if orders[order_id] else None
        told = said.get(order_id)
        kiosk_id = order.kiosk_id if order else told.kiosk_id if told else ""
        books.append(
            OrderBooks(
                order_id=order_id,
                kiosk_id=kiosk_id,
                state=order.state if order else None,
                total_fen=order.total_fen if order else 0,
                created_ms=order.created_ms if order else 0,
                lines=tuple(on_day[order_id]),
                near=tuple(near[order_id]),
                rows=booked[order_id],
                receipts=tuple((row.receipt_no, row.amount_fen) for row in receipts[order_id]),
                said=told if told and told.kiosk_id == kiosk_id and kiosk_id not in damaged else None,
                returning=order_id in returning,
                rival=rivals.get(order_id, ""),
            )
        )
    return tuple(books)


def _by_order(
    connection: Connection, query: Any, table: Any, order_ids: Collection[str]
) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for some in chunks(order_ids):
        for row in connection.execute(query.where(table.c.order_id.in_(some))):
            found[row.order_id].append(row)
    return found


def _returning(connection: Connection, order_ids: Collection[str]) -> set[str]:
    """Orders with a payment that central is sending back and the ledger has not answered yet."""
    waiting = (
        select(REFUNDS.c.order_id)
        .outerjoin(LEDGER, LEDGER.c.answers == REFUNDS.c.entry_id)
        .where(LEDGER.c.entry_id.is_(None))
    )
    return set(_by_order(connection, waiting, REFUNDS, order_ids))


def _booked(row: Row[Any]) -> Booked:
    return Booked(row.order_id, row.kind, row.amount_fen, row.gateway_txn, row.day, row.at_ms)


def _lines(lines: Iterable[BillLine]) -> dict[str, list[BillLine]]:
    found: dict[str, list[BillLine]] = defaultdict(list)
    for line in lines:
        found[line.order_id].append(line)
    return found


def _rivals(connection: Connection, rows: Collection[Booked]) -> dict[str, str]:
    """Order of today -> an earlier order that keeps a payment for the same due."""
    today = {row.order_id: row for row in rows if row.kept}
    lines = [
        line for found in _by_order(connection, select(LINES), LINES, today.keys()).values() for line in found
    ]
    dues: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for line in lines:
        dues[line.person_id, line.product, line.year].append(line.order_id)
    rivals: dict[str, str] = {}
    for some in chunks({line.person_id for line in lines}):
        query = (
            select(LINES, LEDGER.c.entry_id, LEDGER.c.at_ms)
            .join(LEDGER, LEDGER.c.order_id == LINES.c.order_id)
            .where(LINES.c.person_id.in_(some), LEDGER.c.kind == Movement.PAYMENT.value)
            .order_by(LEDGER.c.entry_id)
        )
        for row in connection.execute(query):
            for order_id in dues[row.person_id, row.product, row.year]:
                pair = (row.order_id, order_id)
                first = (row.at_ms, row.order_id) < (today[order_id].at_ms, order_id)
                if first and all(ledger.balance_fen(connection, one) > 0 for one in pair):
                    rivals.setdefault(order_id, row.order_id)
    return rivals


# --- logs and totals ---


def _about_logs(connection: Connection, day: date, flaws: Iterable[Flaw]) -> list[Finding]:
    """Flaws of what is stored, and alarms of what arrived; a gap that an entry with a broken hash left is that entry's."""
    first_ms, last_ms = bounds_ms(day)
    raised = {
        (alarm.kind, alarm.kiosk_id, alarm.subject): alarm
        for alarm in alarms.known(connection, of=LOG_KINDS | {Kind.TOTALS_DIFFER})
    }
    found = {}
    for flaw in flaws:
        refused = ((Kind.CHAIN_BROKEN, flaw.kiosk_id, place_of(flaw.journal_id, seq)) for seq in flaw.missing)
        if not any(key in raised for key in refused):
            finding = Finding(flaw.kind, flaw.kiosk_id, flaw.subject, flaw.detail, first_ms)
            found[finding.key] = finding
    for key, alarm in raised.items():
        if first_ms <= alarm.at_ms <= last_ms:
            found[key] = Finding(alarm.kind, alarm.kiosk_id, alarm.subject, alarm.detail, alarm.at_ms)
    return list(found.values())


def _spoke_on(connection: Connection, day: date, kiosk_ids: Collection[str]) -> set[str]:
    """Kiosks of which something arrived on this day, or whose log has payments of it."""
    spoke: set[str] = set()
    for column in (LOG.c.day, LOG.c.receipt_day):
        query = select(LOG.c.kiosk_id).where(LOG.c.kiosk_id.in_(kiosk_ids), column == day).distinct()
        spoke |= set(connection.execute(query).scalars())
    return spoke


class _Totals:
    """What the kiosks told of one day."""

    def __init__(self, connection: Connection, day: date, damaged: Collection[str]) -> None:
        self._connection, self._day, self._damaged = connection, day, damaged
        self._told = log_reading.newest_totals(connection, day)
        self._roots: dict[str, list[Row[Any]]] = defaultdict(list)
        roots = select(JOURNALS).where(JOURNALS.c.root_id == JOURNALS.c.journal_id)
        for row in connection.execute(roots.order_by(JOURNALS.c.at_ms)):
            self._roots[row.kiosk_id].append(row)

    def told(self) -> tuple[tuple[int, int], ...]:
        return tuple((row.paid_count, row.sum_fen) for row in self._told.values())

    def differing(self) -> list[Finding]:
        found = []
        for (kiosk_id, journal_id), row in sorted(self._told.items()):
            counted = None if kiosk_id in self._damaged else log_reading.recount(self._connection, row)
            if kiosk_id in self._damaged or counted == (row.paid_count, row.sum_fen):
                continue
            ours = words.OURS.format(count=counted[0], fen=yuan(counted[1])) if counted else words.OURS_NONE
            detail = words.TOLD_OTHERWISE.format(
                count=row.paid_count, fen=yuan(row.sum_fen), seq=row.last_seq, ours=ours
            )
            subject = totals_of(journal_id, self._day)
            log_fen = counted[1] if counted else None
            found.append(
                Finding(
                    Kind.TOTALS_DIFFER,
                    kiosk_id,
                    subject,
                    detail,
                    row.at_ms,
                    ledger_fen=log_fen,
                    kiosk_fen=row.sum_fen,
                )
            )
        return found

    def missing(self, active: Collection[str]) -> list[Finding]:
        """Of kiosks that moved on the day.  A journal that was replaced since will never tell: that is an alarm of its own.

        Nor will one tell whose log does not arrive whole.
        """
        found = []
        for kiosk_id in sorted(set(active) - set(self._damaged)):
            roots = self._roots[kiosk_id]
            of_day = [row for row in roots if legal_day(row.at_ms) <= self._day] or roots[:1]
            if of_day and (of_day[-1] is not roots[-1] or self._fresh(of_day[-1])):
                continue
            detail = words.TOTALS_LATE if roots else words.NEVER_SENT
            since_ms = bounds_ms(self._day)[1]
            subject = totals_of(of_day[-1].journal_id if of_day else "", self._day)
            found.append(Finding(Kind.TOTALS_MISSING, kiosk_id, subject, detail, since_ms))
        return found

    def _fresh(self, root: Row[Any]) -> bool:
        told = self._told.get((root.kiosk_id, root.journal_id))
        if told is None:
            return False
        newest = newest_news(self._connection, root.kiosk_id, root.journal_id, self._day, self._day)
        return bool(told.at_ms >= newest.get(self._day, 0))
