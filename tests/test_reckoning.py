"""The reckoning finds what is wrong: each book is falsified once, and each falsification has its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from central.server import Running, running
from central.settings import Settings
from kiosk.payment import State
from kiosk.views import PaidButton
from tests.desk import WORLD
from tests.kiosk.conftest import FixedClock
from tests.reckoning import Kind, Reckoning
from tests.visitor import PENSION, Visitor, owing

AMOUNT_FEN = 30_000  # tier "300" of the resident pension


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("central")
    settings = Settings(data, sandbox=True, township=300, seed=3, sweep_interval_s=0, clock=FixedClock())
    with running(settings) as service:
        yield service


@pytest.fixture(scope="module")
def visitor(central: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Two people paid, each with a receipt; a third gave up."""
    kiosk = Visitor(central, tmp_path_factory.mktemp("kiosk"), owing(central))
    for _ in range(2):
        pay = (PENSION, "300", True, kiosk.cashier(), WORLD, PaidButton.DONE)
        kiosk.visit(*kiosk.come(kiosk.somebody()), *pay)
    kiosk.sweep()
    yield kiosk
    kiosk.stop()


@pytest.fixture
def reckoning(central: Running, visitor: Visitor) -> Reckoning:
    return Reckoning([visitor], central.service.database)


def found(reckoning: Reckoning) -> set[Kind]:
    return {each.kind for each in reckoning.wrong()}


def first(book: dict[str, Any]) -> str:
    return next(iter(book))


def test_books_that_agree(reckoning: Reckoning) -> None:
    assert reckoning.wrong() == []
    assert reckoning.difference_fen() == 0
    assert set(reckoning.sums_fen().values()) == {2 * AMOUNT_FEN}


@pytest.mark.parametrize("book", ["gateway", "ledger", "kiosks"])
def test_a_payment_that_one_book_does_not_know_is_lost(reckoning: Reckoning, book: str) -> None:
    del getattr(reckoning, book)[first(reckoning.gateway)]
    assert Kind.LOST in found(reckoning)
    assert reckoning.difference_fen() == AMOUNT_FEN


def test_one_fen_is_a_difference_and_two_never_even_out(reckoning: Reckoning) -> None:
    one, other = reckoning.ledger
    reckoning.ledger[one] += 1
    reckoning.ledger[other] -= 1
    assert sum(reckoning.ledger.values()) == sum(reckoning.gateway.values())
    assert reckoning.difference_fen() == 2
    assert len(reckoning.wrong()) == 2


def test_money_that_came_twice_is_doubled(reckoning: Reckoning) -> None:
    key = first(reckoning.gateway)
    reckoning.gateway[key] *= 2
    reckoning.ledger[key] *= 2
    assert found(reckoning) == {Kind.DOUBLED}


def test_a_second_unmarked_original_is_doubled(reckoning: Reckoning, visitor: Visitor) -> None:
    reckoning.sheets[visitor].append(reckoning.sheets[visitor][0])
    assert found(reckoning) == {Kind.DOUBLED}


def test_a_marked_copy_is_not(reckoning: Reckoning, visitor: Visitor) -> None:
    reckoning.sheets[visitor].append(replace(reckoning.sheets[visitor][0], copy=True))
    assert reckoning.wrong() == []


def test_a_receipt_on_no_paper_is_lost_unless_it_is_owed(reckoning: Reckoning, visitor: Visitor) -> None:
    sheet = reckoning.sheets[visitor].pop()
    assert found(reckoning) == {Kind.LOST, Kind.FALSE}
    assert reckoning.difference_fen() == AMOUNT_FEN
    reckoning._owed = reckoning._owed | {sheet.receipt_no}
    assert found(reckoning) == {Kind.FALSE}, "its journal still says that it is DONE"


def test_a_sheet_that_says_another_amount_is_false(reckoning: Reckoning, visitor: Visitor) -> None:
    sheets = reckoning.sheets[visitor]
    sheets[0] = replace(sheets[0], amount_fen=AMOUNT_FEN + 100)
    assert found(reckoning) == {Kind.FALSE}
    assert reckoning.difference_fen() == 100


def test_a_sheet_without_money_is_false(reckoning: Reckoning, visitor: Visitor) -> None:
    reckoning.sheets[visitor].append(replace(reckoning.sheets[visitor][0], receipt_no="3710812611230999"))
    assert found(reckoning) == {Kind.FALSE}


def test_a_receipt_that_no_journal_signed_is_lost(reckoning: Reckoning) -> None:
    reckoning._signed.clear()
    assert found(reckoning) == {Kind.LOST}


def test_an_order_that_is_still_open_is_open(reckoning: Reckoning, visitor: Visitor) -> None:
    orders = reckoning.orders[visitor]
    key = first(orders)
    orders[key] = replace(orders[key], money=State.CLOSING)
    assert Kind.OPEN in found(reckoning)


def test_a_verdict_that_was_not_reported_is_open(reckoning: Reckoning, visitor: Visitor) -> None:
    orders = reckoning.orders[visitor]
    key = first(orders)
    slips = tuple(replace(slip, reported=False) for slip in orders[key].slips)
    orders[key] = replace(orders[key], slips=slips)
    assert found(reckoning) == {Kind.OPEN}


def test_a_slip_that_says_not_printed_and_was_is_false(reckoning: Reckoning, visitor: Visitor) -> None:
    orders = reckoning.orders[visitor]
    key = first(orders)
    slips = tuple(replace(s, state=State.OWED, verdict="not_printed") for s in orders[key].slips)
    orders[key] = replace(orders[key], slips=slips)
    assert found(reckoning) == {Kind.FALSE}
