"""The books laid side by side: a difference of one fen, or of one sheet, is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devices.clock import SystemClock
from kiosk import payment
from kiosk.journal import Journal
from kiosk.payment import Order
from kiosk.till import ORDER
from stand.books import Books, Sheet, compare, gateway_of, journal_of, ledger_of, paper_total, sheet_of

KEY, NUMBER = "WD001-00000001-AAAAAAAAAA", "3710812611230001"
LINE = {
    "person_id": "p0000001",
    "product": "resident_pension",
    "year": 2026,
    "tier": "300",
    "amount_fen": 30000,
}
STEPS = (
    ("intent", {"payer_id": "p0000001", "lines": [LINE]}),
    ("created", {}),
    ("show", {}),
    ("paid", {"receipts": [NUMBER]}),
    ("print", {"receipt_no": NUMBER}),
    ("printed", {"receipt_no": NUMBER, "verdict": "printed"}),
)


def order(steps: int = len(STEPS)) -> Order:
    return payment.replay(KEY, STEPS[:steps])


@pytest.fixture
def books() -> Books:
    return Books({KEY: 30000}, {KEY: 30000}, {NUMBER: 30000}, {KEY: order()}, (Sheet(NUMBER, 30000, False),))


def test_books_that_agree(books: Books) -> None:
    assert compare(books) == []
    assert paper_total(books) == 30000
    assert "￥300.00" in books.summary() and "1 originals, 0 marked copies" in books.summary()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"gateway": {}}, "gateway None"),
        ({"gateway": {KEY: 29999}}, "gateway 29999"),
        ({"ledger": {}}, "ledger None"),
        ({"ledger": {KEY: 30001}}, "ledger 30001"),
        ({"journal": {}}, "kiosk journal None"),
        ({"journal": {KEY: order(3)}}, "still SHOWN"),
        ({"sheets": ()}, "paper []"),
        ({"sheets": (Sheet(NUMBER, 30001, False),)}, "paper [30001]"),
        ({"sheets": (Sheet(NUMBER, 30000, False),) * 2}, "2 unmarked sheets"),
        ({"sheets": (Sheet(NUMBER, 30000, False), Sheet("3710812611230002", 1, True))}, "3710812611230002"),
        ({"slips": {}}, "ledger None"),
    ],
)
def test_every_difference_is_named(books: Books, change: dict[str, object], named: str) -> None:
    found = compare(replace(books, **change))  # type: ignore[arg-type]
    assert any(named in line for line in found), found


def test_copies_count_once(books: Books) -> None:
    copies = replace(books, sheets=(*books.sheets, Sheet(NUMBER, 30000, True), Sheet(NUMBER, 30000, True)))
    assert compare(copies) == []
    assert paper_total(copies) == 30000


def row(kind: str, fen: int, receipt_no: str | None = None) -> dict[str, object]:
    return {"order_id": KEY, "receipt_no": receipt_no, "amount_fen": fen, "kind": kind, "state": ""}


def test_a_payment_for_two_is_their_sum() -> None:
    rows = [row("payment", 30000, NUMBER), row("payment", 42000, "3710812611230002")]
    assert ledger_of(rows) == ({KEY: 72000}, {NUMBER: 30000, "3710812611230002": 42000})


def test_late_money_that_went_back_is_nothing() -> None:
    """Central books a refund below zero."""
    assert ledger_of([row("late_payment", 30000), row("refund", -30000)]) == ({}, {})
    assert ledger_of([row("late_payment", 30000)]) == ({KEY: 30000}, {})


def test_the_gateways_money_is_what_it_kept() -> None:
    trade = {"order_id": KEY, "amount_fen": 30000, "refunded_fen": 1, "kept_fen": 29999, "state": "paid"}
    assert gateway_of([trade]) == {KEY: 29999}
    assert gateway_of([{**trade, "refunded_fen": 30000, "kept_fen": 0}]) == {}


def test_a_journal_is_read_as_the_kiosk_wrote_it(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, SystemClock(), "boot-of-a-test")
    for event, data in STEPS:
        journal.append(ORDER + KEY, event, data)
    journal.append("copy:WD001-00000009-BBBBBBBBBB", "asked", {"receipt_no": NUMBER})
    journal.close()
    assert journal_of(tmp_path) == {KEY: order()}


LINES = ["社会保险费缴费凭证", "凭证号       3710 8126 1123 0001", "缴费人   示例", "金额 ￥1,300.05"]


def test_a_sheet_is_read_from_its_words() -> None:
    assert sheet_of(LINES) == Sheet(NUMBER, 130005, copy=False)
    assert sheet_of([LINES[0], "      补打 2", *LINES[1:]]) == Sheet(NUMBER, 130005, copy=True)


def test_what_is_no_receipt() -> None:
    assert sheet_of([]) is None
    assert sheet_of(["付款结果待核对单", *LINES[1:]]) is None
    assert sheet_of(["个人缴费记录"]) is None


def test_a_torn_receipt_is_none() -> None:
    assert sheet_of(LINES[:1]) is None
    assert sheet_of(LINES[:3]) is None
