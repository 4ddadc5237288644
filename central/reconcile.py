"""The day's end: kiosk, ledger and gateway laid side by side, and what follows from it.

Every difference gets one name (central/differences.py).  What asking again may settle is asked again, once; what is left raises
an alarm, at once or a day later when it may still settle by itself.  An order that needs a person is disputed, and a kiosk whose
amounts differ takes no more money.  A difference whose alarm somebody has cleared is explained.  Running again with nothing new
changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection, insert, select

from central import alarms, day_books, tables
from central import differences as words
from central.clock import Clock, legal_day
from central.database import Database
from central.day_books import Bills, Day
from central.devicelog import DeviceLogs
from central.differences import DEVICE_KINDS, MEANINGS, Kind
from central.gateway import BillLine, Gateway, GatewaySilent
from central.matching import Figures, Finding, compare, figures_of
from central.orders import Orders
from central.problems import Refused

RUNS, DIFFERENCES, RESOLUTIONS = tables.reconciliations, tables.differences, tables.resolutions
PATIENCE = timedelta(days=1)  # T+1: by then everything must have settled by itself
Key = tuple[Kind, str, str]  # kind, kiosk, subject
GRAVITY = {kind: at for at, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Report:
    """``open`` are differences that nobody has explained, ``settled`` those that asking again ended just now.

    ``new`` is False when nothing changed since the run before.
    """

    day: date
    figures: Figures
    open: tuple[Finding, ...]
    settled: tuple[Finding, ...]
    new: bool


class Reconciler:
    """Built once by ``service``."""

    def __init__(
        self, database: Database, gateway: Gateway, orders: Orders, device_logs: DeviceLogs, clock: Clock
    ) -> None:
        self._database, self._gateway, self._orders = database, gateway, orders
        self._device_logs, self._clock = device_logs, clock

    def run(self, day: date) -> Report:
        """Reconciles one legal day.  Raises GatewaySilent while its bill is not out, ValueError for a day to come."""
        now_ms = self._clock.now_ms()
        today = legal_day(now_ms)
        if day > today:
            raise ValueError("this day has not begun")
        found, books = self._look(day, over=day < today)
        again = {finding.subject for finding in found if MEANINGS[finding.kind].settles}
        settled: list[Finding] = []
        if again:
            self._ask_again(again, books)
            before, (found, books) = found, self._look(day, over=day < today)
            left = {finding.subject for finding in found}
            settled = [finding for finding in before if finding.subject not in left]
        if day == today:
            self._ask_for_totals(day)
        found = [self._with_the_gateways_word(finding) for finding in found]
        figures = figures_of(day, books.orders, found, books.told)
        with self._database.write() as connection:
            explained = alarms.cleared(connection)
            open_now = [finding for finding in found if alarm_of(finding.key, day) not in explained]
            overdue = today > day + PATIENCE
            due = [finding for finding in open_now if overdue or not MEANINGS[finding.kind].waits]
            first = [finding for finding in due if _sound(connection, finding, day, now_ms)]
            new = _store(connection, day, figures, open_now, settled, explained, now_ms)
        self._dispute(finding for finding in first if MEANINGS[finding.kind].disputes)
        return Report(day, figures, tuple(open_now), tuple(settled), new)

    def _look(self, day: date, over: bool) -> tuple[list[Finding], Day]:
        asked_ms = self._clock.now_ms()
        bills = Bills(
            asked_ms, self._gateway.bill(day), (*self._bill_near(day, -1), *self._bill_near(day, +1))
        )
        with self._database.read() as connection:
            books = day_books.read(connection, day, bills, over)
        found = [
            finding
            for order in books.orders
            if (finding := compare(order, day, over, order.kiosk_id not in books.damaged))
        ]
        found += books.about_kiosks
        return sorted(found, key=lambda f: (GRAVITY[f.kind], f.kiosk_id, f.subject)), books

    def _with_the_gateways_word(self, finding: Finding) -> Finding:
        """What the bill does not have, the gateway is asked about: whoever disputes it should know the answer."""
        if finding.kind is not Kind.LEDGER_ONLY:
            return finding
        try:
            answer = words.TRADE_STATES[self._gateway.query(finding.subject).state.value]
        except GatewaySilent:
            answer = words.SILENT
        return replace(finding, detail=finding.detail + words.ASKED_AGAIN.format(answer=answer))

    def _bill_near(self, day: date, days: int) -> tuple[BillLine, ...]:
        try:
            return self._gateway.bill(day + timedelta(days=days))
        except GatewaySilent:
            return ()  # not out yet: what was booked near midnight then waits for the next run

    def _ask_for_totals(self, day: date) -> None:
        with self._database.read() as connection:
            kiosk_ids = (
                connection.execute(select(tables.device_journals.c.kiosk_id).distinct()).scalars().all()
            )
        self._device_logs.request_totals(kiosk_ids, day)

    def _ask_again(self, order_ids: set[str], books: Day) -> None:
        """Asks about the orders, and about each payment that only the bill names."""
        self._orders.settle(sorted(order_ids))
        for order in books.orders:
            for line in order.unbooked if order.order_id in order_ids else ():
                with suppress(Refused):  # no order of ours, or the gateway keeps quiet: the difference stays
                    self._orders.look_for(order.order_id, line.transaction)

    def _dispute(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            with suppress(Refused):  # no order of ours: the alarm has to do
                self._orders.dispute(finding.subject, finding.kind.value)


def alarm_of(key: Key, day: date) -> Key:
    """Kind, kiosk and subject of a difference's alarm.  What is explained of an order on one day says nothing of another day."""
    kind, kiosk_id, subject = key
    return kind, kiosk_id, subject if kind in DEVICE_KINDS else f"{subject} {day}"


def _sound(connection: Connection, finding: Finding, day: date, now_ms: int) -> bool:
    """Raises the alarm and stops the kiosk if the kind says so; False when that was done before."""
    kind, kiosk_id, subject = alarm_of(finding.key, day)
    if not alarms.sound(connection, kind, kiosk_id, subject, finding.detail, at_ms=now_ms):
        return False
    if MEANINGS[kind].stops and kiosk_id:
        alarms.stop(connection, kiosk_id, kind.value, f"{subject}: {finding.detail}", at_ms=now_ms)
    return True


def _store(
    connection: Connection,
    day: date,
    figures: Figures,
    found: list[Finding],
    settled: list[Finding],
    explained: set[Key],
    now_ms: int,
) -> bool:
    """Writes down what is new since the last run of this day; False when nothing is."""
    last = connection.execute(
        select(RUNS.c.figures).where(RUNS.c.day == day).order_by(RUNS.c.run_id.desc()).limit(1)
    ).scalar()
    known = {
        (Kind(row.kind), row.kiosk_id, row.subject): row.difference_id
        for row in connection.execute(
            select(DIFFERENCES)
            .outerjoin(RESOLUTIONS, RESOLUTIONS.c.difference_id == DIFFERENCES.c.difference_id)
            .where(DIFFERENCES.c.day == day, RESOLUTIONS.c.difference_id.is_(None))
        )
    }
    still = {finding.key for finding in found}
    fresh = [finding for finding in found if finding.key not in known]
    at_once = [finding for finding in settled if finding.key not in known]
    gone = [key for key in known if key not in still]
    text = json.dumps(asdict(figures), sort_keys=True)
    if last == text and not (fresh or at_once or gone):
        return False
    run = insert(RUNS).values(day=day, figures=text, at_ms=now_ms).returning(RUNS.c.run_id)
    run_id = connection.execute(run).scalar_one()

    def resolve(difference_id: int, how: str) -> None:
        row = {"difference_id": difference_id, "run_id": run_id, "how": how, "at_ms": now_ms}
        connection.execute(insert(RESOLUTIONS).values(row))

    for key in gone:
        resolve(known[key], "explained" if alarm_of(key, day) in explained else "settled")
    for finding in (*fresh, *at_once):
        row = {**asdict(finding), "kind": finding.kind.value, "run_id": run_id, "day": day}
        row["detail"] = finding.detail[: alarms.DETAIL_MOST]
        added = insert(DIFFERENCES).values(row).returning(DIFFERENCES.c.difference_id)
        difference_id = connection.execute(added).scalar_one()
        if finding in at_once:
            resolve(difference_id, "settled")
    return True
