"""What the kiosk's own side of the device log does: the flow's events arrive in time, and the journal can be checked by hand."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from central import tables
from central.server import Running
from devices.clock import SystemClock
from kiosk import journal_check
from kiosk.device_log import DeviceLog, receipt_day
from kiosk.journal import FILE, Journal, SealedEntry
from kiosk.outbox import LOG_EVERY_S
from kiosk.views import PaidButton
from tests.desk import WORLD
from tests.visitor import PENSION, Visitor

ROOT = Path(__file__).parents[2]


def stored(visitor: Visitor) -> list[tuple[int, str, str]]:
    """(seq, event, hash) of this kiosk's journal at central; other tests' kiosks have the same name and other journals."""
    first = visitor.start_if_off().journal.entries_after(0, 1)
    table = tables.device_log
    assert isinstance(visitor.central, Running)
    with visitor.central.service.database.read() as connection:
        query = (
            select(table.c.seq, table.c.event, table.c.hash)
            .where(table.c.journal_id == first[0].hash.hex())
            .order_by(table.c.seq)
        )
        return [tuple(row) for row in connection.execute(query)]


def paid(visitor: Visitor) -> None:
    person = visitor.somebody()
    visitor.visit(*visitor.come(person), PENSION, "300", True, visitor.cashier(), WORLD, PaidButton.DONE)


def test_a_visit_is_at_central_within_a_minute(visitor: Visitor) -> None:
    assert LOG_EVERY_S * 1.2 < 60  # the longest the outbox waits while central answers
    paid(visitor)
    visitor.sweep(3)
    journal = visitor.start_if_off().journal
    assert stored(visitor) == [
        (entry.seq, entry.event, entry.hash.hex()) for entry in journal.entries_after(0, 100)
    ]


def test_a_power_cut_loses_nothing_that_was_sent(visitor: Visitor) -> None:
    paid(visitor)
    visitor.sweep(3)
    before = stored(visitor)
    visitor.power_cut()
    paid(visitor)
    visitor.sweep(3)
    assert stored(visitor)[: len(before)] == before
    assert len(stored(visitor)) == visitor.start_if_off().journal.last_seq()


def test_what_is_due_goes_first(visitor: Visitor) -> None:
    """A case that is due is asked about before the log is sent, and an unanswered log does not hold it up."""
    machine = visitor.start()
    calls: list[str] = []
    api = machine.kiosk.outbox._api
    plain = api._call

    def noted(call: str, *args: object, **more: object) -> object:
        calls.append(call)
        return plain(call, *args, **more)  # type: ignore[arg-type]

    api._call = noted  # type: ignore[assignment, method-assign]
    page = visitor.page(visitor.somebody())
    from kiosk.payment import Line

    order = machine.kiosk.till.open(
        page.person_id, [Line(page.person_id, "resident_pension", 2026, "300", 30000)]
    )
    machine.kiosk.outbox.take_order(order.order_id)
    machine.kiosk.outbox.receive(0)
    machine.kiosk.outbox.sweep()
    assert calls == ["health", "close", "device_log", "device_log"]  # where central stands, then what is new


class Counted:
    """A device log that answers as it is told, and remembers when it was asked."""

    def __init__(self, visitor: Visitor, answer: bool) -> None:
        self._visitor, self._answer = visitor, answer
        self.asked_s: list[float] = []

    def send(self) -> bool:
        self.asked_s.append(self._visitor.clock.monotonic())
        return self._answer


def waits(visitor: Visitor, answer: bool) -> list[float]:
    """Seconds between one sending and the next, the outbox looking every second for ten minutes."""
    outbox = visitor.start_if_off().kiosk.outbox
    counted = Counted(visitor, answer)
    outbox._device_log = counted  # type: ignore[assignment]
    for _ in range(600):
        outbox.sweep()
        visitor.clock.sleep(1)
    return [later - earlier for earlier, later in pairwise(counted.asked_s)]


def test_the_log_is_sent_every_half_minute(visitor: Visitor) -> None:
    assert all(24 <= wait <= 37 for wait in waits(visitor, answer=True))  # 30 s, a fifth more or less


def test_an_unsent_log_waits_longer_each_time(visitor: Visitor) -> None:
    found = waits(visitor, answer=False)
    assert found[0] <= 4 and found[1] <= 6 and 48 <= found[-1] <= 73
    assert found[:5] == sorted(found[:5])


def test_an_empty_journal_has_nothing_to_say(visitor: Visitor) -> None:
    machine = visitor.start()
    assert DeviceLog(machine.journal, None, machine.kiosk.log).send()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "subject", "data", "day"),
    [
        ("paid", "order:A", {"receipts": ["3710812611230001"]}, "2026-11-23"),
        ("paid", "order:A", {"receipts": ["371081261123123456", "371081261123123457"]}, "2026-11-23"),
        ("paid", "order:A", {"receipts": ["9999999999999999"]}, None),
        ("paid", "copy:A", {"receipts": ["3710812611230001"]}, None),
        ("closed", "order:A", {"receipts": ["3710812611230001"]}, None),
    ],
)
def test_the_day_of_a_paid_order_is_in_its_receipt_numbers(
    event: str, subject: str, data: dict[str, object], day: str | None
) -> None:
    entry = SealedEntry(1, subject, event, json.dumps(data), 0, 0, "boot", bytes(32), bytes(32))
    assert (str(receipt_day(entry)) if receipt_day(entry) else None) == day


# --- kiosk journal verify ---


def filled(folder: Path, count: int = 12) -> Journal:
    journal = Journal.open(folder, SystemClock(), "boot")
    for number in range(count):
        journal.append(f"order:WD001-{number:08d}-AAAAAAAAAA", "intent", {"n": number})
    return journal


def told(folder: Path) -> tuple[int, str]:
    said: list[str] = []
    return journal_check.verify(folder, said.append), "\n".join(said)


def test_a_whole_journal_is_ok_and_its_chain_hash_is_named(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    chain_hash = journal.entries_after(11, 1)[0].hash.hex()
    journal.close()
    status, words = told(tmp_path)
    assert status == 0
    assert "ok" in words and chain_hash in words and "entries     12" in words


def test_the_first_broken_entry_is_named(tmp_path: Path) -> None:
    filled(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("DROP TRIGGER entry_stays")
        file.execute("UPDATE entry SET data = '{}' WHERE seq IN (7, 9)")
    file.close()
    status, words = told(tmp_path)
    assert status == 1
    assert "BROKEN" in words and "first broken entry  7" in words


def test_a_folder_without_a_journal_stays_one(tmp_path: Path) -> None:
    status, words = told(tmp_path)
    assert status == 2 and "no journal" in words
    assert list(tmp_path.iterdir()) == []


def test_a_running_kiosks_journal_is_checked_in_a_copy(tmp_path: Path) -> None:
    running = tmp_path / "running"
    journal = filled(running)
    command = [sys.executable, "-m", "kiosk", "journal", "verify", "--folder"]
    done = subprocess.run([*command, str(running)], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    assert "copy" in done.stdout and "Traceback" not in done.stderr
    shutil.copytree(running, tmp_path / "copy")
    done = subprocess.run(
        [*command, str(tmp_path / "copy")], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout
    assert "entries     12" in done.stdout
    journal.append("order:WD001-00000099-AAAAAAAAAA", "intent", {})  # the kiosk never noticed
    journal.close()
