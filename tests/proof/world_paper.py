"""Receipts and sheets of paper, as a model of ``central.receipts``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from kiosk import wire
from kiosk.api import Refused
from kiosk.wire import ProblemCode

MAYBE_PAPER = ("printed", "unknown")


@dataclass(slots=True)
class Paper:
    """One receipt: what it says, and when it was given."""

    receipt_no: str
    order_id: str
    person_id: str
    tier: str
    amount_fen: int
    paid_ms: int


@dataclass(slots=True)
class Print:
    """One sheet that central has heard of."""

    receipt_no: str
    copy_number: int
    verdict: str | None


class PrintDesk:
    """Leave to print marked copies, and what became of each sheet."""

    def __init__(self) -> None:
        self.receipts: dict[str, Paper] = {}
        self.prints: dict[str, Print] = {}

    def grant(self, kiosk_id: str, receipt_no: str, print_id: str) -> wire.PrintGrant:
        if receipt_no not in self.receipts:
            raise Refused("grant_copy", ProblemCode.RECEIPT_UNKNOWN)
        sheet = self.prints.get(print_id)
        if sheet is None:
            last = max((s.copy_number for s in self.prints.values() if s.receipt_no == receipt_no), default=0)
            sheet = self.prints[print_id] = Print(receipt_no, last + 1, None)
        elif sheet.receipt_no != receipt_no or sheet.copy_number == 0:
            raise Refused("grant_copy", ProblemCode.ORDER_CONFLICT)
        return self._granted(print_id, sheet)

    def outcome(self, kiosk_id: str, receipt_no: str, told: wire.PrintOutcome) -> wire.PrintGrant:
        if receipt_no not in self.receipts:
            raise Refused("report_sheet", ProblemCode.RECEIPT_UNKNOWN)
        sheet, verdict = self.prints.get(told.print_id), told.verdict.value
        if sheet is None:
            if told.copy_number != 0:
                raise Refused("report_sheet", ProblemCode.ORDER_CONFLICT)
            sheet = self.prints[told.print_id] = Print(receipt_no, 0, verdict)
        elif (sheet.receipt_no, sheet.copy_number) != (receipt_no, told.copy_number):
            raise Refused("report_sheet", ProblemCode.ORDER_CONFLICT)
        elif sheet.verdict in (None, "unknown"):
            sheet.verdict = verdict
        elif sheet.verdict != verdict:
            raise Refused("report_sheet", ProblemCode.ORDER_CONFLICT)
        return self._granted(told.print_id, sheet)

    def _granted(self, print_id: str, sheet: Print) -> wire.PrintGrant:
        receipt = self._receipt(self.receipts[sheet.receipt_no])
        return wire.PrintGrant(print_id=print_id, copy_number=sheet.copy_number, receipt=receipt)

    def _receipt(self, paper: Paper) -> wire.Receipt:
        verdicts = list(self._verdicts(paper.receipt_no))
        sheets = sum(verdict in MAYBE_PAPER for verdict in verdicts)
        return _receipt(
            paper.receipt_no,
            paper.order_id,
            paper.person_id,
            paper.tier,
            paper.amount_fen,
            paper.paid_ms,
            sheets,
            "printed" not in verdicts,
        )

    def _is_owed(self, receipt_no: str) -> bool:
        return "printed" not in self._verdicts(receipt_no)

    def _verdicts(self, receipt_no: str) -> Iterable[str | None]:
        return [sheet.verdict for sheet in self.prints.values() if sheet.receipt_no == receipt_no]


@lru_cache(maxsize=20_000)
def _receipt(
    receipt_no: str,
    order_id: str,
    person_id: str,
    tier: str,
    amount_fen: int,
    paid_ms: int,
    sheets: int,
    owed: bool,
) -> wire.Receipt:
    return wire.Receipt(
        receipt_no=receipt_no,
        order_id=order_id,
        person_id=person_id,
        name="测试",
        masked_number="3710**********0012",
        title="居民养老",
        insurance="城乡居民基本养老保险",
        year=2026,
        tier_label=tier,
        amount_fen=amount_fen,
        paid_at=datetime.fromtimestamp(paid_ms / 1000, UTC),
        channel="微信支付",
        place="测试大厅",
        verify_url=f"HTTP://TEST/V/{receipt_no}",
        sheets=sheets,
        owed=owed,
    )
