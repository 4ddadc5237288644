"""The kiosk's journal after power cuts: nothing that ``append`` acknowledged is lost, nothing is broken, nothing was invented.

A life is a row of boots.  In each the real ``Journal.open``, ``Outbox.recover``, ``Till`` and ``Journal.close`` work over recorded
files: visits, a clean restart in the middle, more visits.  The next boot begins on one of the images of the one before, so that
recovering is cut as well.  From each boot images are drawn, opened by the real ``Journal.open``, and held against what had been
acknowledged at that position; on some of them the machine is started as it would be, and must go on.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import apsw

from devices.printer import Verdict
from kiosk import events, journal, payment, wire
from kiosk.api import Unreachable
from kiosk.device_log import DeviceLog
from kiosk.journal import Journal, JournalError, SealedEntry
from kiosk.outbox import Outbox
from kiosk.payment import Line, State
from kiosk.registrar import Registrar
from kiosk.till import ORDER, Till
from tests.proof.apsw_recorder import recorded
from tests.proof.disk import Law, Operation, cuts
from tests.proof.tally import Tally, lay, scratch_folder

MOST = 1_000_000
STARTED_EVERY = 12  # of so many images one is started as a machine would be
KIOSK = "WD001"
TIER_FEN = 30_000


@dataclass(frozen=True)
class Mode:
    """``pragmas`` follow the journal's own; empty is the journal as it is shipped."""

    name: str
    pragmas: str = ""
    law: Law = Law.EXT4


# DELETE and TRUNCATE here give up the exclusive lock: with it SQLite clears the old journal and syncs it, instead of deleting it.
_OTHER = "PRAGMA journal_mode = {}; PRAGMA locking_mode = NORMAL; PRAGMA synchronous = {}; SELECT * FROM sqlite_schema"
SHIPPED = Mode("WAL/FULL")
SHIPPED_POSIX = Mode("WAL/FULL", law=Law.POSIX)
SMALL_LOG = Mode("WAL/FULL, checkpoint at 7 pages", "PRAGMA wal_autocheckpoint = 7")
GOOD = (
    Mode("DELETE/EXTRA", _OTHER.format("DELETE", "EXTRA")),
    Mode("TRUNCATE/FULL", _OTHER.format("TRUNCATE", "FULL")),
)
CONTROLS = (
    Mode("WAL/NORMAL", "PRAGMA synchronous = NORMAL"),
    Mode("WAL/OFF", "PRAGMA synchronous = OFF"),
    Mode("DELETE/FULL", _OTHER.format("DELETE", "FULL")),
    Mode("DELETE/OFF", _OTHER.format("DELETE", "OFF")),
)


@dataclass(frozen=True)
class Append:
    """An entry, the position of the log at which it was asked for, and the one at which it was acknowledged."""

    entry: SealedEntry
    asked: int
    answered: int


@dataclass
class Boot:
    """From one power-on to the cut: what was on the disk, what was done to it, what was appended."""

    files: Mapping[str, bytes]
    known: Sequence[SealedEntry] = ()
    log: list[Operation] = field(default_factory=list)
    appends: list[Append] = field(default_factory=list)

    def acknowledged(self, position: int) -> int:
        """How many entries must be on the disk at this position."""
        return len(self.known) + sum(append.answered <= position for append in self.appends)

    def asked(self, position: int) -> int:
        """How many entries can be there at most."""
        return len(self.known) + sum(append.asked < position for append in self.appends)

    def entries(self) -> list[SealedEntry]:
        return [*self.known, *(append.entry for append in self.appends)]


class TickingClock:
    """A millisecond passes at every look."""

    def __init__(self) -> None:
        self.ms = 0

    def monotonic(self) -> float:
        self.ms += 1
        return self.ms / 1000

    def wall_ms(self) -> int:
        return 1_795_392_000_000 + self.ms

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


class WatchedJournal(Journal):
    """The journal, with a note of what it acknowledged when."""

    boot: Boot

    def append(self, subject: str, event: str, data: Mapping[str, object]) -> journal.Entry:
        asked = len(self.boot.log)
        entry = super().append(subject, event, data)
        answered = len(self.boot.log)
        (sealed,) = self.entries_after(entry.seq - 1, 1)
        self.boot.appends.append(Append(sealed, asked, answered))
        return entry


class Central:
    """Stands in for the api: answers by chance, and sometimes not at all."""

    def __init__(self, rng: Random) -> None:
        self._rng, self._orders, self._receipts = rng, dict[str, wire.OrderRequest](), 0

    def create(self, order: wire.OrderRequest) -> wire.OrderReply:
        self._maybe_silent("create")
        self._orders[order.order_id] = order
        return self._reply(order.order_id, wire.OrderState.CREATED, pay_url="http://127.0.0.1/x")

    def order(self, order_id: str) -> wire.OrderReply:
        self._maybe_silent("order")
        if self._rng.random() < 0.3:
            return self._reply(order_id, wire.OrderState.CREATED, pay_url="http://127.0.0.1/x")
        receipts = tuple(self._receipt(order_id) for _ in self._orders[order_id].lines)
        return self._reply(order_id, wire.OrderState.PAID, receipts=receipts)

    def close(self, order_id: str) -> wire.OrderReply:
        self._maybe_silent("close")
        return self._reply(order_id, wire.OrderState.CLOSED, reason="given_up")

    def grant_copy(self, receipt_no: str, print_id: str) -> wire.PrintGrant:
        self._maybe_silent("grant_copy")
        return self._granted(receipt_no, print_id, self._rng.randint(1, 9))

    def report_sheet(self, receipt_no: str, outcome: wire.PrintOutcome) -> wire.PrintGrant:
        self._maybe_silent("report_sheet")
        return self._granted(receipt_no, outcome.print_id, outcome.copy_number)

    def _granted(self, receipt_no: str, print_id: str, copy_number: int) -> wire.PrintGrant:
        receipt = self._receipt(print_id).model_copy(update={"receipt_no": receipt_no})
        return wire.PrintGrant(print_id=print_id, copy_number=copy_number, receipt=receipt)

    def _maybe_silent(self, call: str) -> None:
        if self._rng.random() < 0.1:
            raise Unreachable(call)

    def _reply(self, order_id: str, state: wire.OrderState, **more: Any) -> wire.OrderReply:
        known = self._orders.get(order_id)
        total_fen = known.total_fen if known else 0
        return wire.OrderReply(order_id=order_id, state=state, total_fen=total_fen, **more)

    def _receipt(self, order_id: str) -> wire.Receipt:
        self._receipts += 1
        return wire.Receipt(
            receipt_no=f"371081261123{self._receipts:04d}",
            order_id=order_id,
            person_id="p0000000",
            name="",
            masked_number="",
            title="居民养老",
            insurance="城乡居民基本养老保险",
            year=2026,
            tier_label="300 元/年",
            amount_fen=TIER_FEN,
            paid_at=datetime(2026, 11, 23, 9, 26, tzinfo=UTC),
            channel="微信支付",
            place="",
            verify_url="",
        )


@dataclass
class Machine:
    """What holds the journal of one started kiosk."""

    journal: Journal
    till: Till
    outbox: Outbox

    @classmethod
    def start(cls, kept: Journal, clock: TickingClock, central: Any, rng: Random) -> Machine:
        log = events.Log(io.StringIO(), clock)
        till = Till(kept, central, log, KIOSK)
        registrar = Registrar(kept, central, log, KIOSK)
        outbox = Outbox(till, registrar, DeviceLog(kept, central, log), central, kept, clock, log, rng)
        outbox.recover()
        return cls(kept, till, outbox)

    def visit(self, rng: Random) -> None:
        """One order, as far as it comes."""
        till = self.till
        lines = [
            Line(f"p{rng.randrange(16**8):08x}", "resident_pension", 2026, "300", TIER_FEN)
            for _ in range(rng.randint(1, 3))
        ]
        order = till.open(lines[0].person_id, lines)
        for _ in range(rng.randint(1, 6)):
            order = till.advance(order)
        for slip in order.slips:
            order = till.start_slip(order, slip.receipt_no)
            if rng.random() < 0.8:
                order = till.end_slip(order, slip.receipt_no, rng.choice(tuple(Verdict)))
        if rng.random() < 0.8:
            till.report(till.give_up(till.advance(till.give_up(order))))
        for slip in order.slips:
            if slip.state is State.OWED:
                self._copy(slip.receipt_no, rng)

    def _copy(self, receipt_no: str, rng: Random) -> None:
        try:
            grant = self.till.ask_copy(receipt_no)
        except Unreachable:
            return
        self.till.end_copy(grant, rng.choice(tuple(Verdict)))
        self.till.report_copy(grant.print_id)


def live(
    mode: Mode,
    rng: Random,
    boots: int = 2,
    visits: int = 12,
) -> list[Boot]:
    """A life under this mode.  ``visits`` before and again after the clean restart of each boot."""
    lived: list[Boot] = []
    clock, central = TickingClock(), Central(rng)
    boot = Boot({})
    with scratch_folder() as folder, prepared(mode.pragmas):
        for number in range(1, boots + 1):
            lay(folder, boot.files)
            with recorded(folder, boot.log):
                for session in "ab":
                    kept = WatchedJournal.open(folder, clock, f"boot-{number}{session}")
                    assert isinstance(kept, WatchedJournal)
                    kept.boot = boot
                    if session == "a":
                        boot.known = kept.entries_after(0, MOST)
                    machine = Machine.start(kept, clock, central, rng)
                    for _ in range(visits):
                        machine.visit(rng)
                    kept.close()
            lived.append(boot)
            late = len(boot.log) * 3 // 4
            ((_, files),) = cuts(mode.law, boot.files, boot.log, rng, 1, since=late)
            boot = Boot(files)
    return lived


def draw(boot: Boot, mode: Mode, rng: Random, images: int, folder: Path, tally: Tally) -> None:
    """Draws images of one boot and adds what was found to the tally."""
    clock, central = TickingClock(), Central(rng)
    entries = boot.entries()
    for position, image in cuts(mode.law, boot.files, boot.log, rng, images):
        lay(folder, image)
        tally.images += 1
        try:
            kept = Journal.open(folder, clock, "boot-after")
        except JournalError as error:
            tally.found_corrupt(f"position {position}: {error}")
            continue
        try:
            found = kept.entries_after(0, MOST)
            if found != entries[: len(found)] or len(found) > boot.asked(position):
                tally.found_corrupt(f"position {position}: an entry that was never appended")
            elif len(found) < boot.acknowledged(position):
                tally.found_loss(
                    boot.acknowledged(position) - len(found), f"position {position}, {mode.name}"
                )
            elif tally.images % STARTED_EVERY == 0:
                go_on(kept, clock, central, rng)
                tally.started += 1
        finally:
            kept.close()


def go_on(kept: Journal, clock: TickingClock, central: Central, rng: Random) -> None:
    """Starts the machine on a good image: every order can be replayed, none is open as if a flow held it, and it works on."""
    machine = Machine.start(kept, clock, central, rng)
    for subject in kept.subjects_last(ORDER):
        order = machine.till.load(subject.removeprefix(ORDER))
        assert order.money not in payment.UNPAID
        assert not {slip.state for slip in order.slips} & {State.PAID, State.PRINTING}
    before = kept.last_seq()
    machine.visit(rng)
    assert kept.verify() == kept.last_seq() > before


@contextmanager
def prepared(pragmas: str) -> Iterator[None]:
    """The journal with these pragmas after its own."""
    prepare = journal._prepare

    def prepare_otherwise(connection: apsw.Connection) -> None:
        prepare(connection)
        if pragmas:
            connection.execute(pragmas).fetchall()

    with patch.object(journal, "_prepare", prepare_otherwise):
        yield


def proof(
    mode: Mode,
    seed: int,
    images: int,
    boots: int = 2,
    visits: int = 12,
) -> Tally:
    """Lives one life and draws ``images`` of it, as many of each boot."""
    rng, tally = Random(f"{mode.name} {mode.law.value} {seed}"), Tally()
    lived = live(mode, rng, boots, visits)
    with scratch_folder() as folder:
        for boot in lived:
            draw(boot, mode, rng, images // len(lived), folder, tally)
    tally.acknowledged = sum(len(boot.appends) for boot in lived)
    return tally
