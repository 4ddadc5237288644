"""What durability costs: one commit on the real disk, and all of the journal in one paid visit.

The peer of a commit is the least that survives a power cut: the same bytes written to a file and fdatasync'ed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from bench.figures import Figure, median, percentile
from bench.machine import filesystem
from bench.scene import Scene, first_due, lookup
from devices.clock import SystemClock
from devices.printer import Verdict
from kiosk import events
from kiosk.api import Api, Refused
from kiosk.journal import SLOWEST_COMMIT_MS, Entry, Journal
from kiosk.payment import Line, State
from kiosk.till import Till
from stand.__main__ import KIOSK_ID

DATA = {"receipts": ["371000202611230042"], "note": "x" * 160}  # about what "paid" says


def measure(scene: Scene, quick: bool) -> list[Figure]:
    return [commits(scene.folder, 200 if quick else 2000), visits(scene, 3 if quick else 20)]


def commits(folder: Path, count: int) -> Figure:
    """Ours and the peer by turns, in blocks of 50."""
    ours: list[float] = []
    bare: list[float] = []
    journal = Journal.open(folder / "commits", SystemClock(), "bench")
    line = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(count // 50):
            for _ in range(50):
                began_s = time.perf_counter()
                journal.append("order:BENCH", "paid", DATA)
                ours.append((time.perf_counter() - began_s) * 1000)
            for _ in range(50):
                began_s = time.perf_counter()
                os.write(line, b"x" * 400)
                os.fdatasync(line)
                bare.append((time.perf_counter() - began_s) * 1000)
    finally:
        os.close(line)
        journal.close()
    p99 = percentile(ours, 0.99)
    return Figure(
        "journal_commit_ms",
        median(ours),
        "ms",
        median(bare),
        "write and fdatasync of the same bytes",
        low=min(ours),
        high=max(ours),
        runs=len(ours),
        more={
            "p99_ms": p99,
            "peer_p99_ms": percentile(bare, 0.99),
            "p99_allowed_ms": SLOWEST_COMMIT_MS,
            "p99_met": p99 <= SLOWEST_COMMIT_MS,
            "filesystem": filesystem(folder),
        },
    )


class Watched:
    """Milliseconds spent inside a journal and inside an api, of one visit."""

    def __init__(self) -> None:
        self.journal_ms = self.api_ms = 0.0
        self.writes = 0


class TimedJournal(Journal):
    """A journal that counts."""

    watched = Watched()

    def append(self, subject: str, event: str, data: Mapping[str, object]) -> Entry:
        began_s = time.perf_counter()
        entry = super().append(subject, event, data)
        self.watched.journal_ms += (time.perf_counter() - began_s) * 1000
        self.watched.writes += 1
        return entry


class TimedApi(Api):
    """An api that counts, network and central included."""

    watched = Watched()

    def _call(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        began_s = time.perf_counter()
        try:
            return super()._call(*args, **kwargs)
        finally:
            self.watched.api_ms += (time.perf_counter() - began_s) * 1000


def visits(scene: Scene, count: int) -> Figure:
    """From the person's yes to the sheet reported: the till's whole way, without the waiting for payer and paper."""
    log = events.Log(scene.folder / "bench.log", SystemClock())
    journal = TimedJournal.open(scene.folder / "visits", SystemClock(), "bench")
    assert isinstance(journal, TimedJournal)
    api = TimedApi(scene.config.central, KIOSK_ID, SystemClock(), log)
    journal_ms: list[float] = []
    own_ms: list[float] = []
    network_ms: list[float] = []
    writes: list[int] = []
    for card in scene.cards(60):
        try:
            page = api.visit(lookup(card))
        except Refused:
            continue
        due = first_due(page)
        if due is None:
            continue
        watched = journal.watched = api.watched = Watched()
        till = Till(journal, api, log, KIOSK_ID)
        began_s = time.perf_counter()
        order = till.open(
            page.person_id, [Line(due.person_id, due.product, due.year, due.tier, due.amount_fen)]
        )
        order = till.advance(till.advance(order))
        whole_s = time.perf_counter() - began_s
        assert order.money is State.SHOWN, order.money
        scene.pay(till.pay_url)
        began_s = time.perf_counter()
        order = till.advance(order)
        receipt_no = till.receipts[0].receipt_no
        order = till.end_slip(till.start_slip(order, receipt_no), receipt_no, Verdict.PRINTED)
        order = till.report(order)
        whole_s += time.perf_counter() - began_s
        assert order.settled
        journal_ms.append(watched.journal_ms)
        network_ms.append(watched.api_ms)
        own_ms.append(whole_s * 1000 - watched.journal_ms - watched.api_ms)
        writes.append(watched.writes)
        if len(own_ms) == count:
            break
    journal.close()
    api.close_connections()
    both = [a + b for a, b in zip(journal_ms, own_ms, strict=True)]
    return Figure(
        "payment_overhead_ms",
        median(both),
        "ms",
        low=min(both),
        high=max(both),
        runs=len(both),
        more={
            "journal_writes": max(writes),
            "journal_ms": median(journal_ms),
            "own_code_ms": median(own_ms),
            "network_and_central_ms": median(network_ms),
            "counts": "confirm to reported sheet; without network, payer and paper",
        },
    )
