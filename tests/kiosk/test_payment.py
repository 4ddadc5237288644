"""The table of one order against the clerk's manual, written out here a second time by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import payment
from kiosk.payment import Event, IllegalEvent, Order, State

INTENT = (
    "intent",
    {
        "payer_id": "p0000001",
        "lines": [
            {
                "person_id": "p0000001",
                "product": "resident_pension",
                "year": 2026,
                "tier": "300",
                "amount_fen": 30000,
            },
            {
                "person_id": "p0000002",
                "product": "resident_medical",
                "year": 2027,
                "tier": "one",
                "amount_fen": 42000,
            },
        ],
    },
)
PAID = ("paid", {"receipts": ["3710812611230001", "3710812611230002"]})
FIRST, SECOND = {"receipt_no": "3710812611230001"}, {"receipt_no": "3710812611230002"}

MANUAL = """
INTENT created CREATED
INTENT refused CLOSED
INTENT give_up CLOSING
CREATED show SHOWN
CREATED give_up CLOSING
SHOWN paid PAID
SHOWN code_sent SHOWN
SHOWN give_up CLOSING
CLOSING paid PAID
CLOSING closed CLOSED
CLOSED late_paid LATE_PAID
LATE_PAID refunding REFUND_REQUESTED
REFUND_REQUESTED refunded REFUNDED
"""


def order_in(*steps: tuple[str, dict[str, Any]]) -> Order:
    return payment.replay("WD001-00000001-AAAAAAAAAA", [INTENT, *steps])


def test_the_table_is_the_manual() -> None:
    rows = {tuple(line.split()) for line in MANUAL.split("\n") if line}
    assert {(s.value, e.value, after.value) for (s, e), after in payment.MONEY.items()} == rows


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_whatever_is_not_in_the_table_is_refused(state: State, event: Event) -> None:
    order = order_in()
    object.__setattr__(order, "money", state)
    legal = (state, event) in payment.MONEY or (state is State.PAID and event is Event.GIVE_UP)
    data = PAID[1] if event is Event.PAID else {}
    if legal:
        payment.apply(order, event, data)
    else:
        with pytest.raises(IllegalEvent):
            payment.apply(order, event, data)


def test_nothing_leads_from_closed_back_to_paid() -> None:
    """What frees a person to pay again must be final."""
    reach, edge = {State.CLOSED}, True
    while edge:
        more = {after for (before, _), after in payment.MONEY.items() if before in reach} - reach
        reach, edge = reach | more, bool(more)
    assert not reach & payment.PAID_FOR


def test_only_paid_leads_to_paid() -> None:
    assert {e for (_, e), after in payment.MONEY.items() if after is State.PAID} == {Event.PAID}


def test_two_slips_are_two_papers() -> None:
    order = order_in(
        ("created", {}), ("show", {}), PAID, ("print", FIRST), ("printed", {**FIRST, "verdict": "printed"})
    )
    assert order.state is State.PAID
    order = payment.apply(order, Event.PRINT, SECOND)
    assert order.state is State.PRINTING
    order = payment.apply(order, Event.GIVE_UP, {**SECOND, "verdict": "unknown"})
    assert order.state is State.OWED
    assert [slip.state for slip in order.slips] == [State.DONE, State.OWED]
    assert not order.settled
    for slip in order.slips:
        order = payment.reported(order, slip.receipt_no)
    assert order.settled


def test_a_power_cut_while_printing_is_unknown_not_failure() -> None:
    order = order_in(("created", {}), ("show", {}), PAID, ("print", FIRST), ("give_up", {}))
    assert [(slip.state, slip.verdict) for slip in order.slips] == [
        (State.OWED, "unknown"),
        (State.OWED, "not_printed"),
    ]


def test_an_original_is_printed_once() -> None:
    order = order_in(("created", {}), ("show", {}), PAID, ("print", FIRST), ("give_up", {}))
    with pytest.raises(IllegalEvent):
        payment.apply(order, Event.PRINT, FIRST)


def test_a_slip_of_another_order_is_refused() -> None:
    with pytest.raises(IllegalEvent):
        order_in(("created", {}), ("show", {}), PAID, ("print", {"receipt_no": "9999999999999999"}))


def test_no_paper_before_money() -> None:
    with pytest.raises(IllegalEvent):
        order_in(("created", {}), ("show", {}), ("print", FIRST))


def test_a_journal_must_begin_with_intent() -> None:
    with pytest.raises(IllegalEvent):
        payment.replay("WD001-00000001-AAAAAAAAAA", [("created", {})])
    with pytest.raises(IllegalEvent):
        payment.replay("WD001-00000001-AAAAAAAAAA", [])


@given(st.lists(st.sampled_from(list(Event)), max_size=25))
def test_any_walk_keeps_the_promises(walk: list[Event]) -> None:
    """Illegal steps are refused and change nothing; a paid order stays paid; give_up never loses money or paper."""
    order, steps = order_in(), [INTENT]
    for event in walk:
        data: dict[str, Any] = (
            PAID[1] if event is Event.PAID else FIRST if event in (Event.PRINT, Event.PRINTED) else {}
        )
        try:
            after = payment.apply(order, event, data)
        except IllegalEvent:
            continue
        if order.money is State.PAID:
            assert after.money is State.PAID
        if event is Event.GIVE_UP:
            assert after.money in (State.CLOSING, State.PAID)
        order, steps = after, [*steps, (event.value, data)]
        assert order.total_fen == 72000
    assert payment.replay(order.order_id, steps) == order
