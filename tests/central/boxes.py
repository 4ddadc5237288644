"""Kiosks without glass and paper: the real journal, till, outbox and api, with somebody's hands at the cashier page."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Table, text

from central import tables
from central.database import Database
from central.sandbox import Act
from central.server import Running
from devices.printer import Verdict
from kiosk import events, wire
from kiosk.api import Api
from kiosk.config import Central as CentralSettings
from kiosk.device_log import DeviceLog
from kiosk.journal import Journal
from kiosk.outbox import Outbox
from kiosk.payment import Line, Order, State
from kiosk.registrar import Registrar
from kiosk.till import Till
from tests.visitor import owing

DAY = "2026-11-23"
NEXT_DAY_S = 86_400.0


class Wall:
    """A kiosk's clock: its wall is central's, its deadlines cost nothing."""

    def __init__(self, central_clock: Any) -> None:
        self._central, self.now = central_clock, 1_000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wall_ms(self) -> int:
        return int(self._central.ms)


class PatientApi(Api):
    """A busy test machine is not a silent central."""

    def _call(self, *args: Any, **more: Any) -> Any:
        return super()._call(*args, **{**more, "timeout_s": 60.0})


class Box:
    """One kiosk.  ``people`` are residents who owe this year's pension, each given once."""

    def __init__(
        self,
        central: Running,
        folder: Path,
        clock: Any,
        people: Iterator[dict[str, Any]],
        kiosk_id: str = "WD001",
    ) -> None:
        self.central, self.folder, self.kiosk_id, self.people = central, folder, kiosk_id, people
        self.clock = Wall(clock)
        self.log_text = io.StringIO()
        self.on = False

    def start(self) -> Box:
        log = events.Log(self.log_text, self.clock)
        settings = CentralSettings(url=self.central.url, token=f"demo-token-{self.kiosk_id}")
        self.journal = Journal.open(self.folder, self.clock, "boot")
        self.api = PatientApi(settings, self.kiosk_id, self.clock, log)
        self.till = Till(self.journal, self.api, log, self.kiosk_id)
        self.device_log = DeviceLog(self.journal, self.api, log)
        registrar = Registrar(self.journal, self.api, log, self.kiosk_id)
        self.outbox = Outbox(
            self.till,
            registrar,
            self.device_log,
            self.api,
            self.journal,
            self.clock,
            log,
            Random(self.kiosk_id),
        )
        self.outbox.recover()
        self.on = True
        return self

    def stop(self) -> None:
        if self.on:
            self.journal.close()
            self.api.close_connections()
            self.on = False

    def restart(self) -> None:
        self.stop()
        self.start()

    def saved(self, name: str) -> Path:
        """A copy of the disk, as it is now."""
        self.stop()
        copy = self.folder.with_name(name)
        shutil.copytree(self.folder, copy)
        self.start()
        return copy

    def put_back(self, copy: Path) -> None:
        self.stop()
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)
        self.start()

    # --- visits ---

    def shown(self, tier: str = "300", amount_fen: int = 30_000) -> Order:
        """An order whose code is on the screen."""
        person = next(self.people)
        lookup = wire.Lookup(number=person["number"], name=person["name"], card_kind=person["kind"])
        page = self.api.visit(lookup)
        line = Line(page.person_id, "resident_pension", 2026, tier, amount_fen)
        order = self.till.open(page.person_id, [line])
        for _ in range(2):
            order = self.till.advance(order)
        assert order.money is State.SHOWN
        return order

    def token(self, order: Order) -> str:
        sandbox = self.central.service.sandbox
        assert sandbox is not None
        return next(slip.token for slip in sandbox.slips() if slip.order_id == order.order_id)

    def act(self, order: Order, act: str) -> None:
        """What the payer does; central hears nothing of it."""
        sandbox = self.central.service.sandbox
        assert sandbox is not None
        sandbox.act(self.token(order), Act(act))

    def finish(self, order: Order) -> Order:
        """Paid, printed and handed over."""
        order = self.till.advance(order)
        assert order.money is State.PAID
        for slip in order.slips:
            order = self.till.start_slip(order, slip.receipt_no)
            order = self.till.end_slip(order, slip.receipt_no, Verdict.PRINTED)
        self.outbox.take_order(order.order_id)
        return order

    def pay(self, tier: str = "300", amount_fen: int = 30_000) -> Order:
        order = self.shown(tier, amount_fen)
        self.act(order, "pay")
        return self.finish(order)

    def hand_over(self, order: Order) -> None:
        """The flow leaves it."""
        self.outbox.take_order(order.order_id)

    def sweep(self, rounds: int = 3) -> None:
        """The outbox's work, without its thread."""
        for _ in range(rounds):
            for _ in range(20):
                self.outbox.receive(0)
            self.clock.sleep(max(self.outbox.sweep(), 0) + 61)


def people_of(central: Running) -> Iterator[dict[str, Any]]:
    return owing(central)


# --- other hands: what no part of ours does ---


def tamper(database: Database, table: Table, statement: str, **values: object) -> int:
    """Changes rows that nothing may change, as somebody with the file in hand could.  Gives how many."""
    frozen = (
        *tables.FROZEN,
        *tables.FROZEN_MONEY,
        *tables.FROZEN_BOOKS,
        *tables.FROZEN_CHECKS,
        *tables.FROZEN_VISITS,
        *tables.FROZEN_MARKS,
    )
    with database.write() as connection:
        kept = []
        if table.name in frozen:
            for action in ("update", "delete"):
                name = f"{table.name}_refuses_{action}"
                query = text("SELECT sql FROM sqlite_master WHERE name = :name")
                kept.append(connection.execute(query, {"name": name}).scalar_one())
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        changed = connection.execute(text(statement), values).rowcount
        for sql in kept:
            connection.exec_driver_sql(sql)
    assert changed > 0
    return changed
