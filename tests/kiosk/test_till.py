"""An answer to another question is no answer: it shows no code, prints no paper and settles nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from devices.printer import Verdict
from kiosk import events, wire
from kiosk.api import Api, Unreachable
from kiosk.journal import Journal
from kiosk.payment import Line, State
from kiosk.till import Answer, Till
from tests.desk import Clock

LINE = Line("p0000001", "resident_pension", 2026, "300", 30_000)
OTHERS = "WD002-00000001-AAAAAAAAAA"


class Answers:
    """A client whose every call gets the answer that was laid out for it."""

    def __init__(self, answer: wire.Reply) -> None:
        self.answer = answer

    def __getattr__(self, _call: str) -> Any:
        return lambda *_arguments: self.answer


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path, Clock(), "test")
    yield journal
    journal.close()


def till_of(journal: Journal, answer: wire.Reply) -> Till:
    return Till(journal, cast(Api, Answers(answer)), events.Log(io.StringIO(), Clock()), "WD001")


def code(order_id: str, total_fen: int = 30_000) -> wire.OrderReply:
    state = wire.OrderState.CREATED
    return wire.OrderReply(order_id=order_id, state=state, total_fen=total_fen, pay_url="a code")


def grant(print_id: str, receipt_no: str) -> wire.PrintGrant:
    receipt = wire.Receipt(
        receipt_no=receipt_no,
        order_id=OTHERS,
        person_id="p0000001",
        name="测试",
        masked_number="3710**********0012",
        title="居民养老",
        insurance="城乡居民基本养老保险",
        year=2026,
        tier_label="300 元/年",
        amount_fen=30_000,
        paid_at=datetime(2026, 11, 23, 2, tzinfo=UTC),
        channel="微信支付",
        place="测试大厅",
        verify_url="HTTP://TEST/V/1",
    )
    return wire.PrintGrant(print_id=print_id, copy_number=1, receipt=receipt)


def test_another_orders_code_is_never_shown(journal: Journal) -> None:
    till = till_of(journal, code(OTHERS))
    order = till.open("p0000001", [LINE])
    assert till.advance(order) == order
    assert (till.last, till.pay_url) == (Answer.SILENT, "")
    cast(Any, till._api).answer = code(order.order_id)
    assert till.advance(order).money is State.CREATED


def test_a_code_over_another_amount_is_never_shown(journal: Journal) -> None:
    till = till_of(journal, code(OTHERS))
    order = till.open("p0000001", [LINE])
    cast(Any, till._api).answer = code(order.order_id, 29_999)
    assert till.advance(order) == order


def test_leave_for_another_sheet_prints_nothing(journal: Journal) -> None:
    till = till_of(journal, grant(OTHERS, "3710812611230001"))
    with pytest.raises(Unreachable):
        till.ask_copy("3710812611230001")
    assert [entry.event for entry in journal.entries()] == ["asked"]


def test_an_outcome_counts_as_heard_only_when_it_is_ours(journal: Journal) -> None:
    mine = grant(OTHERS, "3710812611230001")
    till = till_of(journal, grant("WD001-00000009-BBBBBBBBBB", "3710812611230001"))
    journal.append(f"copy:{OTHERS}", "printing", {"receipt_no": "3710812611230001", "copy_number": 1})
    till.end_copy(mine, Verdict.PRINTED)
    assert till.report_copy(OTHERS) is False
    cast(Any, till._api).answer = mine
    assert till.report_copy(OTHERS) is True
