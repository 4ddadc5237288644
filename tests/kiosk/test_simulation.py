"""Ten afternoons of random citizens before two machines while everything breaks.  Afterwards, to the fen:

gateway = ledger = journal; paper only for money, one unmarked sheet at most; nothing open; late money went back.

A failure prints its seed: ``pytest tests/kiosk/test_simulation.py -k "[7]"`` plays that afternoon again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from central import tables
from central.sandbox import Act
from central.server import Running, running
from central.settings import Settings
from kiosk.payment import Order
from stand.books import Sheet
from tests.kiosk.citizens import Afternoon, mend_printer
from tests.kiosk.conftest import FixedClock
from tests.reckoning import Reckoning
from tests.visitor import Visitor, owing

SEEDS, VISITS = 10, 32
VILLAGE = 150  # residents a seed: an afternoon is the same whichever were played before
QUICK = {'profile = "epson-80"': 'profile = "epson-80"\nstatus_timeout_s = 0.2\ncompletion_timeout_s = 0.3'}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("town")
    settings = Settings(data, sandbox=True, township=1500, seed=21, sweep_interval_s=0, clock=FixedClock())
    with running(settings) as central:
        yield central


@pytest.fixture(scope="module")
def met() -> Counter[str]:
    """What all afternoons together have met."""
    return Counter()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_fen_and_no_sheet_is_lost(town: Running, met: Counter[str], tmp_path: Path, seed: int) -> None:
    people = owing(town, slice(seed * VILLAGE, (seed + 1) * VILLAGE))
    visitors = tuple(machine(town, tmp_path, people, name) for name in ("WD001", "WD002"))
    afternoon = Afternoon(Random(seed), visitors, people, met)
    try:
        for _ in range(VISITS):
            afternoon.visit()
            met["visits"] += 1
        heal(town, visitors)
        found = Reckoning(visitors, town.service.database, whole=False).wrong()
        assert not found, f"seed {seed}: {found}"
        count(met, town, visitors)
    finally:
        for visitor in visitors:
            visitor.stop()


def test_the_afternoons_met_everything(met: Counter[str]) -> None:
    """A simulation that never leaves the sunny side proves nothing."""
    if met["visits"] < SEEDS * VISITS:
        pytest.skip("only some of the afternoons were played")
    assert met["visits"] >= 300
    views = "PresentCard MyPage ChooseTier ChooseMembers ConfirmPayment PayByQr ScanPayerCode Paid Pending Records"
    views += " ChooseReceipt Attention TakeCard SaveToPhone"
    worlds = [
        "power cut",
        "elsewhere",
        "DONE",
        "OWED",
        "CLOSED",
        "copies",
        "refunded",
        "unknown",
        "not_printed",
    ]
    rare = {name: met[name] for name in [*views.split(), *worlds] if met[name] < 3}
    assert not rare


def machine(town: Running, folder: Path, people: Iterator[dict[str, Any]], kiosk_id: str) -> Visitor:
    (folder / kiosk_id).mkdir()
    visitor = Visitor(town, folder / kiosk_id, people, kiosk_id, QUICK)
    visitor.stand.network.delay_s = 0.01
    return visitor


def heal(town: Running, visitors: tuple[Visitor, ...]) -> None:
    """Everything works again, and everybody has the time to say what is left to say."""
    sandbox = town.service.sandbox
    assert sandbox is not None
    for slip in sandbox.slips():
        if slip.silent:
            sandbox.act(slip.token, Act.RELEASE)
    for visitor in visitors:
        visitor.stand.network.healthy()
        mend_printer(visitor)
        visitor.power_cut()
        outbox = visitor.start().kiosk.outbox
        for _ in range(200):
            visitor.sweep(1)
            if not outbox._cases:
                break
        visitor.let_it_print()
    for _ in range(4):
        town.service.settings.clock.ms += 3_700_000  # type: ignore[attr-defined]
        town.service.orders.sweep()


def count(met: Counter[str], town: Running, visitors: tuple[Visitor, ...]) -> None:
    for visitor in visitors:
        orders: list[Order] = list(visitor.orders().values())
        met.update(order.state.value for order in orders)
        met.update(slip.verdict for order in orders for slip in order.slips)
        sheets: list[Sheet] = visitor.sheets()
        met["copies"] += sum(sheet.copy for sheet in sheets)
    with town.service.database.read() as connection:
        back = select(func.count()).where(tables.orders.c.state == "refunded")
        met["refunded"] = connection.execute(back).scalar_one()
