"""What somebody outside central relies on from one position of the log on.

An answer to a kiosk is one.  A question to the gateway is another: it must not be asked before the reason for it is on the disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.wire import OrderReply, OrderState

# What an order can be once a kiosk was told that it is this.
BEYOND: Mapping[OrderState, frozenset[str]] = {
    OrderState.CREATED: frozenset({"created", "paid", "closed", "refunding", "refunded"}),
    OrderState.PAID: frozenset({"paid"}),
    OrderState.CLOSED: frozenset({"closed", "refunding", "refunded"}),
    OrderState.REFUNDING: frozenset({"refunding", "refunded"}),
    OrderState.REFUNDED: frozenset({"refunded"}),
}


@dataclass(frozen=True)
class Books:
    """What central's tables hold: order -> (state, total), receipt number -> (order, fen), sheet -> (copy, verdict), persons."""

    orders: Mapping[str, tuple[str, int]]
    receipts: Mapping[str, tuple[str, int]]
    prints: Mapping[str, tuple[int, str | None]]
    persons: int


@dataclass(frozen=True)
class Promise:
    """From this position of the log on it must hold."""

    position: int

    def kept_in(self, books: Books) -> bool:
        raise NotImplementedError


@dataclass(frozen=True)
class Opened(Promise):
    """Central was open for visitors, with everybody in its books."""

    persons: int

    def kept_in(self, books: Books) -> bool:
        return books.persons == self.persons


@dataclass(frozen=True)
class Answered(Promise):
    reply: OrderReply

    def kept_in(self, books: Books) -> bool:
        order_id = self.reply.order_id
        state, total_fen = books.orders.get(order_id, ("absent", 0))
        return (
            state in BEYOND[self.reply.state]
            and total_fen == self.reply.total_fen
            and all(books.receipts.get(r.receipt_no) == (order_id, r.amount_fen) for r in self.reply.receipts)
        )


@dataclass(frozen=True)
class Asked(Promise):
    """The gateway was asked something about this order; ``back``: to send its money back."""

    order_id: str
    back: bool = False

    def kept_in(self, books: Books) -> bool:
        state, _ = books.orders.get(self.order_id, ("absent", 0))
        return state in ("refunding", "refunded") if self.back else state != "absent"


@dataclass(frozen=True)
class Granted(Promise):
    """A copy has its number; ``verdict`` is what the kiosk reported, None before."""

    print_id: str
    copy_number: int
    verdict: str | None = None

    def kept_in(self, books: Books) -> bool:
        number, verdict = books.prints.get(self.print_id, (-1, None))
        return number == self.copy_number and self.verdict in (None, verdict)
