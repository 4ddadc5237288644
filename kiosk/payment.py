"""The life of one order, as data.  Everything that decides what may happen to an order's money or paper is in this file.

    INTENT   created -> CREATED   refused -> CLOSED   give_up -> CLOSING
    CREATED  show -> SHOWN        give_up -> CLOSING
    SHOWN    paid -> PAID         code_sent -> SHOWN  give_up -> CLOSING
    CLOSING  paid -> PAID         closed -> CLOSED    (asked for ever)
    CLOSED   late_paid -> LATE_PAID, refunding -> REFUND_REQUESTED, refunded -> REFUNDED: central decides, the kiosk reports

and, once PAID, each slip of the order by itself:

    PAID     print -> PRINTING    give_up -> OWED
    PRINTING printed -> DONE      give_up -> OWED
    OWED     stays owed here: every later sheet is a marked copy that central numbers

``give_up`` is time-out, Home, crash and power cut alike.  There is no state "unknown": it is CLOSING, not yet answered.
No I/O, no clock, no randomness: the crash explorer and the kiosk run this same code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any


class State(Enum):
    INTENT = "INTENT"
    CREATED = "CREATED"
    SHOWN = "SHOWN"
    CLOSING = "CLOSING"
    PAID = "PAID"
    PRINTING = "PRINTING"
    OWED = "OWED"
    DONE = "DONE"
    CLOSED = "CLOSED"
    LATE_PAID = "LATE_PAID"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    REFUNDED = "REFUNDED"


class Event(Enum):
    CREATED = "created"
    REFUSED = "refused"
    SHOW = "show"
    CODE_SENT = "code_sent"
    PAID = "paid"
    CLOSED = "closed"
    GIVE_UP = "give_up"
    PRINT = "print"
    PRINTED = "printed"
    LATE_PAID = "late_paid"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


MONEY: Mapping[tuple[State, Event], State] = {
    (State.INTENT, Event.CREATED): State.CREATED,
    (State.INTENT, Event.REFUSED): State.CLOSED,
    (State.INTENT, Event.GIVE_UP): State.CLOSING,
    (State.CREATED, Event.SHOW): State.SHOWN,
    (State.CREATED, Event.GIVE_UP): State.CLOSING,
    (State.SHOWN, Event.PAID): State.PAID,
    (State.SHOWN, Event.CODE_SENT): State.SHOWN,
    (State.SHOWN, Event.GIVE_UP): State.CLOSING,
    (State.CLOSING, Event.PAID): State.PAID,
    (State.CLOSING, Event.CLOSED): State.CLOSED,
    (State.CLOSED, Event.LATE_PAID): State.LATE_PAID,
    (State.LATE_PAID, Event.REFUNDING): State.REFUND_REQUESTED,
    (State.REFUND_REQUESTED, Event.REFUNDED): State.REFUNDED,
}

PAPER: Mapping[tuple[State, Event], State] = {
    (State.PAID, Event.PRINT): State.PRINTING,
    (State.PAID, Event.GIVE_UP): State.OWED,
    (State.PRINTING, Event.PRINTED): State.DONE,
    (State.PRINTING, Event.GIVE_UP): State.OWED,
}

UNPAID = frozenset({State.INTENT, State.CREATED, State.SHOWN})
OPEN = UNPAID | {State.CLOSING}
PAID_FOR = frozenset({State.PAID, State.PRINTING, State.OWED, State.DONE})


class IllegalEvent(Exception):
    """The table has no such step.  Always a bug of ours: it ends the process before it can touch money."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of one person: what is paid."""

    person_id: str
    product: str
    year: int
    tier: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Slip:
    """The paper of one line, once paid.  ``reported``: central has heard how it ended."""

    receipt_no: str
    state: State = State.PAID
    verdict: str = ""  # printed, not_printed, unknown
    reported: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One intent to pay.  ``money`` is the state of the money alone; ``state`` includes the paper."""

    order_id: str
    payer_id: str
    lines: tuple[Line, ...]
    total_fen: int
    money: State = State.INTENT
    slips: tuple[Slip, ...] = ()

    @property
    def state(self) -> State:
        if self.money is not State.PAID:
            return self.money
        states = {slip.state for slip in self.slips}
        for state in (State.PRINTING, State.PAID, State.OWED):
            if state in states:
                return state
        return State.DONE if states else State.PAID

    @property
    def settled(self) -> bool:
        """Nothing is left for anybody here to do: the money is decided and central knows of every slip."""
        if self.money is State.PAID:
            return bool(self.slips) and all(slip.reported for slip in self.slips)
        return self.money not in OPEN


def apply(order: Order, event: Event, data: Mapping[str, Any] | None = None) -> Order:
    """The order after an event.  ``data``: receipts (a list of numbers) with PAID, receipt_no and verdict with paper events.

    Raises IllegalEvent.
    """
    data = data or {}
    if "receipt_no" in data:
        return _apply_to_slip(order, event, data)
    if event is Event.GIVE_UP and order.money is State.PAID:
        slips = tuple(
            replace(s, state=State.OWED, verdict="unknown" if s.state is State.PRINTING else "not_printed")
            if s.state in (State.PAID, State.PRINTING)
            else s
            for s in order.slips
        )
        return replace(order, slips=slips)
    after = MONEY.get((order.money, event))
    if after is None:
        raise IllegalEvent(f"{order.money.value} + {event.value}")
    if event is Event.PAID:
        return replace(order, money=after, slips=tuple(Slip(no) for no in data["receipts"]))
    return replace(order, money=after)


def _apply_to_slip(order: Order, event: Event, data: Mapping[str, Any]) -> Order:
    slips = list(order.slips)
    for index, slip in enumerate(slips):
        if slip.receipt_no != data["receipt_no"]:
            continue
        after = PAPER.get((slip.state, event))
        if after is None or order.money is not State.PAID:
            raise IllegalEvent(f"slip {slip.state.value} + {event.value}")
        slips[index] = replace(slip, state=after, verdict=data.get("verdict", ""))
        return replace(order, slips=tuple(slips))
    raise IllegalEvent(f"no such slip + {event.value}")


def reported(order: Order, receipt_no: str) -> Order:
    """The order once central has heard how this slip ended."""
    return replace(
        order,
        slips=tuple(replace(s, reported=True) if s.receipt_no == receipt_no else s for s in order.slips),
    )


def replay(order_id: str, steps: Iterable[tuple[str, Mapping[str, Any]]]) -> Order:
    """Rebuilds an order from its journal: (event, data) in order.  The first is "intent".  Raises IllegalEvent."""
    order: Order | None = None
    for event, data in steps:
        if event == "intent":
            lines = tuple(Line(**line) for line in data["lines"])
            order = Order(order_id, data["payer_id"], lines, sum(line.amount_fen for line in lines))
        elif order is None:
            raise IllegalEvent(f"{event} before intent")
        elif event == "reported":
            order = reported(order, data["receipt_no"])
        else:
            order = apply(order, Event(event), data)
    if order is None:
        raise IllegalEvent("no intent")
    return order
