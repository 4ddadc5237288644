"""One kiosk under the explorer: the real journal, till, outbox and flows, between far ends that fail by schedule.

A power cut is an exception that nothing catches: whatever Python held is dropped, and ``boot`` builds everything anew over the
same database.  Each append is one statement that SQLite has carried out or not, so what the connection holds is what a disk
would hold; that a disk does hold it is proved elsewhere (the power cuts).
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import apsw

from kiosk import config, journal, payment
from kiosk.api import Api
from kiosk.desk import Desk
from kiosk.device_log import DeviceLog
from kiosk.journal import Entry, Journal, JournalError
from kiosk.kiosk import Kiosk
from kiosk.outbox import Outbox
from kiosk.payment import Order
from kiosk.registrar import Registrar
from kiosk.till import COPY, ORDER, Till
from tests.proof import faults
from tests.proof.farends import Even, FarApi, FarPrinter, FarScanner, MuteLog, Nowhere, Surroundings

POLL_S = 10.0
_EVERYTHING = "SELECT subject, event, data FROM entry ORDER BY seq"
CONFIG = config.Config(
    site=config.Site(kiosk_id="WD001", place="测试大厅"),
    central=config.Central(url="http://central.invalid", token="none"),
    reader=config.Reader(port="none"),
    payment=config.Payment(qr_seconds=30, poll_interval_s=POLL_S),  # two looks, then time is up
    storage=config.Storage(folder=Path("/nonexistent")),
)


class PowerCut(BaseException):
    """A machine is gone, in the middle of whatever it did."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine


@dataclass(frozen=True)
class Disk:
    """``copies``: print id -> receipt, number, how the sheet ended.  ``twice``: two orders were begun under one number."""

    orders: dict[str, Order]
    copies: dict[str, tuple[str, int, str]]
    twice: bool


class Machine:
    """One kiosk.  ``order_id`` is that of the last INTENT."""

    def __init__(self, kiosk_id: str, connection: apsw.Connection, around: Surroundings) -> None:
        self.kiosk_id, self.around, self._connection = kiosk_id, around, connection
        self.boots, self.order_id, self.down, self.code = 0, "", False, ""
        self.kiosk: Kiosk | None = None  # None: switched off
        self.journal: CutJournal

    def boot(self, desk: Desk) -> None:
        """Power on, as ``kiosk.build`` does it.  May be cut again while it recovers."""
        self.boots += 1
        self.down = False
        log, clock = Nowhere(), self.around.clock
        self.journal = CutJournal(self, self._connection)
        line, background = (cast(Api, FarApi(self, in_flow)) for in_flow in (True, False))
        outbox = Outbox(
            Till(self.journal, background, log, self.kiosk_id),
            Registrar(self.journal, background, log, self.kiosk_id),
            cast(DeviceLog, MuteLog()),
            background,
            self.journal,
            clock,
            log,
            cast(Any, Even()),
        )
        outbox.recover()
        self.kiosk = Kiosk(
            desk=desk,
            reader=cast(Any, None),
            printer=FarPrinter(self),
            scanner=cast(Any, FarScanner(self)),
            api=line,
            till=Till(self.journal, line, log, self.kiosk_id),
            registrar=Registrar(self.journal, line, log, self.kiosk_id),
            outbox=outbox,
            clock=clock,
            log=log,
            config=CONFIG,
        )

    def cut(self) -> PowerCut:
        """The exception to raise: from here on this machine does nothing."""
        self.kiosk = None
        return PowerCut(self)

    def ends(self) -> None:
        """The program ends by itself: the outbox's thread has its last turn, and nothing else."""
        self.take_in()
        with suppress(JournalError):
            self.work(1)
        self.kiosk = None

    def take_in(self) -> None:
        """The outbox's thread hears at once of what a flow has handed over."""
        if self.kiosk is not None:
            outbox = self.kiosk.outbox
            while not outbox._inbox.empty():
                outbox.receive(0)

    def work(self, rounds: int) -> bool:
        """The outbox's own thread, for a while: asks about what it has.  True when nothing is left."""
        assert self.kiosk is not None
        outbox, clock = self.kiosk.outbox, self.around.clock
        if not outbox._cases:
            return True
        for _ in range(rounds):
            outbox.sweep()
            if not outbox._cases:
                return True
            wait_s = min(case.due for case in outbox._cases.values()) - clock.now
            clock.sleep(max(wait_s, 0.0))
            self.around.schedule.fresh = True
        return False

    def disk(self) -> Disk:
        """What the disk says.  Raises IllegalEvent."""
        steps: dict[str, tuple[tuple[str, str], ...]] = {}
        copies: dict[str, tuple[str, int, str]] = {}
        for subject, event, data in self._connection.execute(_EVERYTHING):
            if subject.startswith(ORDER):
                steps[subject] = (*steps.get(subject, ()), (event, data))
            elif event in ("printing", "ended"):
                told = json.loads(data)
                verdict = str(told.get("verdict", "unknown"))
                copies[subject.removeprefix(COPY)] = (told["receipt_no"], told["copy_number"], verdict)
        orders = {subject.removeprefix(ORDER): _order(subject, told) for subject, told in steps.items()}
        twice = any(sum(event == "intent" for event, _ in told) != 1 for told in steps.values())
        return Disk(orders, copies, twice)

    def standing(self) -> Hashable:
        """Everything in this machine that the rest of a run depends on, while no flow runs on it."""
        if self.kiosk is None:
            return self.boots, self.boots and self.journal._hash  # off
        outbox = self.kiosk.outbox
        cases = tuple((case.subject, case.due, case.wait_s) for case in outbox._cases.values())
        return self.boots, self.journal._hash, self.order_id, cases

    def last_event(self, subject: str) -> str:
        """The newest entry of a subject on the disk, "" when there is none."""
        query = "SELECT event FROM entry WHERE subject = ? ORDER BY seq DESC LIMIT 1"
        rows = self._connection.execute(query, (subject,)).fetchall()
        return str(rows[0][0]) if rows else ""


class CutJournal(Journal):
    """The real journal, at one of whose entries the power may go: before it is on the disk, or after."""

    def __init__(self, machine: Machine, connection: apsw.Connection) -> None:
        self._machine, self._schedule = machine, machine.around.schedule
        self._kind = faults.ENTRY_OR_FULL if machine.around.disk_fails else faults.ENTRY
        super().__init__(connection, machine.around.clock, f"boot-{machine.boots}")

    def append(self, subject: str, event: str, data: Mapping[str, object]) -> Entry:
        fault = self._schedule.choose(self._kind)
        if fault == faults.CUT_BEFORE:
            raise self._machine.cut()
        if fault == faults.DISK_FULL:
            self._failed = True  # as after a write that SQLite refused; the real append says the rest
        entry = super().append(subject, event, data)
        if event == "intent":
            self._machine.order_id = subject.removeprefix(ORDER)
        if fault == faults.CUT_AFTER:
            raise self._machine.cut()
        return entry


@lru_cache(maxsize=50_000)
def _order(subject: str, steps: tuple[tuple[str, str], ...]) -> Order:
    """The same steps make the same order, whichever run they are from."""
    return payment.replay(subject.removeprefix(ORDER), [(event, json.loads(data)) for event, data in steps])


def empty_disk() -> apsw.Connection:
    """A journal's database in memory, with nothing in it."""
    connection = apsw.Connection(":memory:")
    connection.execute(journal._SCHEMA)
    return connection
