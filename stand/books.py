"""The books laid side by side: gateway, ledger, kiosk journal, paper.  They must agree to the fen."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.clock import SystemClock
from kiosk import money, payment, texts
from kiosk.journal import Journal
from kiosk.payment import Order
from kiosk.till import ORDER
from stand.hands import Hands

COPY_WORD = texts.SLIP_COPY.split(" ")[0]


@dataclass(frozen=True)
class Sheet:
    """What one receipt says: its number, its amount in fen, and whether it is marked as a copy."""

    receipt_no: str
    amount_fen: int
    copy: bool


@dataclass(frozen=True)
class Books:
    gateway: dict[str, int]  # order id -> fen that the payer's side moved and did not get back
    ledger: dict[str, int]  # order id -> fen booked
    slips: dict[str, int]  # receipt number -> fen, as central gave them
    journal: dict[str, Order]
    sheets: tuple[Sheet, ...]

    @classmethod
    def read(cls, hands: Hands, folder: Path, sheets: list[list[str]]) -> Books:
        return cls(
            gateway_of(hands.trades()),
            *ledger_of(hands.ledger()),
            journal_of(folder),
            tuple(filter(None, map(sheet_of, sheets))),
        )

    def summary(self) -> str:
        paid = [order for order in self.journal.values() if order.money is payment.State.PAID]
        originals = sum(not sheet.copy for sheet in self.sheets)
        rows = (
            ("paid at the gateway", len(self.gateway), sum(self.gateway.values())),
            ("booked in central's ledger", len(self.ledger), sum(self.ledger.values())),
            ("paid in the kiosk's journal", len(paid), sum(order.total_fen for order in paid)),
            ("receipt numbers on paper", len({s.receipt_no for s in self.sheets}), paper_total(self)),
        )
        lines = [f"{words:<28} {count:>3}   {money.with_sign(fen):>14}" for words, count, fen in rows]
        return "\n".join(
            [*lines, f"sheets: {originals} originals, {len(self.sheets) - originals} marked copies"]
        )


def compare(books: Books) -> list[str]:
    """One line for each difference; empty when money and paper agree."""
    found = []
    paid = {key: order.total_fen for key, order in books.journal.items() if order.money is payment.State.PAID}
    for name, other in (("ledger", books.ledger), ("kiosk journal", paid)):
        for key in sorted(books.gateway.keys() | other.keys()):
            if books.gateway.get(key) != other.get(key):
                found.append(
                    f"order {key}: gateway {books.gateway.get(key)} fen, {name} {other.get(key)} fen"
                )
    for key, order in books.journal.items():
        if order.money in payment.OPEN:
            found.append(f"order {key} is still {order.money.value}")
    originals = Counter(sheet.receipt_no for sheet in books.sheets if not sheet.copy)
    found += [
        f"receipt {number}: {count} unmarked sheets" for number, count in originals.items() if count > 1
    ]
    on_paper: dict[str, set[int]] = defaultdict(set)
    for sheet in books.sheets:
        on_paper[sheet.receipt_no].add(sheet.amount_fen)
    for number in sorted(on_paper.keys() | books.slips.keys()):
        if on_paper.get(number) != {books.slips.get(number)}:
            found.append(
                f"receipt {number}: ledger {books.slips.get(number)} fen, paper {sorted(on_paper.get(number, ()))}"
            )
    return found


def paper_total(books: Books) -> int:
    return sum({sheet.receipt_no: sheet.amount_fen for sheet in books.sheets}.values())


def gateway_of(trades: list[dict[str, Any]]) -> dict[str, int]:
    """Order id -> fen that the payer's side moved and did not get back, of the gateway's trades."""
    return {trade["order_id"]: int(trade["kept_fen"]) for trade in trades if trade["kept_fen"]}


def ledger_of(rows: list[dict[str, Any]]) -> tuple[dict[str, int], dict[str, int]]:
    """(order id -> net fen, receipt number -> fen) of central's movements."""
    orders: dict[str, int] = defaultdict(int)
    slips: dict[str, int] = {}
    for row in rows:
        orders[row["order_id"]] += int(row["amount_fen"])  # a refund is below zero in the ledger itself
        if row.get("receipt_no"):
            slips[row["receipt_no"]] = int(row["amount_fen"])
    return {key: fen for key, fen in orders.items() if fen}, slips


def journal_of(folder: Path) -> dict[str, Order]:
    """Every order as the kiosk's journal has it."""
    journal = Journal.open(folder, SystemClock(), "books")
    try:
        keys = [subject.removeprefix(ORDER) for subject in journal.subjects_last(ORDER)]
        return {
            key: payment.replay(key, [(e.event, e.data) for e in journal.entries(ORDER + key)])
            for key in keys
        }
    finally:
        journal.close()


def sheet_of(lines: list[str]) -> Sheet | None:
    """A receipt from the text that was printed; None for a slip that is no receipt, or a torn one without its amount."""
    if not lines or texts.SLIP_TITLE not in lines[0]:
        return None
    values = {
        label: line.removeprefix(label).strip()
        for line in lines
        for label in LABELS
        if line.startswith(label)
    }
    if values.keys() < set(LABELS):
        return None
    number = values[texts.RECEIPT_NO].replace(" ", "")
    fen = money.parse_yuan(values[texts.AMOUNT].replace("￥", "").replace(",", ""))
    return Sheet(number, fen, any(line.strip().startswith(COPY_WORD) for line in lines[:3]))


LABELS = (texts.RECEIPT_NO, texts.AMOUNT)
