"""Ten afternoons of random citizens before two machines while everything breaks.  Afterwards, to the fen:

gateway = ledger = journal; paper only for money, one unmarked sheet at most; nothing open; late money went back.

A failure prints its seed: ``pytest tests/kiosk/test_simulation.py -k "[7]"`` plays that afternoon again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from central import tables
from central.sandbox import Act
from central.server import Running, running
from central.settings import Settings
from kiosk import texts
from kiosk.payment import Order, State
from stand.books import Sheet
from tests.kiosk.citizens import Afternoon, mend_printer
from tests.kiosk.conftest import FixedClock
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
        found = [line for visitor in visitors for line in wrong_at(visitor)] + wrong_in(town)
        assert not found, f"seed {seed}: {found}"
        count(met, visitors)
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


def wrong_at(visitor: Visitor) -> Iterator[str]:
    """One line for each difference in one machine's books."""
    books = visitor.books()
    paid = {key: order for key, order in books.journal.items() if order.money is State.PAID}
    amounts = {key: order.total_fen for key, order in paid.items()}
    if not books.gateway == books.ledger == amounts:
        yield f"gateway {books.gateway}, ledger {books.ledger}, journal {amounts}"
    for key, order in books.journal.items():
        if order.money not in (State.PAID, State.CLOSED) or not order.settled:
            yield f"order {key} is still {order.state.value}"
    slips = {slip.receipt_no: slip for order in paid.values() for slip in order.slips}
    if slips.keys() != books.slips.keys():
        yield f"receipts {slips.keys() ^ books.slips.keys()}"
    ours = Counter(sheet.receipt_no for sheet in books.sheets if not sheet.copy)
    for number, slip in slips.items():
        if slip.state not in (State.DONE, State.OWED):
            yield f"receipt {number} is {slip.state.value}"
        if ours[number] > 1 or (slip.state is State.DONE) > ours[number]:
            yield f"receipt {number} is {slip.state.value}, unmarked sheets {ours[number]}"
        if (slip.state is State.DONE) != (slip.verdict == "printed"):
            yield f"receipt {number} is {slip.state.value} although {slip.verdict}"
        if slip.verdict == "not_printed" and ours[number]:
            yield f"receipt {number} was said not to be printed, and was"
    yield from wrong_on_paper(visitor, slips)


def wrong_on_paper(visitor: Visitor, slips: Iterable[str]) -> Iterator[str]:
    """Sheets without money, with another amount, from another machine, or torn into one another."""
    with visitor.central.service.database.read() as connection:
        rows = connection.execute(select(tables.receipts.c.receipt_no, tables.receipts.c.amount_fen))
        given = {row.receipt_no: row.amount_fen for row in rows}  # with those of earlier years
    for sheet in visitor.sheets():
        if given.get(sheet.receipt_no) != sheet.amount_fen:
            yield f"sheet {sheet.receipt_no}: {sheet.amount_fen} fen, central {given.get(sheet.receipt_no)}"
        if not sheet.copy and sheet.receipt_no not in slips:
            yield f"an unmarked sheet of {sheet.receipt_no} from a machine that was not paid"
    for paper in visitor.stand.printer.sheets:
        if sum(texts.SLIP_TITLE in line for line in paper.text) > 1:
            yield "two people's sheets hang together"


def wrong_in(town: Running) -> list[str]:
    """What central itself must never hold once all is quiet."""
    orders, ledger, receipts = tables.orders, tables.ledger, tables.receipts
    found = []
    with town.service.database.read() as connection:
        for order_id, state in connection.execute(
            select(orders.c.order_id, orders.c.state).where(
                orders.c.state.in_(("requested", "created", "refunding"))
            )
        ):
            found.append(f"central has {order_id} {state}")
        if claims := connection.execute(select(func.count()).select_from(tables.claims)).scalar():
            found.append(f"{claims} dues are still claimed")
        sums = select(orders.c.state, orders.c.order_id, func.sum(ledger.c.amount_fen)).join(
            ledger, ledger.c.order_id == orders.c.order_id
        )
        for state, order_id, fen in connection.execute(sums.group_by(orders.c.order_id, orders.c.state)):
            if fen != 0 and state != "paid":
                found.append(f"central keeps {fen} fen of {order_id}, which is {state}")
        same = select(receipts.c.person_id, receipts.c.title, receipts.c.year).group_by(
            receipts.c.person_id, receipts.c.title, receipts.c.year
        )
        found += [
            f"paid twice: {row.title} {row.year}" for row in connection.execute(same.having(func.count() > 1))
        ]
    return found


def count(met: Counter[str], visitors: tuple[Visitor, ...]) -> None:
    for visitor in visitors:
        orders: list[Order] = list(visitor.orders().values())
        met.update(order.state.value for order in orders)
        met.update(slip.verdict for order in orders for slip in order.slips)
        sheets: list[Sheet] = visitor.sheets()
        met["copies"] += sum(sheet.copy for sheet in sheets)
        with visitor.central.service.database.read() as connection:
            back = select(func.count()).where(tables.orders.c.state == "refunded")
            met["refunded"] = connection.execute(back).scalar_one()
